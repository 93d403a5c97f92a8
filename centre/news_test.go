package centre

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/uitest"
)

// keeper keeps the last mail to an address.
type keeper map[string]mail.Message

func (k keeper) Send(_ context.Context, m mail.Message) error {
	k[m.To.Email] = m
	return nil
}

// The pages about news in a centre with a year behind it, as its people see them; with pictures and the check of accessibility where
// those are asked for.
func TestNewsPages(t *testing.T) {
	t.Parallel()
	c := testCentre(t, storetest.SQLiteURL(t))
	made, err := c.Sample(t.Context(), SampleSize{Lively: 3, Others: 3, Months: 1, Password: word})
	ok(t, err)
	_, err = c.AddOperator(t.Context(), "野田", "noda@centre.example", word)
	ok(t, err)
	portal, err := c.portal()
	ok(t, err)
	n, err := c.notifier()
	ok(t, err)
	console, err := c.console(n)
	ok(t, err)
	cookie := func(name, email string) string {
		_, token, err := c.tenants.Login(t.Context(), email, word, tenant.From{Addr: "192.0.2.1:1"})
		ok(t, err)
		return name + "=" + token
	}
	owner, noda := cookie("portal", made.Owner), cookie("console", "noda@centre.example")
	sent, err := c.news.Pieces(t.Context(), news.Sent)
	ok(t, err)
	drafts, err := c.news.Pieces(t.Context(), news.Draft)
	ok(t, err)
	var seminar, warning string
	for i := range sent {
		switch sent[i].Kind {
		case news.Seminar:
			seminar = sent[i].ID
		case news.Warning:
			warning = sent[i].ID
		}
	}
	if len(sent) != 3 || len(drafts) != 2 || seminar == "" {
		t.Fatalf("%d sent, %d drafts", len(sent), len(drafts))
	}
	seats, err := c.news.Seats(t.Context(), "test", seminar)
	ok(t, err)
	leave, seat, place := c.newsLinks(t, seats[0].TenantID, seminar, seats[0].Email)
	for _, p := range []struct {
		name         string
		face         *ui.Face
		cookie, path string
		ja, en       string
	}{
		{"home", portal, owner, "/", "センターからのお知らせ", "News from the centre"},
		{"archive", portal, owner, "/news", "年末年始の相談窓口について", "The desk at the turn of the year"},
		{"warning", portal, owner, "/news/" + warning, "表示された番号に電話をかけない", "Do not ring the number"},
		{"seminar", portal, owner, "/news/" + seminar, "みほん会館", "Who signed up"},
		{"choice", portal, owner, "/news/choice", "注意喚起とお知らせ", "Warnings and announcements"},
		{"leave", portal, "", leave, "メールを止める", "Stop them"},
		{"seat", portal, "", seat, "参加する方のお名前", "Name of who comes"},
		{"place", portal, "", place, "カレンダーに入れる", "Add it to your calendar"},
		{"desk", console, noda, "/news", "情報源からの下書き", "Drafts from sources"},
		{"desk-draft", console, noda, "/news/one/" + drafts[0].ID, "書き直す", "Change"},
		{"desk-form", console, noda, "/news/one/" + drafts[0].ID + "/edit", "空行で段落", "An empty line ends a paragraph"},
		{"desk-sent", console, noda, "/news/one/" + warning, "送りました", "Sent"},
		{"desk-seats", console, noda, "/news/one/" + seminar + "/seats", "キャンセル待ち", "On the waiting list"},
		{"desk-addresses", console, noda, "/news/addresses", "届かないアドレスはありません", "All addresses work"},
		{"desk-mail", console, noda, "/news/one/" + seminar + "/mail?in=", "【セミナーのご案内】", "[Seminar]"},
	} {
		for lang, want := range map[string]string{"ja": p.ja, "en": p.en} {
			path := p.path
			if strings.HasSuffix(path, "?in=") {
				path += lang
			}
			cookies := p.cookie + "; lang=" + lang
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("Cookie", cookies)
			p.face.ServeHTTP(w, r)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s (%s): %d without %q", p.name, lang, w.Code, want)
				continue
			}
			if dir := os.Getenv(uitest.Variable); dir != "" {
				for _, width := range uitest.Widths {
					uitest.Picture(t, p.face, path, cookies, width, 1600, filepath.Join(dir, fmt.Sprintf("news-%s-%d-%s.png", p.name, width, lang)))
				}
			}
			if os.Getenv(uitest.AxeVariable) != "" && p.name != "desk-mail" {
				uitest.Axe(t, p.face, path, cookies)
			}
		}
	}
	// What is handed out.
	for path, want := range map[string]string{"/news/" + warning + "/pdf": "%PDF-", "/news/" + seminar + "/calendar.ics": "BEGIN:VCALENDAR", place + "/calendar.ics": "BEGIN:VCALENDAR"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Cookie", owner)
		portal.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%s: %d", path, w.Code)
		}
		if dir := os.Getenv(uitest.Variable); dir != "" && want == "%PDF-" {
			ok(t, os.WriteFile(filepath.Join(dir, "news-board.pdf"), w.Body.Bytes(), 0o600))
		}
	}
}

// newsLinks are the paths that stand in mails about a seminar like one that was sent.
func (c *Centre) newsLinks(t *testing.T, company, seminar, email string) (leave, seat, place string) {
	t.Helper()
	kept := keeper{}
	c.news.Sender = kept
	p, err := c.news.Piece(t.Context(), seminar)
	ok(t, err)
	again, err := c.news.Write(t.Context(), "test", news.Piece{Kind: news.Seminar, Title: p.Title, Body: p.Body, Meeting: p.Meeting})
	ok(t, err)
	ok(t, c.news.Send(t.Context(), "test", again.ID, again.Revision))
	ok(t, c.news.HandleSpread(t.Context(), tenant.House, []byte(`{"news":"`+again.ID+`"}`)))
	people, err := c.tenants.People(t.Context(), company)
	ok(t, err)
	ok(t, c.news.HandleMail(t.Context(), company, []byte(`{"news":"`+again.ID+`","what":"news","to":"`+people[0].ID+`"}`)))
	own, err := c.news.PlaceLink(t.Context(), company, seminar, email)
	ok(t, err)
	m := kept[people[0].Email]
	_, leave, _ = strings.Cut(m.Unsubscribe, c.news.Portal)
	return leave, strings.Fields(m.Text[strings.Index(m.Text, "/n/seat/"):])[0], "/n/place/" + own
}
