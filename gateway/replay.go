package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/health"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/traffic"
	"otasuke/gateway/internal/usage"
	"otasuke/wire"
)

// Replay is a box without a wire: it judges capture files with verdicts as if
// inline, keeps what it finds in the journal and tells the centre. Times are moved
// so that each file begins now. It is what the demo is where no bridge can be built.
type Replay struct {
	box  *Box
	set  *match.Set
	stop context.CancelFunc
	wg   sync.WaitGroup
	cfg  engine.Config
}

// NewReplay claims the box and connects it to the centre.
func NewReplay(ctx context.Context, cfg Config) (*Replay, error) {
	box, err := New(cfg)
	if err != nil {
		return nil, err
	}
	rules, _, err := cfg.ReadRules(false)
	if err != nil {
		return nil, err
	}
	set, _, err := match.Compile(rules, match.Options{})
	if err != nil {
		return nil, fmt.Errorf("gateway: rules: %w", err)
	}
	lists, sites, errs := cfg.ReadLists()
	for _, err := range errs {
		box.log.Warn("list", "err", err)
	}
	r := &Replay{box: box, set: set}
	r.cfg = engine.Config{Rules: set, Lists: lists, Home: box.home, Inline: true}
	if r.cfg.Applications, err = cfg.KnownApplications(); err != nil {
		return nil, err
	}
	counts := health.Counts{Rules: set.Len(), Sites: sites, Scanner: wire.StateOff}
	if cfg.ClamdSocket != "" {
		r.cfg.Scanner, counts.Scanner = &scan.Scanner{Socket: cfg.ClamdSocket}, wire.StateOK
	}
	box.health.Engine(true)
	box.health.Counts(counts)
	box.tests.Alone()
	ctx, r.stop = context.WithCancel(ctx)
	r.wg.Go(func() { box.connect(ctx) })
	return r, nil
}

// Play judges one capture file and returns how many findings it had.
func (r *Replay) Play(ctx context.Context, path string) (alerts int, err error) {
	cfg := r.cfg
	var shift int64
	cfg.Emit = eve.Each(func(rec *eve.Record) {
		if rec.EventType != eve.TypeAlert {
			return
		}
		alerts++
		if shift == 0 {
			shift = time.Now().UnixMicro() - int64(rec.Timestamp)
		}
		rec.Timestamp += eve.Time(shift)
		line, e := eve.Append(nil, rec)
		if e == nil {
			e = r.box.journal.Append(line)
		}
		if e != nil {
			err = e
		}
	})
	var rows traffic.Gather
	cfg.Usage = usage.New(cfg.Applications, time.Hour)
	cfg.Usage.Log(&rows, r.box.cfg.Places().Country)
	e := engine.New(cfg)
	src := capture.NewFile(path)
	w, err := e.NewWorker(src)
	if err != nil {
		return 0, fmt.Errorf("gateway: %w", err)
	}
	failed := src.Run(ctx, w)
	w.Close()
	if failed != nil {
		return alerts, failed
	}
	if shift == 0 {
		shift = time.Now().UnixMicro() - e.Stats.Last.Load()
	}
	if e := r.logRows(&rows, shift); e != nil {
		err = e
	}
	r.box.health.Changed()
	return alerts, err
}

// logRows keeps rows of the traffic log, with times moved.
func (r *Replay) logRows(rows *traffic.Gather, shift int64) (err error) {
	var moved []byte
	rows.Take(func(batch []byte) {
		err = errors.Join(err, traffic.Rows(batch, func(f *traffic.Flow) {
			f.Start, f.End = f.Start+shift, f.End+shift
			moved = f.Append(moved)
		}))
	})
	if len(moved) > 0 && len(moved) <= traffic.MaxBatch {
		r.box.logFlows([][]byte{moved})
	}
	return err
}

// Tell tells the centre of something that no capture file has: what devices used, what people
// say. It gets an id and, without one, the time of now.
func (r *Replay) Tell(e wire.Event) error {
	now := time.Now()
	if e.ID = eve.NewID(now.UnixMicro()); e.Time.IsZero() {
		e.Time = now.UTC()
	}
	line, err := eve.EventLine(e)
	if err != nil {
		return err
	}
	if err := r.box.journal.Append(line); err != nil {
		return err
	}
	r.box.health.Changed()
	return nil
}

// Close ends the connection to the centre.
func (r *Replay) Close() error {
	r.stop()
	r.wg.Wait()
	r.set.Close()
	r.box.closeFlows()
	return r.box.journal.Close()
}
