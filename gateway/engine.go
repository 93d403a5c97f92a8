package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/eve/handover"
	"otasuke/gateway/internal/evefile"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/fault"
	"otasuke/gateway/internal/pressure"
	"otasuke/gateway/internal/pulse"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/selftest"
	"otasuke/gateway/internal/settings"
	"otasuke/gateway/internal/traffic"
	"otasuke/gateway/internal/usage"
)

const (
	// statusEvery is how often the engine says that it lives.
	statusEvery = time.Second
	// statsEvery so many status lines one goes into the EVE log.
	statsEvery = 10
	// recordBuffer holds a burst of findings; past it they are counted as lost.
	recordBuffer = 8192
	// recordBatch records of a worker are handed to the writer at once.
	recordBatch = 128
	// eventFD is where the supervisor reads the engine's lines.
	eventFD = 3
	// pulseFD is where it waits for signs of life.
	pulseFD = 4
	// scannerCheck is how often clamd is asked whether it is there.
	scannerCheck = 2 * time.Second
	// loadTime is how statistics write when the rules were read.
	loadTime = "2006-01-02T15:04:05.000000-0700"
	// cacheFolder of the state folder keeps what rules were compiled to; it may be deleted.
	cacheFolder = "cache"
)

// ownRecords says what the records of the box tell.
func ownRecords() evelog.Config {
	return evelog.Config{Anomaly: evelog.AnomalyConfig{Decode: true, App: true}, DecoderEvents: true, KeepZero: true}
}

// engineStatus is the line that the engine writes every second.
type engineStatus struct {
	EventType   string `json:"event_type"` // "otasuke-status"
	Rules       int    `json:"rules"`
	Sites       int    `json:"sites"`
	Packets     uint64 `json:"packets"`
	Bytes       uint64 `json:"bytes"`
	Blocked     uint64 `json:"blocked"`
	Uninspected uint64 `json:"uninspected"`
	Faults      uint64 `json:"faults"` // conversations that lost their inspection by a fault of ours
	Lost        uint64 `json:"lost"`
	Scanner     string `json:"scanner"` // wire.State
	// Signatures is the age of the scanner's, in seconds since 1970; 0 when nobody knows.
	Signatures int64 `json:"signatures,omitempty"`
	// Tested tells that the name of the self-test is blocked.
	Tested bool `json:"tested"`
	// Bundles are the versions that are in use, Refused why others could not be used.
	Bundles map[string]int64 `json:"bundles,omitempty"`
	Refused string           `json:"refused,omitempty"`
	// Policy is the one in force, PolicyNote what was left out of it, PolicyRefused why another would not do.
	Policy        string `json:"policy,omitempty"`
	PolicyNote    string `json:"policy_note,omitempty"`
	PolicyRefused string `json:"policy_refused,omitempty"`
	// Files says what became of files that were scanned, by the name of its counter.
	Files map[string]uint64 `json:"files,omitempty"`
	// Limits says how often each limit was reached, by the name of its counter.
	Limits map[string]uint64 `json:"limits,omitempty"`
}

const typeStatus = "otasuke-status"

// RunEngine is the engine process: it takes the queues and judges until ctx ends.
// Records go as lines to the inherited file descriptor 3.
func RunEngine(ctx context.Context, cfg Config) error {
	out := os.NewFile(eventFD, "events")
	// A process started by hand may have something else of its own at this number.
	if info, err := out.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return errors.New("gateway: the engine is started by 'otasuke gateway', not by hand")
	}
	debug.SetGCPercent(pressure.Garbage(0)) // each worker goes on with what is in use then
	again, wishes := reloads()
	versions := cfg.RenewBundles()
	set, left, err := loadSet(&cfg, 0)
	if err != nil {
		return err
	}
	note, unwanted := renewPolicy(&cfg)
	lists, sites := cfg.WarnedLists()
	debug.FreeOSMemory() // what reading the rules has left
	w := newWriter(out, &cfg)
	ec := engine.Config{
		Rules: set, Lists: lists, Home: cfg.Inside, Inline: cfg.Stops(), Emit: w.queue.Put, Gather: recordBatch,
		LogApps: cfg.EVELog != "", LogFlows: cfg.EVELog != "", LogAnomalies: cfg.EVELog != "", EVE: ownRecords(), BypassMark: enforce.BypassMark, Budget: cfg.FlowBudget,
		MaxMemory: pressure.Bound(), StopFlagged: new(atomic.Bool), KeepMail: cfg.KeepMail,
	}
	if ec.Applications, err = cfg.KnownApplications(); err != nil {
		return err
	}
	ec.Appeals = appeal.New()
	w.usage = usage.New(ec.Applications, cfg.UsageEvery)
	if !cfg.NoTrafficLog {
		w.rows = new(traffic.Gather)
		w.usage.Log(w.rows, cfg.Places().Country)
	}
	if w.inside, err = openInside(&cfg); err != nil {
		return err
	}
	if w.inside != nil {
		w.usage.Watch(w.inside.table)
	}
	ec.Usage = w.usage
	faults := fault.New(filepath.Join(cfg.StateDir, "faults"), cfg.Log)
	ec.Fault = faults.Take
	if cfg.ClamdSocket != "" {
		ec.Scanner = &scan.Scanner{Socket: cfg.ClamdSocket, Database: cfg.ClamdDatabase}
	}
	e := engine.New(ec)
	ec.StopFlagged.Store(cfg.StopsSuspicious())
	ec.Scanner.Stop(cfg.StopFiles())
	use := &inUse{cfg: &cfg, made: &ec, engine: e, known: ec.Applications, report: w.report, set: set, lists: lists, left: left, sites: sites, since: time.Now(), versions: versions, policy: cfg.PolicyID(), note: note, unwanted: unwanted}
	began := use.since
	w.counts = func(s engineStatus) eve.Stats {
		_, _, left, since := use.state()
		return evelog.Stats(&evelog.Engine{Loaded: s.Rules, Failed: left, Inline: cfg.Stops(), Uptime: int64(time.Since(began).Seconds()), Loading: since.Format(loadTime)}, true, e.Counts()...)
	}
	defer use.close()
	go use.obey(ctx, again, wishes)
	queues, err := openQueues(cfg)
	if err != nil {
		return err
	}
	status := func() engineStatus {
		rules, sites, _, _ := use.state()
		s := engineStatus{
			EventType: typeStatus, Rules: rules, Sites: sites, Packets: e.Stats.Packets.Load(), Bytes: e.Stats.Bytes.Load(), Blocked: e.Stats.Blocked.Load(),
			Uninspected: e.Stats.Uninspected.Load(), Faults: e.Stats.Panics.Load(), Lost: w.lost.Load() + w.queue.Lost.Load(), Scanner: "off",
			Limits: evelog.Reached(e.Counts()...),
		}
		if n := w.unlogged.Load(); n > 0 {
			s.Limits[limitTraffic] = n
		}
		s.Bundles, s.Refused = use.bundles()
		s.Policy, s.PolicyNote, s.PolicyRefused = use.wanted()
		s.Tested = use.tested()
		if cfg.Page != settings.PageOff {
			cfg.Own.Set(selftest.Own(cfg.FrontLink())) // it may get one later
		}
		if cfg.RenewHome() {
			wake(again) // rules are made for the networks of before
		}
		s.ofScanner(ctx, ec.Scanner)
		for _, q := range queues {
			_, missed := q.Counts()
			s.Uninspected += missed.Load()
		}
		return s
	}
	return runQueues(ctx, queues, e, w, faults, status)
}

// runQueues runs a worker on each queue.
func runQueues(ctx context.Context, queues []source, e *engine.Engine, w *writer, faults *fault.Store, status func() engineStatus) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers, others sync.WaitGroup
	errs, turns := make([]error, len(queues)), make([]func() uint64, len(queues))
	for i, q := range queues {
		defer q.Close()
		n, _ := q.Counts()
		turns[i] = n.Load
		worker, err := e.NewWorker(q)
		if err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
		workers.Go(func() {
			defer cancel()
			defer worker.Close()
			errs[i] = q.Run(ctx, worker)
			w.queue.Linger() // flows that end with us are told of
		})
	}
	others.Go(func() { pulse.Give(ctx, os.NewFile(pulseFD, "pulse"), turns...) })
	others.Go(func() { w.run(status) })
	others.Go(func() { faults.Run(ctx) })
	others.Go(func() { w.usage.Follow(ctx, enforce.LetGo, w.log) })
	others.Go(func() { w.inside.listen(ctx) })
	workers.Wait()
	w.queue.Close()
	others.Wait()
	return errors.Join(errs...)
}

// ofScanner tells how the scanner is.
func (s *engineStatus) ofScanner(ctx context.Context, scanner *scan.Scanner) {
	if scanner == nil {
		return
	}
	maps.Copy(s.Limits, scanner.Limits())
	s.Files = scanner.Counts()
	s.Scanner = "ok"
	sig, err := scanner.Check(ctx, time.Now())
	if err != nil {
		s.Scanner = "down"
	} else if !sig.Made.IsZero() {
		s.Signatures = sig.Made.Unix()
	}
}

// writer carries records out of the packet path.
type writer struct {
	log      *slog.Logger
	queue    *handover.Queue
	lost     atomic.Uint64 // by the disk
	line     []byte
	text     []byte        // of rows
	unlogged atomic.Uint64 // rows for which there was no room
	pipe     *bufio.Writer
	file     *evefile.File
	hangup   <-chan os.Signal // asks to open the file anew
	told     time.Time        // when it was said last that the file cannot be written
	usage    *usage.Table
	rows     *traffic.Gather // of the traffic log; nil for none
	report   chan struct{}   // asks for what devices have used up to now
	inside   *inside         // devices; nil for none
	// counts are the statistics of the engine.
	counts func(engineStatus) eve.Stats
}

func newWriter(pipe io.Writer, cfg *Config) *writer {
	w := &writer{log: cfg.Log, queue: handover.New(recordBuffer, false), pipe: bufio.NewWriter(pipe), report: make(chan struct{}, 1)}
	if cfg.EVELog == "" {
		return w
	}
	f, err := evefile.Open(evefile.Config{Path: cfg.EVELog, MaxBytes: cfg.EVELogBytes, MaxAge: cfg.EVELogAge, Keep: cfg.EVELogFiles})
	w.file = f
	w.trouble(err) // who has no log is protected all the same, and it is tried again with each record
	w.hangup, _ = hangups()
	return w
}

// run writes until the queue is closed, and what is left then.
func (w *writer) run(status func() engineStatus) {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	last, asked := status(), time.Now()
	w.status(last)
	for n, open := 0, true; open; {
		select {
		case <-w.queue.Ready():
			var list []*eve.Record
			list, open = w.queue.Take()
			for _, r := range list {
				w.write(r)
			}
			w.flush()
		case <-tick.C:
			if scanner := last.Scanner; time.Since(asked) < scannerCheck && scanner == "ok" {
				last = status()
			} else {
				last, asked = status(), time.Now()
			}
			w.status(last)
			_, _ = w.pipe.Write(w.usage.Lines(time.Now().UnixMicro(), false))
			w.flows()
			w.devices(false)
			if n++; n%statsEvery == 0 {
				w.stats(last)
			}
		case <-w.hangup:
			w.trouble(w.file.Reopen())
		case <-w.report:
			w.used()
		}
	}
	w.stats(status())
	w.used()
}

// used reports what devices have used up to now.
func (w *writer) used() {
	_ = w.usage.Look(enforce.LetGo, time.Now().UnixMicro())
	_, _ = w.pipe.Write(w.usage.Lines(time.Now().UnixMicro(), true))
	w.flows()
	w.devices(true)
	w.flush()
}

func (w *writer) write(r *eve.Record) {
	line, err := eve.Append(w.line[:0], r)
	w.line = line
	if err != nil {
		w.log.Error("record cannot be written", "err", err)
		return
	}
	if r.EventType == eve.TypeAlert && (r.Otasuke == nil || r.Otasuke.Kind != eve.KindApplication) {
		_, _ = w.pipe.Write(line)
	}
	if w.file != nil {
		_, err := w.file.Write(line)
		w.trouble(err)
	}
}

// trouble says that the EVE log cannot be written, once a minute: the box goes on.
func (w *writer) trouble(err error) {
	if now := time.Now(); err != nil && now.Sub(w.told) > time.Minute {
		w.told = now
		w.log.Error("records are lost", "err", err)
	}
	w.lost.Add(w.file.Lost())
}

// flush: a supervisor that is gone is noticed by its end of our life, not here.
func (w *writer) flush() {
	_ = w.pipe.Flush()
	if w.file != nil {
		w.trouble(w.file.Flush())
	}
}

func (w *writer) status(s engineStatus) {
	b, err := json.Marshal(s)
	if err != nil {
		return
	}
	_, _ = w.pipe.Write(append(b, '\n'))
	w.flush()
}

// stats writes the figures into the EVE log.
func (w *writer) stats(s engineStatus) {
	if w.file == nil {
		return
	}
	own := map[string]uint64{"blocked": s.Blocked, "uninspected": s.Uninspected, "faults": s.Faults, "lost": s.Lost}
	maps.Copy(own, s.Limits)
	maps.Copy(own, s.Files)
	w.write(&eve.Record{Timestamp: eve.Time(time.Now().UnixMicro()), EventType: eve.TypeStats, Stats: w.counts(s), Otasuke: &eve.Own{Counts: own}})
}
