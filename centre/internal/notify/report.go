package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

var (
	reportMail = texttemplate.Must(texttemplate.New("report.txt").ParseFS(templates, "report.txt"))
	reportHTML = htmltemplate.Must(htmltemplate.New("report.html").ParseFS(templates, "report.html"))
)

type reportPage struct {
	text.Texts
	Lang, Subject, Company, Passphrase, Compared, Todo, Case, Link, Help string
	Say, Notes                                                           []string
}

// HandleReport mails a company's monthly report to one person, once.
func (n *Notifier) HandleReport(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args report.Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	f, err := n.cfg.Reports.Get(ctx, tenantID, args.Month)
	if err != nil {
		return fmt.Errorf("notify: report %s: %w", args.Month, err)
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	for _, p := range people {
		if p.ID == args.Person {
			return n.sendReport(ctx, f, company, p)
		}
	}
	return nil // left the company since
}

func (n *Notifier) sendReport(ctx context.Context, f *report.Figures, c tenant.Company, p tenant.Person) error {
	var wanted bool
	err := n.cfg.Store.Write(ctx, c.ID, func(tx *store.Tx) (err error) {
		wanted, err = report.Begin(tx, f.Month, p.ID)
		return err
	})
	if err != nil || !wanted {
		return err
	}
	m, sent := n.renderReport(f, c, p)
	if sent == nil {
		sent = n.cfg.Sender.Send(ctx, m)
	}
	how := report.Sent
	switch {
	case errors.Is(sent, mail.ErrPermanent), errors.Is(sent, mail.ErrMessage):
		n.cfg.Log.Error("mail of a report refused", "tenant", c.ID, "month", f.Month, "person", p.ID, "error", sent)
		how, sent = report.Refused, nil
	case sent != nil:
		how = report.Waiting
	}
	// The answer of the server counts even when we are being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return errors.Join(sent, n.cfg.Store.Write(ctx, c.ID, func(tx *store.Tx) error { return report.End(tx, f.Month, p.ID, how) }))
}

func (n *Notifier) renderReport(f *report.Figures, c tenant.Company, p tenant.Person) (mail.Message, error) {
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	v := reportPage{Texts: t, Company: c.Name, Passphrase: c.Passphrase, Compared: f.Compared(t), Link: n.cfg.BaseURL + "/reports/" + f.Month}
	v.Help = t.T("mail.appeal_help", "phone", n.cfg.Phone, "hours", n.hours(t))
	v.Say, v.Notes = f.Sentences(t)
	// What asks something of the reader is in the subject already.
	say := v.Say[len(v.Say)-1]
	if x := f.Todo; x != nil {
		v.Case = ja.CaseNumber(x.Case)
		v.Todo = t.T("report.todo_device", "device", x.Device, "what", n.cfg.Knowledge.Title(x.Family, t.Lang()))
	}
	m := mail.Message{To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, Date: n.cfg.Clock.Now(),
		ID:      fmt.Sprintf("report.%s.%s.%s@%s", f.Month, c.ID, p.ID, n.cfg.Domain),
		Subject: oneLine(t.T("report.subject", "month", report.MonthName(f.Month, t.Lang()), "say", say), mail.MaxSubject)}
	v.Lang, v.Subject = t.Lang(), m.Subject
	var plain, html strings.Builder
	if err := errors.Join(reportMail.Execute(&plain, v), reportHTML.Execute(&html, v)); err != nil {
		return m, err
	}
	m.Text, m.HTML = plain.String(), html.String()
	return m, nil
}
