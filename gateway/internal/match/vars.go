package match

import (
	"otasuke/gateway/internal/match/note"
	"otasuke/rule"
)

// about notes what a list knows of the entry that the buffer is.
func (p *probe) about(m *rule.Dataset, st *step) {
	if text, ok := st.list.About(p.buf); ok {
		p.sc.notes.Add(note.Note{Scope: rule.VarAlert, Name: m.Context, Text: text, JSON: true})
	}
}

// noted puts the notes of a rule that has matched where they belong and returns those of
// its alert.
func (sc *Scratch) noted(in *Input) (alert note.List) {
	for _, n := range sc.notes {
		switch {
		case n.Scope == rule.VarAlert:
			alert = append(alert, n)
		case n.Scope == rule.VarPacket:
			sc.packet.Set(n)
		case in.Flow != nil:
			in.Flow.vars.Set(n)
		}
	}
	return alert
}

// NewPacket forgets the variables of the former packet.
func (sc *Scratch) NewPacket() { sc.packet = sc.packet[:0] }

// PacketVars are the variables of the packet at hand, good until the next one.
func (sc *Scratch) PacketVars() note.List { return sc.packet }

// Vars are the variables of a flow, good until the next call of Inspect.
func (s *Set) Vars(f *FlowState) note.List {
	if f.epoch != s.epoch {
		return nil
	}
	return f.vars
}

// varsFit asks for variables (flowvar, pktvar).
func varsFit(sc *Scratch, r *rule.Rule, in *Input) bool {
	var flow note.List
	if in.Flow != nil {
		flow = in.Flow.vars
	}
	return note.Fit(r.VarTests, sc.packet, flow)
}
