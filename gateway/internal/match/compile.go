package match

import (
	"cmp"
	"slices"

	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/index"
	"otasuke/gateway/internal/match/literal"
	"otasuke/gateway/internal/match/rarity"
	"otasuke/gateway/internal/match/transform"
	"otasuke/rule"
)

// compiled is a rule made ready to be tried.
type compiled struct {
	r        *rule.Rule
	need     rule.BufferSet // buffers that must exist, BufPayload for the payload
	sections []section
	base64   []step // steps of the base64_data section
	flowbits []flowbit
	flowints []flowintOp
	xbits    []hosts.Bit
	kind     kind
	searched bool // it is found by a pattern
}

type kind uint8

// Kinds of rules, by what they look at.
const (
	packetRule  kind = iota // header fields, or the payload of packets alone
	payloadRule             // payload, stream or packet
	txRule                  // buffers of a protocol
)

type section struct {
	variant uint16
	of      uint16 // its place in the rule
	buf     rule.Buffer
	absent  rule.Absence
	which   rule.Which
	steps   []step
}

type flowbit struct {
	op   rule.BitOp
	bits []uint32
}

type flowintOp struct {
	rule.Flowint
	name, other uint32
}

// compiler keeps what is shared while a set is built.
type compiler struct {
	set      *Set
	variants map[string]uint16
	bits     map[string]uint32
	ints     map[string]uint32
	datasets map[string]*hosts.List
	fast     []*fast // of each rule, nil for none
	cache    literal.Cache
	// processors build databases.
	processors int
}

func intern(m map[string]uint32, name string) uint32 {
	id, ok := m[name]
	if !ok {
		id = uint32(len(m))
		m[name] = id
	}
	return id
}

// dataset finds the list of that name.
func (c *compiler) dataset(l *rule.List) *hosts.List {
	if c.datasets[l.Name] == nil {
		c.datasets[l.Name] = hosts.ListOf(l)
	}
	return c.datasets[l.Name]
}

func (c *compiler) rule(r *rule.Rule) (compiled, error) {
	k := compiled{r: r, kind: packetRule}
	for i, s := range r.Sections {
		steps, err := c.newSteps(s.Matches)
		if err != nil {
			return k, err
		}
		if s.Buffer == rule.Base64Data {
			k.base64 = append(k.base64, steps...)
			continue
		}
		k.need.Add(s.Buffer)
		c.set.used.Add(s.Buffer)
		k.sections = append(k.sections, section{c.variant(s), uint16(i), s.Buffer, s.Absent, s.Which, steps})
		switch {
		case s.Buffer.Packet():
		case s.Buffer != rule.BufPayload:
			k.kind = txRule
		case k.kind == packetRule && r.PayloadStream && r.Proto.Carries(rule.IPProtoTCP, 4):
			k.kind = payloadRule
		}
	}
	k.cheapFirst()
	for _, f := range r.Flowbits {
		b := flowbit{op: f.Op}
		for _, name := range f.Names {
			b.bits = append(b.bits, intern(c.bits, name))
		}
		k.flowbits = append(k.flowbits, b)
	}
	for _, f := range r.Flowints {
		k.flowints = append(k.flowints, flowintOp{f, intern(c.ints, f.Name), intern(c.ints, f.Other)})
	}
	for _, x := range r.Xbits {
		k.xbits = append(k.xbits, hosts.BitOf(x))
	}
	return k, nil
}

func (c *compiler) variant(s rule.Section) uint16 {
	if s.Buffer == rule.BufPayload {
		return packetVariant
	}
	key := variantKey(s.Buffer, s.Transforms)
	v, ok := c.variants[key]
	if !ok {
		v = uint16(len(c.set.variants))
		c.variants[key] = v
		c.set.variants = append(c.set.variants, variant{buf: s.Buffer, transforms: transform.Compile(s.Transforms)})
	}
	return v
}

// index puts every rule where it will be found: under a pattern of its own, or
// in a list without patterns.
func (c *compiler) index() {
	s := c.set
	for i := range s.rules {
		k, id := &s.rules[i], uint32(i)
		switch {
		case len(k.sections) == 0 && index.IPOnly(k.r):
			s.ips.Add(id, k.r)
		case len(k.sections) == 0 || k.kind == packetRule && !k.searched:
			s.packets.Add(id, k.r)
		case !k.searched:
			c.indexBare(k, id)
		}
	}
	s.ips.Build()
}

// indexBare lists a rule without a usable pattern under one of its buffers.
func (c *compiler) indexBare(k *compiled, id uint32) {
	buf, absent := rule.BufPayload, k.onAbsence()
	for i := range k.sections {
		sec := &k.sections[i]
		if k.asked(sec) || k.kind == txRule && sec.buf == rule.BufPayload {
			continue // looked at when something else of the transaction is there
		}
		if buf == rule.BufPayload || rarity.Telling(sec.buf) > rarity.Telling(buf) {
			buf = sec.buf
		}
	}
	if buf == rule.BufPayload && !absent {
		buf = rule.BufStream
		c.set.packets.Add(id, k.r)
	}
	for dir, goes := range [2]bool{k.r.ToClient, k.r.ToServer} {
		switch s := c.set; {
		case !goes:
		case absent:
			s.absent[dir] = append(s.absent[dir], id)
		default:
			s.bare[dir][buf] = append(s.bare[dir][buf], id)
		}
	}
}

// asked tells that a section of a rule for both sides looks at the request.
func (k *compiled) asked(sec *section) bool { return k.r.BothSides && !sec.buf.ToClient() }

// onAbsence says whether missing buffers alone can fulfil the rule.
func (k *compiled) onAbsence() bool {
	for i := range k.sections {
		if sec := &k.sections[i]; sec.absent == rule.AbsentFails && sec.which.Kind != rule.WhichAllOrNone && sec.which.Kind != rule.WhichCount {
			return false
		}
	}
	return true
}

// overlap is how many bytes that were searched are searched again with those that follow.
const overlap = rarity.MaxWindow - 1

// fast is the pattern by which a rule is found.
type fast struct {
	section int
	pattern literal.Pattern
}

// minPattern is the shortest pattern that is searched for: single bytes are nearly everywhere.
const minPattern = 2

// authors is how much less often than we think the pattern is met that a rule's author chose.
const authors = 20

// fastPattern chooses the bytes by which a rule is found: of all its contents those that are
// met least, in doubt what its author has chosen. It returns nil when the rule
// has no positive content of two bytes.
func fastPattern(k *compiled) *fast {
	var best *fast
	least := 0.0
	for i := range k.sections {
		sec := &k.sections[i]
		if sec.absent != rule.AbsentFails || sec.which.Kind != rule.WhichAny {
			continue // it may be fulfilled without a find
		} else if k.kind == txRule && sec.buf == rule.BufPayload || k.asked(sec) {
			continue // looked at when something else of the transaction is found
		}
		for _, m := range k.r.Sections[sec.of].Matches {
			c, ok := m.(*rule.Content)
			if !ok || c.Negated || len(c.Pattern) < minPattern {
				continue
			}
			p, cost := rarity.Window(c.Pattern)
			if cost *= rarity.Volume(sec.buf); c.FastPattern {
				cost /= authors
			}
			if best == nil || cost < least {
				best, least = &fast{i, literal.Pattern{Bytes: p, Nocase: c.Nocase}}, cost
			}
		}
	}
	return best
}

// cheapFirst has the sections tried first that fail soonest. Those of a rule that keeps something
// of what it finds stay in their order.
func (k *compiled) cheapFirst() {
	if k.r.Vars > 0 || len(k.base64) > 0 {
		return
	}
	effort := make([]int, len(k.r.Sections))
	for _, sec := range k.sections {
		effort[sec.of] = rarity.Length(sec.buf)
		for _, st := range sec.steps {
			if st.expr != nil {
				effort[sec.of] = rarity.Longest + 1
			}
			if st.kind == valueStep || st.kind == base64Step || st.expr != nil && st.expr.Captures() {
				return
			}
		}
	}
	slices.SortStableFunc(k.sections, func(a, b section) int { return cmp.Compare(effort[a.of], effort[b.of]) })
}

// places says in which variants the pattern of a section is looked for.
func (k *compiled) places(i int) []uint16 {
	sec := k.sections[i]
	if sec.buf != rule.BufPayload {
		return []uint16{sec.variant}
	}
	var v []uint16
	if k.r.Proto.Carries(rule.IPProtoTCP, 4) {
		v = append(v, streamVariant)
	}
	if p := k.r.Proto; !p.Carries(rule.IPProtoTCP, 4) || p.Carries(rule.IPProtoUDP, 4) || p.Carries(rule.IPProtoICMP, 4) {
		v = append(v, packetVariant)
	}
	return v
}
