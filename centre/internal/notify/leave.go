package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/export"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// Exports finds the export that a job names; export.Service is one.
type Exports interface {
	Get(ctx context.Context, tenantID, id string) (export.Export, error)
}

// Erasures finds the deletion that a job names; erase.Service is one.
type Erasures interface {
	Get(ctx context.Context, id string) (erase.Erasure, error)
}

// eraseKey is of the words for what becomes of a company, which follows.
const eraseKey = "erase.mail_"

// HandleExport tells who asked for an export that it can be fetched. The mail has no key in it: its page wants a login.
func (n *Notifier) HandleExport(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args export.Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	e, err := n.cfg.Exports.Get(ctx, tenantID, args.Export)
	if errors.Is(err, store.ErrNotFound) {
		return nil // too late
	}
	if err != nil {
		return fmt.Errorf("notify: export: %w", err)
	}
	return n.toPeople(ctx, tenantID, func(p *tenant.Person) bool { return p.ID == e.By }, func(company *tenant.Company, p *tenant.Person) error {
		t := n.cfg.Knowledge.Texts(string(p.Lang))
		v := n.loginPage(company, t)
		v.Lead = t.T("export.mail_lead")
		v.Facts = []string{t.T("export.mail_until", "time", ja.Long(e.Until(), t.Lang()))}
		v.Next, v.Link = t.T("export.mail_next"), n.cfg.BaseURL+"/export"
		return n.sendLogin(ctx, p, v, t.T("export.mail_subject"), "export."+e.ID)
	})
}

// HandleErasure tells a company's owners that it is to be deleted, or not any more.
func (n *Notifier) HandleErasure(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args erase.Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	e, err := n.cfg.Erasures.Get(ctx, args.Erasure)
	if err != nil {
		return fmt.Errorf("notify: deletion: %w", err)
	}
	what := "asked"
	switch e.State {
	case erase.Cancelled:
		what = "cancelled"
	case erase.Waiting:
	default:
		return nil // they get the certificate
	}
	return n.toPeople(ctx, tenantID, func(p *tenant.Person) bool { return p.Role == tenant.RoleOwner }, func(company *tenant.Company, p *tenant.Person) error {
		t := n.cfg.Knowledge.Texts(string(p.Lang))
		v := n.loginPage(company, t)
		v.Lead = t.T(eraseKey+what+"_lead", "company", company.Name, "time", ja.Long(e.Due, t.Lang()))
		if e.State == erase.Waiting {
			v.Facts = []string{t.T("erase.mail_asked_what"), t.T("erase.mail_asked_stop", "phone", n.cfg.Phone)}
			v.Next, v.Link = t.T("erase.mail_asked_next"), n.cfg.BaseURL+"/export"
		}
		return n.sendLogin(ctx, p, v, t.T(eraseKey+what+"_subject", "company", oneLine(company.Name, mail.MaxName)), "erase."+what+"."+e.ID)
	})
}

// toPeople does something for those of a company whom it concerns. A second try may tell somebody twice: the mails have
// the same Message-ID.
func (n *Notifier) toPeople(ctx context.Context, tenantID string, whom func(*tenant.Person) bool, do func(*tenant.Company, *tenant.Person) error) error {
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	for i := range people {
		if whom(&people[i]) {
			err = errors.Join(err, do(&company, &people[i]))
		}
	}
	return err
}

// HandleCertificate mails the certificate of a deletion to somebody who was an owner.
func (n *Notifier) HandleCertificate(ctx context.Context, _ string, raw json.RawMessage) error {
	var args erase.Args
	if err := json.Unmarshal(raw, &args); err != nil || args.Person == nil {
		return fmt.Errorf("%w: notify: certificate without a person: %w", job.ErrGiveUp, err)
	}
	e, err := n.cfg.Erasures.Get(ctx, args.Erasure)
	if err != nil {
		return fmt.Errorf("notify: certificate: %w", err)
	}
	t := n.cfg.Knowledge.Texts(args.Person.Lang)
	p := tenant.Person{ID: "owner", Name: args.Person.Name, Email: args.Person.Email}
	v := loginPage{Texts: t, Greeting: t.T("mail.to_company", "company", e.Name), Lead: t.T("erase.mail_done_lead"),
		Facts: append([]string{t.T("erase.mail_done_keep"), ""}, strings.Split(strings.TrimSuffix(e.Certificate, "\n"), "\n")...),
		Help:  t.T("mail.login_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	return n.sendLogin(ctx, &p, v, t.T("erase.mail_done_subject", "company", oneLine(e.Name, mail.MaxName)), "erase.done."+e.ID)
}
