package desk

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

type handoverView struct {
	ui.Base
	Where       []pair
	URL, Back   string
	Bring, When string
	Text        string
	Checked     string
}

// handover is what to tell a public desk, filled in with what is known.
func (p *Pages) handover(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("tenant")
	public, ok := p.Book.Desk(v.Request.PathValue("public"))
	if !ok {
		return store.ErrNotFound
	}
	t, all, err := p.Desk.Ticket(ctx, id, v.Request.PathValue("ticket"), false)
	if err != nil {
		return err
	}
	if err := p.look(v, id); err != nil {
		return err
	}
	base, err := p.Begin(v, "desk.queue_title", "/desk")
	if err != nil {
		return err
	}
	lang := v.Texts.Lang()
	holes, err := p.holes(v, &t, all)
	if err != nil {
		return err
	}
	base.Title = v.T("desk.handover_title", "name", public.Name.In(lang))
	view := handoverView{Base: base, URL: public.URL, Back: p.Root + "/desk/ticket/" + id + "/" + t.ID, Bring: public.Bring.In(lang), When: public.When.In(lang), Text: strings.TrimSpace(public.Say(lang, holes)), Checked: v.T("desk.handover_checked", "day", public.Checked)}
	for _, f := range []pair{{v.T("desk.channel_phone"), public.Phone}, {v.T("desk.channel_mail"), public.Mail}, {v.T("desk.handover_hours"), public.Hours.In(lang)}} {
		if f.Value != "" {
			view.Where = append(view.Where, f)
		}
	}
	return p.handoverTo.Render(w, http.StatusOK, view)
}

// holes are what is known of a ticket, for the text of a public desk; what is not known says so.
func (p *Pages) holes(v *ui.Visit, t *desk.Ticket, all []desk.Message) (map[string]string, error) {
	ctx, lang := v.Request.Context(), v.Texts.Lang()
	h := map[string]string{"company": t.Company, "contact": t.Name, "phone": t.Phone, "what": cmp.Or(t.Told.What, firstSaid(all), t.Subject), "since": t.Told.Since, "device": t.Told.Device, "done": t.Told.Done, "number": t.Number, "alert": v.T("desk.handover_none")}
	if t.TenantID != tenant.House {
		company, err := p.Companies.CompanyByID(ctx, t.TenantID)
		if err != nil {
			return nil, err
		}
		h["company"] = company.Name
	}
	if h["phone"] == "" && t.TenantID != tenant.House {
		signed, err := p.Contracts.Contracts(ctx, t.TenantID)
		if err != nil {
			return nil, err
		}
		if len(signed) > 0 {
			h["phone"] = signed[0].Form.Phone
		}
	}
	if t.AlertID != "" {
		a, err := p.Alerts.Get(ctx, t.TenantID, t.AlertID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			h["alert"] = v.T("desk.handover_alert", "what", p.Families.Title(a.Family, lang), "time", ja.Technical(a.First), "n", ja.CaseNumber(a.Case))
			h["since"], h["device"] = cmp.Or(h["since"], ja.Technical(a.First)), cmp.Or(h["device"], strings.TrimSpace(a.DeviceName+" "+a.DeviceAddr))
		}
	}
	return known(v.Texts, h), nil
}

// known says of empty holes that they are being looked into.
func known(t text.Texts, h map[string]string) map[string]string {
	for key, value := range h {
		if value == "" {
			h[key] = t.T("desk.handover_unknown")
		}
	}
	return h
}

func firstSaid(all []desk.Message) string {
	for i := range all {
		if all[i].Side == desk.Customer && all[i].Text != "" {
			return all[i].Text
		}
	}
	return ""
}
