package fleet

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/e2e/sim"
	"otasuke/wire"
)

const (
	// boxes of the run; more than these are 'otasuke sim's: a bench shall not take long.
	boxes = 1000
	// length of it, and of those that only send.
	length, short = 30 * time.Second, 10 * time.Second
	// senders send as fast as the centre takes it.
	senders = 16
	// burst is how many times the usual events come.
	burst = 100
	mib   = 1 << 20
)

// Figure is a row of the table.
type Figure struct{ Name, Unit, Against string }

// Bare is what the centre is compared with.
const Bare = "TLS server that only reads"

// Figures are the rows.
func Figures() []Figure {
	return []Figure{{"centre.heartbeat.p50", "ms", ""}, {"centre.heartbeat.p99", "ms", ""}, {"centre.mail.p99", "ms", ""}, {"centre.wrong", "lost or doubled", ""}, {"centre.memory", "MiB", ""}, {"centre.cpu", "ms a box and day", ""},
		{"bare.tls.events", "events/s", ""}, {"centre.events", "events/s", "bare.tls.events"}}
}

// Measure starts centres and lets boxes talk to them.
func Measure(ctx context.Context, log io.Writer, add func(name string, v float64)) error {
	usual, err := sim.Run(ctx, sim.Options{Self: true, Boxes: boxes, For: length, Burst: burst, Settle: time.Minute, Say: log})
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	full, err := sim.Run(ctx, sim.Options{Self: true, Boxes: senders, For: short, Flood: true, Say: log})
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	bare, err := read(ctx, short)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	for name, v := range map[string]float64{"centre.heartbeat.p50": usual.Beat.P50, "centre.heartbeat.p99": usual.Beat.P99, "centre.mail.p99": usual.Mail.P99,
		"centre.wrong": float64(usual.Lost + usual.Duplicate + usual.Sent - usual.Committed), "centre.memory": float64(usual.Resident) / mib, "centre.cpu": usual.Cost.CPU,
		"bare.tls.events": bare, "centre.events": full.PerSecond} {
		add(name, v)
	}
	return nil
}

// read is how many events a second arrive at a server that reads full batches and answers: the same bytes, connections
// and encryption, and nothing behind them.
func read(ctx context.Context, d time.Duration) (perSecond float64, err error) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		return 0, err
	}
	body := z.EncodeAll(sim.FullBatch(), nil)
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var sent atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, senders)
	began := time.Now()
	for range senders {
		work.Go(func() {
			// A connection for each, as boxes have; whom it speaks to does not matter here.
			t := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
			defer t.CloseIdleConnections()
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL, bytes.NewReader(body))
				if err != nil {
					errs <- err
					return
				}
				resp, err := t.RoundTrip(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil {
					if ctx.Err() == nil {
						errs <- err
					}
					return
				}
				sent.Add(wire.MaxBatchEvents)
			}
		})
	}
	work.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return float64(sent.Load()) / time.Since(began).Seconds(), err
}
