package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// Surveys finds what a job is about; survey.Service is one.
type Surveys interface {
	AskedByID(ctx context.Context, tenantID, id string) (survey.Asked, error)
}

// surveyKey is the key of the words of a mail about a questionnaire.
const surveyKey = "survey.mail_"

// HandleSurvey tells the owners of a company of a questionnaire that another asks them to answer. An error means: try again.
func (n *Notifier) HandleSurvey(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args survey.Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	a, err := n.cfg.Surveys.AskedByID(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || !a.Answered.IsZero() || !a.Closed.IsZero() {
		return err
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for i := range people {
				if p := &people[i]; p.Role.May(tenant.MayManage) {
					one := args
					one.Person = p.ID
					if err := job.Enqueue(tx, job.Job{Kind: survey.KindTell, Args: one, Unique: fmt.Sprint(args.ID, " ", args.At, " ", p.ID)}); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	for i := range people {
		p := &people[i]
		if p.ID != args.Person {
			continue
		}
		t := n.cfg.Knowledge.Texts(ja.Lang(string(p.Lang)))
		asker := oneLine(a.AskerName, mail.MaxName)
		v := n.loginPage(&company, t)
		v.Lead = t.T(surveyKey+args.Note, "company", asker)
		v.Facts = []string{t.T("survey.mail_title", "title", a.Title), t.T("survey.mail_due", "day", ja.Date(a.Due.Add(-time.Second), t.Lang())), t.T("survey.mail_count", "n", len(a.Questions))}
		v.Next, v.Link = t.T("survey.mail_page"), n.cfg.BaseURL+"/surveys/"+a.ID
		return n.sendLogin(ctx, p, v, t.T(surveyKey+args.Note+"_subject", "company", asker), fmt.Sprintf("survey.%s.%s.%d", a.ID, args.Note, args.At))
	}
	return nil // who has left need not know
}
