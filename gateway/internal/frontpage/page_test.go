package frontpage

import (
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

// now is Saturday 21 November 2026, 14:30 in Japan.
var now = time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)

const testName = "test.otasuke.example"

// well is a box that is connected and has no trouble.
func well() State {
	return State{Now: now, Phase: Claimed, Company: "株式会社佐藤製作所", Phone: "050-1234-5678", Last: now.Add(-20 * time.Second), Ahead: 300 * time.Millisecond,
		Health: wire.Health{Software: "1.4.0", Protecting: true, Rules: 412, Sites: 184_220, Packets: 1_204_113, Signatures: now.Add(-9 * time.Hour), Parts: map[string]wire.State{
			"inspection": "ok", "virus": "ok", "sites": "ok", "journal": "ok", wire.PartTest: "ok", wire.PartRouter: "ok", wire.PartOffice: "ok", wire.PartClock: "ok"}},
		Updates: []wire.BundleState{{Kind: "rules", Version: 7, Active: 7, State: wire.BundleActive}}}
}

// fresh is one that was just unpacked.
func fresh() State {
	s := well()
	s.Phase, s.Company, s.Code, s.Number, s.Site, s.Expires = Shown, "", "BCDF-3KKZ", "482 913", "https://portal.chamber.example/connect", now.Add(14*time.Minute+10*time.Second)
	s.Last, s.Updates, s.Health.Sites, s.Health.Packets = time.Time{}, nil, 0, 812
	s.Health.Parts["sites"] = wire.StateOff
	s.Unsigned, s.Health.Parts["virus"], s.Health.Signatures = true, wire.StateDown, time.Time{}
	delete(s.Health.Parts, wire.PartClock)
	return s
}

// broken is one with much that is wrong at once.
func broken() State {
	s := well()
	s.Trouble, s.Ahead = true, 7*time.Minute
	s.Health.Parts[wire.PartOffice], s.Health.Parts["virus"], s.Health.Parts["journal"] = wire.StateDown, wire.StateDown, wire.StateDown
	s.Updates[0].State = wire.BundleReturned
	return s
}

// tap is a box that gets a copy of the traffic.
func tap() State {
	s := well()
	s.Health.Mode = wire.ModeTap
	delete(s.Health.Parts, wire.PartRouter)
	delete(s.Health.Parts, wire.PartOffice)
	return s
}

func off() State {
	s := well()
	s.Health.Protecting = false
	s.Health.Parts["inspection"], s.Health.Parts["sites"], s.Health.Parts["virus"], s.Health.Parts[wire.PartTest] = wire.StateDown, wire.StateDown, wire.StateDown, wire.StateDown
	return s
}

func page(t testing.TB, s State) *Page {
	t.Helper()
	p, err := New(Config{Home: func(a netip.Addr) bool { return a.IsPrivate() }, State: func() State { return s }, TestName: testName, Clock: clock.NewFake(now), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// get asks for a page as a browser at 192.168.1.23 does; target is "/path" or "http://name/path".
func get(p *Page, target string, header ...string) *httptest.ResponseRecorder {
	if strings.HasPrefix(target, "/") {
		target = "http://192.168.1.2" + target
	}
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = "192.168.1.23:50000"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

var tags = regexp.MustCompile(`<[^>]*>`)

func words(body string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(body, " "))), " ")
}

// Each state says what it is and what to do, and nothing more.
func TestPageSaysHowItIs(t *testing.T) {
	t.Parallel()
	refused, alone, clockless, old, asking := well(), well(), fresh(), well(), fresh()
	refused.Phase, refused.Company, refused.Last = Refused, "", time.Time{}
	alone.Phase, alone.Company, alone.Last, alone.Updates = Alone, "", time.Time{}, nil
	clockless.WrongClock, clockless.Trouble = true, true
	old.Health.Signatures = now.Add(-9 * 24 * time.Hour)
	asking.Code, asking.Phase = "", Asking
	six, none := well(), well()
	six.Six, none.Six = wire.StateOK, wire.StateOff
	for name, c := range map[string]struct {
		s         State
		want, not []string
	}{
		"well": {well(), []string{"株式会社佐藤製作所 のお助けボックス", "守られています", "していただくことは、ありません", "412 個", "1,204,113", "184,220 件", "センターの時計と合っています", "試してみる", "050-1234-5678", "まだ、どのパソコンも試していません", "1.4.0"},
			[]string{"IPv6", "つなぎコード", "していただくこと：", "front."}},
		"fresh":               {fresh(), []string{"あとひとつで、つながります", "見守りは、もう始まっています", "BCDF", "3KKZ", "あと 14 分", "482 913", "portal.chamber.example", "登録待ちです"}, []string{"front.", "守られています（"}},
		"asking":              {asking, []string{"コードを取り寄せています"}, []string{"あと "}},
		"broken":              {broken(), []string{"していただくことがあります", "社内側（ハブ側）のケーブルが抜けて", "センターに届きません", "時計がずれています", "検査が止まっています", "前のものに戻しました", "書き込めません", "カチッと音がするまで"}, []string{"front."}},
		"off":                 {off(), []string{"いま守れていません", "インターネットはそのまま使えます", "電源を一度切り", "いまは試せません"}, []string{"front."}},
		"refused":             {refused, []string{"もう使えませんでした", "お電話ください"}, []string{"つなぎコード："}},
		"without a centre":    {alone, []string{"会社の通信を見守っています", "センターを使わない設定です"}, []string{" の通信を見守って", "していただくこと："}},
		"a clock of long ago": {clockless, []string{"ボックスの時計がずれています"}, nil},
		"a tap":               {tap(), []string{"止めることはしません", "通信の写しだけを", "見つけると、お知らせします", "試すことはできません"}, []string{"守られています", "テスト用のサイトを開く", "front."}},
		"IPv6":                {six, []string{"守られています", "IPv6の通信も、同じように見守っています"}, []string{"front."}},
		"IPv6 of the line":    {none, []string{"守られています", "この回線のIPv6は使っていません"}, []string{"front.", "していただくこと："}},
		"old signatures":      {old, []string{"9 日前のもの", "気になることがあります"}, nil},
	} {
		body := get(page(t, c.s), "/").Body.String()
		got := words(body)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: does not say %q:\n%s", name, w, got)
			}
		}
		for _, w := range c.not {
			if strings.Contains(got, w) {
				t.Errorf("%s: says %q", name, w)
			}
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "<form") || strings.Contains(body, " style=") {
			t.Errorf("%s: more than words and links", name)
		}
		if en := words(get(page(t, c.s), "/?lang=en").Body.String()); strings.ContainsFunc(strings.NewReplacer("株式会社佐藤製作所", "", "日本語", "").Replace(en), func(r rune) bool { return r >= 'ぁ' && r <= '龥' }) {
			t.Errorf("%s: Japanese in the English page: %s", name, en)
		}
	}
}

func TestAnswersItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	p := page(t, fresh())
	for host, want := range map[string]int{"192.168.1.2": 200, "192.168.1.2:8080": 200, "otasuke.local": 200, "OTASUKE.local.:80": 200, "[fe80::1]": 200, "attacker.example": 421, "192.168.1.2.attacker.example": 421, "otasuke.local.attacker.example": 421, "": 421} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != want || want != 200 && strings.Contains(w.Body.String(), "3KKZ") {
			t.Errorf("%q: %d", host, w.Code)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Frame-Options", "Cache-Control"} {
			if w.Header().Get(h) == "" {
				t.Errorf("%q: no %s", host, h)
			}
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(method, "http://192.168.1.2/", strings.NewReader("x")))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := get(p, "/somewhere"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Errorf("another path: %d", w.Code)
	}
	if w := get(p, "/page.css"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", w.Code)
	}
}

// The page reads itself anew until somebody stops that.
func TestRefresh(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"/": "3", "/?lang=en&still=1": ""} {
		if got := get(page(t, fresh()), target).Header().Get("Refresh"); got != want {
			t.Errorf("%s: %q", target, got)
		}
	}
	if got := get(page(t, well()), "/").Header().Get("Refresh"); got != "20" {
		t.Errorf("%q", got)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"": "ja", "en-US,en;q=0.9,ja;q=0.8": "en", "fr,ja;q=0.5,en;q=0.1": "ja", "zh": "ja"} {
		if body := get(page(t, well()), "/", "Accept-Language", header).Body.String(); !strings.Contains(body, `<html lang="`+want+`"`) {
			t.Errorf("%q is not %s", header, want)
		}
	}
	if body := get(page(t, well()), "/?lang=ja&still=1", "Accept-Language", "en").Body.String(); !strings.Contains(body, `<html lang="ja"`) || !strings.Contains(body, `href="/?lang=en&amp;still=1"`) {
		t.Error("the switch is not kept")
	}
}

// A browser that asks for the test's site ends at what looks like a blocked one, and the page
// knows of it.
func TestTried(t *testing.T) {
	t.Parallel()
	p := page(t, well())
	if body := get(p, "http://192.168.1.2:8080/?lang=en").Body.String(); !strings.Contains(body, `href="http://test.otasuke.example:8080/?lang=en"`) {
		t.Error("the link leads elsewhere")
	}
	w := get(p, "http://test.otasuke.example:8080/favicon.ico")
	if at, _ := p.Tried(); !at.IsZero() {
		t.Error("what a browser asks for by itself counts as a test")
	}
	w = get(p, "http://test.otasuke.example:8080/?lang=ja")
	if got := words(w.Body.String()); w.Code != http.StatusForbidden || !strings.Contains(got, "このページは開けませんでした") || !strings.Contains(got, "テスト成功です") {
		t.Errorf("%d %s", w.Code, got)
	}
	if got := words(get(p, "/").Body.String()); !strings.Contains(got, "11月21日(土) 14:30 に 192.168.1.23") {
		t.Error(got)
	}
}

// Links of a centre that is not what it seems do no harm.
func TestSite(t *testing.T) {
	t.Parallel()
	for site, want := range map[string]string{"https://portal.example/connect": "https://portal.example/connect?code=BCDF-3KKZ", "javascript:alert(1)": "", "data:text/html,x": "", "": "", "//evil": "", "https://": ""} {
		s := fresh()
		s.Site = site
		v := page(t, s).view(httptest.NewRequest(http.MethodGet, "http://192.168.1.2/", nil), &s)
		if v.SiteURL != want {
			t.Errorf("%q: %q", site, v.SiteURL)
		}
	}
}

// Who is not of the office hears nothing.
func TestDoor(t *testing.T) {
	t.Parallel()
	d := &door{home: func(a netip.Addr) bool {
		return a == netip.MustParseAddr("192.168.1.23") || a == netip.MustParseAddr("2001:db8::1")
	}}
	for addr, want := range map[string]bool{"192.168.1.23": true, "::ffff:192.168.1.23": true, "2001:db8::1": true, "127.0.0.1": true, "203.0.113.5": false, "192.168.9.9": false, "2001:db8::2": false} {
		if got := d.allows(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 5))); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	for addr, want := range map[string]bool{"192.168.1.2": true, "fe80::1": true, "fd00::1": true, "203.0.113.5": false, "2001:db8::1": false} {
		if inside(netip.MustParseAddr(addr)) != want {
			t.Errorf("listens at %s: %v", addr, !want)
		}
	}
	if d.allows(&net.UnixAddr{Name: "x"}) {
		t.Error("an end of no address")
	}
}

// The server comes up, and goes when it is told to; a port that is taken does no harm.
func TestRun(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := page(t, well())
	p.cfg.Listen = taken.Addr().String()
	if _, err := p.listen(t.Context()); err == nil {
		t.Error("two programs have one port")
	}
	_ = taken.Close()
	l, err := p.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(l, p) }()
	defer l.Close()
	resp, err := http.Get("http://" + l.Addr().String() + "/")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
}

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"page.html": view{}, "tried.html": triedView{}} {
		if err := templatecheck.CheckHTML(pages.Lookup(name), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	literal := regexp.MustCompile(`"(front\.[a-z0-9_]+)"`)
	for _, pattern := range []string{"*.html", "*.go"} {
		names, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			used = append(used, text.Used(string(b))...)
			for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
				used = append(used, m[1])
			}
		}
	}
	for _, key := range used {
		if !c.In("ja").Has(key) {
			t.Errorf("%q is used, and nobody wrote it", key)
		}
	}
	for _, key := range c.Keys() {
		if strings.HasPrefix(key, "front.") && !slices.Contains(used, key) {
			t.Errorf("%q is written, and nobody uses it", key)
		}
	}
}

// Whatever a browser sends gets an answer of ours, and none of a name that is not the box's.
func FuzzRequest(f *testing.F) {
	f.Add("192.168.1.2", "/?lang=en", "ja,en;q=0.5")
	f.Add("[::1%25eth0]:80", "/%zz?lang=<b>", ",;,;;")
	f.Add("test.otasuke.example:99999", "/../../page.html", "")
	p := page(f, fresh())
	f.Fuzz(func(t *testing.T, host, path, lang string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host, r.URL.Path, r.URL.RawQuery = host, path, path
		r.Header["Accept-Language"] = []string{lang}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code >= 500 || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%q %q: %d", host, path, w.Code)
		}
		if _, ok := p.called(r); !ok && w.Code != http.StatusMisdirectedRequest {
			t.Errorf("%q: %d", host, w.Code)
		}
	})
}

func tried(s State) func(testing.TB) *Page {
	return func(t testing.TB) *Page {
		p := page(t, s)
		get(p, "http://"+testName+"/")
		return p
	}
}

func as(host string, p http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r = r.Clone(r.Context()); host != "" {
			r.Host = host
		}
		p.ServeHTTP(w, r)
	})
}

// states are those that people look at.
func states(t testing.TB) map[string]http.Handler {
	return map[string]http.Handler{
		"box-waiting": as("", page(t, fresh())), "box-well": as("", tried(well())(t)), "box-wrong": as("", page(t, broken())), "box-off": as("", page(t, off())), "box-tried": as(testName, page(t, well())),
	}
}

// heights are those of the pages at [uitest.Widths].
var heights = map[string][2]int{"box-waiting": {1620, 2400}, "box-well": {1180, 1680}, "box-wrong": {1580, 2400}, "box-off": {1340, 1900}, "box-tried": {560, 640}}

// TestScreenshots draws the page in its states, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	for name, h := range states(t) {
		for _, lang := range []string{"ja", "en"} {
			for i, width := range uitest.Widths {
				uitest.Picture(t, h, "/?still=1&lang="+lang, "", width, heights[name][i], filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, lang)))
			}
		}
	}
}

func TestEverybodyCanUseThePage(t *testing.T) {
	for _, h := range states(t) {
		for _, lang := range []string{"ja", "en"} {
			uitest.Axe(t, h, "/?lang="+lang, "")
		}
	}
}

// A box that is new has nothing yet by which viruses are known: it says what to wait for, and
// does not call that a scanner that has stopped.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	s := fresh()
	for lang, want := range map[string]string{"ja": "ウイルスの見本帳を待っています", "en": "Leave it connected for half an hour"} {
		body := get(page(t, s), "/?lang="+lang).Body.String()
		if !strings.Contains(body, want) || strings.Contains(body, "検査が止まっています") || strings.Contains(body, "has stopped") {
			t.Errorf("%s:\n%s", lang, body)
		}
	}
}
