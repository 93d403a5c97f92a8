package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"path/filepath"

	"otasuke/gateway/internal/answer"
	"otasuke/gateway/internal/flowlog"
	"otasuke/wire"
)

// The engine hands rows of the traffic log to the supervisor as lines of one JSON object,
// whose text is base64 of a batch.
const (
	flowsHead = `{"event_type":"otasuke-flows","rows":"`
	flowsTail = `"}`
	// limitTraffic counts rows that came faster than they are kept.
	limitTraffic = "traffic_rows_lost"
)

// flows writes the rows that wait.
func (w *writer) flows() {
	if w.rows == nil {
		return
	}
	w.unlogged.Store(w.rows.Take(func(batch []byte) {
		w.text = base64.StdEncoding.AppendEncode(append(w.text[:0], flowsHead...), batch)
		_, _ = w.pipe.Write(append(append(w.text, flowsTail...), '\n'))
	}))
}

// decodeFlows reads the rest of such a line; nil when it is cut, as the last of an engine
// that died.
func decodeFlows(rest []byte) []byte {
	text, ok := bytes.CutSuffix(rest, []byte(flowsTail))
	if !ok {
		return nil
	}
	batch, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil
	}
	return batch
}

// openFlows opens the traffic log; without one everything else goes on.
func (b *Box) openFlows() {
	if b.cfg.NoTrafficLog || b.cfg.EVEInput != "" {
		return
	}
	l, err := flowlog.Open(flowlog.Config{Dir: filepath.Join(b.cfg.StateDir, "flows"), MaxBytes: b.cfg.TrafficBytes, MaxAge: b.cfg.TrafficAge, Log: b.log})
	if err != nil {
		b.log.Error("no traffic log is kept", "err", err)
		return
	}
	b.flows = l
}

// keepFlows tidies the traffic log up until ctx ends.
func (b *Box) keepFlows(ctx context.Context) {
	if b.flows != nil {
		b.flows.Keep(ctx)
	}
}

func (b *Box) closeFlows() {
	if b.flows == nil {
		return
	}
	if err := b.flows.Close(); err != nil {
		b.log.Error("traffic log", "err", err)
	}
}

// logFlows keeps batches of rows; what fails is said once until it works again.
func (b *Box) logFlows(batches [][]byte) {
	if b.flows == nil || len(batches) == 0 {
		return
	}
	whole := batches[:0]
	for _, batch := range batches {
		if len(batch) > 0 {
			whole = append(whole, batch)
		}
	}
	err := b.flows.Append(whole...)
	if failed := b.missed.Swap(err != nil); err != nil && !failed {
		b.log.Error("rows of the traffic log are lost", "err", err)
	}
}

// answer answers the centre.
func (b *Box) answer(ctx context.Context, q *wire.Question) wire.Answer {
	if q.Test != nil {
		return b.tests.Answer(ctx, q)
	}
	return answer.To(ctx, b.flows, q)
}
