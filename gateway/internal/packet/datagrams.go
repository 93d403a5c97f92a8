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
	// maxPiecesLenient is for captures, where nobody waits: tests of receivers cut finely.
	maxPiecesLenient = 1024
	// datagramTimeout is 120 s after the first piece, in microseconds: the longest that
	// receivers may wait (RFC 1122 section 3.3.2). Linux waits 30 s, Windows 60 s.
	datagramTimeout = 120_000_000
	// maxGone is how many datagrams are remembered behind their end. Fewer than half of
	// the numbers that one sender has, so that a fast one can use them again.
	maxGone = 16 << 10
	// datagramPatience is 60 s after the latest piece (RFC 8200 section 4.5, Windows).
	datagramPatience = 60_000_000
)

type datagramKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
	level    uint8
	vlans    [MaxVLANs]uint16
}

type piece struct {
	off  int
	last bool
	data []byte
}

func (q *piece) end() int { return q.off + len(q.data) }

type datagram struct {
	key          datagramKey
	older, newer *datagram // in the order in which they run out
	first        int64     // time of the first piece, microseconds
	latest       int64
	head         []byte
	proto        uint8 // of the piece at the start; what later ones say is ignored (RFC 8200 section 4.5)
	pieces       []piece
	size         int
	ended        bool // a piece that says it is the last was seen
	bad          bool // pieces contradict: never finished (RFC 5722 for IPv6, our policy for both)
}

// Datagrams puts fragments together. One worker owns one; it is not safe for
// concurrent use.
type Datagrams struct {
	// Lenient takes what a Windows receiver takes where pieces contradict: the first
	// copy, but for a piece that reaches over another one on both sides. Else such
	// datagrams are refused.
	Lenient bool

	open           map[datagramKey]*datagram
	oldest, newest *datagram // of open: the first to run out, and the last
	// gone are the datagrams that are whole or were given up, with the time; ring has
	// them in the order of their ends. What comes of them later is refused: a piece
	// of a whole one may have died behind us, and another one would take its place.
	gone map[datagramKey]int64
	ring []datagramKey
	last int // place in ring of the latest
	// Overlaps, Overflows and TimedOut count datagrams that were given up: contradicted,
	// for want of place, and because nothing more came. Whole counts those put together.
	Overlaps, Overflows, TimedOut, Whole uint64

	refused bool
}

// Refused tells that the last piece given to Add belongs to a datagram that was
// given up: nobody judges it, so its piece must not reach the receiver.
func (d *Datagrams) Refused() bool { return d.refused }

// Add takes a fragment and returns the whole packet when it was the last one
// missing, else nil. now is in microseconds. A datagram whose pieces overlap is
// discarded whole, unless Lenient: nobody can know which copy the receiver would take.
// Where there are too many, the one that began first is given up.
// What is odd about the piece is noted as an event of p.
func (d *Datagrams) Add(p *Packet, now int64) []byte {
	d.refused = false
	n := len(p.Data) - p.IP
	if wrong := p.pieceFault(n); wrong != "" {
		p.event(wrong)
		if d.Lenient {
			return nil
		}
	}
	key := datagramKey{p.Src, p.Dst, p.ID, p.Proto, p.Level, p.VLANs}
	if p.Version == 6 {
		key.proto = 0 // only the piece at the start says which protocol it is
	}
	if d.isGone(key, now) {
		d.refused = true
		p.event(p.fragEvent("ipv4.frag_ignored", "ipv6.frag_ignored"))
		return nil
	}
	g := d.find(key, now)
	if g == nil {
		d.Overflows++
		d.refused = true
		p.event(p.fragEvent("ipv4.frag_ignored", "ipv6.frag_ignored"))
		return nil
	}
	if g.latest = now; d.Lenient { // patience begins anew
		d.unlink(g)
		d.push(g)
	}
	add := g.add
	if d.Lenient {
		add = g.addLenient
	}
	if !add(p) {
		if !g.bad {
			d.Overlaps++
		}
		g.bad, g.pieces, g.head = true, nil, nil
		d.refused = true
		return nil
	}
	whole := g.whole(p)
	if whole != nil {
		d.Whole++
		d.end(g, now)
	}
	return whole
}

// push puts a datagram behind all others, unlink takes one out.
func (d *Datagrams) push(g *datagram) {
	g.older, g.newer = d.newest, nil
	if d.newest != nil {
		d.newest.newer = g
	} else {
		d.oldest = g
	}
	d.newest = g
}

func (d *Datagrams) unlink(g *datagram) {
	if g.older != nil {
		g.older.newer = g.newer
	} else {
		d.oldest = g.newer
	}
	if g.newer != nil {
		g.newer.older = g.older
	} else {
		d.newest = g.older
	}
}

// forget takes a datagram out, as if nothing of it had come.
func (d *Datagrams) forget(g *datagram) {
	delete(d.open, g.key)
	d.unlink(g)
}

// end closes a datagram: nothing more of it is taken.
func (d *Datagrams) end(g *datagram, now int64) {
	key := g.key
	d.forget(g)
	if d.Lenient {
		return
	}
	if d.gone == nil {
		d.gone = make(map[datagramKey]int64)
	}
	if len(d.ring) < maxGone {
		d.ring = append(d.ring, key)
		d.last = len(d.ring) - 1
	} else {
		d.last = (d.last + 1) % maxGone
		delete(d.gone, d.ring[d.last])
		d.ring[d.last] = key
	}
	d.gone[key] = now
}

// isGone tells of a datagram that ended not long ago.
func (d *Datagrams) isGone(key datagramKey, now int64) bool {
	at, ok := d.gone[key]
	return ok && now-at <= datagramTimeout && at-now <= datagramTimeout // a clock may be put back
}

// fragEvent chooses an event by the IP version.
func (p *Packet) fragEvent(four, six string) string {
	if p.Version == 4 {
		return four
	}
	return six
}

// pieceFault returns the event of a piece that no datagram can hold.
func (p *Packet) pieceFault(n int) string {
	if p.Version == 6 && p.MoreFrags && n%8 != 0 {
		return "ipv6.frag_invalid_length" // RFC 8200 section 4.5
	}
	if p.FragOffset+n > MaxDatagramBytes {
		return p.fragEvent("ipv4.frag_pkt_too_large", "ipv6.frag_pkt_too_large")
	}
	return ""
}

// find returns the datagram of a key, a new one when there is none; nil when there
// is no place.
func (d *Datagrams) find(key datagramKey, now int64) *datagram {
	if d.open == nil {
		d.open = make(map[datagramKey]*datagram)
	}
	// The first to run out stands first: nothing is looked at in vain, however many come.
	for o := d.oldest; o != nil && d.over(o, now); o = d.oldest {
		d.forget(o)
		d.TimedOut++
	}
	if g := d.open[key]; g != nil {
		return g
	}
	if len(d.open) >= MaxDatagrams {
		if d.Lenient {
			return nil
		}
		d.Overflows++
		d.end(d.oldest, now)
	}
	g := &datagram{key: key, first: now}
	d.open[key] = g
	d.push(g)
	return g
}

func (d *Datagrams) over(g *datagram, now int64) bool {
	if d.Lenient {
		return now-g.latest > datagramPatience
	}
	return now-g.first > datagramTimeout || g.first-now > datagramTimeout
}

// add keeps a piece in order; false when it contradicts what is there.
func (g *datagram) add(p *Packet) bool {
	data := p.Data[p.IP:]
	n := len(data)
	end := p.FragOffset + n
	if g.bad || n == 0 || end > MaxDatagramBytes || len(g.pieces) >= maxPieces {
		return false
	}
	if p.MoreFrags && n%8 != 0 { // some receivers cut the rest off, others refuse the piece
		return false
	}
	i := g.place(p.FragOffset)
	if i > 0 && (g.pieces[i-1].last || g.pieces[i-1].end() > p.FragOffset) {
		return g.overlap(p)
	}
	if i < len(g.pieces) && g.pieces[i].off < end {
		q := g.pieces[i]
		g.overlap(p)
		// An exact copy is harmless.
		return q.off == p.FragOffset && q.last == !p.MoreFrags && slices.Equal(q.data, data)
	}
	if i < len(g.pieces) && !p.MoreFrags {
		return false
	}
	if p.FragOffset == 0 {
		if p.carried() == fragment || p.IP+g.size+n > MaxDatagramBytes {
			return false // fragments within fragments: no sender makes them
		}
		g.begin(p)
	}
	if len(g.head)+end > MaxDatagramBytes {
		return false
	}
	g.keep(i, piece{p.FragOffset, !p.MoreFrags, slices.Clone(data)})
	return true
}

// place is the index of the first piece at or behind off.
func (g *datagram) place(off int) int {
	i, _ := slices.BinarySearchFunc(g.pieces, off, func(q piece, off int) int { return q.off - off })
	return i
}

func (g *datagram) begin(p *Packet) { g.head, g.proto = slices.Clone(p.Data[:p.IP]), p.carried() }

// carried is the protocol of what the pieces make up. The fragment header of IPv6
// ends where the piece begins, and its first byte says it.
func (p *Packet) carried() uint8 {
	if p.Version == 6 {
		return p.Data[p.IP-8]
	}
	return p.Proto
}

func (g *datagram) keep(i int, q piece) {
	g.pieces = slices.Insert(g.pieces, i, q)
	g.size += len(q.data)
	g.ended = g.ended || q.last
}

// overlap notes that a piece stands where another one does.
func (g *datagram) overlap(p *Packet) bool {
	p.event(p.fragEvent("ipv4.frag_overlap", "ipv6.frag_overlap"))
	return false
}

// addLenient keeps what a Windows receiver keeps of a piece; false when the
// datagram has too many of them.
func (g *datagram) addLenient(p *Packet) bool {
	if g.bad || len(g.pieces) >= maxPiecesLenient {
		return false
	}
	data := p.Data[p.IP:]
	from, end, last := p.FragOffset, p.FragOffset+len(data), !p.MoreFrags
	clash := false
	i := g.place(from)
	if i > 0 && g.pieces[i-1].end() > from { // the piece before keeps what it has
		clash = true
		from = g.pieces[i-1].end()
	}
	for from < end && i < len(g.pieces) && g.pieces[i].off < end {
		q := &g.pieces[i]
		clash = true
		switch {
		case from < q.off && end > q.end() && !q.last: // it reaches over the other one
			g.size -= len(q.data)
			g.pieces = slices.Delete(g.pieces, i, i+1)
		case from < q.off: // what stands there already stays
			end, last = q.off, false
		default:
			from = q.end()
			i++
		}
	}
	if clash {
		g.overlap(p)
	}
	if p.FragOffset == 0 && g.head == nil {
		g.begin(p)
	}
	if from < end {
		g.keep(i, piece{from, last, slices.Clone(data[from-p.FragOffset : end-p.FragOffset])})
	}
	g.ended = g.ended || !p.MoreFrags
	return true
}

// whole builds the packet when nothing is missing.
func (g *datagram) whole(p *Packet) []byte {
	if g.head == nil || !g.ended || len(g.pieces) == 0 {
		return nil
	}
	next := 0
	for i := range g.pieces {
		q := &g.pieces[i]
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
	if p.Version == 4 && len(head)+next > MaxDatagramBytes {
		return nil
	}
	b := make([]byte, 0, len(head)+next)
	b = append(b, head...)
	for _, q := range g.pieces {
		b = append(b, q.data...)
	}
	if p.Version == 4 {
		joined4(b, len(head))
	} else {
		// More than fits is an attack on who adds in 16 bits: the decoder finds it cut.
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
	}
	return b
}

// joined4 makes an IPv4 header of a whole datagram from its first piece's. Its
// checksum is right if the piece's was.
func joined4(b []byte, head int) {
	right := fold(sum(0, b[:head])) == 0
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	b[6], b[7], b[10], b[11] = b[6]&0x40, 0, 0, 0
	c := fold(sum(0, b[:head]))
	if !right {
		c ^= 0x5555
	}
	binary.BigEndian.PutUint16(b[10:], c)
}

// unlinkFragment makes the header before the fragment header point to proto.
func unlinkFragment(head []byte, proto uint8) {
	next, off := &head[6], 40
	for off+1 < len(head) && *next != fragment {
		cur := head[off:]
		next, off = &cur[0], off+extensionSize(*next, cur)
	}
	*next = proto
}

// piece gives a fragment to the reassembly and decodes what it completes.
func (d *Decoder) piece(p *Packet) {
	whole := d.Fragments.Add(p, d.now)
	p.Refused = d.Inline && d.Fragments.Refused()
	if whole != nil {
		d.reassembled(p, whole)
	}
}
