package gateway

import (
	"context"

	"otasuke/gateway/internal/uplink"
	"otasuke/gateway/internal/wanted"
)

// Reasons why a box takes no policy, for the operator.
const (
	offByFile = "no_policy is set in the box's own file"
	offRelay  = "this box only carries the alerts of another sensor"
)

// openWanted prepares what keeps what the company wants.
func (b *Box) openWanted() {
	if b.cfg.CentreURL == "" {
		return
	}
	c := wanted.Config{Dir: b.cfg.StateDir, Own: b.cfg.OwnKeys(), Try: b.cfg.TryPolicy, Log: b.log, Apply: func() {
		if p := b.running.Load(); p != nil {
			_ = p.Signal(policySignal)
		}
	}}
	switch {
	case b.cfg.EVEInput != "":
		c.Off = offRelay
	case b.cfg.NoPolicy:
		c.Off = offByFile
	}
	b.wanted = wanted.New(c)
}

// want hears which policy the box should have, and fetches it.
func (b *Box) want(ctx context.Context, id string, up *uplink.Uplink) (changed bool) {
	return b.wanted.Want(ctx, id, up.Fetch)
}
