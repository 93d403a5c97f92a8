package match

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/note"
	"otasuke/rule"
)

// Packet holds the header fields that rules ask for.
type Packet struct {
	TTL, TOS           uint8
	IPID               uint16
	FragOffset         uint16 // in units of 8 bytes
	FragBits           uint8  // more fragments 1, do not fragment 2, reserved 4
	TCPFlags           uint8
	TCPSeq, TCPAck     uint32
	TCPWindow, TCPMSS  uint16 // TCPMSS 0 when the option is absent
	ICMPType, ICMPCode uint8
	ICMPID, ICMPSeq    uint16
	TCPScale           uint8 // window scale option, when HasScale
	HasScale           bool
	MTU                uint32    // of an ICMPv6 message, 0 for none
	VLANs              uint8     // number of tags
	VLAN               [3]uint16 // their numbers, outermost first
	IPOptions          uint32    // bits of rule.IPOption…
	// Checksum tells whether a checksum (rule.FieldIPv4Checksum …) is right, and whether
	// the packet has it.
	Checksum func(rule.Field) (right, ok bool)
}

// Counts of a flow.
type Counts struct {
	Age     int64     // seconds
	Packets [2]uint64 // by direction, 0 to the server
	Bytes   [2]uint64
}

// Input is what is known at one moment about one direction of a flow.
//
// The engine calls once for each packet (PacketRules set) and once for each step of a
// transaction (Values, Tx set). Packet and stream data that arrived together belong
// into one call, or a rule for both tells twice.
type Input struct {
	Src, Dst         netip.Addr // of the packet as sent: Src is the sender; unmapped
	SrcPort, DstPort uint16
	IPProto          uint8      // 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6 …
	App              rule.Proto // application protocol of the flow, ProtoUnknown or ProtoFailed
	ToServer         bool       // Src is the end that opened the flow
	Established      bool       // both ends have taken part (TCP: handshake complete)
	FlowStart        bool       // first packet of the flow in this direction: address rules run

	Packet  *Packet // the packet at hand; nil when there is none or it goes the other way
	Payload []byte  // its transport payload
	// Undecoded tells that the packet could not be decoded: only rules on its events apply.
	Undecoded bool
	// Encrypted tells that the payload is of no use to rules: only its length counts.
	Encrypted bool
	// NoStream tells that the packet's bytes are part of no stream: rules for the stream
	// are judged on the packet.
	NoStream bool
	// PacketRules tells that the rules for single packets are due.
	PacketRules bool

	// Stream is a window: some old bytes, so that nothing hides on the seam, and
	// StreamNew new ones; nil when none are. StreamOffset is the place of its first byte
	// in the stream. When StreamNew is the length of Payload, those are the same bytes.
	Stream       []byte
	StreamNew    int
	StreamOffset uint64
	// Window is the same for rules that look at a transaction and at the stream that
	// carries it. It is not searched for others.
	Window       []byte
	WindowOffset uint64

	// Values are the buffers that exist now in this direction, of the transaction or the
	// packet. Only those that are Fresh are searched; what asks for the end or length of
	// a Partial one waits.
	Values []app.Value
	// File is what was searched ahead of the file that is fresh, nil for nothing.
	File *File
	// Request are the buffers of the request, when the transaction's answer is judged.
	Request []app.Value
	// Complete tells that no more values come in this direction of the transaction.
	Complete bool

	// Sent are the payload bytes that client and server have sent so far.
	Sent [2]uint64

	Counts Counts

	Tx    *TxState     // nil outside transactions
	Flow  *FlowState   // nil when there is no flow
	Hosts *hosts.State // nil: no counting, every match is told
	Now   int64        // microseconds
}

// ends is what counters of hosts know the input by.
func (in *Input) ends() *hosts.Ends {
	return &hosts.Ends{Src: in.Src, Dst: in.Dst, SrcPort: in.SrcPort, DstPort: in.DstPort, Now: in.Now}
}

// Hit is a rule that the input fulfils.
type Hit struct {
	Rule *rule.Rule
	// Action is the rule's, or what its rate filter makes of it.
	Action rule.Action
	// Silent is set when a threshold, noalert or the flow's earlier alert says
	// not to tell; the action still holds.
	Silent bool
	// Notes are what the alert is to tell of text that the rule has kept.
	Notes note.List
}

// Limits of what is remembered.
const (
	// maxPending bounds rules waiting in a transaction: far above what ordinary
	// traffic causes, and 16 KiB at most.
	maxPending = 4096
	// maxFired bounds how many stream rules a flow remembers to have told. Beyond
	// it a rule may tell twice, which is harmless.
	maxFired = 64
	// maxHits bounds the rules told for one input; nobody reads more.
	maxHits = 64
	// maxRecalled bounds the rules that a flow remembers because they were found in its
	// stream; with more of them the window is searched again.
	maxRecalled = 32
	// maxFlowints bounds the counters of one flow.
	maxFlowints = 64
)

// TxState is what rules remember about one transaction. Its zero value is
// ready. It must not be used by two goroutines at once.
type TxState struct {
	epoch   uint64
	pending [2][]uint32 // by direction; rules that wait for more buffers
	crowded [2]bool     // they are not all
	fired   []uint32    // rule*2, plus 1 to the server
}

// Reset forgets everything, for the next transaction.
func (t *TxState) Reset() {
	t.pending[0], t.pending[1], t.fired = t.pending[0][:0], t.pending[1][:0], t.fired[:0]
	t.crowded = [2]bool{}
}

// wait keeps a rule until more of the transaction is there.
func (t *TxState) wait(dir int, id uint32) {
	if len(t.pending[dir]) >= maxPending {
		t.crowded[dir] = true
		return
	}
	t.pending[dir] = append(t.pending[dir], id)
}

// FlowState is what rules remember about one flow. Its zero value is ready. It
// must not be used by two goroutines at once. When rules are replaced it
// forgets.
type FlowState struct {
	epoch uint64
	bits  []uint64
	ints  []flowint
	vars  note.List
	fired []uint32 // rule*2, plus 1 to the server
	// found are rules whose pattern is in the window of a direction, and crowded tells
	// that they are not all.
	found   [2][]found
	crowded [2]bool
}

// found is a rule that was found in the stream before the offset end.
type found struct {
	end uint64
	id  uint32
}

// Reset forgets everything, for the next flow, but keeps memory.
func (f *FlowState) Reset() {
	*f = FlowState{fired: f.fired[:0], ints: f.ints[:0], vars: f.vars[:0], found: [2][]found{f.found[0][:0], f.found[1][:0]}}
}

// recall takes up the rules that were found before in what the window from start to end
// still holds. Those that were found in it now are new again.
func (f *FlowState) recall(sc *Scratch, dir int, start, end uint64) {
	kept := f.found[dir][:0]
	for _, x := range f.found[dir] {
		switch {
		case sc.seen[x.id] == sc.turn:
			x.end = end
		case x.end <= start:
			continue
		}
		kept = append(kept, x)
		sc.candidate(x.id)
	}
	f.found[dir], f.crowded[dir] = kept, false
}

// remember keeps a rule for recall.
func (f *FlowState) remember(dir int, id uint32, end uint64) {
	for _, x := range f.found[dir] {
		if x.id == id {
			return
		}
	}
	if len(f.found[dir]) == maxRecalled {
		f.crowded[dir] = true
		return
	}
	f.found[dir] = append(f.found[dir], found{end, id})
}

type flowint struct {
	name  uint32
	value int64
}

func (f *FlowState) has(bit uint32) bool {
	i := int(bit >> 6)
	return i < len(f.bits) && f.bits[i]&(1<<(bit&63)) != 0
}

func (f *FlowState) change(bit uint32, op rule.BitOp, total int) {
	if f.bits == nil {
		f.bits = make([]uint64, (total+63)/64)
	}
	switch word, mask := &f.bits[bit>>6], uint64(1)<<(bit&63); op {
	case rule.BitSet:
		*word |= mask
	case rule.BitUnset:
		*word &^= mask
	case rule.BitToggle:
		*word ^= mask
	}
}

func (f *FlowState) int(name uint32) (int64, bool) {
	for _, v := range f.ints {
		if v.name == name {
			return v.value, true
		}
	}
	return 0, false
}

func (f *FlowState) setInt(name uint32, value int64) {
	for i := range f.ints {
		if f.ints[i].name == name {
			f.ints[i].value = value
			return
		}
	}
	if len(f.ints) < maxFlowints {
		f.ints = append(f.ints, flowint{name, value})
	}
}
