package engine

import (
	"sync"
	"sync/atomic"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine/setup"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/live"
	"otasuke/gateway/internal/redact"
	"otasuke/gateway/internal/sites"
	"otasuke/rule"
)

// expirePerTick bounds the work of one tick.
const expirePerTick = 2000

// Config of an engine.
type Config = setup.Config

// Counters of all workers.
type Counters = setup.Counters

// Engine is what workers share.
type Engine struct {
	cfg      Config
	Stats    Counters
	lists    atomic.Pointer[filter.Lists]
	renewals atomic.Uint32 // of the lists, and one
	hosts    *hosts.State
	mails    redact.Memory
	rules    *live.Rules
	countsMu sync.Mutex
	counts   []*evelog.Counts // of the workers
	// wakers are the sources that may hold packets.
	wakers capture.Wakers
}

// New makes an engine.
func New(cfg Config) *Engine {
	cfg.Complete()
	e := &Engine{cfg: cfg, hosts: hosts.New(), rules: live.New(cfg.Rules)}
	e.SetLists(cfg.Lists)
	if cfg.Scanner != nil {
		cfg.Scanner.Done = e.wakers.Wake
	}
	return e
}

// SetLists swaps the lists for all workers, without a gap, also for conversations that go on.
func (e *Engine) SetLists(l *filter.Lists) { e.lists.Store(l); e.renewals.Add(1) }

// SetRules swaps the rules for all workers while they go on: each takes the new ones up
// between two packets. Conversations that go on forget the bits and counters that the old
// rules have set. gone is called, on any goroutine, when no worker uses the old set any
// more. An error leaves everything as it was.
func (e *Engine) SetRules(set *match.Set, gone func()) error { return e.rules.Swap(set, gone) }

// renewRules takes new rules up, if there are any.
func (w *Worker) renewRules() {
	if w.seat.Renew() {
		w.take()
	}
}

// take begins to use the rules of the seat.
func (w *Worker) take() {
	w.rules, w.scratch = w.seat.Set, w.seat.Scratch
	w.used = *w.rules.Used()
	for _, b := range sites.Buffers {
		w.used.Add(b) // lists and block pages need them
	}
	w.e.cfg.Applications.Want(&w.used)
	for d, b := range digestBuffers {
		w.digests[d] = w.used.Has(b) || w.e.cfg.FileHashes[d]
	}
	want := w.used
	if w.e.cfg.EVE.Alert.XFF.On {
		want.Add(rule.HTTPHeaderRaw)
	}
	w.readers.Want(want)
	w.fields.Want(&w.used)
}
