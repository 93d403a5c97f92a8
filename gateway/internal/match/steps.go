package match

import (
	"encoding/binary"

	"otasuke/gateway/internal/match/bytexpr"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/literal"
	"otasuke/gateway/internal/match/measure"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

type stepKind uint8

const (
	contentStep stepKind = iota
	pcreStep
	byteTestStep
	byteJumpStep
	byteExtractStep
	byteMathStep
	isDataAtStep
	bsizeStep
	base64Step
	numberStep
	valueStep // the rarer ones
)

// step is one match of a section. more says that the next step is relative, so
// that a later place of this one may be needed.
type step struct {
	kind    stepKind
	more    bool
	content *rule.Content
	pattern []byte // lower case when the content is nocase
	expr    *bytexpr.Expr
	match   rule.Match
	list    *hosts.List
}

func (c *compiler) newSteps(matches []rule.Match) ([]step, error) {
	steps := make([]step, len(matches))
	for i, m := range matches {
		st := &steps[i]
		st.match = m
		st.more = i+1 < len(matches) && matches[i+1].Relative()
		switch m := m.(type) {
		case *rule.Content:
			st.kind, st.content, st.pattern = contentStep, m, m.Pattern
			if m.Nocase {
				st.pattern = ascii.ToLower(m.Pattern)
			}
		case *rule.PCRE:
			st.kind = pcreStep
			e, err := bytexpr.Compile(m)
			if err != nil {
				return nil, err
			}
			st.expr = e
		case *rule.ByteTest:
			st.kind = byteTestStep
		case *rule.ByteJump:
			st.kind = byteJumpStep
		case *rule.ByteExtract:
			st.kind = byteExtractStep
		case *rule.ByteMath:
			st.kind = byteMathStep
		case *rule.IsDataAt:
			st.kind = isDataAtStep
		case *rule.BSize:
			st.kind = bsizeStep
		case *rule.Base64Decode:
			st.kind = base64Step
		case *rule.Number:
			st.kind = numberStep
		case *rule.Dataset:
			st.kind, st.list = valueStep, c.dataset(m.List)
		case *rule.Datarep:
			st.kind, st.list = valueStep, c.dataset(m.List)
		default:
			st.kind = valueStep
		}
	}
	return steps, nil
}

// maxWork bounds the steps tried for one buffer of one rule. Nested relative
// matches can otherwise cost the square or cube of the buffer; public rules on
// ordinary traffic stay below a hundred.
const maxWork = 3000

// searchShift makes each 4 KiB that an expression is given again a step: with many matches
// in a long buffer it would else cost the square of it.
const searchShift = 12

// probe is the state of judging one buffer.
type probe struct {
	buf     []byte
	base    int64 // place of buf[0] in the stream, for offset and depth
	partial bool  // the buffer may still grow
	last    int   // end of the former match
	work    int
	vars    [maxVars + 1]int64
	base64  []step
	in      *Input
	sc      *Scratch
}

// maxVars must not be below the bound of package rule.
const maxVars = 64

// run tries the steps one after the other.
func (p *probe) run(steps []step) bool {
	for i := range steps {
		if p.work++; p.work > maxWork {
			return false
		}
		st := &steps[i]
		switch st.kind {
		case contentStep:
			if !st.more || st.content.Negated {
				if !p.contentOnce(st) {
					return false
				}
				continue
			}
			return p.contentAll(st, steps[i+1:])
		case pcreStep:
			if !st.more || st.expr.Negated {
				if !p.pcreOnce(st.expr) {
					return false
				}
				continue
			}
			return p.pcreAll(st.expr, steps[i+1:])
		default:
			if !p.simple(st) {
				return false
			}
		}
	}
	return true
}

func (p *probe) simple(st *step) bool {
	switch m := st.match.(type) {
	case *rule.ByteTest:
		return p.byteTest(m)
	case *rule.ByteJump:
		return p.byteJump(m)
	case *rule.ByteExtract:
		return p.byteExtract(m)
	case *rule.ByteMath:
		return p.byteMath(m)
	case *rule.IsDataAt:
		return p.isDataAt(m)
	case *rule.BSize:
		return p.bsize(m)
	case *rule.Base64Decode:
		return p.base64Decode(m)
	case *rule.Number:
		return len(p.buf) == 8 && m.Match(int64(binary.BigEndian.Uint64(p.buf)))
	}
	return p.value(st)
}

// value judges the rarer matches.
func (p *probe) value(st *step) bool {
	switch m := st.match.(type) {
	case *rule.NumberList:
		return measure.InList(p.buf, m)
	case *rule.Now:
		return p.now(m)
	case *rule.Tuple:
		return measure.Tuple(p.buf, m)
	case *rule.Interface:
		return measure.Interface(p.buf, m)
	case *rule.ModbusTest:
		return measure.Modbus(p.buf, m)
	case *rule.ASN1:
		at := m.Offset
		if m.FromLast {
			at += p.last
		}
		return measure.Overflows(p.buf, at, m)
	case *rule.Bounce:
		return measure.Bounce(p.buf, p.in.Src)
	case *rule.Entropy:
		return p.entropy(m)
	case *rule.Dataset:
		if p.partial || !st.list.Apply(p.in.Hosts, m.Op, p.buf) {
			return false
		}
		if m.Context != "" {
			p.about(m, st)
		}
		return true
	case *rule.Datarep:
		v, ok := st.list.Reputation(p.buf)
		return ok && m.Match(v)
	}
	return false
}

func (p *probe) num(n rule.Num) int64 {
	if n.Var > 0 {
		return p.vars[n.Var]
	}
	return n.Value
}

// window says where in the buffer a content may lie: buf[lo:hi].
func (p *probe) window(c *rule.Content) (lo, hi int) {
	from, to := int64(0), int64(len(p.buf))
	switch {
	case c.Relative():
		from = int64(p.last) + p.num(c.Distance)
		if c.HasWithin {
			to = min(to, from+p.num(c.Within))
		}
	case c.StartsWith:
		from, to = -p.base, int64(len(c.Pattern))-p.base
	default:
		from = p.num(c.Offset) - p.base
		if c.HasDepth {
			to = min(to, from+p.num(c.Depth))
		}
	}
	from, to = max(from, 0), min(to, int64(len(p.buf)))
	if from > to {
		return 0, 0
	}
	return int(from), int(to)
}

// find looks for the pattern in buf[lo:hi] and returns its place, -1 if absent.
func (p *probe) find(st *step, lo, hi int) int {
	n := len(st.pattern)
	if hi-lo < n {
		return -1
	}
	if st.content.EndsWith {
		at := len(p.buf) - n
		if hi != len(p.buf) || at < lo || !literal.HasPrefix(p.buf[at:], st.pattern, st.content.Nocase) {
			return -1
		}
		return at
	}
	i := literal.Index(p.buf[lo:hi], st.pattern, st.content.Nocase)
	if i < 0 {
		return -1
	}
	return lo + i
}

// contentOnce looks for the first place only.
func (p *probe) contentOnce(st *step) bool {
	c := st.content
	if c.EndsWith && p.partial {
		return false
	}
	lo, hi := p.window(c)
	at := p.find(st, lo, hi)
	if c.Negated {
		open := p.partial && (hi == len(p.buf) || lo == hi) // what is still to come may hold it
		return at < 0 && !open
	}
	if at < 0 {
		return false
	}
	p.last = at + len(st.pattern)
	return true
}

// contentAll tries each place in turn until the rest fits.
func (p *probe) contentAll(st *step, rest []step) bool {
	if st.content.EndsWith && p.partial {
		return false
	}
	lo, hi := p.window(st.content)
	for {
		at := p.find(st, lo, hi)
		if at < 0 || p.work > maxWork {
			return false
		}
		p.last = at + len(st.pattern)
		if p.run(rest) {
			return true
		}
		lo = at + 1
	}
}

func (p *probe) pcreOnce(e *bytexpr.Expr) bool {
	if p.partial && (e.Negated || e.LooksAhead) {
		return false
	}
	start, ok := p.pcreStart(e)
	if !ok {
		return e.Negated
	}
	before := p.sc.expr.GaveUp
	_, end, found := e.Find(&p.sc.expr, p.buf[start:])
	if p.sc.expr.GaveUp != before {
		return false // nobody knows what stands there, nor what does not
	}
	if found && !e.Negated {
		p.last = start + end
		p.keep(e, start)
	}
	return found != e.Negated
}

// keep notes the groups of an expression found behind start.
func (p *probe) keep(e *bytexpr.Expr, start int) {
	if e.Captures() {
		e.Keep(&p.sc.expr, p.buf[start:], func(c *rule.Capture, text []byte) { p.sc.notes.AddText(c.Scope, c.Name, text) })
	}
}

func (p *probe) pcreAll(e *bytexpr.Expr, rest []step) bool {
	start, ok := p.pcreStart(e)
	ok = ok && !(p.partial && e.LooksAhead)
	for ok && p.work <= maxWork {
		p.work += (len(p.buf) - start) >> searchShift
		from, end, found := e.Find(&p.sc.expr, p.buf[start:])
		if !found {
			return false
		}
		p.last = start + end
		notes := len(p.sc.notes)
		p.keep(e, start)
		if p.run(rest) {
			return true
		}
		p.sc.notes = p.sc.notes[:notes]
		if start += from + 1; e.Anchored || start > len(p.buf) {
			return false
		}
	}
	return false
}

func (p *probe) pcreStart(e *bytexpr.Expr) (int, bool) {
	if e.FromLast {
		return min(p.last, len(p.buf)), true
	}
	return 0, !e.Anchored || p.base == 0
}

func (p *probe) isDataAt(m *rule.IsDataAt) bool {
	at := p.num(m.At)
	have := false
	if m.FromLast {
		have = int64(p.last)+at <= int64(len(p.buf))
	} else {
		have = at-p.base < int64(len(p.buf))
	}
	if m.Negated && p.partial {
		return false
	}
	return have != m.Negated
}

func (p *probe) bsize(m *rule.BSize) bool {
	if p.partial && m.Op != rule.OpGreater && m.Op != rule.OpGreaterEqual {
		return false
	}
	return m.Match(int64(len(p.buf)) + p.base)
}
