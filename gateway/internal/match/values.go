package match

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"

	"otasuke/rule"
)

const second64 = 1_000_000 // microseconds

// numberList asks whether the number lies in one of the ranges.
func (p *probe) numberList(m *rule.NumberList) bool {
	if len(p.buf) != 8 {
		return false
	}
	v := int64(binary.BigEndian.Uint64(p.buf))
	for _, r := range m.Ranges {
		if r[0] <= v && v <= r[1] {
			return true
		}
	}
	return false
}

// now compares the number with the time of the traffic.
func (p *probe) now(m *rule.Now) bool {
	return len(p.buf) == 8 && m.Op.Match(int64(binary.BigEndian.Uint64(p.buf)), p.in.Now/second64)
}

// tuple compares several numbers.
func (p *probe) tuple(m *rule.Tuple) bool {
	for i, c := range m.Tests {
		if c == nil {
			continue
		}
		if len(p.buf) < 8*(i+1) || !c.Match(int64(binary.BigEndian.Uint64(p.buf[8*i:]))) {
			return false
		}
	}
	return true
}

// iface compares an interface of DCE/RPC.
func (p *probe) iface(m *rule.Interface) bool {
	if len(p.buf) < 21 || [16]byte(p.buf) != m.UUID || p.buf[20] == 0 && !m.AnyFrag {
		return false
	}
	return m.Version == nil || m.Version.Match(int64(binary.BigEndian.Uint16(p.buf[16:])))
}

// bounce reads "192,0,2,1,4,1" (RFC 959 section 4.1.2) and compares it with the sender.
func (p *probe) bounce() bool {
	var b [4]byte
	text := p.buf
	for i := range b {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		v, err := strconv.ParseUint(string(text[:n]), 10, 8)
		if err != nil || n == len(text) || text[n] != ',' {
			return false
		}
		b[i], text = byte(v), text[n+1:]
	}
	return p.in.Src.Is4() && netip.AddrFrom4(b) != p.in.Src
}

// entropy measures some bytes (Shannon, in bits a byte).
func (p *probe) entropy(m *rule.Entropy) bool {
	b := p.buf
	if m.Offset > len(b) {
		return false
	}
	b = b[m.Offset:]
	if m.Bytes > 0 {
		b = b[:min(m.Bytes, len(b))]
	}
	if len(b) == 0 {
		return false
	}
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	h := 0.0
	for _, n := range counts {
		if n > 0 {
			q := float64(n) / float64(len(b))
			h -= q * math.Log2(q)
		}
	}
	switch m.Op {
	case rule.OpBetween:
		return m.Value < h && h < m.Between
	case rule.OpLess:
		return h < m.Value
	case rule.OpLessEqual:
		return h <= m.Value
	case rule.OpGreater:
		return h > m.Value
	case rule.OpGreaterEqual:
		return h >= m.Value
	case rule.OpNotEqual:
		return math.Abs(h-m.Value) > 1e-9
	}
	return math.Abs(h-m.Value) <= 1e-9
}
