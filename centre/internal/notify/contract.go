package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/contract/printed"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Contracts finds what a job is about; contract.Service is one.
type Contracts interface {
	Application(ctx context.Context, id string) (contract.Application, []contract.Step, []contract.Application, error)
	Contract(ctx context.Context, tenantID, id string) (contract.Contract, []contract.Step, []contract.Member, error)
	NewToken(ctx context.Context, id string) (token string, err error)
}

// stepKey is the key of the words of a mail about a step.
const stepKey = "apply.mail_"

// HandleContract does one job about a step of an application or a contract: it tells the one who applied,
// those of the company who look after it, or the desk. An error means: try again.
func (n *Notifier) HandleContract(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args contract.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	key := stepKey + string(args.State)
	switch {
	case args.State == contract.Withdrawn && args.Note == contract.NoteRemind:
		key = stepKey + "late" // nobody wanted it; the paper never came
	case args.Note != "" && args.State != contract.Withdrawn:
		key = stepKey + args.Note
	}
	var err error
	if tenantID == tenant.House {
		err = n.tellApplication(ctx, args, key)
	} else {
		err = n.tellContract(ctx, tenantID, args, key)
	}
	if errors.Is(err, store.ErrNotFound) {
		n.cfg.Log.Warn("step to tell of is gone", "id", args.ID)
		return nil
	}
	return err
}

func (n *Notifier) tellApplication(ctx context.Context, args contract.TellArgs, key string) error {
	a, _, _, err := n.cfg.Contracts.Application(ctx, args.ID)
	if err != nil {
		return fmt.Errorf("notify: application: %w", err)
	}
	if args.Staff {
		return n.tellDesk(ctx, &a, args)
	}
	token, err := n.cfg.Contracts.NewToken(ctx, a.ID)
	if err != nil {
		return fmt.Errorf("notify: application: %w", err)
	}
	t := n.cfg.Knowledge.Texts(ja.Lang(a.Form.Lang))
	p := tenant.Person{ID: Applicant, Name: a.Form.Contact, Email: a.Form.Email}
	v := n.stepPage(t, &a.Form, key, a.Number, args)
	v.Next, v.Link = t.T("apply.mail_page"), n.cfg.BaseURL+"/apply/"+token
	return n.sendLogin(ctx, &p, v, t.T(key+"_subject", "number", a.Number, "day", ""), fmt.Sprintf("application.%s.%s%s.%d", a.ID, args.State, args.Note, a.Moved.UnixMicro()))
}

// Applicant is whose mails they are before there is a person.
const Applicant = contract.Applicant

// stepPage is what a mail about a step says.
func (n *Notifier) stepPage(t text.Texts, f *contract.Form, key, number string, args contract.TellArgs) loginPage {
	v := loginPage{Texts: t, Greeting: t.T("apply.mail_to", "company", oneLine(f.Company, mail.MaxName), "name", oneLine(f.Contact, mail.MaxName)) + "\n\n" + t.T("mail.passphrase") + ": " + f.Passphrase,
		Lead: t.T(key), Facts: []string{t.T("apply.mail_number", "number", number)}, Help: t.T("apply.mail_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	switch {
	case args.Why == "":
	case args.State == contract.Shipped:
		v.Facts = append(v.Facts, t.T("apply.mail_parcel", "parcel", printed.Parcel(args.Why, t)))
	default:
		v.Facts = append(v.Facts, t.T("apply.mail_why", "why", args.Why))
	}
	return v
}

// tellDesk leaves a job for each of the staff who should look, and sends one.
func (n *Notifier) tellDesk(ctx context.Context, a *contract.Application, args contract.TellArgs) error {
	people, err := n.cfg.Companies.People(ctx, tenant.House)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
			for _, p := range workers(people) {
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: contract.KindTell, Args: one, Unique: fmt.Sprint(a.ID, " ", args.State, " ", p.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range people {
		if p := &people[i]; p.ID == args.Person {
			t := n.cfg.Knowledge.Texts(string(p.Lang))
			key := stepKey + "staff_" + string(args.State)
			v := loginPage{Texts: t, Greeting: oneLine(a.Form.Company, mail.MaxName), Lead: t.T(key), Facts: []string{t.T("apply.mail_number", "number", a.Number)}, Next: t.T("apply.mail_staff_page"), Link: n.cfg.Console + "/applications/" + a.ID}
			return n.sendLogin(ctx, p, v, t.T(key+"_subject", "company", oneLine(a.Form.Company, mail.MaxName)), fmt.Sprintf("staff.%s.%s.%d", a.ID, args.State, a.Moved.UnixMicro()))
		}
	}
	return nil // who has left need not know
}

// tellContract tells the owners of a company; while nobody has taken up the invitation, the one who applied.
func (n *Notifier) tellContract(ctx context.Context, tenantID string, args contract.TellArgs, key string) error {
	c, _, _, err := n.cfg.Contracts.Contract(ctx, tenantID, args.ID)
	if err != nil {
		return fmt.Errorf("notify: contract: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	var to []tenant.Person
	for _, p := range people {
		if p.Role.May(tenant.MayManage) {
			to = append(to, p)
		}
	}
	if len(to) == 0 {
		to = []tenant.Person{{ID: Applicant, Name: c.Form.Contact, Email: c.Form.Email, Lang: tenant.Lang(ja.Lang(c.Form.Lang))}}
	}
	if args.Person == "" && len(to) > 1 {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range to {
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: contract.KindTell, Args: one, Unique: fmt.Sprint(c.ID, " ", args.State, args.Note, " ", p.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range to {
		p := &to[i]
		if args.Person != "" && p.ID != args.Person {
			continue
		}
		t := n.cfg.Knowledge.Texts(ja.Lang(string(p.Lang)))
		day := ""
		if !c.Ends.IsZero() {
			day = ja.Date(c.Ends.Add(-time.Second), t.Lang())
		}
		v := n.stepPage(t, &c.Form, key, c.Number, args)
		v.Lead = t.T(key, "day", day)
		v.Next, v.Link = t.T("apply.mail_portal"), n.cfg.BaseURL+"/contract"
		return n.sendLogin(ctx, p, v, t.T(key+"_subject", "number", c.Number, "day", day), fmt.Sprintf("contract.%s.%s%s.%d", c.ID, args.State, args.Note, c.Moved.UnixMicro()))
	}
	return nil
}
