package inventory

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/heard"
	"otasuke/gateway/internal/versions"
	"otasuke/rule"
	"otasuke/wire"
)

func program(d wire.Inside, name string) (out wire.Software) {
	for _, s := range d.Software {
		if s.Name == name {
			out = s
		}
	}
	return out
}

// A router's model and firmware come from its announcements, from the description that computers fetch and from its pages;
// browsers from how they call themselves. A new version is told, the same one is not told again.
func TestVersions(t *testing.T) {
	o := open(t)
	router, pc := netip.MustParseAddr("192.168.11.1"), filter.Device{MAC: mac(2), Addr: netip.MustParseAddr("192.168.11.5")}
	o.hear(mac(1), heard.Addr, heard.ByARP, router.String())
	o.hear(mac(1), heard.Clue, heard.BySSDPServer, "Linux/2.6.36 UPnP/1.0 WHR-1166DHP2/2.95")
	say := func(b rule.Buffer, s string) *app.Side {
		side := new(app.Side)
		side.Put(b, []byte(s))
		return side
	}
	chrome := say(rule.HTTPUserAgent, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36")
	o.t.Asks(pc, chrome, o.now)
	got := o.told()
	if d := got[first]; d.Model.ID != "WHR-1166DHP2" || program(d, versions.Firmware).Version != "2.95" || program(d, versions.Firmware).Last.IsZero() {
		t.Errorf("%+v", d)
	}
	if s := program(got[second], versions.Chrome); s.Version != "127" || !s.Partial {
		t.Errorf("%+v", got[second])
	}
	o.t.Asks(pc, chrome, o.now)
	o.hear(mac(1), heard.Clue, heard.BySSDPServer, "Linux/2.6.36 UPnP/1.0 WHR-1166DHP2/2.95")
	if again := o.told(); len(again) > 0 {
		t.Errorf("told again without news: %v", again)
	}
	page := say(rule.HTTPResponseBody, `<root xmlns="urn:schemas-upnp-org:device-1-0"><device><manufacturer>BUFFALO</manufacturer><modelName>WHR-1166DHP2</modelName><modelNumber>Ver.2.96</modelNumber></device></root>`)
	o.t.Serves(router, page, o.now)
	o.t.Serves(netip.MustParseAddr("203.0.113.1"), page, o.now)                  // not of the office
	o.t.Serves(netip.MustParseAddr("192.168.11.99"), page, o.now)                // nobody known
	o.t.Asks(pc, say(rule.HTTPUserAgent, "Mozilla/5.0 Chrome/128.0.0.0"), o.now) // updated
	got = o.told()
	if s := program(got[first], versions.Firmware); s.Version != "2.96" || s.By != byPage {
		t.Errorf("%+v", got[first])
	}
	if s := program(got[second], versions.Chrome); s.Version != "128" {
		t.Errorf("%+v", got[second])
	}
	if n := testing.AllocsPerRun(1000, func() { o.t.Serves(router, page, o.now); o.t.Asks(pc, chrome, o.now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	path := filepath.Join(t.TempDir(), "state")
	if err := o.t.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Open(config(), path, o.now)
	if err != nil || len(again.devices[mac(1)].Runs) != 1 {
		t.Fatalf("%v, %v", again.devices[mac(1)], err)
	}
	o.pass(forgetRun + time.Hour)
	o.hear(mac(2), heard.Seen, heard.ByARP, "")
	if d := o.told()[second]; len(d.Software) > 0 {
		t.Errorf("a version of long ago: %+v", d)
	}
	(*Table)(nil).Serves(router, page, 0)
}
