package engine

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

const (
	oldRule = `drop tcp any any -> any any (msg:"old"; content:"old attack"; sid:1;)`
	newRule = `drop tcp any any -> any any (msg:"new"; content:"new attack"; sid:2;)
drop http any any -> any any (msg:"header"; http.header_names; content:"|0d 0a|X-Evil|0d 0a|"; sid:3;)`
)

// A connection that was opened under the old rules is judged by the new ones from the next
// packet on, also by buffers that the old ones did not look at.
func TestReload(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, oldRule)})
	e := web()
	b.open(e)
	b.say(e, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	gone := false
	if err := b.e.SetRules(rulesOf(t, newRule), func() { gone = true }); err != nil {
		t.Fatal(err)
	}
	if gone {
		t.Fatal("the old rules are gone while a worker still uses them")
	}
	if b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nold attack") != capture.Accept {
		t.Error("an old rule still drops")
	}
	if !gone {
		t.Error("the old rules are still used after a packet")
	}
	if b.say(e, 0, "GET / HTTP/1.1\r\nHost: a\r\nX-Evil: 1\r\n\r\n") != capture.Drop {
		t.Errorf("a new rule with a new buffer does not drop: %v", b.alerts())
	}
}

// What began under the old rules and is whole under the new ones does not pass.
func TestReloadWithinAnAttack(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, newRule)})
	e := web()
	b.open(e)
	b.say(e, 0, "xx new att")
	if err := b.e.SetRules(rulesOf(t, newRule), nil); err != nil {
		t.Fatal(err)
	}
	if b.say(e, 0, "ack") != capture.Drop {
		t.Error("an attack over the seam passes")
	}
}

// An attacker's address that comes into a list is shut to the connections that are open to it, and
// both ends are told.
func TestReloadOfLists(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "203.0.113.9\n")})
	e, other := between("192.168.1.12:50000", "198.51.100.80:4444"), between("192.168.1.12:50001", "198.51.100.81:4444")
	udp := between("192.168.1.12:50002", "198.51.100.80:4444")
	b.open(e)
	b.open(other)
	datagram := func() capture.Action {
		v, _ := b.give(packet.AppendUDP(nil, udp.client, udp.server, []byte("still here")))
		return v.Action
	}
	for _, e := range []*ends{e, other} {
		if b.say(e, 0, "still here") != capture.Accept || b.say(e, 1, "wait") != capture.Accept || datagram() != capture.Accept {
			t.Fatal("it does not pass before it is listed")
		}
	}
	b.e.SetLists(listsOf(t, "198.51.100.80\n"))
	if b.say(e, 0, "still here") != capture.Drop || datagram() != capture.Drop {
		t.Error("what is listed passes")
	}
	if b.say(e, 1, "do this") != capture.Drop {
		t.Error("the server still reaches it")
	}
	if b.say(other, 0, "still here") != capture.Accept || b.say(other, 1, "wait") != capture.Accept {
		t.Error("another connection is stopped")
	}
	told := map[uint16]bool{}
	for _, ip := range b.c.sent {
		if _, tcp := parsed(t, ip); tcp.RST {
			told[uint16(tcp.DstPort)] = true
		}
	}
	if !told[50000] || !told[4444] || len(b.alerts()) != 1 {
		t.Errorf("told %v, alerts %v", told, b.alerts())
	}
}

// A worker without traffic takes new rules up, too; one that slept through several
// takes the last.
func TestReloadIdle(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, oldRule)})
	var gone []int
	for i := range 3 {
		if err := b.e.SetRules(rulesOf(t, newRule), func() { gone = append(gone, i) }); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{1, 2}; !slices.Equal(gone, want) { // nobody ever used those
		t.Errorf("%v are gone before the tick, want %v", gone, want)
	}
	b.w.Tick(b.now)
	if want := []int{1, 2, 0}; !slices.Equal(gone, want) {
		t.Errorf("%v are gone after the tick, want %v", gone, want)
	}
}

// Rules are swapped again and again while workers judge: every attack is found, and every
// old set is given back once.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	const rounds = 30
	b := newBox(t, Config{Rules: rulesOf(t, newRule)})
	done := make(chan struct{})
	var gone sync.WaitGroup
	gone.Add(rounds)
	sets := make([]func(), 0, rounds)
	for range rounds {
		set := rulesOf(t, newRule)
		sets = append(sets, func() {
			if err := b.e.SetRules(set, gone.Done); err != nil {
				t.Error(err)
			}
		})
	}
	go func() {
		defer close(done)
		for _, swap := range sets {
			swap()
		}
	}()
	port := 40000
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		port++
		e := between(fmt.Sprintf("198.51.100.7:%d", port%20000+20000), "192.168.1.80:80")
		b.open(e)
		b.say(e, 0, "new at")
		if b.say(e, 0, "tack") != capture.Drop {
			t.Fatal("an attack passes")
		}
		b.give(e.segment(0, e.seq[0], 0, packet.RST, nil))
	}
	b.w.Tick(b.now)
	gone.Wait()
}
