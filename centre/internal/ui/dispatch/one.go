package dispatch

import (
	"net/http"
	"strings"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type oneView struct {
	ui.Base
	State                                  ui.State
	Number, Lead, URL, Back                string
	Staff, Write                           bool
	CanAgain, CanCancel, CanFollow, CanEnd bool
	NeedsWhy                               bool
	Vendor, VendorPhone, Arrival           string
	Brief, Where, Times, Offers            []pair
	CustomerPhone, AlertURL, CoverURL      string
	Report                                 *reported
	Photos, Invoices                       []fileRow
	Decision                               string
}

type mineView struct {
	ui.Base
	Rows []row
}

func (p *Pages) minePage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "dispatch.mine_title", "/visits")
	if err != nil {
		return err
	}
	all, err := p.Dispatch.Of(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := mineView{Base: base}
	for i := range all {
		d := &all[i]
		view.Rows = append(view.Rows, row{URL: p.Root + "/visits/" + d.ID, Number: d.Number, Vendor: d.VendorName, When: ja.Short(d.Asked, v.Texts.Lang()), State: lamp(v.Texts, d.State)})
	}
	return p.mine.Render(w, http.StatusOK, view)
}

func (p *Pages) ownPage(w http.ResponseWriter, v *ui.Visit) error {
	x, err := p.Dispatch.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("visit"))
	if err != nil {
		return err
	}
	return p.show(w, v, &x, p.Root+"/visits/"+x.ID, false)
}

func (p *Pages) ownFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.serve(w, v.Request, v.TenantID, v.Request.PathValue("visit"))
}

func (p *Pages) theirPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, tenantID := v.Request.Context(), v.Request.PathValue("tenant")
	x, err := p.Dispatch.Get(ctx, tenantID, v.Request.PathValue("visit"))
	if err != nil {
		return err
	}
	if _, fresh := p.looks.Take(v.PersonID + " " + x.ID); fresh {
		if err := p.Companies.Audit(ctx, tenantID, v.PersonID, "view.visit", x.ID, v.T("dispatch.number", "n", x.Number)); err != nil {
			return err
		}
	}
	return p.show(w, v, &x, p.Root+"/visits/"+tenantID+"/"+x.ID, true)
}

func (p *Pages) show(w http.ResponseWriter, v *ui.Visit, x *dispatch.Whole, url string, staff bool) error {
	base, err := p.Begin(v, "dispatch.title", "/visits")
	if err != nil {
		return err
	}
	t := v.Texts
	base.Title, base.Flash = t.T("dispatch.number", "n", x.Number), flash(v.Request, t)
	view := oneView{Base: base, State: lamp(t, x.State), Number: x.Number, Lead: t.T(leadKey + string(x.State)), URL: url, Back: p.Root + "/visits", Staff: staff, Write: staff && v.Role.May(tenant.MayWrite),
		Vendor: x.VendorName, VendorPhone: x.VendorPhone, Arrival: x.Arrival, Brief: briefing(t, &x.Brief), Times: times(t, x, staff)}
	view.Report, view.Photos, view.Invoices = report(t, x, url)
	if !staff {
		view.Invoices = nil // the provider's, between it and the vendor
		if x.AlertID != "" {
			view.AlertURL = p.Root + "/alerts/" + x.AlertID
		}
	} else {
		view.Where, view.CustomerPhone, view.Lead = where(t, &x.Brief), x.Brief.Phone, ""
		view.CanAgain, view.CanCancel, view.CanFollow, view.CanEnd = x.State == dispatch.Nobody, x.State.To(dispatch.Cancelled), x.State.To(dispatch.FollowUp), x.State.To(dispatch.Closed)
		view.NeedsWhy, view.CoverURL = !x.Report.Known, url+"/cover"
		if x.AlertID != "" {
			view.AlertURL = p.Root + "/cases/" + x.TenantID + "/" + x.AlertID
		}
		for _, o := range x.Offers {
			how := t.T(answerKey + o.Answer)
			if o.Answer == "" {
				how = t.T("dispatch.answer_open", "time", ja.Clock(o.Due))
			}
			view.Offers = append(view.Offers, pair{Label: o.VendorName, Value: strings.TrimSpace(ja.Short(o.At, t.Lang()) + " " + how + " " + o.Why)})
		}
	}
	if x.State.Over() || x.State == dispatch.FollowUp {
		names, err := p.Companies.NamesOf(v.Request.Context(), tenant.House)
		if err != nil {
			return err
		}
		for _, s := range x.Steps {
			if (s.State == dispatch.Closed || s.State == dispatch.FollowUp || s.State == dispatch.Cancelled) && s.Why != "" {
				view.Decision = strings.TrimSpace(view.Decision + "\n" + t.T("dispatch.decided", "state", t.T(stateKey+string(s.State)), "name", names[s.Who].Name, "time", ja.Short(s.At, t.Lang()), "why", s.Why))
			}
		}
	}
	return p.one.Render(w, http.StatusOK, view)
}
