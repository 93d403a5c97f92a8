package match

// Memory tells what rules remember of a flow: the flow bits that are set and the flow's
// counters, by name. It allocates: for records.
func (s *Set) Memory(f *FlowState) (bits []string, ints map[string]int64) {
	if f.epoch != s.epoch {
		return nil, nil
	}
	for name, bit := range s.bitNames {
		if f.has(bit) {
			bits = append(bits, name)
		}
	}
	for name, n := range s.intNames {
		if v, ok := f.int(n); ok {
			if ints == nil {
				ints = map[string]int64{}
			}
			ints[name] = v
		}
	}
	return bits, ints
}
