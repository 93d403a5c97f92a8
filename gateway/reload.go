package gateway

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/selftest"
)

// reloadSignal asks to read rules and lists anew, as the field's sensors have it.
const reloadSignal = syscall.SIGUSR2

// policySignal tells the engine that what the company wants has changed; nobody else sends it.
const policySignal = syscall.SIGUSR1

// loadSet reads and compiles the rules, on so many processors, 0 for all, as at the start; left is
// how many were left out.
func loadSet(cfg *Config, processors int) (set *match.Set, left int, err error) {
	rules, refused, err := cfg.ReadRules(processors == 0)
	if err != nil {
		return nil, 0, err
	}
	set, notCompiled, err := match.Compile(rules, match.Options{Processors: processors, Places: cfg.Places(), Cache: filepath.Join(cfg.StateDir, cacheFolder),
		Trouble: func(err error) { cfg.Log.Warn("compiled rules are not kept", "err", err) }})
	if err != nil {
		return nil, 0, fmt.Errorf("gateway: rules: %w", err)
	}
	refused = append(refused, notCompiled...)
	for _, r := range refused {
		cfg.Log.Warn("rule left out", "file", r.File, "line", r.Line, "sid", r.SID, "keyword", r.Keyword, "why", r.Reason)
	}
	return set, len(refused), nil
}

// inUse are the rules, lists and applications that the engine judges by.
type inUse struct {
	cfg    *Config
	engine *engine.Engine
	known  *apps.Known
	made   *engine.Config
	report chan<- struct{} // asks for what devices have used

	mu          sync.Mutex
	set         *match.Set
	lists       *filter.Lists
	left, sites int
	since       time.Time
	versions    map[string]int64 // of bundles
	refused     string           // why the last reload changed nothing
	policy      string           // in force
	note        string           // what was left out of it
	unwanted    string           // why another would not do
}

// bundles says which versions are in use, and why others could not be used.
func (u *inUse) bundles() (versions map[string]int64, refused string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.versions, u.refused
}

// wanted says what the company wants that is in force, and what is to be said about it.
func (u *inUse) wanted() (policy, note, refused string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.policy, u.note, u.unwanted
}

// state counts rules, sites and rules left out, and says since when.
func (u *inUse) state() (rules, sites, left int, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.set.Len(), u.sites, u.left, u.since
}

// tested tells whether the name of the self-test is blocked now.
func (u *inUse) tested() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return selftest.Judged(u.lists)
}

// reloads gives channels that tell of the signals.
func reloads() (all, wishes chan os.Signal) {
	a, w := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(a, reloadSignal)
	signal.Notify(w, policySignal)
	return a, w
}

// wake asks for a reload as a signal does.
func wake(all chan<- os.Signal) {
	select {
	case all <- reloadSignal:
	default: // one is asked for already
	}
}

// close frees the rules; no worker may run any more.
func (u *inUse) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.set.Close()
}

// obey reloads at each signal until ctx ends.
func (u *inUse) obey(ctx context.Context, c, wishes <-chan os.Signal) {
	for {
		select {
		case <-wishes:
			start := time.Now()
			u.renewLists()
			policy, _, _ := u.wanted()
			u.cfg.Log.Info("what the company wants is in force", "policy", policy, "took", time.Since(start).Round(time.Millisecond))
		case <-c:
			err := u.reload()
			u.mu.Lock()
			u.refused = ""
			if err != nil {
				u.refused = err.Error()
			}
			u.mu.Unlock()
			if err != nil {
				u.cfg.Log.Error("the rules stay as they were: correct the file and reload again", "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// reload swaps rules, lists and applications while traffic goes on. An error changes nothing.
func (u *inUse) reload() error {
	start := time.Now()
	versions := u.cfg.RenewBundles()
	set, left, err := loadSet(u.cfg, 1) // the other processors judge traffic
	if err != nil {
		return err
	}
	if err := u.cfg.RenewLists(); err != nil {
		u.cfg.Log.Warn("lists and applications are as the configuration had them: correct it and reload again", "err", err)
	}
	u.mu.Lock()
	old := u.set
	u.mu.Unlock()
	if err := u.engine.SetRules(set, old.Close); err != nil {
		set.Close()
		return fmt.Errorf("gateway: %w", err)
	}
	u.mu.Lock()
	u.set, u.left, u.since, u.versions = set, left, time.Now(), versions
	u.mu.Unlock()
	sites := u.renewLists()
	u.cfg.Log.Info("rules and lists were read anew", "rules", set.Len(), "left out", left, "sites", sites, "applications", u.known.Table().Len(), "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// renewLists swaps lists and applications, and what the company wants of both, while traffic goes on. It gives the number of
// entries of the configuration.
func (u *inUse) renewLists() (sites int) {
	note, refused := renewPolicy(u.cfg)
	if err := u.cfg.RenewApplications(u.known); err != nil {
		u.cfg.Log.Warn("applications stay as they were: correct the file and reload again", "err", err)
		refused = err.Error()
	}
	lists, sites := u.cfg.WarnedLists()
	u.engine.SetLists(lists)
	u.made.StopFlagged.Store(u.cfg.StopsSuspicious())
	u.made.Scanner.Stop(u.cfg.StopFiles())
	u.mu.Lock()
	u.lists, u.sites, u.policy, u.note, u.unwanted = lists, sites, u.cfg.PolicyID(), note, refused
	u.mu.Unlock()
	select {
	case u.report <- struct{}{}: // who changes something wants to see it, and not in an hour
	default:
	}
	debug.FreeOSMemory()
	return sites
}

// renewPolicy reads what the company wants anew, and gives what was left out of it, or why it would not do.
func renewPolicy(cfg *Config) (note, refused string) {
	if err := cfg.RenewPolicy(); err != nil {
		cfg.Log.Error("what the company wants", "err", err)
		refused = err.Error()
	}
	return cfg.WantedLeftOut(), refused
}
