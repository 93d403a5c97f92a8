package literal

import (
	"cmp"
	"slices"

	"otasuke/internal/ascii"
)

// grams finds patterns by their last four bytes: a bit tells for
// most places of ordinary data that no pattern ends there. It takes little
// memory, which stays near the processor between other work.
type grams struct {
	patterns   []Pattern             // in lower case where case does not matter
	long       ends                  // by the last four bytes
	two, three ends                  // patterns of so many bytes
	pairs      *[1 << 16 / 64]uint64 // last bytes of those
}

const (
	longGram  = 4
	shortGram = 2 // of the shortest patterns
	// bitsEach of the filter are there for a pattern: one place of 64 is looked at in vain.
	// Those of two bytes have a bit for each pair.
	bitsEach = 64
	// minFilter is the logarithm of the smallest filter, in bits.
	minFilter = 12
)

// ends are the patterns that are found by a number of last bytes, as one number.
type ends struct {
	filter []uint64 // bit for each hash that a pattern has
	shift  uint     // what a hash leaves out
	slots  []uint32 // by hash, open addressing: first of entries with a key, plus one
	list   []ending // sorted by key
}

// ending is a pattern with its last bytes.
type ending struct{ key, id uint32 }

// spread is the factor of hashes (Knuth, The Art of Computer Programming 6.4).
const spread = 2654435769

func newGrams(patterns []Pattern) *grams {
	g := &grams{patterns: make([]Pattern, len(patterns))}
	for i, p := range patterns {
		lower := make([]byte, len(p.Bytes))
		for j, c := range p.Bytes {
			lower[j] = ascii.Lower[c]
		}
		if g.patterns[i] = p; p.Nocase {
			g.patterns[i].Bytes = lower
		}
		key := uint32(0)
		for _, c := range lower[max(0, len(lower)-longGram):] {
			key = key<<8 | uint32(c)
		}
		switch len(lower) {
		case 2:
			g.two.list = append(g.two.list, ending{key, uint32(i)})
		case 3:
			g.three.list = append(g.three.list, ending{key, uint32(i)})
		default:
			g.long.list = append(g.long.list, ending{key, uint32(i)})
		}
	}
	for _, e := range []*ends{&g.long, &g.two, &g.three} {
		e.build()
	}
	for _, x := range slices.Concat(g.two.list, g.three.list) {
		if g.pairs == nil {
			g.pairs = new([1 << 16 / 64]uint64)
		}
		g.pairs[x.key&0xffff>>6] |= 1 << (x.key & 63)
	}
	return g
}

// build lays filter and slots.
func (e *ends) build() {
	if len(e.list) == 0 {
		return
	}
	slices.SortFunc(e.list, func(a, b ending) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	size := minFilter
	for size < 32 && 1<<size < bitsEach*len(e.list) {
		size++
	}
	e.shift = 32 - uint(size)
	e.filter, e.slots = make([]uint64, 1<<(size-6)), make([]uint32, 1<<(size-4))
	for i, x := range e.list {
		h := x.key * spread >> e.shift
		e.filter[h>>6] |= 1 << (h & 63)
		if i > 0 && e.list[i-1].key == x.key {
			continue
		}
		at := h >> 4
		for e.slots[at] != 0 {
			at = (at + 1) % uint32(len(e.slots))
		}
		e.slots[at] = uint32(i) + 1
	}
}

// with returns the patterns that end with a key whose bit in the filter is set.
func (e *ends) with(key uint32) []ending {
	if len(e.slots) == 0 {
		return nil
	}
	for at := key * spread >> e.shift >> 4; ; at = (at + 1) % uint32(len(e.slots)) {
		n := e.slots[at]
		if n == 0 {
			return nil
		}
		if e.list[n-1].key != key {
			continue
		}
		list := e.list[n-1:]
		for i := range list {
			if list[i].key != key {
				return list[:i]
			}
		}
		return list
	}
}

// marks remember which patterns a scan has reported.
type marks struct {
	seen  []uint32 // number of the last scan that reported the pattern
	scan  uint32
	found []uint32
}

func newMarks(most int) marks {
	return marks{seen: make([]uint32, most), found: make([]uint32, 0, most)}
}

// scan returns the patterns that occur in data, each once.
func (g *grams) scan(m *marks, data []byte) []uint32 {
	if m.scan++; m.scan == 0 { // the counter went round
		clear(m.seen)
		m.scan = 1
	}
	m.found = m.found[:0]
	if len(data) < shortGram {
		return m.found
	}
	filter, shift, pairs := g.long.filter, g.long.shift&31, g.pairs
	key := uint32(ascii.Lower[data[0]])
	for i := 1; i < len(data); i++ {
		key = key<<8 | uint32(ascii.Lower[data[i]])
		if h := key * spread >> shift; int(h>>6) < len(filter) && filter[h>>6]>>(h&63)&1 != 0 {
			g.verify(m, g.long.with(key), data[:i+1])
		}
		if pairs != nil && pairs[key&0xffff>>6]>>(key&63)&1 != 0 {
			g.verify(m, g.two.with(key&0xffff), data[:i+1])
			g.verify(m, g.three.with(key&0xffffff), data[:i+1])
		}
	}
	return m.found
}

// verify notes the patterns of a list that data ends with.
func (g *grams) verify(m *marks, list []ending, data []byte) {
	for _, x := range list {
		p := &g.patterns[x.id]
		if at := len(data) - len(p.Bytes); at >= 0 && m.seen[x.id] != m.scan && HasPrefix(data[at:], p.Bytes, p.Nocase) {
			m.seen[x.id] = m.scan
			m.found = append(m.found, x.id)
		}
	}
}

// size is the memory in bytes.
func (g *grams) size() int {
	n := 40 * len(g.patterns)
	for _, e := range []*ends{&g.long, &g.two, &g.three} {
		n += 8*len(e.filter) + 4*len(e.slots) + 8*len(e.list)
	}
	return n
}
