package match

import (
	"encoding/binary"
	"strconv"

	"otasuke/gateway/internal/match/measure"
	"otasuke/gateway/internal/match/note"
	"otasuke/rule"
)

const second64 = 1_000_000 // microseconds

// now compares the number with the time of the traffic.
func (p *probe) now(m *rule.Now) bool {
	return len(p.buf) == 8 && m.Op.Match(int64(binary.BigEndian.Uint64(p.buf)), p.in.Now/second64)
}

// entropy measures some bytes; records tell it of the flow.
func (p *probe) entropy(m *rule.Entropy) bool {
	h, ok := measure.Entropy(p.buf, m)
	if !ok {
		return false
	}
	if f := p.in.Flow; f != nil {
		f.vars.Set(note.Note{Scope: rule.VarEntropy, Name: measure.EntropyName(m.Buffer), Text: strconv.FormatFloat(h, 'g', -1, 64)})
	}
	return measure.EntropyFits(h, m)
}

// several tries a section that asks for more than one value.
func (s *Set) several(sc *Scratch, in *Input, sec *section, first int) outcome {
	if !in.Complete && in.Tx != nil && !(sec.which.Kind == rule.WhichIndex && sec.which.Index >= 0) {
		return wait
	}
	n, fit, at := 0, 0, sec.which.Index
	if at < 0 {
		for i := first; i < len(in.Values); i++ {
			if in.Values[i].Buffer == sec.buf {
				at++
			}
		}
	}
	for i := first; i < len(in.Values); i++ {
		v := &in.Values[i]
		if v.Buffer != sec.buf {
			continue
		}
		ok := sc.try(sec.steps, s.transformed(sc, sec.variant, v.Data), 0, v.Partial)
		if sec.which.Kind == rule.WhichIndex && n == at {
			return outcomeOf(ok)
		}
		if n++; ok {
			fit++
		}
	}
	switch sec.which.Kind {
	case rule.WhichIndex:
		if !in.Complete && in.Tx != nil {
			return wait
		}
		return no
	case rule.WhichCount:
		return outcomeOf(sec.which.Count.Match(int64(fit)))
	}
	return outcomeOf(fit == n)
}
