package flow

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"net/netip"
)

// index finds flows by key. Both directions of a conversation have the same hash, so that
// one look finds either; the chains go through the flows themselves. It is as large as its
// table can become: one that grows would make some packet wait.
type index[T any] struct {
	chains []*Flow[T]
	n      int
	// secret keeps others from sending conversations that all fall into one chain.
	secret [4]uint64
}

// leastChains bounds the index of a small table from below. One with room for two flows in
// place of each has short chains: every flow on the way costs a look into memory.
const leastChains = 16

func (x *index[T]) init(most int) {
	x.chains = make([]*Flow[T], 1<<bits.Len(uint(max(2*most, leastChains)-1)))
	seed := maphash.MakeSeed()
	for i := range x.secret {
		x.secret[i] = maphash.Comparable(seed, i) | 1
	}
}

// find returns the flow of k, whose chain is at, and the direction in which k goes; nil for
// none.
func (x *index[T]) find(at uint32, k *Key) (*Flow[T], int) {
	for f := x.chains[at]; f != nil; f = f.next {
		switch {
		case f.Key == *k:
			return f, 0
		case f.Key.Client == k.Server && f.Key.Server == k.Client && f.Key == k.reverse():
			return f, 1
		}
	}
	return nil, 0
}

func (x *index[T]) add(at uint32, f *Flow[T]) {
	f.at, f.next, x.chains[at] = at, x.chains[at], f
	x.n++
}

func (x *index[T]) remove(f *Flow[T]) {
	for c := &x.chains[f.at]; *c != nil; c = &(*c).next {
		if *c == f {
			*c, f.next = f.next, nil
			x.n--
			return
		}
	}
}

// place of a key's chain.
func (x *index[T]) place(k *Key) uint32 {
	h := x.end(k.Client, k.ClientPort) + x.end(k.Server, k.ServerPort) // either may be first
	return uint32(fold(h^k.Via<<8^uint64(k.Proto), x.secret[3])) & uint32(len(x.chains)-1)
}

func (x *index[T]) end(a netip.Addr, port uint16) uint64 {
	b := a.As16()
	return fold(fold(binary.LittleEndian.Uint64(b[:8])^x.secret[0], binary.LittleEndian.Uint64(b[8:])^x.secret[1])^uint64(port), x.secret[2])
}

// fold mixes two numbers: both halves of their product depend on all bits.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
