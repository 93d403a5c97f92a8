package gateway

import (
	"bytes"
	"context"

	"otasuke/gateway/internal/answer"
	"otasuke/gateway/internal/flowlog"
	"otasuke/gateway/internal/traffic"
	"otasuke/wire"
)

// TrafficLog is a traffic log as the box keeps it, for the performance lab.
type TrafficLog struct{ log *flowlog.Log }

// OpenTraffic opens one in a folder.
func OpenTraffic(dir string) (TrafficLog, error) {
	l, err := flowlog.Open(flowlog.Config{Dir: dir})
	return TrafficLog{l}, err
}

// Put keeps rows as a box does that gets them from its engine; they are on the disk when it
// returns, and whole segments are written.
func (t TrafficLog) Put(rows []wire.TrafficRow) error {
	var g traffic.Gather
	for i := range rows {
		r := &rows[i]
		f := traffic.Flow{Start: r.Start.UnixMicro(), End: r.End.UnixMicro(), Device: r.Device, DevicePort: r.Port, Peer: r.Peer, PeerPort: r.PeerPort, Proto: r.Proto,
			Inside: r.Inside, Name: r.Name, App: r.App, Category: r.Category, Country: r.Country, Up: r.Up, Down: r.Down, Packets: 2}
		copy(f.MAC[:], r.Device.AsSlice())
		g.Add(&f)
	}
	var batches [][]byte
	g.Take(func(b []byte) { batches = append(batches, bytes.Clone(b)) })
	if err := t.log.Append(batches...); err != nil {
		return err
	}
	return t.log.SealFull()
}

// Ask answers a query.
func (t TrafficLog) Ask(ctx context.Context, q wire.TrafficQuery) wire.Answer {
	return answer.To(ctx, t.log, &wire.Question{Traffic: &q})
}

// Bytes on disk of what has segments.
func (t TrafficLog) Bytes() int64 { return t.log.Stats().Bytes }

// Close closes it.
func (t TrafficLog) Close() error { return t.log.Close() }
