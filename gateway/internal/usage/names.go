package usage

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// nameSlots names are kept for those who ask for them again: what an office asks for in an
// hour. 64 KiB, and the names.
const nameSlots = 1 << 13

// names gives conversations that ask for the same name the same copy of it. Two names that
// share a slot push each other out, and are kept by who has them. Its zero value is ready.
type names struct {
	slots [nameSlots]atomic.Pointer[string]
}

var nameSeed = maphash.MakeSeed()

func (n *names) one(b []byte) *string {
	slot := &n.slots[maphash.Bytes(nameSeed, b)%nameSlots]
	if s := slot.Load(); s != nil && *s == string(b) {
		return s
	}
	s := strings.ToValidUTF8(string(b), "?")
	slot.Store(&s)
	return &s
}
