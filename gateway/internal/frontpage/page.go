package frontpage

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"otasuke/content/text"
	"otasuke/internal/ja"
)

//go:embed page.html tried.html page.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "*.html"))

// How often the page asks anew by itself, in seconds: soon while somebody waits for the code
// to be taken, else as often as a glance is worth.
const (
	refreshWaiting = 3
	refreshElse    = 20
)

// base is what both pages have.
type base struct {
	text.Texts
	Lang, Other string
	Switch      string // where the page is in the other language
}

// view is the page.
type view struct {
	base
	Title, Word, Say string
	Tone             Tone
	Connect          bool
	Code             [2]string // halves; empty for none yet
	Left             string    // how long the code counts
	Site, SiteURL    string
	Number           string
	Lamps            []row
	TestURL          string
	Tested           string // what came of the last test
	TestTone         Tone
	TestWord         string
	Still, Go        string // addresses of the page without and with its refresh; one is empty
	Phone            string
	Software         string
	Updated          string
}

type row struct {
	Name, Word, Say, Do string
	Tone                Tone
}

// triedView is the page in place of the test's site.
type triedView struct {
	base
	Back string
	Name string
}

// language is what the address says, else what the browser prefers, else Japanese.
func language(r *http.Request) string {
	switch l := r.URL.Query().Get("lang"); l {
	case ja.Japanese, ja.English:
		return l
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch code, _, _ := strings.Cut(strings.TrimSpace(part), ";"); {
		case strings.HasPrefix(code, ja.Japanese):
			return ja.Japanese
		case strings.HasPrefix(code, ja.English):
			return ja.English
		}
	}
	return ja.Japanese
}

func (p *Page) base(r *http.Request) base {
	b := base{Texts: p.texts.In(language(r)), Other: ja.English}
	b.Lang = b.Texts.Lang()
	if b.Lang == ja.English {
		b.Other = ja.Japanese
	}
	b.Switch = address(r, b.Other, still(r))
	return b
}

func still(r *http.Request) bool { return r.URL.Query().Has("still") }

// address of the page in a language.
func address(r *http.Request, lang string, still bool) string {
	q := url.Values{"lang": {lang}}
	if still {
		q.Set("still", "1")
	}
	return "/?" + q.Encode()
}

// view words a state.
func (p *Page) view(r *http.Request, s *State) view {
	b := p.base(r)
	t := b.Texts
	word, say, tone := s.headline()
	v := view{base: b, Title: t.T("front.title"), Word: t.T(word), Say: t.T(say, "company", s.Company), Tone: tone, Number: s.Number, Phone: s.Phone, Software: s.Health.Software,
		Updated: t.T("front.updated", "time", s.Now.In(ja.Zone).Format("15:04:05"))}
	if s.Company != "" {
		v.Title = t.T("front.title_of", "company", s.Company)
	} else if tone == Good && !s.listens() {
		v.Say = t.T("front.head_good_say_alone")
	}
	if still(r) {
		v.Go = address(r, b.Lang, false)
	} else {
		v.Still = address(r, b.Lang, true)
	}
	v.connect(s)
	for _, l := range s.lamps() {
		one := row{Name: t.T(l.name), Word: t.T(l.word), Say: t.T(l.say, numbers(l.holes)...), Tone: l.tone}
		if l.do != "" {
			one.Do = t.T(l.do)
		}
		v.Lamps = append(v.Lamps, one)
	}
	p.test(&v, r, s)
	return v
}

// connect words the way to the company.
func (v *view) connect(s *State) {
	if v.Connect = s.Phase == Asking || s.Phase == Shown; !v.Connect || s.Code == "" {
		return
	}
	a, b, _ := strings.Cut(s.Code, "-")
	v.Code = [2]string{a, b}
	v.Left = v.T("front.left", "n", max(int(s.Expires.Sub(s.Now).Minutes()), 1))
	if u, err := url.Parse(s.Site); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		v.Site = u.Host
		u.RawQuery = url.Values{"code": {s.Code}}.Encode()
		v.SiteURL = u.String()
	}
}

// test words the last test of somebody's browser, and where to make one.
func (p *Page) test(v *view, r *http.Request, s *State) {
	if s.listens() {
		v.TestTone, v.TestWord, v.Tested = Off, v.T("front.not_used"), v.T("front.test_tap_say")
		return
	}
	at, from := p.Tried()
	switch {
	case !at.IsZero():
		v.TestTone, v.TestWord = Good, v.T("front.test_done")
		v.Tested = v.T("front.test_done_say", "time", ja.Short(at, v.Lang), "addr", from)
	case s.part("selftest") == "ok":
		v.TestTone, v.TestWord, v.Tested = Off, v.T("front.test_ready"), v.T("front.test_ready_say")
	default:
		v.TestTone, v.TestWord, v.Tested = Care, v.T("front.test_not"), v.T("front.test_not_say")
	}
	v.TestURL = "http://" + p.cfg.TestName + port(r.Host) + "/?lang=" + v.Lang
}

// port is the one that the browser uses, with its colon; "" for that of HTTP.
func port(host string) string {
	if a, err := netip.ParseAddrPort(host); err == nil {
		return fmt.Sprintf(":%d", a.Port())
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[i:]
	}
	return ""
}

// numbers writes the figures among holes for people.
func numbers(holes []any) []any {
	out := make([]any, len(holes))
	for i, h := range holes {
		switch n := h.(type) {
		case int:
			h = ja.Number(n)
		case uint64:
			h = ja.Number(n)
		}
		out[i] = h
	}
	return out
}

// render writes a page; nothing of it when the template fails.
func render(w http.ResponseWriter, name string, status int, data any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("frontpage: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
	return nil
}

// Tried is when somebody's browser made the test, and at which address; zero for never.
func (p *Page) Tried() (time.Time, netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tried, p.from
}
