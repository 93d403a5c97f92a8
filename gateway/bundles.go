package gateway

import (
	"context"
	"errors"

	"otasuke/gateway/internal/clamd"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/settings"
	"otasuke/gateway/internal/update"
	"otasuke/gateway/internal/update/content"
	"otasuke/wire"
)

// ErrRelaunch ends a box that goes on as another program, see [Relaunch].
var ErrRelaunch = errors.New("gateway: another program is to go on")

// Boot and Relaunch change between the package's program and that of a bundle.
var Boot, Relaunch = update.Boot, update.Relaunch

// openBundles prepares what keeps the box current; without it everything else goes on.
func (b *Box) openBundles() {
	if b.cfg.CentreURL == "" || b.cfg.EVEInput != "" {
		return
	}
	hours, _ := update.ParseHours(b.cfg.UpdateHours) // checked with the configuration
	var err error
	if b.bundles, err = update.New(update.Config{
		StateDir: b.cfg.StateDir, RootFile: b.cfg.BundleRoot, Hours: hours, Check: b.tryBundle, Apply: b.useBundle, Minute: b.placeSignatures, Note: b.note, Log: b.log,
	}); err != nil {
		b.log.Error("the box does not keep itself current", "err", err)
	}
}

// tryBundle tries a bundle before it is used.
func (b *Box) tryBundle(ctx context.Context, kind, dir string) error {
	err := content.Check(kind, dir)
	if err != nil || kind != wire.BundleVirus {
		return err
	}
	if b.cfg.Clamd != settings.ClamdRun {
		return errors.New("the virus scanner of this box is not started by it")
	}
	return clamd.Try(ctx, clamd.Config{Dir: b.cfg.ClamdDir(), Program: b.cfg.ClamdProgram, Database: dir, User: b.cfg.ClamdUser, Log: b.log})
}

// useBundle uses what has changed.
func (b *Box) useBundle(kind string) {
	switch p := b.running.Load(); {
	case kind == wire.BundleProgram:
		b.anew()
	case kind == wire.BundleVirus:
		b.placeSignatures()
		_ = (&scan.Scanner{Socket: b.cfg.ClamdSocket}).Reload(context.Background()) // it looks by itself, too
	case p != nil:
		_ = p.Signal(reloadSignal)
	}
}

// placeSignatures has clamd's folder hold the system's signatures and those of a bundle.
func (b *Box) placeSignatures() {
	if b.cfg.Clamd != settings.ClamdRun || b.cfg.Signatures == "" {
		return
	}
	if err := clamd.Place(b.cfg.ClamdDatabase, b.cfg.Signatures, update.Read(b.cfg.StateDir)[wire.BundleVirus].Dir); err != nil {
		b.log.Error("signatures", "err", err)
	}
}

// figures are what a trial looks at.
func (s *engineStatus) figures() update.Figures {
	return update.Figures{Rules: s.Rules, Packets: s.Packets, Uninspected: s.Uninspected, Faults: s.Faults,
		ScannerDown: s.Scanner == string(wire.StateDown), Loaded: s.Bundles, Refused: s.Refused}
}
