package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/ports"
)

const (
	// portsWait is how long network cards may take to appear after power-on; those on USB and
	// with firmware of their own need seconds.
	portsWait = 30 * time.Second
	portsLook = 100 * time.Millisecond
)

// Line makes the bridge of the configuration at path and ends: the office is connected,
// uninspected, before the box is up and when it never comes up. It waits for the ports.
func Line(ctx context.Context, path string, log *slog.Logger) error {
	plan, ok := ports.Read(path)
	if !ok {
		return nil // no traffic passes through this box
	}
	ctx, cancel := context.WithTimeout(ctx, portsWait)
	defer cancel()
	for {
		names, err := ports.Choose(plan.Ports, plan.Apart)
		if err == nil {
			err = enforce.Line(enforce.Config{Bridge: plan.Bridge, Ports: names, MTU: plan.MTU, Address: plan.Address})
		}
		if err == nil {
			log.Info("the line is up, not inspected yet", "bridge", plan.Bridge, "ports", names)
			return nil
		}
		if errors.Is(err, enforce.ErrPorts) {
			return err // waiting does not help
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(portsLook):
		}
	}
}
