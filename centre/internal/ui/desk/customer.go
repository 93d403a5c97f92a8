package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Kinds of forms.
const (
	kindAsk   = "ask"
	kindCall  = "call"
	kindOffer = "offer"
)

var kinds = []string{kindAsk, kindCall, kindOffer}

type listView struct {
	ui.Base
	Open  string
	Ways  []way
	Rows  []row
	Write bool
}

type way struct {
	Title, Lead, URL string
	Key              bool
}

// row is a ticket in a list.
type row struct {
	URL, Subject, Who, When, Number string
	Channel, Due                    string
	Late, Urgent                    bool
	Escalated, With                 string
	State                           ui.State
}

func (p *Pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "desk.title", "/desk")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	all, err := p.Desk.Tickets(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	now := p.Clock.Now()
	view := listView{Base: base, Open: v.T("desk.open_now"), Write: v.Role.May(tenant.MayWrite)}
	if !p.Book.Open(now) {
		view.Open = v.T("desk.shut_now", "opens", ja.Short(p.Book.Opens(now), v.Texts.Lang()))
	}
	for _, k := range kinds {
		view.Ways = append(view.Ways, way{v.T("desk." + k), v.T("desk." + k + "_lead"), p.Root + "/desk/new?kind=" + k, k == kindAsk})
	}
	for i := range all {
		t := &all[i]
		view.Rows = append(view.Rows, row{URL: p.Root + "/desk/" + t.ID, Subject: t.Subject, When: ja.Short(t.Opened, v.Texts.Lang()), Number: t.Number, State: p.lamp(v.Texts, t.State), Channel: v.T(channelKey + string(t.Channel))})
	}
	return p.list.Render(w, http.StatusOK, view)
}

type formView struct {
	ui.Base
	Lead, About string
	Action      string
	Kind, Alert string
	Fields      ui.Form
	Files       bool
	FileFault   string
	Faults      []ui.Field
}

// fields of a kind of form.
func fields(v *ui.Visit, kind, alertID string) (f ui.Form) {
	add := func(id, kind string, optional bool, max int) {
		one := ui.Field{ID: id, Label: v.T(fieldKey + id), Hint: v.T(fieldKey + id + hintKey), Type: kind, Optional: optional, Max: max, Auto: "off"}
		if one.Hint == fieldKey+id+hintKey {
			one.Hint = ""
		}
		f = append(f, one)
	}
	switch kind {
	case kindCall:
		add("what", "area", false, desk.MaxTold)
		for _, id := range []string{"since", "device", "done"} {
			add(id, "text", true, desk.MaxTold)
		}
		add("phone", "tel", true, 20)
		f.Get("phone").Auto = "tel"
	case kindOffer:
		add("aim", "area", false, desk.MaxTold)
		add("price", "text", true, desk.MaxTold)
		add("doubt", "area", true, desk.MaxTold)
	default:
		if alertID == "" {
			add("topic", "select", false, 0)
			for _, one := range desk.Topics {
				if one != desk.TopicOffer {
					f[0].Choices = append(f[0].Choices, ui.Choice{Value: one, Label: v.T(topicKey + one)})
				}
			}
		}
		add("text", "area", false, desk.MaxText)
	}
	return f
}

func (p *Pages) formPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showForm(w, v, nil, "")
}

func kindOf(v *ui.Visit) string {
	for _, k := range kinds {
		if v.Request.FormValue("kind") == k {
			return k
		}
	}
	return kindAsk
}

// about is the alert that a form is about; another company's does not exist.
func (p *Pages) about(v *ui.Visit) (a alert.Alert, ok bool, err error) {
	id := v.Request.FormValue("alert")
	if id == "" {
		return a, false, nil
	}
	a, err = p.Alerts.Get(v.Request.Context(), v.TenantID, id)
	return a, err == nil, err
}

func (p *Pages) showForm(w http.ResponseWriter, v *ui.Visit, fault func(f ui.Form), fileFault string) error {
	kind := kindOf(v)
	a, has, err := p.about(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "desk."+kind, "/desk")
	if err != nil {
		return err
	}
	view := formView{Base: base, Lead: v.T("desk." + kind + "_lead"), Action: p.Root + "/desk/new", Kind: kind, Files: kind != kindCall, Fields: fields(v, kind, a.ID), FileFault: fileFault}
	if has {
		view.Alert, view.About = a.ID, v.T("desk.about_alert", "what", p.Families.Title(a.Family, v.Texts.Lang()), "n", ja.CaseNumber(a.Case))
	}
	if fault != nil || fileFault != "" {
		view.Fields.Fill(v.Request.PostFormValue)
		view.Path = p.Root + "/desk/new?kind=" + kind
		if fault != nil {
			fault(view.Fields)
		}
		view.Faults = view.Fields.Faults()
		if fileFault != "" {
			view.Faults = append(view.Faults, ui.Field{ID: "file", Error: fileFault})
		}
	}
	return p.form.Render(w, status(view.Faults), view)
}

// ask takes a form.
func (p *Pages) ask(w http.ResponseWriter, v *ui.Visit) error {
	ctx, kind, value := v.Request.Context(), kindOf(v), v.Request.PostFormValue
	a, _, err := p.about(v)
	if err != nil {
		return err
	}
	me, err := p.Companies.PersonByID(ctx, v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	sent, fileFault, err := uploads(v)
	if err != nil {
		return err
	}
	if fileFault != "" {
		return p.showForm(w, v, nil, fileFault)
	}
	t := desk.Ticket{Channel: desk.Portal, Topic: value("topic"), Name: me.Name, Email: me.Email, PersonID: me.ID, AlertID: a.ID, Urgent: a.Stars >= alert.High, Lang: v.Texts.Lang(), Phone: value("phone"),
		Told: desk.Told{What: value("what"), Since: value("since"), Device: value("device"), Done: value("done"), Aim: value("aim"), Price: value("price"), Doubt: value("doubt")}}
	needed := "text"
	switch {
	case kind == kindOffer:
		t.Topic, needed = desk.TopicOffer, "aim"
	case kind == kindCall:
		t.Topic, needed = "incident", "what"
	case a.ID != "":
		t.Topic = "incident"
	}
	if value(needed) == "" {
		return p.showForm(w, v, func(f ui.Form) { f.Fault(needed, v.T("desk.needs_text")) }, "")
	}
	if a.ID != "" {
		t.Subject = p.Families.Title(a.Family, v.Texts.Lang())
	}
	t, err = p.Desk.Open(ctx, v.TenantID, v.PersonID, t, desk.Said{Text: value("text"), Files: sent})
	if field, why := wrong(v.Texts, err); why != "" {
		if field == "text" {
			field = needed
		}
		return p.showForm(w, v, func(f ui.Form) { f.Fault(field, why) }, "")
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/desk/"+t.ID+"?got="+url.QueryEscape(kind))
}

type oneView struct {
	ui.Base
	State                  ui.State
	Number, Closed, Alert  string
	AlertURL               string
	Told                   []pair
	Lines                  []line
	CanSay, CanRate        bool
	URL                    string
	SayTitle, Rated, Fault string
	Faces                  []ui.Choice
}

func (p *Pages) onePage(w http.ResponseWriter, v *ui.Visit) error { return p.showOne(w, v, "") }

func (p *Pages) showOne(w http.ResponseWriter, v *ui.Visit, fault string) error {
	ctx := v.Request.Context()
	t, all, err := p.Desk.Ticket(ctx, v.TenantID, v.Request.PathValue("ticket"), false)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "desk.title", "/desk")
	if err != nil {
		return err
	}
	lang, write := v.Texts.Lang(), v.Role.May(tenant.MayWrite)
	base.Title, base.Flash = t.Subject, flash(v)
	switch v.Request.URL.Query().Get("got") {
	case kindCall:
		base.Flash = &ui.Flash{Text: v.T("desk.got_call", "n", t.Number)}
	case kindAsk, kindOffer:
		base.Flash = &ui.Flash{Text: v.T("desk.got", "time", ja.Short(t.Due, lang))}
	}
	view := oneView{Base: base, State: p.lamp(v.Texts, t.State), Number: t.Number, Told: told(v.Texts, &t.Told), CanSay: write, CanRate: write && t.State == desk.Closed && t.Face == 0, URL: p.Root + "/desk/" + t.ID, SayTitle: v.T("desk.say_more"), Fault: fault}
	view.Lines = p.lines(v, &t, all, view.URL)
	if t.State == desk.Closed {
		view.Closed, view.SayTitle = v.T("desk.closed_why", "reason", t.Reason), v.T("desk.reopen")
	}
	if t.Face != 0 {
		view.Rated = v.T("desk.rated", "face", v.T(faceKey+strconv.Itoa(t.Face)))
	}
	for face := desk.Good; face >= desk.Bad; face-- {
		view.Faces = append(view.Faces, ui.Choice{Value: strconv.Itoa(face), Label: v.T(faceKey + strconv.Itoa(face))})
	}
	if t.AlertID != "" {
		a, err := p.Alerts.Get(ctx, v.TenantID, t.AlertID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			view.Alert, view.AlertURL = v.T("desk.about_alert", "what", p.Families.Title(a.Family, lang), "n", ja.CaseNumber(a.Case)), p.Root+"/alerts/"+a.ID
		}
	}
	code := http.StatusOK
	if fault != "" {
		code, view.Path = http.StatusUnprocessableEntity, view.URL
	}
	return p.one.Render(w, code, view)
}

func (p *Pages) say(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("ticket")
	if _, _, err := p.Desk.Ticket(ctx, v.TenantID, id, false); err != nil {
		return err
	}
	me, err := p.Companies.PersonByID(ctx, v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	sent, fault, err := uploads(v)
	if err != nil {
		return err
	}
	if fault != "" {
		return p.showOne(w, v, fault)
	}
	err = p.Desk.Say(ctx, v.TenantID, id, me, desk.Said{Text: v.Request.PostFormValue("text"), Files: sent})
	said := "sent"
	if errors.Is(err, desk.ErrEmpty) {
		said, err = "empty", nil
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/desk/"+id+"?said="+said)
}

func (p *Pages) rate(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("ticket")
	face, _ := strconv.Atoi(v.Request.PostFormValue("face")) // 0 is refused below
	err := p.Desk.Rate(v.Request.Context(), v.TenantID, id, v.PersonID, face, v.Request.PostFormValue("word"))
	said := "rated"
	if desk.Late(err) {
		said, err = "state", nil
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/desk/"+id+"?said="+said)
}

func (p *Pages) ownFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.serve(w, v, v.TenantID)
}

// serve hands out a file that may be opened.
func (p *Pages) serve(w http.ResponseWriter, v *ui.Visit, tenantID string) error {
	f, data, err := p.Desk.File(v.Request.Context(), tenantID, v.Request.PathValue("ticket"), v.Request.PathValue("file"))
	if errors.Is(err, desk.ErrFile) {
		return ui.ErrForbidden
	}
	if err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}
