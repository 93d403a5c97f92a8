package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	catalogue "otasuke/content/apps"
	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/usage"
	"otasuke/wire"
)

// knows makes what an engine knows of applications.
func knows(t testing.TB, blocks ...apps.Block) *apps.Known {
	t.Helper()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	groups := new(filter.Groups)
	if err := groups.Add("accounting", []string{"192.168.1.12"}); err != nil {
		t.Fatal(err)
	}
	table, err := apps.New(c)
	if err != nil {
		t.Fatal(err)
	}
	p, err := apps.NewPolicy(table, c, groups, blocks)
	if err != nil {
		t.Fatal(err)
	}
	return apps.NewKnown(table, p)
}

// named are the applications in records of a type.
func (b *box) named(kind string) (out []string) {
	for _, r := range b.records {
		if r.EventType != kind {
			continue
		}
		name := "-"
		if r.Otasuke != nil && r.Otasuke.Application != "" {
			name = r.Otasuke.Application + " (" + r.Otasuke.Category + ")"
		}
		out = append(out, name)
	}
	return out
}

// answered gives a client an address of a name.
func (b *box) answered(client, name, addr string) {
	b.t.Helper()
	e := between(client+":5353", "192.0.2.53:53")
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), dns.TypeA)
	raw, err := q.Pack()
	if err != nil {
		b.t.Fatal(err)
	}
	b.give(packet.AppendUDP(nil, e.client, e.server, raw))
	a := new(dns.Msg)
	a.SetReply(q)
	rr, err := dns.NewRR(dns.Fqdn(name) + " 60 IN A " + addr)
	if err != nil {
		b.t.Fatal(err)
	}
	a.Answer = []dns.RR{rr}
	if raw, err = a.Pack(); err != nil {
		b.t.Fatal(err)
	}
	b.give(packet.AppendUDP(nil, e.server, e.client, raw))
}

// Each way to tell an application ends in the records of the conversation.
func TestApplications(t *testing.T) {
	t.Parallel()
	page := func(host string) string { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n" }
	for _, tt := range []struct {
		name, want string
		talk       func(b *box) *ends
	}{
		{"SNI", "dropbox (storage)", func(b *box) *ends {
			e := between("192.168.1.12:50000", "203.0.113.80:443")
			b.open(e)
			b.say(e, 0, string(hello(b.t, "www.dropbox.com")))
			return e
		}},
		{"host of HTTP", "rakuten (shopping)", func(b *box) *ends {
			e := surf()
			b.open(e)
			b.say(e, 0, page("www.Rakuten.co.jp"))
			return e
		}},
		{"nothing known", "-", func(b *box) *ends {
			e := surf()
			b.open(e)
			b.say(e, 0, page("intranet.example"))
			return e
		}},
		{"answer of DNS", "claude (ai)", func(b *box) *ends {
			b.answered("192.168.1.12", "api.anthropic.com", "203.0.113.99")
			e := between("192.168.1.12:50000", "203.0.113.99:4433")
			b.open(e)
			b.say(e, 0, "\x01binary")
			return e
		}},
		{"answer to somebody else", "-", func(b *box) *ends {
			b.answered("192.168.1.13", "api.anthropic.com", "203.0.113.99")
			e := between("192.168.1.12:50000", "203.0.113.99:4433")
			b.open(e)
			b.say(e, 0, "\x01binary")
			return e
		}},
		{"protocol", "ssh (system)", func(b *box) *ends {
			e := between("192.168.1.12:50000", "203.0.113.80:2222")
			b.open(e)
			b.say(e, 0, "SSH-2.0-OpenSSH_9.9\r\n")
			b.say(e, 1, "SSH-2.0-OpenSSH_9.9\r\n")
			return e
		}},
		{"first bytes", "bittorrent (p2p)", func(b *box) *ends {
			e := between("192.168.1.12:50000", "203.0.113.80:50001")
			b.open(e)
			b.say(e, 0, "\x13BitTorrent protocol"+strings.Repeat("x", 48))
			return e
		}},
		{"address", "telegram (messenger)", func(b *box) *ends {
			e := between("192.168.1.12:50000", "149.154.167.50:443")
			b.open(e)
			b.say(e, 0, "\x01binary")
			return e
		}},
		{"port", "teamviewer (remote)", func(b *box) *ends {
			e := between("192.168.1.12:50000", "203.0.113.80:5938")
			b.open(e)
			b.say(e, 0, "\x01binary")
			return e
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, Config{Applications: knows(t), LogFlows: true})
			b.w.e.cfg.EVE.Netflow = true
			e := tt.talk(b)
			b.give(e.next(0, packet.FIN, ""))
			b.records = nil
			b.w.Close()
			for _, kind := range []string{eve.TypeFlow, eve.TypeNetflow} {
				found := false
				for i, got := range b.named(kind) {
					r := b.of(kind)[i]
					if r.Proto == "TCP" {
						found = true
						if got != tt.want {
							t.Errorf("%s says %s, want %s", kind, got, tt.want)
						}
					}
				}
				if !found {
					t.Errorf("no %s record", kind)
				}
			}
		})
	}
}

// of are the records of a type.
func (b *box) of(kind string) (out []*eve.Record) {
	for _, r := range b.records {
		if r.EventType == kind {
			out = append(out, r)
		}
	}
	return out
}

// A rule's alert says of which application the conversation was.
func TestApplicationOfAnAlert(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, `alert http any any -> any any (msg:"m"; http.uri; content:"/evil"; sid:1;)`), Applications: knows(t)})
	e := surf()
	b.open(e)
	b.say(e, 0, "GET /evil HTTP/1.1\r\nHost: www.netflix.com\r\n\r\n")
	if got := fmt.Sprint(b.named(eve.TypeAlert)); got != "[netflix (media)]" {
		t.Error(got)
	}
}

// What is switched off in a company ends like a dangerous site: a page for HTTP, a reset
// for TLS; names are still answered.
func TestBlockedApplications(t *testing.T) {
	t.Parallel()
	shop := apps.Block{Categories: []string{"shopping"}}
	request := "GET /item HTTP/1.1\r\nHost: www.rakuten.co.jp\r\n\r\n"
	t.Run("HTTP", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t, shop)})
		b.answered("192.168.1.12", "www.rakuten.co.jp", "198.51.100.80")
		if n := b.e.Stats.Blocked.Load(); n != 0 {
			t.Errorf("%d packets of DNS were dropped", n)
		}
		e := surf()
		b.open(e)
		if b.say(e, 0, request) != capture.Drop {
			t.Fatal("the request passes")
		}
		var page []byte
		for _, ip := range b.c.sent {
			if _, tcp := parsed(t, ip); tcp.SrcPort == 80 {
				page = append(page, tcp.Payload...)
			}
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(page)), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 403 || !strings.Contains(string(body), "rakuten.co.jp") || !strings.Contains(string(body), "会社の決まり") {
			t.Errorf("%v %v %s", resp, err, body)
		}
		if got := fmt.Sprint(b.alerts()); got != "[blocked OTASUKE application (shopping, rakuten)]" {
			t.Error(got)
		}
	})
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t, shop)})
		e := between("192.168.1.12:50000", "203.0.113.80:443")
		b.open(e)
		if b.say(e, 0, string(hello(t, "www.rakuten.co.jp"))) != capture.Drop || len(b.c.sent) != 2 {
			t.Fatalf("%d packets sent", len(b.c.sent))
		}
		for _, ip := range b.c.sent {
			if _, tcp := parsed(t, ip); !tcp.RST {
				t.Error("no reset")
			}
		}
	})
	t.Run("another device", func(t *testing.T) {
		t.Parallel()
		shop := shop
		shop.Groups = []string{"accounting"}
		for client, want := range map[string]capture.Action{"192.168.1.12": capture.Drop, "192.168.1.13": capture.Accept} {
			b := newBox(t, Config{Applications: knows(t, shop)})
			e := between(client+":50000", "203.0.113.80:443")
			b.open(e)
			if got := b.say(e, 0, string(hello(t, "www.rakuten.co.jp"))); got != want {
				t.Errorf("%s: %v", client, got)
			}
		}
	})
	t.Run("first bytes", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t, apps.Block{Applications: []string{"bittorrent"}})})
		e := between("192.168.1.12:50000", "203.0.113.80:50001")
		b.open(e)
		if b.say(e, 0, "\x13BitTorrent protocol"+strings.Repeat("x", 48)) != capture.Drop {
			t.Error("passes")
		}
	})
	t.Run("addresses that others may share", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t, shop, apps.Block{Applications: []string{"teamviewer"}})})
		b.answered("192.168.1.12", "www.rakuten.co.jp", "203.0.113.80")
		for _, server := range []string{"203.0.113.80:8443", "203.0.113.81:5938"} {
			e := between("192.168.1.12:50000", server)
			b.open(e)
			if b.say(e, 0, "\x01binary") != capture.Accept {
				t.Errorf("%s is blocked by a hint", server)
			}
		}
	})
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t)})
		e := surf()
		b.open(e)
		if b.say(e, 0, request) != capture.Accept || len(b.alerts()) != 0 {
			t.Error("blocked without a wish")
		}
	})
	t.Run("offline", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, Config{Applications: knows(t, shop)})
		b.w.e.cfg.Inline = false
		e := surf()
		b.open(e)
		b.say(e, 0, request)
		b.give(e.next(1, 0, ""))
		if got := fmt.Sprint(b.alerts()); got != "[allowed OTASUKE application (shopping, rakuten)]" {
			t.Error(got)
		}
	})
}

// What devices use comes to the sum with bytes and minutes, seen from the device.
func TestUsage(t *testing.T) {
	t.Parallel()
	known := knows(t, apps.Block{Applications: []string{"netflix"}})
	b := newBox(t, Config{Applications: known, Usage: usage.New(known, time.Hour)})
	b.now = 1_795_000_000_000_000 / 3_600_000_000 * 3_600_000_000
	began := b.now
	e := between("192.168.1.12:50000", "203.0.113.80:443")
	b.open(e)
	b.say(e, 0, string(hello(t, "chatgpt.com")))
	for range 5 {
		b.now += 60_000_000
		b.say(e, 1, strings.Repeat("a", 1000))
		b.say(e, 0, strings.Repeat("q", 100))
	}
	n := between("192.168.1.12:50001", "203.0.113.81:443")
	b.open(n)
	b.say(n, 0, string(hello(t, "www.netflix.com")))
	inside := between("192.168.1.12:50002", "192.168.1.80:80")
	b.open(inside)
	b.say(inside, 0, "GET / HTTP/1.1\r\nHost: www.youtube.com\r\n\r\n")
	b.w.Close()
	if got := b.e.cfg.Usage.Take(began+1, false); got != nil {
		t.Errorf("told before the hour is over: %+v", got)
	}
	got := b.e.cfg.Usage.Take(began+3_600_000_000, false)
	if len(got) != 1 || got[0].Check() != nil || got[0].Kind != wire.KindUsage || got[0].Device.Addr.String() != "192.168.1.12" {
		t.Fatalf("%+v", got)
	}
	u := got[0].Usage
	if len(u.Apps) != 2 || u.Period != 60 || u.Since.UnixMicro() != began {
		t.Fatalf("%+v", u)
	}
	if a := u.Apps[0]; a.App != "chatgpt" || a.Category != "ai" || a.Minutes != 6 || a.Flows != 1 || a.Blocked != 0 || a.Down < 5000 || a.Down > 6000 || a.Up < 600 || a.Up > 2500 {
		t.Errorf("%+v", a)
	}
	if a := u.Apps[1]; a.App != "netflix" || a.Flows != 1 || a.Blocked != 1 {
		t.Errorf("%+v", a)
	}
}
