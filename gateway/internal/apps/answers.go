package apps

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
)

const (
	// answerSlots holds what an office of 100 PCs asks in two hours, at 8 bytes each.
	answerSlots = 1 << 15
	// answerLife in minutes: systems keep answers for as long as they may, and programs
	// open new connections to an address for a while after.
	answerLife = 120
	// A slot is the mark of client and address, the application, and the minute.
	appBits, minuteBits = 14, 26
)

// Answers remembers for which application each client got an address from DNS. It is
// bounded: a newer answer takes the place of an older one. Its zero value is not ready.
type Answers struct {
	seed  maphash.Seed
	slots [answerSlots]atomic.Uint64
}

// NewAnswers makes an empty memory.
func NewAnswers() *Answers { return &Answers{seed: maphash.MakeSeed()} }

// slot is where client and address belong, and their mark.
func (m *Answers) slot(client, addr netip.Addr) (at *atomic.Uint64, mark uint64) {
	var key [32]byte
	c, a := client.As16(), addr.As16()
	copy(key[:16], c[:])
	copy(key[16:], a[:])
	h := maphash.Bytes(m.seed, key[:])
	return &m.slots[h%answerSlots], h >> (appBits + minuteBits) << (appBits + minuteBits)
}

// Remember notes an answer at a time in microseconds. One for a name that is of no
// application makes the older one forgotten.
func (m *Answers) Remember(client, addr netip.Addr, id ID, now int64) {
	at, mark := m.slot(client, addr)
	if id == 0 {
		if old := at.Load(); old>>(appBits+minuteBits) == mark>>(appBits+minuteBits) {
			at.CompareAndSwap(old, 0)
		}
		return
	}
	at.Store(mark | uint64(id)<<minuteBits | minute(now))
}

// Find is the application for which client got an address lately.
func (m *Answers) Find(client, addr netip.Addr, now int64) ID {
	at, mark := m.slot(client, addr)
	v := at.Load()
	if v == 0 || v>>(appBits+minuteBits) != mark>>(appBits+minuteBits) || (minute(now)-v)&(1<<minuteBits-1) > answerLife {
		return 0
	}
	return ID(v >> minuteBits & (1<<appBits - 1))
}

func minute(now int64) uint64 { return uint64(now/60_000_000) & (1<<minuteBits - 1) }
