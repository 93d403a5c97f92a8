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
	"otasuke/centre/internal/store"
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
	c := testCentre(t, storetest.SQLiteURL(t, schemas()...))
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
		{"seat", portal, "", seat, "参加する方のお名前", "Name of the person who comes"},
		{"place", portal, "", place, "カレンダーに入れる", "Add it to your calendar"},
		{"desk", console, noda, "/news", "情報源からの下書き", "Drafts from sources"},
		{"desk-draft", console, noda, "/news/one/" + drafts[0].ID, "書き直す", "Edit"},
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

// A mail that a server sends back to the desk's mailbox marks the address and becomes no ticket; scanners that open the link in a mail end
// nothing, and a mail program's one click does (RFC 8058), without cookies and without being sent elsewhere.
func TestNewsComesBackAndIsEnded(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	c, ctx := e.c, t.Context()
	kept := keeper{}
	c.news.Sender = kept
	raw := `{"news":"` + e.news + `","what":"news","to":"` + e.canary.OwnerID + `"}`
	ok(t, c.news.HandleMail(ctx, e.canary.CompanyID, []byte(raw)))
	m := kept["owner@kanaria.example"]
	report := strings.ReplaceAll("From: MAILER-DAEMON@mx.example\nTo: news@centre.example\nSubject: Undelivered\nMessage-ID: <1@mx.example>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nno\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; owner@kanaria.example\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <"+m.ID+">\n\n--b--\n", "\n", "\r\n")
	tickets := func() (n int) {
		for _, id := range []string{tenant.House, e.canary.CompanyID} {
			ok(t, c.store.Read(ctx, id, func(tx *store.Tx) error {
				var some int
				err := tx.QueryRow(`SELECT count(*) FROM desk_ticket WHERE tenant_id = $1`).Scan(&some)
				n += some
				return err
			}))
		}
		return n
	}
	before := tickets()
	ok(t, c.DeskMail(ctx, strings.NewReader(report)))
	var args string
	ok(t, c.store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT args FROM job WHERE owner = $1 AND kind = 'desk.read'`).Scan(&args)
	}))
	ok(t, c.desk.HandleRead(ctx, tenant.House, []byte(args)))
	broken, err := c.news.Broken(ctx, "test")
	ok(t, err)
	if len(broken) != 1 || broken[0].Email != "owner@kanaria.example" || tickets() != before {
		t.Errorf("%+v, %d tickets more", broken, tickets()-before)
	}
	_, leave, _ := strings.Cut(m.Unsubscribe, c.news.Portal)
	ask := func(method, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(ctx, method, c.cfg.Portal.URL+leave, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		e.portal.ServeHTTP(w, r)
		return w
	}
	off := func() bool {
		l, err := c.news.Leaver(ctx, leave[strings.LastIndexByte(leave, '/')+1:])
		ok(t, err)
		return l.Off
	}
	for range 3 {
		if w := ask(http.MethodGet, ""); w.Code != http.StatusOK || off() {
			t.Fatalf("opened: %d, ended %v", w.Code, off())
		}
	}
	if w := ask(http.MethodPost, "List-Unsubscribe=One-Click"); w.Code != http.StatusOK || w.Body.Len() != 0 || !off() {
		t.Errorf("one click: %d, ended %v", w.Code, off())
	}
}
