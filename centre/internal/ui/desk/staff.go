package desk

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// silentAfter is when a box that says nothing is silent: three of its signs of life are missing.
const silentAfter = 15 * time.Minute

// maxAlerts are shown of a company.
const maxAlerts = 10

// look writes into the company's record that somebody of the staff looks, before anything is shown.
func (p *Pages) look(v *ui.Visit, tenantID string) error {
	if tenantID == tenant.House {
		return nil
	}
	if _, fresh := p.looks.Take(v.PersonID + " " + tenantID); !fresh {
		return nil
	}
	return p.Companies.Audit(v.Request.Context(), tenantID, v.PersonID, "view.company", tenantID, v.T("desk.looked"))
}

type companyView struct {
	ui.Base
	Stranger, Write             bool
	Action                      string
	Alert, AlertURL             string
	AlertID, BoxID              string
	Application, ApplicationURL string
	Fields                      ui.Form
	Faults                      []ui.Field
	Side                        side
}

// side is everything about a company that one needs during a call.
type side struct {
	Company, URL, Passphrase string
	Contract                 []pair
	People                   []pair
	Boxes                    []boxLine
	Alerts                   []alertLine
	Before                   []row
}

type boxLine struct {
	Name, Seen string
	State      ui.State
}

type alertLine struct {
	What, URL, Number string
	Stars             ui.Stars
}

func (p *Pages) companyPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showCompany(w, v, nil)
}

// noteFields are those of a telephone note; the number that rings and what was looked up are there already.
func noteFields(v *ui.Visit, stranger bool, people []pair) ui.Form {
	field := func(id, label, kind string, optional bool, max int) ui.Field {
		return ui.Field{ID: id, Label: v.T(label), Type: kind, Optional: optional, Max: max, Auto: "off", Value: v.Request.FormValue(id)}
	}
	f := ui.Form{field("text", "desk.note_text", "area", false, desk.MaxText), field("who", "desk.note_who", "text", true, desk.MaxName), field("phone", "desk.note_phone", "tel", true, 20)}
	if stranger {
		f = append(f, field("company", "desk.note_company", "text", true, desk.MaxName), field("email", "desk.note_email", "email", true, 254))
	} else if len(people) == 1 && f.Get("who").Value == "" {
		f.Get("who").Value = people[0].Label
	}
	topic := field("topic", "desk.field_topic", "select", false, 0)
	topic.Value = cmp.Or(topic.Value, desk.TopicOther)
	for _, one := range desk.Topics {
		topic.Choices = append(topic.Choices, ui.Choice{Value: one, Label: v.T(topicKey + one)})
	}
	return append(f, topic, field("answer", "desk.note_answer", "area", true, desk.MaxText))
}

func (p *Pages) showCompany(w http.ResponseWriter, v *ui.Visit, fault func(f ui.Form)) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("tenant")
	company, err := p.Companies.CompanyByID(ctx, id)
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
	view := companyView{Base: base, Stranger: id == tenant.House, Write: v.Role.May(tenant.MayWrite), Action: p.Root + "/desk/company/" + id, BoxID: v.Request.FormValue("box")}
	view.Title = v.T("desk.stranger")
	if !view.Stranger {
		view.Title = v.T("desk.company_title", "company", company.Name)
		if view.Side, err = p.side(v, &company); err != nil {
			return err
		}
	}
	if alertID := v.Request.FormValue("alert"); alertID != "" {
		a, err := p.Alerts.Get(ctx, id, alertID)
		if err != nil {
			return err
		}
		view.AlertID, view.AlertURL = a.ID, p.Root+"/cases/"+id+"/"+a.ID
		view.Alert = v.T("desk.about_alert", "what", p.Families.Title(a.Family, v.Texts.Lang()), "n", ja.CaseNumber(a.Case))
	}
	if one := v.Request.FormValue("application"); one != "" && view.Stranger {
		a, _, _, err := p.Contracts.Application(ctx, one)
		if err != nil {
			return err
		}
		view.Application, view.ApplicationURL = a.ID, p.Root+"/applications/"+a.ID
	}
	view.Fields = noteFields(v, view.Stranger, view.Side.People)
	if fault != nil {
		fault(view.Fields)
		view.Faults, view.Path = view.Fields.Faults(), view.Action
	}
	return p.company.Render(w, status(view.Faults), view)
}

// side gathers what is known of a company.
func (p *Pages) side(v *ui.Visit, c *tenant.Company) (s side, err error) {
	ctx, now, lang := v.Request.Context(), p.Clock.Now(), v.Texts.Lang()
	s = side{Company: c.Name, URL: p.Root + "/companies/" + c.ID, Passphrase: c.Passphrase}
	people, err := p.Companies.People(ctx, c.ID)
	if err != nil {
		return s, err
	}
	for _, one := range people {
		s.People = append(s.People, pair{one.Name, one.Email})
	}
	signed, err := p.Contracts.Contracts(ctx, c.ID)
	if err != nil {
		return s, err
	}
	for i := range signed {
		s.Contract = append(s.Contract, pair{v.T(contractKey+string(signed[i].State)) + " " + signed[i].Number, v.T("desk.contact", "name", signed[i].Form.Contact, "phone", signed[i].Form.Phone)})
	}
	boxes, err := p.Boxes.Boxes(ctx, c.ID)
	if err != nil {
		return s, err
	}
	for i := range boxes {
		if boxes[i].Returned.IsZero() {
			s.Boxes = append(s.Boxes, box(v, &boxes[i], now))
		}
	}
	alerts, err := p.Alerts.List(ctx, c.ID, alert.Filter{NotClosed: true, Stars: alert.Medium, Limit: maxAlerts})
	if err != nil {
		return s, err
	}
	for i := range alerts {
		a := &alerts[i]
		s.Alerts = append(s.Alerts, alertLine{p.Families.Title(a.Family, lang), p.Root + "/cases/" + c.ID + "/" + a.ID, ja.CaseNumber(a.Case), ui.NewStars(v.Texts, a.Stars)})
	}
	before, err := p.Desk.Tickets(ctx, c.ID)
	for i := range before {
		t := &before[i]
		s.Before = append(s.Before, row{URL: p.Root + "/desk/ticket/" + t.TenantID + "/" + t.ID, Subject: t.Subject, Who: t.Name, When: ja.Short(t.Opened, lang), Number: t.Number, State: p.lamp(v.Texts, t.State), Channel: v.T(channelKey + string(t.Channel))})
	}
	return s, err
}

func box(v *ui.Visit, b *device.Box, now time.Time) boxLine {
	l := boxLine{Name: b.Label(), Seen: v.T("common.never"), State: ui.State{Tone: ui.Good, Text: v.T("console.fleet_ok")}}
	if !b.LastSeen.IsZero() {
		l.Seen = v.T("common.ago", "span", ja.Span(now.Sub(b.LastSeen), v.Texts.Lang()))
	}
	switch {
	case now.Sub(b.LastSeen) > silentAfter:
		l.State = ui.State{Tone: ui.Alarm, Text: v.T("console.fleet_silent")}
	case !b.Protecting:
		l.State = ui.State{Tone: ui.Alarm, Text: v.T("console.fleet_off")}
	}
	return l
}

// note keeps what was said on the telephone.
func (p *Pages) note(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id, value := v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PostFormValue
	company, err := p.Companies.CompanyByID(ctx, id)
	if err != nil {
		return err
	}
	t := desk.Ticket{Channel: desk.Phone, Topic: value("topic"), Name: value("who"), Phone: value("phone"), Company: value("company"), Email: value("email"), BoxID: value("box"), Application: value("application"), Lang: string(company.Lang)}
	if alertID := value("alert"); alertID != "" {
		a, err := p.Alerts.Get(ctx, id, alertID)
		if err != nil {
			return err
		}
		t.AlertID, t.Urgent = a.ID, a.Stars >= alert.High
	}
	people, err := p.Companies.People(ctx, id)
	if err != nil {
		return err
	}
	for _, one := range people {
		if id != tenant.House && one.Name == t.Name {
			t.PersonID, t.Email = one.ID, one.Email
		}
	}
	t, err = p.Desk.Open(ctx, id, v.PersonID, t, desk.Said{Text: value("text")})
	if field, why := wrong(v.Texts, err); why != "" {
		return p.showCompany(w, v, func(f ui.Form) { f.Fault(field, why) })
	}
	if err != nil {
		return err
	}
	me := p.me(v)
	if answer := strings.TrimSpace(value("answer")); answer != "" {
		if err := p.Desk.Jot(ctx, id, t.ID, me, answer, true); err != nil {
			return err
		}
	}
	if value("do") == "close" {
		if err := p.Desk.Close(ctx, id, t.ID, v.PersonID, v.T("desk.note_closed")); err != nil {
			return err
		}
		return ui.To(w, v.Request, p.Root+"/desk?said=closed")
	}
	return ui.To(w, v.Request, p.Root+"/desk/ticket/"+id+"/"+t.ID+"?said=noted")
}

// me is who is logged in, as customers know them.
func (p *Pages) me(v *ui.Visit) tenant.Person {
	me, err := p.Companies.PersonByID(v.Request.Context(), v.TenantID, v.PersonID)
	if err != nil {
		return tenant.Person{ID: v.PersonID}
	}
	return me
}

type ticketView struct {
	ui.Base
	State                       ui.State
	Number, Channel, Topic, Due string
	Late, Urgent, Open, Write   bool
	Escalated, Closed, Rated    string
	Reach                       []pair
	Links                       []pair // label and address
	Told                        []pair
	Lines                       []line
	URL, AnswerTo               string
	Ready                       []ui.Choice
	Answer                      string
	Public                      []pair // name and address of the page
	Faults                      []ui.Field
	Whose                       whose
	CanMove, CanMoveBack        bool
	OnWay                       string
}

func (p *Pages) ticketPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showTicket(w, v, "", nil)
}

// showTicket is one matter with what there is to do; answer is what was typed so far.
func (p *Pages) showTicket(w http.ResponseWriter, v *ui.Visit, answer string, faults []ui.Field) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("tenant")
	t, all, err := p.Desk.Ticket(ctx, id, v.Request.PathValue("ticket"), true)
	if err != nil {
		return err
	}
	if t.MovedTo != "" {
		if gone, err := p.gone(w, v, &t); gone || err != nil {
			return err
		}
	}
	if err := p.look(v, id); err != nil {
		return err
	}
	base, err := p.Begin(v, "desk.queue_title", "/desk")
	if err != nil {
		return err
	}
	lang := v.Texts.Lang()
	base.Title, base.Flash = t.Subject, flash(v)
	view := ticketView{Base: base, State: p.lamp(v.Texts, t.State), Number: t.Number, Channel: v.T(channelKey + string(t.Channel)), Topic: v.T(topicKey + cmp.Or(t.Topic, desk.TopicOther)), Urgent: t.Urgent, Open: t.State != desk.Closed, Write: v.Role.May(tenant.MayWrite),
		Told: told(v.Texts, &t.Told), URL: p.Root + "/desk/ticket/" + id + "/" + t.ID, Answer: answer, Faults: faults, AnswerTo: v.T("desk.answer_portal")}
	view.Due, view.Late = p.due(v, &t, p.Clock.Now())
	view.Lines = p.lines(v, &t, all, view.URL)
	if t.Email != "" {
		view.AnswerTo = v.T("desk.answer_mail", "email", t.Email)
	}
	if t.Escalated != "" {
		view.Escalated = v.T("desk.escalated", "to", t.Escalated)
	}
	if t.State == desk.Closed {
		view.Closed, view.Late = v.T("desk.closed_why", "reason", t.Reason), false
	}
	if t.Face != 0 {
		view.Rated = strings.TrimSpace(v.T("desk.rated", "face", v.T(fmt.Sprint(faceKey, t.Face))) + " " + t.Word)
	}
	if err := errors.Join(p.around(v, &t, &view), p.hands(v, &t, &view)); err != nil {
		return err
	}
	view.Ready = []ui.Choice{{Label: v.T("desk.ready_none")}}
	for _, a := range p.Book.Answers {
		view.Ready = append(view.Ready, ui.Choice{Value: a.ID, Label: a.Title.In(lang)})
	}
	for i := range p.Book.Desks {
		view.Public = append(view.Public, pair{p.Book.Desks[i].Name.In(lang), view.URL + "/to/" + p.Book.Desks[i].ID})
	}
	if len(faults) > 0 || v.Request.Method == http.MethodPost {
		view.Path = view.URL
	}
	return p.ticket.Render(w, status(faults), view)
}

// around is who asked, and where to look further.
func (p *Pages) around(v *ui.Visit, t *desk.Ticket, view *ticketView) error {
	ctx := v.Request.Context()
	owner := cmp.Or(t.Company, v.T("desk.new_one"))
	if t.TenantID != tenant.House {
		company, err := p.Companies.CompanyByID(ctx, t.TenantID)
		if err != nil {
			return err
		}
		owner = company.Name
		view.Reach = append(view.Reach, pair{v.T("console.phrase"), company.Passphrase})
		view.Links = append(view.Links, pair{v.T("desk.see_company"), p.Root + "/desk/company/" + t.TenantID})
		if v.Role.May(tenant.MayWrite) {
			view.Links = append(view.Links, pair{v.T("dispatch.button"), p.Root + "/visits/" + t.TenantID + "/ask?ticket=" + t.ID + "&alert=" + t.AlertID})
		}
	}
	who := cmp.Or(t.Name, v.T("desk.someone"))
	if t.ByAddress {
		who += " " + v.T("desk.by_address", "address", t.Email)
	}
	view.Reach = append([]pair{{v.T("desk.note_company"), owner}, {v.T("desk.reach_who"), who}}, view.Reach...)
	for _, f := range []pair{{v.T("desk.reach_phone"), t.Phone}, {v.T("desk.reach_mail"), t.Email}} {
		if f.Value != "" {
			view.Reach = append(view.Reach, f)
		}
	}
	if t.AlertID != "" {
		a, err := p.Alerts.Get(ctx, t.TenantID, t.AlertID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			view.Links = append(view.Links, pair{v.T("desk.see_alert", "n", ja.CaseNumber(a.Case)), p.Root + "/cases/" + t.TenantID + "/" + a.ID})
		}
	}
	if t.Application != "" {
		view.Links = append(view.Links, pair{v.T("desk.see_application"), p.Root + "/applications/" + t.Application})
	}
	return nil
}

// act does one thing with a ticket and goes back to it.
func (p *Pages) act(verb string) func(http.ResponseWriter, *ui.Visit) error {
	return func(w http.ResponseWriter, v *ui.Visit) error {
		ctx, tenantID, id, value := v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("ticket"), v.Request.PostFormValue
		var err error
		said, field, needs := "noted", verb, "desk.needs_text"
		switch verb {
		case "answer":
			if value("do") == "put" {
				return p.showTicket(w, v, p.put(v, value("answer"), value("ready")), nil)
			}
			said = "sent"
			err = p.Desk.Answer(ctx, tenantID, id, p.me(v), value("answer"), value("do") == "ask")
		case "jot":
			err = p.Desk.Jot(ctx, tenantID, id, p.me(v), value("note"), value("spoken") != "")
			field = "note"
		case "close":
			said, field, needs = "closed", "reason", "desk.needs_reason"
			err = p.Desk.Close(ctx, tenantID, id, v.PersonID, value("reason"))
		case "escalate":
			said = "escalated"
			err = p.Desk.Escalate(ctx, tenantID, id, v.PersonID, value("note"))
		case "assign":
			said = "assigned"
			err = p.Desk.Assign(ctx, tenantID, id, p.me(v), value("from"), value("to"))
		}
		switch {
		case errors.Is(err, desk.ErrEmpty):
			return p.showTicket(w, v, value("answer"), []ui.Field{{ID: field, Error: v.T(needs)}})
		case errors.Is(err, desk.ErrHeld):
			said, err = "held", nil
		case desk.Late(err):
			said, err = "state", nil
		}
		if err != nil {
			return err
		}
		return ui.To(w, v.Request, p.Root+"/desk/ticket/"+tenantID+"/"+id+"?said="+said)
	}
}

// put adds a ready text, in the language of who reads it, to what was typed.
func (p *Pages) put(v *ui.Visit, typed, ready string) string {
	lang := v.Texts.Lang()
	if t, _, err := p.Desk.Ticket(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("ticket"), false); err == nil && t.Lang != "" {
		lang = t.Lang
	}
	for _, a := range p.Book.Answers {
		if a.ID == ready {
			return strings.TrimLeft(strings.TrimRight(typed, "\n ")+"\n\n", "\n ") + strings.TrimSpace(a.Text.In(lang)) + "\n"
		}
	}
	return typed
}

func (p *Pages) theirFile(w http.ResponseWriter, v *ui.Visit) error {
	tenantID := v.Request.PathValue("tenant")
	if err := p.look(v, tenantID); err != nil {
		return err
	}
	return p.serve(w, v, tenantID)
}
