package listen

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/net/bpf"

	"otasuke/gateway/internal/heard"
)

func frame(kind uint16, body ...byte) []byte {
	return append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x1b, 0x8b, 0, 0, 1, byte(kind >> 8), byte(kind)}, body...)
}

func four(proto byte, fragment uint16, options int, from, to uint16) []byte {
	b := make([]byte, 20+4*options+8)
	b[0], b[9] = 0x45+byte(options), proto
	binary.BigEndian.PutUint16(b[6:], fragment)
	binary.BigEndian.PutUint16(b[20+4*options:], from)
	binary.BigEndian.PutUint16(b[22+4*options:], to)
	return frame(0x0800, b...)
}

func six(next byte, rest ...byte) []byte {
	b := make([]byte, 40)
	b[0], b[6] = 0x60, next
	return frame(0x86dd, append(append(b, rest...), make([]byte, 8)...)...)
}

// The kernel hands up what is read and nothing else: downloads of the office stay where they are.
func TestFilter(t *testing.T) {
	t.Parallel()
	raw, err := filter()
	if err != nil {
		t.Fatal(err)
	}
	prog, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("not understood")
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"arp": {frame(0x0806, make([]byte, 28)...), true}, "lldp": {frame(0x88cc, make([]byte, 20)...), true}, "other type": {frame(0x88e1, make([]byte, 20)...), false},
		"mdns": {four(17, 0, 0, 5353, 5353), true}, "answer of ssdp": {four(17, 0, 0, 1900, 50000), true}, "with options": {four(17, 0, 3, 68, 67), true},
		"tcp of such a port": {four(6, 0, 0, 5353, 5353), false}, "name server": {four(17, 0, 0, 50000, 53), false}, "later piece": {four(17, 5, 0, 5353, 5353), false},
		"first piece": {four(17, 0x2000, 0, 5353, 5353), true}, "quic": {four(17, 0, 0, 50000, 443), false},
		"router": {six(58, 134), true}, "solicitation": {six(58, 135), true}, "neighbour": {six(58, 136), true}, "router asked": {six(58, 133), false}, "ping": {six(58, 128), false},
		"redirect": {six(58, 137), false}, "dhcp6": {six(17, 2, 34, 2, 35), true}, "quic6": {six(17, 200, 0, 1, 187), false}, "tcp6": {six(6, 20, 233, 20, 233), false},
		"cut": {frame(0x0800, 0x45, 0), false}, "nothing": {nil, false},
	} {
		n, err := vm.Run(c.b)
		if err != nil || (n > 0) != c.want {
			t.Errorf("%s: %d %v", name, n, err)
		}
	}
	for _, p := range heard.Ports {
		if n, err := vm.Run(four(17, 0, 0, 50000, p)); err != nil || n == 0 {
			t.Errorf("port %d: %d %v", p, n, err)
		}
		if n, err := vm.Run(six(17, slices.Concat([]byte{byte(p >> 8), byte(p)}, []byte{200, 0})...)); err != nil || n == 0 {
			t.Errorf("port %d of IPv6: %d %v", p, n, err)
		}
	}
}
