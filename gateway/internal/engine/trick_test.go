package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// A trick is a way to say something so that the victim reads it and the box does not.
// It is played three times: with bad words before a box that acts, with harmless ones
// before the same, and with bad words before one that watches.
type trick struct {
	name string
	play func(a *attacker)
	// refused tells that no honest sender does this: of the harmless twin, too, not all
	// passes.
	refused bool
	// unseen tells that a box that watches cannot know better: it judges the first copy.
	unseen bool
	// event is what is noted, if anything.
	event string
}

// bad is what the rule of the tricks looks for, good its harmless twin.
const (
	bad  = "/bin/sh"
	good = "/usr/ls"
)

// trickRules fire on bad words, and on the names of tricks.
func trickRules(t testing.TB, events ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`drop http any any -> any any (msg:"bad words"; http.uri; content:"` + bad + `"; sid:1;)` + "\n")
	for i, e := range events {
		if e == "" {
			continue
		}
		kind, name, app := "decode-event", e, "pkthdr"
		if rest, ok := strings.CutPrefix(e, "stream."); ok {
			kind, name, app = "stream-event", rest, "tcp"
		}
		fmt.Fprintf(&b, "alert %s any any -> any any (msg:%q; %s:%s; sid:%d;)\n", app, e, kind, name, 100+i)
	}
	return b.String()
}

// attacker talks to a victim through a box. What arrives is known; what the victim makes
// of it depends on its system: both that keep the first copy of a byte and those that
// take the latest one are there.
type attacker struct {
	*box
	*ends
	word   string
	dir    int // in which the attack goes
	victim [2]receiver
	first  uint32 // number of the first byte of the attack's direction
}

func newAttacker(b *box, e *ends, word string) *attacker {
	a := &attacker{box: b, ends: e, word: word}
	a.begin(e.seq[0] + 1)
	return a
}

// begin tells where the victim's stream starts.
func (a *attacker) begin(seq uint32) {
	a.first = seq
	a.victim = [2]receiver{{seq, map[uint32]byte{}}, {seq, map[uint32]byte{}}}
}

// request is what the attacker wants the victim to read.
func (a *attacker) request() string {
	return "GET /cgi?x=" + a.word + " HTTP/1.1\r\nHost: a.example\r\n\r\n"
}

// send gives bytes at an offset of the message; the victim takes them if they pass.
func (a *attacker) send(off int, data string) capture.Action {
	return a.arrive(a.segment(a.dir, a.first+uint32(off), a.seq[1-a.dir], packet.ACK|packet.PSH, []byte(data)), uint32(off), data)
}

// arrive gives a packet that holds data, which the victim takes if it passes.
func (a *attacker) arrive(ip []byte, off uint32, data string) capture.Action {
	v, _ := a.give(ip)
	if v.Action == capture.Accept {
		a.take(off, data)
	}
	return v.Action
}

// take has the victims take data.
func (a *attacker) take(off uint32, data string) {
	a.victim[0].take(a.first+off, []byte(data))
	read := len(a.victim[1].read()) // what the application has got is gone
	for i := range data {
		if at := int(off) + i; at >= read {
			a.victim[1].bytes[a.first+uint32(at)] = data[i]
		}
	}
}

// lost gives a packet that the victim never takes: it dies on the way, or is wrong for it.
func (a *attacker) lost(ip []byte) { a.give(ip) }

// decoy sends other bytes of the same length that die on the way.
func (a *attacker) decoy(off, n int) {
	a.lost(edited(a.segment(a.dir, a.first+uint32(off), a.seq[1-a.dir], packet.ACK|packet.PSH, []byte(strings.Repeat("x", n))), func(ip []byte) { ip[8] = 1 }))
}

// acked has the victim acknowledge what it has read.
func (a *attacker) acked() {
	n := uint32(len(a.victim[0].read()))
	a.give(a.segment(1-a.dir, a.seq[1-a.dir], a.first+n, packet.ACK, nil))
}

// edited changes a packet over IPv4 and makes its checksums right again.
func edited(ip []byte, edit func(ip []byte)) []byte {
	ip = slices.Clone(ip)
	edit(ip)
	return resealed(ip)
}

// readBy tells whether a victim has read something.
func (a *attacker) readBy(want string) bool {
	return strings.Contains(string(a.victim[0].read()), want) || strings.Contains(string(a.victim[1].read()), want)
}

// playTricks plays each trick three times.
func playTricks(t *testing.T, all []trick) {
	t.Helper()
	for _, k := range all {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			set := rulesOf(t, trickRules(t, k.event))

			a := newAttacker(newBox(t, Config{Rules: set}), web(), bad)
			k.play(a)
			if a.readBy(a.request()) {
				t.Errorf("the victim reads the attack; alerts %v", a.alerts())
			}
			a.mustTell(k.event)

			a = newAttacker(newBox(t, Config{Rules: set}), web(), good)
			k.play(a)
			if !k.refused && (!a.readBy(a.request()) || a.e.Stats.Blocked.Load() > 0) {
				t.Errorf("the harmless twin: %d dropped, the victim reads %q; alerts %v", a.e.Stats.Blocked.Load(), a.victim[0].read(), a.alerts())
			}
			if slices.Contains(a.alerts(), "blocked bad words") {
				t.Error("harmless words are called bad")
			}

			a = newAttacker(newWatch(t, Config{Rules: set}), web(), bad)
			k.play(a)
			a.w.flows.EndAll()
			if got := slices.Contains(a.alerts(), "allowed bad words"); got == k.unseen {
				t.Errorf("watching: bad words are told: %v; alerts %v", got, a.alerts())
			}
			a.mustTell(k.event)
		})
	}
}

// mustTell checks that an event was told, and that nothing broke.
func (a *attacker) mustTell(event string) {
	a.t.Helper()
	if event != "" && !slices.ContainsFunc(a.alerts(), func(s string) bool { return strings.HasSuffix(s, " "+event) }) {
		a.t.Errorf("inline %v: %s is not told: %v", a.e.cfg.Inline, event, a.alerts())
	}
	if n := a.e.Stats.Panics.Load(); n > 0 {
		a.t.Errorf("%d panics", n)
	}
}

// resealed makes the checksums of a packet over IPv4 right.
func resealed(ip []byte) []byte {
	head := int(ip[0]&15) * 4
	ip[10], ip[11] = 0, 0
	put16(ip[10:], ones(0, ip[:head]))
	field := map[byte]int{packet.TCP: 16, packet.UDP: 6}[ip[9]]
	if b := ip[head:]; field > 0 && len(b) > field+1 && (ip[6]&0x3f|ip[7]) == 0 {
		b[field], b[field+1] = 0, 0
		pseudo := uint32(ip[9]) + uint32(len(b))
		for i := 12; i < 20; i += 2 {
			pseudo += uint32(ip[i])<<8 | uint32(ip[i+1])
		}
		put16(b[field:], ones(pseudo, b))
	}
	return ip
}

func put16(b []byte, v uint16) { b[0], b[1] = byte(v>>8), byte(v) }

// ones is the Internet checksum (RFC 1071).
func ones(s uint32, b []byte) uint16 {
	for i, c := range b {
		if i%2 == 0 {
			s += uint32(c) << 8
		} else {
			s += uint32(c)
		}
	}
	for s>>16 != 0 {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}
