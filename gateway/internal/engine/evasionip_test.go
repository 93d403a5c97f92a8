package engine

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// fragmentOf cuts bytes from to to out of what the IP header of a packet is followed by.
func fragmentOf(whole []byte, id uint32, from, to int, more bool) []byte {
	if whole[0]>>4 == 6 {
		b := append(slices.Clone(whole[:40]), whole[6], 0, byte(from>>8), byte(from))
		b[6] = 44
		if more {
			b[43] |= 1
		}
		b = append(binary.BigEndian.AppendUint32(b, id), whole[40+from:40+to]...)
		put16(b[4:], uint16(len(b)-40))
		return b
	}
	b := append(slices.Clone(whole[:20]), whole[20+from:20+to]...)
	put16(b[2:], uint16(len(b)))
	put16(b[4:], uint16(id))
	off := uint16(from / 8)
	if more {
		off |= 0x2000
	}
	put16(b[6:], off)
	return resealed(b)
}

// A datagram of an attack, and one of the same length that is harmless.
var (
	evilQuery = "cmd=" + strings.Repeat("a", 36) + bad + strings.Repeat("b", 49)
	goodQuery = strings.ReplaceAll(evilQuery, bad, good)
)

// datagram is a packet over IPv4 or IPv6 that is sent in fragments.
type datagram struct {
	ip []byte
	n  int // bytes behind the IP header
}

func datagramOf(ip []byte) datagram {
	if ip[0]>>4 == 6 {
		return datagram{ip, len(ip) - 40}
	}
	return datagram{ip, len(ip) - 20}
}

// piece is a fragment; to 0 is the end.
func (w datagram) piece(from, to int) frag {
	if to == 0 {
		to = w.n
	}
	return frag{fragmentOf(w.ip, 7, from, to, to < w.n), false}
}

// frag is a fragment that is sent. A lost one does not arrive.
type frag struct {
	ip   []byte
	lost bool
}

func (f frag) dies() frag {
	ip := slices.Clone(f.ip)
	if ip[0]>>4 == 4 {
		ip[8] = 1
		return frag{resealed(ip), true}
	}
	ip[7] = 1
	return frag{ip, true}
}

// fragments is a trick with pieces of one datagram.
type fragments struct {
	name   string
	pieces func(evil, good datagram) []frag
	event  string // of IPv4; that of IPv6 has the same name
	honest bool   // with harmless words it passes
}

// joinable is what receivers make of the pieces that arrive: one keeps the first copy of
// what overlaps, one takes the last. They never discard.
func joinable(got [][]byte) [2]string {
	var out [2]string
	for i := range out {
		b := map[int]byte{}
		for _, ip := range got {
			off, data := fragmentPlace(ip)
			for k, c := range data {
				if _, there := b[off+k]; !there || i == 1 {
					b[off+k] = c
				}
			}
		}
		for k := 8; ; k++ { // behind the header of UDP
			c, ok := b[k]
			if !ok {
				break
			}
			out[i] += string(c)
		}
	}
	return out
}

func fragmentPlace(ip []byte) (off int, data []byte) {
	if ip[0]>>4 == 4 {
		return int(binary.BigEndian.Uint16(ip[6:])&0x1fff) * 8, ip[20:]
	}
	if ip[6] != 44 {
		return 0, ip[40:]
	}
	return int(binary.BigEndian.Uint16(ip[42:]) &^ 7), ip[48:]
}

var fragmentTricks = []fragments{
	{name: "in order", honest: true, pieces: func(e, _ datagram) []frag { return []frag{e.piece(0, 48), e.piece(48, 0)} }},
	{name: "out of order", honest: true, pieces: func(e, _ datagram) []frag { return []frag{e.piece(48, 0), e.piece(0, 48)} }},
	{name: "tiny", honest: true, pieces: func(e, _ datagram) (out []frag) {
		for from := 0; from < e.n; from += 8 {
			out = append(out, e.piece(from, min(from+8, e.n)))
		}
		return out
	}},
	{name: "copies", honest: true, pieces: func(e, _ datagram) []frag {
		return []frag{e.piece(0, 48), e.piece(0, 48), e.piece(48, 0)}
	}},
	{name: "the last one again", pieces: func(e, _ datagram) []frag {
		return []frag{e.piece(0, 48), e.piece(48, 0), e.piece(48, 0), e.piece(48, 0)}
	}},
	{name: "the last one again after a pause", pieces: func(e, _ datagram) []frag {
		return []frag{e.piece(0, 48), e.piece(48, 0), {}, e.piece(48, 0)}
	}},
	{name: "the last one after a pause", pieces: func(e, g datagram) []frag {
		return []frag{e.piece(0, 48), {}, g.piece(48, 0).dies(), e.piece(48, 0)}
	}},
	{name: "conflicting, harmless first", event: "ipv4.frag_overlap", pieces: func(e, g datagram) []frag {
		return []frag{g.piece(40, 64), e.piece(40, 64), e.piece(0, 40), e.piece(64, 0)}
	}},
	{name: "conflicting, harmless last", event: "ipv4.frag_overlap", pieces: func(e, g datagram) []frag {
		return []frag{e.piece(40, 64), g.piece(40, 64), e.piece(0, 40), e.piece(64, 0)}
	}},
	{name: "overlapping (RFC 5722)", event: "ipv4.frag_overlap", pieces: func(e, _ datagram) []frag {
		return []frag{e.piece(0, 48), e.piece(40, 0)}
	}},
	{name: "teardrop: one within another", event: "ipv4.frag_overlap", pieces: func(e, g datagram) []frag {
		return []frag{e.piece(0, 48), g.piece(8, 24), e.piece(48, 0)}
	}},
	{name: "TTL: a last one that dies on the way", pieces: func(e, g datagram) []frag {
		return []frag{e.piece(0, 48), g.piece(48, 0).dies(), e.piece(48, 0)}
	}},
	{name: "TTL: a first one that dies on the way", pieces: func(e, g datagram) []frag {
		return []frag{e.piece(48, 0), g.piece(0, 48).dies(), e.piece(0, 48)}
	}},
}

// Each with IPv4 and IPv6, before a box that acts.
func TestFragmentTricks(t *testing.T) {
	t.Parallel()
	ends := map[string]*ends{"IPv4": between("198.51.100.7:4000", "192.168.1.80:5000"), "IPv6": between("[2001:db8::7]:4000", "[fd00::80]:5000")}
	for version, e := range ends {
		for _, k := range fragmentTricks {
			t.Run(k.name+" "+version, func(t *testing.T) {
				event := k.event
				if version == "IPv6" {
					event = strings.Replace(event, "ipv4.", "ipv6.", 1)
				}
				set := rulesOf(t, `drop udp any any -> any any (msg:"words"; content:"`+bad+`"; sid:2;)`+"\n"+trickRules(t, event))
				evil, harmless := datagramOf(packet.AppendUDP(nil, e.client, e.server, []byte(evilQuery))), datagramOf(packet.AppendUDP(nil, e.client, e.server, []byte(goodQuery)))
				b := newBox(t, Config{Rules: set})
				if read := b.pieces(k.pieces(evil, harmless)); slices.ContainsFunc(read[:], func(s string) bool { return strings.Contains(s, evilQuery) }) {
					t.Errorf("the attack arrives; alerts %v", b.alerts())
				}
				if told := slices.Contains(b.alerts(), "allowed "+event) || slices.Contains(b.alerts(), "blocked "+event); event != "" && !told {
					t.Errorf("%s is not told: %v", event, b.alerts())
				}
				b = newBox(t, Config{Rules: set})
				if read := b.pieces(k.pieces(harmless, harmless)); k.honest && read[0] != goodQuery {
					t.Errorf("the harmless twin does not arrive: %q", read[0])
				}
			})
		}
	}
}

// pieces gives fragments and returns what arrives; an empty one is a pause that is longer
// than Linux waits and shorter than Windows does.
func (b *box) pieces(all []frag) [2]string {
	var got [][]byte
	for _, f := range all {
		if f.ip == nil {
			b.now += 45_000_000
			continue
		}
		if v, _ := b.give(f.ip); v.Action == capture.Accept && !f.lost {
			got = append(got, f.ip)
		}
	}
	return joinable(got)
}

// A watcher puts together what a receiver most likely does.
func TestFragmentsWatched(t *testing.T) {
	t.Parallel()
	e := between("198.51.100.7:4000", "192.168.1.80:5000")
	set := rulesOf(t, `alert udp any any -> any any (msg:"words"; content:"`+bad+`"; sid:2;)`)
	evil, harmless := datagramOf(packet.AppendUDP(nil, e.client, e.server, []byte(evilQuery))), datagramOf(packet.AppendUDP(nil, e.client, e.server, []byte(goodQuery)))
	for _, k := range fragmentTricks {
		if k.honest || k.event != "" && !strings.Contains(k.name, "harmless") {
			b := newWatch(t, Config{Rules: set})
			if b.pieces(k.pieces(evil, harmless)); len(b.alerts()) == 0 {
				t.Errorf("%s: not told", k.name)
			}
		}
	}
}

// What stands around the transport header, or cuts it.
func TestHeaderTricks(t *testing.T) {
	t.Parallel()
	six := func() *ends { return between("[2001:db8::7]:40000", "[fd00::80]:80") }
	chain := func(ip []byte, kinds []byte, headers ...[]byte) []byte {
		out := slices.Clone(ip[:40])
		next := &out[6]
		last := *next
		for i, h := range headers {
			*next = kinds[i]
			out = append(out, h...)
			next = &out[len(out)-len(h)]
		}
		*next = last
		out = append(out, ip[40:]...)
		put16(out[4:], uint16(len(out)-40))
		return out
	}
	pad := []byte{0, 0, 1, 4, 0, 0, 0, 0}
	many := func(n int) (kinds []byte, headers [][]byte) {
		for range n {
			kinds, headers = append(kinds, 60), append(headers, pad)
		}
		return kinds, headers
	}
	tests := []struct {
		name string
		ends func() *ends
		wrap func(ip []byte) [][]byte
	}{
		{"IPv6 hop-by-hop options", six, func(ip []byte) [][]byte { return [][]byte{chain(ip, []byte{0}, pad)} }},
		{"IPv6 destination options", six, func(ip []byte) [][]byte { return [][]byte{chain(ip, []byte{60}, pad)} }},
		{"IPv6 routing header", six, func(ip []byte) [][]byte { return [][]byte{chain(ip, []byte{43}, []byte{0, 0, 4, 0, 0, 0, 0, 0})} }},
		{"IPv6 chain of extension headers", six, func(ip []byte) [][]byte {
			kinds, headers := many(6)
			return [][]byte{chain(ip, kinds, headers...)}
		}},
		{"IPv6 atomic fragments (RFC 6946)", six, func(ip []byte) [][]byte { return [][]byte{chain(ip, []byte{44}, []byte{0, 0, 0, 0, 0, 0, 0, 9})} }},
		{"tiny first fragment splits the TCP header", web, func(ip []byte) [][]byte {
			w := datagramOf(ip)
			return [][]byte{w.piece(0, 8).ip, w.piece(8, 0).ip}
		}},
		{"tiny first fragment splits the TCP header, IPv6", six, func(ip []byte) [][]byte {
			w := datagramOf(ip)
			return [][]byte{w.piece(8, 0).ip, w.piece(0, 8).ip}
		}},
		{"IPv4 options", web, func(ip []byte) [][]byte {
			out := append(append(slices.Clone(ip[:20]), 1, 1, 1, 0), ip[20:]...)
			out[0] = 0x46
			put16(out[2:], uint16(len(out)))
			return [][]byte{resealed(out)}
		}},
	}
	for _, tt := range tests {
		playRequest(t, tt.name, tt.ends, packet.LinkRaw, tt.wrap)
	}
}

// playRequest says a request wrapped in something, packet by packet, and looks whether the
// bad words are found and the good ones pass.
func playRequest(t *testing.T, name string, make func() *ends, link uint32, wrap func([]byte) [][]byte) {
	t.Helper()
	for _, word := range []string{bad, good} {
		for _, inline := range []bool{true, false} {
			cfg := Config{Rules: rulesOf(t, trickRules(t)), Inline: inline}
			b := newWatch(t, cfg)
			e := make()
			a := newAttacker(b, e, word)
			give := func(ip []byte) (all capture.Action) {
				for i, frame := range wrap(ip) {
					b.id++
					b.now += 1000
					edit := frame
					if i > 0 || len(wrap(ip)) > 1 {
						edit = renumbered(frame, uint16(b.id-uint32(i)))
					}
					if v := b.w.Packet(&capture.Packet{Link: link, Data: edit, Time: b.now, ID: b.id, InPort: 1}); v.Action != capture.Accept {
						all = v.Action
					}
				}
				return all
			}
			e.seq[0]++
			for _, ip := range [][]byte{e.segment(0, e.seq[0]-1, 0, packet.SYN, nil), e.next(1, packet.SYN, ""), e.next(0, 0, "")} {
				if give(ip) != capture.Accept {
					t.Errorf("%s: the handshake does not pass", name)
				}
			}
			v := give(e.next(0, packet.PSH, a.request()))
			give(e.next(1, 0, ""))
			b.w.flows.EndAll()
			if want := inline && word == bad; (v == capture.Drop) != want {
				t.Errorf("%s, inline %v, %s: verdict %d; alerts %v", name, inline, word, v, b.alerts())
			}
			if (len(b.alerts()) > 0) != (word == bad) {
				t.Errorf("%s, inline %v, %s: alerts %v", name, inline, word, b.alerts())
			}
		}
	}
}

// renumbered gives a fragment the number of its datagram.
func renumbered(ip []byte, id uint16) []byte {
	ip = slices.Clone(ip)
	if ip[0]>>4 == 4 {
		put16(ip[4:], id)
		return resealed(ip)
	}
	put16(ip[46:], id)
	return ip
}

// The ping of death, and other pieces that no datagram can hold, do not pass.
func TestPingOfDeath(t *testing.T) {
	t.Parallel()
	for version, e := range map[string]*ends{"ipv4": between("198.51.100.7:4000", "192.168.1.80:5000"), "ipv6": between("[2001:db8::7]:4000", "[fd00::80]:5000")} {
		event := version + ".frag_pkt_too_large"
		b := newBox(t, Config{Rules: rulesOf(t, trickRules(t, event))})
		w := datagramOf(packet.AppendUDP(nil, e.client, e.server, make([]byte, 1000)))
		b.give(w.piece(0, 480).ip)
		last := w.piece(480, 0).ip
		if version == "ipv4" {
			put16(last[6:], 0x1fff)
			resealed(last)
		} else {
			put16(last[42:], 0xfff8)
		}
		if v, _ := b.give(last); v.Action != capture.Drop || !slices.Contains(b.alerts(), "blocked "+event) && !slices.Contains(b.alerts(), "allowed "+event) {
			t.Errorf("%s: verdict %d; alerts %v", version, v.Action, b.alerts())
		}
		b = newBox(t, Config{})
		if read := b.pieces([]frag{w.piece(0, 480), w.piece(480, 0)}); len(read[0]) != 1000 {
			t.Errorf("%s: a large ping does not pass", version)
		}
	}
}
