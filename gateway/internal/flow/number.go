package flow

import (
	"fmt"
	"net/netip"
)

// String writes who talks to whom.
func (k Key) String() string {
	return fmt.Sprintf("protocol %d, %s > %s", k.Proto, netip.AddrPortFrom(k.Client, k.ClientPort), netip.AddrPortFrom(k.Server, k.ServerPort))
}

// Number is what records of one conversation share: made of its ends and its beginning.
func (f *Traffic) Number() uint64 {
	k := f.Key
	h := uint64(14695981039346656037) // FNV-1a
	mix := func(b byte) { h = (h ^ uint64(b)) * 1099511628211 }
	for _, a := range [2]netip.Addr{k.Client, k.Server} {
		for _, c := range a.As16() {
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
