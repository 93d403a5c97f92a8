package policy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/apps"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// An owner makes a group of devices, sees before it is saved what changes, and takes it away again; nothing that was typed is
// lost on the way, and a group of another company does not exist.
func TestGroupPages(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		known, err := apps.Load()
		must(err)
		now := clock.NewFake(time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC))
		people := tenant.New(tenant.Config{Store: s, Clock: now, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
		must(people.EnsureHouse(t.Context(), "センター"))
		own, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所"})
		must(err)
		owner, err := people.AddPerson(t.Context(), "system", tenant.Person{TenantID: own, Email: "hanako@sato.example", Name: "花子", Role: tenant.RoleOwner})
		must(err)
		must(people.SetPassword(t.Context(), "system", own, owner, "mikan yama no word 7"))
		wishes := policy.New(policy.Config{Store: s, Known: known, Clock: now})
		printer := device.Known{Endpoint: device.Endpoint{MAC: "02:00:00:00:00:01", Addr: "192.168.1.20", Name: `<b>会議室の"画面"`}}
		face := stage.Face(t, stage.Config{Accounts: people, Clock: now, Site: "portal", Guest: Customers(Config{Service: wishes, Companies: people, Known: known, Clock: now,
			Boxes:   func(context.Context, string) ([]device.Box, error) { return nil, nil },
			Devices: func(context.Context, string) ([]device.Known, error) { return []device.Known{printer, printer}, nil }})})
		_, token, err := people.Login(t.Context(), "hanako@sato.example", "mikan yama no word 7", tenant.From{})
		must(err)
		csrf := ""
		do := func(method, path string, form url.Values) (int, string, string) {
			t.Helper()
			if form != nil {
				form.Set("csrf", csrf)
			}
			r := httptest.NewRequestWithContext(t.Context(), method, "http://portal.example.jp"+path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "s", Value: token})
			w := httptest.NewRecorder()
			face.ServeHTTP(w, r)
			if m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(w.Body.String()); m != nil {
				csrf = m[1]
			}
			return w.Code, w.Header().Get("Location"), w.Body.String()
		}
		has := func(body string, words ...string) {
			t.Helper()
			for _, w := range words {
				if !strings.Contains(body, w) {
					t.Errorf("%q is missing in %.3000s", w, body[strings.Index(body, "<main"):])
				}
			}
		}
		_, _, body := do(http.MethodGet, "/policy", nil)
		has(body, "機器のグループ", `href="/policy/group"`)
		_, _, body = do(http.MethodGet, "/policy/group", nil)
		has(body, "&lt;b&gt;会議室の", `value="02:00:00:00:00:01"`)
		if strings.Count(body, `value="02:00:00:00:00:01"`) != 1 {
			t.Error("a device is listed twice")
		}
		status, _, body := do(http.MethodPost, "/policy/group", url.Values{"seq": {"0"}, "name": {strings.Repeat("あ", 21)}, "member": {"printer"}, "apps": {"ＢＡＤ"}, "deny": {"co.jp"}, "allow": {"<script>"}, "why": {"x"}, "step": {"look"}})
		if status != http.StatusUnprocessableEntity {
			t.Errorf("%d", status)
		}
		has(body, "「printer」は、機器のアドレスとして読めません", "「ＢＡＤ」という名前の", "「co.jp」は", "&lt;script&gt;", `href="#member"`, `href="#deny"`, `href="#apps"`, `href="#allow"`)
		status, _, body = do(http.MethodPost, "/policy/group", url.Values{"seq": {"0"}, "name": {"会議室"}, "block": {"category:game"}, "why": {"来客が使うため"}, "step": {"look"}})
		if status != http.StatusUnprocessableEntity {
			t.Errorf("nobody in it: %d", status)
		}
		has(body, "機器を1つ以上選ぶか", `value="会議室"`, `value="category:game" checked`)
		form := func(step string) url.Values {
			return url.Values{"seq": {"0"}, "name": {"会議室"}, "device": {"02:00:00:00:00:01", "02:00:00:00:00:99"}, "member": {"192.168.2.7/24"}, "block": {"category:game"}, "apps": {"ChatGPT"}, "deny": {"https://Video.example/x"}, "why": {"来客が使うため"}, "step": {step}}
		}
		status, _, body = do(http.MethodPost, "/policy/group", form("look"))
		if status != http.StatusOK {
			t.Errorf("%d", status)
		}
		has(body, "この変更を保存しますか", "「会議室」の止めるサイト video.example", "「会議室」の機器 192.168.2.0/24", `name="device" value="02:00:00:00:00:01"`, `name="name" value="会議室"`)
		status, _, body = do(http.MethodPost, "/policy/group", form("change"))
		if has(body, `value="02:00:00:00:00:01" checked`, "https://Video.example/x"); status != http.StatusOK {
			t.Errorf("%d", status)
		}
		if status, to, _ := do(http.MethodPost, "/policy/group", form("save")); status != http.StatusSeeOther || to != "/policy?said=saved" {
			t.Errorf("%d %s", status, to)
		}
		p, err := wishes.Wanted(t.Context(), own)
		must(err)
		if got := p.Groups["会議室"]; len(got) != 2 || len(p.Names) != 1 || len(p.Blocks) != 1 || p.Check() != nil { // a device that is not theirs was not taken
			t.Errorf("%+v", p)
		}
		_, _, body = do(http.MethodGet, "/policy", nil)
		has(body, "2台の機器・範囲", "止めるサイト: video.example", "「会議室」の止めるアプリ・サービス ChatGPT")
		// The company's own form leaves groups as they are.
		do(http.MethodPost, "/policy", url.Values{"seq": {"1"}, "deny": {"game.example"}, "dns": {"template"}, "files": {wire.FilesStop}, "why": {"来客が使うため"}})
		again := form("save")
		again.Set("seq", "2")
		status, _, body = do(http.MethodPost, "/policy/group", again)
		if status != http.StatusUnprocessableEntity {
			t.Errorf("the same name: %d", status)
		}
		has(body, "その名前のグループは、もうあります")
		name := url.QueryEscape("会議室")
		_, _, body = do(http.MethodGet, "/policy/group?name="+name, nil)
		has(body, "192.168.2.0/24", "video.example", "ChatGPT", "グループをなくす")
		if status, _, _ := do(http.MethodGet, "/policy/group?name=x", nil); status != http.StatusNotFound {
			t.Errorf("a group that is not there: %d", status)
		}
		change := form("save")
		change.Set("old", "会議室")
		if status, _, body = do(http.MethodPost, "/policy/group", change); status != http.StatusConflict {
			t.Errorf("somebody else has changed it: %d", status)
		}
		has(body, "ほかの人が先に変えました", "https://Video.example/x")
		gone := url.Values{"seq": {"2"}, "old": {"会議室"}, "why": {"片付いたため"}, "step": {"remove"}}
		_, _, body = do(http.MethodPost, "/policy/group", gone)
		has(body, "から外した", `name="remove" value="1"`)
		gone.Set("remove", "1")
		gone.Set("step", "save")
		if status, to, _ := do(http.MethodPost, "/policy/group", gone); status != http.StatusSeeOther || to != "/policy?said=saved" {
			t.Errorf("%d %s", status, to)
		}
		if p, err = wishes.Wanted(t.Context(), own); err != nil || len(p.Groups) != 0 || len(p.Deny) != 1 {
			t.Errorf("%+v %v", p, err)
		}
	}, tenant.Schema(), job.Schema(), policy.Schema())
}
