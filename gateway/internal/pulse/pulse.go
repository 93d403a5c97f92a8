package pulse

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

const (
	// Every so often a sign of life is given. A worker goes round in a tenth of a second.
	Every = 250 * time.Millisecond
	// Patience is how long signs may stay away. All traffic waits meanwhile, but an engine
	// that is ended for nothing has lost what it knew of every connection.
	Patience = 3 * time.Second
	// StartPatience is how long the first sign may take: reading a hundred thousand rules
	// on a small machine. Nothing waits meanwhile.
	StartPatience = 5 * time.Minute
	// look is how often [Watch] looks up when no sign comes.
	look = 500 * time.Millisecond
)

// ErrHangs tells that the other side lives, but does not work.
var ErrHangs = errors.New("pulse: no sign of life")

// Give writes signs of life to w until ctx ends, a byte each, as long as all turns go on:
// each tells how often a worker went round. A sign that nobody reads is left out. The first
// one is given at once: packets come already, and [StartPatience] must not be for them.
func Give(ctx context.Context, w *os.File, turns ...func() uint64) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	last := make([]uint64, len(turns))
	sign(w)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all := true
		now := make([]uint64, len(turns))
		for i, f := range turns {
			now[i] = f()
			all = all && now[i] != last[i]
		}
		if !all {
			continue // last stays: the slowest worker counts
		}
		last = now
		sign(w)
	}
}

func sign(w *os.File) {
	_ = w.SetWriteDeadline(time.Now().Add(Every))
	_, _ = w.Write([]byte{'.'})
}

// Limits are how long signs may stay away.
type Limits struct{ Start, Then time.Duration }

// Own are the limits of an engine.
var Own = Limits{Start: StartPatience, Then: Patience}

// Watch reads signs of life until the other side closes (nil) or hangs ([ErrHangs]). awake
// is called at least once a second while watching itself goes on.
func Watch(r *os.File, limit Limits, awake func()) error {
	buf := make([]byte, 64)
	patience, since, told := limit.Start, time.Now(), time.Time{}
	for {
		asked := time.Now()
		if asked.Sub(told) >= look {
			told = asked
			awake()
		}
		_ = r.SetReadDeadline(asked.Add(min(look, limit.Then/2)))
		n, err := r.Read(buf)
		now := time.Now()
		switch {
		case n > 0:
			patience, since = limit.Then, now
		case errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed):
			return nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case now.Sub(asked) > limit.Then:
			since = now // we were the ones that stood still: signs may lie there unread
		case now.Sub(since) > patience:
			return ErrHangs
		}
	}
}

// Ready tells systemd that the box stands.
func Ready() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) }

// Awake tells systemd's watchdog that we work. Without systemd it does nothing.
func Awake() { _, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog) }

// Keep calls [Awake] until ctx ends, for a process that has nothing to watch.
func Keep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		Awake()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
