package evelog

import (
	"encoding/json"
	"strconv"
	"strings"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match/note"
	"otasuke/rule"
)

// Memory writes the flow bits that are set and the flow's counters. Bits that begin with
// "traffic/id/" or "traffic/label/" name the flow.
func Memory(bits []string, ints map[string]int64) (m *eve.Metadata, t *eve.Traffic) {
	if len(bits) == 0 && len(ints) == 0 {
		return nil, nil
	}
	m = &eve.Metadata{Flowints: ints}
	for _, b := range bits {
		id, isID := strings.CutPrefix(b, "traffic/id/")
		label, isLabel := strings.CutPrefix(b, "traffic/label/")
		if (isID || isLabel) && t == nil {
			t = new(eve.Traffic)
		}
		switch {
		case isID:
			t.ID = append(t.ID, id)
		case isLabel:
			t.Label = append(t.Label, label)
		default:
			m.Flowbits = append(m.Flowbits, b)
		}
	}
	if m.Flowbits == nil && m.Flowints == nil {
		m = nil
	}
	return m, t
}

// FlowVars adds text that rules have kept of the flow.
func FlowVars(m *eve.Metadata, vars note.List) *eve.Metadata {
	if len(vars) == 0 {
		return m
	}
	if m == nil {
		m = new(eve.Metadata)
	}
	var list note.List
	for _, v := range vars {
		if v.Scope != rule.VarEntropy {
			list = append(list, v)
			continue
		}
		if m.Entropy == nil {
			m.Entropy = map[string]float64{}
		}
		m.Entropy[v.Name], _ = strconv.ParseFloat(v.Text, 64)
	}
	m.Flowvars = texts(list)
	return m
}

// PacketVars adds text that rules have kept of the packet.
func PacketVars(m *eve.Metadata, vars note.List) *eve.Metadata {
	if len(vars) == 0 {
		return m
	}
	if m == nil {
		m = new(eve.Metadata)
	}
	m.Pktvars = texts(vars)
	return m
}

func texts(vars note.List) []map[string]string {
	list := make([]map[string]string, len(vars))
	for i, v := range vars {
		list[i] = map[string]string{Text([]byte(v.Name)): Text([]byte(v.Text))}
	}
	return list
}

// Context is what an alert tells of text that its rule has kept.
func Context(notes note.List) map[string]any {
	m := make(map[string]any, len(notes))
	for _, n := range notes {
		if n.JSON {
			m[n.Name] = json.RawMessage(n.Text)
		} else {
			m[n.Name] = Text([]byte(n.Text))
		}
	}
	return m
}
