package capture

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"otasuke/gateway/internal/packet"
)

// judge is a handler made of functions that notes what it sees.
type judge struct {
	mu       sync.Mutex
	decoder  packet.Decoder
	seen     []string // payloads
	ticks    int
	inside   bool
	overlaps bool
	packet   func(p *Packet, payload string) Verdict
	tick     func(now int64)
	rest     func()
}

func (j *judge) enter() func() {
	j.mu.Lock()
	j.overlaps = j.overlaps || j.inside
	j.inside = true
	j.mu.Unlock()
	return func() { j.mu.Lock(); j.inside = false; j.mu.Unlock() }
}

func (j *judge) Packet(p *Packet) Verdict {
	defer j.enter()()
	d := &j.decoder.Frame(p.Link, p.Data, p.Time)[0]
	if d.Proto != packet.UDP || d.DstPort != testPort {
		return Verdict{}
	}
	text := string(d.Payload)
	j.mu.Lock()
	j.seen = append(j.seen, text)
	j.mu.Unlock()
	if j.packet == nil {
		return Verdict{}
	}
	return j.packet(p, text)
}

func (j *judge) Rest() {
	if j.rest != nil {
		defer j.enter()()
		j.rest()
	}
}

func (j *judge) Tick(now int64) {
	defer j.enter()()
	j.mu.Lock()
	j.ticks++
	j.mu.Unlock()
	if j.tick != nil {
		j.tick(now)
	}
}

func (j *judge) count() (seen, ticks int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.seen), j.ticks
}

// testPort marks the packets of the tests; hosts send others of their own.
const testPort = 7777

// wire is a source with a sender in front and, inline, a receiver behind it.
type wire struct {
	source Source
	send   func(texts ...string)
	// received waits for the next datagram behind the source; nil for a file.
	received func(wait time.Duration) (string, bool)
	// endless sources run until their context ends.
	endless bool
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// play runs the source while f does something, and ends it.
func play(t *testing.T, w *wire, j *judge, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	if w.endless {
		go func() { done <- w.source.Run(ctx, j) }()
		until(t, "first tick", func() bool { _, n := j.count(); return n > 0 })
		f()
		cancel()
	} else {
		f()
		go func() { done <- w.source.Run(ctx, j) }()
	}
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not end")
	}
	cancel()
	if j.overlaps {
		t.Error("the handler was called from two goroutines at a time")
	}
}

// conform holds a source to its contract. fresh gives a wire of its own each time.
func conform(t *testing.T, fresh func(t *testing.T) *wire) {
	t.Run("order", func(t *testing.T) {
		w := fresh(t)
		var texts []string
		for i := range 200 {
			texts = append(texts, string(rune('A'+i%26))+string(rune('a'+i/26)))
		}
		j := new(judge)
		play(t, w, j, func() {
			w.send(texts...)
			if w.received == nil {
				return
			}
			for _, want := range texts {
				if got, ok := w.received(30 * time.Second); got != want {
					t.Fatalf("received %q (%v), want %q", got, ok, want)
				}
			}
		})
		if len(j.seen) != len(texts) {
			t.Fatalf("%d packets of %d", len(j.seen), len(texts))
		}
		for i := range texts {
			if j.seen[i] != texts[i] {
				t.Fatalf("packet %d is %q, want %q", i, j.seen[i], texts[i])
			}
		}
	})
	t.Run("hold until decided", func(t *testing.T) {
		w := fresh(t)
		var id uint32
		holding := false
		j := new(judge)
		sent := make(chan struct{})
		j.packet = func(p *Packet, text string) Verdict {
			if text == "before" {
				<-sent // so that all others wait already and are read in one go
			}
			if text != "held" {
				return Verdict{}
			}
			id, holding = p.ID, true
			go w.source.Wake()
			return Verdict{Action: Hold}
		}
		behind := []string{"b1", "b2", "b3", "b4", "b5", "b6"}
		j.tick = func(int64) {
			if seen, _ := j.count(); holding && (!w.endless || seen == 2+len(behind)) {
				holding = false
				w.source.Decide(id, Verdict{})
			}
		}
		play(t, w, j, func() {
			w.send(append([]string{"before", "held"}, behind...)...)
			close(sent)
			if w.received == nil {
				return
			}
			for _, want := range append(append([]string{"before"}, behind...), "held") { // those behind do not wait
				if got, _ := w.received(30 * time.Second); got != want {
					t.Errorf("received %q, want %q", got, want)
				}
			}
		})
		if len(j.seen) != 2+len(behind) || holding {
			t.Errorf("seen %q, still holding: %v", j.seen, holding)
		}
	})
	t.Run("hold without Wake", func(t *testing.T) {
		w := fresh(t)
		var id uint32
		var since, first int64
		holding := false
		j := new(judge)
		j.packet = func(p *Packet, _ string) Verdict {
			id, since, holding = p.ID, p.Time, true
			return Verdict{Action: Hold}
		}
		j.tick = func(now int64) {
			if holding && now-since > 2*TickEvery.Microseconds() { // time goes on for the handler
				holding, first = false, now
				w.source.Decide(id, Verdict{})
			}
		}
		play(t, w, j, func() {
			w.send("held")
			if w.received != nil {
				w.received(30 * time.Second)
			}
		})
		if first == 0 || holding {
			t.Error("the handler's timeout never came")
		}
	})
	t.Run("rest before it waits", func(t *testing.T) {
		w := fresh(t)
		var id uint32
		held, rested := false, false
		j := new(judge)
		j.packet = func(p *Packet, _ string) Verdict {
			id, held = p.ID, true
			return Verdict{Action: Hold}
		}
		j.rest = func() {
			if held && !rested {
				rested = true
				go w.source.Wake()
			}
		}
		j.tick = func(int64) {
			if rested && held {
				held = false
				w.source.Decide(id, Verdict{})
			}
		}
		play(t, w, j, func() {
			w.send("held")
			if w.received != nil {
				w.received(30 * time.Second)
			}
		})
		if !rested || held {
			t.Error("the source waited, and the handler did not know")
		}
	})
	t.Run("an unknown decision harms nothing", func(t *testing.T) {
		w := fresh(t)
		j := new(judge)
		j.packet = func(p *Packet, _ string) Verdict { w.source.Decide(p.ID+1000, Verdict{Action: Drop}); return Verdict{} }
		play(t, w, j, func() {
			w.send("a", "b")
			if w.received == nil {
				return
			}
			for range 2 {
				if _, ok := w.received(30 * time.Second); !ok {
					t.Error("a packet is missing")
				}
			}
		})
	})
	t.Run("the context ends a hold", func(t *testing.T) {
		w := fresh(t)
		ctx, cancel := context.WithCancel(t.Context())
		j := new(judge)
		j.packet = func(*Packet, string) Verdict { cancel(); return Verdict{Action: Hold} }
		done := begin(ctx, t, w, j)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("Run does not end")
		}
	})
}

// begin starts the source and sends one packet to it.
func begin(ctx context.Context, t *testing.T, w *wire, j *judge) chan error {
	t.Helper()
	done := make(chan error, 1)
	if !w.endless {
		w.send("held")
	}
	go func() { done <- w.source.Run(ctx, j) }()
	if w.endless {
		until(t, "first tick", func() bool { _, n := j.count(); return n > 0 })
		w.send("held")
	}
	return done
}
