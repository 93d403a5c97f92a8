package match

import mathbits "math/bits"

// Memory tells what rules remember of a flow: the flow bits that are set and the flow's
// counters, by name. It allocates where there are any: for records.
func (s *Set) Memory(f *FlowState) (bits []string, ints map[string]int64) {
	if f.epoch != s.epoch {
		return nil, nil
	}
	for i, word := range f.bits {
		for ; word != 0; word &= word - 1 {
			bits = append(bits, s.bitNames[i<<6+mathbits.TrailingZeros64(word)])
		}
	}
	for _, v := range f.ints {
		if ints == nil {
			ints = map[string]int64{}
		}
		ints[s.intNames[v.name]] = v.value
	}
	return bits, ints
}
