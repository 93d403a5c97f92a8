package engine

import (
	"encoding/binary"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// options puts TCP options into a segment.
func options(ip []byte, opt ...byte) []byte {
	for len(opt)%4 != 0 {
		opt = append(opt, 1)
	}
	out := append(append(append([]byte(nil), ip[:40]...), opt...), ip[40:]...)
	put16(out[2:], uint16(len(out)))
	out[32] = byte((20 + len(opt)) / 4 << 4)
	return resealed(out)
}

// stamped puts a time stamp (RFC 7323) into a segment.
func stamped(ip []byte, time uint32) []byte {
	opt := binary.BigEndian.AppendUint32([]byte{1, 1, 8, 10}, time)
	return options(ip, append(opt, 0, 0, 0, 0)...)
}

// all of the request in two segments, cut within the bad words.
func (a *attacker) halves() (first, second string, at int) {
	r := a.request()
	at = strings.Index(r, a.word) + 3
	return r[:at], r[at:], at
}

// in sends the request in two segments, with something between them.
func (a *attacker) in(between func(at int)) {
	first, second, at := a.halves()
	a.send(0, first)
	between(at)
	a.send(at, second)
	a.acked()
}

func TestSegmentTricks(t *testing.T) {
	t.Parallel()
	playTricks(t, []trick{
		{name: "overlapping segments, same bytes", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.send(at-3, a.request()[at-3:at+2]) })
		}},
		{name: "conflicting segments, attack first", refused: true, event: "stream.reassembly_overlap_different_data", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.send(at-3, "xxx") })
		}},
		{name: "conflicting segments, attack second", refused: true, unseen: true, event: "stream.reassembly_overlap_different_data", play: func(a *attacker) {
			a.open(a.ends)
			first, second, at := a.halves()
			a.send(0, first)
			a.send(at+1, strings.Repeat("x", len(second)-1))
			a.send(at+1, second[1:])
			a.send(at, second[:1])
			a.acked()
		}},
		{name: "out of order", play: func(a *attacker) {
			a.open(a.ends)
			first, second, at := a.halves()
			a.send(at, second)
			a.send(0, first)
			a.acked()
		}},
		{name: "tiny segments", play: func(a *attacker) {
			a.open(a.ends)
			for i, c := range []byte(a.request()) {
				a.send(i, string(c))
			}
			a.acked()
		}},
		{name: "numbers that wrap around at 2^32", play: func(a *attacker) {
			a.seq = [2]uint32{0xffff_fff0, 0xffff_fffe}
			a.begin(a.seq[0] + 1)
			a.open(a.ends)
			a.in(func(int) {})
		}},
		{name: "out of order over the wrap at 2^32", play: func(a *attacker) {
			a.seq = [2]uint32{0xffff_fff0, 0x7fff_fffe}
			a.begin(a.seq[0] + 1)
			a.open(a.ends)
			first, second, at := a.halves()
			a.send(at, second)
			a.send(0, first)
			a.acked()
		}},
		{name: "keep-alive bytes", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.acked()
				a.send(at-1, a.request()[at-1:at])
				a.acked()
			})
		}},
		{name: "keep-alive bytes with other contents", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.acked()
				a.lost(a.segment(0, a.first+uint32(at)-1, a.seq[1], packet.ACK, []byte{0}))
			})
		}, refused: true},
		{name: "probes of a window of 0", play: func(a *attacker) {
			a.open(a.ends)
			first, second, at := a.halves()
			a.send(0, first)
			a.give(edited(a.segment(1, a.seq[1], a.first+uint32(at), packet.ACK, nil), func(ip []byte) { put16(ip[34:], 0) }))
			a.send(at, second[:1])
			a.give(edited(a.segment(1, a.seq[1], a.first+uint32(at), packet.ACK, nil), func(ip []byte) { put16(ip[34:], 0) }))
			a.give(a.segment(1, a.seq[1], a.first+uint32(at), packet.ACK, nil))
			a.send(at, second)
			a.acked()
		}},
	})
}

// What the box judges and the victim does not take must not stand for what it takes later.
func TestDecoys(t *testing.T) {
	t.Parallel()
	sums := func(ip []byte) []byte { ip[36] ^= 0x55; return ip }
	playTricks(t, []trick{
		{name: "TTL: a copy that dies on the way", refused: true, unseen: true, event: "stream.reassembly_overlap_different_data", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.decoy(at, 10) })
		}},
		{name: "TTL: a copy of what waits behind a gap", refused: true, unseen: true, event: "stream.reassembly_overlap_different_data", play: func(a *attacker) {
			a.open(a.ends)
			first, second, at := a.halves()
			a.decoy(at, len(second))
			a.send(at, second)
			a.send(0, first)
		}},
		{name: "wrong checksum", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.unverified(sums(a.segment(0, a.first+uint32(at), a.seq[1], packet.ACK, []byte("xxxxxxxx"))))
			})
		}, unseen: true, refused: true},
		{name: "old time stamps (PAWS)", refused: true, play: func(a *attacker) {
			a.stampedOpen(1000)
			first, second, at := a.halves()
			a.stamp(0, first, 1010)
			a.acked()
			a.lost(stamped(a.segment(0, a.first+uint32(at), a.seq[1], packet.ACK, []byte("xxxxxxxx")), 10))
			a.stamp(at, second, 1020)
			a.acked()
		}, event: "stream.pkt_invalid_timestamp"},
		{name: "out of the window", refused: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(a.segment(0, a.first+1<<20, a.seq[1], packet.ACK, []byte("xxxxxxxx")))
				a.lost(a.segment(0, a.first+uint32(at), a.seq[1]+1<<20, packet.ACK, []byte("xxxxxxxx")))
			})
		}},
		{name: "no flags at all", refused: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.lost(a.segment(0, a.first+uint32(at), 0, 0, []byte("xxxxxxxx"))) })
		}},
		{name: "data in a RST", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(a.segment(0, a.first+uint32(at)+5, a.seq[1], packet.RST, []byte("xxxxxxxx")))
			})
		}},
		{name: "data in a SYN of an open connection", refused: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(a.segment(0, a.first+uint32(at)-1, a.seq[1], packet.SYN, []byte("xxxxxxxx")))
			})
		}},
	})
}

// unverified gives a packet whose checksum nobody has looked at.
func (a *attacker) unverified(ip []byte) capture.Action {
	a.id++
	a.now += 1000
	return a.w.Packet(&capture.Packet{Link: packet.LinkRaw, Data: ip, Time: a.now, ID: a.id, InPort: 1, Unverified: true}).Action
}

// stampedOpen does a handshake with time stamps.
func (a *attacker) stampedOpen(time uint32) {
	a.give(stamped(a.segment(0, a.first-1, 0, packet.SYN, nil), time))
	a.seq[0]++
	a.give(stamped(a.next(1, packet.SYN, ""), time))
	a.give(stamped(a.next(0, 0, ""), time))
}

func (a *attacker) stamp(off int, data string, time uint32) {
	a.arrive(stamped(a.segment(0, a.first+uint32(off), a.seq[1], packet.ACK|packet.PSH, []byte(data)), time), uint32(off), data)
}

// The beginning and the end of a connection as an attacker has them.
func TestStateTricks(t *testing.T) {
	t.Parallel()
	playTricks(t, []trick{
		{name: "RST with a wrong number", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.lost(a.segment(0, a.first+9999, 0, packet.RST, nil)) })
		}},
		{name: "RST in the window, not exact (RFC 5961)", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.lost(a.segment(0, a.first+uint32(at)+1, 0, packet.RST, nil)) })
		}},
		{name: "RST that dies on the way", unseen: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(edited(a.segment(0, a.first+uint32(at), 0, packet.RST, nil), func(ip []byte) { ip[8] = 1 }))
			})
		}},
		{name: "RST that dies on the way, and a pause", unseen: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(edited(a.segment(0, a.first+uint32(at), 0, packet.RST, nil), func(ip []byte) { ip[8] = 1 }))
				a.now += 45_000_000
			})
		}},
		{name: "RST and SYN that die on the way, numbers behind", refused: true, unseen: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.restarted(at, 1_000_000) })
		}},
		{name: "RST and SYN that die on the way, numbers ahead", refused: true, unseen: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.restarted(at, ^uint32(5000)) })
		}},
		{name: "FIN that dies on the way", refused: true, unseen: true, play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) {
				a.lost(edited(a.segment(0, a.first+uint32(at), a.seq[1], packet.FIN|packet.ACK, nil), func(ip []byte) { ip[8] = 1 }))
			})
		}},
		{name: "FIN before the request, which dies on the way", refused: true, play: func(a *attacker) {
			a.open(a.ends)
			a.lost(edited(a.segment(0, a.first, a.seq[1], packet.FIN|packet.ACK, nil), func(ip []byte) { ip[8] = 1 }))
			a.send(0, a.request())
			a.acked()
		}},
		{name: "FIN with a wrong number", play: func(a *attacker) {
			a.open(a.ends)
			a.in(func(at int) { a.lost(a.segment(0, a.first-100, a.seq[1], packet.FIN|packet.ACK, nil)) })
		}},
		{name: "FIN first, then the data before it", play: func(a *attacker) {
			a.open(a.ends)
			r := a.request()
			a.give(a.segment(0, a.first+uint32(len(r)), a.seq[1], packet.FIN|packet.ACK, nil))
			a.send(0, r)
			a.acked()
		}},
		{name: "SYN with data", play: func(a *attacker) {
			first, second, at := a.halves()
			a.arrive(options(a.segment(0, a.first-1, 0, packet.SYN, []byte(first)), 34, 10, 1, 2, 3, 4, 5, 6, 7, 8), 0, first)
			a.give(a.segment(1, a.seq[1], a.first+uint32(at), packet.SYN|packet.ACK, nil))
			a.seq[1]++
			a.send(at, second)
			a.acked()
		}},
		{name: "SYN with other data, which the server does not take", refused: true, play: func(a *attacker) {
			a.lost(options(a.segment(0, a.first-1, 0, packet.SYN, []byte("xxxxxxxx")), 34, 10, 1, 2, 3, 4, 5, 6, 7, 8))
			a.give(a.segment(1, a.seq[1], a.first, packet.SYN|packet.ACK, nil))
			a.seq[1]++
			a.send(0, a.request())
			a.acked()
		}, unseen: true},
		{name: "SYN with another number before, higher", play: func(a *attacker) {
			a.lost(edited(a.segment(0, a.first+100_000, 0, packet.SYN, nil), func(ip []byte) { ip[8] = 1 }))
			a.open(a.ends)
			a.in(func(int) {})
		}},
		{name: "SYN with another number behind, lower", play: func(a *attacker) {
			a.give(a.segment(0, a.first-1, 0, packet.SYN, nil))
			a.lost(edited(a.segment(0, a.first-5000, 0, packet.SYN, nil), func(ip []byte) { ip[8] = 1 }))
			a.seq[0]++
			a.give(a.next(1, packet.SYN, ""))
			a.give(a.next(0, 0, ""))
			a.in(func(int) {})
		}},
		{name: "data before the SYN is answered", refused: true, play: func(a *attacker) {
			a.give(a.segment(0, a.first-1, 0, packet.SYN, nil))
			a.lost(a.segment(0, a.first, 0, packet.ACK, []byte("xxxxxxxxxxxxxx")))
			a.seq[0]++
			a.give(a.next(1, packet.SYN, ""))
			a.give(a.next(0, 0, ""))
			a.in(func(int) {})
		}},
	})
}

// restarted lets a connection look as if it had ended and begun anew.
func (a *attacker) restarted(at int, ahead uint32) {
	dies := func(ip []byte) { ip[8] = 1 }
	a.lost(edited(a.segment(0, a.first+uint32(at), 0, packet.RST, nil), dies))
	a.lost(edited(a.segment(0, a.first+uint32(at)+ahead, 0, packet.SYN, nil), dies))
}

// From an evil server: the client takes the SYN+ACK that comes after the first one, which
// dies on the way.
func TestFalseAnswer(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]uint32{"SYN+ACK spoofed, numbers above": 100_000, "SYN+ACK spoofed, numbers below": ^uint32(5000)} {
		set := rulesOf(t, `drop http any any -> any any (msg:"m"; http.response_body; content:"evil-script"; sid:1;)`)
		for body, want := range map[string]bool{"evil-script": false, "good-script": true} {
			b := newBox(t, Config{Rules: set})
			a := newAttacker(b, surf(), "")
			a.dir = 1
			b.give(a.segment(0, a.seq[0], 0, packet.SYN, nil))
			a.seq[0]++
			b.give(edited(a.segment(1, a.seq[1]+off, a.seq[0], packet.SYN|packet.ACK, nil), func(ip []byte) { ip[8] = 1 }))
			if v, _ := b.give(a.next(1, packet.SYN, "")); v.Action == capture.Drop {
				continue // it does not get a connection
			}
			a.begin(a.seq[1])
			b.give(a.next(0, 0, ""))
			b.say(a.ends, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			a.send(0, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"+body)
			if got := strings.Contains(string(a.victim[0].read()), body); got != want {
				t.Errorf("%s, %s: it arrives: %v; alerts %v", name, body, got, b.alerts())
			}
		}
	}
}

// Urgent data: systems take the byte before the pointer out of the stream, unless the
// application wants it in line.
func TestUrgent(t *testing.T) {
	t.Parallel()
	set := rulesOf(t, trickRules(t))
	for name, ptr := range map[string]uint16{"urgent byte within the words": 4, "urgent byte at the end": 9} {
		a := newAttacker(newBox(t, Config{Rules: set}), web(), bad)
		a.open(a.ends)
		a.send(0, "GET ")
		whole := "/binX/sh HTTP/1.1\r\nHost: a\r\n\r\n"
		if ptr == 9 {
			whole = "/bin/sh? HTTP/1.1\r\nHost: a\r\n\r\n"
		}
		ip := edited(a.segment(0, a.first+4, a.seq[1], packet.ACK|packet.URG, []byte(whole)), func(ip []byte) { put16(ip[38:], ptr+1) })
		if v, _ := a.give(ip); v.Action == capture.Accept {
			t.Errorf("%s: it passes", name)
		}
	}
}
