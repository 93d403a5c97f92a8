package portal

import (
	"fmt"
	"path/filepath"
	"testing"

	"otasuke/internal/uitest"
	"otasuke/wire"
)

// TestScreenshots draws every page with sample data, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	quiet, off := sample(), sample()
	quiet.alerts[ours] = nil
	off.boxes[0].Protecting = false
	for _, one := range []struct {
		name, path string
		office     *office
		height     int
	}{
		{"home", "/", sample(), 1500}, {"home-quiet", "/", quiet, 1300}, {"home-off", "/", off, 1500},
		{"alerts", "/alerts", sample(), 1100}, {"alert", "/alerts/1795237521-1", sample(), 2600}, {"alert-low", "/alerts/1795230000-3", sample(), 1700},
		{"devices", "/devices", sample(), 1600}, {"device", "/devices/d1", sample(), 1700}, {"used", "/used", sample(), 2200}, {"looks", "/looks", sample(), 900}, {"traffic", "/traffic", sample(), 1100}, {"flows", "/traffic/q1", asked(), 1200}, {"spread", "/traffic/spread", sample(), 2000}, {"confirm", "/a/good/done", sample(), 900},
		{"expired", "/a/old/done", sample(), 700}, {"login", "/login", sample(), 900}, {"missing", "/nowhere", sample(), 700},
	} {
		for _, lang := range []string{"ja", "en"} {
			for _, width := range uitest.Widths {
				b := serve(t, one.office, "")
				height := one.height
				if width < 500 {
					height = height * 3 / 2
				}
				uitest.Picture(t, b.handler, one.path, "portal=token-"+ours+"; lang="+lang, width, height,
					filepath.Join(dir, fmt.Sprintf("portal-%s-%s-%d.png", one.name, lang, width)))
			}
		}
	}
}

func TestEverybodyCanUseThePages(t *testing.T) {
	quiet := sample()
	quiet.alerts[ours] = nil
	for _, one := range []struct {
		path   string
		office *office
	}{
		{"/", sample()}, {"/", quiet}, {"/alerts", sample()}, {"/alerts/1795237521-1", sample()}, {"/alerts/1795230000-3", sample()}, {"/devices", sample()}, {"/devices/d1", sample()}, {"/used", sample()}, {"/used/d1", sample()},
		{"/looks", sample()}, {"/traffic", sample()}, {"/traffic/q1", asked()}, {"/traffic/sums", sample()}, {"/traffic/spread", sample()}, {"/a/good/done", sample()}, {"/a/old/done", sample()}, {"/login", sample()}, {"/nowhere", sample()},
	} {
		uitest.Axe(t, serve(t, one.office, "").handler, one.path, "portal=token-"+ours)
	}
}

// asked has asked for all traffic.
func asked() *office {
	o := sample()
	o.question = wire.Question{Traffic: &wire.TrafficQuery{From: now.AddDate(0, 0, -6), To: now}}
	return o
}
