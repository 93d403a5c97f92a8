package engine

import (
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/sites"
	"otasuke/rule"
)

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
