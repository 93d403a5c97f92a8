package cover

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// insurers adds the pages of an insurer's people: the claims that were sent to it, their papers, its decision, and nothing else.
func (p *Pages) insurers(r *ui.Router) {
	r.Page(ui.Insurer, "GET /claims", p.sentPage)
	r.Page(ui.Insurer, "GET /claims/{tenant}/{claim}", func(w http.ResponseWriter, v *ui.Visit) error {
		c, err := p.sentOne(v)
		if err != nil {
			return err
		}
		return p.showOne(w, v, &c, insurers)
	})
	r.Page(ui.Insurer, "GET /claims/{tenant}/{claim}/pdf", p.ofSent(p.pdf))
	r.Page(ui.Insurer, "GET /claims/{tenant}/{claim}/zip", p.ofSent(p.zip))
	r.Page(ui.Insurer, "GET /claims/{tenant}/{claim}/letter", p.ofSent(p.letter))
	r.Upload(ui.Insurer, "POST /claims/{tenant}/{claim}/decide", attach.MaxSize, p.ofSent(func(w http.ResponseWriter, v *ui.Visit) error {
		return p.decided(w, v, insurers, v.Name, p.Clock.Now().In(ja.Zone).Format(time.DateOnly))
	}))
}

func (p *Pages) sentOne(v *ui.Visit) (cover.Claim, error) {
	c, err := p.Cover.GetSent(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"))
	if err != nil {
		return c, err
	}
	if its, err := p.Cover.Decides(v.Request.Context(), v.PersonID, &c); err != nil || !its {
		return cover.Claim{}, cmp.Or(err, store.ErrNotFound) // another insurer's
	}
	return c, nil
}

// ofSent lets to a page only with a claim that was sent. One that was withdrawn since is still listed, and its papers are closed.
func (p *Pages) ofSent(page func(http.ResponseWriter, *ui.Visit) error) func(http.ResponseWriter, *ui.Visit) error {
	return func(w http.ResponseWriter, v *ui.Visit) error {
		c, err := p.sentOne(v)
		if err != nil {
			return err
		}
		if c.State == cover.Withdrawn {
			return store.ErrNotFound
		}
		return page(w, v)
	}
}

func (p *Pages) sentPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "cover.list_title", "/claims")
	if err != nil {
		return err
	}
	all, err := p.Cover.AllSent(v.Request.Context(), v.PersonID, "console: claims that were sent")
	if err != nil {
		return err
	}
	return p.showList(w, v, &listView{Base: base, Lead: v.T("cover.sent_lead"), None: v.T("cover.sent_none")}, all, insurers)
}

// fillInsurers fills who is of which insurer, where the terms name several.
func (p *Pages) fillInsurers(v *ui.Visit, view *listView) error {
	names := p.Cover.Insurers()
	if len(names) < 2 || !v.Role.May(tenant.MayOperate) {
		return nil
	}
	people, err := p.Companies.People(v.Request.Context(), tenant.House)
	if err != nil {
		return err
	}
	of, err := p.Cover.InsurersOf(v.Request.Context())
	if err != nil {
		return err
	}
	for _, one := range people {
		if !one.Role.May(tenant.MayDecide) {
			continue
		}
		r := insurerRow{ID: one.ID, Name: one.Name, Choices: []insurerChoice{{"", v.T("cover.insurer_unset"), of[one.ID] == ""}}}
		for _, n := range names {
			r.Choices = append(r.Choices, insurerChoice{n, n, of[one.ID] == n})
		}
		view.Insurers = append(view.Insurers, r)
	}
	return nil
}

// setInsurer says of which insurer somebody is.
func (p *Pages) setInsurer(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PostFormValue("person")
	people, err := p.Companies.People(ctx, tenant.House)
	if err != nil {
		return err
	}
	for _, one := range people {
		if one.ID != id || !one.Role.May(tenant.MayDecide) {
			continue
		}
		if err := p.Cover.SetInsurer(ctx, v.PersonID, id, v.Request.PostFormValue("insurer")); err != nil {
			if errors.Is(err, cover.ErrInsurer) {
				return store.ErrNotFound
			}
			return err
		}
		return ui.To(w, v.Request, p.Root+"/cover?said=insurer")
	}
	return store.ErrNotFound
}
