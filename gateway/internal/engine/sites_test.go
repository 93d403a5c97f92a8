package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
	"otasuke/gateway/internal/packet"
)

// sitesOf makes lists, each with its text.
func sitesOf(t testing.TB, groups *filter.Groups, all ...any) *filter.Lists {
	t.Helper()
	b := filter.NewBuilder(groups)
	for i := 0; i < len(all); i += 2 {
		if rep, err := listfile.Read(b, all[i].(filter.List), listfile.Auto, strings.NewReader(all[i+1].(string))); err != nil || rep.LeftOut > 0 {
			t.Fatal(rep, err)
		}
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// questionFor packs a question, over TCP with its length.
func questionFor(t testing.TB, name string, tcp bool) []byte {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), dns.TypeA)
	q.Id = uint16(len(name))
	raw, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if tcp {
		raw = append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)
	}
	return raw
}

// A question over TCP is answered, whole or cut, behind others or not; the server is told
// that nothing more comes.
func TestDNSBlockedTCP(t *testing.T) {
	t.Parallel()
	good := string(questionFor(t, "good.example", true))
	bad := string(questionFor(t, "www.evil.example", true))
	for name, says := range map[string][]string{
		"alone":                  {bad},
		"in pieces":              {bad[:1], bad[1:9], bad[9:]},
		"behind a harmless one":  {good, bad},
		"in one segment with it": {good + bad},
		"before a harmless one":  {bad + good},
	} {
		b := newBox(t, Config{Lists: listsOf(t, "evil.example\n")})
		e := between("192.168.1.12:40000", "192.0.2.53:53")
		b.open(e)
		client, last := e.seq[1], capture.Accept
		for _, s := range says {
			last = b.say(e, 0, s)
		}
		if last != capture.Drop {
			t.Errorf("%s: the question passes", name)
			continue
		}
		var answer []byte
		fin, rst := false, false
		for _, ip := range b.c.sent {
			_, tcp := parsed(t, ip)
			if tcp.SrcPort != 53 {
				rst = rst || tcp.RST
				continue
			}
			if tcp.Seq != client+uint32(len(answer)) || tcp.RST {
				t.Errorf("%s: segment %+v", name, tcp)
			}
			answer, fin = append(answer, tcp.Payload...), tcp.FIN
		}
		a := new(dns.Msg)
		if len(answer) < 2 || int(binary.BigEndian.Uint16(answer)) != len(answer)-2 || a.Unpack(answer[2:]) != nil {
			t.Errorf("%s: answer %x", name, answer)
			continue
		}
		if !fin || !rst || a.Rcode != dns.RcodeNameError || a.Question[0].Name != "www.evil.example." || a.Id != uint16(len("www.evil.example")) {
			t.Errorf("%s: fin %v, rst %v, %v", name, fin, rst, a)
		}
		if got := fmt.Sprint(b.alerts()); got != "[blocked OTASUKE dangerous site (phishing, dns)]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// One page is blocked, not its host; another host's page of the same path is not meant.
func TestPageBlocked(t *testing.T) {
	t.Parallel()
	l := listsOf(t, "http://files.example/drop/a.exe\n")
	for request, want := range map[string]capture.Action{
		"GET /drop/a.exe HTTP/1.1\r\nHost: files.example\r\n\r\n":                  capture.Drop,
		"GET /drop/%61.exe?x HTTP/1.1\r\nHost: FILES.example:80\r\n\r\n":           capture.Drop,
		"GET http://files.example/drop/a.exe HTTP/1.1\r\nHost: x\r\n\r\n":          capture.Drop,
		"GET / HTTP/1.1\r\nHost: files.example\r\n\r\n":                            capture.Accept,
		"GET /drop/a.exe HTTP/1.1\r\nHost: other.example\r\n\r\n":                  capture.Accept,
		"GET /drop/a.exe/more HTTP/1.1\r\nHost: files.example\r\n\r\n":             capture.Accept,
		"POST /drop/ HTTP/1.1\r\nHost: files.example\r\nContent-Length: 0\r\n\r\n": capture.Accept,
	} {
		b := newBox(t, Config{Lists: l})
		e := surf()
		b.open(e)
		if got := b.say(e, 0, request); got != want || (len(b.alerts()) > 0) != (want == capture.Drop) {
			t.Errorf("%q: %v %v", request, got, b.alerts())
		}
	}
}

// What is only noted passes, is told once an hour as such, and does not hide what is not.
func TestNoted(t *testing.T) {
	t.Parallel()
	l := sitesOf(t, nil, filter.List{Name: "resolvers", Category: "encrypted-dns", Action: filter.Report}, "dns.example\n192.0.2.53:853\n",
		filter.List{Name: "bad", Category: "malware"}, "bad.dns.example\n",
		filter.List{Name: "canaries", Category: "encrypted-dns", Quiet: true}, "canary.example\n")
	b := newBox(t, Config{Lists: l})
	client, server := netip.MustParseAddrPort("192.168.1.12:5353"), netip.MustParseAddrPort("192.0.2.99:53")
	ask := func(name string) capture.Action {
		v, _ := b.give(packet.AppendUDP(nil, client, server, questionFor(t, name, false)))
		return v.Action
	}
	if ask("dns.example") != capture.Accept || ask("dns.example") != capture.Accept || len(b.c.sent) != 0 {
		t.Error("what is only noted is stopped")
	}
	dot := between("192.168.1.12:40000", "192.0.2.53:853")
	b.open(dot)
	if ask("x.bad.dns.example") != capture.Drop || ask("canary.example") != capture.Drop {
		t.Error("a blocked name passes")
	}
	if len(b.c.sent) != 2 {
		t.Errorf("%d answers", len(b.c.sent))
	}
	if got := fmt.Sprint(b.alerts()); got != "[allowed OTASUKE noted site (encrypted-dns, dns) allowed OTASUKE noted site (encrypted-dns, ip) blocked OTASUKE dangerous site (malware, dns)]" {
		t.Error(got)
	}
}

// A list for some devices counts for them, whichever end of a conversation they are.
func TestGroupOfDevices(t *testing.T) {
	t.Parallel()
	g := new(filter.Groups)
	if err := g.Add("kids", []string{"192.168.1.64/26"}); err != nil {
		t.Fatal(err)
	}
	l := sitesOf(t, g, filter.List{Name: "games", Category: "games", Groups: 1}, "play.example\n203.0.113.0/24\n")
	for _, tt := range []struct {
		client, server string
		want           capture.Action
	}{
		{"192.168.1.65:40000", "192.0.2.53:53", capture.Drop}, {"192.168.1.12:40000", "192.0.2.53:53", capture.Accept},
		{"203.0.113.5:40000", "192.168.1.65:53", capture.Drop}, {"203.0.113.5:40000", "192.168.1.12:53", capture.Accept},
	} {
		b := newBox(t, Config{Lists: l})
		v, _ := b.give(packet.AppendUDP(nil, netip.MustParseAddrPort(tt.client), netip.MustParseAddrPort(tt.server), questionFor(t, "www.play.example", false)))
		if v.Action != tt.want {
			t.Errorf("%s → %s: %v", tt.client, tt.server, v.Action)
		}
	}
}

// New lists count from the next packet on, with no question judged by none.
func TestSwapLists(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "evil.example\n")})
	client, server := netip.MustParseAddrPort("192.168.1.12:5353"), netip.MustParseAddrPort("192.0.2.99:53")
	for i := range 100 {
		old, other := "evil.example", "worse.example"
		if i%2 == 1 {
			old, other = other, old
		}
		for name, want := range map[string]capture.Action{old: capture.Drop, other: capture.Accept} {
			if v, _ := b.give(packet.AppendUDP(nil, client, server, questionFor(t, name, false))); v.Action != want {
				t.Fatalf("%d: %s: %v", i, name, v.Action)
			}
		}
		b.e.SetLists(listsOf(t, other+"\n"))
	}
}

// BenchmarkDNSBlocked: questions for 140,000 listed names, answered in the server's place,
// by a box without an EVE log and with one.
func BenchmarkDNSBlocked(b *testing.B) {
	const names = 140_000
	var text strings.Builder
	for i := range names {
		fmt.Fprintf(&text, "host-%d.site%d.example\n", i, i%100)
	}
	lists := listsOf(b, text.String())
	server := netip.MustParseAddrPort("192.0.2.53:53")
	var packets [][]byte
	for i := range 1 << 14 {
		client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 1, byte(i)}), uint16(20000+i%64))
		packets = append(packets, packet.AppendUDP(nil, client, server, questionFor(b, fmt.Sprintf("www.host-%d.site%d.example", i*8, i*8%100), false)))
	}
	for name, log := range map[string]bool{"quiet": false, "logged": true} {
		b.Run(name, func(b *testing.B) {
			e := New(Config{Rules: rulesOf(b, ""), Lists: lists, Home: testHome, Inline: true, Gather: 64, Emit: func([]*eve.Record) int { return 0 }, LogApps: log, LogFlows: log})
			c := new(answers)
			w, err := e.NewWorker(c)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			p := capture.Packet{Link: packet.LinkRaw, Time: 1_800_000_000_000_000}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.ID, p.Data = uint32(i), packets[i%len(packets)]
				p.Time += 10
				if v := w.Packet(&p); v.Action != capture.Drop {
					b.Fatal("a question passes")
				}
			}
			if c.n < b.N {
				b.Errorf("%d answers to %d questions", c.n, b.N)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
		})
	}
}

// answers is a source that counts what is sent.
type answers struct {
	cable
	n int
}

func (a *answers) Send(*capture.Place, []byte) error { a.n++; return nil }
