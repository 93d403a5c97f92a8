package engine

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/e2e/talk"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine/setup"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/usage"
)

// bulk is traffic of one kind that goes on for ever.
type bulk struct {
	name string
	// begin prepares the flow; step makes the next packet.
	begin func(b *box) (step func() []byte)
	// most is what the package of the application may still allocate for two packets.
	most float64
	// log writes a record for each packet.
	log bool
}

// flowing gives the next packets of a download in place: only the numbers change.
func flowing(e *ends, dir int, data string) func() []byte {
	return func() []byte { return e.next(dir, 0, data) }
}

var bulks = []bulk{
	{"unknown protocol", func(b *box) func() []byte {
		e := between("192.168.1.12:50000", "198.51.100.80:7777")
		b.open(e)
		return flowing(e, 1, strings.Repeat("\x01binary", 200))
	}, 0, false},
	{"HTTP body past the limit", func(b *box) func() []byte {
		e := surf()
		b.open(e)
		b.say(e, 0, request)
		b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
		data := strings.Repeat("a file ", 200)
		for range 3000 {
			b.say(e, 1, data)
		}
		return flowing(e, 1, data)
	}, 0, false},
	{"TLS after the handshake", func(b *box) func() []byte {
		e := between("192.168.1.12:50000", "198.51.100.80:443")
		b.open(e)
		for _, p := range []struct {
			dir  int
			data string
		}{{0, string(hello(b.t, "good.example"))}, {1, serverHello}, {1, change}, {0, change}} {
			b.say(e, p.dir, p.data)
		}
		return flowing(e, 1, "\x17\x03\x03\x05\x00"+strings.Repeat("e", 1280))
	}, 0, false},
	{"DNS question", asking, 0, false},
	{"DNS question with its record", asking, 0, true},
	{"DNS, a conversation for each question", talking, 0, true},
}

// asking sends one question for ever.
func asking(b *box) func() []byte {
	f := asks(b.t)
	p := packet.AppendUDP(nil, f.Client, f.Server, f.Turns[0].Data)
	return func() []byte { return p }
}

// talking sends questions and answers, each pair between other ports.
func talking(b *box) func() []byte {
	f, n := asks(b.t), 0
	question := f.Turns[0].Data
	answer := slices.Concat(question, []byte("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x50"))
	answer[2] |= 0x80 // a response, with one answer (RFC 1035 section 4.1.1)
	answer[7] = 1
	return func() []byte {
		client := netip.AddrPortFrom(f.Client.Addr(), uint16(1024+n/2%50_000))
		if n++; n%2 == 1 {
			return packet.AppendUDP(nil, client, f.Server, question)
		}
		return packet.AppendUDP(nil, f.Server, client, answer)
	}
}

// asks is a conversation with a question.
func asks(t testing.TB) talk.Flow {
	c, err := talk.Parse("dns 192.168.1.12:5353 > 192.0.2.53:53 www.some-harmless-host.example\n")
	if err != nil {
		t.Fatal(err)
	}
	return c.Flows[0]
}

// forever makes a box that judges one kind of traffic; one gives it the next packet.
func (k *bulk) forever(t testing.TB) (b *box, one func()) {
	known := knows(t)
	b = newBox(t, Config{Rules: starterSet(t), Lists: listsOf(t, "evil.example\n203.0.113.9\n"), LogApps: k.log, LogFlows: k.log, MaxFlows: 1000, Applications: known, Usage: usage.New(known, time.Hour)})
	b.w.batch.Size, b.w.batch.Emit = 32, func(list []*eve.Record) int {
		for _, r := range list {
			if r.EventType == eve.TypeAlert {
				b.records = append(b.records, r)
				return 0
			}
			r.Reset()
		}
		b.told += len(list)
		return len(list)
	}
	step := k.begin(b)
	// Packets are made ahead, so that making them is not measured.
	const ring = 4096
	p := capture.Packet{Link: packet.LinkRaw, InPort: 1}
	ahead := make([][]byte, 0, ring)
	one = func() {
		if len(ahead) == 0 {
			ahead = ahead[:cap(ahead)]
			for i := range ahead {
				ahead[len(ahead)-1-i] = step()
			}
		}
		p.Data = ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		p.Time = b.now
		b.w.Packet(&p)
	}
	for range ring {
		one()
	}
	one()
	return b, one
}

// A packet of traffic that goes on allocates nothing, nor does its answer.
func TestNoAllocs(t *testing.T) {
	for _, k := range bulks {
		b, one := k.forever(t)
		if n := testing.AllocsPerRun(2000, func() { one(); one() }); n > k.most {
			t.Errorf("%s: %v allocations in two packets", k.name, n)
		}
		if k.log != (b.told > 2000) {
			t.Errorf("%s: %d records", k.name, b.told)
		}
		if got := b.alerts(); len(got) > 0 || b.e.Stats.Panics.Load() > 0 || b.e.Stats.Blocked.Load() > 0 {
			t.Errorf("%s: %v", k.name, got)
		}
	}
}

func BenchmarkPacket(b *testing.B) {
	for _, k := range bulks {
		b.Run(k.name, func(b *testing.B) {
			box, _ := k.forever(b)
			e := k.begin(box)
			p := capture.Packet{Link: packet.LinkRaw, InPort: 1, Time: box.now}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				p.Data = e()
				b.StartTimer()
				box.w.Packet(&p)
			}
			b.SetBytes(int64(len(p.Data)))
		})
	}
}

// A flood of connections that are only begun is held within the limit of flows.
func TestFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("a million packets: not in short runs")
	}
	b := newBox(t, Config{Rules: starterSet(t), MaxFlows: setup.DefaultFlows})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	e := web()
	p := e.segment(0, 1, 0, packet.SYN, nil)
	c := capture.Packet{Link: packet.LinkRaw, Data: p, InPort: 1}
	for i := range 1_000_000 / lots {
		// Another client for each: address and port. The checksum is not looked at.
		p[12], p[13], p[14], p[15] = 198, 18, byte(i>>8), byte(i)
		p[20], p[21] = byte(i>>18)+4, byte(i>>10)
		c.Time = b.now + int64(i)*10
		b.w.Packet(&c)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d flows in %d MiB, %d bytes each", b.w.flows.Len(), used>>20, used/int64(b.w.flows.Len()))
	if used > 256<<20 || b.w.flows.Len() > setup.DefaultFlows {
		t.Errorf("%d flows in %d MiB", b.w.flows.Len(), used>>20)
	}
	honest := between("192.168.1.12:50000", "198.51.100.80:80")
	b.now += 20_000_000
	b.open(honest)
	if b.say(honest, 0, request) != capture.Accept {
		t.Error("nobody else gets through")
	}
	if got := b.alerts(); len(got) > 1 {
		t.Error(fmt.Sprint(got))
	}
}
