package engine

import (
	"encoding/binary"
	"net/netip"

	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/app/quichello"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// udp judges a datagram. False means that it must not pass, although the flow may go on.
func (w *Worker) udp() bool {
	s, k := &w.flow.User, w.flow.Key
	switch {
	case k.ServerPort == 53 || k.ClientPort == 53:
		s.app, s.decided = rule.ProtoDNS, true
		if w.dns.Parse(w.pkt.Payload) != nil {
			w.e.Stats.Malformed.Add(1)
			break
		}
		if w.dnsMessage(w.pkt.Payload) {
			return !w.e.cfg.Inline
		}
	case s.quic != nil || k.ServerPort == 443 && quichello.IsInitial(w.pkt.Payload):
		w.quicPacket()
	}
	if !s.dropped && !s.passed {
		w.inspectPacket()
	}
	if s.quic != nil && s.quic.done && !s.dropped && w.e.cfg.BypassMark != 0 && w.flow.Packets[1] > 0 {
		s.bypass = true
	}
	return true
}

// dnsMessage judges the message that was just parsed into w.dns. It reports
// whether a question was for a dangerous name.
func (w *Worker) dnsMessage(b []byte) bool {
	m := &w.dns
	if !m.Response {
		for _, q := range m.Questions {
			if list, bad := w.e.lists.Load().Name([]byte(q.Name)); bad {
				w.dnsBlocked(q.Name, list, b)
				return true
			}
		}
	}
	w.inspectDNS()
	w.logDNS()
	return false
}

// dnsBlocked answers in place of the server. A flow over UDP goes on: the same
// ports may carry harmless questions.
func (w *Worker) dnsBlocked(name string, list listOf, query []byte) {
	if w.recent.first("dns "+name+w.flow.Key.Client.String(), w.now) {
		w.e.cfg.Emit(w.siteRecord(name, "dns", list))
		w.flow.User.alerted = true
	}
	if !w.e.cfg.Inline {
		return
	}
	k := w.flow.Key
	if k.Proto != packet.UDP {
		w.flow.User.dropped = true
		w.reset()
		return
	}
	answer := w.dns.AppendBlocked(nil, query)
	w.send(0, packet.AppendUDP(w.out[:0], netip.AddrPortFrom(k.Server, k.ServerPort), netip.AddrPortFrom(k.Client, k.ClientPort), answer))
}

// dnsConn puts messages over TCP together (RFC 7766 section 8).
type dnsConn struct {
	buf   [2][]byte
	match match.TxState
}

func (w *Worker) dnsBytes(dir int, b []byte) {
	s := &w.flow.User
	buf := append(s.dns.buf[dir], b...)
	for len(buf) >= 2 && !s.dropped {
		n := int(binary.BigEndian.Uint16(buf))
		if len(buf) < 2+n {
			break
		}
		if w.dns.Parse(buf[2:2+n]) != nil {
			w.e.Stats.Malformed.Add(1)
		} else {
			w.dnsMessage(buf[2 : 2+n])
		}
		buf = buf[2+n:]
	}
	s.dns.buf[dir] = append(s.dns.buf[dir][:0], buf...)
}

// recent remembers what was reported, so that a client that asks again and again
// is one record a minute.
type recent struct{ seen map[string]int64 }

const (
	recentTime = 60_000_000 // microseconds
	recentMax  = 4096
)

func (r *recent) init() { r.seen = make(map[string]int64) }

func (r *recent) first(key string, now int64) bool {
	if t, ok := r.seen[key]; ok && now-t < recentTime {
		return false
	}
	if len(r.seen) >= recentMax {
		for k, t := range r.seen {
			if now-t >= recentTime {
				delete(r.seen, k)
			}
		}
		if len(r.seen) >= recentMax {
			clear(r.seen)
		}
	}
	r.seen[key] = now
	return true
}

// qtype names a type as EVE does.
func qtype(t uint16) string {
	switch t {
	case dnsmsg.TypeA:
		return "A"
	case dnsmsg.TypeNS:
		return "NS"
	case dnsmsg.TypeCNAME:
		return "CNAME"
	case dnsmsg.TypeAAAA:
		return "AAAA"
	case dnsmsg.TypeHTTPS:
		return "HTTPS"
	case 6:
		return "SOA"
	case 12:
		return "PTR"
	case 15:
		return "MX"
	case 16:
		return "TXT"
	case 33:
		return "SRV"
	}
	return "unknown"
}
