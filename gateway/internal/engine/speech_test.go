package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// A speech is a conversation in which an application is told something in an odd way.
// It is played with bad words, which must not arrive and must be told, and with harmless
// ones, which must pass; in one piece and cut in several ways.
type speech struct {
	name string
	// rule looks for the bad words in a buffer: what stands between "msg" and "sid".
	rule string
	// say gives the messages; the first letter is > to the server or < to the client.
	say func(word string) []string
	// event is told for both words, as a rule's app-layer-event spells it.
	event string
	// ends tells that no receiver reads on behind the trick, and we do not either: there
	// is only the event.
	ends bool
	// both tells that harmless words are stopped as well.
	both bool
	// udp tells that the messages are datagrams.
	udp bool
	// between are the ends; web when nil.
	between func() *ends
}

func (s *speech) rules(t *testing.T) Config {
	t.Helper()
	text := `drop ` + strings.Replace(s.rule, " ", ` any any -> any any (msg:"bad words"; `, 1) + ` sid:1;)` + "\n"
	if s.event != "" {
		proto, _, _ := strings.Cut(s.event, ".")
		if strings.HasPrefix(s.event, "applayer") {
			proto = "ip"
		}
		text += `alert ` + proto + ` any any -> any any (msg:"` + s.event + `"; app-layer-event:` + s.event + `; sid:2;)` + "\n"
	}
	return Config{Rules: rulesOf(t, text)}
}

// heard is what became of a speech.
type heard struct {
	alerts  []string
	dropped uint64
	arrived bool // all of the message with the words
}

// speak plays a speech. cut cuts messages, nil not.
func (s *speech) speak(t *testing.T, inline bool, word string, cut func([]byte) []piece) heard {
	t.Helper()
	cfg := s.rules(t)
	cfg.Inline = inline
	b := newWatch(t, cfg)
	e := web()
	if s.between != nil {
		e = s.between()
	}
	if !s.udp {
		b.open(e)
	}
	arrived := true
	for _, m := range s.say(word) {
		dir := 0
		if m[0] == '<' {
			dir = 1
		}
		data := []byte(m[1:])
		if s.udp {
			src, dst := e.client, e.server
			if dir == 1 {
				src, dst = dst, src
			}
			v, _ := b.give(packet.AppendUDP(nil, src, dst, data))
			arrived = arrived && v.Action == capture.Accept
			continue
		}
		pieces := fixed(1400)(nil, data)
		if cut != nil {
			pieces = cut(data)
		}
		to := &receiver{e.seq[dir], map[uint32]byte{}}
		for _, p := range pieces {
			seq := e.seq[dir] + uint32(p.off)
			if v, _ := b.give(e.segment(dir, seq, e.seq[1-dir], packet.ACK|packet.PSH, p.data)); v.Action == capture.Accept {
				to.take(seq, p.data)
			}
		}
		arrived = arrived && len(to.read()) == len(data)
		e.seq[dir] += uint32(len(data))
		b.give(e.segment(1-dir, e.seq[1-dir], e.seq[dir], packet.ACK, nil))
	}
	b.w.flows.EndAll()
	if n := b.e.Stats.Panics.Load(); n > 0 {
		t.Errorf("%d panics", n)
	}
	return heard{b.alerts(), b.e.Stats.Blocked.Load(), arrived}
}

func (h *heard) told(name string) bool {
	return slices.ContainsFunc(h.alerts, func(s string) bool { return strings.HasSuffix(s, " "+name) })
}

func playSpeeches(t *testing.T, all []speech) {
	t.Helper()
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			ways := []cutting{{"in one piece", nil}}
			if long := slices.ContainsFunc(s.say(bad), func(m string) bool { return len(m) > 1500 }); !s.udp && !long {
				ways = append(ways, cuttings[2], cuttings[3], cuttings[5])
			}
			for _, k := range ways {
				var cut func([]byte) []piece
				if k.cut != nil {
					r := rand.New(rand.NewPCG(1, 9))
					cut = func(m []byte) []piece { return k.cut(r, m) }
				}
				h := s.speak(t, true, bad, cut)
				if !s.ends && (h.arrived || !h.told("bad words")) {
					t.Errorf("%s: the attack arrives: %v; alerts %v", k.name, h.arrived, h.alerts)
				}
				if s.event != "" && !h.told(s.event) {
					t.Errorf("%s: %s is not told: %v", k.name, s.event, h.alerts)
				}
				h = s.speak(t, true, good, cut)
				if !s.both && (!h.arrived || h.dropped > 0) || h.told("bad words") {
					t.Errorf("%s: the harmless twin: arrives %v, %d dropped; alerts %v", k.name, h.arrived, h.dropped, h.alerts)
				}
				h = s.speak(t, false, bad, cut)
				if !s.ends && !h.told("bad words") || s.event != "" && !h.told(s.event) {
					t.Errorf("%s, watching: alerts %v", k.name, h.alerts)
				}
			}
		})
	}
}
