package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	texttemplate "text/template"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

var withdrawnMail = texttemplate.Must(texttemplate.New("withdrawn.txt").ParseFS(templates, "withdrawn.txt"))

// Misfires knows which alerts nobody is to be told of for now; misfire.Service is one.
type Misfires interface {
	Silent(ctx context.Context, tenantID, alertID string) (bool, error)
}

// silent says whether an alert comes from rules that are held.
func (n *Notifier) silent(ctx context.Context, a *alert.Alert) (bool, error) {
	if n.cfg.Misfires == nil {
		return false, nil
	}
	quiet, err := n.cfg.Misfires.Silent(ctx, a.TenantID, a.ID)
	if err != nil || !quiet {
		return false, err
	}
	n.cfg.Log.Warn("nobody is told of an alert: its rule is held", "tenant", a.TenantID, "alert", a.ID)
	return true, nil
}

// HandleWithdrawn tells who had a mail about an alert that there was none: a job of its own for each
// person.
func (n *Notifier) HandleWithdrawn(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args misfire.WithdrawnArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	told, err := n.Deliveries(ctx, tenantID, args.Alert)
	if err != nil {
		return err
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	people = slices.DeleteFunc(people, func(p tenant.Person) bool { return len(sent(told, p.ID)) == 0 })
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range people {
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: misfire.KindWithdrawn, Args: one, Unique: "withdrawn " + args.Alert + " " + p.ID}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, p := range people {
		if p.ID == args.Person {
			return n.tellWithdrawn(ctx, tenantID, &args, p, sent(told, p.ID))
		}
	}
	return nil
}

func (n *Notifier) tellWithdrawn(ctx context.Context, tenantID string, args *misfire.WithdrawnArgs, p tenant.Person, thread []string) error {
	a, err := n.cfg.Alerts.Get(ctx, tenantID, args.Alert)
	if err != nil {
		return fmt.Errorf("notify: alert %s: %w", args.Alert, err)
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	m, err := n.renderWithdrawn(&a, args.Reason, p, company, thread)
	if err == nil {
		err = n.cfg.Sender.Send(ctx, m)
	}
	if errors.Is(err, mail.ErrPermanent) || errors.Is(err, mail.ErrMessage) {
		n.cfg.Log.Error("mail about a withdrawn alert refused", "tenant", tenantID, "alert", a.ID, "person", p.ID, "error", err)
		return nil
	}
	return err
}

// sent lists the Message-IDs that a person has got.
func sent(told []Delivery, personID string) (ids []string) {
	for _, d := range told {
		if d.PersonID == personID && (d.State == StateSent || d.State == StateUnsure) {
			ids = append(ids, d.MessageID)
		}
	}
	return ids
}

func (n *Notifier) renderWithdrawn(a *alert.Alert, reason string, p tenant.Person, company tenant.Company, thread []string) (mail.Message, error) {
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	x := n.cfg.Knowledge.Explain(a, string(p.Lang), n.cfg.Clock.Now())
	v := appealPage{Texts: t, What: x.What + "\n" + t.T("mail.case") + ": " + x.Case, Answer: reason, Lead: t.T("mail.withdrawn_lead"), Next: t.T("mail.withdrawn_next"),
		Greeting: t.T("mail.to_company", "company", company.Name) + "\n\n" + t.T("mail.passphrase") + ": " + company.Passphrase,
		Help:     t.T("mail.appeal_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	m := mail.Message{To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, Date: n.cfg.Clock.Now(), References: thread,
		ID: strings.ToLower(a.ID) + "." + p.ID + ".withdrawn@" + n.cfg.Domain, Subject: oneLine(t.T("mail.withdrawn_subject", "what", x.What), mail.MaxSubject)}
	var plain strings.Builder
	if err := withdrawnMail.Execute(&plain, v); err != nil {
		return m, err
	}
	m.Text = plain.String()
	return m, nil
}

// HandleHeld tells the staff of a rule that is held: a job of its own for each person.
func (n *Notifier) HandleHeld(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args misfire.HeldArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	again := func(personID string) job.Job {
		one := args
		one.Person = personID
		return job.Job{Kind: misfire.KindHeld, Args: one, Unique: string(raw) + personID}
	}
	return n.eachOfStaff(ctx, tenantID, args.Person, again, func(p tenant.Person, t text.Texts) error {
		rule := fmt.Sprintf("%s (%d:%d)", args.Msg, args.GID, args.SID)
		v := staffPage{Texts: t, Lead: t.T("mail.held_lead"), Next: t.T("mail.held_next"), Link: n.cfg.Console + "/held",
			Facts: []string{t.T("mail.held_rule", "rule", oneLine(rule, mail.MaxSubject)), t.T("mail.held_companies", "n", args.Companies)}}
		return n.tellStaff(ctx, p, v, t.T("mail.held_subject", "n", args.Companies), fmt.Sprintf("held.%d.%d.%d", args.GID, args.SID, n.cfg.Clock.Now().Unix()))
	})
}

// tellStaff sends one mail to somebody of the staff.
func (n *Notifier) tellStaff(ctx context.Context, p tenant.Person, v staffPage, subject, id string) error {
	var plain strings.Builder
	if err := staffMail.Execute(&plain, v); err != nil {
		return err
	}
	err := n.cfg.Sender.Send(ctx, mail.Message{To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, Date: n.cfg.Clock.Now(),
		ID: id + "." + p.ID + "@" + n.cfg.Domain, Subject: oneLine(subject, mail.MaxSubject), Text: plain.String()})
	if errors.Is(err, mail.ErrPermanent) || errors.Is(err, mail.ErrMessage) {
		n.cfg.Log.Error("mail to the staff refused", "person", p.ID, "error", err)
		return nil
	}
	return err
}
