package flow

import (
	"net/netip"

	"otasuke/gateway/internal/packet"
)

// Key names a conversation in the direction in which it was opened.
type Key struct {
	Client, Server netip.Addr
	// ClientPort and ServerPort are, for ICMP, the type and code of what the client sends
	// and the type of its answer in the upper byte; 0 for protocols without ports.
	ClientPort, ServerPort uint16
	Proto                  uint8
	// Via tells networks with the same addresses apart: up to three VLAN ids, outermost
	// lowest, 16 bits each, and the number of tunnels above them.
	Via uint64
}

func (k Key) reverse() Key {
	return Key{k.Server, k.Client, k.ServerPort, k.ClientPort, k.Proto, k.Via}
}

// State of a TCP conversation; other protocols are New until the first answer.
type State uint8

// States.
const (
	New State = iota
	Established
	Closing // FIN or RST seen
)

// Flow is one conversation.
type Flow[T any] struct {
	Traffic
	User T

	class        patience
	at           uint32 // its chain in the index
	next         *Flow[T]
	older, newer *Flow[T]
}

// String names its ends, "" for none.
func (f *Flow[T]) String() string {
	if f == nil {
		return ""
	}
	return f.Key.String()
}

// Traffic is what a table knows of a conversation.
type Traffic struct {
	Key     Key
	State   State
	Started int64 // microseconds
	Last    int64
	Packets [2]uint64 // by direction: 0 to server, 1 to client
	Bytes   [2]uint64
	// SynSeen tells that the conversation was seen from its first packet.
	SynSeen bool
	// Replaced tells that it was opened in the place of another conversation between the
	// same ends, which may go on nevertheless.
	Replaced bool

	settled bool // see [Table.Settle]

	// isn is the sequence number of the client's SYN; otherISN that of another
	// SYN between the same ports, which the server may answer instead.
	isn, otherISN uint32
	hasOther      bool
	// end is the highest number that each direction has reached, ack what it has
	// acknowledged last.
	end, ack       [2]uint32
	hasEnd, hasAck [2]bool
}

// Table holds the conversations of one worker.
type Table[T any] struct {
	// Max is the number of conversations that are held.
	Max int
	// Literal takes who sends the first TCP packet for the client, also where its flags or
	// ports say otherwise: for captures.
	Literal bool
	// AnyVLAN leaves VLANs out of flows' keys: both directions of a conversation may come
	// with different tags.
	AnyVLAN bool
	// AnyLevel leaves the depth of tunnels out of them.
	AnyLevel bool
	// Reset prepares a user state for its next conversation. Required.
	Reset func(*T)
	// Cut tells that nothing more of a conversation passes: any new SYN of its client begins
	// another, since its ends were told and may use their ports again at once. Optional.
	Cut func(*T) bool
	// Ended is told about each conversation that leaves the table. Optional.
	Ended func(*Flow[T])
	// Evicted counts conversations that left because the table was full.
	Evicted uint64

	flows index[T]
	lists [patiences]list[T]
	free  *Flow[T]
	now   int64     // of the last Expire
	fresh []Flow[T] // that were never used
}

// chunk of flows are made at a time: they are never given back, and one by one they cost
// more.
const chunk = 64

// Len is the number of conversations held.
func (t *Table[T]) Len() int { return t.flows.n }

// Find returns the conversation of p, making one if there is none, and the
// direction of p: 0 to server, 1 to client.
func (t *Table[T]) Find(p *packet.Packet, now int64) (*Flow[T], int) {
	if t.flows.chains == nil {
		t.flows.init(t.Max)
	}
	k := t.keyOf(p)
	at := t.flows.place(&k)
	f, dir := t.flows.find(at, &k)
	var before *uint32 // the SYN that the new one stands beside
	replaced := false
	if f != nil {
		reopened := f.reopened(p, dir, t.Literal, t.Cut != nil && t.Cut(&f.User))
		if reopened && f.SynSeen && f.State == New {
			isn := f.isn
			before = &isn
		}
		if reopened || f.timedOut(now) {
			t.end(f)
			f, dir, replaced = nil, 0, reopened
		}
	}
	if f == nil {
		if answers(p, t.Literal) { // first seen in the middle: the answering side speaks
			k, dir = k.reverse(), 1
		}
		f = t.open(at, k, now)
		f.Replaced = replaced
		if before != nil {
			f.otherISN, f.hasOther = *before, true
		}
	}
	f.count(p, dir, now)
	t.place(f)
	return f, dir
}

// Related returns the conversation that p, an ICMP error, reports about, and the
// direction of p in it; nil when p is no such error or the conversation is not known.
// It is counted there and keeps it, but does not change its state. Such packets are
// better not given to Find, which would make conversations of nothing but errors.
func (t *Table[T]) Related(p *packet.Packet, now int64) (*Flow[T], int) {
	c := &p.Cause
	if !c.Known || t.flows.n == 0 {
		return nil, 0
	}
	k := Key{c.Src, c.Dst, c.SrcPort, c.DstPort, c.Proto, t.via(p)}
	f, _ := t.flows.find(t.flows.place(&k), &k)
	if f == nil {
		return nil, 0
	}
	dir := 1
	if p.Dst == f.Key.Server {
		dir = 0
	}
	f.Packets[dir]++
	f.Bytes[dir] += uint64(len(p.Frame))
	f.Last = now
	t.place(f)
	return f, dir
}

func (t *Table[T]) keyOf(p *packet.Packet) Key {
	k := Key{p.Src, p.Dst, p.SrcPort, p.DstPort, p.Proto, t.via(p)}
	if k.Proto == packet.ICMP || k.Proto == packet.ICMPv6 {
		k.ClientPort = uint16(p.ICMPType)<<8 | uint16(p.ICMPCode)
		k.ServerPort = uint16(counterpart(p.Proto, p.ICMPType)) << 8
	}
	return k
}

func (t *Table[T]) via(p *packet.Packet) (v uint64) {
	if !t.AnyLevel {
		v = uint64(p.Level) << 48
	}
	if t.AnyVLAN {
		return v
	}
	return v | uint64(p.VLANs[2])<<32 | uint64(p.VLANs[1])<<16 | uint64(p.VLANs[0])
}

// counterpart is the ICMP type that answers t or is answered by it, 0 when there is none.
func counterpart(proto, t uint8) uint8 {
	if proto == packet.ICMP {
		switch t {
		case 0: // echo, RFC 792
			return 8
		case 13, 15, 17: // time stamp, information, address mask
			return t + 1
		case 14, 16, 18:
			return t - 1
		case 9, 10: // router discovery, RFC 1256
			return 19 - t
		}
		return 0
	}
	switch t {
	case 128, 133, 135, 139, 141, 144, 146, 148: // echo, neighbours, node information, mobility
		return t + 1
	case 129, 134, 136, 140, 142, 145, 147, 149:
		return t - 1
	case 130: // listeners, RFC 2710
		return 131
	case 131:
		return 130
	}
	return 0
}

// answers tells that p is a server's packet although nothing of its conversation was
// seen: a SYN+ACK, TCP from a well-known port to a high one, or an answer of DNS. Other
// datagrams are not guessed at: clients of NFS and many others use low ports too.
func answers(p *packet.Packet, literal bool) bool {
	switch p.Proto {
	case packet.TCP:
		if literal {
			return false
		}
		if p.Flags&packet.SYN != 0 {
			return p.Flags&packet.ACK != 0
		}
		return p.SrcPort != 0 && p.SrcPort < 1024 && p.DstPort >= 1024
	case packet.UDP: // RFC 1035 section 4.1.1: QR
		return p.SrcPort == 53 && p.DstPort != 53 && len(p.Payload) >= 12 && p.Payload[2]&0x80 != 0
	}
	return false
}

// reopened tells that p starts a new conversation with a used pair of ports: a
// SYN after the end; a SYN with another number while nobody answered the first
// packets; or the answer to a SYN other than the one that this conversation
// began with. Of one that is cut any new SYN of its client does. Whatever was judged until then says
// nothing about the new one.
func (f *Traffic) reopened(p *packet.Packet, dir int, literal, cut bool) bool {
	if p.Proto != packet.TCP {
		return false
	}
	switch p.Flags & (packet.SYN | packet.ACK | packet.RST) {
	case packet.SYN:
		if f.State == Closing {
			return true
		}
		if f.SynSeen && dir == 0 && f.isn == p.Seq {
			return false // sent again
		}
		if cut && dir == 0 {
			return true
		}
		if f.Packets[1-dir] == 0 {
			return !literal // a watcher's session knows all of them
		}
		if dir == 0 {
			f.otherISN, f.hasOther = p.Seq, true
		}
	case packet.SYN | packet.ACK:
		return dir == 1 && f.hasOther && p.Ack == f.otherISN+1 && !(f.SynSeen && f.isn == f.otherISN)
	}
	return false
}

func (f *Traffic) count(p *packet.Packet, dir int, now int64) {
	f.Last = now
	f.Packets[dir]++
	f.Bytes[dir] += uint64(len(p.Frame))
	if p.Proto != packet.TCP {
		if f.State == New && f.Packets[0] > 0 && f.Packets[1] > 0 {
			f.State = Established
		}
		return
	}
	exact := f.exact(p, dir)
	f.follow(p, dir)
	switch {
	case p.Flags&packet.RST != 0:
		if exact {
			f.State = Closing
		}
	case p.Flags&packet.FIN != 0 && f.Packets[0] > 0 && f.Packets[1] > 0:
		if exact {
			f.State = Closing
		}
	case p.Flags&packet.SYN != 0:
		if dir == 0 && !f.SynSeen {
			f.isn = p.Seq
		}
		f.SynSeen = true
	case f.State == New && p.Flags&packet.ACK != 0 && (dir == 0 && f.Packets[1] > 0 || !f.SynSeen):
		f.State = Established
	}
}

// exact tells that p has the number that comes next in its direction: others are not
// believed when they end a connection (RFC 5961 section 3).
func (f *Traffic) exact(p *packet.Packet, dir int) bool {
	if !f.hasEnd[dir] && !f.hasAck[1-dir] {
		return true // a refusal, or nothing was seen
	}
	return f.hasEnd[dir] && p.Seq == f.end[dir] || f.hasAck[1-dir] && p.Seq == f.ack[1-dir]
}

// follow notes how far a direction has come.
func (f *Traffic) follow(p *packet.Packet, dir int) {
	if p.Flags&packet.RST != 0 {
		return
	}
	end := p.Seq + uint32(len(p.Payload))
	if p.Flags&packet.SYN != 0 {
		end++
	}
	if !f.hasEnd[dir] || int32(end-f.end[dir]) > 0 {
		f.end[dir], f.hasEnd[dir] = end, true
	}
	if p.Flags&packet.ACK != 0 {
		f.ack[dir], f.hasAck[dir] = p.Ack, true
	}
}

func (t *Table[T]) open(at uint32, k Key, now int64) *Flow[T] {
	for t.flows.n >= t.Max {
		f := t.victim()
		if f == nil {
			break
		}
		t.Evicted++
		t.end(f)
	}
	f := t.unused()
	f.Traffic = Traffic{Key: k, Started: now, Last: now}
	f.class = unanswered
	t.Reset(&f.User)
	t.flows.add(at, f)
	t.lists[f.class].push(f)
	return f
}

// unused returns a flow that is in no list.
func (t *Table[T]) unused() *Flow[T] {
	if f := t.free; f != nil {
		t.free = f.newer
		return f
	}
	if len(t.fresh) == 0 {
		t.fresh = make([]Flow[T], min(chunk, max(1, t.Max)))
	}
	f := &t.fresh[0]
	t.fresh = t.fresh[1:]
	return f
}

// leap is how far back the clock must jump for conversations to follow it: one that is corrected
// by a server does so by seconds to years, one that is steered never.
const leap = 1_000_000

// Expire ends conversations that timed out, no more than max of them. When the clock was put
// back, theirs is, too: else they would stay until it is again as late as it was.
func (t *Table[T]) Expire(now int64, max int) {
	if back := t.now - now; back > leap {
		for i := range t.lists {
			for f := t.lists[i].oldest; f != nil; f = f.newer {
				if f.Last > now { // and not seen since
					f.Last -= back
				}
			}
		}
	}
	t.now = now
	for i := range t.lists {
		for f := t.lists[i].oldest; f != nil && f.timedOut(now) && max > 0; f = t.lists[i].oldest {
			t.end(f)
			max--
		}
	}
}

// Shed ends a number of conversations as if the table were full.
func (t *Table[T]) Shed(n int) {
	for f := t.victim(); f != nil && n > 0; f = t.victim() {
		t.Evicted++
		t.end(f)
		n--
	}
}

// EndAll ends every conversation, the one that was quiet longest first.
func (t *Table[T]) EndAll() {
	for f := t.quietest(); f != nil; f = t.quietest() {
		t.end(f)
	}
}

// Settle tells that both sides of a TCP connection that is closing have everything of each
// other: it is soon forgotten.
func (t *Table[T]) Settle(f *Flow[T]) {
	f.settled = true
	t.place(f)
}

// End drops one conversation.
func (t *Table[T]) End(f *Flow[T]) { t.end(f) }

func (t *Table[T]) end(f *Flow[T]) {
	if t.Ended != nil {
		t.Ended(f)
	}
	t.flows.remove(f)
	t.lists[f.class].unlink(f)
	f.newer, f.older = t.free, nil
	t.free = f
}

// victim returns the conversation that makes room where the table is full.
func (t *Table[T]) victim() *Flow[T] {
	for class := range connected {
		if l := &t.lists[class]; l.n > t.Max/share {
			return l.oldest
		}
	}
	return t.quietest()
}

// quietest returns the conversation that was quiet longest.
func (t *Table[T]) quietest() (f *Flow[T]) {
	for i := range t.lists {
		if o := t.lists[i].oldest; o != nil && (f == nil || o.Last < f.Last) {
			f = o
		}
	}
	return f
}

// place puts f at the end of the list that its state belongs to.
func (t *Table[T]) place(f *Flow[T]) {
	class := f.patience()
	if class == f.class && t.lists[class].newest == f {
		return
	}
	t.lists[f.class].unlink(f)
	f.class = class
	t.lists[class].push(f)
}

// list orders conversations of one patience by their last packet: the oldest is
// the first to time out, so that nothing is looked at in vain.
type list[T any] struct {
	oldest, newest *Flow[T]
	n              int
}

func (l *list[T]) push(f *Flow[T]) {
	l.n++
	f.older, f.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = f
	} else {
		l.oldest = f
	}
	l.newest = f
}

func (l *list[T]) unlink(f *Flow[T]) {
	l.n--
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		l.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		l.newest = f.older
	}
}
