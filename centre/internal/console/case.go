package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// maxText bounds notes and reasons, in characters.
const maxText = 1500

type caseView struct {
	ui.Base
	X         knowledge.Explained
	Badge     ui.Stars
	State     string
	Next      string
	Left      string
	Late      bool
	Open      bool // not closed
	Takeable  bool
	CanNote   bool
	Closed    string
	Action    string // URL without the verb
	Spread    string // asks how far it went; "" where it is not known which device
	Discovery string // where it can be stopped for all; "" for who may not
	History   []knowledge.Line
	Told      []toldRow
	ToldAt    string // when the first mail will go, where it waits for long
	SidePanel panel
	Steps     *cases.Steps // the playbook; nil without one
	Likes     *cases.Likes // what was seen before; nil where nobody looks it up
}

// toldRow is one mail that the customer was sent.
type toldRow struct {
	Text, Error string
	State       ui.State
}

func (c *console) casePage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, tenantID, id := v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("alert")
	a, err := c.Alerts.Get(ctx, tenantID, id)
	if err != nil {
		return err
	}
	if err := c.look(v, tenantID, "view.alert", id, v.T("console.why_case", "n", a.Case)); err != nil {
		return err
	}
	changes, err := c.Alerts.History(ctx, tenantID, id)
	if err != nil {
		return err
	}
	mails, err := c.Mails.Deliveries(ctx, tenantID, id)
	if err != nil {
		return err
	}
	side, people, err := c.panel(v, tenantID, id, maxBeside)
	if err != nil {
		return err
	}
	open, err := c.Alerts.List(ctx, tenantID, alert.Filter{NotClosed: true, Stars: alert.High})
	if err != nil {
		return err
	}
	now, lang := c.Clock.Now(), v.Texts.Lang()
	x := c.Knowledge.Explain(&a, lang, now)
	c.Knowledge.Spread(&x, &a, open)
	view := caseView{Base: c.begin(v, "console.queue_title", "/"), X: x, Badge: ui.NewStars(v.Texts, a.Stars), State: stateWord(v, &a),
		Open: a.State != alert.Closed, Takeable: a.State == alert.Open && c.Desk != nil, CanNote: c.Desk != nil, Action: c.root + "/cases/" + tenantID + "/" + id,
		SidePanel: side, Closed: a.Reason}
	view.Title = v.T("console.alert_title", "n", x.Case) + " " + side.Company
	if a.DeviceID != "" {
		view.Spread = view.Action + "/spread"
	}
	if c.Discoveries && v.Role.May(tenant.MayWrite) {
		view.Discovery = view.Action + "/discovery"
	}
	view.Left, view.Late = due(v, x.Due, now)
	view.Next = next(v, &a, view.Late)
	view.Flash = flash(v, map[string]ui.Flash{
		"took": {Text: "console.ack_done"}, "noted": {Text: "console.note_done"}, "escalated": {Text: "console.escalate_done"}, "closed": {Text: "console.close_done"}, "ticked": {Text: "cases.said_ticked"},
		"nonote": {Text: "console.note_needs", Bad: true}, "nowhom": {Text: "console.escalate_needs", Bad: true}, "noreason": {Text: "console.close_needs", Bad: true}, "already": {Text: "portal.alert_closed_now", Bad: true},
	})
	byID := map[string]string{}
	for _, p := range people {
		byID[p.ID] = p.Name
	}
	view.History = c.Knowledge.History(changes, byID, lang)
	if c.Similar != nil {
		if view.Likes, err = c.Similar.Of(v, c.root, &a); err != nil {
			return err
		}
	}
	if c.Guide != nil {
		to := cases.Links{Traffic: c.root + "/companies/" + tenantID + "/traffic?why=" + url.QueryEscape(v.T("cases.why_traffic", "n", a.Case)), Ring: side.CallURL, Visit: side.VisitURL}
		if view.Steps, err = c.Guide.Of(v, c.root, &a, changes, to); err != nil {
			return err
		}
	}
	for _, d := range mails {
		view.Told = append(view.Told, toldLine(v, d, byID[d.PersonID]))
	}
	if wait := a.Notify.Sub(now); len(mails) == 0 && wait > soon && a.State != alert.Closed {
		view.ToldAt = v.T("console.told_later", "when", ja.Short(a.Notify, lang))
	}
	return c.Show(w, c.oneCase, view)
}

// soon is a wait for a mail that nobody asks about.
const soon = 5 * time.Minute

func toldLine(v *ui.Visit, d notify.Delivery, name string) toldRow {
	at := d.Tried
	if !d.Sent.IsZero() {
		at = d.Sent
	}
	if name == "" {
		name = d.Email
	}
	row := toldRow{Text: v.T("console.told_mail", "time", ja.Short(at, v.Texts.Lang()), "who", name, "subject", d.Subject), Error: d.Error}
	switch d.State {
	case notify.StateSent:
		row.State, row.Error = ui.State{Tone: ui.Good, Text: v.T("console.mail_sent")}, ""
	case notify.StateBounced:
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("console.mail_bounced")}
	case notify.StateUnsure:
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("console.mail_unsure")}
	default:
		row.State = ui.State{Tone: ui.Care, Text: v.T("console.mail_sending")}
	}
	return row
}

// act runs one action on a case and goes back to it.
func (c *console) act(w http.ResponseWriter, v *ui.Visit, said string, do func(tenantID, id string) error) error {
	tenantID, id := v.Request.PathValue("tenant"), v.Request.PathValue("alert")
	switch err := do(tenantID, id); {
	case errors.Is(err, errNoText):
		said = map[string]string{"noted": "nonote", "escalated": "nowhom", "closed": "noreason"}[said]
	case errors.Is(err, alert.ErrClosed):
		said = "already"
	case err != nil:
		return err
	}
	return c.back(w, v, "/cases/"+tenantID+"/"+id+"?said="+said)
}

// errNoText: a field that is needed is empty.
var errNoText = errors.New("console: text is missing")

// typed reads a text that somebody of the staff wrote.
func typed(v *ui.Visit, field string) (string, error) {
	s := strings.TrimSpace(strings.ToValidUTF8(v.Request.PostFormValue(field), "?"))
	if s == "" {
		return "", errNoText
	}
	if utf8.RuneCountInString(s) > maxText {
		return "", ui.ErrBadInput
	}
	return s, nil
}

func (c *console) take(w http.ResponseWriter, v *ui.Visit) error {
	return c.act(w, v, "took", func(tenantID, id string) error {
		return c.Desk.Take(v.Request.Context(), tenantID, id, v.PersonID)
	})
}

func (c *console) note(w http.ResponseWriter, v *ui.Visit) error {
	return c.act(w, v, "noted", func(tenantID, id string) error {
		note, err := typed(v, "note")
		if err != nil {
			return err
		}
		return c.Desk.Note(v.Request.Context(), tenantID, id, v.PersonID, note)
	})
}

func (c *console) close(w http.ResponseWriter, v *ui.Visit) error {
	return c.act(w, v, "closed", func(tenantID, id string) error {
		reason, err := typed(v, "reason")
		if err != nil {
			return err
		}
		return c.Alerts.CloseAs(v.Request.Context(), tenantID, id, v.PersonID, outcome(v), reason)
	})
}

// outcome is what a case is said to have been; who does not say so may close it too.
func outcome(v *ui.Visit) alert.Outcome {
	was := alert.Outcome(v.Request.PostFormValue("was"))
	if was != alert.OutcomeHandled && was != alert.OutcomeHarmless {
		return alert.OutcomeUnsaid
	}
	return was
}

// escalate writes down who else works on a case now. Words that staff do not type
// are in the language of the customer, who reads them.
func (c *console) escalate(w http.ResponseWriter, v *ui.Visit) error {
	return c.act(w, v, "escalated", func(tenantID, id string) error {
		note, err := typed(v, "note")
		if err != nil {
			return err
		}
		t, err := c.customers(v, tenantID)
		if err != nil {
			return err
		}
		return c.Desk.Note(v.Request.Context(), tenantID, id, v.PersonID, t.T("console.escalate_note", "note", note))
	})
}

// misfire closes a case that was none.
func (c *console) misfire(w http.ResponseWriter, v *ui.Visit) error {
	return c.act(w, v, "closed", func(tenantID, id string) error {
		note, err := typed(v, "note")
		if err != nil && !errors.Is(err, errNoText) {
			return err
		}
		t, err := c.customers(v, tenantID)
		if err != nil {
			return err
		}
		reason := strings.TrimSpace(t.T("console.false_reason") + " " + note)
		if err := c.Misfires.Mark(v.Request.Context(), tenantID, id); err != nil {
			return err
		}
		return c.Alerts.CloseAs(v.Request.Context(), tenantID, id, v.PersonID, alert.OutcomeMisfire, reason)
	})
}

// customers is the language of a company.
func (c *console) customers(v *ui.Visit, tenantID string) (text.Texts, error) {
	company, err := c.Companies.CompanyByID(v.Request.Context(), tenantID)
	return c.Config.Texts.In(string(company.Lang)), err
}

// panel is everything about a company that one needs during a call.
type panel struct {
	Company, Passphrase string
	CompanyURL          string
	CallURL             string // where a call is noted; "" without a desk
	VisitURL            string // where a vendor is sent; "" for who may not
	Contacts            []contact
	Boxes               []boxRow
	Cases               []caseRow
	More                string // that there are more cases, "" when there are not
}

type contact struct{ Name, Email, Role string }

type caseRow struct {
	Stars     ui.Stars
	What, URL string
	Device    string
	State     string
}

// Open cases of a company: on its page, and beside a case, where two handfuls
// would hide the rest.
const (
	maxCases  = 100
	maxBeside = 5
)

func (c *console) panel(v *ui.Visit, tenantID, without string, limit int) (panel, []tenant.Person, error) {
	ctx, now := v.Request.Context(), c.Clock.Now()
	var p panel
	company, err := c.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return p, nil, err
	}
	people, err := c.Companies.People(ctx, tenantID)
	if err != nil {
		return p, nil, err
	}
	boxes, err := c.Devices.Boxes(ctx, tenantID)
	if err != nil {
		return p, nil, err
	}
	open, err := c.Alerts.List(ctx, tenantID, alert.Filter{NotClosed: true, Stars: alert.Medium, Limit: maxCases + 1})
	if err != nil {
		return p, nil, err
	}
	p.Company, p.Passphrase, p.CompanyURL = company.Name, company.Passphrase, c.root+"/companies/"+tenantID
	if c.Calls && v.Role.May(tenant.MayWrite) {
		if p.CallURL = c.root + "/desk/company/" + tenantID; without != "" {
			p.CallURL += "?alert=" + without
		}
	}
	if c.Visits && v.Role.May(tenant.MayWrite) {
		if p.VisitURL = c.root + "/visits/" + tenantID + "/ask"; without != "" {
			p.VisitURL += "?alert=" + without
		}
	}
	for _, one := range people {
		role := map[tenant.Role]string{tenant.RoleOwner: "console.role_owner", tenant.RoleMember: "console.role_member"}[one.Role]
		if role == "" {
			role = "console.role_readonly"
		}
		p.Contacts = append(p.Contacts, contact{Name: one.Name, Email: one.Email, Role: v.T(role)})
	}
	for i := range boxes {
		if boxes[i].Returned.IsZero() {
			p.Boxes = append(p.Boxes, boxLine(v, "", &boxes[i], now))
		}
	}
	open = slices.DeleteFunc(open, func(a alert.Alert) bool { return a.ID == without })
	slices.SortStableFunc(open, func(a, b alert.Alert) int { return int(b.Stars) - int(a.Stars) })
	if more := len(open) - limit; more > 0 {
		p.More, open = v.T("console.open_more", "n", more), open[:limit]
	}
	for i := range open {
		p.Cases = append(p.Cases, caseRow{Stars: ui.NewStars(v.Texts, open[i].Stars), What: c.Knowledge.Title(open[i].Family, v.Texts.Lang()),
			State: stateWord(v, &open[i]), Device: deviceOf(&open[i]), URL: c.root + "/cases/" + tenantID + "/" + open[i].ID})
	}
	return p, people, nil
}
