package flow

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"testing"

	"otasuke/gateway/internal/packet"
)

var (
	client = netip.MustParseAddr("192.168.1.11")
	server = netip.MustParseAddr("203.0.113.9")
)

const second = 1_000_000

// table with a user state that counts its resets.
func table(max int) (*Table[int], *[]Key) {
	var ended []Key
	t := &Table[int]{Max: max, Reset: func(n *int) { *n++ }}
	t.Ended = func(f *Flow[int]) { ended = append(ended, f.Key) }
	return t, &ended
}

func tcp(flags uint8, port uint16, seq uint32) *packet.Packet {
	return &packet.Packet{Frame: make([]byte, 40), Version: 4, Proto: packet.TCP, Src: client, Dst: server, SrcPort: port, DstPort: 80, Flags: flags, Seq: seq}
}

func back(p *packet.Packet) *packet.Packet {
	q := *p
	q.Src, q.Dst, q.SrcPort, q.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
	return &q
}

func answer(port uint16, ack uint32) *packet.Packet {
	p := back(tcp(packet.SYN|packet.ACK, port, 900))
	p.Ack = ack
	return p
}

func datagram(src, dst uint16) *packet.Packet {
	p := &packet.Packet{Version: 4, Proto: packet.UDP, Src: client, Dst: server, SrcPort: src, DstPort: dst}
	p.Payload = make([]byte, 12)
	return p
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	tab, ended := table(10)
	f, dir := tab.Find(tcp(packet.SYN, 40000, 1), 5)
	if dir != 0 || f.State != New || !f.SynSeen || f.Started != 5 || f.User != 1 {
		t.Errorf("after SYN: %+v, direction %d", f, dir)
	}
	g, dir := tab.Find(answer(40000, 2), 6)
	if g != f || dir != 1 || f.State != New {
		t.Errorf("after the answer: %+v, direction %d", g, dir)
	}
	tab.Find(tcp(packet.ACK, 40000, 2), 7)
	if f.State != Established || f.Packets != [2]uint64{2, 1} || f.Bytes != [2]uint64{80, 40} || f.Last != 7 {
		t.Errorf("after the third packet: %+v", f)
	}
	tab.Find(tcp(packet.FIN|packet.ACK, 40000, 2), 8)
	if f.State != Closing || tab.Len() != 1 || len(*ended) != 0 {
		t.Errorf("after FIN: %+v", f)
	}
	want := Key{client, server, 40000, 80, packet.TCP, 0}
	if f.Key != want {
		t.Errorf("key %+v", f.Key)
	}
}

func TestFromTheMiddle(t *testing.T) {
	t.Parallel()
	reply := back(datagram(40000, 53))
	reply.Payload[2] = 0x80
	for _, c := range []struct {
		name  string
		p     *packet.Packet
		dir   int
		state State
	}{
		{"client's data", tcp(packet.ACK, 40000, 1), 0, Established},
		{"server's data", back(tcp(packet.ACK, 40000, 1)), 1, Established},
		{"server's SYN+ACK", answer(40000, 1), 1, New},
		{"SYN from a low port", back(tcp(packet.SYN, 40000, 1)), 0, New},
		{"question", datagram(40000, 53), 0, New},
		{"answer", reply, 1, New},
		{"client with a low port", datagram(940, 20048), 0, New},
		{"two low ports", datagram(123, 123), 0, New},
	} {
		tab, _ := table(10)
		f, dir := tab.Find(c.p, 0)
		if dir != c.dir || f.State != c.state {
			t.Errorf("%s: direction %d, state %d", c.name, dir, f.State)
		}
		if c.dir == 1 && f.Key.Client != client {
			t.Errorf("%s: client is %v", c.name, f.Key.Client)
		}
		g, dir := tab.Find(back(c.p), 1)
		if c.p.Flags&packet.SYN == 0 && (g != f || dir != 1-c.dir) {
			t.Errorf("%s: the other direction is another conversation", c.name)
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	established := []*packet.Packet{tcp(packet.SYN, 40000, 1), answer(40000, 2), tcp(packet.ACK, 40000, 2)}
	for _, c := range []struct {
		name    string
		packets []*packet.Packet
		seconds int64
	}{
		{"SYN without answer", established[:1], 30},
		{"answered, not confirmed", established[:2], 30},
		{"established", established, 1800},
		{"closed", append(established[:3:3], tcp(packet.FIN|packet.ACK, 40000, 2)), 120},
		{"reset", append(established[:3:3], back(tcp(packet.RST, 40000, 901))), 120},
		{"reset with a wrong number", append(established[:3:3], back(tcp(packet.RST, 40000, 999))), 1800},
		{"closed with a wrong number", append(established[:3:3], tcp(packet.FIN|packet.ACK, 40000, 999)), 1800},
		{"question", []*packet.Packet{datagram(40000, 53)}, 30},
		{"question and answer", []*packet.Packet{datagram(40000, 53), back(datagram(40000, 53))}, 300},
	} {
		tab, ended := table(10)
		for _, p := range c.packets {
			tab.Find(p, 100)
		}
		tab.Expire(100+c.seconds*second, 100)
		if tab.Len() != 1 {
			t.Errorf("%s: ended too early", c.name)
		}
		tab.Expire(101+c.seconds*second, 100)
		if tab.Len() != 0 || len(*ended) != 1 {
			t.Errorf("%s: still there", c.name)
		}
	}
}

// TestLatePacket: without Expire in between, a timed-out conversation is not continued.
func TestLatePacket(t *testing.T) {
	t.Parallel()
	tab, ended := table(10)
	tab.Find(datagram(40000, 53), 0)
	f, _ := tab.Find(datagram(40000, 53), 31*second)
	if f.Packets[0] != 1 || f.Started != 31*second || len(*ended) != 1 || tab.Len() != 1 {
		t.Errorf("continued: %+v", f)
	}
}

// TestExpireIsNotBlocked: quiet connections with much patience do not keep others
// from being ended, and one call ends no more than it may.
func TestExpireIsNotBlocked(t *testing.T) {
	t.Parallel()
	tab, ended := table(1000)
	for port := range uint16(100) {
		tab.Find(tcp(packet.ACK, 40000+port, 1), 0) // idle, established
	}
	for port := range uint16(50) {
		tab.Find(datagram(40000+port, 53), 1)
	}
	tab.Expire(40*second, 20)
	if len(*ended) != 20 {
		t.Errorf("%d ended of 20 allowed", len(*ended))
	}
	tab.Expire(40*second, 1000)
	if len(*ended) != 50 || tab.Len() != 100 {
		t.Errorf("%d ended, %d left", len(*ended), tab.Len())
	}
}

func TestEviction(t *testing.T) {
	t.Parallel()
	tab, ended := table(3)
	for port := range uint16(3) {
		tab.Find(datagram(1000+port, 53), int64(port))
	}
	tab.Find(back(datagram(1000, 53)), 10) // used again, and of another patience now
	tab.Find(datagram(1003, 53), 11)
	if tab.Len() != 3 || tab.Evicted != 1 || (*ended)[0].ClientPort != 1001 {
		t.Errorf("%d held, %d evicted: %v", tab.Len(), tab.Evicted, *ended)
	}
	tab.EndAll()
	var order []uint16
	for _, k := range (*ended)[1:] {
		order = append(order, k.ClientPort)
	}
	if tab.Len() != 0 || len(order) != 3 || order[0] != 1002 || order[1] != 1000 || order[2] != 1003 {
		t.Errorf("ended in the order %v", order)
	}
}

// TestFloods: what costs a sender one packet a conversation pushes established ones not out
// of a full table, and what is new finds place beside it.
func TestFloods(t *testing.T) {
	t.Parallel()
	from := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{198, byte(n >> 16), byte(n >> 8), byte(n)}) }
	kinds := map[string]func(n int) *packet.Packet{
		"SYN":     func(n int) *packet.Packet { p := tcp(packet.SYN, 1, 1); p.Src = from(n); return p },
		"ACK":     func(n int) *packet.Packet { p := tcp(packet.ACK, 1, 1); p.Src = from(n); return p },
		"RST":     func(n int) *packet.Packet { p := tcp(packet.RST, 1, 1); p.Src = from(n); return p },
		"FIN":     func(n int) *packet.Packet { p := tcp(packet.FIN|packet.ACK, 1, 1); p.Src = from(n); return p },
		"UDP":     func(n int) *packet.Packet { p := datagram(1, 53); p.Src = from(n); return p },
		"SYN+ACK": func(n int) *packet.Packet { p := answer(1, 1); p.Dst = from(n); return p },
	}
	for name, flood := range kinds {
		tab, _ := table(400)
		var kept []*Flow[int]
		now := int64(0)
		for port := range uint16(200) {
			for _, p := range []*packet.Packet{tcp(packet.SYN, 40000+port, 1), answer(40000+port, 2), tcp(packet.ACK, 40000+port, 2)} {
				f, _ := tab.Find(p, now)
				if now++; p.Flags == packet.ACK {
					kept = append(kept, f)
				}
			}
		}
		for n := range 5000 {
			now++
			tab.Find(flood(n), now)
			if n%100 != 0 {
				continue
			}
			// A handshake during the flood, its answer ten packets of the flood later.
			port := 1024 + uint16(n)
			f, _ := tab.Find(tcp(packet.SYN, port, 1), now)
			for i := range 10 {
				tab.Find(flood(100_000+n*10+i), now)
			}
			if g, dir := tab.Find(answer(port, 2), now); g != f || dir != 1 {
				t.Errorf("%s: a handshake in a flood is forgotten", name)
			}
			tab.Find(tcp(packet.ACK, port, 2), now)
		}
		for port, f := range kept {
			if g, _ := tab.Find(tcp(packet.ACK, 40000+uint16(port), 2), now); g != f {
				t.Fatalf("%s: a flood pushes an established connection out", name)
			}
		}
		if tab.Len() != 400 || tab.Evicted == 0 {
			t.Errorf("%s: %d held, %d evicted", name, tab.Len(), tab.Evicted)
		}
	}
}

// TestFullOfEstablished: where established connections fill the table, the quietest goes,
// and a new one is not forgotten for the next.
func TestFullOfEstablished(t *testing.T) {
	t.Parallel()
	tab, _ := table(80)
	open := func(port uint16, now int64) *Flow[int] {
		tab.Find(tcp(packet.SYN, port, 1), now)
		tab.Find(answer(port, 2), now)
		f, _ := tab.Find(tcp(packet.ACK, port, 2), now)
		return f
	}
	for port := range uint16(80) {
		open(40000+port, int64(port))
	}
	var first [3]*Flow[int]
	for i := range first {
		first[i], _ = tab.Find(tcp(packet.SYN, 50000+uint16(i), 1), 100)
	}
	for i, f := range first {
		if g, _ := tab.Find(answer(50000+uint16(i), 2), 101); g != f {
			t.Errorf("handshake %d is forgotten", i)
		}
	}
	if tab.Len() != 80 || tab.Evicted != 3 {
		t.Errorf("%d held, %d evicted", tab.Len(), tab.Evicted)
	}
}

func TestReuse(t *testing.T) {
	t.Parallel()
	tab, _ := table(10)
	f, _ := tab.Find(tcp(packet.SYN, 40000, 1), 0)
	f.User = 41
	tab.End(f)
	g, _ := tab.Find(datagram(5000, 53), 9)
	if g != f {
		t.Error("the memory is not used again")
	}
	if g.User != 42 || g.SynSeen || g.Packets != [2]uint64{1, 0} || g.Started != 9 || g.Key.Proto != packet.UDP {
		t.Errorf("something of the old conversation is left: %+v", g)
	}
}

// Of a conversation that is cut a new SYN of its client begins another, but not the same one sent again.
func TestCut(t *testing.T) {
	t.Parallel()
	tab, ended := table(10)
	cut := false
	tab.Cut = func(*int) bool { return cut }
	for _, p := range []*packet.Packet{tcp(packet.SYN, 40000, 1), answer(40000, 2), tcp(packet.ACK, 40000, 2), tcp(packet.SYN, 40000, 500)} {
		tab.Find(p, 0)
	}
	cut = true
	for _, p := range []*packet.Packet{tcp(packet.SYN, 40000, 1), tcp(packet.ACK, 40000, 2), back(tcp(packet.ACK, 40000, 900)), back(tcp(packet.SYN, 40000, 700))} {
		if tab.Find(p, 0); len(*ended) != 0 {
			t.Fatal("another conversation without a new SYN of the client")
		}
	}
	f, dir := tab.Find(tcp(packet.SYN, 40000, 500), 0)
	if len(*ended) != 1 || dir != 0 || f.Packets != [2]uint64{1, 0} || !f.Replaced {
		t.Errorf("%d ended; direction %d of %+v", len(*ended), dir, f)
	}
}

func TestReopened(t *testing.T) {
	t.Parallel()
	syn := func(seq uint32) *packet.Packet { return tcp(packet.SYN, 40000, seq) }
	data := func(seq uint32) *packet.Packet { return tcp(packet.ACK, 40000, seq) }
	for _, c := range []struct {
		name    string
		packets []*packet.Packet
		ended   int // conversations that were taken for past
	}{
		{"SYN sent again", []*packet.Packet{syn(1), syn(1), answer(40000, 2), syn(1), data(2)}, 0},
		{"SYN after FIN", []*packet.Packet{syn(1), answer(40000, 2), data(2), tcp(packet.FIN|packet.ACK, 40000, 2), syn(9)}, 1},
		{"SYN after RST", []*packet.Packet{syn(1), back(tcp(packet.RST|packet.ACK, 40000, 0)), syn(1)}, 1},
		{"another SYN without answer", []*packet.Packet{syn(1), syn(500), answer(40000, 501), data(501)}, 1},
		{"two SYNs, the first is answered", []*packet.Packet{syn(1), syn(500), answer(40000, 2), data(2)}, 2},
		{"stray data before the SYN", []*packet.Packet{data(77), syn(500), answer(40000, 501)}, 1},
		{"SYN in the middle is not answered", []*packet.Packet{syn(1), answer(40000, 2), data(2), syn(500), data(3)}, 0},
		{"server forgot the connection", []*packet.Packet{syn(1), answer(40000, 2), data(2), syn(500), answer(40000, 501)}, 1},
		{"SYN+ACK sent again", []*packet.Packet{syn(1), answer(40000, 2), answer(40000, 2), data(2)}, 0},
	} {
		tab, ended := table(10)
		var f *Flow[int]
		dir := 0
		for i, p := range c.packets {
			f, dir = tab.Find(p, int64(i))
			if want := 0; p.Src == server {
				if dir != 1 {
					t.Errorf("%s: packet %d in direction %d", c.name, i, dir)
				}
			} else if dir != want {
				t.Errorf("%s: packet %d in direction %d", c.name, i, dir)
			}
		}
		if len(*ended) != c.ended || tab.Len() != 1 {
			t.Errorf("%s: %d ended, %d held", c.name, len(*ended), tab.Len())
		}
		if f.Key.Client != client {
			t.Errorf("%s: client is %v", c.name, f.Key.Client)
		}
	}
}

// TestTableStaysWhole: random packets, and after each the lists and the map hold the same.
func TestTableStaysWhole(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 9))
	tab, _ := table(20)
	now := int64(0)
	for range 20000 {
		now += rng.Int64N(3 * second)
		p := tcp(uint8(rng.Uint32())&0x1f, 40000+uint16(rng.IntN(30)), rng.Uint32()%3)
		p.Ack = rng.Uint32() % 3
		if rng.IntN(3) == 0 {
			p.Proto = packet.UDP
		}
		if rng.IntN(2) == 0 {
			p = back(p)
		}
		f, dir := tab.Find(p, now)
		if (dir == 0) != (f.Key.Client == p.Src) {
			t.Fatal("direction and key contradict each other")
		}
		if rng.IntN(50) == 0 {
			tab.Expire(now, rng.IntN(10))
		}
		n := 0
		for i := range tab.lists {
			for g := tab.lists[i].oldest; g != nil; g = g.newer {
				if g.newer != nil && g.newer.Last < g.Last || find(tab, g.Key) != g || g.patience() != patience(i) {
					t.Fatalf("list %d is out of order", i)
				}
				n++
			}
		}
		if n != tab.Len() || n > tab.Max {
			t.Fatalf("%d in lists, %d in the map", n, tab.Len())
		}
	}
}

// Numbers are FNV-1a over both ends and the beginning: records of other runs have the same.
func TestNumber(t *testing.T) {
	t.Parallel()
	for _, ends := range [][2]string{{"192.168.1.11", "203.0.113.9"}, {"2001:db8::1", "2001:db8::2"}, {"::ffff:192.168.1.11", "0.0.0.0"}} {
		f := Traffic{Key: Key{netip.MustParseAddr(ends[0]), netip.MustParseAddr(ends[1]), 40000, 443, packet.TCP, 7}, Started: 1_700_000_000_000_001}
		h := fnv.New64a()
		for _, a := range []netip.Addr{f.Key.Client, f.Key.Server} {
			b := a.As16()
			h.Write(b[:])
		}
		for _, v := range []uint64{40000<<16 | 443, packet.TCP ^ 7<<8, uint64(f.Started)} {
			h.Write(binary.LittleEndian.AppendUint64(nil, v))
		}
		if got, want := f.Number(), h.Sum64()>>11; got != want {
			t.Errorf("%v: %d, want %d", ends, got, want)
		}
	}
}

func find(t *Table[int], k Key) *Flow[int] {
	f, _ := t.flows.find(t.flows.place(&k), &k)
	return f
}

func TestNoAllocs(t *testing.T) {
	tab, _ := table(100)
	to, fro := datagram(40000, 53), back(datagram(40000, 53))
	now := int64(0)
	if n := testing.AllocsPerRun(1000, func() {
		now++
		tab.Find(to, now)
		tab.Find(fro, now)
		tab.Expire(now, 10)
	}); n != 0 {
		t.Errorf("%v allocations for a known conversation", n)
	}
}

func BenchmarkFind(b *testing.B) {
	tab := &Table[int]{Max: 1 << 16, Reset: func(*int) {}}
	var ps [1024]*packet.Packet
	for i := range ps {
		ps[i] = tcp(packet.ACK, uint16(30000+i), 1)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tab.Find(ps[i%len(ps)], int64(i))
	}
}

func icmp(proto, kind, code uint8) *packet.Packet {
	return &packet.Packet{Version: 4, Proto: proto, Src: client, Dst: server, ICMPType: kind, ICMPCode: code, ICMPID: 7}
}

// TestICMP: a question and its answer are one conversation, other types are others,
// and the echo's number does not matter.
func TestICMP(t *testing.T) {
	t.Parallel()
	for _, pair := range [][3]uint8{
		{packet.ICMP, 8, 0}, {packet.ICMP, 0, 8}, {packet.ICMP, 13, 14}, {packet.ICMP, 16, 15}, {packet.ICMP, 10, 9}, {packet.ICMP, 9, 10},
		{packet.ICMPv6, 128, 129}, {packet.ICMPv6, 135, 136}, {packet.ICMPv6, 134, 133}, {packet.ICMPv6, 130, 131}, {packet.ICMPv6, 131, 130},
	} {
		tab, _ := table(10)
		f, dir := tab.Find(icmp(pair[0], pair[1], 0), 0)
		if dir != 0 {
			t.Errorf("%v: the first packet goes in direction %d", pair, dir)
		}
		answer := back(icmp(pair[0], pair[2], 0))
		answer.ICMPID = 9
		if g, dir := tab.Find(answer, 1); g != f || dir != 1 || f.State != Established {
			t.Errorf("%v: the answer is another conversation", pair)
		}
		if g, _ := tab.Find(icmp(pair[0], 42, 0), 2); g == f {
			t.Errorf("%v: another type is the same conversation", pair)
		}
		if g, _ := tab.Find(icmp(pair[0], 42, 1), 2); tab.Len() != 3 || g == f {
			t.Errorf("%v: another code is the same conversation", pair)
		}
	}
}

// TestVia: the same addresses in another VLAN or tunnel are another conversation.
func TestVia(t *testing.T) {
	t.Parallel()
	tab, _ := table(10)
	plain := datagram(40000, 53)
	in := func(level uint8, vlans ...uint16) *packet.Packet {
		p := *plain
		p.Level = level
		copy(p.VLANs[:], vlans)
		return &p
	}
	seen := map[*Flow[int]]bool{}
	for _, p := range []*packet.Packet{plain, in(1), in(2), in(0, 7), in(0, 7, 8), in(0, 8, 7), in(0, 7, 8, 9), in(1, 7)} {
		f, _ := tab.Find(p, 0)
		if seen[f] {
			t.Errorf("level %d, VLANs %v: not its own conversation", p.Level, p.VLANs)
		}
		seen[f] = true
		if g, dir := tab.Find(back(p), 0); g != f || dir != 1 {
			t.Errorf("level %d, VLANs %v: the answer is another conversation", p.Level, p.VLANs)
		}
	}
}

func TestRelated(t *testing.T) {
	t.Parallel()
	tab, _ := table(10)
	f, _ := tab.Find(datagram(40000, 53), 0)
	router := netip.MustParseAddr("192.0.2.1")
	failed := func(src, dst netip.Addr, about *packet.Packet) *packet.Packet {
		return &packet.Packet{Version: 4, Proto: packet.ICMP, Src: src, Dst: dst, ICMPType: 3,
			Cause: packet.Cause{Known: true, Src: about.Src, Dst: about.Dst, SrcPort: about.SrcPort, DstPort: about.DstPort, Proto: about.Proto}}
	}
	for _, c := range []struct {
		name string
		p    *packet.Packet
		want *Flow[int]
		dir  int
	}{
		{"the server refuses", failed(server, client, datagram(40000, 53)), f, 1},
		{"a router refuses", failed(router, client, datagram(40000, 53)), f, 1},
		{"the client refuses the answer", failed(client, server, back(datagram(40000, 53))), f, 0},
		{"a router refuses the answer", failed(router, server, back(datagram(40000, 53))), f, 0},
		{"another port", failed(server, client, datagram(40001, 53)), nil, 0},
		{"TCP", failed(server, client, tcp(packet.SYN, 40000, 1)), nil, 0},
		{"no error", datagram(40000, 53), nil, 0},
	} {
		if got, dir := tab.Related(c.p, 7); got != c.want || got != nil && dir != c.dir {
			t.Errorf("%s: %v, direction %d", c.name, got, dir)
		}
	}
	if f.Packets != [2]uint64{3, 2} || f.Last != 7 || f.State != New || tab.Len() != 1 {
		t.Errorf("%v packets, last at %d, state %d, %d held", f.Packets, f.Last, f.State, tab.Len())
	}
	tab.EndAll()
	if got, _ := tab.Related(failed(server, client, datagram(40000, 53)), 8); got != nil {
		t.Error("something in an empty table")
	}
}

// What both sides of a closed connection have is soon forgotten, without waiting for those
// that closed before it and may go on.
func TestSettled(t *testing.T) {
	t.Parallel()
	var gone []uint16
	table := Table[int]{Max: 10, Reset: func(*int) {}, Ended: func(f *Flow[int]) { gone = append(gone, f.Key.ClientPort) }}
	const second = 1_000_000
	for port := range uint16(3) {
		table.Find(tcp(packet.SYN, port, 1), second)
		f, _ := table.Find(back(tcp(packet.RST|packet.ACK, port, 0)), second)
		if f.State != Closing {
			t.Fatalf("state %d", f.State)
		}
		if port == 1 {
			table.Settle(f)
		}
	}
	if table.Expire(31*second, 10); len(gone) != 0 {
		t.Errorf("%v are forgotten too soon", gone)
	}
	table.Expire(32*second, 10)
	if len(gone) != 1 || gone[0] != 1 {
		t.Errorf("%v are forgotten", gone)
	}
	table.Expire(122*second, 10)
	if len(gone) != 3 {
		t.Errorf("%v are forgotten", gone)
	}
}

// When the clock is put back by a year, conversations still end in their time.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * 3600 * second
	tab, ended := table(10)
	tab.Find(tcp(packet.SYN, 40000, 1), year)
	tab.Expire(year+10*second, 10)
	tab.Expire(year+9*second, 10)
	tab.Find(tcp(packet.SYN, 40001, 1), 20*second)
	tab.Expire(20*second, 10) // 9 seconds after the first
	if len(*ended) != 0 {
		t.Fatalf("ended: %v", *ended)
	}
	tab.Expire(45*second, 10)
	if len(*ended) != 1 || (*ended)[0].ClientPort != 40000 {
		t.Errorf("ended: %v", *ended)
	}
	tab.Expire(60*second, 10)
	if tab.Len() != 0 {
		t.Errorf("%d are left", tab.Len())
	}
}
