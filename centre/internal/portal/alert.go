package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// maxNote bounds what is typed beside an answer, in characters.
const maxNote = 1000

type alertView struct {
	ui.Base
	X          knowledge.Explained
	Badge      ui.Stars
	State      string
	Help       string
	Answered   string // "" without an answer
	Closed     string // "" while it is open
	CanAnswer  bool
	Answers    []answerButton
	AnswerURL  string
	SpreadURL  string // "" where it is not known which device
	ConsultURL string
	History    []knowledge.Line
	Blocked    []string // what may have been blocked wrongly; nil when this person may not say so
	WrongURL   string
}

type answerButton struct{ Value, Label string }

// answers in the order of the buttons.
func answers(t interface{ T(string, ...any) string }) []answerButton {
	return []answerButton{
		{string(alert.AnswerDone), t.T("alert.answer_done")},
		{string(alert.AnswerExpected), t.T("alert.answer_expected")},
		{string(alert.AnswerCall), t.T("alert.answer_call")},
	}
}

func (p *portal) alertPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("alert")
	a, err := p.Alerts.Get(ctx, v.TenantID, id)
	if err != nil {
		return err
	}
	changes, err := p.Alerts.History(ctx, v.TenantID, id)
	if err != nil {
		return err
	}
	people, err := p.Companies.People(ctx, v.TenantID)
	if err != nil {
		return err
	}
	base, err := p.begin(v, "portal.alerts_title", "/alerts")
	if err != nil {
		return err
	}
	open, err := p.Alerts.List(ctx, v.TenantID, alert.Filter{NotClosed: true, Stars: alert.High})
	if err != nil {
		return err
	}
	x := p.Knowledge.Explain(&a, v.Texts.Lang(), p.Clock.Now())
	p.Knowledge.Spread(&x, &a, open)
	base.Title = x.What
	base.Flash = flash(v, map[string]ui.Flash{
		"thanks": {Text: "portal.alert_thanks"}, "closed": {Text: "portal.alert_closed_now", Bad: true},
	})
	view := alertView{Base: base, X: x, Badge: ui.NewStars(v.Texts, a.Stars), State: x.State,
		Help:      v.T("alert.help", "phone", p.Phone, "hours", base.Hours, "case", x.Case),
		CanAnswer: a.State != alert.Closed && !x.NothingToDo && v.Role != tenant.RoleReadonly, Answers: answers(v),
		AnswerURL: p.root + "/alerts/" + a.ID + "/answer", History: p.Knowledge.History(changes, names(people), v.Texts.Lang())}
	if a.DeviceID != "" {
		view.SpreadURL = p.root + "/alerts/" + a.ID + "/spread"
	}
	if v.Role != tenant.RoleReadonly {
		view.Blocked, view.WrongURL = stoppable(&a), p.root+"/alerts/"+a.ID+"/wrong"
	}
	if p.Consult && v.Role != tenant.RoleReadonly {
		view.ConsultURL = p.root + "/desk/new?alert=" + a.ID
	}
	if a.Answer != alert.AnswerNone {
		view.Answered = v.T("portal.alert_answered", "answer", x.Answer)
	}
	if a.State == alert.Closed { // nobody is to pull a cable for what is over
		view.X.NothingToDo, view.X.Do, view.X.Danger = true, v.T("portal.alert_over"), v.T("portal.alert_over_danger")
		view.X.DueText, view.X.Steps = "", nil
		view.Closed = v.T("portal.alert_closed", "reason", a.Reason)
	}
	view.PasskeyOffer = false // what is to be done comes first
	return p.Show(w, p.alert, view)
}

// names maps ids to names.
func names(people []tenant.Person) map[string]string {
	m := make(map[string]string, len(people))
	for _, person := range people {
		m[person.ID] = person.Name
	}
	return m
}

// answer takes the buttons of the alert page.
func (p *portal) answer(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("alert")
	said, note, err := readAnswer(v.Request.PostFormValue("answer"), v.Request.PostFormValue("note"))
	if err != nil {
		return err
	}
	err = p.Alerts.Answer(v.Request.Context(), v.TenantID, id, v.PersonID, said, note)
	if errors.Is(err, alert.ErrClosed) {
		return p.back(w, v, "/alerts/"+id+"?said=closed")
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/alerts/"+id+"?said=thanks")
}

func readAnswer(answer, note string) (alert.Answer, string, error) {
	a := alert.Answer(answer)
	if !slices.Contains([]alert.Answer{alert.AnswerDone, alert.AnswerExpected, alert.AnswerCall}, a) {
		return "", "", ui.ErrBadInput
	}
	note = strings.TrimSpace(strings.ToValidUTF8(note, "?"))
	if r := []rune(note); len(r) > maxNote {
		note = string(r[:maxNote])
	}
	return a, note, nil
}
