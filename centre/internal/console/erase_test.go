package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var _ Erasures = (*erase.Service)(nil)

// going is the deletion of the only company.
type going struct{ erase.Erasure }

func (c *centre) leaving() *going {
	if c.going == nil {
		c.going = &going{}
	}
	return c.going
}

// leaves is a centre of which the company is going.
func leaves() *centre {
	c := sample()
	c.leaving().State, c.going.Due = erase.Waiting, now.Add(erase.Wait)
	return c
}

func (g *going) Open(context.Context, string) (erase.Erasure, error) {
	if g.State != erase.Waiting && g.State != erase.Running {
		return erase.Erasure{}, store.ErrNotFound
	}
	return g.Erasure, nil
}

func (g *going) Ask(_ context.Context, who, tenantID, name, why string) (erase.Erasure, error) {
	if name != "株式会社佐藤製作所" {
		return erase.Erasure{}, erase.ErrName
	}
	g.Erasure = erase.Erasure{By: who, Company: tenantID, Why: why, State: erase.Waiting, Due: now.Add(erase.Wait)}
	return g.Erasure, nil
}

func (g *going) Cancel(context.Context, string, string) error {
	if g.State != erase.Waiting {
		return erase.ErrLate
	}
	g.State = erase.Cancelled
	return nil
}

func TestACompanyGoesAndStays(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	form := url.Values{"csrf": {"form-token"}, "why": {"reason"}, "company": {"佐藤"}, "reason": {"解約のため"}}
	b.page("/companies/sato?why=reason", "会社の削除", "14日間は取り消せます")
	if status, body := b.post("/companies/sato/erase", form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "会社の名前が違います") || !strings.Contains(body, `value="解約のため"`) {
		t.Errorf("a wrong name: %d", status)
	}
	form.Set("company", "株式会社佐藤製作所")
	form.Set("reason", "x")
	if status, _ := b.post("/companies/sato/erase", form); status != http.StatusUnprocessableEntity || c.going.State != "" {
		t.Errorf("no reason: %d", status)
	}
	form.Set("reason", "解約のため")
	if status, _ := b.post("/companies/sato/erase", form); status != http.StatusOK || c.going.Company != "sato" || c.going.By != "op" {
		t.Errorf("%d %+v", status, c.going)
	}
	b.page("/companies/sato?why=reason", "2026年12月5日(土) 14:30 に、この会社のデータをすべて消します", "削除を取り消す")
	c.role = tenant.RoleDesk
	if status, _ := b.post("/companies/sato/keep", form); status != http.StatusForbidden {
		t.Errorf("the desk undoes it: %d", status)
	}
	if body := b.page("/companies/sato?why=reason"); strings.Contains(body, "会社の削除") {
		t.Error("the desk is offered it")
	}
	c.role = tenant.RoleOperator
	if status, _ := b.post("/companies/sato/keep", form); status != http.StatusOK || c.going.State != erase.Cancelled {
		t.Errorf("%d %s", status, c.going.State)
	}
	c.going.State = erase.Running
	b.page("/companies/sato?why=reason", "もう取り消せません")
}
