package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui/account"
)

var _ account.Service = (*tenant.Service)(nil)

// logins plays what the company's page does with logins; the rest is tested with the pages
// themselves.
type logins struct {
	account.Service
	centre *centre
}

func (l logins) Invite(_ context.Context, who string, p tenant.Person) (string, error) {
	switch {
	case p.Email == "here@sato.example":
		return "", tenant.ErrEmailTaken
	case !strings.Contains(p.Email, "@"):
		return "", tenant.ErrInvalid
	}
	l.centre.did = append(l.centre.did, strings.Join([]string{"invite", p.TenantID, string(p.Role), p.Email, who}, "|"))
	return "i1", nil
}

func (l logins) StartRecovery(_ context.Context, staff tenant.Session, tenantID, personID string, factor bool, why string) (tenant.Recovery, error) {
	if len([]rune(why)) < 4 {
		return tenant.Recovery{}, tenant.ErrInvalid
	}
	if personID == "stranger" {
		return tenant.Recovery{}, store.ErrNotFound
	}
	kind := "password"
	if factor {
		kind = "factor"
	}
	l.centre.did = append(l.centre.did, strings.Join([]string{"recover", tenantID, personID, kind, staff.PersonID, why}, "|"))
	return tenant.Recovery{}, nil
}

func TestLoginsOfACompany(t *testing.T) {
	t.Parallel()
	c := sample()
	c.role = tenant.RoleOperator
	b := serve(t, c)
	b.page("/companies/sato?why=reason", "ログインできないとき", "責任者を招待する")
	f := func(path string, status int, want, did string, pairs ...string) {
		t.Helper()
		form := url.Values{"csrf": {"form-token"}, "why": {"電話でのご相談"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		c.did = nil
		got, body := b.post("/companies/"+path, form)
		if got != status || !strings.Contains(body, want) || strings.Join(c.did, " ") != did {
			t.Errorf("%s %v: %d, %v", path, pairs, got, c.did)
		}
	}
	f("sato/recover", http.StatusOK, "手続きのメールを送ります", "recover|sato|p1|password|op|合言葉を確認", "person", "p1", "reason", "合言葉を確認")
	f("sato/recover", http.StatusOK, "", "recover|sato|p1|factor|op|合言葉を確認", "person", "p1", "reason", "合言葉を確認", "factor", "1")
	f("sato/recover", http.StatusUnprocessableEntity, `value="x"`, "", "person", "p1", "reason", "x")
	f("sato/recover", http.StatusNotFound, "", "", "person", "stranger", "reason", "合言葉を確認")
	f("house/recover", http.StatusNotFound, "", "", "person", "p1", "reason", "合言葉を確認")
	f("sato/owner", http.StatusOK, "招待のメールを送ります", "invite|sato|owner|new@sato.example|op", "name", "新", "email", "new@sato.example")
	f("sato/owner", http.StatusUnprocessableEntity, "もうメンバーです", "", "name", "新", "email", "here@sato.example")
	f("sato/owner", http.StatusUnprocessableEntity, `value="new"`, "", "name", "新", "email", "new")
	f("house/owner", http.StatusNotFound, "", "", "name", "新", "email", "new@sato.example")
	c.role = tenant.RoleDesk
	f("sato/recover", http.StatusOK, "", "recover|sato|p1|password|op|合言葉を確認", "person", "p1", "reason", "合言葉を確認")
	f("sato/owner", http.StatusForbidden, "", "", "name", "新", "email", "new@sato.example")
	for _, role := range []tenant.Role{tenant.RoleAnalyst, tenant.RoleAuditor, tenant.RoleVendor, tenant.RoleInsurer} {
		c.role = role
		f("sato/recover", http.StatusForbidden, "", "", "person", "p1", "reason", "合言葉を確認")
	}
}
