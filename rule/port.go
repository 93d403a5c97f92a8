package rule

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// PortRange is a closed range of ports.
type PortRange struct{ Lo, Hi uint16 }

// PortSet is a set of ports: sorted ranges that neither touch nor overlap.
type PortSet struct {
	Any    bool
	Ranges []PortRange
}

// Contains says whether the port is in the set.
func (s *PortSet) Contains(port uint16) bool {
	if s.Any {
		return true
	}
	for _, r := range s.Ranges { // few ranges: a scan beats a search
		if port <= r.Hi {
			return port >= r.Lo
		}
	}
	return false
}

func (p *parser) portSet(text string) (*PortSet, error) {
	if s := p.ports[text]; s != nil {
		return s, nil
	}
	ranges, err := p.portRanges(text, 0)
	if err != nil {
		return nil, err
	}
	if len(ranges) == 0 {
		return nil, errEmptySet
	}
	s := &PortSet{Ranges: ranges}
	if len(ranges) == 1 && ranges[0] == (PortRange{0, 65535}) {
		s = &PortSet{Any: true}
	}
	p.ports[text] = s
	return s, nil
}

func (p *parser) portRanges(text string, depth int) ([]PortRange, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("a port is missing; write a port, a range 1024:65535, a group in [ ] or any")
	case text == "any":
		return []PortRange{{0, 65535}}, nil
	case text[0] == '!':
		not, err := p.portRanges(text[1:], depth+1)
		return minusPorts([]PortRange{{0, 65535}}, not), err
	case text[0] == '$':
		value, ok := p.opt.Vars[text[1:]]
		if !ok {
			return nil, fmt.Errorf("port variable %s is not defined; define it in the configuration", text)
		}
		return p.portRanges(value, depth+1)
	case text[0] == '[':
		return p.portGroup(text, depth)
	}
	r, err := portRange(text)
	return []PortRange{r}, err
}

func (p *parser) portGroup(text string, depth int) ([]PortRange, error) {
	items, err := splitGroup(text)
	if err != nil {
		return nil, err
	}
	var in, out []PortRange
	included := false
	for _, item := range items {
		bare, negated := strings.CutPrefix(item, "!")
		ranges, err := p.portRanges(bare, depth+1)
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
		in = []PortRange{{0, 65535}}
	}
	return minusPorts(normalPorts(in), normalPorts(out)), nil
}

func portRange(text string) (PortRange, error) {
	bad := fmt.Errorf("%q is not a port or range; write for example 443 or 1024:65535", text)
	number := func(s string, empty uint16) (uint16, error) {
		if s == "" {
			return empty, nil
		}
		n, err := strconv.ParseUint(s, 10, 16)
		return uint16(n), err
	}
	lo, hi, ranged := strings.Cut(text, ":")
	a, err := number(strings.TrimSpace(lo), 0)
	if err != nil {
		return PortRange{}, bad
	}
	if !ranged {
		return PortRange{a, a}, nil
	}
	b, err := number(strings.TrimSpace(hi), 65535)
	if err != nil || b < a {
		return PortRange{}, bad
	}
	return PortRange{a, b}, nil
}

func normalPorts(in []PortRange) []PortRange {
	sort.Slice(in, func(i, j int) bool { return in[i].Lo < in[j].Lo })
	out := in[:0]
	for _, r := range in {
		if n := len(out); n > 0 && int(out[n-1].Hi)+1 >= int(r.Lo) {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

func minusPorts(a, b []PortRange) []PortRange {
	var out []PortRange
	for _, r := range a {
		lo, hi := int(r.Lo), int(r.Hi)
		for _, n := range b {
			if int(n.Hi) < lo || int(n.Lo) > hi {
				continue
			}
			if int(n.Lo) > lo {
				out = append(out, PortRange{uint16(lo), n.Lo - 1})
			}
			lo = int(n.Hi) + 1
		}
		if lo <= hi {
			out = append(out, PortRange{uint16(lo), uint16(hi)})
		}
	}
	return out
}
