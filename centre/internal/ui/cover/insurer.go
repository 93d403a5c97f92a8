package cover

import (
	"net/http"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/store"
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
	return p.Cover.GetSent(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"))
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
