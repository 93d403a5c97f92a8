package evelog

import (
	"crypto/sha1" // what the standard of the identifier asks for
	"encoding/base64"
	"encoding/binary"

	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
)

// communityID names a conversation in the same way for both directions (Community ID
// version 1): a digest of the ends, the smaller one first.
func communityID(k *flow.Key, seed uint16) string {
	src, dst := k.Client.AsSlice(), k.Server.AsSlice()
	sp, dp := k.ClientPort, k.ServerPort
	if k.Proto == packet.ICMP || k.Proto == packet.ICMPv6 {
		sp, dp = icmpPorts(k)
	}
	if c := compare(src, dst); c > 0 || c == 0 && sp > dp {
		if k.Proto != packet.ICMP && k.Proto != packet.ICMPv6 || answered(k) {
			src, dst, sp, dp = dst, src, dp, sp
		}
	}
	b := binary.BigEndian.AppendUint16(nil, seed)
	b = append(append(b, src...), dst...)
	b = append(b, k.Proto, 0)
	if ports(k.Proto) || k.Proto == packet.ICMP || k.Proto == packet.ICMPv6 {
		b = binary.BigEndian.AppendUint16(b, sp)
		b = binary.BigEndian.AppendUint16(b, dp)
	}
	sum := sha1.Sum(b)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// icmpPorts are the type and its answer, or the code where there is none.
func icmpPorts(k *flow.Key) (uint16, uint16) {
	if answered(k) {
		return k.ClientPort >> 8, k.ServerPort >> 8
	}
	return k.ClientPort >> 8, k.ClientPort & 0xff
}

// answered tells that the ICMP type of k has an answer.
func answered(k *flow.Key) bool { return k.ServerPort != 0 || k.ClientPort>>8 == 8 }

func compare(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}
