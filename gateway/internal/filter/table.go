package filter

import "math/bits"

// table is a hash table with open addressing that grows: hashes, and the class of each. A slot is
// found by the hash's upper bits, so that growing walks through memory in order.
type table struct {
	keys    []uint64 // 0 is an empty slot
	classes []class
	n       int
}

const (
	startSlots = 1024
	// fullNum of fullDen slots in use are enough: at two thirds a search that fails looks
	// at five slots, which lie in one or two lines of the cache.
	fullNum, fullDen = 2, 3
	// growNum of growDen is the new size: doubling would leave five million entries in
	// twice the memory that they need.
	growNum, growDen = 3, 2
)

// home is the first slot of a hash.
func (t *table) home(h uint64) int {
	hi, _ := bits.Mul64(h, uint64(len(t.keys)))
	return int(hi)
}

// slot returns the place of a hash's class, new or not.
func (t *table) slot(h uint64) *class {
	if t.n*fullDen >= len(t.keys)*fullNum {
		t.grow()
	}
	i := t.free(h)
	if t.keys[i] == 0 {
		t.keys[i] = h
		t.n++
	}
	return &t.classes[i]
}

// free is the slot that has h, or that it would get.
func (t *table) free(h uint64) int {
	i := t.home(h)
	for t.keys[i] != 0 && t.keys[i] != h {
		if i++; i == len(t.keys) {
			i = 0
		}
	}
	return i
}

func (t *table) grow() {
	keys, classes := t.keys, t.classes
	n := max(startSlots, len(keys)*growNum/growDen)
	t.keys, t.classes = make([]uint64, n), make([]class, n)
	for i, h := range keys {
		if h != 0 {
			k := t.free(h)
			t.keys[k], t.classes[k] = h, classes[i]
		}
	}
}

// packed is a table that does not change: each slot has the lower 48 bits of the hash and the
// class, so that a look is one line of the cache. The upper bits say where to look, and so are
// compared too.
//
// Most of what is looked up is not there. sieve says so of nearly all of it from a tenth of
// the memory, which the processor's caches hold: a word of it has the bits of some hashes.
type packed struct {
	slots []uint64 // 0 is empty: no class is 0
	sieve []uint64
	n     int
}

// sieveEntries share a word of the sieve: 10 bits for each let two in a hundred through
// that is not there.
const sieveEntries = 6

// marks are the bits of a hash in its word of the sieve. They are not those that choose the
// word.
func marks(h uint64) uint64 {
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
}

// may is 1 for a hash that may be there, and 0 for one that is not. It does not branch: nobody
// can guess the answer, and a wrong guess would wait for memory.
func (p *packed) may(h uint64) uint64 {
	i, _ := bits.Mul64(h, uint64(len(p.sieve)))
	missing := marks(h) &^ p.sieve[i]
	return (missing|-missing)>>63 ^ 1
}

const classBits = 16

// slotsNum of slotsDen entries are the slots of a packed table.
const slotsNum, slotsDen = 5, 3

// pack makes a packed table of t.
func (t *table) pack() packed {
	p := packed{slots: make([]uint64, t.n*slotsNum/slotsDen+1), sieve: make([]uint64, t.n/sieveEntries+1), n: t.n}
	for i, h := range t.keys {
		if h == 0 {
			continue
		}
		word, _ := bits.Mul64(h, uint64(len(p.sieve)))
		p.sieve[word] |= marks(h)
		k := p.home(h)
		for p.slots[k] != 0 {
			k = p.after(k)
		}
		p.slots[k] = h<<classBits | uint64(t.classes[i])
	}
	return p
}

func (p *packed) home(h uint64) int {
	hi, _ := bits.Mul64(h, uint64(len(p.slots)))
	return int(hi)
}

func (p *packed) after(i int) int {
	if i++; i == len(p.slots) {
		return 0
	}
	return i
}

// get returns the class of a hash, 0 for one that is not there.
func (p *packed) get(h uint64) class {
	if p.n == 0 {
		return 0
	}
	for i := p.home(h); ; i = p.after(i) {
		if s := p.slots[i]; s == 0 || s>>classBits == h<<classBits>>classBits {
			return class(s)
		}
	}
}
