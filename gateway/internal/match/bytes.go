package match

import (
	"otasuke/gateway/internal/match/measure"
	"otasuke/gateway/internal/match/transform"
	"otasuke/rule"
)

// read takes a number from the buffer; end is the place behind it.
func (p *probe) read(r *rule.ByteRead) (v uint64, end int, ok bool) {
	at, n := p.num(r.Offset), p.num(r.Bytes)
	if r.FromLast {
		at += int64(p.last)
	} else {
		at -= p.base
	}
	if at < 0 || at > int64(len(p.buf)) || n < 0 || n > int64(len(p.buf))-at {
		return 0, 0, false
	}
	b := p.buf[at:]
	if r.Text {
		v, used := measure.Digits(b, int(n), r.Base)
		return v, int(at) + used, used > 0
	}
	if n > 8 {
		return 0, 0, false
	}
	return measure.Number(b[:n], r), int(at + n), true
}

func (p *probe) byteTest(m *rule.ByteTest) bool {
	v, _, ok := p.read(&m.ByteRead)
	if !ok {
		return false
	}
	return measure.Compare(m.Op, v, uint64(p.num(m.Value))) != m.Negated
}

func (p *probe) byteJump(m *rule.ByteJump) bool {
	v, end, ok := p.read(&m.ByteRead)
	if !ok || v > 1<<40 {
		return false
	}
	jump := int64(v) * m.Multiplier
	if m.Align && jump%4 != 0 {
		jump += 4 - jump%4
	}
	to := int64(end) + jump
	switch {
	case m.FromBeginning:
		to = jump - p.base
	case m.FromEnd:
		to = int64(len(p.buf)) + jump
	}
	to += p.num(m.PostOffset)
	if to < 0 || to >= int64(len(p.buf)) {
		return false
	}
	p.last = int(to)
	return true
}

func (p *probe) byteExtract(m *rule.ByteExtract) bool {
	v, end, ok := p.read(&m.ByteRead)
	if !ok {
		return false
	}
	n := int64(v) * m.Multiplier
	if m.Align > 0 && n%m.Align != 0 {
		n += m.Align - n%m.Align
	}
	p.vars[m.Into], p.last = n, end
	return true
}

func (p *probe) byteMath(m *rule.ByteMath) bool {
	v, end, ok := p.read(&m.ByteRead)
	if !ok {
		return false
	}
	if v, ok = measure.Calculate(m.Oper, v, uint64(p.num(m.Value))); !ok {
		return false
	}
	p.vars[m.Into], p.last = int64(v), end
	return true
}

// base64Decode decodes and judges the base64_data section at once.
func (p *probe) base64Decode(m *rule.Base64Decode) bool {
	at := m.Offset
	if m.FromLast {
		at += p.last
	}
	if at > len(p.buf) {
		return false
	}
	text := p.buf[at:]
	if m.Bytes > 0 && m.Bytes < len(text) {
		text = text[:m.Bytes]
	}
	p.sc.base64 = transform.AppendBase64(p.sc.base64[:0], text)
	if len(p.sc.base64) == 0 {
		return false
	}
	buf, last := p.buf, p.last
	p.buf, p.last = p.sc.base64, 0
	ok := p.run(p.base64)
	p.buf, p.last = buf, last
	return ok
}
