package measure

import (
	"math"
	"strings"

	"otasuke/rule"
)

// Entropy measures the bytes that the rule names (Shannon, in bits a byte).
func Entropy(b []byte, m *rule.Entropy) (h float64, ok bool) {
	if m.Offset > len(b) {
		return 0, false
	}
	b = b[m.Offset:]
	if m.Bytes > 0 {
		b = b[:min(m.Bytes, len(b))]
	}
	if len(b) == 0 {
		return 0, false
	}
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	for _, n := range counts {
		if n > 0 {
			q := float64(n) / float64(len(b))
			h -= q * math.Log2(q)
		}
	}
	return h, true
}

// EntropyFits compares a measure with what the rule asks for.
func EntropyFits(h float64, m *rule.Entropy) bool {
	switch m.Op {
	case rule.OpBetween:
		return m.Value < h && h < m.Between
	case rule.OpLess:
		return h < m.Value
	case rule.OpLessEqual:
		return h <= m.Value
	case rule.OpGreater:
		return h > m.Value
	case rule.OpGreaterEqual:
		return h >= m.Value
	case rule.OpNotEqual:
		return math.Abs(h-m.Value) > 1e-9
	}
	return math.Abs(h-m.Value) <= 1e-9
}

// EntropyName is under which name records tell of a buffer's entropy.
func EntropyName(b rule.Buffer) string {
	if b == rule.BufPayload {
		return "content"
	}
	return strings.ReplaceAll(b.String(), ".", "_")
}
