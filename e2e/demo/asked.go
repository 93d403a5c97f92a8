package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

const (
	// mistaken is a harmless shop that a list has by mistake.
	mistaken = "parts-shop.example"
	// upload in bytes is enough for the portal to ask whether it was for work.
	upload = 3 << 20
)

// wrong is step 8: somebody says from the block page that it is wrong, the desk and the owner
// read it, and after the desk's answer the site opens.
func (d *demo) wrong(ctx context.Context) {
	start, before := time.Now(), len(d.sink.Mails())
	s := Step{ID: "8", Expected: "blocked page with a button, request at the desk, answered, and it opens"}
	resolve := []string{"--resolve", mistaken + ":80:" + lab.Good}
	_, page := d.curl(ctx, d.lab.PC1, append(resolve, "http://"+mistaken+"/order")...)
	_, rest, _ := strings.Cut(page, `formaction="`)
	button, _, pressed := strings.Cut(rest, `"`)
	_, said := d.curl(ctx, d.lab.PC1, append(resolve, "-X", "POST", "-H", "Content-Length: 0", "http://"+mistaken+button)...)
	var waiting []struct {
		CompanyID        string `json:"company_id"`
		ID, What, Device string
	}
	arrived := eventually(ctx, 10*time.Second, func() bool {
		return d.admin(ctx, "requests", nil, &waiting) == nil && len(waiting) == 1
	})
	told := eventually(ctx, 10*time.Second, func() bool {
		for _, m := range d.sink.Mails()[before:] {
			if strings.Contains(m.To, operatorEmail) && strings.Contains(m.Text, strings.ReplaceAll(mistaken, ".", "[.]")) {
				return true
			}
		}
		return false
	})
	switch {
	case !strings.Contains(page, "このページは開けませんでした") || !pressed:
		s.Seen = "no blocked page with a button"
	case !strings.Contains(said, "お預かりしました"):
		s.Seen = "the box does not take the request"
	case !arrived || waiting[0].What != mistaken:
		s.Seen = "the desk has no request"
	case !told:
		s.Seen = "the desk got no mail"
	case !strings.Contains(d.portal(ctx)(http.MethodGet, "/requests", nil), mistaken):
		s.Seen = "the owner does not see the request"
	default:
		s.Seen, s.Note = d.letThrough(ctx, "/requests/"+waiting[0].CompanyID+"/"+waiting[0].ID, func() bool {
			_, page := d.curl(ctx, d.lab.PC1, append(resolve, "http://"+mistaken+"/order")...)
			return page != "" && !strings.Contains(page, "このページは開けませんでした")
		})
		if s.OK = s.Seen == ""; s.OK {
			s.Seen = s.Expected
		}
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "A harmless shop is blocked by mistake, an employee says so, and the desk answers")
}

// letThrough answers a request as an operator does, and gives what went wrong, "" for nothing.
func (d *demo) letThrough(ctx context.Context, request string, opens func() bool) (wrong, note string) {
	before, form := len(d.sink.Mails()), url.Values{"answer": {"accept"}, "note": {"確かめました。ふつうのお店です。"}}
	ask := d.face(ctx, portConsole, operatorEmail)
	if m := csrf.FindStringSubmatch(ask(http.MethodGet, "/requests", nil)); m != nil {
		form.Set("csrf", m[1])
	}
	clicked := time.Now()
	ask(http.MethodPost, request, form)
	if !eventually(ctx, time.Minute, opens) {
		return "it does not open a minute after the desk's answer", ""
	}
	took := time.Since(clicked)
	told := eventually(ctx, 10*time.Second, func() bool {
		for _, m := range d.sink.Mails()[before:] {
			if strings.Contains(m.Text, "ふつうのお店です") {
				return true
			}
		}
		return false
	})
	if !told || !strings.Contains(d.portal(ctx)(http.MethodGet, "/requests", nil), "ふつうのお店です") {
		return "the owner does not read the answer", ""
	}
	return "", fmt.Sprintf("it opened %d ms after the desk's click", took.Milliseconds())
}

// applications is step 9: what is used is seen in the portal, although it is encrypted.
func (d *demo) applications(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "9", Expected: "ChatGPT in the portal, with what was sent"}
	code, _ := d.curl(ctx, d.lab.PC3, "-k", "-o", "/dev/null", "--resolve", "chatgpt.com:443:"+lab.Good, "-H", "Expect:", "--data-binary", "@"+d.path("upload"), "https://chatgpt.com/page/1")
	// The box reports once an hour, and when it is told to read its files anew.
	_ = d.box.cmd.Process.Signal(syscall.SIGUSR2)
	read := d.portal(ctx)
	seen := eventually(ctx, 15*time.Second, func() bool {
		return strings.Contains(read(http.MethodGet, "/used", nil), "ChatGPT")
	})
	switch {
	case code != 0:
		s.Seen = fmt.Sprintf("the page could not be opened: curl says %d", code)
	case !seen:
		s.Seen = "the portal does not show it"
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = "look at 「アプリ」 in the portal"
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "An employee sends a file to a generative AI")
}

// spread is step 10: the owner asks how far something went, and the box answers from its
// traffic log.
func (d *demo) spread(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "10", Expected: "the second PC is named as certain, the search finds both"}
	d.curl(ctx, d.lab.PC3, "-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=7")
	alert := ""
	for _, a := range d.alerts(ctx) {
		if a.Stars == 3 && a.Device == lab.PC2 {
			alert = a.ID
		}
	}
	ask := d.portal(ctx)
	form := url.Values{"target": {lab.C2}, "days": {"1"}, "sum": {"device"}}
	if m := csrf.FindStringSubmatch(ask(http.MethodGet, "/traffic", nil)); m != nil {
		form.Set("csrf", m[1])
	}
	page, list := "", ""
	certain := eventually(ctx, 20*time.Second, func() bool {
		page = ask(http.MethodPost, "/alerts/"+alert+"/spread", form)
		return strings.Contains(page, "同じものが見つかっています") && strings.Contains(page, lab.PC3)
	})
	found := eventually(ctx, 20*time.Second, func() bool {
		list = ask(http.MethodPost, "/traffic", form)
		return strings.Contains(list, lab.PC2) && strings.Contains(list, lab.PC3)
	})
	switch {
	case !certain:
		s.Seen = "the page does not name the second PC"
	case !found:
		s.Seen = "the search does not find both"
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = "look at 「どこまで広がったか」 on the alert's page in the portal"
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "A second PC calls the same attacker, and the owner asks how far it went")
}

// csrf is the token of a form.
var csrf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// portal logs the owner in and returns what asks for a page; the empty page when that fails.
func (d *demo) portal(ctx context.Context) func(method, path string, form url.Values) string {
	return d.face(ctx, portPortal, ownerEmail)
}

// face is the same for somebody at one of the two sites.
func (d *demo) face(ctx context.Context, port int, email string) func(method, path string, form url.Values) string {
	site := strings.TrimSuffix(d.url(port), "/")
	jar, err := cookiejar.New(nil)
	if err != nil {
		return func(string, string, url.Values) string { return "" }
	}
	c := http.Client{Jar: jar, Timeout: 10 * time.Second}
	read := func(method, path string, form url.Values) string {
		r, err := http.NewRequestWithContext(ctx, method, site+path, strings.NewReader(form.Encode()))
		if err != nil {
			return ""
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := c.Do(r)
		if err != nil {
			return ""
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return ""
		}
		return string(text)
	}
	read(http.MethodPost, "/login", url.Values{"email": {email}, "password": {d.password}})
	return read
}
