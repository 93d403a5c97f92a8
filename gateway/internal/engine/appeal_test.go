package engine

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/wire"
)

var button = regexp.MustCompile(`formaction="([^"]+)"`)

// shown is what the browser gets on a connection of its own for one request.
func (b *box) shown(request string) string {
	b.t.Helper()
	e := surf()
	e.client = netip.AddrPortFrom(e.client.Addr(), 50000+uint16(b.id)) // another connection each time
	b.open(e)
	b.c.sent = nil
	if b.say(e, 0, request) != capture.Drop {
		b.t.Fatal("the request passes")
	}
	page := ""
	for _, ip := range b.c.sent {
		if _, tcp := parsed(b.t, ip); tcp.SrcPort == 80 {
			page += string(tcp.Payload)
		}
	}
	return page
}

// "This is wrong" on a block page reaches the centre once, and never the site.
func TestAppeal(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "evil.example\nhttp://files.example/a.exe\n"), Appeals: appeal.New()})
	for i, req := range []struct{ host, path, what string }{{"www.EVIL.example", "/login", "www.evil.example"}, {"files.example", "/a.exe", "files.example"}} {
		page := b.shown("GET " + req.path + " HTTP/1.1\r\nHost: " + req.host + "\r\n\r\n")
		m := button.FindAllStringSubmatch(page, -1)
		if len(m) != 4 {
			t.Fatalf("%d buttons: %s", len(m), page)
		}
		post := "POST " + m[1][1] + " HTTP/1.1\r\nHost: " + req.host + "\r\nContent-Length: 0\r\n\r\n"
		if page := b.shown(post); !strings.HasPrefix(page, "HTTP/1.1 200") || !strings.Contains(page, "お預かりしました") {
			t.Errorf("%s", page)
		}
		if page := b.shown(post); !strings.Contains(page, "今日すでに") {
			t.Errorf("the same again: %s", page)
		}
		if page := b.shown(strings.Replace(post, "POST /.otasuke/wrong/A", "POST /.otasuke/wrong/B", 1) + "x"); strings.Contains(page, "block.") {
			t.Error(page)
		}
		var events []wire.Event
		for _, r := range b.records {
			if r.Otasuke == nil || r.Otasuke.Kind != string(wire.KindAppeal) {
				continue
			}
			line, err := eve.Append(nil, r)
			if err != nil {
				t.Fatal(err)
			}
			e, err := eve.ToWire(line, testHome)
			if err != nil || e.Check() != nil {
				t.Fatalf("%s: %v %v", line, err, e.Check())
			}
			events = append(events, e)
		}
		if len(events) != i+1 {
			t.Fatalf("%d requests for the centre", len(events))
		}
		if a := events[i].Appeal; a.What != req.what || a.Category != "phishing" || a.List != "test" || a.Reason != appeal.Work || events[i].Direction != wire.Outbound || events[i].Site != nil {
			t.Errorf("%+v", events[i])
		}
	}
}

// A web server inside may have any path: nobody outside is answered in its place.
func TestAppealFromOutside(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Appeals: appeal.New()})
	e := web()
	b.open(e)
	if b.say(e, 0, "POST /.otasuke/wrong/AAAA/work HTTP/1.1\r\nHost: www.sato.example\r\nContent-Length: 0\r\n\r\n") != capture.Accept {
		t.Error("the request is taken")
	}
}
