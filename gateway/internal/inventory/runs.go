package inventory

import (
	"net/netip"
	"slices"
	"time"

	"otasuke/content/devices"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/heard"
	"otasuke/gateway/internal/versions"
	"otasuke/rule"
	"otasuke/wire"
)

const (
	// maxRuns programs of one device: three browsers, its system, its firmware, and room.
	maxRuns = 8
	// byPage is what a device says on a page or in a description that it serves, byServer in the head of an answer.
	byPage, byServer = "http-page", "http-server"
	// forgetRun is when a version that was not seen again does not count: the program may be gone.
	forgetRun = 60 * 24 * time.Hour
)

// runs is a program of a device, with the version that it told last.
type runs struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Partial bool   `json:"partial,omitempty"`
	By      string `json:"by"`
	Last    int64  `json:"last"`
}

// run notes a version; true when it is another one than before.
func (d *one) run(name, version string, partial bool, by string, now int64) bool {
	if len(version) > wire.MaxWord || version == "" {
		return false
	}
	i := slices.IndexFunc(d.Runs, func(r runs) bool { return r.Name == name })
	fresh := i < 0 || d.Runs[i].Version != version || d.Runs[i].Partial != partial
	switch {
	case i >= 0:
		d.Runs = slices.Delete(d.Runs, i, i+1)
	case len(d.Runs) == maxRuns:
		d.Runs = d.Runs[:maxRuns-1]
	}
	d.Runs = slices.Insert(d.Runs, 0, runs{name, version, partial, by, now})
	return fresh
}

// tells reads what a device announced for a model and a version; true when it says something new.
func (d *one) tells(by, text string, now int64) (fresh bool) {
	switch by {
	case heard.ByMDNSVersion:
		return d.run(versions.Firmware, text, false, by, now)
	case heard.BySSDPServer, heard.ByLLDPText, heard.ByMDNSModel:
		if t := versions.Product(text); !t.Empty() {
			fresh = d.thing(t, by, now)
		}
	}
	return fresh
}

// thing notes what a device says of itself.
func (d *one) thing(t versions.Thing, by string, now int64) (fresh bool) {
	if t.Model != "" && len(t.Model) <= wire.MaxName {
		fresh = d.clue(byPage, t.Model, now)
	}
	return d.run(versions.Firmware, t.Version, false, by, now) || fresh
}

// software is what the centre hears of it.
func (d *one) software() (out []wire.Software) {
	for _, r := range d.Runs {
		if d.Last-r.Last <= forgetRun.Microseconds() {
			out = append(out, wire.Software{Name: r.Name, Version: r.Version, Partial: r.Partial, By: r.By, Last: time.UnixMicro(r.Last).UTC()})
		}
	}
	return out
}

// agent notes which browser and system a device uses. It is called once an hour for each.
func (t *Table) agent(d filter.Device, data []byte, now int64) {
	browser, system := versions.Agent(data[:min(len(data), maxAsked)])
	if browser.Name == "" && system.Name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.find(d.MAC, now)
	if one == nil {
		return
	}
	for _, f := range [...]versions.Found{browser, system} {
		if f.Name != "" && one.run(f.Name, string(f.Version), f.Partial, devices.ByAgent, now) {
			one.dirty = true
		}
	}
	t.changed = true
}

// Serves looks at what a device of the office answers over HTTP: routers and network storage name themselves there. It allocates
// only for what is new. now is in microseconds.
func (t *Table) Serves(server netip.Addr, side *app.Side, now int64) {
	if t == nil || !t.cfg.Home(server) {
		return
	}
	for i := range side.Values {
		v := &side.Values[i]
		if !v.Fresh || len(v.Data) == 0 || v.Buffer != rule.HTTPServer && v.Buffer != rule.HTTPResponseBody {
			continue
		}
		// Its address stands for it here: the frame is that of the one who asks.
		a := server.As16()
		if data := v.Data[:min(len(v.Data), maxPage)]; t.asked.first([6]byte(a[10:]), v.Buffer, data, now/hourly) {
			t.served(server, v.Buffer, data, now)
		}
	}
}

// maxPage bytes of a page or a description are looked at.
const maxPage = 8 << 10

func (t *Table) served(server netip.Addr, kind rule.Buffer, data []byte, now int64) {
	var thing versions.Thing
	by := byServer
	if kind == rule.HTTPServer {
		thing = versions.Product(string(data[:min(len(data), maxAsked)]))
	} else {
		thing, by = versions.Page(data), byPage
	}
	if thing.Model == "" && thing.Version == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.at(server); d != nil && d.thing(thing, by, now) {
		d.dirty, t.changed = true, true
	}
}

// at is the device that has an address; nil when none is known.
func (t *Table) at(a netip.Addr) (best *one) {
	text, newest := a.Unmap().String(), int64(0)
	for _, d := range t.devices {
		for _, s := range d.Addrs {
			if s.Text == text && s.Last > newest {
				best, newest = d, s.Last
			}
		}
	}
	return best
}
