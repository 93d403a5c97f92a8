package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/eve/handover"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/sensorconf"
	"otasuke/gateway/internal/settings"
	"otasuke/rule"
	"otasuke/rule/policy"
)

// InspectConfig says what to judge offline.
type InspectConfig struct {
	// Capture is a capture file, or a folder: all captures below it.
	Capture string
	// Each judges every capture of the folder alone, with fresh state, and writes to
	// Dir/<its path below the folder>/eve.json.
	Each  bool
	Rules []string // rule files; the built-in starter rules when empty
	Dir   string   // eve.json is appended to in this folder
	// Conf is a configuration file of the field's sensors (YAML), Set single settings of it as
	// "path.to.key=value": variables, what is recognised and recorded, limits.
	Conf string
	Set  []string
	// Prevent carries verdicts out as an inline box would: drop rules say "blocked".
	Prevent bool
	// IPS changes which rules block, as in Config; nil leaves their actions.
	IPS *policy.Policy
	// Home are the inside networks; the private IPv4 networks when empty.
	Home []netip.Prefix
	// Lists and ClamdSocket as in Config.
	Lists       []ListFile
	ClamdSocket string
	// Cache is a folder for compiled rules, so that the next inspection starts sooner.
	Cache string
	// Warn gets a line for each rule that was left out and for other doubts.
	Warn io.Writer
}

// InspectSummary counts what Inspect did.
type InspectSummary struct {
	Rules      int    `json:"rules"`
	Refused    int    `json:"refused"`
	Captures   int    `json:"captures"`
	Unreadable int    `json:"unreadable"`
	Packets    uint64 `json:"packets"`
	Bytes      uint64 `json:"bytes"`
	Alerts     uint64 `json:"alerts"`
	Malformed  uint64 `json:"malformed"`
	// Panics counts packets whose flow lost its inspection by a fault of ours.
	Panics uint64 `json:"panics"`
	// Loading is the time until the rules were ready, Judging that from then to the last
	// record; both in nanoseconds.
	Loading time.Duration `json:"loading_ns"`
	Judging time.Duration `json:"judging_ns"`
}

// inspector judges captures with rules that were loaded once.
type inspector struct {
	cfg  InspectConfig
	ec   engine.Config
	conf *sensorconf.Settings
	// skipped are rules that ask for something that is not here.
	skipped int
	mu      sync.Mutex
	sum     InspectSummary
	warn    sync.Mutex
}

// Inspect judges captures and writes EVE JSON.
func Inspect(ctx context.Context, cfg InspectConfig) (InspectSummary, error) {
	in := &inspector{cfg: cfg}
	began := time.Now()
	set, err := in.load()
	if err != nil {
		return in.sum, err
	}
	defer set.Close()
	in.sum.Loading = time.Since(began)
	began = time.Now()
	info, err := os.Stat(cfg.Capture)
	if err != nil {
		return in.sum, fmt.Errorf("gateway: %w", err)
	}
	switch {
	case cfg.Each && info.IsDir():
		err = in.each(ctx)
	case info.IsDir():
		err = in.together(ctx)
	default:
		err = in.into(cfg.Dir, func(ec engine.Config, began func(*engine.Engine)) error {
			e := engine.New(ec)
			began(e)
			return in.replay(ctx, e, cfg.Capture)
		})
	}
	in.sum.Judging = time.Since(began)
	return in.sum, err
}

// load reads rules and lists.
func (in *inspector) load() (*match.Set, error) {
	cfg := &in.cfg
	c := Config{Rules: cfg.Rules, NoStarterRules: len(cfg.Rules) > 0, Lists: cfg.Lists, Home: cfg.Home, StateDir: cfg.Dir, Ports: []string{"", ""}}
	home := ""
	if len(cfg.Home) > 0 {
		home = c.HomeNet()
	}
	if err := c.Complete(); err != nil {
		return nil, err
	}
	conf, err := sensorconf.Read(cfg.Conf, cfg.Set)
	if err != nil {
		return nil, err
	}
	rules, refused, err := (&settings.RuleSource{Files: c.Rules, Builtin: !c.NoStarterRules, Home: home, Sensor: conf, IPS: cfg.IPS, Warn: in.warning}).Read()
	if err != nil {
		return nil, err
	}
	set, notCompiled, err := match.Compile(rules, match.Options{Places: conf.Places, Order: conf.Order(), Cache: cfg.Cache,
		Trouble: func(err error) { in.warning("compiled rules are not kept: %v", err) }})
	if err != nil {
		return nil, fmt.Errorf("gateway: rules: %w", err)
	}
	refused = append(refused, notCompiled...)
	in.sum.Rules, in.sum.Refused = set.Len(), len(refused)
	in.refusals(refused)
	lists, _, errs := c.ReadLists()
	for _, err := range errs {
		in.warning("%v", err)
	}
	in.ec = engine.Config{Rules: set, Lists: lists, Home: eve.HomeOf(c.Home), Inline: cfg.Prevent,
		LogApps: true, LogFlows: true, LogAnomalies: true, Budget: -1}
	if in.ec.Applications, err = c.KnownApplications(); err != nil {
		return nil, err
	}
	conf.Engine(&in.ec)
	in.skipped = sensorconf.Skipped(refused)
	in.conf = conf
	if cfg.ClamdSocket != "" {
		in.ec.Scanner = &scan.Scanner{Socket: cfg.ClamdSocket}
	}
	return set, nil
}

func (in *inspector) refusals(refused []rule.Refusal) {
	for _, r := range refused {
		in.warning("rule left out: %s", r)
	}
}

func (in *inspector) warning(format string, args ...any) {
	in.warn.Lock()
	defer in.warn.Unlock()
	fmt.Fprintf(in.cfg.Warn, "W: "+format+"\n", args...)
}

// captures lists the regular files below the folder, by path.
func (in *inspector) captures() (names []string, err error) {
	err = filepath.WalkDir(in.cfg.Capture, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && capture.IsCapture(path) {
			names = append(names, path)
		}
		return err
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("gateway: no capture below %s", in.cfg.Capture)
	}
	return names, err
}

// each judges every capture alone, as many at once as there are processors.
func (in *inspector) each(ctx context.Context) error {
	names, err := in.captures()
	if err != nil {
		return err
	}
	work := make(chan string)
	var wg sync.WaitGroup
	errs := make(chan error, runtime.NumCPU())
	for range runtime.NumCPU() {
		wg.Go(func() {
			for name := range work {
				if err := in.alone(ctx, name); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		})
	}
	go func() {
		defer close(work)
		for _, name := range names {
			select {
			case work <- name:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range runtime.NumCPU() {
		if e := <-errs; e != nil {
			err = e
			for range work { // let the sender end
			}
		}
	}
	wg.Wait()
	return errors.Join(err, ctx.Err())
}

// alone judges one capture of the folder with fresh state.
func (in *inspector) alone(ctx context.Context, name string) error {
	rel, err := filepath.Rel(in.cfg.Capture, name)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	return in.into(filepath.Join(in.cfg.Dir, rel), func(ec engine.Config, began func(*engine.Engine)) error {
		e := engine.New(ec)
		began(e)
		return in.readable(in.replay(ctx, e, name))
	})
}

// together judges all captures one after the other as one conversation of the wire.
func (in *inspector) together(ctx context.Context) error {
	names, err := in.captures()
	if err != nil {
		return err
	}
	return in.into(in.cfg.Dir, func(ec engine.Config, began func(*engine.Engine)) error {
		e := engine.New(ec)
		began(e)
		for _, name := range names {
			if err := in.readable(in.replay(ctx, e, name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// readable turns the error of one bad capture among many into a warning.
func (in *inspector) readable(err error) error {
	for _, bad := range []error{capture.ErrEmpty, capture.ErrFormat, capture.ErrLinkType, capture.ErrCut} {
		if errors.Is(err, bad) {
			in.warning("%v", err)
			in.mu.Lock()
			in.sum.Unreadable++
			in.mu.Unlock()
			return nil
		}
	}
	return err
}

// into runs judge with records going to dir/eve.json.
func (in *inspector) into(dir string, judge func(engine.Config, func(*engine.Engine)) error) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "eve.json"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	out := handover.NewLines(f, in.conf.Wants)
	defer func() {
		err = errors.Join(err, out.Close(), f.Close())
		in.mu.Lock()
		in.sum.Alerts += out.Alerts
		in.mu.Unlock()
	}()
	ec := in.ec
	ec.Emit, ec.Gather, ec.Applications = out.Put, recordBatch, in.ec.Applications.Fresh()
	if ec.EVE.File != "" {
		ec.EVE.File = in.cfg.Capture
	}
	var engines []*engine.Engine
	err = judge(ec, func(e *engine.Engine) { engines = append(engines, e) })
	for _, e := range engines {
		ec.Emit([]*eve.Record{in.statistics(e)})
	}
	return err
}

// statistics are the counts of an engine.
func (in *inspector) statistics(e *engine.Engine) *eve.Record {
	var at time.Time
	if last := e.Stats.Last.Load(); last != 0 {
		at = time.UnixMicro(last)
	} else {
		at = time.Unix(0, 0)
	}
	about := evelog.Engine{Loaded: in.sum.Rules, Failed: in.sum.Refused - in.skipped, Skipped: in.skipped, Inline: in.ec.Inline}
	return &eve.Record{Timestamp: eve.Time(at.UnixMicro()), EventType: eve.TypeStats, Stats: evelog.Stats(&about, in.ec.EVE.KeepZero, e.Counts()...)}
}

// replay runs the engine over one capture file.
func (in *inspector) replay(ctx context.Context, e *engine.Engine, path string) error {
	src := capture.NewFile(path)
	w, err := e.NewWorker(src)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	before := [...]uint64{e.Stats.Packets.Load(), e.Stats.Bytes.Load(), e.Stats.Malformed.Load(), e.Stats.Panics.Load()}
	defer func() {
		w.Close()
		in.mu.Lock()
		defer in.mu.Unlock()
		in.sum.Captures++
		in.sum.Packets += e.Stats.Packets.Load() - before[0]
		in.sum.Bytes += e.Stats.Bytes.Load() - before[1]
		in.sum.Malformed += e.Stats.Malformed.Load() - before[2]
		in.sum.Panics += e.Stats.Panics.Load() - before[3]
	}()
	return src.Run(ctx, w)
}
