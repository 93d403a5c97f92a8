package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/centre/internal/alert"
	"otasuke/internal/paper"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

// TestScreenshots draws every page with sample data, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	quiet, off, printing := sample(), sample(), sample()
	printing.paper = blank{}
	quiet.alerts[ours] = nil
	off.boxes[0].Protecting = false
	for _, one := range []struct {
		name, path string
		office     *office
		height     int
	}{
		{"home", "/", sample(), 1500}, {"home-quiet", "/", quiet, 1300}, {"home-off", "/", off, 1500},
		{"alerts", "/alerts", sample(), 1100}, {"alert", "/alerts/1795237521-1", sample(), 2600}, {"alert-low", "/alerts/1795230000-3", sample(), 1700},
		{"devices", "/devices", sample(), 1600}, {"device", "/devices/d1", sample(), 1700}, {"used", "/used", sample(), 2200}, {"looks", "/looks", sample(), 900}, {"reports", "/reports", sample(), 800}, {"export", "/export", sample(), 900}, {"report", "/reports/2026-10", printing, 4300}, {"report-new", "/reports/2026-09", sample(), 3000}, {"traffic", "/traffic", sample(), 1100}, {"flows", "/traffic/q1", asked(), 1200}, {"spread", "/traffic/spread", sample(), 2000}, {"confirm", "/a/good/done", sample(), 900}, {"connect", "/connect?code=BCDF-GHJK", sample(), 900}, {"home-new", "/", unpacked(), 1300}, {"home-faults", "/", faulty(), 1500},
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

// TestPicturesOfReports draws the report for docs/screenshots: those of e2e/browser have no month
// behind them.
func TestPicturesOfReports(t *testing.T) {
	dir := uitest.Dir(t)
	o := sample()
	o.paper = blank{}
	for _, lang := range []string{"ja", "en"} {
		for _, width := range uitest.Widths {
			for name, path := range map[string]string{"reports": "/reports", "report": "/reports/2026-10"} {
				height := 2400
				if name == "reports" {
					height = 800
				}
				uitest.Picture(t, serve(t, o, "").handler, path, "portal=token-"+ours+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, lang)))
			}
		}
	}
}

// blank prints nothing: where there is a printer, pages offer it.
type blank struct{}

func (blank) Print(context.Context, *paper.Document) ([]byte, error) { return nil, nil }

func TestEverybodyCanUseThePages(t *testing.T) {
	quiet, printing := sample(), sample()
	quiet.alerts[ours], printing.paper = nil, blank{}
	for _, one := range []struct {
		path   string
		office *office
	}{
		{"/", sample()}, {"/", quiet}, {"/alerts", sample()}, {"/alerts/1795237521-1", sample()}, {"/alerts/1795230000-3", sample()}, {"/devices", sample()}, {"/devices/d1", sample()}, {"/used", sample()}, {"/used/d1", sample()},
		{"/looks", sample()}, {"/reports", sample()}, {"/export", sample()}, {"/reports/2026-10", printing}, {"/reports/2026-09", sample()}, {"/traffic", sample()}, {"/traffic/q1", asked()}, {"/traffic/sums", sample()}, {"/traffic/spread", sample()}, {"/connect", sample()}, {"/", unpacked()}, {"/", faulty()}, {"/a/good/done", sample()}, {"/a/old/done", sample()}, {"/login", sample()}, {"/nowhere", sample()},
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

// unpacked is a company whose box is not connected yet.
func unpacked() *office {
	o := sample()
	o.boxes, o.alerts[ours], o.counts = nil, nil, alert.Counts{}
	return o
}

// faulty is a company whose box has found something about itself.
func faulty() *office {
	o := sample()
	o.boxes[0].Health.Parts = map[string]wire.State{"virus": wire.StateDown, wire.PartOffice: wire.StateDown, wire.PartClock: wire.StateDown}
	return o
}

// TestFoundPicture draws the page on which a box was found, and looks at it as everybody must.
func TestFoundPicture(t *testing.T) {
	h := func(o *office, line string) http.Handler {
		o.boxLine = line
		inner := serve(t, o, "").handler
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/connect" {
				r = httptest.NewRequestWithContext(r.Context(), http.MethodPost, "/connect", strings.NewReader(url.Values{"csrf": {"form-token"}, "code": {r.URL.Query().Get("code")}}.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", "portal=token-"+ours+"; lang="+pictureLang)
				r.RemoteAddr = "203.0.113.7:1"
			}
			inner.ServeHTTP(w, r)
		})
	}
	for _, one := range []struct{ name, code, line string }{{"found", "BCDF-GHJK", "203.0.113.7"}, {"found-elsewhere", "BCDF-GHJK", "198.51.100.4"}, {"connect-wrong", "BCDF-BCDF", ""}} {
		for _, lang := range []string{"ja", "en"} {
			pictureLang = lang
			handler := h(sample(), one.line)
			uitest.Axe(t, handler, "/connect?code="+one.code, "")
			for _, width := range uitest.Widths {
				uitest.Picture(t, handler, "/connect?code="+one.code, "", width, 1000, filepath.Join(uitest.Dir(t), fmt.Sprintf("portal-%s-%s-%d.png", one.name, lang, width)))
			}
		}
	}
}

// pictureLang is the language of the next picture.
var pictureLang string
