package sites

import (
	"net/netip"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
	"otasuke/rule"
)

func lists(t testing.TB, all ...any) *filter.Lists {
	t.Helper()
	b := filter.NewBuilder(nil)
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

var nobody = func() filter.Device { return filter.Device{} }

// say makes a side that shows values.
func say(values ...app.Value) *app.Side {
	s := new(app.Side)
	for _, v := range values {
		s.Put(v.Buffer, v.Data)
	}
	return s
}

func value(b rule.Buffer, data string) app.Value { return app.Value{Buffer: b, Data: []byte(data)} }

func TestAsks(t *testing.T) {
	t.Parallel()
	l := lists(t, filter.List{Category: "malware"}, "evil.example\nhttp://files.example/a/b.exe\nhttp://files.example/c?x=1\n",
		filter.List{Category: "seen", Action: filter.Report}, "watched.example\nfiles.example\n")
	for _, tt := range []struct {
		what string
		side *app.Side
		want string // layer, name, category
	}{
		{"DNS", say(value(rule.DNSQueries, "www.evil.example")), "dns www.evil.example malware"},
		{"TLS", say(value(rule.TLSSNI, "evil.example")), "tls evil.example malware"},
		{"QUIC", say(value(rule.QUICSNI, "evil.example")), "quic evil.example malware"},
		{"host", say(value(rule.HTTPHost, "evil.example"), value(rule.HTTPURIRaw, "/")), "http evil.example malware"},
		{"other buffers", say(value(rule.HTTPUserAgent, "evil.example"), value(rule.DNSQuery, "evil.example")), ""},
		{"harmless", say(value(rule.DNSQueries, "good.example"), value(rule.TLSSNI, "")), ""},
		{"the second question", say(value(rule.DNSQueries, "good.example"), value(rule.DNSQueries, "evil.example")), "dns evil.example malware"},
		{"noted, then blocked", say(value(rule.DNSQueries, "watched.example"), value(rule.DNSQueries, "evil.example")), "dns evil.example malware"},
		{"noted", say(value(rule.DNSQueries, "watched.example")), "dns watched.example seen"},
		{"page", say(value(rule.HTTPHost, "files.example"), value(rule.HTTPURIRaw, "/a/b.exe")), "http files.example malware"},
		{"page, hidden", say(value(rule.HTTPHost, "files.example."), value(rule.HTTPURIRaw, "//x/..\\%61/./b%2eexe#z")), "http files.example. malware"},
		{"page in full", say(value(rule.HTTPHost, "files.example"), value(rule.HTTPURIRaw, "http://files.example:80/a/b.exe")), "http files.example malware"},
		{"page with a query that the list does not have", say(value(rule.HTTPHost, "files.example"), value(rule.HTTPURIRaw, "/a/b.exe?1")), "http files.example malware"},
		{"page of this query only", say(value(rule.HTTPHost, "files.example"), value(rule.HTTPURIRaw, "/c?x=1")), "http files.example malware"},
		{"another query", say(value(rule.HTTPHost, "files.example"), value(rule.HTTPURIRaw, "/c?x=2")), "http files.example seen"},
		{"no target", say(value(rule.HTTPHost, "files.example")), "http files.example seen"},
	} {
		var w Watch
		got := ""
		if f, ok := w.Asks(l, nobody, tt.side); ok {
			got = string(f.Layer) + " " + string(f.Name) + " " + f.List.Category
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
		for i := range tt.side.Values {
			tt.side.Values[i].Fresh = false
		}
		if _, ok := w.Asks(l, nobody, tt.side); ok {
			t.Errorf("%s is found again", tt.what)
		}
	}
}

func TestOpens(t *testing.T) {
	t.Parallel()
	l := lists(t, filter.List{Category: "c2"}, "192.0.2.1\n192.0.2.2:8443\n192.168.1.1\n")
	home := func(a netip.Addr) bool { return a.IsPrivate() }
	inside, one, two := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for _, tt := range []struct {
		what           string
		server, client netip.Addr
		port           uint16
		want           bool
	}{
		{"any port", one, inside, 1, true}, {"from outside", inside, one, 80, true}, {"the port", two, inside, 8443, true}, {"another port", two, inside, 443, false},
		{"a client of the port", inside, two, 8443, false}, {"our own", inside, inside, 80, false},
	} {
		var w Watch
		if f, ok := w.Opens(l, nobody, netip.AddrPortFrom(tt.server, tt.port), tt.client, home); ok != tt.want || ok && f.Layer != IP {
			t.Errorf("%s: %v", tt.what, ok)
		}
	}
}

// An office whose networks are not all said is not cut off from them by a published list, only by
// the company's own word.
func TestOpensPrivate(t *testing.T) {
	t.Parallel()
	home := netip.MustParsePrefix("192.168.1.0/24").Contains
	for action, want := range map[filter.Action]bool{filter.Block: false, filter.Deny: true} {
		l := lists(t, filter.List{Category: "c2", Action: action}, "10.0.0.0/8\nfc00::/16\n")
		for _, server := range []string{"10.1.2.3:445", "[fc00::7]:445"} {
			var w Watch
			if _, ok := w.Opens(l, nobody, netip.MustParseAddrPort(server), netip.MustParseAddr("192.168.1.5"), home); ok != want {
				t.Errorf("%s, action %d: %v", server, action, ok)
			}
		}
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	var w Watch
	client := netip.MustParseAddr("192.168.1.2")
	bad := &Find{Name: []byte("evil.example"), Layer: DNS, List: filter.List{Category: "c2"}}
	noted := &Find{Name: []byte("dns.example"), Layer: TLS, List: filter.List{Action: filter.Report}}
	quiet := &Find{Name: []byte("x.example"), Layer: DNS, List: filter.List{Quiet: true}}
	const minute = recentTime
	for i, tt := range []struct {
		f    *Find
		now  int64
		want bool
	}{{bad, minute, true}, {bad, minute + 1, false}, {bad, 2 * minute, true}, {noted, minute, true}, {noted, 3 * minute, false}, {noted, 61 * minute, true}, {quiet, minute, false}} {
		if got := w.First(tt.f, client, tt.now); got != tt.want {
			t.Errorf("%d: %v", i, got)
		}
	}
	rec, own := new(eve.Record), new(eve.Own)
	Tell(rec, own, noted, nil, true)
	if rec.Alert.Action != "allowed" || own.Site != "dns.example" || own.Layer != "tls" {
		t.Errorf("%+v %+v", rec.Alert, own)
	}
	Tell(rec, own, bad, nil, true)
	if rec.Alert.Action != "blocked" || rec.Alert.Signature != "OTASUKE dangerous site (c2, dns)" {
		t.Errorf("%+v", rec.Alert)
	}
	if Tell(rec, own, bad, nil, false); rec.Alert.Action != "allowed" {
		t.Errorf("%+v", rec.Alert)
	}
}

func TestNoAllocs(t *testing.T) {
	l := lists(t, filter.List{Category: "malware"}, "evil.example\nhttp://files.example/a/b.exe\n")
	var w Watch
	harmless := say(value(rule.HTTPHost, "www.good.example"), value(rule.HTTPURIRaw, "/a/%62/c?d=e"))
	bad := say(value(rule.DNSQueries, "www.evil.example"))
	n := testing.AllocsPerRun(100, func() {
		if _, ok := w.Asks(l, nobody, harmless); ok {
			t.Fatal("found")
		}
		if f, ok := w.Asks(l, nobody, bad); !ok || w.First(&f, netip.Addr{}, 1) && w.First(&f, netip.Addr{}, 2) {
			t.Fatal("not found, or told twice")
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
