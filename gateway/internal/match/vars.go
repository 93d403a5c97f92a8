package match

import (
	"bytes"

	"otasuke/rule"
)

// Note is text that a rule has kept: a group of an expression, or what a list knows of an
// entry.
type Note struct {
	Scope rule.VarScope
	Name  string
	Text  string
	JSON  bool // Text is a JSON object
}

// Limits of kept text.
const (
	// maxNotes bounds what one flow, packet or alert keeps.
	maxNotes = 32
	// maxNote bounds a text; what records tell stays readable.
	maxNote = 1024
)

// keep notes text for the rule that is being tried; it counts once the rule matches.
func (sc *Scratch) keep(scope rule.VarScope, name string, text []byte) {
	if len(sc.notes) < maxNotes {
		sc.notes = append(sc.notes, Note{Scope: scope, Name: name, Text: string(text[:min(len(text), maxNote)])})
	}
}

// about notes what a list knows of the entry that the buffer is.
func (p *probe) about(m *rule.Dataset, st *step) {
	if text, ok := st.list.About(p.buf); ok && len(p.sc.notes) < maxNotes {
		p.sc.notes = append(p.sc.notes, Note{Scope: rule.VarAlert, Name: m.Context, Text: text, JSON: true})
	}
}

// noted puts the notes of a rule that has matched where they belong and returns those of
// its alert.
func (sc *Scratch) noted(in *Input) (alert []Note) {
	for _, n := range sc.notes {
		switch {
		case n.Scope == rule.VarAlert:
			alert = append(alert, n)
		case n.Scope == rule.VarPacket:
			sc.packet = replaced(sc.packet, n)
		case in.Flow != nil:
			in.Flow.vars = replaced(in.Flow.vars, n)
		}
	}
	return alert
}

// replaced sets a variable, up to the bound.
func replaced(list []Note, n Note) []Note {
	for i := range list {
		if list[i].Name == n.Name && list[i].Scope == n.Scope {
			list[i] = n
			return list
		}
	}
	if len(list) < maxNotes {
		list = append(list, n)
	}
	return list
}

// NewPacket forgets the variables of the former packet.
func (sc *Scratch) NewPacket() { sc.packet = sc.packet[:0] }

// PacketVars are the variables of the packet at hand, good until the next one.
func (sc *Scratch) PacketVars() []Note { return sc.packet }

// Vars are the variables of a flow, good until the next call of Inspect.
func (s *Set) Vars(f *FlowState) []Note {
	if f.epoch != s.epoch {
		return nil
	}
	return f.vars
}

// varsFit asks for variables (flowvar, pktvar).
func varsFit(sc *Scratch, r *rule.Rule, in *Input) bool {
	for i := range r.VarTests {
		t := &r.VarTests[i]
		list := sc.packet
		if t.Scope == rule.VarFlow {
			if list = nil; in.Flow != nil {
				list = in.Flow.vars
			}
		}
		there, has := false, false
		for j := range list {
			if list[j].Name == t.Name && list[j].Scope == t.Scope {
				there, has = true, bytes.Contains([]byte(list[j].Text), t.Text)
			}
		}
		if !there || has == t.Negated {
			return false
		}
	}
	return true
}
