package engine

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/miekg/dns"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
	"otasuke/gateway/internal/packet"
)

func listsOf(t testing.TB, text string) *filter.Lists {
	t.Helper()
	b := filter.NewBuilder(nil)
	if rep, err := listfile.Read(b, filter.List{Name: "test", Category: "phishing"}, listfile.Auto, strings.NewReader(text)); err != nil || rep.LeftOut > 0 {
		t.Fatal(rep, err)
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A question for a dangerous name is answered in the server's place, in a form that
// another resolver library takes.
func TestDNSBlocked(t *testing.T) {
	t.Parallel()
	for _, edns := range []bool{false, true} {
		for _, typ := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeHTTPS, dns.TypeTXT} {
			for _, ends := range []*ends{between("192.168.1.12:5353", "192.0.2.53:53"), between("[fd00::12]:5353", "[2001:db8::53]:53")} {
				b := newBox(t, Config{Lists: listsOf(t, "evil.example\n")})
				q := new(dns.Msg)
				q.SetQuestion("WWW.evil.Example.", typ)
				if edns {
					q.SetEdns0(1232, true)
				}
				raw, err := q.Pack()
				if err != nil {
					t.Fatal(err)
				}
				if v, _ := b.give(packet.AppendUDP(nil, ends.client, ends.server, raw)); v.Action != capture.Drop {
					t.Fatal("the question passes")
				}
				p, _ := parsed(t, b.c.sent[0])
				udp := p.TransportLayer().(*layers.UDP)
				if udp.SrcPort != 53 || udp.DstPort != 5353 || p.NetworkLayer().NetworkFlow().Src().String() != ends.server.Addr().String() {
					t.Errorf("the answer goes %v %v", p.NetworkLayer().NetworkFlow(), p.TransportLayer().TransportFlow())
				}
				a := new(dns.Msg)
				if err := a.Unpack(udp.Payload); err != nil {
					t.Fatal(err)
				}
				if a.Id != q.Id || !a.Response || len(a.Question) != 1 || a.Question[0] != q.Question[0] || (a.IsEdns0() != nil) != edns {
					t.Errorf("answer %v to %v", a, q)
				}
				for _, rr := range a.Answer {
					if h := rr.Header(); h.Rrtype != typ {
						t.Errorf("an answer of type %d to a question of type %d", h.Rrtype, typ)
					}
				}
				// The same ports serve harmless questions.
				q.SetQuestion("good.example.", typ)
				if raw, err = q.Pack(); err != nil {
					t.Fatal(err)
				}
				if v, _ := b.give(packet.AppendUDP(nil, ends.client, ends.server, raw)); v.Action != capture.Accept {
					t.Error("a harmless question is dropped")
				}
				if got := fmt.Sprint(b.alerts()); got != "[blocked OTASUKE dangerous site (phishing, dns)]" {
					t.Error(got)
				}
			}
		}
	}
}

// A request for a dangerous site gets a page that says so, as a correct response, and
// both connections end.
func TestBlockPage(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "evil.example\n")})
	e := surf()
	b.open(e)
	clientNext := e.seq[1]
	if b.say(e, 0, "GET /login?x=<script> HTTP/1.1\r\nHost: www.EVIL.example\r\n\r\n") != capture.Drop {
		t.Fatal("the request passes")
	}
	var page []byte
	fin, rst := false, false
	for _, ip := range b.c.sent {
		_, tcp := parsed(t, ip)
		if tcp.SrcPort == 80 {
			if tcp.Seq != clientNext+uint32(len(page)) || tcp.Ack != e.seq[0] {
				t.Errorf("page segment with seq %d ack %d, want %d %d", tcp.Seq, tcp.Ack, clientNext+uint32(len(page)), e.seq[0])
			}
			page = append(page, tcp.Payload...)
			fin = tcp.FIN
			continue
		}
		rst = tcp.RST && tcp.Seq == 1001 // where the server waits for the request
	}
	if !fin || !rst {
		t.Errorf("fin to the browser %v, reset to the server %v", fin, rst)
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(page)), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 403 || !resp.Close || !strings.Contains(string(body), "evil.example") || strings.Contains(string(body), "<script>") {
		t.Errorf("%v %v %s", resp, err, body)
	}
	if b.give(e.segment(1, e.seq[1], e.seq[0], packet.ACK, []byte("HTTP/1.1 200 OK\r\n\r\n"))); b.e.Stats.Blocked.Load() != 2 {
		t.Error("the real server's answer passes")
	}
}

// A reset carries the number that each end expects next: other ones are ignored.
func TestResetNumbers(t *testing.T) {
	t.Parallel()
	for _, e := range []*ends{web(), between("[2001:db8::7]:40000", "[fd00::80]:80")} {
		b := newBox(t, Config{Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; flow:to_server; content:"attack"; sid:1;)`)})
		b.open(e)
		b.say(e, 0, "hello there, this is harmless")
		b.say(e, 1, "welcome")
		server, client := e.seq[0], e.seq[1]
		if b.say(e, 0, "an attack") != capture.Drop {
			t.Fatal("passes")
		}
		if len(b.c.sent) != 2 {
			t.Fatalf("%d packets sent", len(b.c.sent))
		}
		for _, ip := range b.c.sent {
			_, tcp := parsed(t, ip)
			want := client
			if tcp.DstPort == 80 {
				want = server
			}
			if !tcp.RST || tcp.Seq != want {
				t.Errorf("to port %d: rst %v seq %d, want %d", tcp.DstPort, tcp.RST, tcp.Seq, want)
			}
		}
	}
}

// The ends of a connection that was ended may use their ports again at once: that is another
// connection. Its predecessor does not go on beside it.
func TestPortsOfTheEnded(t *testing.T) {
	t.Parallel()
	for _, e := range []*ends{web(), between("[2001:db8::7]:40000", "[fd00::80]:80")} {
		b := newBox(t, Config{Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; flow:to_server,established; content:"attack"; sid:1;)`)})
		b.open(e)
		if b.say(e, 0, "an attack") != capture.Drop {
			t.Fatal("passes")
		}
		before := *e
		for again := range 3 {
			e.seq = [2]uint32{700_000 * uint32(again+1), 900_000}
			b.open(e)
			if b.say(e, 0, "hello there") != capture.Accept || b.say(e, 1, "welcome") != capture.Accept {
				t.Fatalf("the harmless connection %d does not pass", again)
			}
			if b.say(e, 0, "an attack") != capture.Drop || len(b.alerts()) != again+2 {
				t.Fatalf("the attack of connection %d: %v", again, b.alerts())
			}
		}
		// A server to which the reset was lost asks for one; its client cannot go on instead.
		b.give(e.segment(0, 77, 0, packet.SYN, nil))
		if v, _ := b.give(before.segment(1, before.seq[1], before.seq[0], packet.ACK, nil)); v.Action != capture.Accept {
			t.Error("the server's doubt does not reach the client")
		}
		for dir := range 2 {
			if b.say(&before, dir, "the rest") != capture.Drop {
				t.Errorf("what was ended goes on in direction %d", dir)
			}
		}
	}
}

// A pass rule lets a conversation through whatever other rules say.
func TestPassRule(t *testing.T) {
	t.Parallel()
	rules := `drop tcp any any -> any any (msg:"d"; content:"attack"; sid:1;)` + "\n" + `pass tcp any any -> any any (msg:"p"; content:"attack from the auditor"; sid:2;)`
	b := newBox(t, Config{Rules: rulesOf(t, rules)})
	e := web()
	b.open(e)
	if b.say(e, 0, "attack from the auditor") != capture.Accept || b.say(e, 0, "attack") != capture.Accept || len(b.alerts()) != 0 {
		t.Errorf("alerts %v", b.alerts())
	}
}

// Bodies are matched after the transfer and content codings.
func TestGzipBody(t *testing.T) {
	t.Parallel()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = io.WriteString(w, strings.Repeat("harmless ", 50)+"evil-script"+strings.Repeat(" harmless", 50))
	w.Close()
	chunked := ""
	for b := z.String(); b != ""; {
		n := min(7, len(b))
		chunked += fmt.Sprintf("%x\r\n%s\r\n", n, b[:n])
		b = b[n:]
	}
	for name, response := range map[string]string{
		"fixed":   fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", z.Len(), z.String()),
		"chunked": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + "0\r\n\r\n",
	} {
		b := newBox(t, Config{Rules: rulesOf(t, `drop http any any -> any any (msg:"m"; flow:to_client; file.data; content:"evil-script"; sid:1;)`)})
		e := surf()
		b.open(e)
		b.say(e, 0, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
		last := capture.Accept
		for _, p := range fixed(50)(nil, []byte(response)) {
			last = b.say(e, 1, string(p.data))
		}
		if last != capture.Drop || len(b.alerts()) != 1 {
			t.Errorf("%s: %v", name, b.alerts())
		}
	}
}

// A panic costs the flow its inspection, never the packet, and is counted.
func TestPanicPasses(t *testing.T) {
	t.Parallel()
	fail := false
	b := newBox(t, Config{Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; content:"attack"; sid:1;)`), Probe: func() {
		if fail {
			panic("injected")
		}
	}})
	e := web()
	b.open(e)
	fail = true
	if b.say(e, 0, "hello") != capture.Accept || b.e.Stats.Panics.Load() != 1 || b.e.Stats.Uninspected.Load() != 1 {
		t.Error("a panic drops the packet or is not counted")
	}
	fail = false
	if b.say(e, 0, "attack") != capture.Accept {
		t.Error("the flow is still judged after its state was lost")
	}
	other := between("198.51.100.7:40001", "192.168.1.80:80")
	b.open(other)
	if b.say(other, 0, "attack") != capture.Drop {
		t.Error("other flows are not judged any more")
	}
	b.w.Tick(b.now + 1<<40)
}

// Past the limit of flows the oldest goes; new ones are judged.
func TestFlowLimit(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{MaxFlows: 10, LogFlows: true, Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; content:"attack"; sid:1;)`)})
	for i := range 100 {
		e := between(fmt.Sprintf("198.51.100.7:%d", 40000+i), "192.168.1.80:80")
		b.open(e)
		if b.say(e, 0, "attack") != capture.Drop {
			t.Fatalf("flow %d is not judged", i)
		}
	}
	if n := b.w.flows.Len(); n > 10 {
		t.Errorf("%d flows", n)
	}
	ended := 0
	for _, r := range b.records {
		if r.EventType == eve.TypeFlow {
			ended++
		}
	}
	if ended != 90 {
		t.Errorf("%d flow records", ended)
	}
}

// Every address of a list is cut off, in both directions, and reported once a minute.
func TestAddressBlocked(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "203.0.113.0/24\n192.168.1.80\n")})
	for i, e := range []*ends{between("192.168.1.12:50000", "203.0.113.9:443"), between("203.0.113.9:50000", "192.168.1.80:80"), between("192.168.1.12:50001", "203.0.113.9:443")} {
		if v, _ := b.give(e.segment(0, 1, 0, packet.SYN, nil)); v.Action != capture.Drop {
			t.Errorf("flow %d passes", i)
		}
	}
	inside := between("192.168.1.12:50002", "192.168.1.80:80")
	b.open(inside) // a list cannot cut off our own
	if got := b.alerts(); len(got) != 2 {
		t.Errorf("alerts %v", got)
	}
}

// Offline, everything passes and records say so.
func TestNotInline(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "evil.example\n203.0.113.9\n"), Rules: rulesOf(t, `drop tcp any any -> any any (msg:"m"; content:"attack"; sid:1;)`)})
	b.e.cfg.Inline = false
	e := between("192.168.1.12:50000", "203.0.113.9:80")
	b.open(e)
	if b.say(e, 0, "GET /attack HTTP/1.1\r\nHost: evil.example\r\n\r\n") != capture.Accept || len(b.c.sent) != 0 || b.e.Stats.Blocked.Load() != 0 {
		t.Error("an offline engine interferes")
	}
	// What a stream shows is told when its receiver has it and its sender goes on.
	b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	b.say(e, 0, "\r\n")
	if got := b.alerts(); len(got) != 3 || strings.Contains(fmt.Sprint(got), "blocked") {
		t.Errorf("alerts %v", got)
	}
}
