package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// loginTime bounds a look into the portal.
const loginTime = 10 * time.Second

// devices is step 11: the owner sees what is in the office, and somebody plugs in a Wi-Fi
// router that gives out addresses of its own.
func (d *demo) devices(ctx context.Context) {
	start, before := time.Now(), len(d.sink.Mails())
	s := Step{ID: "11", Expected: "printer, PC and telephone in the portal; the second router told of"}
	err := d.plugged(ctx)
	page := ""
	if err == nil {
		seen := eventually(ctx, 20*time.Second, func() bool {
			page, err = d.portalPage(ctx, "/devices")
			return err == nil && strings.Contains(page, "BRN008092000051") && strings.Contains(page, "DESKTOP-KEIRI01") && strings.Contains(page, "スマホ・タブレット")
		})
		if seen {
			s.Seen = s.Expected
		}
	}
	if err != nil {
		s.Note = err.Error()
	}
	s.MS = time.Since(start).Milliseconds()
	d.report(ctx, &s, start, before, 2, func(a Alert) bool { return a.Family == "second-router" }, 1)
	d.say(s, "What is in the office, and a Wi-Fi router that somebody plugged in")
}

// plugged lets devices call out at a cable of the office.
func (d *demo) plugged(ctx context.Context) error {
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
	if !eventually(ctx, loginTime, func() bool {
		page, err := d.portalPage(ctx, "/devices")
		return err == nil && strings.Contains(page, "ルーター・Wi-Fi・スイッチ")
	}) {
		return fmt.Errorf("the office's router is not in the portal")
	}
	return rogue.Offer(pc.MAC, "192.168.11.2")
}

// portalPage is a page of the portal as the owner sees it.
func (d *demo) portalPage(ctx context.Context, path string) (string, error) {
	if d.owner == nil {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return "", err
		}
		owner := &http.Client{Jar: jar, Timeout: loginTime}
		resp, err := owner.PostForm(strings.TrimSuffix(d.url(portPortal), "/")+"/login", url.Values{"email": {ownerEmail}, "password": {d.password}})
		if err != nil {
			return "", err
		}
		resp.Body.Close()
		d.owner = owner
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(d.url(portPortal), "/")+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept-Language", "ja")
	resp, err := d.owner.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return string(b), err
}
