package measure

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"otasuke/rule"
)

// InList asks whether the number lies in one of the ranges.
func InList(b []byte, m *rule.NumberList) bool {
	if len(b) != 8 {
		return false
	}
	v := int64(binary.BigEndian.Uint64(b))
	for _, r := range m.Ranges {
		if r[0] <= v && v <= r[1] {
			return true
		}
	}
	return false
}

// Tuple compares several numbers.
func Tuple(b []byte, m *rule.Tuple) bool {
	for i, c := range m.Tests {
		if c == nil {
			continue
		}
		if len(b) < 8*(i+1) || !c.Match(int64(binary.BigEndian.Uint64(b[8*i:]))) {
			return false
		}
	}
	return true
}

// Interface compares an interface of DCE/RPC.
func Interface(b []byte, m *rule.Interface) bool {
	if len(b) < 21 || [16]byte(b) != m.UUID || b[20] == 0 && !m.AnyFrag {
		return false
	}
	return m.Version == nil || m.Version.Match(int64(binary.BigEndian.Uint16(b[16:])))
}

// Bounce reads "192,0,2,1,4,1" (RFC 959 section 4.1.2) and compares it with the sender.
func Bounce(text []byte, sender netip.Addr) bool {
	var a [4]byte
	for i := range a {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		v, err := strconv.ParseUint(string(text[:n]), 10, 8)
		if err != nil || n == len(text) || text[n] != ',' {
			return false
		}
		a[i], text = byte(v), text[n+1:]
	}
	return sender.Is4() && netip.AddrFrom4(a) != sender
}
