package gateway

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"otasuke/gateway/internal/clamd"
	"otasuke/gateway/internal/frontpage"
	"otasuke/gateway/internal/selftest"
	"otasuke/gateway/internal/settings"
	"otasuke/gateway/internal/uplink"
	"otasuke/wire"
)

// cableEvery is how often the kernel is asked for cables.
const cableEvery = 2 * time.Second

// front is what the box's page shows besides health.
type front struct {
	page *frontpage.Page // nil for none

	mu      sync.Mutex
	phase   frontpage.Phase
	pairing uplink.Pairing
}

// set changes how far the box is on its way to a company.
func (f *front) set(phase frontpage.Phase, p uplink.Pairing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.phase, f.pairing = phase, p
}

func (f *front) get() (frontpage.Phase, uplink.Pairing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.phase, f.pairing
}

// identity is where the box's identity is, and whose it gets it from.
func (b *Box) identity() uplink.Config {
	return uplink.Config{
		URL: b.cfg.CentreURL, Fingerprint: b.cfg.CentreFingerprint, Dir: filepath.Join(b.cfg.StateDir, "identity"),
		Model: "linux-bridge", Software: b.cfg.Software,
	}
}

// openFront prepares the page; without one everything else goes on.
func (b *Box) openFront() {
	if b.cfg.Page == settings.PageOff || b.cfg.EVEInput != "" {
		return
	}
	var err error
	b.front.page, err = frontpage.New(frontpage.Config{
		Listen: b.cfg.Page, Device: b.cfg.FrontLink(), Home: b.home, State: b.shown, TestName: selftest.Name, Log: b.log,
	})
	if err != nil {
		b.log.Error("the box has no page", "err", err)
	}
}

// showFront serves the page and looks at the cables, until ctx ends.
func (b *Box) showFront(ctx context.Context) {
	var page sync.WaitGroup
	defer page.Wait()
	if b.front.page != nil {
		page.Go(func() { _ = b.front.page.Run(ctx) })
	}
	tick := time.NewTicker(cableEvery)
	defer tick.Stop()
	for {
		b.cfg.RenewHome()
		for i, part := range []string{wire.PartRouter, wire.PartOffice} {
			if !b.cfg.Stops() {
				break // a tap's cable carries nobody's traffic
			}
			switch plugged, known := selftest.Cable(b.cfg.Ports[i]); {
			case !known:
				b.health.Cable(part, "")
			case plugged:
				b.health.Cable(part, wire.StateOK)
			default:
				b.health.Cable(part, wire.StateDown)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pair shows a code until the box has an identity.
func (b *Box) pair(ctx context.Context, cfg uplink.Config) bool {
	b.front.set(frontpage.Asking, uplink.Pairing{})
	code, why := "", ""
	resp, err := cfg.Pair(ctx, func(p uplink.Pairing) {
		phase := frontpage.Shown
		if p.Code == "" {
			phase = frontpage.Asking
		}
		b.front.set(phase, p)
		b.health.Tried(p.Trouble)
		if now := trouble(p.Trouble); now != why { // once, not with each try
			if why = now; why != "" {
				b.log.Warn("the centre gives no code, trying again", "err", p.Trouble)
			}
		}
		if p.Code != code {
			switch code = p.Code; {
			case code == "":
			case b.front.page == nil: // nobody else says it
				b.log.Info("waiting to be connected: enter the code in the portal", "code", code, "number", p.Number)
			default:
				b.log.Info("waiting to be connected: enter the code that the box's page shows in the portal", "number", p.Number)
			}
		}
	})
	if err != nil {
		if ctx.Err() == nil {
			b.log.Error("the box cannot be connected", "err", err)
		}
		return false
	}
	b.log.Info("claimed", "box", resp.BoxID, "company", resp.Company)
	return true
}

func trouble(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// unsigned tells that the box's own virus scanner has no signatures.
func (b *Box) unsigned() bool {
	return b.cfg.Clamd == settings.ClamdRun && !clamd.Signed(b.cfg.ClamdDatabase)
}

// shown is the state that the page shows.
func (b *Box) shown() frontpage.State {
	phase, p := b.front.get()
	line := b.health.Line()
	s := frontpage.State{Now: time.Now(), Phase: phase, Code: p.Code, Number: p.Number, Site: p.Site, Phone: p.Phone, Expires: p.Expires,
		Last: line.Last, Trouble: line.Trouble != nil, WrongClock: uplink.WrongClock(line.Trouble), Ahead: line.Ahead, Unsigned: b.unsigned(), Health: b.report(), Updates: b.bundles.Tell()}
	if c, ok := b.cfg.Route(); ok {
		s.Six = c.Six()
	}
	if phase == frontpage.Claimed {
		o := b.identity().Owner()
		s.Company, s.Phone = o.Company, o.Phone
	}
	return s
}
