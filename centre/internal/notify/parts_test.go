package notify

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/tenant"
)

// seen is what a mail program shows of an HTML part, and what it would fetch or follow.
type seen struct {
	words         string
	fetched       []string // what is loaded when the mail is opened
	links         []string
	styles, forms int
}

var fetching = regexp.MustCompile(`url\(|@import`)

func look(t *testing.T, source string) (s seen) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "title":
			s.words += n.Data + " "
			continue
		case n.Data == "img" || n.Data == "link" || n.Data == "script" || n.Data == "iframe" || n.Data == "object" || n.Data == "video":
			s.fetched = append(s.fetched, n.Data)
		case n.Data == "style":
			s.styles++
		case n.Data == "form":
			s.forms++
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "href":
				s.links = append(s.links, a.Val)
			case a.Key == "src", a.Key == "background", strings.HasPrefix(a.Key, "on"), fetching.MatchString(a.Val):
				s.fetched = append(s.fetched, a.Key+"="+a.Val)
			}
		}
	}
	return s
}

// bare leaves letters only: the two parts differ in how they are set.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \n\t\u00a0:■□-・()", r) {
			return -1
		}
		return r
	}, s)
}

// bothParts holds a mail to what its two parts promise: the same words, nothing that is fetched or
// tells that it was opened, and links to the portal only.
func bothParts(t *testing.T, m mail.Message, buttons int) {
	t.Helper()
	s := look(t, m.HTML)
	words := bare(s.words)
	for line := range strings.Lines(m.Text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "https://") {
			if !strings.Contains(strings.Join(s.links, " "), line) {
				t.Errorf("%s: the HTML part does not lead to %s", m.Subject, line)
			}
			continue
		}
		for _, part := range strings.Fields(line) {
			if strings.HasPrefix(part, "https://") {
				continue
			}
			if !strings.Contains(words, bare(part)) {
				t.Errorf("%s: the HTML part does not say %q", m.Subject, part)
			}
		}
	}
	if len(s.fetched) > 0 || s.styles > 0 || s.forms > 0 {
		t.Errorf("%s: loads %q, %d sheets of style, %d forms", m.Subject, s.fetched, s.styles, s.forms)
	}
	for _, l := range s.links {
		if !strings.HasPrefix(l, "https://portal.example.jp/") {
			t.Errorf("%s: a link to %s", m.Subject, l)
		}
	}
	if got := strings.Count(m.HTML, "display:block;padding:1"); got != buttons {
		t.Errorf("%s: %d buttons, want %d", m.Subject, got, buttons)
	}
}

func TestPartsOfAlertMails(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.must("new")
		for _, who := range []string{"hanako@sato.example.jp", "maria@sato.example.jp"} {
			bothParts(t, o.post.to(who)[0], 3) // the three answers
		}
	})
}

func TestPartsOfReportMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		for _, m := range d.reportMails(hostile) {
			bothParts(t, m, 1)
			if strings.Contains(m.HTML, "<b>x") {
				t.Error("a device's name became markup")
			}
		}
	})
}

// reportMails are those of a month in both languages.
func (d *desk) reportMails(device string) []mail.Message {
	d.t.Helper()
	if err := d.cfg.Store.Migrate(d.t.Context(), tenant.Schema(), job.Schema(), report.Schema()); err != nil {
		d.t.Fatal(err)
	}
	d.cfg.Reports = october{d.id, device}
	people, err := d.people.People(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, p := range people {
		raw, err := json.Marshal(report.Args{Month: "2026-10", Person: p.ID})
		if err != nil {
			d.t.Fatal(err)
		}
		if err := d.HandleReport(d.t.Context(), d.id, raw); err != nil {
			d.t.Fatal(err)
		}
	}
	return append(d.post.to("hanako@sato.example.jp"), d.post.to("maria@sato.example.jp")...)
}
