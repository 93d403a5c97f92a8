package gateway

import (
	"context"
	"errors"
	"net"
	"path/filepath"

	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/hold"
	"otasuke/gateway/internal/manage"
	"otasuke/gateway/internal/mirror"
	"otasuke/gateway/internal/route"
	"otasuke/gateway/internal/settings"
)

// plug makes the kernel give us the traffic; unplug leaves the office its line.
func (b *Box) plug() (unplug func(), err error) {
	if !b.cfg.Stops() {
		if err := errors.Join(enforce.Dissolve(b.cfg.Bridge), mirror.Prepare(b.cfg.Ports[0])); err != nil {
			return nil, err
		}
		b.log.Info("the box listens, and stops nothing", "port", b.cfg.Ports[0])
		return func() {}, nil
	}
	router, routed := b.cfg.Route()
	if routed {
		if err := errors.Join(enforce.Dissolve(b.cfg.Bridge), route.Up(router)); err != nil {
			return nil, err
		}
	}
	mechanism, err := enforce.Up(b.line())
	if err != nil {
		return nil, err
	}
	down := func() {
		if err := enforce.Down(mechanism); err != nil {
			b.log.Error("rules could not be taken away", "err", err)
		}
	}
	if routed {
		b.log.Info("the box is the router", "outside", b.cfg.Ports[0], "inside", b.cfg.Ports[1], "mechanism", mechanism)
		return down, nil
	}
	b.log.Info("bridge is up", "bridge", b.cfg.Bridge, "ports", b.cfg.Ports, "mechanism", mechanism)
	b.held = hold.New(hold.Config{Path: filepath.Join(b.cfg.StateDir, "held.json"), Apply: enforce.Hold, Log: b.log})
	return func() {
		b.held.Release()
		down()
	}, nil
}

// line is what the kernel is asked for.
func (b *Box) line() enforce.Config {
	_, routed := b.cfg.Route()
	return enforce.Config{Bridge: b.cfg.Bridge, Ports: b.cfg.Ports, Queues: b.cfg.Queues, MTU: b.cfg.MTU, Address: b.cfg.OnBridge(), Apart: b.cfg.ManagementPort, Routed: routed}
}

// anew ends the box, and it begins again as another program or the same.
func (b *Box) anew() {
	b.relaunch.Store(true)
	b.stop()
}

// serve gives the office of a router addresses and names, and the box its name there.
func (b *Box) serve(ctx context.Context) {
	if c, ok := b.cfg.Route(); ok {
		route.Serve(ctx, c, filepath.Join(b.cfg.StateDir, "router"), manage.Name, b.resolver.Servers, b.log)
	}
}

// resolve makes the program ask the name servers that the box was told.
func (b *Box) resolve() {
	if _, ok := b.cfg.Manage(); ok {
		net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: b.resolver.Dial}
	}
}

// manage keeps the box's own address, or takes away that of an earlier configuration. Traffic
// is protected without one.
func (b *Box) manage(ctx context.Context) {
	c, ok := b.cfg.Manage()
	var err error
	switch {
	case ok:
		err = manage.Run(ctx, c, &b.resolver)
	case b.cfg.Management != settings.ManagementSystem:
		err = manage.Leave(c.Dir)
	}
	if err != nil {
		b.log.Error("the box's own address", "err", err)
	}
}
