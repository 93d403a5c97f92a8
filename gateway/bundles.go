package gateway

import (
	"context"
	"errors"
	"os"
	"time"

	"otasuke/gateway/internal/clamd"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/update"
	"otasuke/gateway/internal/update/content"
	"otasuke/wire"
)

// ErrRelaunch ends a box that goes on as another program, see [Relaunch].
var ErrRelaunch = errors.New("gateway: another program is to go on")

// Boot and Relaunch change between the package's program and that of a bundle.
var (
	Boot     = update.Boot
	Relaunch = update.Relaunch
)

// openBundles prepares what keeps the box current; without it everything else goes on.
func (b *Box) openBundles() {
	if b.cfg.CentreURL == "" || b.cfg.EVEInput != "" {
		return
	}
	c := update.Config{StateDir: b.cfg.StateDir, Check: b.tryBundle, Apply: b.useBundle, Note: b.note, Log: b.log}
	var err error
	c.Hours, _ = update.ParseHours(b.cfg.UpdateHours) // checked with the configuration
	if b.cfg.BundleRoot != "" {
		c.Root, err = os.ReadFile(b.cfg.BundleRoot)
	}
	if err == nil {
		b.bundles, err = update.New(c)
	}
	if err != nil {
		b.log.Error("the box does not keep itself current", "err", err)
	}
}

// tryBundle tries a bundle before it is used.
func (b *Box) tryBundle(ctx context.Context, kind, dir string) error {
	err := content.Check(kind, dir)
	if err != nil || kind != wire.BundleVirus {
		return err
	}
	if b.cfg.Clamd != clamdRun {
		return errors.New("the virus scanner of this box is not started by it")
	}
	return clamd.Try(ctx, clamd.Config{Dir: b.cfg.clamdDir(), Program: b.cfg.ClamdProgram, Database: dir, User: b.cfg.ClamdUser, Log: b.log})
}

// useBundle uses what has changed.
func (b *Box) useBundle(kind string) {
	switch p := b.running.Load(); {
	case kind == wire.BundleProgram:
		b.relaunch.Store(true)
		b.stop()
	case kind == wire.BundleVirus:
		b.placeSignatures()
		_ = (&scan.Scanner{Socket: b.cfg.ClamdSocket}).Reload(context.Background()) // it looks by itself, too
	case p != nil:
		_ = p.Signal(reloadSignal)
	}
}

// placeSignatures has clamd's folder hold the system's signatures and those of a bundle.
func (b *Box) placeSignatures() {
	if b.cfg.Clamd != clamdRun || b.cfg.signatures == "" {
		return
	}
	if err := clamd.Place(b.cfg.ClamdDatabase, b.cfg.signatures, update.Read(b.cfg.StateDir)[wire.BundleVirus].Dir); err != nil {
		b.log.Error("signatures", "err", err)
	}
}

// keepBundles keeps the box current until ctx ends.
func (b *Box) keepBundles(ctx context.Context) {
	if b.bundles == nil {
		return
	}
	done := make(chan struct{})
	go func() { defer close(done); b.bundles.Run(ctx) }()
	for tick := time.Tick(time.Minute); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-tick: // the system's own are renewed, too
			b.placeSignatures()
		}
	}
	<-done
}

// figures are what a trial looks at.
func (s *engineStatus) figures() update.Figures {
	return update.Figures{Rules: s.Rules, Packets: s.Packets, Uninspected: s.Uninspected, Faults: s.Faults,
		ScannerDown: s.Scanner == string(wire.StateDown), Loaded: s.Bundles, Refused: s.Refused}
}

// renewBundles looks which bundles are in use now.
func (c *Config) renewBundles() map[string]int64 {
	c.bundles = update.Read(c.StateDir)
	versions := map[string]int64{}
	for kind, b := range c.bundles {
		versions[kind] = b.Version
	}
	return versions
}
