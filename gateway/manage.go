package gateway

import (
	"context"
	"net"

	"otasuke/gateway/internal/manage"
	"otasuke/gateway/internal/settings"
)

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
