package apps

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"otasuke/content/apps"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/filter"
	"otasuke/rule"
)

func builtin(t testing.TB) (*Table, *apps.Catalogue) {
	t.Helper()
	c, err := apps.Load()
	if err != nil {
		t.Fatal(err)
	}
	table, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return table, c
}

// named is the id of a finding, "" for none.
func (t *Table) named(id ID) string {
	if a := t.Application(id); a != nil {
		return a.ID
	}
	return ""
}

var addr = netip.MustParseAddr

func TestName(t *testing.T) {
	t.Parallel()
	table, _ := builtin(t)
	for name, want := range map[string]string{
		"chatgpt.com": "chatgpt", "CHATGPT.com.": "chatgpt", "a.b.chatgpt.com": "chatgpt", "notchatgpt.com": "", "chatgpt.com.example": "",
		"com": "", "": "", ".": "", "..": "", "www.google.com": "google", "gemini.google.com": "gemini", "x.gemini.google.com": "gemini", // the longest decides
		"meet.google.com": "google-meet", "google.com": "google", "r4---sn-abc.googlevideo.com": "youtube", "shopping.yahoo.co.jp": "yahoo-shopping", "www.yahoo.co.jp": "yahoo-japan",
		"www.e-tax.nta.go.jp": "etax", "www.meti.go.jp": "government", strings.Repeat("a.", 5000) + "claude.ai": "claude", "日本.jp": "",
	} {
		if got := table.named(table.Name([]byte(name))); got != want {
			t.Errorf("%.40q is %q, want %q", name, got, want)
		}
	}
	for i, a := range table.apps {
		for _, n := range a.Names {
			if table.Name([]byte("www."+n)) != ID(i) || table.Name([]byte(n)) != ID(i) {
				t.Errorf("%s of %s is not found", n, a.ID)
			}
		}
	}
}

func TestAddr(t *testing.T) {
	t.Parallel()
	_, c := builtin(t)
	if err := c.Add([]byte(`
[[app]]
id = "inner"
ja = "I"
category = "business"
nets = ["17.5.0.0/16", "17.5.7.0/24", "2001:db8::/32"]
[[app]]
id = "innermost"
ja = "I"
category = "business"
nets = ["17.5.7.7/32", "2001:db8:1::/48"]
`)); err != nil {
		t.Fatal(err)
	}
	table, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range map[string]string{
		"17.4.255.255": "apple", "17.5.0.1": "inner", "17.5.7.7": "innermost", "17.5.7.8": "inner", "17.6.0.0": "apple", "18.0.0.1": "", "16.255.255.255": "",
		"::ffff:17.5.7.7": "innermost", "2001:db8:1::9": "innermost", "2001:db8:2::9": "inner", "2001:db9::": "", "149.154.167.50": "telegram", "0.0.0.0": "", "::": "",
	} {
		if got := table.named(table.Addr(addr(a))); got != want {
			t.Errorf("%s is %q, want %q", a, got, want)
		}
	}
	// What stands first in a range is found like any other.
	for i, n := range table.nets {
		if got := table.Addr(n.prefix.Addr()); got == 0 {
			t.Errorf("%d %s is not found", i, n.prefix)
		}
	}
}

// The stronger finding stays, and an answer of DNS gives way to the name that is asked for.
func TestTrust(t *testing.T) {
	t.Parallel()
	table, _ := builtin(t)
	m := NewAnswers()
	client, shared := addr("192.168.1.5"), addr("203.0.113.80")
	m.Remember(client, shared, table.Find("chatgpt"), 0)
	side := func(b rule.Buffer, v string) *app.Side {
		return &app.Side{Values: []app.Value{{Buffer: b, Data: []byte(v), Fresh: true}}}
	}
	check := func(what string, f Flow, want string, by By) {
		t.Helper()
		if got := table.named(f.App); got != want || f.By != by {
			t.Errorf("%s: %q by %d, want %q by %d", what, got, f.By, want, by)
		}
	}
	var f Flow
	table.Open(&f, m, client, shared, false, 5938, 0)
	check("an answer before a port", f, "chatgpt", ByAnswer)
	if f.By.Sure() {
		t.Error("an answer of DNS is enough to block")
	}
	table.Asks(&f, side(rule.TLSSNI, "somebody.else.example"))
	check("another site at the address", f, "", ByNothing)

	f = Flow{}
	table.Open(&f, m, addr("192.168.1.6"), shared, false, 5938, 0)
	check("another client", f, "teamviewer", ByPort)
	table.Packet(&f, rule.ProtoTLS, nil, false)
	check("TLS is no application", f, "teamviewer", ByPort)
	if name, http := table.Asks(&f, side(rule.HTTPHost, "www.dropbox.com")); string(name) != "www.dropbox.com" || !http {
		t.Errorf("told by %q %v", name, http)
	}
	check("a name", f, "dropbox", ByName)
	table.Asks(&f, side(rule.HTTPHost, "www.netflix.com"))
	check("the first name stays", f, "dropbox", ByName)
	table.Packet(&f, rule.ProtoRDP, []byte("\x13BitTorrent protocol"), false)
	check("a name is stronger", f, "dropbox", ByName)

	f = Flow{}
	table.Open(&f, m, client, addr("149.154.167.50"), false, 443, 0)
	check("a range", f, "telegram", ByAddr)
	f = Flow{}
	table.Packet(&f, rule.ProtoRDP, nil, false)
	check("a protocol", f, "rdp", ByProtocol)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const second = 1_000_000
	m := NewAnswers()
	a, b := addr("192.168.1.5"), addr("2001:db8::1")
	find := func(client, addr netip.Addr, now int64, want ID) {
		t.Helper()
		if got := m.Find(client, addr, now*second); got != want {
			t.Errorf("%s %s at %d: %d, want %d", client, addr, now, got, want)
		}
	}
	start := int64(1_795_000_000)
	m.Remember(a, b, 7, start*second)
	find(a, b, start, 7)
	find(b, a, start, 0)
	find(a, b, start+answerLife*60-60, 7)
	find(a, b, start+answerLife*60+60, 0)
	find(a, b, start-60, 0) // a clock that went back
	m.Remember(a, b, 0, start*second)
	find(a, b, start, 0)
	m.Remember(a, b, ID(apps.MaxApps), start*second)
	find(a, b, start, ID(apps.MaxApps))
	// Other answers never make it larger, and a full memory finds hardly anything wrong.
	wrong := 0
	for i := range 200_000 {
		m.Remember(a, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 9, start*second)
		if m.Find(a, netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), start*second) != 0 {
			wrong++
		}
	}
	if wrong > 3 {
		t.Errorf("%d of 200,000 were never given", wrong)
	}
}

// An answer of a real resolver library is remembered for who asked.
func TestLearn(t *testing.T) {
	t.Parallel()
	table, _ := builtin(t)
	m, client := NewAnswers(), addr("192.168.1.5")
	give := func(question, answers string) {
		t.Helper()
		msg := new(dns.Msg)
		msg.SetQuestion(question, dns.TypeA)
		msg.Response = true
		for line := range strings.Lines(answers) {
			rr, err := dns.NewRR(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			msg.Answer = append(msg.Answer, rr)
		}
		raw, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		k := &learner{table: table, m: m, client: client}
		dnsmsg.New(k, dnsmsg.Config{}).Push(app.ToClient, raw)
	}
	give("api.openai.com.", "api.openai.com. 60 IN CNAME x.cdn.example.\nx.cdn.example. 60 IN A 203.0.113.7\nx.cdn.example. 60 IN AAAA 2001:db8::7")
	for _, a := range []string{"203.0.113.7", "2001:db8::7"} {
		if got := table.named(m.Find(client, addr(a), 0)); got != "chatgpt" {
			t.Errorf("%s is %q", a, got)
		}
	}
	give("unknown.example.", "unknown.example. 60 IN A 203.0.113.7")
	if m.Find(client, addr("203.0.113.7"), 0) != 0 {
		t.Error("the address is given to another name now")
	}
}

type learner struct {
	app.Sink
	table  *Table
	m      *Answers
	client netip.Addr
}

func (k *learner) Step(tx *app.Tx, _ int)   { k.table.Learn(k.m, tx, k.client, 0) }
func (k *learner) Log(*app.Tx, int, string) {}
func (k *learner) Event(int, string)        {}

func TestSign(t *testing.T) {
	t.Parallel()
	f := func(what string, b []byte, udp bool, want int) {
		t.Helper()
		if got := sign(b, udp); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	pad := func(head string, n int) []byte { return append([]byte(head), make([]byte, n-len(head))...) }
	vpn := pad("\x38SESSION1", 14)
	signed := pad("\x38SESSION1", 42)
	signed[32] = 1
	f("a peer's greeting", pad("\x13BitTorrent protocol", 68), false, signBitTorrent)
	f("uTP", pad("\x41\x00\x12\x34\x00\x00\x00\x05\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01", 20), true, signBitTorrent)
	f("uTP that acknowledges", pad("\x41\x00\x12\x34\x00\x00\x00\x05\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x01", 20), true, signNone)
	f("OpenVPN", vpn, true, signOpenVPN)
	f("OpenVPN, signed", signed, true, signOpenVPN)
	f("OpenVPN over TCP", append([]byte{0, 14}, vpn...), false, signOpenVPN)
	f("OpenVPN over TCP, another length", append([]byte{0, 15}, vpn...), false, signNone)
	f("WireGuard", pad("\x01\x00\x00\x00", 148), true, signWireGuard)
	f("WireGuard, answer", pad("\x02\x00\x00\x00", 92), true, signWireGuard)
	f("STUN", pad("\x00\x01\x00\x00\x21\x12\xa4\x42", 20), true, signSTUN)
	f("STUN of another length", pad("\x00\x01\x00\x04\x21\x12\xa4\x42", 20), true, signNone)
	f("Gnutella", []byte("GNUTELLA CONNECT/0.6\r\n"), false, signGnutella)
	f("Bitcoin", pad("\xf9\xbe\xb4\xd9version\x00", 24), false, signBitcoin)
	f("a greeting cut short", []byte("\x13BitTorrent prot"), false, signNone)
	f("nothing", nil, false, signNone)
	f("nothing over UDP", nil, true, signNone)
	f("zeroes", make([]byte, 148), true, signNone)
}

func FuzzSign(f *testing.F) {
	f.Add([]byte("\x13BitTorrent protocol"), false)
	f.Add([]byte("\x38SESSION1\x00\x00\x00\x00\x00"), true)
	f.Add([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42"), true)
	f.Fuzz(func(t *testing.T, b []byte, udp bool) {
		if s := sign(b, udp); s < signNone || s >= numSigns {
			t.Errorf("%d", s)
		}
	})
}

// FuzzName: what is found is a listed domain that the name ends in.
func FuzzName(f *testing.F) {
	table, _ := builtin(f)
	for _, n := range []string{"www.Zoom.us", "..", "a..zoom.us.", "\x00.slack.com"} {
		f.Add([]byte(n))
	}
	f.Fuzz(func(t *testing.T, name []byte) {
		a := table.Application(table.Name(name))
		if a == nil {
			return
		}
		low := strings.TrimSuffix(strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, string(name)), ".")
		for _, n := range a.Names {
			if low == n || strings.HasSuffix(low, "."+n) {
				return
			}
		}
		t.Errorf("%q is not of %s", name, a.ID)
	})
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	table, c := builtin(t)
	kiosk, groups := [6]byte{2, 0, 0, 0, 0, 9}, new(filter.Groups)
	if err := groups.Add("office", []string{"02:00:00:00:00:09", "192.168.1.0/24"}); err != nil {
		t.Fatal(err)
	}
	p, err := NewPolicy(table, c, groups, []Block{
		{Categories: []string{"gambling"}},
		{Applications: []string{"chatgpt", "dropbox"}, Groups: []string{"office"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks := func(id string, by By, mac [6]byte, a string, want bool) {
		t.Helper()
		f := Flow{App: table.Find(id), By: by}
		if f.App == 0 {
			t.Fatal(id)
		}
		if got := p.Blocks(&f, filter.Device{MAC: mac, Addr: addr(a)}); got != want {
			t.Errorf("%s for %x %s: %v", id, mac, a, got)
		}
		if p.Blocks(&f, filter.Device{MAC: mac, Addr: addr(a)}) {
			t.Errorf("%s is blocked twice", id)
		}
	}
	blocks("jra", ByName, [6]byte{}, "10.0.0.1", true)
	blocks("jra", ByAnswer, [6]byte{}, "10.0.0.1", false) // others may share the address
	blocks("chatgpt", ByName, [6]byte{}, "10.0.0.1", false)
	blocks("chatgpt", ByName, [6]byte{}, "192.168.1.7", true)
	blocks("chatgpt", ByName, [6]byte{}, "::ffff:192.168.1.7", true)
	blocks("dropbox", ByName, kiosk, "10.0.0.1", true)
	blocks("zoom", ByName, kiosk, "192.168.1.7", false)
	if (*Policy)(nil).Blocks(&Flow{App: 1, By: ByName}, filter.Device{}) {
		t.Error("no wish blocks something")
	}
	if p, err := NewPolicy(table, c, groups, nil); p != nil || err != nil {
		t.Errorf("no wishes: %v %v", p, err)
	}
	for _, bad := range []Block{{}, {Applications: []string{"nonsense"}}, {Categories: []string{"nonsense"}}, {Applications: []string{""}}, {Applications: []string{"zoom"}, Groups: []string{"nobody"}}} {
		if _, err := NewPolicy(table, c, groups, []Block{bad}); !errors.Is(err, ErrPolicy) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := NewPolicy(table, c, groups, make([]Block, maxBlocks+1)); !errors.Is(err, ErrPolicy) {
		t.Errorf("too many: %v", err)
	}
}

func TestNoAllocs(t *testing.T) {
	table, c := builtin(t)
	m, client, server := NewAnswers(), addr("192.168.1.5"), addr("2001:db8::5")
	p, err := NewPolicy(table, c, new(filter.Groups), []Block{{Categories: []string{"ai"}}})
	if err != nil {
		t.Fatal(err)
	}
	side := &app.Side{Values: []app.Value{{Buffer: rule.TLSSNI, Data: []byte("Cdn.OaiStatic.com"), Fresh: true}, {Buffer: rule.JA4Hash, Data: []byte("t13d1516h2_8daaf6152771_02713d6af862"), Fresh: true}}}
	if n := testing.AllocsPerRun(100, func() {
		var f Flow
		m.Remember(client, server, 5, 0)
		table.Open(&f, m, client, server, true, 443, 0)
		table.Packet(&f, rule.ProtoTLS, side.Values[0].Data, true)
		table.Asks(&f, side)
		p.Blocks(&f, filter.Device{Addr: client})
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkName(b *testing.B) {
	table, _ := builtin(b)
	for _, name := range []string{"cdn.oaistatic.com", "r4---sn-abcdefgh.googlevideo.com", "cdn.assets.some-harmless-site.co.jp"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := []byte(name)
			for b.Loop() {
				table.Name(n)
			}
		})
	}
}

func BenchmarkAddr(b *testing.B) {
	table, _ := builtin(b)
	for _, a := range []string{"149.154.167.50", "203.0.113.9"} {
		b.Run(a, func(b *testing.B) {
			b.ReportAllocs()
			n := addr(a)
			for b.Loop() {
				table.Addr(n)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	table, _ := builtin(b)
	m := NewAnswers()
	client, server := addr("192.168.1.5"), addr("203.0.113.9")
	b.ReportAllocs()
	for b.Loop() {
		var f Flow
		table.Open(&f, m, client, server, false, 443, 0)
	}
}

// What is read anew counts for conversations that begin, and those that go on keep their
// application's number and name, also where it is gone.
func TestRenew(t *testing.T) {
	t.Parallel()
	own := func(ids ...string) *apps.Catalogue {
		t.Helper()
		text := ""
		for _, id := range ids {
			text += "[[app]]\nid = \"" + id + "\"\nja = \"J " + id + "\"\ncategory = \"business\"\nnames = [\"" + id + ".example\"]\n"
		}
		c, err := apps.Load()
		if err == nil {
			err = c.Add([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	groups, d := new(filter.Groups), filter.Device{Addr: addr("192.168.1.2")}
	k, err := Make(own("one", "two"), groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	one, two, zoom := k.Table().Find("one"), k.Table().Find("two"), k.Table().Find("zoom")
	if one == 0 || two == 0 || k.Table().Name([]byte("www.two.example")) != two {
		t.Fatal(one, two)
	}
	if err := k.Renew(own("three", "two"), groups, []Block{{Applications: []string{"three"}}}); err != nil {
		t.Fatal(err)
	}
	now := k.Table()
	three := now.Name([]byte("three.example"))
	if three == 0 || three == one || now.Name([]byte("one.example")) != 0 || now.Name([]byte("two.example")) != two || now.Find("zoom") != zoom || now.Application(one).ID != "one" {
		t.Errorf("one %d, two %d, three %d, now two is %d", one, two, three, now.Name([]byte("two.example")))
	}
	for id, want := range map[ID]bool{three: true, two: false, one: false} {
		f := &Flow{App: id, By: ByName}
		if got := k.Policy().Blocks(f, d); got != want {
			t.Errorf("%d is blocked: %v", id, got)
		}
	}
	if err := k.Renew(own("four"), groups, []Block{{Applications: []string{"one"}}}); err == nil || k.Table() != now {
		t.Errorf("a wish that names nothing changes something: %v", err)
	}
}
