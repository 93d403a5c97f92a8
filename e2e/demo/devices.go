package demo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// devices is step 11: the owner sees what is in the office, and somebody plugs in a Wi-Fi
// router that gives out addresses of its own.
func (d *demo) devices(ctx context.Context) {
	start, before := time.Now(), len(d.sink.Mails())
	s := Step{ID: "11", Expected: "printer, PC and telephone in the portal; the second router told of"}
	read := d.portal(ctx)
	switch err := d.plugged(ctx, read); {
	case err != nil:
		s.Seen = err.Error()
	case !shows(ctx, read, "BRN008092000051", "DESKTOP-KEIRI01", "スマホ・タブレット"):
		s.Seen = "the portal does not show them"
	default:
		s.Seen = s.Expected
	}
	s.MS = time.Since(start).Milliseconds()
	d.report(ctx, &s, start, before, 2, func(a Alert) bool { return a.Family == "second-router" }, 1)
	s.Note = "look at 「機器」 in the portal"
	d.say(s, "What is in the office, and a Wi-Fi router that somebody plugged in")
}

// shows waits until the portal's page of devices says all of it.
func shows(ctx context.Context, read func(method, path string, form url.Values) string, words ...string) bool {
	return eventually(ctx, 20*time.Second, func() bool {
		page := read(http.MethodGet, "/devices", nil)
		for _, w := range words {
			if !strings.Contains(page, w) {
				return false
			}
		}
		return true
	})
}

// plugged lets devices call out at a cable of the office.
func (d *demo) plugged(ctx context.Context, read func(method, path string, form url.Values) string) error {
	printer, pc, phone, err := d.lab.PC3.Office()
	for _, t := range []*lab.Thing{printer, pc, phone} {
		if t != nil {
			defer t.Close()
		}
	}
	if err != nil {
		return err
	}
	router, err := d.lab.Internet.Plug("02:00:00:00:00:01", lab.Router)
	if err != nil {
		return err
	}
	defer router.Close()
	rogue, err := d.lab.PC3.Plug("00:1d:73:00:00:54", "192.168.11.1")
	if err != nil {
		return err
	}
	defer rogue.Close()
	if err := router.Offer(pc.MAC, "192.168.1.52"); err != nil {
		return err
	}
	// The office's own must have been heard first: in life it was there for years.
	if !shows(ctx, read, "ルーター・Wi-Fi・スイッチ") {
		return errors.New("the office's router is not in the portal")
	}
	return rogue.Offer(pc.MAC, "192.168.11.2")
}

// held is step 12: the owner stops a PC by a button, and lets it go again.
func (d *demo) held(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "12", Expected: "stopped by the portal's button, the others work, then it works again"}
	ask := d.portal(ctx)
	path, form := "", url.Values{"hold": {"on"}}
	page := ask(http.MethodGet, "/devices", nil)
	for _, m := range deviceLink.FindAllStringSubmatch(page, -1) {
		if one := ask(http.MethodGet, m[1], nil); strings.Contains(one, "02:00:00:00:00:11") { // PC2's
			path = m[1]
			if c := csrf.FindStringSubmatch(one); c != nil {
				form.Set("csrf", c[1])
			}
		}
	}
	opens := func(pc *lab.Namespace) bool {
		code, _ := d.curl(ctx, pc, "-m", "1", "-o", "/dev/null", "http://"+lab.Good+"/page/1")
		return code == 0
	}
	ask(http.MethodPost, path+"/hold", form)
	stopped := eventually(ctx, 20*time.Second, func() bool { return !opens(d.lab.PC2) })
	said := eventually(ctx, 20*time.Second, func() bool {
		return strings.Contains(ask(http.MethodGet, path, nil), "通信は止まっています")
	})
	others := opens(d.lab.PC1)
	form.Set("hold", "off")
	ask(http.MethodPost, path+"/hold", form)
	again := eventually(ctx, 20*time.Second, func() bool { return opens(d.lab.PC2) })
	switch {
	case path == "":
		s.Seen = "the PC is not in the portal"
	case !stopped:
		s.Seen = "the PC still reaches the internet"
	case !said:
		s.Seen = "the portal does not say that it is stopped"
	case !others:
		s.Seen = "another PC is stopped, too"
	case !again:
		s.Seen = "the PC was not let go"
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = "look at a device's page in the portal"
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "The owner stops a PC that may have a virus")
}

// deviceLink leads to the page of a device.
var deviceLink = regexp.MustCompile(`href="(/devices/[a-z0-9]+)"`)
