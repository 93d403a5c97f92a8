package appeal

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/rule"
)

const start = 1_800_000_000_000_000

var pc = filter.Device{Addr: netip.MustParseAddr("192.168.1.12"), MAC: [6]byte{2, 0, 0, 0, 0, 12}}

func post(method, target string) *app.Side {
	s := new(app.Side)
	s.Put(rule.HTTPMethod, []byte(method))
	s.Put(rule.HTTPURIRaw, []byte(target))
	return s
}

func as(d filter.Device) func() filter.Device { return func() filter.Device { return d } }

// What the page's button sends is taken once, from the device that was shown it, and nothing
// else is.
func TestTake(t *testing.T) {
	t.Parallel()
	subject := Subject{What: "shop.example", Category: "phishing", List: "feed"}
	roamed, other := pc, pc
	roamed.Addr, other.MAC = netip.MustParseAddr("192.168.1.13"), [6]byte{2}
	for _, tt := range []struct {
		what    string
		side    func(ticket string) *app.Side
		from    filter.Device
		later   int64
		want    Outcome
		restart bool
	}{
		{what: "button", side: func(s string) *app.Side { return post("POST", s+Known) }, want: Sent},
		{what: "other button", side: func(s string) *app.Side { return post("POST", s+Work) }, want: Sent},
		{what: "through a proxy", side: func(s string) *app.Side { return post("POST", "http://shop.example"+s+Work) }, want: Sent},
		{what: "the next morning", side: func(s string) *app.Side { return post("POST", s+Work) }, later: day - 1, want: Sent},
		{what: "a day later", side: func(s string) *app.Side { return post("POST", s+Work) }, later: day, want: Old},
		{what: "a link", side: func(s string) *app.Side { return post("GET", s+Work) }, want: None},
		{what: "another page", side: func(string) *app.Side { return post("POST", "/login") }, want: None},
		{what: "path in the query", side: func(s string) *app.Side { return post("POST", "/?"+s+Work) }, want: None},
		{what: "of another device", side: func(s string) *app.Side { return post("POST", s+Work) }, from: other, want: Old},
		{what: "of another address", side: func(s string) *app.Side { return post("POST", s+Work) }, from: roamed, want: Old},
		{what: "no reason", side: func(s string) *app.Side { return post("POST", s) }, want: Old},
		{what: "a reason of its own", side: func(s string) *app.Side { return post("POST", s+"<b>") }, want: Old},
		{what: "no ticket", side: func(string) *app.Side { return post("POST", Path+"/"+Work) }, want: Old},
		{what: "forged", side: func(s string) *app.Side { return post("POST", s[:len(s)-3]+"AA/"+Work) }, want: Old},
		{what: "not base64", side: func(string) *app.Side { return post("POST", Path+"%%%/"+Work) }, want: Old},
		{what: "after a restart", side: func(s string) *app.Side { return post("POST", s+Work) }, restart: true, want: Old},
	} {
		d := New()
		side := tt.side(d.Ticket(pc, subject, start))
		if tt.restart {
			d = New()
		}
		if tt.from == (filter.Device{}) {
			tt.from = pc
		}
		s, out := d.Take(side, as(tt.from), start+tt.later)
		if out != tt.want || out == Sent && (s.What != subject.What || s.Category != subject.Category || s.List != subject.List || s.Reason == "") {
			t.Errorf("%s: %d %+v", tt.what, out, s)
		}
		side.Values[1].Fresh = false
		if _, out := d.Take(side, as(tt.from), start); out != None {
			t.Errorf("%s: taken again while its body comes", tt.what)
		}
	}
	if s, out := (*Desk)(nil).Take(post("POST", Path), as(pc), start); out != None || (*Desk)(nil).Ticket(pc, s, start) != "" {
		t.Error("nobody takes a request")
	}
}

// One device, and one office, ask so often a day.
func TestLimits(t *testing.T) {
	t.Parallel()
	d := New()
	ask := func(from int, what string, now int64) Outcome {
		dev := filter.Device{Addr: netip.AddrFrom4([4]byte{192, 168, 1, byte(from)})}
		_, out := d.Take(post("POST", d.Ticket(dev, Subject{What: what}, now)+Known), as(dev), now)
		return out
	}
	for i := range perDevice {
		if out := ask(1, fmt.Sprint(i), start); out != Sent {
			t.Fatalf("request %d: %d", i, out)
		}
	}
	if out := ask(1, "0", start+1); out != Again {
		t.Errorf("the same again: %d", out)
	}
	if out := ask(1, "more", start+1); out != TooMany {
		t.Errorf("too many: %d", out)
	}
	for i := 2; len(d.sent) < perOffice; i++ {
		if out := ask(i, "x", start); out != Sent {
			t.Fatalf("device %d: %d", i, out)
		}
	}
	if out := ask(200, "x", start); out != TooMany {
		t.Errorf("of the office: %d", out)
	}
	if out := ask(1, "0", start+day); out != Sent || len(d.sent) != 1 {
		t.Errorf("the next day: %d", out)
	}
	for i := range perDevice {
		ask(3, fmt.Sprint(i), start+day)
	}
	if out := ask(3, "more", start); out != Sent {
		t.Errorf("the clock was put back by a day: %d", out)
	}
}

// Names that came from the wire stay within bounds and fields.
func TestNames(t *testing.T) {
	t.Parallel()
	d := New()
	long := Subject{What: strings.Repeat("長", 200) + "\x00x", Category: strings.Repeat("c", 500), List: "a\x00b"}
	s, out := d.Take(post("POST", d.Ticket(pc, long, start)+Known), as(pc), start)
	if out != Sent || len(s.What) > maxWhat || !strings.HasPrefix(long.What, s.What) || s.List != "ab" || len(s.Category) != 64 {
		t.Errorf("%d %+v", out, s)
	}
	rec, own := new(eve.Record), new(eve.Own)
	if s.Tell(rec, own); rec.Alert.Action != "allowed" || own.Reason != Known || own.Site != s.What {
		t.Errorf("%+v %+v", rec.Alert, own)
	}
}

// FuzzTake: nothing but our own tickets is taken.
func FuzzTake(f *testing.F) {
	d := New()
	f.Add(d.Ticket(pc, Subject{What: "a"}, start) + Known)
	f.Add(Path + "AAAA/" + Work)
	f.Add("http://x" + Path)
	f.Fuzz(func(t *testing.T, target string) {
		if _, out := New().Take(post("POST", target), as(pc), start); out != None && out != Old {
			t.Errorf("%q: %d", target, out)
		}
	})
}

func TestNoAllocs(t *testing.T) {
	d, side := New(), post("GET", "/index.html?a=b")
	if n := testing.AllocsPerRun(100, func() { d.Take(side, as(pc), start) }); n != 0 {
		t.Errorf("%v allocations for an ordinary request", n)
	}
}
