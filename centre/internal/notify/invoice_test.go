package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/zengin"
)

var _ Invoices = (*billing.Service)(nil)

// ledger has one invoice and its correction.
type ledger struct {
	chain []billing.Invoice
	bank  string
}

func (l ledger) Get(_ context.Context, number string) (billing.Invoice, []billing.Event, []billing.Invoice, error) {
	for _, i := range l.chain {
		if i.Number == number {
			return i, make([]billing.Event, 1), l.chain, nil
		}
	}
	return billing.Invoice{}, nil, nil, store.ErrNotFound
}

func (l ledger) ToPay(context.Context, string) (int, error) {
	return l.chain[0].Total + l.chain[1].Total, nil
}

func (l ledger) AccountOf(context.Context, string) (billing.Account, error) {
	if l.bank == "" {
		return billing.Account{}, store.ErrNotFound
	}
	return billing.Account{Account: zengin.Account{Bank: l.bank}}, nil
}

// Owners are told of an invoice, once each, in their language, with the passphrase by which our mails are known: it asks for money.
func TestInvoiceMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		if _, err := d.people.AddPerson(t.Context(), "test", tenant.Person{TenantID: d.id, Email: "boss@sato.example.jp", Name: "Boss", Role: tenant.RoleOwner, Lang: tenant.English}); err != nil {
			t.Fatal(err)
		}
		inv := billing.Invoice{Number: "2027-000001", CompanyID: d.id, Month: "2026-12", Due: "2027-01-27", Total: 8250, From: billing.Provider{Bank: "みなと銀行\n普通 1234567"},
			To: billing.Party{Company: "佐藤製作所", Contact: "佐藤", Email: "hanako@sato.example"}, Lines: []rule.Line{{Kind: rule.Other, Yen: 8250, Rate: 10}}}
		less := inv
		less.Number, less.Corrects, less.Total = "2027-000002", inv.Number, -1650
		books := ledger{chain: []billing.Invoice{inv, less}}
		d.cfg.Invoices = books
		do := func(args billing.TellArgs) {
			t.Helper()
			raw, err := json.Marshal(args)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.HandleInvoice(t.Context(), tenant.House, raw); err != nil {
				t.Fatal(err)
			}
		}
		do(billing.TellArgs{Number: inv.Number, Note: billing.NoteMade})
		var waiting []string
		if err := d.cfg.Store.Read(t.Context(), tenant.House, func(tx *store.Tx) (err error) {
			waiting, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, billing.KindTell))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
			return err
		}); err != nil || len(waiting) != 2 {
			t.Fatalf("%v, %v", waiting, err)
		}
		for _, raw := range waiting {
			if err := d.HandleInvoice(t.Context(), tenant.House, json.RawMessage(raw)); err != nil {
				t.Fatal(err)
			}
		}
		owner, boss := d.post.to("owner@sato.example.jp"), d.post.to("boss@sato.example.jp")
		if len(owner) != 1 || len(boss) != 1 || len(d.post.to("hanako@sato.example.jp")) != 0 {
			t.Fatalf("%d and %d mails", len(owner), len(boss))
		}
		if m := owner[0]; m.Subject != "【ご請求】2026年12月分の請求書（2027-000001）" {
			t.Error(m.Subject)
		}
		for _, want := range []string{"みかん山", "8,250円", "2027年1月27日", "みなと銀行", "https://portal.example.jp/invoices/2027-000001", "050-1234-5678"} {
			if !strings.Contains(owner[0].Text, want) {
				t.Errorf("no %q in\n%s", want, owner[0].Text)
			}
		}
		if !strings.Contains(boss[0].Text, "Your invoice for December 2026 is ready") {
			t.Error(boss[0].Text)
		}
		// A reminder asks for what is left, and says that protection goes on; who has an account is not asked for a transfer.
		people, err := d.people.People(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if p.Email == "owner@sato.example.jp" {
				do(billing.TellArgs{Number: inv.Number, Note: billing.NoteRemind, Person: p.ID})
				books.bank = "0005"
				d.cfg.Invoices = books
				do(billing.TellArgs{Number: inv.Number, Note: billing.NoteReissued, Person: p.ID})
			}
		}
		// A mail server was away, and it was paid meanwhile: nobody is asked for money.
		paid := books
		paid.chain = []billing.Invoice{inv, less}
		paid.chain[0].Paid = billing.Paid{Day: "2027-01-28", How: billing.ByHand}
		d.cfg.Invoices = paid
		for _, p := range people {
			for _, note := range []string{billing.NoteRemind, billing.NoteAgain} {
				do(billing.TellArgs{Number: inv.Number, Note: note, Person: p.ID})
			}
		}
		owner = d.post.to("owner@sato.example.jp")
		if len(owner) != 3 || !strings.Contains(owner[1].Text, "6,600円") || !strings.Contains(owner[1].Text, "見守りは、これまでどおり続いています") {
			t.Fatalf("%+v", owner)
		}
		if last := owner[2].Text; !strings.Contains(last, "引き落とします") || strings.Contains(last, "みなと銀行") {
			t.Error(last)
		}
		do(billing.TellArgs{Number: "2027-000009", Note: billing.NoteMade}) // gone
		do(billing.TellArgs{Number: inv.Number, Note: billing.NoteMade, Person: "left"})
		if n := len(d.post.mails); n != 4 {
			t.Errorf("%d mails", n)
		}
		if err := d.HandleInvoice(t.Context(), tenant.House, json.RawMessage(`{`)); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Error("broken arguments")
		}
	})
}
