package group

import (
	"errors"
	"fmt"
	"net/netip"
	"otasuke/rule"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// maxNesting bounds groups within groups and variables that name variables,
// so that a variable naming itself is refused instead of followed for ever.
const maxNesting = 16

var everything = []rule.AddrRange{
	{Lo: netip.AddrFrom4([4]byte{}), Hi: netip.AddrFrom4([4]byte{255, 255, 255, 255})},
	{Lo: netip.IPv6Unspecified(), Hi: netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
}

// normal sorts the ranges and joins those that touch.
func normal(in []rule.AddrRange) []rule.AddrRange {
	sort.Slice(in, func(i, j int) bool { return in[i].Lo.Less(in[j].Lo) })
	out := in[:0]
	for _, r := range in {
		if n := len(out); n > 0 && out[n-1].Lo.BitLen() == r.Lo.BitLen() {
			last := &out[n-1]
			if next := last.Hi.Next(); !next.IsValid() || !next.Less(r.Lo) {
				if last.Hi.Less(r.Hi) {
					last.Hi = r.Hi
				}
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// minus returns a without b; both must be normal.
func minus(a, b []rule.AddrRange) []rule.AddrRange {
	var out []rule.AddrRange
	for _, r := range a {
		lo, gone := r.Lo, false
		for _, n := range b {
			if n.Lo.BitLen() != r.Lo.BitLen() || n.Hi.Less(lo) || r.Hi.Less(n.Lo) {
				continue
			}
			if lo.Less(n.Lo) {
				out = append(out, rule.AddrRange{Lo: lo, Hi: n.Lo.Prev()})
			}
			if !n.Hi.Less(r.Hi) {
				gone = true
				break
			}
			lo = n.Hi.Next()
		}
		if !gone {
			out = append(out, rule.AddrRange{Lo: lo, Hi: r.Hi})
		}
	}
	return out
}

var (
	errEmptySet = errors.New("the group contains nothing after its exclusions; remove the exclusion or widen the group")
	errNesting  = fmt.Errorf("groups and variables are nested deeper than %d; look for a variable that names itself", maxNesting)
)

// Addrs reads an address group: an address, network, range, variable, list in [ ], any,
// each with ! before it for all others. The same text gives the same set.
func (p *Reader) Addrs(text string) (*rule.AddrSet, error) {
	if s := p.addrs[text]; s != nil {
		return s, nil
	}
	s, err := p.addrSetNew(text)
	if err == nil {
		if p.addrs == nil {
			p.addrs = map[string]*rule.AddrSet{}
		}
		p.addrs[text] = s
	}
	return s, err
}

func (p *Reader) addrSetNew(text string) (*rule.AddrSet, error) {
	ranges, err := p.addrRanges(text, 0)
	if err != nil {
		return nil, err
	}
	if len(ranges) == 0 {
		return nil, errEmptySet
	}
	if slices.Equal(ranges, everything) {
		return &rule.AddrSet{Any: true}, nil
	}
	return &rule.AddrSet{Ranges: ranges}, nil
}

func (p *Reader) addrRanges(text string, depth int) ([]rule.AddrRange, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("an address is missing; write an address, a group in [ ] or any")
	case text == "any":
		return slices.Clone(everything), nil
	case text[0] == '!':
		not, err := p.addrRanges(text[1:], depth+1)
		return minus(everything, not), err
	case text[0] == '$':
		value, ok := p.Vars[text[1:]]
		if !ok {
			return nil, fmt.Errorf("address variable %s is not defined; define it in the configuration", text)
		}
		return p.addrRanges(value, depth+1)
	case text[0] == '[':
		return p.addrGroup(text, depth)
	}
	r, err := addrRange(text)
	return []rule.AddrRange{r}, err
}

func (p *Reader) addrGroup(text string, depth int) ([]rule.AddrRange, error) {
	items, err := splitGroup(text)
	if err != nil {
		return nil, err
	}
	var in, out []rule.AddrRange
	included := false
	for _, item := range items {
		bare, negated := strings.CutPrefix(item, "!")
		ranges, err := p.addrRanges(bare, depth+1)
		if err != nil {
			return nil, err
		}
		if negated {
			out = append(out, ranges...)
		} else {
			included = true
			in = append(in, ranges...)
		}
	}
	if !included {
		in = slices.Clone(everything)
	}
	return minus(normal(in), normal(out)), nil
}

func addrRange(text string) (rule.AddrRange, error) {
	bad := fmt.Errorf("%q is not an address, network or range; write for example 192.0.2.0/24", text)
	if lo, hi, ok := strings.Cut(text, "-"); ok {
		a, err1 := netip.ParseAddr(lo)
		b, err2 := netip.ParseAddr(hi)
		if err1 != nil || err2 != nil || a.BitLen() != b.BitLen() || b.Less(a) {
			return rule.AddrRange{}, bad
		}
		return rule.AddrRange{Lo: a, Hi: b}, nil
	}
	addr, mask, ok := strings.Cut(text, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Zone() != "" {
		return rule.AddrRange{}, bad
	}
	if !ok {
		return rule.AddrRange{Lo: a, Hi: a}, nil
	}
	bits, err := strconv.Atoi(mask)
	if err != nil {
		if bits, err = maskBits(mask); err != nil {
			return rule.AddrRange{}, bad
		}
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return rule.AddrRange{}, bad
	}
	return rule.AddrRange{Lo: prefix.Addr(), Hi: lastAddr(prefix)}, nil
}

// maskBits reads a mask such as 255.255.0.0.
func maskBits(text string) (int, error) {
	m, err := netip.ParseAddr(text)
	if err != nil || !m.Is4() {
		return 0, errors.New("bad mask")
	}
	b := m.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n := 0
	for ; v&(1<<31) != 0; v <<= 1 {
		n++
	}
	if v != 0 {
		return 0, errors.New("bad mask")
	}
	return n, nil
}

func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// splitGroup splits "[a,b,[c,d]]" at its outer commas.
func splitGroup(text string) ([]string, error) {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return nil, fmt.Errorf("group %q is not closed; end it with ]", text)
	}
	inner := text[1 : len(text)-1]
	var items []string
	depth, start := 0, 0
	for i := 0; i <= len(inner); i++ {
		switch {
		case i == len(inner) || inner[i] == ',' && depth == 0:
			item := strings.TrimSpace(inner[start:i])
			if item == "" {
				return nil, fmt.Errorf("group %q has an empty entry; remove the comma", text)
			}
			items = append(items, item)
			start = i + 1
		case inner[i] == '[':
			depth++
		case inner[i] == ']':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("brackets in %q do not pair up", text)
	}
	return items, nil
}
