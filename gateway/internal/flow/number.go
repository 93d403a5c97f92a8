package flow

import (
	"fmt"
	"net/netip"
)

// String writes who talks to whom.
func (k Key) String() string {
	return fmt.Sprintf("protocol %d, %s > %s", k.Proto, netip.AddrPortFrom(k.Client, k.ClientPort), netip.AddrPortFrom(k.Server, k.ServerPort))
}

// fnvPrime is of FNV-1a over 64 bits, fnvPrime10 its tenth power.
const (
	fnvPrime   = 1099511628211
	fnvPrime10 = 1775861927039214153
)

// Number is what records of one conversation share: made of its ends and its beginning.
func (f *Traffic) Number() uint64 {
	k := f.Key
	h := uint64(14695981039346656037) // FNV-1a
	mix := func(b byte) { h = (h ^ uint64(b)) * fnvPrime }
	for _, a := range [2]netip.Addr{k.Client, k.Server} {
		b := a.As16()
		rest := b[:]
		if a.Is4() { // ten zeros are before it
			h, rest = h*fnvPrime10, b[10:]
		}
		for _, c := range rest {
			mix(c)
		}
	}
	for _, v := range [3]uint64{uint64(k.ClientPort)<<16 | uint64(k.ServerPort), uint64(k.Proto) ^ k.Via<<8, uint64(f.Started)} {
		for i := range 8 {
			mix(byte(v >> (8 * i)))
		}
	}
	return h >> 11 // EVE readers keep 53 bits
}
