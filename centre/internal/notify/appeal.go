package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	texttemplate "text/template"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

var appealMail = texttemplate.Must(texttemplate.New("appeal.txt").ParseFS(templates, "appeal.txt"))

// HandleAppeal does one job about a request: the first finds out who is told and leaves one
// for each, which sends one mail. An error means: try again.
func (n *Notifier) HandleAppeal(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args appeal.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	a, err := n.cfg.Appeals.Request(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		n.cfg.Log.Warn("request to tell of is gone", "request", args.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: request %s: %w", args.ID, err)
	}
	home := tenant.House
	if args.Answer {
		home = tenantID
	}
	people, err := n.cfg.Companies.People(ctx, home)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person != "" {
		return n.tellAppeal(ctx, &a, args, people)
	}
	return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		for _, p := range concerned(people, &a, args.Answer) {
			one := args
			one.Person = p.ID
			if err := job.Enqueue(tx, job.Job{Kind: appeal.KindTell, Args: one, Unique: fmt.Sprint(a.ID, " ", p.ID, " ", args.Answer)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// concerned are the people who are told.
func concerned(people []tenant.Person, a *appeal.Appeal, answer bool) (who []tenant.Person) {
	for _, p := range people {
		if p.Mails && p.Role.May(tenant.MayRead) || answer && (p.Role == tenant.RoleOwner || p.ID == a.PersonID) {
			who = append(who, p)
		}
	}
	if len(who) == 0 && !answer {
		return workers(people) // a request that nobody hears of is worse than mails to all
	}
	return who
}

// tellAppeal sends one mail, unless it need not be sent any more.
func (n *Notifier) tellAppeal(ctx context.Context, a *appeal.Appeal, args appeal.TellArgs, people []tenant.Person) error {
	if !args.Answer && a.State != appeal.Open {
		return nil
	}
	for _, p := range people {
		if p.ID != args.Person {
			continue
		}
		company, err := n.cfg.Companies.CompanyByID(ctx, a.TenantID)
		if err != nil {
			return fmt.Errorf("notify: company: %w", err)
		}
		m, err := n.renderAppeal(a, args.Answer, p, company)
		if err == nil {
			err = n.cfg.Sender.Send(ctx, m)
		}
		if errors.Is(err, mail.ErrPermanent) || errors.Is(err, mail.ErrMessage) {
			n.cfg.Log.Error("mail about a request refused", "tenant", a.TenantID, "request", a.ID, "person", p.ID, "error", err)
			return nil
		}
		return err
	}
	return nil
}

// appealPage is what the template shows.
type appealPage struct {
	text.Texts
	Greeting, Lead, What, Answer, Next, Link, Help string
	Facts                                          []string
}

func (n *Notifier) renderAppeal(a *appeal.Appeal, answer bool, p tenant.Person, company tenant.Company) (mail.Message, error) {
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	// With its dots as they are, mail programs would make a link of a site that may be bad.
	what := strings.ReplaceAll(oneLine(a.What, mail.MaxName), ".", "[.]")
	v := appealPage{Texts: t, What: what}
	key, id := "mail.appeal_asked", "asked"
	if answer {
		key, id = "mail.appeal_"+string(a.State), "answer"
		v.Greeting = t.T("mail.to_company", "company", company.Name) + "\n\n" + t.T("mail.passphrase") + ": " + company.Passphrase
		v.Answer, v.Next, v.Link = a.Answer, t.T("mail.portal"), n.cfg.BaseURL+"/requests"
		v.Help = t.T("mail.appeal_help", "phone", n.cfg.Phone, "hours", n.hours(t))
	} else {
		v.Greeting = t.T("mail.appeal_staff", "company", oneLine(company.Name, mail.MaxName))
		v.Next, v.Link = t.T("mail.appeal_console"), n.cfg.Console+"/requests"
		for _, f := range []struct{ key, value string }{{"mail.appeal_device", a.Device}, {"mail.appeal_list", strings.Trim(a.List+" / "+a.Category, " /")}, {"mail.appeal_note", a.Note}} {
			if f.value != "" {
				v.Facts = append(v.Facts, t.T(f.key, "value", oneLine(f.value, appeal.MaxNote)))
			}
		}
		if why := a.Why(); why != "" {
			v.Facts = append(v.Facts, t.T("mail.appeal_reason", "value", t.T(why)))
		}
	}
	v.Lead = t.T(key)
	m := mail.Message{To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, Date: n.cfg.Clock.Now(),
		ID: strings.ToLower(a.ID) + "." + p.ID + "." + id + "@" + n.cfg.Domain, Subject: oneLine(t.T(key+"_subject", "what", what, "company", company.Name), mail.MaxSubject)}
	var plain strings.Builder
	if err := appealMail.Execute(&plain, v); err != nil {
		return m, err
	}
	m.Text = plain.String()
	return m, nil
}
