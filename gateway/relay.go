package gateway

import (
	"context"
	"errors"
	"path/filepath"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/health"
	"otasuke/gateway/internal/tail"
	"otasuke/wire"
)

// relay carries the alerts of another sensor to the centre until ctx ends.
func (b *Box) relay(ctx context.Context) error {
	input, err := b.input()
	if err != nil {
		return err
	}
	b.log.Info("carrying alerts to the centre; this box inspects nothing itself", "eve_input", b.cfg.EVEInput)
	b.health.Engine(true)
	b.health.Counts(health.Counts{Scanner: wire.StateOff})
	b.tests.Alone()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.connect(ctx)
	}()
	err = input(ctx)
	<-done
	return err
}

// input is what reads the other sensor's lines until its context ends.
func (b *Box) input() (func(context.Context) error, error) {
	if network, path, ok := tail.Socket(b.cfg.EVEInput); ok {
		return (&tail.Listener{Network: network, Path: path, Take: b.relayed, Log: b.log}).Run, nil
	}
	f, err := tail.New(tail.Config{
		Path: b.cfg.EVEInput, State: filepath.Join(b.cfg.StateDir, "eve-input.json"), Take: b.relayed, Log: b.log,
	})
	if err != nil {
		return nil, err
	}
	return f.Run, nil
}

// relayed keeps the alerts among a sensor's lines, without payloads and packets
// that such lines may carry.
func (b *Box) relayed(lines [][]byte) error {
	var batch [][]byte
	bad := 0
	for _, line := range lines {
		e, err := eve.FromSensor(line, b.home)
		if errors.Is(err, eve.ErrNotAlert) {
			continue
		}
		var kept []byte
		if err == nil {
			kept, err = eve.EventLine(e)
		}
		if err != nil {
			if bad++; bad == 1 {
				b.log.Warn("a line of eve_input is not understood, left out", "err", err)
			}
			continue
		}
		batch = append(batch, kept)
	}
	return b.keep(batch)
}
