package demo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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
