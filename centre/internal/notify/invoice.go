package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/printed"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Invoices finds what a job is about; billing.Service is one.
type Invoices interface {
	Get(ctx context.Context, number string) (billing.Invoice, []billing.Event, []billing.Invoice, error)
	ToPay(ctx context.Context, number string) (int, error)
	AccountOf(ctx context.Context, companyID string) (billing.Account, error)
}

// billKey is the key of the words of a mail about an invoice.
const billKey = "bill.mail_"

// HandleInvoice tells the owners of a company of an invoice; while nobody has taken up the invitation, the one who applied. Each gets a job
// of their own, so that one mail that fails sends no other twice. An error means: try again.
func (n *Notifier) HandleInvoice(ctx context.Context, _ string, raw json.RawMessage) error {
	var args billing.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	inv, log, _, err := n.cfg.Invoices.Get(ctx, args.Number)
	if errors.Is(err, store.ErrNotFound) {
		n.cfg.Log.Warn("invoice to tell of is gone", "number", args.Number)
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: invoice: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, inv.CompanyID)
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
		to = []tenant.Person{{ID: Applicant, Name: inv.To.Contact, Email: inv.To.Email, Lang: tenant.Lang(ja.Lang(inv.To.Lang))}}
	}
	if args.Person == "" && len(to) > 1 {
		return n.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
			for _, p := range to {
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: billing.KindTell, Args: one, Unique: fmt.Sprint(args.Number, " ", args.Note, " ", p.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range to {
		if p := &to[i]; args.Person == "" || p.ID == args.Person {
			return n.sendInvoice(ctx, p, &inv, len(log), args.Note)
		}
	}
	return nil // who has left need not know
}

// sendInvoice sends one mail; events is the length of the log, by which a second reissue is another mail.
func (n *Notifier) sendInvoice(ctx context.Context, p *tenant.Person, inv *billing.Invoice, events int, note string) error {
	company, err := n.cfg.Companies.CompanyByID(ctx, inv.CompanyID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	t := n.cfg.Knowledge.Texts(ja.Lang(string(p.Lang)))
	month := printed.MonthName(inv.Month, t.Lang())
	left, err := n.cfg.Invoices.ToPay(ctx, inv.Number)
	if err != nil {
		return fmt.Errorf("notify: invoice: %w", err)
	}
	asks := note == billing.NoteRemind || note == billing.NoteAgain
	if asks && (!inv.Open() || left <= 0) {
		return nil // it was paid while the mail waited
	}
	v := loginPage{Texts: t, Greeting: t.T("apply.mail_to", "company", oneLine(inv.To.Company, mail.MaxName), "name", oneLine(p.Name, mail.MaxName)) + "\n\n" + t.T("mail.passphrase") + ": " + company.Passphrase, Lead: t.T(billKey+note, "month", month),
		Facts: []string{t.T("bill.mail_number", "number", inv.Number), amount(t, inv.Total)},
		Next:  t.T("bill.mail_page"), Link: n.cfg.BaseURL + "/invoices/" + inv.Number, Help: t.T("apply.mail_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	if left > 0 && left != inv.Total && inv.Open() {
		v.Facts = append(v.Facts, t.T("bill.owed", "yen", ja.Number(left)))
	}
	if inv.Total > 0 && inv.Open() {
		due, err := time.ParseInLocation(time.DateOnly, inv.Due, ja.Zone)
		if err != nil {
			return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
		}
		account, err := n.cfg.Invoices.AccountOf(ctx, inv.CompanyID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("notify: account: %w", err)
		}
		v.Facts = append(v.Facts, t.T("bill.mail_due", "day", ja.Date(due, t.Lang())))
		switch {
		case account.Bank != "" && !asks:
			v.Facts = append(v.Facts, t.T("bill.mail_debit"))
		case inv.From.Bank != "":
			v.Facts = append(v.Facts, t.T("bill.mail_bank", "bank", inv.From.Bank))
		}
	}
	return n.sendLogin(ctx, p, v, t.T(billKey+note+"_subject", "month", month, "number", inv.Number), fmt.Sprintf("invoice.%s.%s.%d", inv.Number, note, events))
}

// amount of an invoice; what a correction takes off is said in words, not by a sign.
func amount(t text.Texts, yen int) string {
	if yen < 0 {
		return t.T("bill.mail_off", "yen", ja.Number(-yen))
	}
	return t.T("bill.mail_total", "yen", ja.Number(yen))
}
