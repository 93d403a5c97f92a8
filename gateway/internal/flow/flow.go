package flow

import (
	"net/netip"

	"otasuke/gateway/internal/packet"
)

// Key names a conversation in the direction in which it was opened.
type Key struct {
	Client, Server         netip.Addr
	ClientPort, ServerPort uint16
	Proto                  uint8
}

func (k Key) reverse() Key {
	return Key{k.Server, k.Client, k.ServerPort, k.ClientPort, k.Proto}
}

// State of a TCP conversation; other protocols are New until the first answer.
type State uint8

// States.
const (
	New State = iota
	Established
	Closing // FIN or RST seen
)

// Timeouts in microseconds, the usual ones of connection tracking: a little
// above what keep-alives of common clients need.
const (
	timeoutNew     = 30_000_000
	timeoutTCP     = 1_800_000_000
	timeoutUDP     = 120_000_000
	timeoutClosing = 10_000_000
)

// Flow is one conversation.
type Flow[T any] struct {
	Key     Key
	State   State
	Started int64 // microseconds
	Last    int64
	Packets [2]uint64 // by direction: 0 to server, 1 to client
	Bytes   [2]uint64
	// SynSeen tells that the conversation was seen from its first packet.
	SynSeen bool
	User    T

	older, newer *Flow[T]
}

// Table holds the conversations of one worker.
type Table[T any] struct {
	// Max is the number of conversations that are held.
	Max int
	// Reset prepares a user state for its next conversation. Required.
	Reset func(*T)
	// Ended is told about each conversation that leaves the table. Optional.
	Ended func(*Flow[T])
	// Evicted counts conversations that left because the table was full.
	Evicted uint64

	flows          map[Key]*Flow[T]
	oldest, newest *Flow[T]
	free           *Flow[T]
}

// Len is the number of conversations held.
func (t *Table[T]) Len() int { return len(t.flows) }

// Find returns the conversation of p, making one if there is none, and the
// direction of p: 0 to server, 1 to client.
func (t *Table[T]) Find(p *packet.Packet, now int64) (*Flow[T], int) {
	if t.flows == nil {
		t.flows = make(map[Key]*Flow[T])
	}
	k := Key{p.Src, p.Dst, p.SrcPort, p.DstPort, p.Proto}
	if k.Proto == packet.ICMP || k.Proto == packet.ICMPv6 {
		k.ClientPort, k.ServerPort = p.ICMPID, p.ICMPID
	}
	f, dir := t.flows[k], 0
	if f == nil {
		if f = t.flows[k.reverse()]; f != nil {
			dir = 1
		}
	}
	if f != nil && (f.timedOut(now) || f.reopened(p)) {
		t.end(f)
		f, dir = nil, 0
	}
	if f == nil {
		if answers(p) { // first seen in the middle: the answering side speaks
			k, dir = k.reverse(), 1
		}
		f = t.open(k, p, now)
	} else {
		t.touch(f)
	}
	f.count(p, dir, now)
	return f, dir
}

// answers tells that p is a server's packet although nothing of its
// conversation was seen: a SYN+ACK, or data from a well-known port to a high one.
func answers(p *packet.Packet) bool {
	if p.Proto == packet.TCP && p.Flags&packet.SYN != 0 {
		return p.Flags&packet.ACK != 0
	}
	return p.SrcPort != 0 && p.SrcPort < 1024 && p.DstPort >= 1024
}

// reopened tells that a SYN starts a new conversation with a used pair of ports.
func (f *Flow[T]) reopened(p *packet.Packet) bool {
	return p.Proto == packet.TCP && p.Flags&(packet.SYN|packet.ACK) == packet.SYN && f.State == Closing
}

func (f *Flow[T]) timedOut(now int64) bool {
	limit := int64(timeoutUDP)
	switch {
	case f.State == Closing:
		limit = timeoutClosing
	case f.State == New:
		limit = timeoutNew
	case f.Key.Proto == packet.TCP:
		limit = timeoutTCP
	}
	return now-f.Last > limit
}

func (f *Flow[T]) count(p *packet.Packet, dir int, now int64) {
	f.Last = now
	f.Packets[dir]++
	f.Bytes[dir] += uint64(len(p.Data))
	if p.Proto != packet.TCP {
		if f.State == New && f.Packets[0] > 0 && f.Packets[1] > 0 {
			f.State = Established
		}
		return
	}
	switch {
	case p.Flags&packet.RST != 0:
		f.State = Closing
	case p.Flags&packet.FIN != 0 && f.Packets[0] > 0 && f.Packets[1] > 0:
		f.State = Closing
	case p.Flags&packet.SYN != 0:
		f.SynSeen = true
	case f.State == New && p.Flags&packet.ACK != 0 && (dir == 0 && f.Packets[1] > 0 || !f.SynSeen):
		f.State = Established
	}
}

func (t *Table[T]) open(k Key, p *packet.Packet, now int64) *Flow[T] {
	for len(t.flows) >= t.Max && t.oldest != nil {
		t.Evicted++
		t.end(t.oldest)
	}
	f := t.free
	if f == nil {
		f = new(Flow[T])
	} else {
		t.free = f.newer
		user := f.User
		*f = Flow[T]{User: user}
	}
	t.Reset(&f.User)
	f.Key, f.Started, f.Last = k, now, now
	t.flows[k] = f
	t.push(f)
	return f
}

// Expire ends conversations that timed out, looking at no more than max of them.
func (t *Table[T]) Expire(now int64, max int) {
	for f := t.oldest; f != nil && max > 0; max-- {
		next := f.newer
		if f.timedOut(now) {
			t.end(f)
		}
		f = next
	}
}

// EndAll ends every conversation, oldest first.
func (t *Table[T]) EndAll() {
	for t.oldest != nil {
		t.end(t.oldest)
	}
}

// End drops one conversation.
func (t *Table[T]) End(f *Flow[T]) { t.end(f) }

func (t *Table[T]) end(f *Flow[T]) {
	if t.Ended != nil {
		t.Ended(f)
	}
	delete(t.flows, f.Key)
	t.unlink(f)
	f.newer, f.older = t.free, nil
	t.free = f
}

func (t *Table[T]) touch(f *Flow[T]) {
	if t.newest != f {
		t.unlink(f)
		t.push(f)
	}
}

func (t *Table[T]) push(f *Flow[T]) {
	f.older, f.newer = t.newest, nil
	if t.newest != nil {
		t.newest.newer = f
	} else {
		t.oldest = f
	}
	t.newest = f
}

func (t *Table[T]) unlink(f *Flow[T]) {
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		t.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		t.newest = f.older
	}
}
