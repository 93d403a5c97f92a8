package engine

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/engine/setup"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule/parse"
)

// Bounds of what abuse may make an engine hold, generous: they tell a bound from growth.
const (
	// flowBytes is what a conversation of which nothing is judged may take.
	flowBytes = 4 << 10
	// fixedBytes is for tables, pools and what the collector has not taken yet.
	fixedBytes = 48 << 20
)

// watched is the rule that finds the attacks among the abuse.
const watched = `drop http any any -> any any (msg:"attack"; http.uri; content:"/evil"; sid:1;)` + "\n" +
	`drop udp any any -> any any (msg:"attack"; content:"evil datagram"; sid:2;)`

// abuse gives an engine much of something, and tells whether conversations that began
// before it or in its middle are judged as ever.
func abuse(t *testing.T, b *box, most int64, flood func(n int), times int) {
	t.Helper()
	before := int64(heap())
	old, oldEvil := between("192.168.1.31:50000", "198.51.100.80:80"), between("192.168.1.32:50000", "198.51.100.80:80")
	b.open(old)
	b.open(oldEvil)
	ask := func(e *ends, path string) capture.Action {
		v := b.say(e, 0, "GET "+path+" HTTP/1.1\r\nHost: www.example\r\n\r\n")
		if path == "/good" && v == capture.Accept {
			v = b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		return v
	}
	if ask(old, "/good") != capture.Accept {
		t.Error("a harmless request does not pass")
	}
	for n := range times {
		flood(n)
		if n != times/2 {
			continue
		}
		good, evil := between("192.168.1.33:50000", "198.51.100.80:80"), between("192.168.1.34:50000", "198.51.100.80:80")
		b.open(good)
		b.open(evil)
		for i := range 10 {
			flood(times + i)
		}
		if ask(good, "/good") != capture.Accept {
			t.Error("a harmless request in the middle does not pass")
		}
		if ask(evil, "/evil") != capture.Drop {
			t.Error("an attack in the middle passes")
		}
	}
	if grown := int64(heap()) - before; grown > most {
		t.Errorf("%d MiB more are held, at most %d may be", grown>>20, most>>20)
	} else {
		t.Logf("%d KiB more are held, at most %d may be; counted: %v", grown>>10, most>>10, reached(b))
	}
	if ask(old, "/good") != capture.Accept {
		t.Error("a harmless connection from before does not pass")
	}
	if ask(oldEvil, "/evil") != capture.Drop {
		t.Error("an attack in a connection from before passes")
	}
	if n := b.e.Stats.Panics.Load(); n > 0 {
		t.Errorf("%d panics", n)
	}
}

// reached are the limits that were counted.
func reached(b *box) map[string]uint64 {
	b.w.Tick(b.now)
	return evelog.Reached(b.e.Counts()...)
}

// stranger is the n-th of many addresses outside.
func stranger(n int, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, byte(64 + n>>16), byte(n >> 8), byte(n)}), port)
}

var victim = netip.MustParseAddrPort("192.168.1.80:80")

func TestAbuseSYNFlood(t *testing.T) {
	const flows = 10_000
	b := newBox(t, Config{Rules: rulesOf(t, watched), MaxFlows: flows})
	abuse(t, b, flows*flowBytes+fixedBytes, func(n int) {
		e := &ends{stranger(n, 2000), victim, [2]uint32{uint32(n), 0}}
		if v, _ := b.give(e.segment(0, e.seq[0], 0, packet.SYN, nil)); v.Action != capture.Accept {
			t.Fatal("a SYN is dropped")
		}
		b.now -= 990 // 100,000 a second
	}, 200_000)
	if b.w.flows.Len() != flows || reached(b)["flow.get_used"] == 0 {
		t.Errorf("%d conversations are held, counted %v", b.w.flows.Len(), reached(b))
	}
}

// A million connections that servers have answered and nobody has confirmed.
func TestAbuseMillionHalfOpen(t *testing.T) {
	times := 1_000_000 / lots
	if testing.Short() {
		times = 250_000
	}
	b := newBox(t, Config{Rules: rulesOf(t, watched)})
	abuse(t, b, setup.DefaultFlows*flowBytes+fixedBytes, func(n int) {
		e := &ends{stranger(n, 2000), victim, [2]uint32{uint32(n), 7}}
		b.give(e.segment(0, e.seq[0], 0, packet.SYN, nil))
		b.give(e.segment(1, e.seq[1], e.seq[0]+1, packet.SYN|packet.ACK, nil))
		b.now -= 1990
	}, times)
	if n := b.w.flows.Len(); n > setup.DefaultFlows || reached(b)["flow.get_used"] == 0 {
		t.Errorf("%d conversations are held, counted %v", n, reached(b))
	}
}

func TestAbuseFragmentFlood(t *testing.T) {
	b := newBox(t, Config{Rules: rulesOf(t, watched)})
	big := packet.AppendUDP(nil, stranger(1, 2000), victim, make([]byte, 1400))
	abuse(t, b, packet.MaxDatagrams*2048+fixedBytes, func(n int) {
		part := fragmentOf(big, uint32(n%65536), 0, 1000, true)
		from := stranger(n, 0).Addr().As4()
		copy(part[12:16], from[:])
		part[10], part[11] = 0, 0
		b.give(part)
		b.now -= 990
		if n%50_000 != 100 {
			return
		}
		id := uint32(n)
		for word, want := range map[string]capture.Action{"fine": capture.Accept, "evil": capture.Drop} {
			whole := packet.AppendUDP(nil, stranger(n, 777), victim, []byte(strings.Repeat("x", 600)+word+" datagram"))
			id++
			b.give(fragmentOf(whole, id, 0, 304, true))
			if v, _ := b.give(fragmentOf(whole, id, 304, len(whole)-20, false)); v.Action != want {
				t.Errorf("a %s datagram in fragments: %v", word, v.Action)
			}
		}
	}, 200_000)
	if reached(b)["defrag.max_trackers_reached"] == 0 {
		t.Errorf("counted %v", reached(b))
	}
}

// TestAbuseOutOfOrder: 4,000 connections each send 200 KB behind a gap.
func TestAbuseOutOfOrder(t *testing.T) {
	b := newBox(t, Config{Rules: rulesOf(t, watched), MaxFlows: 5000})
	data := bytes.Repeat([]byte("z"), 16<<10)
	abuse(t, b, 64<<20+5000*flowBytes+fixedBytes, func(n int) {
		e := &ends{stranger(n%4000, 2000), victim, [2]uint32{1000, 5000}}
		if n < 4000 {
			b.give(e.segment(0, 999, 0, packet.SYN, nil))
			b.give(e.segment(1, 4999, 1000, packet.SYN|packet.ACK, nil))
			b.give(e.segment(0, 1000, 5000, packet.ACK, nil))
		}
		b.give(e.segment(0, 1000+uint32(1+n/4000*len(data)), 5000, packet.ACK, data))
		b.now -= 900
	}, 4000*12)
	if got := reached(b); got["tcp.segment_memcap_drop"] == 0 {
		t.Errorf("counted %v", got)
	}
}

// TestAbuseTinySegments: what waits in single bytes costs no more than what waits in large
// pieces.
func TestAbuseTinySegments(t *testing.T) {
	const flows = 2000
	b := newBox(t, Config{Rules: rulesOf(t, watched), MaxFlows: 3000})
	abuse(t, b, 64<<20+flows*20<<10+fixedBytes, func(n int) {
		e := &ends{stranger(n%flows, 2000), victim, [2]uint32{1000, 5000}}
		b.give(e.segment(0, 1000+uint32(1+n/flows*2), 5000, packet.ACK, []byte{'z'}))
		b.now -= 900
	}, flows*200)
}

func TestAbuseBacktracking(t *testing.T) {
	const packets = 3000
	b := newBox(t, Config{Rules: rulesOf(t, watched+"\n"+`drop tcp any any -> any any (msg:"explodes"; content:"aaaa"; pcre:"/(?=a)(a+)+$/"; sid:9;)`+"\n"+
		`alert tcp any any -> any any (msg:"does not"; content:"aaaa"; pcre:!"/(?=a)(a+)+$/"; sid:10;)`)})
	e := between("198.51.100.9:4000", "192.168.1.80:7000")
	b.open(e)
	began := b.now
	abuse(t, b, fixedBytes, func(int) {
		if b.say(e, 0, strings.Repeat("a", 60)+"b") != capture.Accept {
			t.Fatal("a harmless segment is dropped")
		}
	}, packets)
	_, gaveUp, _ := b.w.scratch.GaveUp()
	if gaveUp < packets || reached(b)["rule_expressions"] != gaveUp {
		t.Errorf("given up %d times, counted %v", gaveUp, reached(b))
	}
	t.Logf("%d s of traffic", (b.now-began)/1_000_000)
	for _, a := range b.alerts() {
		if strings.Contains(a, "does not") {
			t.Fatal("an expression that was given up counts as one that does not match")
		}
	}
}

// bomb is n bytes of nothing in gzip, in gzip again as often as wanted.
func bomb(t *testing.T, n int64, layers int) []byte {
	t.Helper()
	var r io.Reader = io.LimitReader(zero{}, n)
	var out bytes.Buffer
	for range layers {
		out = bytes.Buffer{}
		z := gzip.NewWriter(&out)
		if _, err := io.Copy(z, r); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(bytes.Clone(out.Bytes()))
	}
	return out.Bytes()
}

// zipBomb is an archive of one file of n bytes of nothing.
func zipBomb(t *testing.T, n int64) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	f, err := z.Create("invoice.doc")
	if err == nil {
		_, err = io.Copy(f, io.LimitReader(zero{}, n))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAbuseBombs(t *testing.T) {
	const size = 256 << 20
	one, two := bomb(t, size, 1), bomb(t, size, 2)
	kinds := []struct {
		name, head string
		body       []byte
	}{
		{"gzip", "Content-Encoding: gzip\r\nContent-Type: text/html\r\n", one},
		{"gzip in gzip", "Content-Encoding: gzip, gzip\r\nContent-Type: text/html\r\n", two},
		{"more codings than are undone", "Content-Encoding: gzip, gzip, gzip, gzip\r\nContent-Type: text/html\r\n", two},
		{"zip", "Content-Type: application/zip\r\n", zipBomb(t, size)},
		{"transfer coding", "Content-Type: text/html\r\nTransfer-Encoding: gzip, chunked\r\n", fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(one), one)},
	}
	b := newBox(t, Config{Rules: rulesOf(t, watched+"\n"+`alert http any any -> any any (msg:"body"; file.data; content:"nothing like it"; sid:7;)`), LogApps: true})
	port := 10_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	bytesIn := 0
	const times = 20 / (2*lots - 1)
	abuse(t, b, fixedBytes, func(n int) {
		k := &kinds[n%len(kinds)]
		e := between(fmt.Sprintf("192.168.1.12:%d", port), "198.51.100.80:80")
		port++
		b.open(e)
		b.say(e, 0, "GET /bomb HTTP/1.1\r\nHost: www.example\r\n\r\n")
		length := ""
		if !strings.Contains(k.head, "chunked") {
			length = fmt.Sprintf("Content-Length: %d\r\n", len(k.body))
		}
		b.say(e, 1, "HTTP/1.1 200 OK\r\n"+k.head+length+"\r\n")
		for body := k.body; len(body) > 0; {
			part := body[:min(len(body), 60_000)]
			body = body[len(part):]
			bytesIn += len(part)
			if b.say(e, 1, string(part)) != capture.Accept {
				t.Errorf("%s: a part does not pass", k.name)
			}
			b.give(e.next(0, 0, ""))
		}
		if b.say(e, 0, "GET /evil HTTP/1.1\r\nHost: www.example\r\n\r\n") != capture.Drop {
			t.Errorf("%s: an attack behind it passes", k.name)
		}
		b.records = b.records[:0]
	}, times)
	runtime.ReadMemStats(&after)
	// The work is that of what is looked at, not of what the bombs would become.
	if work, most := int64(after.TotalAlloc-before.TotalAlloc), int64(40*bytesIn+times*4<<20); work > most {
		t.Errorf("%d MiB were asked for, at most %d may be: of bombs of %d MiB each", work>>20, most>>20, size>>20)
	} else {
		t.Logf("%d MiB were asked for in all, for %d MiB on the wire", work>>20, bytesIn>>20)
	}
}

// everything is a set of rules that all match every packet, and behind them those that count.
func everything(t *testing.T, n int) *match.Set {
	t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "alert ip any any -> any any (msg:\"everything\"; sid:%d;)\n", 1000+i)
		fmt.Fprintf(&text, "alert tcp any any -> any any (msg:\"everything\"; content:\"e\"; sid:%d;)\n", 100_000+i)
		fmt.Fprintf(&text, "alert http any any -> any any (msg:\"everything\"; http.uri; content:\"/\"; sid:%d;)\n", 200_000+i)
	}
	text.WriteString(watched)
	all, refused := parse.Rules("everything.rules", []byte(text.String()), parse.Options{Vars: parse.DefaultVars()})
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	set, refused, err := match.Compile(all, match.Options{})
	if err != nil || len(refused) > 0 {
		t.Fatal(err, refused)
	}
	t.Cleanup(set.Close)
	return set
}

func TestAbuseRulesMatchEverything(t *testing.T) {
	b := newBox(t, Config{Rules: everything(t, 2000)})
	most := 0
	abuse(t, b, fixedBytes, func(n int) {
		e := &ends{stranger(n, 2000), victim, [2]uint32{1000, 5000}}
		b.open(e)
		if b.say(e, 0, "GET /everything HTTP/1.1\r\nHost: e\r\n\r\n") != capture.Accept {
			t.Fatal("a harmless request does not pass")
		}
		most, b.records = max(most, len(b.records)), b.records[:0]
	}, 200)
	t.Logf("at most %d records of four packets", most)
	if reached(b)["detect.alert_queue_overflow"] == 0 {
		t.Errorf("counted %v", reached(b))
	}
	if most == 0 || most > 4*64*3 { // 64 are told of one look, each packet gets up to three
		t.Errorf("%d records of four packets", most)
	}
}

func TestAbuseRandomBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	b := newBox(t, Config{Rules: starterSet(t), MaxFlows: 5000, LogApps: true, LogFlows: true})
	b.e.cfg.EVE.DecoderEvents = true
	frame := make([]byte, 1500)
	few := newBox(t, Config{Rules: rulesOf(t, watched), MaxFlows: 5000})
	abuse(t, few, 5000*flowBytes+packet.MaxDatagrams*2048+2*fixedBytes, func(n int) {
		data := frame[:1+r.IntN(len(frame)-1)]
		for i := 0; i+8 <= len(data); i += 8 {
			v := r.Uint64()
			for k := range 8 {
				data[i+k] = byte(v >> (8 * k))
			}
		}
		link := fuzzLinks[r.IntN(len(fuzzLinks))]
		switch n % 4 { // most are thrown away at once; these look like something
		case 0:
			link = packet.LinkRaw
			data[0] = 0x45
			if len(data) > 40 {
				data[2], data[3], data[6], data[7], data[9] = byte(len(data)>>8), byte(len(data)), 0, 0, [...]byte{6, 17, 1, 47, 41}[r.IntN(5)]
			}
		case 1:
			link = packet.LinkEthernet
			if len(data) > 60 {
				copy(data[12:], []byte{8, 0, 0x45})
				data[16], data[17], data[20], data[21], data[23] = 0, byte(len(data)-14), 0, 0, 6
			}
		}
		for _, x := range []*box{b, few} {
			x.id++
			x.now += 100
			x.w.Packet(&capture.Packet{Link: link, Data: bytes.Clone(data), Time: x.now, ID: x.id, InPort: 1})
			x.records = x.records[:0]
		}
	}, 60_000)
	if n := b.e.Stats.Panics.Load(); n > 0 {
		t.Errorf("%d panics", n)
	}
}

// TestAbuseOpenTransactions: requests without an answer, up to all that a conversation may
// hold, in as many conversations as there may be.
func TestAbuseOpenTransactions(t *testing.T) {
	const conversations, bound = 600, 192 << 20
	request := "GET /many HTTP/1.1\r\nHost: www.example\r\nX-More: " + strings.Repeat("x", 2000) + "\r\n\r\n"
	b := newBox(t, Config{Rules: rulesOf(t, watched), MaxMemory: heap() + bound})
	var open [conversations]*ends
	// Besides the bound there is what came since the last collection.
	abuse(t, b, 2*bound+fixedBytes, func(n int) {
		e := open[n%conversations]
		if e == nil {
			e = &ends{stranger(n, 2000), victim, [2]uint32{1000, 5000}}
			open[n%conversations] = e
			b.open(e)
		}
		if b.say(e, 0, request) != capture.Accept {
			t.Fatal("a harmless request does not pass")
		}
		if b.records = b.records[:0]; n%100 == 0 {
			b.w.Tick(b.now)
		}
	}, conversations*250)
	if reached(b)["memory_short"] == 0 {
		t.Errorf("counted %v", reached(b))
	}
}
