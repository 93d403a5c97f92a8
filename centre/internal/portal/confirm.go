package portal

import (
	"context"
	"errors"
	"net/http"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// confirmView asks before an answer from a mail is sent.
type confirmView struct {
	ui.Base
	Lead, What, Case, Button, Action string
}

// saidView says what became of it.
type saidView struct {
	ui.Base
	Message, What string
}

// subject is the alert behind a link, as the person who got the mail reads it.
type subject struct {
	link   tenant.Link
	answer alert.Answer
	base   ui.Base
	what   string
	number string
}

// errLinkGone stands for every link that cannot be used.
var errLinkGone = errors.New("portal: link cannot be used")

// askPage shows what would be sent. It changes nothing.
func (p *portal) askPage(w http.ResponseWriter, r *http.Request) {
	p.withLink(w, r, func(s *subject) error {
		view := confirmView{Base: s.base, Lead: s.base.T("portal.confirm_lead"), What: s.what, Case: s.number, Action: r.URL.Path}
		for _, b := range answers(s.base) {
			if b.Value == string(s.answer) {
				view.Button = s.base.T("portal.confirm_button", "answer", b.Label)
			}
		}
		view.Title = view.T("portal.confirm_title")
		return p.confirm.Render(w, http.StatusOK, view)
	})
}

// answerPage sends the answer and uses the link up, both or neither.
func (p *portal) answerPage(w http.ResponseWriter, r *http.Request) {
	p.withLink(w, r, func(s *subject) error {
		_, note, err := readAnswer(string(s.answer), r.PostFormValue("note"))
		if err != nil {
			return err
		}
		err = p.Store.Write(r.Context(), s.link.TenantID, func(tx *store.Tx) error {
			if _, err := p.Links.SpendActionLink(tx, r.PathValue("token")); err != nil {
				return err
			}
			return p.Alerts.AnswerTx(tx, s.link.AlertID, s.link.PersonID, s.answer, note)
		})
		if errors.Is(err, alert.ErrClosed) {
			return p.say(w, s.base, http.StatusOK, "portal.confirm_done_title", "portal.alert_closed_now", s.what)
		}
		if err != nil {
			return err
		}
		message := map[alert.Answer]string{alert.AnswerDone: "portal.confirm_done_done",
			alert.AnswerExpected: "portal.confirm_done_expected", alert.AnswerCall: "portal.confirm_done_call"}[s.answer]
		return p.say(w, s.base, http.StatusOK, "portal.confirm_done_title", message, s.what)
	})
}

func (p *portal) say(w http.ResponseWriter, base ui.Base, status int, title, message, what string) error {
	base.Title = base.T(title)
	return p.said.Render(w, status, saidView{Base: base, Message: base.T(message), What: what})
}

// withLink finds what a link is about and answers for links that cannot be used.
// The address holds a secret, so it is not passed on to other pages.
func (p *portal) withLink(w http.ResponseWriter, r *http.Request, do func(*subject) error) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex")
	s, err := p.subject(r.Context(), r)
	if err == nil {
		err = do(s)
	}
	base := p.Base(r, p.Gate.Texts(r), "")
	switch {
	case err == nil:
		return
	case errors.Is(err, tenant.ErrLinkUsed):
		err = p.say(w, base, http.StatusOK, "portal.confirm_done_title", "portal.confirm_used", "")
	case errors.Is(err, errLinkGone), errors.Is(err, store.ErrNotFound), errors.Is(err, tenant.ErrLinkExpired):
		err = p.say(w, base, http.StatusNotFound, "portal.confirm_expired_title", "portal.confirm_expired", "")
	}
	if err != nil {
		p.Fail(w, r, err)
	}
}

func (p *portal) subject(ctx context.Context, r *http.Request) (*subject, error) {
	said, _, err := readAnswer(r.PathValue("answer"), "")
	if err != nil {
		return nil, errLinkGone
	}
	link, err := p.Links.ActionLink(ctx, r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	a, err := p.Alerts.Get(ctx, link.TenantID, link.AlertID)
	if err != nil {
		return nil, err
	}
	people, err := p.Companies.People(ctx, link.TenantID)
	if err != nil {
		return nil, err
	}
	company, err := p.Companies.CompanyByID(ctx, link.TenantID)
	if err != nil {
		return nil, err
	}
	lang := ""
	for _, person := range people {
		if person.ID == link.PersonID {
			lang = string(person.Lang)
		}
	}
	t := p.Config.Texts.In(ui.Language(r, lang))
	x := p.Knowledge.Explain(&a, t.Lang(), p.Clock.Now())
	s := &subject{link: link, answer: said, base: p.Base(r, t, ""), what: x.What, number: x.Case}
	s.base.Owner = company.Name
	return s, nil
}
