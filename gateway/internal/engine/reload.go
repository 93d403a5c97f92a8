package engine

import (
	"slices"
	"sync/atomic"

	"otasuke/gateway/internal/match"
	"otasuke/rule"
)

// loaded are rules made ready for one worker.
type loaded struct {
	rules   *match.Set
	scratch *match.Scratch
	gen     *generation
}

// generation counts the workers that use a rule set.
type generation struct {
	users atomic.Int32
	gone  func() // called when the last has left; set before any leaves
}

func (g *generation) leave() {
	if g.users.Add(-1) == 0 && g.gone != nil {
		g.gone()
	}
}

// SetRules swaps the rules for all workers while they go on: each takes the new ones up
// between two packets, so that every packet is judged by the old or by the new set.
// Conversations that go on forget the bits and counters that the old rules have set. gone
// is called, on any goroutine, when no worker uses the old set any more. An error leaves
// everything as it was.
func (e *Engine) SetRules(set *match.Set, gone func()) error {
	e.rulesMu.Lock()
	defer e.rulesMu.Unlock()
	next := make([]*loaded, len(e.workers))
	gen := new(generation)
	for i := range next {
		scratch, err := set.NewScratch()
		if err != nil {
			for _, l := range next[:i] {
				l.scratch.Close()
			}
			return err
		}
		next[i] = &loaded{set, scratch, gen}
	}
	gen.users.Store(int32(len(next)))
	old := e.gen
	old.users.Add(1) // until all know
	old.gone = gone
	e.cfg.Rules, e.gen = set, gen
	for i, w := range e.workers {
		if never := w.next.Swap(next[i]); never != nil { // it was too busy for those before
			never.scratch.Close()
			never.gen.leave()
		}
	}
	old.leave()
	return nil
}

// join gives a new worker its rules.
func (e *Engine) join(w *Worker) error {
	e.rulesMu.Lock()
	defer e.rulesMu.Unlock()
	scratch, err := e.cfg.Rules.NewScratch()
	if err != nil {
		return err
	}
	e.gen.users.Add(1)
	e.workers = append(e.workers, w)
	w.take(&loaded{e.cfg.Rules, scratch, e.gen})
	return nil
}

// part ends a worker's use of rules.
func (e *Engine) part(w *Worker) {
	e.rulesMu.Lock()
	defer e.rulesMu.Unlock()
	e.workers = slices.DeleteFunc(e.workers, func(x *Worker) bool { return x == w })
	if never := w.next.Swap(nil); never != nil {
		never.scratch.Close()
		never.gen.leave()
	}
	w.scratch.Close()
	w.gen.leave()
}

// renewRules takes new rules up, if there are any.
func (w *Worker) renewRules() {
	if w.next.Load() == nil {
		return
	}
	if l := w.next.Swap(nil); l != nil {
		w.scratch.Close()
		w.gen.leave()
		w.take(l)
	}
}

// take begins to use rules.
func (w *Worker) take(l *loaded) {
	w.rules, w.scratch, w.gen = l.rules, l.scratch, l.gen
	w.used = *l.rules.Used()
	for _, b := range [...]rule.Buffer{rule.HTTPHost, rule.HTTPURIRaw, rule.TLSSNI, rule.QUICSNI, rule.DNSQueries} {
		w.used.Add(b) // lists and block pages need them
	}
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
