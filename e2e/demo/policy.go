package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

var seqField = regexp.MustCompile(`name="seq" value="([0-9]+)"`)

// policy is step 14: the owner has a site blocked and takes that back, while a download goes on.
func (d *demo) policy(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "14", Expected: "blocked by the owner's word, for all and for a group of devices alone, the rest goes on, then open again"}
	ask := d.portal(ctx)
	post := func(path string, form url.Values) {
		page := ask(http.MethodGet, "/policy", nil)
		for name, field := range map[string]*regexp.Regexp{"csrf": csrf, "seq": seqField} {
			if m := field.FindStringSubmatch(page); m != nil {
				form.Set(name, m[1])
			}
		}
		ask(http.MethodPost, path, form)
	}
	undo := func() { // the newest step
		if m := seqField.FindStringSubmatch(ask(http.MethodGet, "/policy", nil)); m != nil {
			post("/policy/undo", url.Values{"step": {m[1]}})
		}
	}
	const name = "game.example"
	blocked := func() bool {
		out, _, _ := d.lab.PC1.Run(ctx, "dig", "+time=1", "+tries=1", "@"+lab.DNSHost, name)
		return strings.Contains(string(out), "NXDOMAIN")
	}
	got := make(chan error, 1)
	go func() { got <- d.same(ctx, "http://"+lab.Good+"/slow", d.Big) }()
	pageOn := func(pc *lab.Namespace) string {
		_, text := d.curl(ctx, pc, "-m", "2", "--resolve", name+":80:"+lab.Good, "http://"+name+"/page/1")
		return text
	}
	page := func() string { return pageOn(d.lab.PC1) }
	const told = "このページは開けませんでした"
	before := strings.Contains(page(), told)
	asked := time.Now()
	post("/policy", url.Values{"deny": {name}, "allow": {mistaken}, "dns": {"template"}, "files": {"template"}, "why": {"休み時間のゲームが増えたため"}})
	stopped := eventually(ctx, time.Minute, func() bool { return strings.Contains(page(), told) })
	took := time.Since(asked)
	names := blocked()
	said := eventually(ctx, 20*time.Second, func() bool { return strings.Contains(ask(http.MethodGet, "/policy", nil), "効いています") })
	code, _ := d.curl(ctx, d.lab.PC1, "-m", "2", "-o", "/dev/null", "http://"+lab.Good+"/page/1")
	undo()
	again := eventually(ctx, time.Minute, func() bool { return !strings.Contains(page(), told) })
	err := <-got
	// The same for a group of one device: the others go on.
	post("/policy/group", url.Values{"name": {"会議室"}, "member": {lab.PC1}, "deny": {name}, "step": {"save"}, "why": {"来客が使うため"}})
	group := eventually(ctx, time.Minute, func() bool { return strings.Contains(page(), told) })
	alone := !strings.Contains(pageOn(d.lab.PC2), told)
	undo()
	ungrouped := eventually(ctx, time.Minute, func() bool { return !strings.Contains(page(), told) })
	switch {
	case before:
		s.Seen = "it was blocked before"
	case !stopped:
		s.Seen = "the site still opens"
	case !names:
		s.Seen = "its name is still found"
	case !said:
		s.Seen = "the portal does not say that it is in force"
	case code != 0:
		s.Seen = "other pages are blocked, too"
	case !again:
		s.Seen = "it stays blocked although the owner took it back"
	case !group:
		s.Seen = "the site still opens on a device of the group"
	case !alone:
		s.Seen = "the site is blocked on a device that is not of the group"
	case !ungrouped:
		s.Seen = "it stays blocked for the group although the owner took it back"
	case err != nil:
		s.Seen = "a download broke: " + err.Error()
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = fmt.Sprintf("blocked %d ms after the owner's click; look at %spolicy", took.Milliseconds(), d.url(portPortal))
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "The owner has a site blocked, and takes that back")
}
