// Package live swaps rule sets while workers judge by them.
//
// [Rules] is shared; each worker has a [Seat] and calls [Seat.Renew] between two packets, so
// that every packet is judged by the old or by the new set. Only the engine calls it.
package live

import (
	"slices"
	"sync"
	"sync/atomic"

	"otasuke/gateway/internal/match"
)

// Rules are the set in use, and who uses it.
type Rules struct {
	mu    sync.Mutex
	set   *match.Set
	gen   *generation
	seats []*Seat
}

// New begins with a set.
func New(set *match.Set) *Rules { return &Rules{set: set, gen: new(generation)} }

// Seat is the place of one worker. Set and Scratch are its own until it calls Renew.
type Seat struct {
	rules   *Rules
	Set     *match.Set
	Scratch *match.Scratch
	gen     *generation
	next    atomic.Pointer[loaded]
}

// loaded is a set made ready for one worker.
type loaded struct {
	set     *match.Set
	scratch *match.Scratch
	gen     *generation
}

// generation counts the workers that use a set.
type generation struct {
	users atomic.Int32
	gone  func() // called when the last has left; set before any leaves
}

func (g *generation) leave() {
	if g.users.Add(-1) == 0 && g.gone != nil {
		g.gone()
	}
}

// drop gives back what nobody has used.
func (l *loaded) drop() {
	l.scratch.Close()
	l.gen.leave()
}

// Swap changes the set for all workers while they go on. gone is called, on any goroutine,
// when none uses the old set any more; nil for nobody. An error leaves everything as it was.
func (r *Rules) Swap(set *match.Set, gone func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, gen := make([]*loaded, len(r.seats)), new(generation)
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
	old := r.gen
	old.users.Add(1) // until all know
	old.gone = gone
	r.set, r.gen = set, gen
	for i, s := range r.seats {
		if never := s.next.Swap(next[i]); never != nil { // it was too busy for those before
			never.drop()
		}
	}
	old.leave()
	return nil
}

// Join gives a worker a seat. It must call Leave at its end.
func (r *Rules) Join() (*Seat, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	scratch, err := r.set.NewScratch()
	if err != nil {
		return nil, err
	}
	r.gen.users.Add(1)
	s := &Seat{rules: r, Set: r.set, Scratch: scratch, gen: r.gen}
	r.seats = append(r.seats, s)
	return s, nil
}

// Leave ends a worker's use of rules.
func (s *Seat) Leave() {
	r := s.rules
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats = slices.DeleteFunc(r.seats, func(x *Seat) bool { return x == s })
	if never := s.next.Swap(nil); never != nil {
		never.drop()
	}
	s.Scratch.Close()
	s.gen.leave()
}

// Renew takes a new set up, if there is one, and tells whether there was.
func (s *Seat) Renew() bool {
	if s.next.Load() == nil {
		return false
	}
	l := s.next.Swap(nil)
	if l == nil {
		return false
	}
	l.scratch.GoOn(s.Scratch)
	s.Scratch.Close()
	s.gen.leave()
	s.Set, s.Scratch, s.gen = l.set, l.scratch, l.gen
	return true
}
