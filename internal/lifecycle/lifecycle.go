package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Part is one thing that runs as long as the role does.
type Part struct {
	// Name says which part failed: "store", "box listener".
	Name string
	// Start readies the part and returns; nil when Run needs no preparation.
	// The parts after it start only when it has returned nil.
	Start func(ctx context.Context) error
	// Run works until ctx ends and then returns nil or ctx's error; nil for a
	// part that has nothing to do but be open. Returning while ctx still lives
	// is a failure.
	Run func(ctx context.Context) error
	// Stop lets go of what Start took, after Run has returned; nil for none.
	Stop func() error
}

// Config says what to run.
type Config struct {
	// Parts in the order of their start.
	Parts []Part
	// StopWithin bounds the wait for each part's Run to return. Default 10 s: a
	// service manager kills after 90 s, and a role has fewer than nine parts.
	StopWithin time.Duration
	// Log gets one line for each start and stop. Default: discarded.
	Log *slog.Logger
}

// Errors of the parts.
var (
	ErrEnded = errors.New("lifecycle: part ended by itself")
	ErrStuck = errors.New("lifecycle: part did not stop in time")
)

type running struct {
	Part
	cancel context.CancelFunc
	done   chan error // gets Run's answer once
}

// Run starts the parts, waits until ctx ends or a part fails, and stops all
// that were started, the last one first. It returns nil when everything ended
// because ctx did, else every failure with the name of its part.
func Run(ctx context.Context, cfg Config) error {
	if cfg.StopWithin == 0 {
		cfg.StopWithin = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	var up []*running
	err := start(ctx, cancel, cfg, &up)
	if err == nil {
		<-ctx.Done()
		if outer.Err() == nil {
			err = context.Cause(ctx)
		}
	}
	for i := len(up) - 1; i >= 0; i-- {
		cfg.Log.Info("stopping", "part", up[i].Name)
		err = errors.Join(err, up[i].stop(cfg.StopWithin))
	}
	return err
}

func start(ctx context.Context, fail context.CancelCauseFunc, cfg Config, up *[]*running) error {
	for _, p := range cfg.Parts {
		if ctx.Err() != nil {
			return nil
		}
		if p.Start != nil {
			if err := p.Start(ctx); err != nil {
				return fmt.Errorf("lifecycle: start %s: %w", p.Name, err)
			}
		}
		// A part outlives ctx until its turn to stop, so that those started
		// later may still use it.
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r := &running{Part: p, cancel: cancel, done: make(chan error, 1)}
		*up = append(*up, r)
		go r.run(own, fail)
		cfg.Log.Info("started", "part", p.Name)
	}
	return nil
}

func (r *running) run(ctx context.Context, fail context.CancelCauseFunc) {
	if r.Run == nil {
		r.done <- nil
		return
	}
	err := r.Run(ctx)
	if ctx.Err() == nil { // nobody asked it to stop
		if err == nil {
			err = ErrEnded
		}
		fail(fmt.Errorf("lifecycle: %s: %w", r.Name, err))
		err = nil // reported by the cause
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	r.done <- err
}

func (r *running) stop(within time.Duration) error {
	r.cancel()
	timer := time.NewTimer(within)
	defer timer.Stop()
	var err error
	select {
	case err = <-r.done:
	case <-timer.C:
		err = ErrStuck
	}
	if r.Stop != nil {
		err = errors.Join(err, r.Stop())
	}
	if err != nil {
		return fmt.Errorf("lifecycle: stop %s: %w", r.Name, err)
	}
	return nil
}
