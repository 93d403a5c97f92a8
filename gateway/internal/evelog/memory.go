package evelog

import (
	"slices"
	"strings"

	"otasuke/gateway/internal/eve"
)

// Memory writes the flow bits that are set and the flow's counters. Bits that begin with
// "traffic/id/" or "traffic/label/" name the flow.
func Memory(bits []string, ints map[string]int64) (m *eve.Metadata, t *eve.Traffic) {
	if len(bits) == 0 && len(ints) == 0 {
		return nil, nil
	}
	m = &eve.Metadata{Flowints: ints}
	slices.Sort(bits)
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
