package browser

import (
	"context"
	"encoding/base32"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"otasuke/centre"
	"otasuke/content/cover"
	"otasuke/internal/ja"
	"otasuke/internal/totp"
)

// People of the second world besides the owners, who are owner1@sample.example and so on.
const (
	secondStaff   = "noda@mihon-cci.example"
	codedStaff    = "mori@mihon-cci.example" // has a second factor
	secondInsurer = "ogawa@mihon-sonpo.example"
	secondVendor  = "tanimoto@mihon-net.example"
	firstOwner    = "owner1@sample.example"
	secondOwner   = "owner2@sample.example"
	codedOwner    = "owner3@sample.example" // has a second factor
	englishOwner  = "ann@hill-and-sons.example"
)

// second is a centre with made-up companies and some months behind it, and the addresses of what mails and people left there.
type second struct {
	*world
	once, fixed                                        sync.Once
	at                                                 atomic.Pointer[[]string] // its sites
	join, staffJoin, recover, stop, letIn              string                   // pages behind links, with their site
	staffRecover, staffStop, seat, place, leave, draft string
	news, discovery, proposed                          string
	codeSecret, staffSecret, correction                string
}

var sampled second

// sites are those of the second world, once it is there.
func (s *second) sites() []string {
	if at := s.at.Load(); at != nil {
		return *at
	}
	return nil
}

// sample brings the second world up, once.
func (s *second) up(t *testing.T) *second {
	t.Helper()
	s.once.Do(func() {
		s.world = &world{}
		var err error
		if s.dir, err = os.MkdirTemp("", "otasuke-second-"); err != nil {
			t.Fatal(err)
		}
		here.undo = append(here.undo, func() { s.close(); _ = os.RemoveAll(s.dir) })
		lists := s.file("lists")
		if err := os.MkdirAll(lists, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"bad.txt": "bad.example\nworse.example\n", "lists.toml": "[[list]]\nname='bad'\ncategory='malware'\nfile='bad.txt'\n"} {
			if err := os.WriteFile(filepath.Join(lists, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := cover.Begin(s.file("covers"), "みほん損害保険"); err != nil {
			t.Fatal(err)
		}
		s.change = func(c *centre.Config) {
			c.Service = centre.ServiceConfig{Covers: s.file("covers"), InvoiceNumber: "T7000012050002", Address: "大阪府大阪市中央区本町橋2-8", BankAccount: "みほん銀行 本店 普通 1234567", PrivateHooks: true,
				Transfer: centre.TransferConfig{Consignor: "1234567890", Name: "ミホンショウコウカイギショ", Bank: "0001", Branch: "001", Number: "1234567"}}
		}
		s.fill = func(ctx context.Context, c *centre.Centre) error {
			if _, err := c.Sample(ctx, centre.SampleSize{Lively: 4, Others: 12, Months: 2, Password: password}); err != nil {
				return err
			}
			_, err := c.AddCompany(ctx, centre.NewCompany{Name: "Hill & Sons", Kana: "ヒルアンドサンズ", Industry: "wholesale", Size: 7, Lang: "en", Passphrase: "red lantern", OwnerName: "Ann Hill", OwnerEmail: englishOwner, Password: password})
			if err == nil {
				_, err = c.AddOperator(ctx, "相談窓口 野田", secondStaff, password)
			}
			if err == nil {
				_, err = c.AddOperator(ctx, "運用 森", codedStaff, password)
			}
			for _, b := range []struct {
				verb  string
				flags centre.BundleFlags
			}{{"init", centre.BundleFlags{Keys: s.file("keys"), Of: 3, Need: 2}}, {"add", centre.BundleFlags{Kind: "lists", From: lists}}} {
				if err == nil {
					_, err = c.Bundle(ctx, b.verb, b.flags)
				}
			}
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*startTimeout)
		defer cancel()
		if s.boxes, err = s.start(ctx); err != nil {
			t.Fatal(err)
		}
		s.at.Store(&[]string{s.portal + "/", s.console + "/"})
		s.happens(t)
	})
	if s.leave == "" {
		t.Fatal("the second world did not come up")
	}
	return s
}

// behind is the link of a mail.
func (s *second) behind(t *testing.T, site, to, subject, path string) string {
	t.Helper()
	m := s.mailTo(t, to, subject)
	found := regexp.MustCompile(regexp.QuoteMeta(site) + path + `[^\s/]+(/stop)?`).FindString(m.Text)
	if found == "" {
		t.Fatalf("the mail %q has no link to %s: %s", m.Subject, path, m.Text)
	}
	return found[len(site):]
}

// happens has people do what leaves pages that need it.
func (s *second) happens(t *testing.T) {
	t.Helper()
	desk := newTab(t, 1280, 900)
	desk.language(s.console, "ja")
	desk.login(s.console, secondStaff)
	s.staff(t, desk)
	s.money(desk)
	s.customers(t)
	s.forgotten(t, desk)
	s.found(desk)
	s.seminar(t, desk)
}

// invite invites somebody and gives the page of the invitation.
func (s *second) invite(t *testing.T, b *tab, site, name, email, role string) string {
	t.Helper()
	b.open(site + "/people")
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=name]"), name), chromedp.SendKeys(chromedp.CSS("input[name=email]"), email), chromedp.Click(chromedp.CSS("input[name=role][value="+role+"]")))
	b.click(`form[action$="/people"] .button-key`)
	return s.behind(t, site, email, invited(email), "/join/")
}

// invited is a word of the subject of an invitation.
func invited(email string) string {
	if strings.HasSuffix(email, englishOwner[strings.Index(englishOwner, "@"):]) {
		return "Invitation"
	}
	return "招待"
}

// staff lets an insurer's and a vendor's people in, and somebody who lost the password.
func (s *second) staff(t *testing.T, desk *tab) {
	t.Helper()
	b := newTab(t, 360, 740)
	b.language(s.console, "ja")
	for _, p := range [][3]string{{"小川 査定", secondInsurer, "insurer"}, {"谷本 業者", secondVendor, "vendor"}} {
		b.open(s.console + s.invite(t, desk, s.console, p[0], p[1], p[2]))
		b.do(chromedp.SendKeys(chromedp.CSS("#password"), password))
		b.click(`main .button-key`)
	}
	s.staffJoin = s.invite(t, desk, s.console, "新任 真奈", "mana@mihon-cci.example", "desk")
	s.staffSecret = s.coded(b, s.console, codedStaff)
	desk.open(s.console + "/people")
	eval[string](desk, `[...document.querySelectorAll("tr")].find((r) => r.innerText.includes("`+codedStaff+`")).querySelector("a.button").id = "pick"`)
	desk.click("#pick")
	desk.do(chromedp.SendKeys(chromedp.CSS("#why"), "電話で名前と部署を確かめた"))
	desk.click(`form[action$="/recover"] .button`)
	s.staffRecover, s.staffStop = s.recovery(t, s.console, codedStaff)
	link, err := s.centre.LetIn(t.Context(), codedStaff, "認証サービスの障害")
	if err != nil {
		t.Fatal(err)
	}
	s.letIn = link.Link[len(s.console):]
	s.company(desk, "見本あじさい")
	desk.click(`form[action$="/care"] .button`)
}

// recovery gives the page of a recovery, and that on which it is stopped.
func (s *second) recovery(t *testing.T, site, email string) (at, stop string) {
	t.Helper()
	m := s.mailTo(t, email, "手続きが始まりました")
	for _, link := range regexp.MustCompile(regexp.QuoteMeta(site)+`/recover/\S+`).FindAllString(m.Text, -1) {
		if strings.HasSuffix(link, "/stop") {
			stop = link[len(site):]
		} else {
			at = link[len(site):]
		}
	}
	if at == "" || stop == "" {
		t.Fatalf("the mail %q leads to %q and %q: %s", m.Subject, at, stop, m.Text)
	}
	return at, stop
}

// coded sets a second factor up for somebody, and gives its secret.
func (s *second) coded(b *tab, site, email string) string {
	b.t.Helper()
	b.login(site, email)
	b.open(site + "/account/factor")
	for _, f := range []string{"input[type=password]"} {
		if eval[bool](b, `document.querySelector("`+f+`") !== null`) {
			b.do(chromedp.SendKeys(chromedp.CSS(f), password))
		}
	}
	b.click(`form[action$="/account/factor/begin"] .button-key`)
	secret := strings.Join(strings.Fields(eval[string](b, `document.querySelector(".secret").textContent`)), "")
	b.do(chromedp.SendKeys(chromedp.CSS("#code"), code(b.t, secret)))
	b.click(`form[action$="/account/factor"] .button-key`)
	b.click(".linkish")
	return secret
}

// code is what an authenticator shows now.
func code(t *testing.T, secret string) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return totp.Code(raw, totp.Step(time.Now()))
}

// money has a bank account of a customer, and a day on which the bank collects.
func (s *second) money(desk *tab) {
	desk.open(s.console + "/transfers?name=" + url.QueryEscape("見本"))
	desk.click(`main a[href^="/debit/"]`)
	desk.do(chromedp.SendKeys(chromedp.CSS("#bank"), "0005"), chromedp.SendKeys(chromedp.CSS("#branch"), "001"), chromedp.SendKeys(chromedp.CSS("#number"), "1234567"), chromedp.SendKeys(chromedp.CSS("#holder"), "ミホン アジサイ"))
	desk.click(`main form .button-key`)
	for day := time.Now().In(ja.Zone).AddDate(0, 0, 14); ; day = day.AddDate(0, 0, 1) {
		desk.open(s.console + "/transfers")
		desk.do(chromedp.SetValue(chromedp.CSS("#day"), day.Format(time.DateOnly)))
		if desk.click(`form[action$="/transfers"] .button-key`) == http.StatusOK {
			return
		}
		desk.says("銀行")
	}
}

// customers has owners do what leaves something: an invitation, a second factor, a channel, a file of everything, a form that was
// not sent, a questionnaire, and a login that nobody has any more.
func (s *second) customers(t *testing.T) {
	t.Helper()
	b := newTab(t, 1280, 900)
	b.language(s.portal, "ja")
	b.login(s.portal, firstOwner)
	s.join = s.invite(t, b, s.portal, "見本 次郎", "jiro@sample.example", "member")
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.undo = append(s.undo, hook.Close)
	b.open(s.portal + "/channels")
	b.do(chromedp.SendKeys(chromedp.CSS("#name"), "社内チャット"), chromedp.SendKeys(chromedp.CSS("#url"), hook.URL+"/alerts"))
	b.click(`form[action$="/channels"] .button-key`)
	b.click(`form[action$="/channels/try"] button`)
	b.open(s.portal + "/export")
	b.click(`form[action$="/export"] button`)
	b.click(".linkish")
	s.codeSecret = s.coded(b, s.portal, codedOwner)
	b.language(s.portal, "en")
	b.login(s.portal, englishOwner)
	s.invite(t, b, s.portal, "Bob Hill", "bob"+englishOwner[strings.Index(englishOwner, "@"):], "member")
	b.open(s.portal + "/export")
	b.click(`form[action$="/export"] button`)
	b.click(".linkish")
	b.language(s.portal, "ja")
	draft, err := s.applied(t.Context(), url.Values{"company": {"株式会社田中工務店"}, "kana": {"たなかこうむてん"}, "contact": {"田中 実"}, "contact_kana": {"たなか みのる"}, "email": {"minoru@tanaka-koumuten.example"}, "passphrase": {"うぐいす橋"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.draft = draft
}

// company opens one by a part of its name.
func (s *second) company(desk *tab, name string) {
	desk.open(s.console + "/companies")
	eval[string](desk, `[...document.querySelectorAll("main a[href^='/companies/']")].find((a) => a.textContent.includes("`+name+`")).id = "pick"`)
	desk.click("#pick")
	within()(desk)
}

// forgotten has the desk let an owner in again who lost the password.
func (s *second) forgotten(t *testing.T, desk *tab) {
	t.Helper()
	for _, name := range []string{"Hill & Sons", "見本いちょう"} {
		s.company(desk, name)
		desk.do(chromedp.SendKeys(chromedp.CSS("#reason"), "電話で合言葉を確かめた"))
		desk.click(`form[action$="/recover"] .button`)
	}
	s.recover, s.stop = s.recovery(t, s.portal, secondOwner)
}

// found has something stopped for all that was found at one company, and something else proposed.
func (s *second) found(desk *tab) {
	for _, page := range []string{"http://kowareta-shop.example/wp-content/invoice.php", "http://nise-ginko.example/login"} {
		desk.open(s.console + "/")
		desk.click(`main a[data-row]`)
		desk.click(`a[href$="/discovery"]`)
		desk.do(chromedp.Click(chromedp.CSS(`input[value="other"]`)), chromedp.SetValue(chromedp.CSS("#kind"), "page"), chromedp.SendKeys(chromedp.CSS("#value"), page), chromedp.SendKeys(chromedp.CSS("#why"), "2社の画面の写真と、JPCERT/CC の情報で確かめた"))
		desk.click(`form[action$="/discovery"] .button-key`)
		if s.discovery == "" {
			s.discovery = desk.path()
			if eval[bool](desk, `document.querySelector("button[value=confirm]") !== null`) {
				desk.do(chromedp.SendKeys(chromedp.CSS("#why"), "店に電話で確かめた"))
				desk.click(`button[value=confirm]`)
			}
		}
	}
	s.proposed = desk.path()
}

// seminar invites to one; somebody has a seat.
func (s *second) seminar(t *testing.T, desk *tab) {
	t.Helper()
	desk.open(s.console + "/news/new")
	day := time.Now().In(ja.Zone).AddDate(0, 0, 9).Format(time.DateOnly)
	for field, value := range map[string]string{"kind": "seminar", "title_ja": "ルーターの更新を、いっしょに", "title_en": "Updating your router together", "body_ja": "ご自分のルーターを見ながら更新します。\n\n- 型番の見かた\n- 更新のしかた", "body_en": "Bring a photo of your router.\n\n- Which model it is\n- How it is updated", "starts": day + "T14:00", "ends": day + "T15:00", "place": "本町橋会館", "seats": "8"} {
		desk.do(chromedp.SetValue(chromedp.CSS("#"+field), value))
	}
	desk.click(`.news-form .button-key`)
	s.news = desk.path()
	desk.click(`form[action$="/send"] button`)
	s.seat = s.behind(t, s.portal, firstOwner, "ルーターの更新を", "/n/seat/")
	s.leave = s.behind(t, s.portal, firstOwner, "ルーターの更新を", "/n/leave/")
	b := newTab(t, 360, 740)
	b.language(s.portal, "ja")
	b.open(s.portal + s.seat)
	b.do(chromedp.SendKeys(chromedp.CSS("#name"), "見本 次郎"), chromedp.SendKeys(chromedp.CSS("#email"), "jiro@sample.example"))
	b.click(`main .button-key`)
	s.place = s.behind(t, s.portal, "jiro@sample.example", "お席", "/n/place/")
}

// with puts a number to a field of a login.
func coding(site, email string) func(b *tab) {
	return func(b *tab) {
		b.do(chromedp.SendKeys(chromedp.CSS("#email"), email), chromedp.SendKeys(chromedp.CSS("#password"), password))
		b.click(".login .button")
		if b.path() != "/login/code" {
			b.t.Errorf("%s is at %s, want the second step", email, b.path())
		}
	}
}

// through follows links, one page after another.
func through(selectors ...string) func(b *tab) {
	return func(b *tab) {
		for _, s := range selectors {
			if status := b.click(s); status != http.StatusOK {
				b.t.Errorf("%s leads to %d", s, status)
			}
		}
	}
}

// within follows links, and types a reason wherever a page asks for one before it opens.
func within(selectors ...string) func(b *tab) {
	return func(b *tab) {
		for i := 0; ; i++ {
			if eval[bool](b, `document.querySelector("form[method=get] #why") !== null`) {
				b.do(chromedp.SendKeys(chromedp.CSS("#why"), "電話での相談"))
				b.click(`main form .button`)
			}
			if i == len(selectors) {
				return
			}
			through(selectors[i])(b)
		}
	}
}

// samplePages are the pages of the second world, where there are companies with a past.
func samplePages(t *testing.T) []group {
	t.Helper()
	s := sampled.up(t)
	month := time.Now().In(ja.Zone).AddDate(0, 0, -time.Now().In(ja.Zone).Day()).Format("2006-01")
	return []group{
		{s.portal, "", []page{
			{"join", s.join, nil}, {"recover", s.recover, nil}, {"recover-stop", s.stop, nil},
			{"seat", s.seat, nil}, {"seat-taken", s.place, nil}, {"unsubscribe", s.leave, nil},
			{"apply-draft", s.draft, nil}, {"apply-change", s.draft + "/form", nil},
			{"statistics-year", "/statistics", nil}, {"statistics-embed", "/statistics/embed", nil},
			{"login-code", "/login", coding(s.portal, codedOwner)},
		}},
		{s.portal, firstOwner, []page{
			{"home-year", "/", nil}, {"alerts-year", "/alerts", nil}, {"devices-year", "/devices", nil}, {"used-device", "/used", through(`main a[href^="/used/"]`)},
			{"figures-year", "/figures?days=365", nil}, {"reports", "/reports", nil}, {"report", "/reports/" + month, nil},
			{"group-companies", "/group", nil}, {"group-company", "/group", through(`main table a`)},
			{"surveys-sent", "/surveys", nil}, {"survey-sent", "/surveys", through(`main a[href^="/surveys/sent/"]`)}, {"survey-branch", "/surveys", through(`main a[href^="/surveys/sent/"]`, `main table a`)},
			{"invoices-year", "/invoices", nil}, {"invoice", "/invoices", through(`main a[href^="/invoices/"]:not([href$=csv])`)}, {"contract-year", "/contract", nil},
			{"news-year", "/news", nil}, {"news-one", "/news", through(`.news-list a`)}, {"export", "/export", nil}, {"channels", "/channels", nil},
			{"ask-year", "/desk", nil}, {"ask-new", "/desk/new", nil}, {"ask-one", "/desk", through(`main ul.rows a[href^="/desk/"]`)},
			{"people-invited", "/people", nil}, {"person", "/people", through(`main table a.button`)},
			{"visits-year", "/visits", nil}, {"cover-year", "/cover", nil}, {"updates-year", "/advisories", nil}, {"update-year", "/advisories", through(`main a[href^="/advisories/"]`)},
			{"policy-year", "/policy", nil}, {"traffic-offline", "/traffic", through(`.flows-form button`)}, {"looks-year", "/looks", nil},
		}},
		{s.portal, secondOwner, []page{
			{"shares-given", "/shares", nil}, {"share", "/shares", through(`main a[href^="/shares/"]`)},
			{"survey-answer", "/surveys", through(`main a[href^="/surveys/"]:not([href*="/sent/"]):not([href$=new])`)}, {"visit-travelling", "/visits", through(`main a[href^="/visits/"]`)},
		}},
		{s.console, "", []page{
			{"desk-join", s.staffJoin, nil}, {"desk-recover", s.staffRecover, nil}, {"desk-recover-stop", s.staffStop, nil}, {"desk-let-in", s.letIn, nil},
			{"desk-login-code", "/login", coding(s.console, codedStaff)},
		}},
		{s.console, secondInsurer, []page{{"claims-insurer", "/claims", nil}, {"claim-insurer", "/claims", through(`main a[href^="/claims/"]`)}}},
		{s.console, secondVendor, []page{{"fleet-vendor", "/fleet", nil}}},
		{s.console, secondStaff, []page{
			{"queue-year", "/", nil}, {"companies-year", "/companies", nil}, {"company-care", "/companies", func(b *tab) { s.company(b, "見本あじさい") }},
			{"shift-year", "/shift", nil}, {"rota-year", "/rota?span=month", nil}, {"work-year", "/work", nil}, {"fleet-map-year", "/fleet/map", nil}, {"fleet-year", "/fleet", nil},
			{"billing-year", "/billing", nil}, {"billing-invoice", "/billing", through(`main table a`)},
			{"transfers-days", "/transfers", nil}, {"transfer", "/transfers", through(`main .rows a[href^="/transfers/"]`)}, {"debit", "/transfers?name=%E8%A6%8B%E6%9C%AC", through(`main a[href^="/debit/"]`)},
			{"desk-news-year", "/news", nil}, {"desk-news-one", s.news, nil}, {"desk-news-seats", s.news + "/seats", nil}, {"news-addresses", "/news/addresses", nil},
			{"parcel", "/parcels", through(`main a[href^="/parcels/"]:not([href$=csv])`)}, {"parcels-year", "/parcels", nil}, {"applications-year", "/applications", nil},
			{"desk-people", "/people", nil}, {"desk-person", "/people", through(`main table a.button`)}, {"desk-account", "/account", nil}, {"desk-factor", "/account/factor", nil},
			{"policy-new", "/policies/new", nil}, {"bundles", "/updates", nil}, {"held", "/held", nil}, {"desk-accessibility", "/accessibility", nil},
			{"desk-year", "/desk", nil},

			{"desk-claims-year", "/cover", nil}, {"desk-visits-year", "/visits", nil}, {"discoveries-year", "/discoveries", nil},
		}},
		{s.console, secondStaff, []page{
			{"desk-news-edit", "/news", through(`#heard ~ ul a`, `a[href$="/edit"]`)},
			{"desk-ticket-year", "/desk", through(`main a[href^="/desk/ticket/"]`)},
			{"desk-public", "/desk", through(`main a[href^="/desk/ticket/"]`, `a[href$="/to/ipa"]`)},
			{"desk-public-police", "/desk", through(`main a[href^="/desk/ticket/"]`, `a[href$="/to/police"]`)},
			{"desk-public-jpcert", "/desk", through(`main a[href^="/desk/ticket/"]`, `a[href$="/to/jpcert"]`)},
			{"desk-traffic", "/companies", func(b *tab) { s.company(b, "見本あじさい"); within(`main a[href*="/traffic"]`)(b) }},
			{"desk-traffic-offline", "/companies", func(b *tab) {
				s.company(b, "見本あじさい")
				within(`main a[href*="/traffic"]`, `.flows-form button`)(b)
			}},
			{"discovery", s.discovery, nil},
			{"discovery-proposed", s.proposed, nil},
		}},
	}
}
