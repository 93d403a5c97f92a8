package bench

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/e2e/lab"
)

// trickle is the time between two packets that wait for the first verdict.
const trickle = 2 * time.Millisecond

// startUp takes the time from the start of a box to its first verdict, without and with
// what it compiled before.
func (b *bench) startUp(ctx context.Context) error {
	if err := os.RemoveAll(b.state); err != nil {
		return err
	}
	for _, key := range []string{"start.cold", "start.cached"} {
		v, err := b.start(ctx)
		if err != nil {
			return err
		}
		b.add(key, v.Seconds())
	}
	return nil
}

func (b *bench) start(ctx context.Context) (time.Duration, error) {
	l, err := lab.New()
	if err != nil {
		return 0, err
	}
	defer l.Close()
	wire, err := l.PC1.Wire()
	if err != nil {
		return 0, err
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	defer func() { stop.Store(true); wg.Wait(); _ = unix.Close(wire) }()
	wg.Go(func() {
		for n := 0; !stop.Load(); n++ {
			client, server := flowEnds(n)
			_, _ = unix.Write(wire, tcpFrame(nil, client, server, synFlag, 1, 0, nil))
			time.Sleep(trickle)
		}
	})
	began := time.Now()
	in, err := b.box(ctx, l, mode{name: "start", box: true})
	if err != nil {
		return 0, err
	}
	defer in.end()
	for time.Since(began) < startLimit && ctx.Err() == nil {
		if waiting, ever := queued(in.pid); ever > waiting {
			return time.Since(began), nil
		}
		time.Sleep(startPoll)
	}
	return 0, errors.Join(errors.New("no verdict"), ctx.Err())
}
