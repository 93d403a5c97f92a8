package group

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"sort"
	"strconv"
	"strings"
)

// Ports reads a port group in the same forms, ranges as low:high.
func (p *Reader) Ports(text string) (*rule.PortSet, error) {
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
	s := &rule.PortSet{Ranges: ranges}
	if len(ranges) == 1 && ranges[0] == (rule.PortRange{Lo: 0, Hi: 65535}) {
		s = &rule.PortSet{Any: true}
	}
	if p.ports == nil {
		p.ports = map[string]*rule.PortSet{}
	}
	p.ports[text] = s
	return s, nil
}

func (p *Reader) portRanges(text string, depth int) ([]rule.PortRange, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("a port is missing; write a port, a range 1024:65535, a group in [ ] or any")
	case text == "any":
		return []rule.PortRange{{Lo: 0, Hi: 65535}}, nil
	case text[0] == '!':
		not, err := p.portRanges(text[1:], depth+1)
		return minusPorts([]rule.PortRange{{Lo: 0, Hi: 65535}}, not), err
	case text[0] == '$':
		value, ok := p.Vars[text[1:]]
		if !ok {
			return nil, fmt.Errorf("port variable %s is not defined; define it in the configuration", text)
		}
		return p.portRanges(value, depth+1)
	case text[0] == '[':
		return p.portGroup(text, depth)
	}
	r, err := portRange(text)
	return []rule.PortRange{r}, err
}

func (p *Reader) portGroup(text string, depth int) ([]rule.PortRange, error) {
	items, err := splitGroup(text)
	if err != nil {
		return nil, err
	}
	var in, out []rule.PortRange
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
		in = []rule.PortRange{{Lo: 0, Hi: 65535}}
	}
	return minusPorts(normalPorts(in), normalPorts(out)), nil
}

func portRange(text string) (rule.PortRange, error) {
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
		return rule.PortRange{}, bad
	}
	if !ranged {
		return rule.PortRange{Lo: a, Hi: a}, nil
	}
	b, err := number(strings.TrimSpace(hi), 65535)
	if err != nil || b < a {
		return rule.PortRange{}, bad
	}
	return rule.PortRange{Lo: a, Hi: b}, nil
}

func normalPorts(in []rule.PortRange) []rule.PortRange {
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

func minusPorts(a, b []rule.PortRange) []rule.PortRange {
	var out []rule.PortRange
	for _, r := range a {
		lo, hi := int(r.Lo), int(r.Hi)
		for _, n := range b {
			if int(n.Hi) < lo || int(n.Lo) > hi {
				continue
			}
			if int(n.Lo) > lo {
				out = append(out, rule.PortRange{Lo: uint16(lo), Hi: n.Lo - 1})
			}
			lo = int(n.Hi) + 1
		}
		if lo <= hi {
			out = append(out, rule.PortRange{Lo: uint16(lo), Hi: uint16(hi)})
		}
	}
	return out
}
