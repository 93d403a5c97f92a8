package dispatch

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

type listView struct {
	ui.Base
	Rows    []row
	Vendors string
}

// row is a visit in a list.
type row struct {
	URL, Number, Company, Vendor, When string
	State                              ui.State
}

func (p *Pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "dispatch.title", "/visits")
	if err != nil {
		return err
	}
	all, err := p.Dispatch.All(ctx, v.PersonID, "console: visits")
	if err != nil {
		return err
	}
	view := listView{Base: base, Vendors: p.Root + "/visits/vendors"}
	for i := range all {
		d := &all[i]
		view.Rows = append(view.Rows, row{p.Root + "/visits/" + d.TenantID + "/" + d.ID, d.Number, d.Brief.Company, d.VendorName, ja.Short(d.Moved, v.Texts.Lang()), lamp(v.Texts, d.State)})
	}
	return p.list.Render(w, http.StatusOK, view)
}

type askView struct {
	ui.Base
	Company             string
	Action              string
	Once, Alert, Ticket string
	Urgent              bool
	Fields              ui.Form
	Faults              []ui.Field
}

func briefForm(v *ui.Visit, b *dispatch.Brief) ui.Form {
	t := v.Texts
	f := ui.Form{
		field(t, "skill", "select", b.Skill, 0, false), field(t, "seen", "area", b.Seen, dispatch.MaxText, false), field(t, "device", "text", b.Device, dispatch.MaxLine, true), field(t, "did", "area", b.Did, dispatch.MaxText, true),
		field(t, "first", "area", b.First, dispatch.MaxText, false), field(t, "keep", "area", b.Keep, dispatch.MaxText, false), field(t, "contact", "text", b.Contact, dispatch.MaxLine, false), field(t, "phone", "tel", b.Phone, 20, false),
		field(t, "postcode", "text", postcode(b.Postcode), 8, false), field(t, "address", "text", b.Address, dispatch.MaxLine, false),
	}
	f[0].Choices = skills(t)
	return f
}

// prefill is the briefing as far as the centre knows it, from the alert and the contract, in a language.
func (p *Pages) prefill(v *ui.Visit, t text.Texts, tenantID, alertID string) (b dispatch.Brief, err error) {
	ctx := v.Request.Context()
	company, err := p.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return b, err
	}
	if tenantID == tenant.House {
		return b, store.ErrNotFound
	}
	b = dispatch.Brief{Company: company.Name, Skill: dispatch.Skills[0], Lang: string(company.Lang), Keep: t.T("dispatch.keep_always")}
	all, err := p.Contracts.Contracts(ctx, tenantID)
	if err != nil {
		return b, err
	}
	if len(all) > 0 {
		f := &all[0].Form
		b.Contact, b.Phone, b.Postcode, b.Address = f.Contact, f.Phone, f.Postcode, strings.TrimSpace(f.Address+" "+f.Building)
	}
	if alertID == "" {
		b.First = t.T("dispatch.first_always")
		return b, nil
	}
	a, err := p.Alerts.Get(ctx, tenantID, alertID)
	if err != nil {
		return b, err
	}
	x := p.Explain.Explain(&a, t.Lang(), p.Clock.Now())
	b.Seen, b.Device, b.Urgent, b.Did = strings.TrimSpace(x.What+"\n"+x.Happened+"\n"+x.Danger), a.DeviceName, a.Stars >= 3, x.Answer
	if a.DeviceAddr != "" && a.DeviceAddr != a.DeviceName {
		b.Device += " (" + a.DeviceAddr + ")"
	}
	b.First = t.T("dispatch.first_always") + "\n" + strings.Join(x.Steps, "\n")
	if x.Dont != "" {
		b.Keep += "\n" + x.Dont
	}
	return b, nil
}

func (p *Pages) askPage(w http.ResponseWriter, v *ui.Visit) error {
	b, err := p.prefill(v, v.Texts, v.Request.PathValue("tenant"), v.Request.FormValue("alert"))
	if err != nil {
		return err
	}
	return p.showAsk(w, v, &b, rand.Text(), briefForm(v, &b))
}

func (p *Pages) showAsk(w http.ResponseWriter, v *ui.Visit, b *dispatch.Brief, once string, f ui.Form) error {
	base, err := p.Begin(v, "dispatch.ask_title", "/visits")
	if err != nil {
		return err
	}
	action := p.Root + "/visits/" + v.Request.PathValue("tenant") + "/ask"
	view := askView{Base: base, Company: b.Company, Action: action, Once: once, Alert: v.Request.FormValue("alert"), Ticket: v.Request.FormValue("ticket"), Urgent: b.Urgent, Fields: f, Faults: f.Faults()}
	if len(view.Faults) > 0 {
		view.Path = action
	}
	return p.ask.Render(w, status(view.Faults), view)
}

func (p *Pages) send(w http.ResponseWriter, v *ui.Visit) error {
	tenantID, value := v.Request.PathValue("tenant"), v.Request.PostFormValue
	b, err := p.prefill(v, v.Texts, tenantID, value("alert"))
	if err != nil {
		return err
	}
	b.Skill, b.Seen, b.Device, b.Did, b.First, b.Keep = value("skill"), value("seen"), value("device"), value("did"), value("first"), value("keep")
	b.Contact, b.Phone, b.Postcode, b.Address = value("contact"), value("phone"), value("postcode"), value("address")
	if err := p.translated(v, tenantID, value("alert"), &b); err != nil {
		return err
	}
	id, err := p.Dispatch.Ask(v.Request.Context(), tenantID, v.PersonID, dispatch.Wish{Once: value("once"), AlertID: value("alert"), TicketID: value("ticket"), Brief: b})
	form := briefForm(v, &b).Fill(value)
	if fault(v.Texts, form, err) {
		return p.showAsk(w, v, &b, value("once"), form)
	}
	how := "sent"
	if errors.Is(err, dispatch.ErrRunning) {
		how, err = "running", nil
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/visits/"+tenantID+"/"+id+"?said="+how)
}

// desk runs one of the staff's actions on a visit.
func (p *Pages) desk(verb string) func(w http.ResponseWriter, v *ui.Visit) error {
	return func(w http.ResponseWriter, v *ui.Visit) (err error) {
		ctx, tenantID, id, why := v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("visit"), v.Request.PostFormValue("why")
		switch verb {
		case "again":
			err = p.Dispatch.Again(ctx, tenantID, id, v.PersonID)
		case "cancel":
			err = p.Dispatch.Cancel(ctx, tenantID, id, v.PersonID, why)
		case "follow":
			err = p.Dispatch.Follow(ctx, tenantID, id, v.PersonID, why)
		default:
			err = p.Dispatch.Close(ctx, tenantID, id, v.PersonID, why)
		}
		how := verb
		switch {
		case errors.Is(err, dispatch.ErrState):
			how, err = "state", nil
		case errors.Is(err, dispatch.ErrDecision):
			how, err = "decision", nil
		case errors.Is(err, entry.ErrEmpty), errors.Is(err, entry.ErrLong):
			how, err = "why", nil
		}
		if err != nil {
			return err
		}
		return ui.To(w, v.Request, p.Root+"/visits/"+tenantID+"/"+id+"?said="+how)
	}
}

func (p *Pages) theirFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.serve(w, v.Request, v.Request.PathValue("tenant"), v.Request.PathValue("visit"))
}

type vendorsView struct {
	ui.Base
	Rows   []vendorRow
	May    bool
	ID     string
	Fields ui.Form
	Skills []tick
	Days   []tick
	Faults []ui.Field
	// WrongSkills and WrongDays say what is wrong with the ticks.
	WrongSkills, WrongDays string
}

type vendorRow struct {
	Name, Phone, Email, Areas, Skills, Hours, Contract, Yen, URL string
	There                                                        ui.State
}

type tick struct {
	Value, Label string
	On           bool
}

const dayKey = "dispatch.day_"

func days(v *ui.Visit, on string) (all []tick) {
	for _, d := range "1234567" {
		all = append(all, tick{string(d), v.T(dayKey + string(d)), strings.ContainsRune(on, d)})
	}
	return all
}

func (p *Pages) vendorsPage(w http.ResponseWriter, v *ui.Visit) error {
	one := dispatch.Vendor{Days: "12345", Opens: "09:00", Shuts: "18:00", From: p.Clock.Now().In(ja.Zone).Format("2006-01-02"), Yen: p.Yen(), Skills: []string{dispatch.Skills[0]}}
	all, err := p.Dispatch.Vendors(v.Request.Context())
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].ID == v.Request.FormValue("vendor") {
			one = all[i]
		}
	}
	return p.showVendors(w, v, all, &one, nil)
}

func (p *Pages) showVendors(w http.ResponseWriter, v *ui.Visit, all []dispatch.Vendor, one *dispatch.Vendor, bad error) error {
	base, err := p.Begin(v, "dispatch.vendors_title", "/visits")
	if err != nil {
		return err
	}
	base.Flash = flash(v.Request, v.Texts)
	t := v.Texts
	view := vendorsView{Base: base, May: v.Role.May(tenant.MayOperate), ID: one.ID, Days: days(v, one.Days), Fields: ui.Form{
		field(t, "name", "text", one.Name, dispatch.MaxLine, false), field(t, "phone", "tel", one.Phone, 20, false), field(t, "email", "email", one.Email, 254, false), field(t, "postcode", "text", postcode(one.Postcode), 8, false),
		field(t, "areas", "area", strings.Join(one.Areas, "\n"), dispatch.MaxText, false), field(t, "opens", "time", one.Opens, 5, false), field(t, "shuts", "time", one.Shuts, 5, false),
		field(t, "from", "date", one.From, 10, false), field(t, "until", "date", one.Until, 10, true), field(t, "yen", "text", strconv.Itoa(one.Yen), 9, false),
		field(t, "lang", "select", ja.Lang(one.Lang), 0, false),
	}}
	view.Fields[len(view.Fields)-1].Choices = []ui.Choice{{Value: ja.Japanese, Label: t.T("dispatch.lang_ja")}, {Value: ja.English, Label: t.T("dispatch.lang_en")}}
	for _, s := range dispatch.Skills {
		on := false
		for _, x := range one.Skills {
			on = on || x == s
		}
		view.Skills = append(view.Skills, tick{s, t.T(skillKey + s), on})
	}
	if bad != nil {
		view.Fields.Fill(v.Request.PostFormValue) // as it was typed
		fault(t, view.Fields, bad)
		view.Faults = view.Fields.Faults()
		for _, ticks := range []struct {
			field string
			wrong *string
		}{{"skills", &view.WrongSkills}, {"days", &view.WrongDays}} {
			if slices.Contains(dispatch.Faults(bad), ticks.field) {
				*ticks.wrong = t.T(faultKey + ticks.field)
				view.Faults = append(view.Faults, ui.Field{ID: ticks.field, Error: *ticks.wrong})
			}
		}
		view.Path = p.Root + "/visits/vendors"
	}
	now := p.Clock.Now()
	for i := range all {
		x := &all[i]
		r := vendorRow{Name: x.Name, Phone: x.Phone, Email: x.Email, Areas: strings.Join(x.Areas, ", "), Hours: x.Opens + "–" + x.Shuts, Contract: x.From + "–" + x.Until, Yen: yen(t, x.Yen), URL: p.Root + "/visits/vendors?vendor=" + url.QueryEscape(x.ID) + "#put"}
		var able, on []string
		for _, s := range x.Skills {
			able = append(able, t.T(skillKey+s))
		}
		for _, d := range x.Days {
			on = append(on, t.T(dayKey+string(d)))
		}
		r.Skills, r.Hours = strings.Join(able, ", "), strings.Join(on, " ")+" "+r.Hours
		r.There = ui.State{Tone: ui.Off, Text: t.T("dispatch.away")}
		if x.Answers(now) {
			r.There = ui.State{Tone: ui.Good, Text: t.T("dispatch.there")}
		}
		view.Rows = append(view.Rows, r)
	}
	return p.vendors.Render(w, status(view.Faults), view)
}

func (p *Pages) putVendor(w http.ResponseWriter, v *ui.Visit) error {
	ctx, value := v.Request.Context(), v.Request.PostFormValue
	n, err := strconv.Atoi(strings.NewReplacer(",", "", "，", "").Replace(ja.Halfwidth(value("yen"))))
	if err != nil {
		n = -1
	}
	one := dispatch.Vendor{ID: value("id"), Name: value("name"), Phone: value("phone"), Email: value("email"), Postcode: value("postcode"), Areas: strings.Split(value("areas"), "\n"), Skills: v.Request.PostForm["skills"],
		Days: strings.Join(v.Request.PostForm["days"], ""), Opens: value("opens"), Shuts: value("shuts"), From: value("from"), Until: value("until"), Yen: n, Lang: value("lang")}
	_, err = p.Dispatch.PutVendor(ctx, v.PersonID, one)
	var bad *dispatch.FieldError
	if errors.As(err, &bad) {
		all, e := p.Dispatch.Vendors(ctx)
		if e != nil {
			return e
		}
		return p.showVendors(w, v, all, &one, err)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/visits/vendors?said=vendor")
}
