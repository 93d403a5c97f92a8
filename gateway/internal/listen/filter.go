package listen

import (
	"fmt"

	"golang.org/x/net/bpf"

	"otasuke/gateway/internal/heard"
)

// filter accepts ARP, LLDP, neighbour discovery, and UDP from or to the ports that are read;
// of fragments the first, and of IPv6 only packets without extension headers before UDP.
func filter() ([]bpf.RawInstruction, error) {
	const accept, reject = "accept", "reject"
	type jump struct {
		at      int
		yes, no string // labels; "" goes on
		test    bpf.JumpTest
		value   uint32
	}
	var prog []bpf.Instruction
	var jumps []jump
	labels := map[string]int{}
	add := func(i bpf.Instruction) { prog = append(prog, i) }
	when := func(test bpf.JumpTest, v uint32, yes, no string) {
		jumps = append(jumps, jump{at: len(prog), yes: yes, no: no, test: test, value: v})
		add(bpf.JumpIf{})
	}
	label := func(name string) { labels[name] = len(prog) }
	ports := func() { // A holds one
		for _, p := range heard.Ports {
			when(bpf.JumpEqual, uint32(p), accept, "")
		}
	}
	add(bpf.LoadAbsolute{Off: 12, Size: 2})
	when(bpf.JumpEqual, 0x0806, accept, "")
	when(bpf.JumpEqual, 0x88cc, accept, "")
	when(bpf.JumpEqual, 0x86dd, "six", "")
	when(bpf.JumpEqual, 0x0800, "", reject)
	add(bpf.LoadAbsolute{Off: 23, Size: 1})
	when(bpf.JumpEqual, 17, "", reject)
	add(bpf.LoadAbsolute{Off: 20, Size: 2})
	when(bpf.JumpBitsSet, 0x1fff, reject, "")
	add(bpf.LoadMemShift{Off: 14})
	add(bpf.LoadIndirect{Off: 14, Size: 2})
	ports()
	add(bpf.LoadIndirect{Off: 16, Size: 2})
	ports()
	add(bpf.RetConstant{Val: 0})
	label("six")
	add(bpf.LoadAbsolute{Off: 20, Size: 1})
	when(bpf.JumpEqual, 17, "udp6", "")
	when(bpf.JumpEqual, 58, "", reject)
	add(bpf.LoadAbsolute{Off: 54, Size: 1})
	when(bpf.JumpLessThan, heard.RouterAdvertisement, reject, "")
	when(bpf.JumpGreaterThan, heard.NeighborAdvertisement, reject, accept)
	label("udp6")
	add(bpf.LoadAbsolute{Off: 54, Size: 2})
	ports()
	add(bpf.LoadAbsolute{Off: 56, Size: 2})
	ports()
	label(reject)
	add(bpf.RetConstant{Val: 0})
	label(accept)
	add(bpf.RetConstant{Val: maxFrame})
	for _, j := range jumps {
		skip := func(name string) uint8 {
			if name == "" {
				return 0
			}
			return uint8(labels[name] - j.at - 1)
		}
		prog[j.at] = bpf.JumpIf{Cond: j.test, Val: j.value, SkipTrue: skip(j.yes), SkipFalse: skip(j.no)}
	}
	raw, err := bpf.Assemble(prog)
	if err != nil {
		return nil, fmt.Errorf("listen: filter: %w", err)
	}
	return raw, nil
}
