package engine

import (
	"context"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule/parse"
)

// cable is a source without a wire: a test gives packets and sees what passes.
type cable struct {
	decided map[uint32]capture.Verdict
	sent    [][]byte
	woken   atomic.Int32
}

func (c *cable) Run(context.Context, capture.Handler) error { return nil }
func (c *cable) Decide(id uint32, v capture.Verdict)        { c.decided[id] = v }
func (c *cable) Wake()                                      { c.woken.Add(1) }
func (c *cable) Send(_ *capture.Place, ip []byte) error {
	c.sent = append(c.sent, append([]byte(nil), ip...))
	return nil
}

// box is an engine with one worker between two ends.
type box struct {
	t       testing.TB
	e       *Engine
	w       *Worker
	c       *cable
	records []*eve.Record
	told    int // records that were used again
	now     int64
	id      uint32
}

func rulesOf(t testing.TB, text string) *match.Set {
	t.Helper()
	all, refused := parse.Rules("test.rules", []byte(text), parse.Options{Vars: parse.DefaultVars()})
	if len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	set, refused, err := match.Compile(all, match.Options{})
	if err != nil || len(refused) > 0 {
		t.Fatalf("not compiled: %v %v", err, refused)
	}
	t.Cleanup(set.Close)
	return set
}

// newBox makes an engine whose verdicts are carried out, newWatch one that only watches.
func newBox(t testing.TB, cfg Config) *box {
	t.Helper()
	cfg.Inline = true
	return newWatch(t, cfg)
}

func newWatch(t testing.TB, cfg Config) *box {
	t.Helper()
	b := &box{t: t, c: &cable{decided: map[uint32]capture.Verdict{}}, now: 1_800_000_000_000_000}
	if cfg.Rules == nil {
		cfg.Rules = rulesOf(t, "")
	}
	cfg.Home = testHome
	cfg.Emit = eve.Each(func(r *eve.Record) { b.records = append(b.records, r) })
	b.e = New(cfg)
	var err error
	if b.w, err = b.e.NewWorker(b.c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.w.Close)
	return b
}

// give has one packet judged and returns its verdict and number.
func (b *box) give(ip []byte) (capture.Verdict, uint32) {
	b.id++
	b.now += 1000
	v := b.w.Packet(&capture.Packet{Link: packet.LinkRaw, Data: ip, Time: b.now, ID: b.id, InPort: 1})
	return v, b.id
}

// ends of a conversation.
type ends struct {
	client, server netip.AddrPort
	seq            [2]uint32 // next by direction: 0 to server
}

func between(client, server string) *ends {
	return &ends{netip.MustParseAddrPort(client), netip.MustParseAddrPort(server), [2]uint32{1000, 5000}}
}

var web = func() *ends { return between("198.51.100.7:40000", "192.168.1.80:80") }
var surf = func() *ends { return between("192.168.1.12:50000", "198.51.100.80:80") }

// segment makes a packet of dir with any numbers.
func (e *ends) segment(dir int, seq, ack uint32, flags uint8, data []byte) []byte {
	s := packet.Segment{Src: e.client.Addr(), Dst: e.server.Addr(), SrcPort: e.client.Port(), DstPort: e.server.Port(), Seq: seq, Ack: ack, Flags: flags, Payload: data}
	if dir == 1 {
		s.Src, s.Dst, s.SrcPort, s.DstPort = s.Dst, s.Src, s.DstPort, s.SrcPort
	}
	return packet.AppendTCP(nil, s)
}

// next makes the packet that comes next in dir.
func (e *ends) next(dir int, flags uint8, data string) []byte {
	p := e.segment(dir, e.seq[dir], e.seq[1-dir], flags|packet.ACK, []byte(data))
	e.seq[dir] += uint32(len(data))
	if flags&(packet.SYN|packet.FIN) != 0 {
		e.seq[dir]++
	}
	return p
}

// open does the handshake.
func (b *box) open(e *ends) {
	b.t.Helper()
	syn := e.segment(0, e.seq[0], 0, packet.SYN, nil)
	e.seq[0]++
	for _, p := range [][]byte{syn, e.next(1, packet.SYN, ""), e.next(0, 0, "")} {
		if v, _ := b.give(p); v.Action != capture.Accept {
			b.t.Fatal("the handshake is dropped")
		}
	}
}

// say gives data of dir and returns what became of it.
func (b *box) say(e *ends, dir int, data string) capture.Action {
	v, _ := b.give(e.next(dir, packet.PSH, data))
	return v.Action
}

// parsed is a packet that the box sent, read by another decoder.
func parsed(t testing.TB, ip []byte) (gopacket.Packet, *layers.TCP) {
	t.Helper()
	first := gopacket.Decoder(layers.LayerTypeIPv4)
	if ip[0]>>4 == 6 {
		first = layers.LayerTypeIPv6
	}
	p := gopacket.NewPacket(ip, first, gopacket.Default)
	if p.ErrorLayer() != nil {
		t.Fatal(p.ErrorLayer().Error())
	}
	tcp, _ := p.TransportLayer().(*layers.TCP)
	return p, tcp
}

// alerts gives the signatures that were reported, with their verdicts.
func (b *box) alerts() (out []string) {
	for _, r := range b.records {
		if r.EventType == eve.TypeAlert {
			out = append(out, r.Alert.Action+" "+r.Alert.Signature)
		}
	}
	return out
}
