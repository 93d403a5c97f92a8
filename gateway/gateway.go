package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"otasuke/gateway/internal/clamd"
	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flowlog"
	"otasuke/gateway/internal/frontpage"
	"otasuke/gateway/internal/health"
	"otasuke/gateway/internal/hold"
	"otasuke/gateway/internal/journal"
	"otasuke/gateway/internal/manage"
	"otasuke/gateway/internal/pulse"
	"otasuke/gateway/internal/selftest"
	"otasuke/gateway/internal/settings"
	"otasuke/gateway/internal/update"
	"otasuke/gateway/internal/uplink"
	"otasuke/gateway/internal/wanted"
	"otasuke/wire"
)

// claimRetry is the time between two attempts to reach the centre for a claim.
const claimRetry = 3 * time.Second

// Config of a box.
type Config = settings.Config

// ListFile is one list of a configuration.
type ListFile = settings.ListFile

// LoadConfig reads a configuration, ErrConfig tells what is wrong with it.
var (
	LoadConfig = settings.Load
	ErrConfig  = settings.ErrConfig
)

// Box is a running gateway.
type Box struct {
	cfg     Config
	log     *slog.Logger
	home    func(netip.Addr) bool
	journal *journal.Journal
	health  *health.Board
	running atomic.Pointer[os.Process] // the engine, nil between two
	faults  uint64                     // of the engine that runs
	scanner health.Scanner
	limits  health.Limits
	held    *hold.Keeper // nil where traffic does not pass
	full    atomic.Bool  // the journal could not be written
	keeping atomic.Bool  // lines of the engine are on their way to the disk
	flows   *flowlog.Log // nil for none
	missed  atomic.Bool  // the traffic log could not be written

	resolver manage.Resolver
	front    front
	tests    *selftest.Tests
	bundles  *update.Keeper // nil for none
	wanted   *wanted.Keeper // nil for none
	relaunch atomic.Bool    // another program is to go on
	stop     context.CancelFunc
}

// New prepares a box. Close it after Run.
func New(cfg Config) (*Box, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	board := health.New(cfg.Software, time.Now())
	j, err := journal.Open(journal.Config{Dir: filepath.Join(cfg.StateDir, "journal"), MaxBytes: cfg.JournalBytes})
	if err != nil { // as on a worn-out disk: the office is protected all the same
		cfg.Log.Error("the state folder cannot be used: findings are kept in memory, and nothing else beyond the next start", "err", err)
		board.InMemory()
		j, err = journal.Open(journal.Config{Dir: filepath.Join("/dev/shm", strings.ReplaceAll(cfg.StateDir, "/", "-")), MaxBytes: cfg.JournalBytes})
	}
	if err != nil {
		return nil, err
	}
	b := &Box{cfg: cfg, log: cfg.Log, journal: j, health: board}
	b.home = b.cfg.Inside
	b.openFlows()
	b.openBundles()
	b.openWanted()
	b.openFront()
	b.tests = selftest.New(selftest.Config{Report: b.report, Next: b.health.Next, Bundles: b.bundles.Tell, Dir: cfg.StateDir})
	return b, nil
}

// Run protects until ctx ends. The bridge stays when it returns, the rules go.
func (b *Box) Run(ctx context.Context) error {
	defer b.journal.Close()
	defer b.closeFlows()
	if b.cfg.EVEInput != "" {
		pulse.Ready()
		go pulse.Keep(ctx)
		return b.relay(ctx)
	}
	unplug, err := b.plug()
	if err != nil {
		return err
	}
	defer unplug()
	ctx, b.stop = context.WithCancel(ctx)
	defer b.stop()
	pulse.Ready()
	b.placeSignatures()
	var others sync.WaitGroup
	b.resolve()
	others.Go(func() { enforce.Keep(ctx, b.line(), b.cfg.Stops(), b.anew, b.log) })
	others.Go(func() { b.manage(ctx) })
	others.Go(func() { b.serve(ctx) })
	others.Go(func() { b.connect(ctx) })
	others.Go(func() { b.showFront(ctx) })
	others.Go(func() { b.scan(ctx) })
	others.Go(func() { b.keepFlows(ctx) })
	others.Go(func() { b.bundles.Run(ctx) })
	others.Go(func() { b.wanted.Run(ctx) })
	err = b.supervise(ctx)
	others.Wait()
	if err == nil && b.relaunch.Load() {
		err = ErrRelaunch
	}
	return err
}

// scan keeps a clamd of ours running.
func (b *Box) scan(ctx context.Context) {
	if b.cfg.Clamd != settings.ClamdRun {
		return
	}
	c := clamd.Config{Dir: b.cfg.ClamdDir(), Program: b.cfg.ClamdProgram, Database: b.cfg.ClamdDatabase, User: b.cfg.ClamdUser, Log: b.log}
	if err := clamd.Run(ctx, c); err != nil {
		b.log.Error("the virus scanner cannot be started: files pass without a scan", "err", err)
	}
}

// connect claims the box if needed and then carries events until ctx ends.
func (b *Box) connect(ctx context.Context) {
	if b.cfg.CentreURL == "" {
		return
	}
	cfg := b.identity()
	if !b.claim(ctx, cfg) {
		return
	}
	b.front.set(frontpage.Claimed, uplink.Pairing{})
	up, err := uplink.New(cfg, uplink.Parts{
		Journal: b.journal, Decode: b.decode, Health: b.report, Answer: b.answer, Held: b.hold, Heartbeat: b.cfg.Heartbeat, Log: b.log,
		Bundles: b.bundles.Tell, Wanted: b.bundles.Want, Reached: b.health.Reached, PolicyState: b.wanted.State, Policy: b.want,
	})
	if err != nil {
		b.log.Error("uplink", "err", err)
		return
	}
	b.health.Wake(up.Wake)
	b.bundles.Reach(up.Fetch)
	b.wanted.Hurry(up.Hurry)
	_ = up.Run(ctx)
}

// claim repeats until the box has an identity; a code that the centre refuses is
// not tried again, so that it does not look like guessing.
func (b *Box) claim(ctx context.Context, cfg uplink.Config) bool {
	for !cfg.Claimed() {
		if b.cfg.ClaimCode == "" {
			return b.pair(ctx, cfg)
		}
		b.front.set(frontpage.Asking, uplink.Pairing{})
		resp, err := cfg.Claim(ctx, b.cfg.ClaimCode)
		var refused *wire.Error
		switch {
		case err == nil:
			b.log.Info("claimed", "box", resp.BoxID, "company", resp.Company)
			return true
		case errors.As(err, &refused) && refused.Code != "again" && refused.Code != "limit":
			b.front.set(frontpage.Refused, uplink.Pairing{})
			b.log.Error("the centre refused the claim code", "err", err)
			return false
		}
		b.health.Tried(err)
		b.log.Warn("claim failed, trying again", "err", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(claimRetry):
		}
	}
	return true
}

func (b *Box) decode(line []byte) (wire.Event, error) {
	e, err := eve.ToWire(line, b.home)
	if errors.Is(err, eve.ErrNotAlert) {
		return e, uplink.ErrSkip
	}
	return e, err
}

// report is the state of the box for a heartbeat.
func (b *Box) report() wire.Health {
	h := b.health.Report(time.Now())
	if b.cfg.EVEInput == "" && b.cfg.Mode != settings.Bridge {
		h.Mode = b.cfg.Mode
	}
	h.Pending, h.Lost = b.journal.Pending()
	if b.held != nil {
		h.Held = b.held.InForce()
	}
	if b.front.page != nil {
		if at, _ := b.front.page.Tried(); !at.IsZero() {
			h.Parts[wire.PartBrowser] = wire.StateOK
		}
	}
	return h
}

// hold takes whom the centre wants held.
func (b *Box) hold(macs []string) bool { return b.held != nil && b.held.Want(macs) }

// note keeps a health event for the centre: something changed that people should know.
func (b *Box) note(what string) {
	h := b.report()
	h.Note = what
	line, err := eve.HealthLine(h)
	if err != nil {
		b.log.Error("health event", "err", err)
		return
	}
	_ = b.keep([][]byte{line})
}

// keep puts lines into the journal and wakes the uplink. A failure is told to health
// and log here; callers that can repeat the lines look at it, too.
func (b *Box) keep(lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	if err := b.journal.Append(lines...); err != nil {
		b.health.JournalFailed(err)
		if !b.full.Swap(true) { // once, not for each finding
			b.log.Error("journal: findings are lost until it can be written again", "err", err)
		}
		return err
	}
	if b.full.Swap(false) {
		_, lost := b.journal.Pending()
		b.log.Warn("journal: findings are kept again", "lost", lost)
	}
	b.health.Changed()
	return nil
}
