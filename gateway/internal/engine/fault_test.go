package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/fault"
	"otasuke/gateway/internal/packet"
)

// Among hundreds of conversations that go on at once some make the program fail: each of
// those passes and is told of with the packet that did it, and all others are judged.
func TestFaultsUnderLoad(t *testing.T) {
	t.Parallel()
	const conversations = 300
	failing := func(i int) bool { return i%10 == 3 }
	fail := false
	var faults []fault.Fault
	b := newBox(t, Config{Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; content:"attack"; sid:1;)`),
		Fault: func(f fault.Fault) { faults = append(faults, f) },
		Probe: func() {
			if fail {
				panic("injected")
			}
		}})
	all := make([]*ends, conversations)
	for i := range all {
		all[i] = between(fmt.Sprintf("198.51.100.7:%d", 40000+i), "192.168.1.80:80")
		b.open(all[i])
	}
	for i, e := range all {
		fail = failing(i)
		p := e.next(0, packet.PSH, fmt.Sprintf("harmless %d ", i))
		if v, _ := b.give(p); v.Action != capture.Accept {
			t.Errorf("conversation %d: a harmless packet does not pass", i)
		}
		fail = false
		if !failing(i) {
			continue
		}
		f := faults[len(faults)-1]
		if !bytes.Equal(f.Packet, p) || f.Reason != "injected" || !strings.Contains(f.Flow, fmt.Sprintf("198.51.100.7:%d >", 40000+i)) || !bytes.Contains(f.Stack, []byte("engine.(*Worker).judge")) {
			t.Errorf("conversation %d: told of %q %q, packet % x", i, f.Reason, f.Flow, f.Packet)
		}
	}
	for i, e := range all {
		want := capture.Drop
		if failing(i) {
			want = capture.Accept // nobody looks any more
		}
		if got := b.say(e, 0, "attack"); got != want {
			t.Errorf("conversation %d: %d, want %d", i, got, want)
		}
	}
	if n := b.e.Stats.Panics.Load(); n != conversations/10 || len(faults) != conversations/10 {
		t.Errorf("%d faults counted and %d told, want %d", n, len(faults), conversations/10)
	}
}
