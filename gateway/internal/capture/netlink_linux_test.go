package capture

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// kernelMessage is a packet message as the kernel writes it.
func kernelMessage(id uint32, attrs ...[]byte) []byte {
	b, start := message(nil, msgPacket, 0, 0)
	b = attr(b, attrPacketHdr, byte(id>>24), byte(id>>16), byte(id>>8), byte(id), 8, 0, 1)
	for _, a := range attrs {
		b = append(b, a...)
	}
	return end(b, start)
}

func one(kind uint16, data ...byte) []byte { return attr(nil, kind, data...) }

// markOf is the attribute of a mark into which these bytes of a frame were copied.
func markOf(b ...byte) []byte {
	return one(attrMark, be32(binary.NativeEndian.Uint32(b))...)
}

func TestParse(t *testing.T) {
	t.Parallel()
	payload := one(attrPayload, []byte("payload")...)
	vlanTag := one(attrVLAN, one(2, 0xe0, 7)...)
	for _, c := range []struct {
		name string
		in   []byte
		want Packet
		ok   bool
	}{
		{"all", kernelMessage(5, one(attrPhysIn, 0, 0, 0, 3), one(attrPhysOut, 0, 0, 0, 4), one(attrHWAddr, 0, 6, 0, 0, 2, 0, 0, 0, 0, 9, 0, 0), one(attrSKBInfo, 0, 0, 0, skbNotVerified), vlanTag, payload),
			Packet{ID: 5, InPort: 3, OutPort: 4, MAC: [6]byte{2, 0, 0, 0, 0, 9}, Unverified: true, Tag: Tag{VLAN: 7}, Data: []byte("payload")}, true},
		{"nested flag set", kernelMessage(5, one(attrVLAN|0x8000, one(2, 0, 9)...), payload), Packet{ID: 5, Tag: Tag{VLAN: 9}, Data: []byte("payload")}, true},
		{"unknown attributes", kernelMessage(5, one(99, 1, 2, 3), payload), Packet{ID: 5, Data: []byte("payload")}, true},
		{"VLAN in the mark", kernelMessage(5, markOf(0x81, 0, 0xe0, 10), payload), Packet{ID: 5, Tag: Tag{VLAN: 10}, Data: []byte("payload")}, true},
		{"session in the mark", kernelMessage(5, markOf(0x11, 0, 0x12, 0x34), payload), Packet{ID: 5, Tag: Tag{Session: 0x1234}, Data: []byte("payload")}, true},
		{"another mark", kernelMessage(5, markOf(1, 0, 0x12, 0x34), vlanTag, payload), Packet{ID: 5, Tag: Tag{VLAN: 7}, Data: []byte("payload")}, true},
		{"mark cut", kernelMessage(5, one(attrMark, 0x81, 0), payload), Packet{ID: 5, Data: []byte("payload")}, true},
		{"session in the payload", kernelMessage(5, one(attrPayload, 0x11, 0, 0x12, 0x34, 0, 3, 0, 0x57, 'x')), Packet{ID: 5, Tag: Tag{Session: 0x1234}, Data: []byte("x")}, true},
		{"session's own protocol", kernelMessage(5, one(attrPayload, 0x11, 0, 0x12, 0x34, 0, 3, 0xc0, 0x21, 'x')), Packet{ID: 5, Tag: Tag{Session: 0x1234}}, true},
		{"session cut", kernelMessage(5, one(attrPayload, 0x11, 0, 0x12, 0x34, 0, 3, 0)), Packet{ID: 5, Data: []byte("\x11\x00\x12\x34\x00\x03\x00")}, true},
		{"routed", kernelMessage(5, one(attrIn, 0, 0, 0, 8), payload), Packet{ID: 5, InPort: 8, Data: []byte("payload")}, true},
		{"bridged", kernelMessage(5, one(attrIn, 0, 0, 0, 8), one(attrPhysIn, 0, 0, 0, 3), one(attrIn, 0, 0, 0, 9), payload), Packet{ID: 5, InPort: 3, Data: []byte("payload")}, true},
		{"no payload", kernelMessage(5), Packet{ID: 5}, true},
		{"empty payload", kernelMessage(5, one(attrPayload)), Packet{ID: 5}, true},
		{"short numbers", kernelMessage(5, one(attrPhysIn, 3), one(attrHWAddr, 0, 6), one(attrVLAN, 1), payload), Packet{ID: 5, Data: []byte("payload")}, true},
		{"attribute over the message", kernelMessage(5, payload, []byte{200, 0, 10, 0}), Packet{ID: 5}, true},
		{"attribute under its header", kernelMessage(5, payload, []byte{3, 0, 10, 0}), Packet{ID: 5}, true},
		{"no id", append(make([]byte, nlHeader+nfHeader), payload...), Packet{Data: []byte("payload")}, false},
		{"id cut", append(make([]byte, nlHeader+nfHeader), one(attrPacketHdr, 0, 1)...), Packet{}, false},
		{"header cut", make([]byte, nlHeader+3), Packet{}, false},
	} {
		var p Packet
		if ok := parse(c.in[nlHeader:], &p); ok != c.ok || p.ID != c.want.ID || p.InPort != c.want.InPort || p.OutPort != c.want.OutPort ||
			p.MAC != c.want.MAC || p.Tag != c.want.Tag || p.Unverified != c.want.Unverified || string(p.Data) != string(c.want.Data) {
			t.Errorf("%s: %v %+v", c.name, ok, p)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	three := append(append(kernelMessage(1, one(attrPayload, 'a')), kernelMessage(2)...), kernelMessage(3)...)
	f := func(name string, in []byte, want int) {
		t.Helper()
		n := 0
		for range messages(in) {
			n++
		}
		if n != want {
			t.Errorf("%s: %d messages, want %d", name, n, want)
		}
	}
	f("three", three, 3)
	f("cut", three[:len(three)-1], 2)
	f("nothing", nil, 0)
	other := kernelMessage(1)
	binary.NativeEndian.PutUint16(other[4:], unix.NLMSG_ERROR)
	f("other kind", append(other, three...), 3)
	zero := kernelMessage(1)
	binary.NativeEndian.PutUint32(zero, 0)
	f("length 0", append(zero, three...), 0)
	for range messages(three) {
		break
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(kernelMessage(7, one(attrPhysIn, 0, 0, 0, 3), one(attrVLAN, one(2, 0, 9)...), one(attrPayload, datagram("x")...)))
	f.Add(append(kernelMessage(1, one(attrPayload, 'a')), kernelMessage(2, one(attrHWAddr, 0, 6, 0, 0, 1, 2, 3, 4, 5, 6))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for m := range messages(b) {
			var p Packet
			parse(m, &p)
			total += len(p.Data)
		}
		if total > len(b) {
			t.Fatalf("%d bytes of payload in %d", total, len(b))
		}
	})
}
