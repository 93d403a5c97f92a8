package account_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/uitest"
)

// scene is one page to look at; a form is sent to it when there is one.
type scene struct {
	name, path, cookie string
	form               url.Values
	height             int
}

// scenes are all pages with something on them.
func scenes(t *testing.T) (map[string]*world, []scene) {
	t.Helper()
	db := func() *store.Store {
		s, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
		must(t, err)
		t.Cleanup(func() { _ = s.Close() })
		must(t, s.Migrate(t.Context(), schemas()...))
		return s
	}
	p, c := open(t, db(), false), open(t, db(), true)
	w := map[string]*world{"portal": p, "console": c}
	parent, err := p.svc.CreateCompany(t.Context(), "system", tenant.Company{Name: "佐藤ホールディングス"})
	must(t, err)
	_, err = p.svc.NewShare(t.Context(), p.owner, p.company, parent, []string{tenant.ShareFigures, tenant.ShareBoxes}, p.clock.Now().AddDate(0, 3, 0))
	must(t, err)
	id := p.person(tenant.Person{TenantID: p.company, Email: "jiro@sato.example", Name: "佐藤 次郎", Role: tenant.RoleMember})
	invite, err := p.svc.Invite(t.Context(), p.owner, tenant.Person{TenantID: p.company, Email: "saburo@sato.example", Name: "佐藤 三郎", Role: tenant.RoleReadonly})
	must(t, err)
	join, err := p.svc.NewLoginLink(t.Context(), p.company, tenant.TellInvite, invite, p.clock.Now().AddDate(0, 0, 7))
	must(t, err)
	op := p.person(tenant.Person{TenantID: tenant.House, Email: "op@centre.example", Name: "山田", Role: tenant.RoleOperator})
	r, err := p.svc.StartRecovery(t.Context(), tenant.Session{PersonID: op, TenantID: tenant.House, Role: tenant.RoleOperator, Staff: true}, p.company, id, true, "合言葉を確認")
	must(t, err)
	early, err := p.svc.NewLoginLink(t.Context(), p.company, tenant.TellRecovery, r.ID, r.Expires)
	must(t, err)
	stop, err := p.svc.NewLoginLink(t.Context(), p.company, tenant.LinkCancel, r.ID, r.Expires)
	must(t, err)
	p.login("jiro@sato.example", word, windows)
	p.enrol()
	p.login("jiro@sato.example", word, windows)
	half := p.cookie
	p.login("hanako@sato.example", word, iPhone)
	p.login("hanako@sato.example", word, windows)
	p.ends("/account/factor")(p.post("/account/factor", "/account/factor/begin", "old", word))
	own := p.cookie
	desk := c.person(tenant.Person{TenantID: tenant.House, Email: "desk@centre.example", Name: "窓口 さくら", Role: tenant.RoleDesk})
	c.login("hanako@sato.example", word, windows)
	x, err := p.svc.SessionByToken(t.Context(), own)
	must(t, err)
	return w, []scene{
		{"account", "/account", own, nil, 1900},
		{"account-wrong", "/account/password", own, url.Values{"csrf": {x.CSRF}, "old": {word}, "password": {"short"}}, 2100},
		{"factor", "/account/factor", own, nil, 1300},
		{"factor-wrong", "/account/factor", own, url.Values{"csrf": {x.CSRF}, "code": {"1"}}, 1500},
		{"people", "/people", own, nil, 2000},
		{"people-wrong", "/people", own, url.Values{"csrf": {x.CSRF}, "name": {"佐藤 次郎"}, "email": {"jiro"}, "role": {"member"}}, 2200},
		{"person", "/people/" + id, own, nil, 1100},
		{"shares", "/shares", own, nil, 1300},
		{"code", "/login/code", half, nil, 900},
		{"join", "/join/" + join, "", nil, 1000},
		{"early", "/recover/" + early, "", nil, 700},
		{"stop", "/recover/" + stop + "/stop", "", nil, 700},
		{"gone", "/join/x", "", nil, 700},
		{"staff-people", "/people", c.cookie, nil, 2000},
		{"staff-person", "/people/" + desk, c.cookie, nil, 1700},
		{"staff-account", "/account", c.cookie, nil, 1700},
	}
}

// handler sends the scene's form when there is one.
func (s *scene) handler(w map[string]*world) http.Handler {
	face := w["portal"].face
	if strings.HasPrefix(s.name, "staff") {
		face = w["console"].face
	}
	if s.form == nil {
		return face
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != s.path {
			face.ServeHTTP(rw, r)
			return
		}
		q := httptest.NewRequestWithContext(r.Context(), http.MethodPost, s.path, strings.NewReader(s.form.Encode()))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Cookie", r.Header.Get("Cookie"))
		face.ServeHTTP(rw, q)
	})
}

func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	w, all := scenes(t)
	for i := range all {
		s := &all[i]
		for _, lang := range []string{"ja", "en"} {
			for _, width := range uitest.Widths {
				height := s.height
				if width < 500 {
					height = height * 3 / 2
				}
				uitest.Picture(t, s.handler(w), s.path, "portal="+s.cookie+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("account-%s-%s-%d.png", s.name, lang, width)))
			}
		}
	}
}

func TestEverybodyCanUseThePages(t *testing.T) {
	w, all := scenes(t)
	for i := range all {
		uitest.Axe(t, all[i].handler(w), all[i].path, "portal="+all[i].cookie)
	}
}
