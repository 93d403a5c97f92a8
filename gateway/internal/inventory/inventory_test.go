package inventory

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"otasuke/content/devices"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/heard"
	"otasuke/rule"
	"otasuke/wire"
)

var known = sync.OnceValue(func() *devices.Set {
	s, err := devices.Load()
	if err != nil {
		panic(err)
	}
	return s
})

func config() Config {
	return Config{Known: known(), Every: time.Minute, Home: func(a netip.Addr) bool { return a.IsPrivate() }}
}

// office is a table with a clock.
type office struct {
	*testing.T
	t   *Table
	now int64
}

// start is a Monday of 2026.
var start = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).UnixMicro()

func open(t *testing.T) *office { return &office{t, New(config(), start), start} }

func (o *office) pass(d time.Duration) {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	for end := o.now + d.Microseconds(); o.now < end; o.t.clock(o.now) {
		o.now = min(o.now+leap, end)
	}
}

func mac(n byte) [6]byte { return [6]byte{0, 0x1b, 0x8b, 0, 0, n} }

func (o *office) hear(m [6]byte, what heard.What, by, text string) {
	n := heard.Note{MAC: m, What: what, By: by, Text: text}
	if a, err := netip.ParseAddr(text); err == nil {
		n.Addr, n.Text = a, ""
	}
	o.t.Hear(n, o.now)
}

// told is what the centre hears when the period is over, by address; all of it must be such
// as the centre takes.
func (o *office) told() map[string]wire.Inside {
	o.Helper()
	o.pass(time.Minute)
	return o.due()
}

func (o *office) due() map[string]wire.Inside {
	o.Helper()
	out := map[string]wire.Inside{}
	for _, e := range o.t.Take(o.now) {
		if err := e.Check(); err != nil {
			o.Error(err)
		}
		out[e.Device.MAC] = *e.Inside
	}
	return out
}

func changes(d wire.Inside) (out []string) {
	for _, c := range d.Changes {
		out = append(out, c.What)
	}
	return out
}

const first, second = "00:1b:8b:00:00:01", "00:1b:8b:00:00:02"

// A device is what several things say together, each with its reason; what it asks for with
// DHCP is no address.
func TestEvidence(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Addr, heard.ByARP, "192.168.1.5")
	o.hear(mac(1), heard.Addr, heard.ByDHCPAck, "192.168.1.5")
	o.hear(mac(1), heard.Addr, heard.ByND, "fe80::5")
	o.hear(mac(1), heard.Name, heard.ByNetBIOS, "KEIRI-PC")
	o.hear(mac(1), heard.Name, heard.ByMDNS, "keiri-pc")
	o.hear(mac(1), heard.Clue, heard.ByDHCPVendor, "MSFT 5.0")
	o.hear(mac(1), heard.Clue, heard.ByWSDType, "Computer")
	o.hear(mac(1), heard.Clue, heard.ByBrowserOS, "10.0")
	o.hear(mac(2), heard.Seen, heard.ByDHCP, "")
	got := o.told()
	d := got[first]
	if d.Kind.ID != "pc" || d.Kind.Sure < 90 || d.Kind.By == "" || d.OS.ID != "windows-10-11" || d.OS.Sure < 80 {
		t.Errorf("%+v", d)
	}
	if len(d.Addrs) != 2 || d.Addrs[0].String() != "fe80::5" || d.Names[0].Text != "keiri-pc" || d.Names[1].By != heard.ByNetBIOS || !d.Early || len(d.Changes) > 0 {
		t.Errorf("%+v", d)
	}
	if d := got[second]; d.Kind.ID != devices.Unknown || len(d.Addrs) > 0 {
		t.Errorf("%+v", d)
	}
	if again := o.told(); len(again) > 0 {
		t.Errorf("told again without news: %v", again)
	}
	o.hear(mac(1), heard.Clue, heard.ByWSDType, "Computer")
	if again := o.told(); len(again) > 0 {
		t.Errorf("told again without news: %v", again)
	}
	o.pass(2 * time.Hour)
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	if again := o.told(); len(again) != 1 || again[first].Last.UnixMicro() < start+2*hourly {
		t.Errorf("that it is still there: %v", again)
	}
}

// In the first days nobody is told of devices; later of each new one, but of none whose
// address is made up.
func TestNew(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	o.pass(Learning)
	o.hear(mac(2), heard.Seen, heard.ByARP, "")
	o.hear([6]byte{0xda, 1, 2, 3, 4, 5}, heard.Clue, heard.ByDHCPVendor, "android-dhcp-14")
	o.hear([6]byte{0x52, 0x54, 0, 1, 2, 3}, heard.Seen, heard.ByARP, "") // a virtual machine keeps its own
	got := o.told()
	if c := changes(got[second]); !slices.Equal(c, []string{wire.ChangeNew}) || got[second].Early {
		t.Errorf("%v", c)
	}
	if d := got["da:01:02:03:04:05"]; !d.Random || len(d.Changes) > 0 || d.Kind.ID != "phone" {
		t.Errorf("%+v", d)
	}
	if d := got["52:54:00:01:02:03"]; d.Random || len(d.Changes) != 1 {
		t.Errorf("%+v", d)
	}
	if d := got[first]; len(d.Changes) > 0 {
		t.Errorf("%+v", d)
	}
}

// Somebody who comes back after a month, and somebody who is missed.
func TestAway(t *testing.T) {
	t.Parallel()
	o := open(t)
	for range resident {
		o.hear(mac(1), heard.Seen, heard.ByARP, "")
		o.pass(24 * time.Hour)
	}
	o.hear(mac(2), heard.Seen, heard.ByARP, "") // there once only: nobody misses it
	o.told()
	o.pass(goneAfter + time.Hour)
	got := o.told()
	if c := changes(got[first]); !slices.Equal(c, []string{wire.ChangeGone}) || len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := o.told(); len(got) > 0 {
		t.Errorf("missed twice: %v", got)
	}
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	if got := o.told(); len(got) != 1 || len(got[first].Changes) > 0 {
		t.Errorf("back from holidays: %v", got)
	}
	o.pass(31 * 24 * time.Hour)
	o.told()
	o.hear(mac(2), heard.Seen, heard.ByARP, "")
	if c := changes(o.told()[second]); !slices.Equal(c, []string{wire.ChangeReturned}) {
		t.Errorf("%v", c)
	}
}

// A clock that was put back by hours makes nobody seen in the future, and those who are there are told of.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Addr, heard.ByARP, "192.168.1.5")
	o.told()
	// The machine's clock kept the time of Japan, and a server has corrected it.
	o.pass(-9 * time.Hour)
	o.hear(mac(1), heard.Addr, heard.ByARP, "192.168.1.5")
	o.told()
	o.pass(2 * refresh)
	side := new(app.Side)
	side.Put(rule.DNSQueries, []byte("www.example.jp"))
	o.t.Asks(filter.Device{MAC: mac(1), Addr: netip.MustParseAddr("192.168.1.5")}, side, o.now)
	d, ok := o.told()["00:1b:8b:00:00:01"]
	if now := time.UnixMicro(o.now); !ok || d.Last.After(now) || d.Last.Before(now.Add(-2*time.Minute)) || d.First.After(now) || len(d.Changes) > 0 {
		t.Errorf("told %v: %+v", ok, d)
	}
}

// A second server of DHCP is told at once, also in the first days; that it answers again is
// nothing new, and the office's own is not accused.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Server, heard.ByDHCP, "192.168.1.1")
	o.hear(mac(1), heard.Router, heard.ByRA, "fe80::1")
	o.told()
	o.hear(mac(2), heard.Server, heard.ByDHCP, "192.168.0.1")
	o.pass(time.Second)
	got := o.due()
	if c := got[second].Changes; len(got) != 1 || len(c) != 1 || c[0].What != wire.ChangeDHCP || c[0].Detail != "fe80::1" {
		t.Fatalf("%+v", got)
	}
	for range 3 {
		o.hear(mac(1), heard.Server, heard.ByDHCP, "192.168.1.1")
		o.hear(mac(2), heard.Server, heard.ByDHCP, "192.168.0.1")
		for _, d := range o.told() {
			if len(d.Changes) > 0 {
				t.Errorf("%+v", d)
			}
		}
	}
	o.hear(mac(2), heard.Router, heard.ByRA, "fe80::2")
	if c := changes(o.due()[second]); !slices.Equal(c, []string{wire.ChangeRouter}) {
		t.Errorf("%v", c)
	}
}

// A server whose answers stay behind the office's switch: its clients say whose offer they take.
func TestServerBehindASwitch(t *testing.T) {
	t.Parallel()
	o := open(t)
	client := mac(3)
	o.hear(mac(1), heard.Server, heard.ByDHCP, "192.168.1.1")
	o.hear(mac(2), heard.Addr, heard.ByARP, "192.168.1.250")
	o.hear(client, heard.Chosen, heard.ByDHCP, "192.168.1.1")
	o.pass(time.Second)
	o.hear(client, heard.Chosen, heard.ByDHCP, "192.168.1.99") // nobody that is known
	for _, d := range o.told() {
		if len(d.Changes) > 0 {
			t.Errorf("%+v", d)
		}
	}
	o.hear(client, heard.Chosen, heard.ByDHCP, "192.168.1.250")
	got := o.due()
	if c := got[second].Changes; len(got) != 1 || len(c) != 1 || c[0].What != wire.ChangeDHCP || c[0].Detail != "192.168.1.1" {
		t.Errorf("%+v", got)
	}
}

// A box that was off for two months does not say that everybody was away, or has gone.
func TestBoxWasOff(t *testing.T) {
	t.Parallel()
	o := open(t)
	path := filepath.Join(t.TempDir(), "devices.json")
	for range resident {
		o.hear(mac(1), heard.Seen, heard.ByARP, "")
		o.hear(mac(2), heard.Seen, heard.ByARP, "")
		o.pass(24 * time.Hour)
	}
	o.told()
	if err := o.t.Save(path); err != nil {
		t.Fatal(err)
	}
	o.pass(60 * 24 * time.Hour)
	again, err := Open(config(), path, o.now)
	if err != nil {
		t.Fatal(err)
	}
	o.t = again
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	o.pass(2 * time.Hour)
	for mac, d := range o.told() {
		if len(d.Changes) > 0 {
			t.Errorf("%s after the box was off: %v", mac, changes(d))
		}
	}
	o.pass(31 * 24 * time.Hour)
	o.hear(mac(2), heard.Seen, heard.ByARP, "")
	if c := changes(o.told()[second]); !slices.Contains(c, wire.ChangeReturned) {
		t.Errorf("away while the box was there: %v", c)
	}
}

// The router was replaced: the old one is silent, the new one is the office's.
func TestNewRouter(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Server, heard.ByDHCP, "192.168.1.1")
	o.pass(31 * 24 * time.Hour)
	o.hear(mac(2), heard.Server, heard.ByDHCP, "192.168.1.1")
	if c := changes(o.told()[second]); slices.Contains(c, wire.ChangeDHCP) {
		t.Errorf("%v", c)
	}
}

// The same address is suddenly something else; a system that gets no updates is told once.
func TestChanged(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Clue, heard.ByDHCPVendor, "Hewlett-Packard JetDirect")
	if d := o.told()[first]; d.Kind.ID != "printer" {
		t.Fatalf("%+v", d)
	}
	o.pass(3 * 24 * time.Hour)
	o.hear(mac(1), heard.Clue, heard.ByDHCPVendor, "MSFT 5.0")
	o.hear(mac(1), heard.Clue, heard.ByBrowserOS, "6.1")
	d := o.told()[first]
	if c := changes(d); !slices.Equal(c, []string{wire.ChangeKind, wire.ChangeOldOS}) || d.Changes[0].Detail != "printer" || d.Changes[1].Detail != "windows-7" {
		t.Errorf("%+v", d)
	}
	o.hear(mac(1), heard.Name, heard.ByDHCP, "pc")
	if d := o.told()[first]; len(d.Changes) > 0 {
		t.Errorf("%+v", d)
	}
}

// A flood of made-up addresses takes neither memory nor the place of real devices.
func TestFlood(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	for i := range 50_000 {
		m := [6]byte{0, 1, byte(i >> 16), byte(i >> 8), byte(i), 0}
		if i%2 == 0 {
			m[0] = 2
		}
		o.hear(m, heard.Seen, heard.ByARP, "")
		if i%50 == 0 {
			o.pass(time.Minute)
		}
	}
	if o.t.sums[0] > MaxDevices || o.t.sums[1] > MaxVisitors || len(o.t.devices) != o.t.sums[0]+o.t.sums[1] || o.t.Refused() == 0 {
		t.Errorf("%v %d, refused %d", o.t.sums, len(o.t.devices), o.t.Refused())
	}
	o.hear(mac(1), heard.Name, heard.ByDHCP, "still-here")
	found := false
	for range 100 {
		d, ok := o.told()[first]
		found = found || ok && len(d.Names) == 1
	}
	if !found {
		t.Error("a device that was there before is not told of")
	}
	for i := range 100 { // one that says ever new things
		o.hear(mac(1), heard.Name, heard.ByDHCP, string(rune('a'+i)))
		o.hear(mac(1), heard.Clue, heard.BySSDPServer, string(rune('a'+i)))
		o.hear(mac(1), heard.Addr, heard.ByARP, netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}).String())
	}
	if d := o.t.devices[mac(1)]; len(d.Names) != maxNames || len(d.Clues) != maxClues || len(d.Addrs) != maxAddrs {
		t.Errorf("%d %d %d", len(d.Names), len(d.Clues), len(d.Addrs))
	}
	o.told()
}

// A restart forgets nothing, also of what was not told yet; a file that is not ours begins
// anew and says so.
func TestRestart(t *testing.T) {
	t.Parallel()
	o := open(t)
	path := filepath.Join(t.TempDir(), "devices.json")
	o.hear(mac(1), heard.Name, heard.ByDHCP, "keiri-pc")
	o.told()
	o.pass(Learning)
	o.hear(mac(2), heard.Clue, heard.ByDHCPVendor, "MSFT 5.0")
	if err := o.t.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Open(config(), path, o.now)
	if err != nil {
		t.Fatal(err)
	}
	o.t = again
	got := o.told()
	if d := got[second]; !slices.Equal(changes(d), []string{wire.ChangeNew}) || d.Kind.ID != "pc" || len(got) != 1 && len(got[first].Changes) > 0 {
		t.Errorf("%+v", got)
	}
	o.hear(mac(1), heard.Seen, heard.ByARP, "")
	if c := changes(o.told()[first]); len(c) > 0 {
		t.Errorf("known before: %v", c)
	}
	for _, text := range []string{"", "{", `{"version":9}`, `[]`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if again, err := Open(config(), path, o.now); err == nil || again == nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What is asked for in conversations tells, too; looking at it again costs nothing.
func TestAsks(t *testing.T) {
	o := open(t)
	d := filter.Device{MAC: mac(1), Addr: netip.MustParseAddr("192.168.1.5")}
	say := func(b rule.Buffer, s string) *app.Side {
		side := new(app.Side)
		side.Put(b, []byte(s))
		return side
	}
	agent := say(rule.HTTPUserAgent, "Microsoft-CryptoAPI/6.1")
	o.t.Asks(d, agent, o.now)
	o.t.Asks(d, say(rule.DNSQueries, "CTLDL.windowsupdate.com"), o.now)
	o.t.Asks(d, say(rule.TLSSNI, "www.example.com"), o.now)
	o.t.Asks(filter.Device{MAC: mac(2), Addr: netip.MustParseAddr("203.0.113.1")}, agent, o.now) // outside
	o.t.Asks(filter.Device{Addr: d.Addr}, agent, o.now)
	got := o.told()
	if x := got[first]; len(got) != 1 || x.Kind.ID != "pc" || x.OS.ID != "windows-7" || len(x.Addrs) != 1 || !slices.Equal(changes(x), []string{wire.ChangeOldOS}) {
		t.Errorf("%+v", got)
	}
	d3 := filter.Device{MAC: mac(3), Addr: netip.MustParseAddr("192.168.1.7")}
	o.t.Asks(d3, say(rule.JA4Hash, "t13d2014h2_a09f3c656075_14788d8d241b"), o.now) // how Safari says hello
	if x := o.told()["00:1b:8b:00:00:03"]; x.Maker != "Apple" {
		t.Errorf("%+v", x)
	}
	host := say(rule.TLSSNI, "www.example.com")
	if n := testing.AllocsPerRun(1000, func() { o.t.Asks(d, host, o.now); o.t.Asks(d, agent, o.now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	(*Table)(nil).Asks(d, agent, o.now)
}

func BenchmarkAsks(b *testing.B) {
	t := New(config(), start)
	d := filter.Device{MAC: mac(1), Addr: netip.MustParseAddr("192.168.1.5")}
	side := new(app.Side)
	side.Put(rule.TLSSNI, []byte("www.example.com"))
	b.ReportAllocs()
	for b.Loop() {
		t.Asks(d, side, start)
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"version":1,"began":5,"devices":[{"mac":[0,27,139,0,0,1],"first":1,"last":2,"addrs":[{"by":"arp","text":"x"}],"to_tell":[{"what":"new"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		table := New(config(), start)
		_ = table.restore(b, start)
		for range 3 {
			table.Take(start + hourly)
		}
	})
}
