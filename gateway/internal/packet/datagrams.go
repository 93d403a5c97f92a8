package packet

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Limits of reassembly.
const (
	// MaxDatagrams unfinished at a time: twice what a busy office shows.
	MaxDatagrams = 1024
	// MaxDatagramBytes is the largest IP packet there can be.
	MaxDatagramBytes = 65535
	// maxPieces bounds one datagram: 64 KiB in the smallest useful pieces (IPv6: 1280, IPv4: 576).
	maxPieces = 128
	// datagramTimeout is 30 s, in microseconds (Linux ipfrag_time).
	datagramTimeout = 30_000_000
)

type datagramKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
}

type piece struct {
	off  int
	last bool
	data []byte
}

type datagram struct {
	first  int64 // time of the first piece, microseconds
	head   []byte
	proto  uint8 // of the piece at the start; what later ones say is ignored (RFC 8200 section 4.5)
	pieces []piece
	size   int
	bad    bool // pieces contradict: never finished (RFC 5722 for IPv6, our policy for both)
}

// Datagrams puts fragments together. One worker owns one; it is not safe for
// concurrent use.
type Datagrams struct {
	open map[datagramKey]*datagram
	// Overlaps and Overflows count datagrams that were given up.
	Overlaps, Overflows uint64

	refused bool
}

// Refused tells that the last piece given to Add belongs to a datagram that was
// given up: nobody judges it, so its piece must not reach the receiver.
func (d *Datagrams) Refused() bool { return d.refused }

// Add takes a fragment and returns the whole packet when it was the last one
// missing, else nil. now is in microseconds. A datagram whose pieces overlap is
// discarded whole: nobody can know which copy the receiver would take.
func (d *Datagrams) Add(p *Packet, now int64) []byte {
	if d.open == nil {
		d.open = make(map[datagramKey]*datagram)
	}
	d.refused = false
	key := datagramKey{p.Src, p.Dst, p.ID, p.Proto}
	if p.Version == 6 {
		key.proto = 0 // only the piece at the start says which protocol it is
	}
	g := d.open[key]
	if g != nil && now-g.first > datagramTimeout {
		delete(d.open, key)
		g = nil
	}
	if g == nil {
		if len(d.open) >= MaxDatagrams {
			d.expire(now)
		}
		if len(d.open) >= MaxDatagrams {
			d.Overflows++
			d.refused = true
			return nil
		}
		g = &datagram{first: now}
		d.open[key] = g
	}
	if !g.add(p) {
		if !g.bad {
			d.Overlaps++
		}
		g.bad, g.pieces, g.head = true, nil, nil
		d.refused = true
		return nil
	}
	whole := g.whole(p)
	if whole != nil {
		delete(d.open, key)
	}
	return whole
}

func (d *Datagrams) expire(now int64) {
	for k, g := range d.open {
		if now-g.first > datagramTimeout {
			delete(d.open, k)
		}
	}
}

// add keeps a piece in order; false when it contradicts what is there.
func (g *datagram) add(p *Packet) bool {
	n := len(p.Payload)
	end := p.FragOffset + n
	if g.bad || n == 0 || end > MaxDatagramBytes || len(g.pieces) >= maxPieces {
		return false
	}
	if p.MoreFrags && n%8 != 0 { // some receivers cut the rest off, others refuse the piece
		return false
	}
	i, _ := slices.BinarySearchFunc(g.pieces, p.FragOffset, func(q piece, off int) int { return q.off - off })
	if i > 0 && g.pieces[i-1].off+len(g.pieces[i-1].data) > p.FragOffset || i > 0 && g.pieces[i-1].last {
		return false
	}
	if i < len(g.pieces) && g.pieces[i].off < end {
		q := g.pieces[i]
		// An exact copy is harmless.
		return q.off == p.FragOffset && q.last == !p.MoreFrags && slices.Equal(q.data, p.Payload)
	}
	if i < len(g.pieces) && !p.MoreFrags {
		return false
	}
	if p.FragOffset == 0 {
		if p.Version == 6 && p.Proto == 44 || p.IP+g.size+n > MaxDatagramBytes {
			return false // fragments within fragments: no sender makes them
		}
		g.head, g.proto = slices.Clone(p.Data[:p.IP]), p.Proto
	}
	if len(g.head)+end > MaxDatagramBytes {
		return false
	}
	g.pieces = slices.Insert(g.pieces, i, piece{p.FragOffset, !p.MoreFrags, slices.Clone(p.Payload)})
	g.size += n
	return true
}

// whole builds the packet when nothing is missing.
func (g *datagram) whole(p *Packet) []byte {
	if g.head == nil || len(g.pieces) == 0 || !g.pieces[len(g.pieces)-1].last {
		return nil
	}
	next := 0
	for _, q := range g.pieces {
		if q.off != next {
			return nil
		}
		next += len(q.data)
	}
	head := g.head
	if p.Version == 6 {
		head = head[:len(head)-8] // without the fragment header
		unlinkFragment(head, g.proto)
	}
	b := make([]byte, 0, len(head)+next)
	b = append(b, head...)
	for _, q := range g.pieces {
		b = append(b, q.data...)
	}
	if p.Version == 4 {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		b[6], b[7], b[10], b[11] = b[6]&0x40, 0, 0, 0
		binary.BigEndian.PutUint16(b[10:], fold(sum(0, b[:len(head)])))
	} else {
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
	}
	return b
}

// unlinkFragment makes the header before the fragment header point to proto.
func unlinkFragment(head []byte, proto uint8) {
	next, off := &head[6], 40
	for off < len(head) && *next != 44 {
		cur := head[off:]
		size := (int(cur[1]) + 1) * 8
		if *next == 51 {
			size = (int(cur[1]) + 2) * 4
		}
		next, off = &cur[0], off+size
	}
	*next = proto
}
