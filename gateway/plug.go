package gateway

import (
	"path/filepath"

	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/hold"
	"otasuke/gateway/internal/mirror"
)

// plug makes the kernel give us the traffic; unplug leaves the office its line.
func (b *Box) plug() (unplug func(), err error) {
	if !b.cfg.Stops() {
		if err := mirror.Prepare(b.cfg.Ports[0]); err != nil {
			return nil, err
		}
		b.log.Info("the box listens, and stops nothing", "port", b.cfg.Ports[0])
		return func() {}, nil
	}
	mechanism, err := enforce.Up(enforce.Config{Bridge: b.cfg.Bridge, Ports: b.cfg.Ports, Queues: b.cfg.Queues, MTU: b.cfg.MTU, Address: b.cfg.OnBridge()})
	if err != nil {
		return nil, err
	}
	b.log.Info("bridge is up", "bridge", b.cfg.Bridge, "ports", b.cfg.Ports, "mechanism", mechanism)
	b.held = hold.New(hold.Config{Path: filepath.Join(b.cfg.StateDir, "held.json"), Apply: enforce.Hold, Log: b.log})
	return func() {
		b.held.Release()
		if err := enforce.Down(mechanism); err != nil {
			b.log.Error("rules could not be taken away", "err", err)
		}
	}, nil
}
