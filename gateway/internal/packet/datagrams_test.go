package packet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// cut is a piece of a datagram's payload.
type cut struct {
	from, to int
	more     bool
}

// pieceOf makes one fragment of a whole packet.
func pieceOf(whole []byte, id uint32, c cut) []byte {
	if whole[0]>>4 == 4 {
		b := append(bytes.Clone(whole[:20]), whole[20+c.from:20+c.to]...)
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		binary.BigEndian.PutUint16(b[4:], uint16(id))
		off := uint16(c.from / 8)
		if c.more {
			off |= 0x2000
		}
		binary.BigEndian.PutUint16(b[6:], off)
		b[10], b[11] = 0, 0
		binary.BigEndian.PutUint16(b[10:], fold(sum(0, b[:20])))
		return b
	}
	head := []byte{0, 0, byte(c.from >> 8), byte(c.from)}
	if c.more {
		head[3] |= 1
	}
	head = binary.BigEndian.AppendUint32(head, id)
	part := append(bytes.Clone(whole[:40]), whole[40+c.from:40+c.to]...)
	return chain(part, []byte{44}, head)
}

func add(t *testing.T, d *Datagrams, b []byte, now int64) []byte {
	t.Helper()
	var p Packet
	if err := p.Decode(b); err != nil || !p.Fragment {
		t.Fatalf("%x is no fragment (%v)", b, err)
	}
	return d.Add(&p, now)
}

// same compares what a receiver sees: the reassembled packet decodes to the whole one.
func same(t *testing.T, got, whole []byte) {
	t.Helper()
	var g, w Packet
	if err := g.Decode(got); err != nil {
		t.Fatalf("reassembled packet: %v", err)
	}
	if err := w.Decode(whole); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g.Payload, w.Payload) || g.SrcPort != w.SrcPort || g.Proto != w.Proto || g.Src != w.Src || g.Fragment || !g.ChecksumOK() {
		t.Fatalf("reassembled\n%x\nwant\n%x", got, whole)
	}
}

func body(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return string(b)
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	three := []cut{{0, 24, true}, {24, 48, true}, {48, 70, false}}
	for _, c := range []struct {
		name    string
		pieces  []cut
		whole   bool // the last piece completes it
		refused bool
	}{
		{"in order", three, true, false},
		{"reversed", []cut{three[2], three[1], three[0]}, true, false},
		{"first piece last", []cut{three[1], three[2], three[0]}, true, false},
		{"exact copies", []cut{three[0], three[0], three[2], three[2], three[1]}, true, false},
		{"middle missing", []cut{three[0], three[2]}, false, false},
		{"start missing", []cut{three[1], three[2]}, false, false},
		{"end missing", []cut{three[0], three[1]}, false, false},
		{"copy that says it is the last", []cut{three[0], three[1], {24, 48, false}, three[2]}, false, true},
		{"overlap into the one before", []cut{three[0], {16, 48, true}, three[2]}, false, true},
		{"overlap into the one behind", []cut{three[1], {0, 32, true}, three[2]}, false, true},
		{"piece within another", []cut{three[0], {8, 16, true}, three[1], three[2]}, false, true},
		{"piece around another", []cut{{24, 32, true}, {0, 48, true}, three[2]}, false, true},
		{"two ends, the second further", []cut{{24, 48, false}, three[2], three[0]}, false, true},
		{"two ends, the second nearer", []cut{three[2], {24, 40, false}, three[0]}, false, true},
		{"piece behind the end", []cut{{24, 48, false}, {48, 64, true}, three[0]}, false, true},
		{"length not in eights", []cut{{0, 21, true}, {24, 48, true}, three[2]}, false, true},
		{"all after a contradiction", []cut{three[0], {8, 32, true}, three[0], three[1], three[2]}, false, true},
	} {
		for _, whole := range [][]byte{udp(a4, b4, body(62)), udp(a6, b6, body(62))} {
			t.Run(fmt.Sprintf("%s IPv%d", c.name, whole[0]>>4), func(t *testing.T) {
				var d Datagrams
				var got []byte
				for i, piece := range c.pieces {
					if got = add(t, &d, pieceOf(whole, 5, piece), 0); got != nil && i < len(c.pieces)-1 {
						t.Fatalf("complete after piece %d", i)
					}
				}
				if (got != nil) != c.whole {
					t.Fatalf("complete: %v", got != nil)
				}
				if got != nil {
					same(t, got, whole)
				}
				if d.Refused() != c.refused || (d.Overlaps > 0) != c.refused {
					t.Errorf("refused: %v, counted %d", d.Refused(), d.Overlaps)
				}
			})
		}
	}
}

func TestDatagramsEmptyPiece(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a4, b4, body(30))
	if add(t, &d, pieceOf(whole, 1, cut{8, 8, true}), 0) != nil || !d.Refused() {
		t.Error("a piece without bytes is refused")
	}
}

// TestDatagramsLateProtocol: for IPv6 only the piece at the start says what follows.
func TestDatagramsLateProtocol(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a6, b6, body(40))
	add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), 0)
	got := add(t, &d, edit(pieceOf(whole, 1, cut{24, 48, false}), set(40, TCP)), 0)
	if got == nil {
		t.Fatal("the receiver completes it, we do not")
	}
	same(t, got, whole)
}

func TestDatagramsWithinFragments(t *testing.T) {
	t.Parallel()
	var d Datagrams
	inner := chain(udp(a6, b6, body(40)), []byte{44}, []byte{0, 0, 0, 1, 0, 0, 0, 2})
	add(t, &d, pieceOf(inner, 1, cut{0, 24, true}), 0)
	if !d.Refused() {
		t.Error("a fragment within a fragment is refused")
	}
}

func TestDatagramsExtensions(t *testing.T) {
	t.Parallel()
	whole := udp(a6, b6, body(40))
	long := chain(whole, []byte{0, 60}, pad8, pad8)
	for _, kinds := range [][]byte{{0, 60, 44}, {51, 60, 44}} {
		first := pad8
		if kinds[0] == 51 {
			first = auth
		}
		var d Datagrams
		var got []byte
		for _, c := range []cut{{24, 48, false}, {0, 24, true}} {
			head := []byte{0, 0, byte(c.from >> 8), byte(c.from), 0, 0, 0, 3}
			if c.more {
				head[3] |= 1
			}
			got = add(t, &d, chain(append(bytes.Clone(whole[:40]), whole[40+c.from:40+c.to]...), kinds, first, pad8, head), 0)
		}
		if got == nil {
			t.Fatalf("%v: not complete", kinds)
		}
		same(t, got, long)
	}
}

func TestDatagramsTooLarge(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a4, b4, body(1400))
	b := pieceOf(whole, 1, cut{0, 1400, true})
	binary.BigEndian.PutUint16(b[6:], 0x2000|8180)
	if add(t, &d, b, 0) != nil || !d.Refused() {
		t.Error("a piece beyond the largest packet is refused")
	}
	d = Datagrams{}
	for off := 0; off < 65520; off += 1400 { // 65,535 bytes of payload and a header over it
		n := min(1400, 65528-off)
		c := append(bytes.Clone(whole[:20]), make([]byte, n)...)
		binary.BigEndian.PutUint16(c[2:], uint16(len(c)))
		binary.BigEndian.PutUint16(c[6:], uint16(off/8))
		if off+n < 65528 {
			c[6] |= 0x20
		}
		if add(t, &d, c, 0) != nil {
			t.Fatal("a packet larger than any was put together")
		}
	}
	if !d.Refused() {
		t.Error("not refused")
	}
}

func TestDatagramsTimeout(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a4, b4, body(40))
	add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), 0)
	if add(t, &d, pieceOf(whole, 1, cut{24, 48, false}), datagramTimeout+1) != nil {
		t.Error("a piece completes a datagram of two minutes ago")
	}
	if got := add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), datagramTimeout+2); got == nil {
		t.Error("the new datagram is not completed")
	}
}

// A clock that is put back by hours lets what has ended before be sent again, as a sender has few numbers.
func TestDatagramsClockPutBack(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a4, b4, body(40))
	const late = 1000 * datagramTimeout
	for _, now := range []int64{late, 0} {
		add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), now)
		if add(t, &d, pieceOf(whole, 1, cut{24, 48, false}), now+1) == nil || d.Refused() {
			t.Errorf("at %d: refused", now)
		}
	}
	add(t, &d, pieceOf(whole, 2, cut{0, 24, true}), late)
	if add(t, &d, pieceOf(whole, 2, cut{24, 48, false}), 0) != nil {
		t.Error("a piece completes a datagram of another time")
	}
}

// A piece of a datagram that is whole already may stand in the place of one that died
// behind us.
func TestDatagramsEnded(t *testing.T) {
	t.Parallel()
	whole := udp(a4, b4, body(40))
	for _, lenient := range []bool{false, true} {
		d := Datagrams{Lenient: lenient}
		add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), 0)
		if add(t, &d, pieceOf(whole, 1, cut{24, 48, false}), 1) == nil {
			t.Fatal("not complete")
		}
		if add(t, &d, pieceOf(whole, 1, cut{24, 48, false}), datagramTimeout); d.Refused() == lenient {
			t.Errorf("lenient %v: refused %v", lenient, d.Refused())
		}
		for id := range uint32(maxGone) { // of many the oldest are forgotten
			add(t, &d, pieceOf(whole, 2+id, cut{0, 24, true}), 2)
			add(t, &d, pieceOf(whole, 2+id, cut{24, 48, false}), 2)
		}
		if add(t, &d, pieceOf(whole, 1, cut{0, 24, true}), 3); d.Refused() || len(d.gone) > maxGone {
			t.Errorf("%d are remembered", len(d.gone))
		}
	}
}

func TestDatagramsFlood(t *testing.T) {
	t.Parallel()
	var d Datagrams
	whole := udp(a6, b6, body(40))
	for id := range uint32(3 * MaxDatagrams) {
		add(t, &d, pieceOf(whole, id, cut{0, 24, true}), int64(id))
	}
	if len(d.open) != MaxDatagrams || d.Overflows != 2*MaxDatagrams || d.Refused() {
		t.Errorf("%d open, %d overflows", len(d.open), d.Overflows)
	}
	if got := add(t, &d, pieceOf(whole, 0, cut{24, 48, false}), 3*MaxDatagrams); got != nil || !d.Refused() {
		t.Error("one that was given up is taken up again")
	}
	if got := add(t, &d, pieceOf(whole, 3*MaxDatagrams-1, cut{24, 48, false}), 3*MaxDatagrams); got == nil {
		t.Error("the latest one is not completed")
	}
	add(t, &d, pieceOf(whole, 9999, cut{0, 24, true}), datagramTimeout+4*MaxDatagrams)
	add(t, &d, pieceOf(whole, 9998, cut{0, 24, true}), datagramTimeout+4*MaxDatagrams)
	if d.Refused() || len(d.open) != 2 {
		t.Errorf("the flood's datagrams stay: %d", len(d.open))
	}
	for i := range 2 * maxPieces { // tiny pieces of one datagram
		add(t, &d, pieceOf(udp(a6, b6, body(4096)), 1, cut{i * 8, i*8 + 8, true}), datagramTimeout*3)
	}
	if g := d.open[datagramKey{src: a6, dst: b6, id: 1}]; g == nil || len(g.pieces) > maxPieces || !d.Refused() {
		t.Error("pieces of one datagram are not bounded")
	}
}

// TestDatagramsAnyOrder: the order of pieces and copies of them change nothing.
func TestDatagramsAnyOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		n := 16 + rng.IntN(4000)
		whole := udp(a4, b4, body(n))
		if rng.IntN(2) == 0 {
			whole = udp(a6, b6, body(n))
		}
		var cuts []cut
		for from := 0; from < n+8; {
			to := min(from+8*(1+rng.IntN(60)), n+8)
			cuts = append(cuts, cut{from, to, to < n+8})
			from = to
		}
		if len(cuts) < 2 || len(cuts) > maxPieces {
			continue
		}
		todo := slices.Clone(cuts)
		rng.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
		for i := range rng.IntN(3) { // copies of early ones
			todo = slices.Insert(todo, len(todo)-1, todo[i%(len(todo)-1)])
		}
		var d Datagrams
		var got []byte
		for _, c := range todo {
			got = add(t, &d, pieceOf(whole, 3, c), 0)
		}
		if got == nil || len(d.open) != 0 {
			t.Fatalf("%v: not complete", todo)
		}
		same(t, got, whole)
	}
}

func FuzzDatagrams(f *testing.F) {
	f.Add([]byte{0, 3, 1, 3, 3, 1, 6, 3, 0}, false)
	f.Add([]byte{6, 3, 0, 3, 3, 1, 0, 3, 1}, true)
	f.Fuzz(func(t *testing.T, script []byte, six bool) {
		whole := udp(a4, b4, body(2048))
		if six {
			whole = udp(a6, b6, body(2048))
		}
		var d Datagrams
		now := int64(0)
		for ; len(script) >= 3; script = script[3:] {
			from := int(script[0]) * 8
			to := min(from+int(script[1])*4, 2056)
			b := pieceOf(whole, uint32(script[2]>>6), cut{from, max(from, to), script[2]&1 != 0})
			if script[2]&2 != 0 && to > from {
				b[len(b)-1] ^= 0xff
			}
			now += int64(script[2]&4) << 22
			var p Packet
			if p.Decode(b) != nil || !p.Fragment {
				continue
			}
			if got := d.Add(&p, now); got != nil {
				var q Packet
				if err := q.Decode(got); err == nil && (q.Fragment || len(q.Data) != len(got)) {
					t.Fatalf("reassembled %x", got)
				}
			}
		}
		if len(d.open) > 4 {
			t.Fatalf("%d open of four", len(d.open))
		}
	})
}
