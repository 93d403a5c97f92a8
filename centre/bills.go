package centre

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui/bill"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/paper"
	"otasuke/internal/sheet"
	"otasuke/internal/zengin"
)

// TransferConfig is who collects from customers' accounts, as the contract with the bank says it.
type TransferConfig struct {
	Consignor  string `toml:"consignor"`   // 委託者コード, 10 digits; "" collects nothing
	Name       string `toml:"name"`        // 委託者名, kana
	Bank       string `toml:"bank"`        // 4 digits
	BankName   string `toml:"bank_name"`   // kana
	Branch     string `toml:"branch"`      // 3 digits
	BranchName string `toml:"branch_name"` // kana
	Kind       string `toml:"kind"`        // "1" 普通 (default), "2" 当座
	Number     string `toml:"number"`      // 7 digits
}

// provider is who issues invoices.
func (c *Config) provider() (p billing.Provider, err error) {
	s := &c.Service
	p = billing.Provider{Name: cmp.Or(s.Issuer, c.Name), Address: s.Address, Phone: c.Phone, Bank: strings.TrimSpace(s.BankAccount)}
	if s.InvoiceNumber == "" {
		return p, nil
	}
	if p.Number, err = entry.InvoiceNumber(s.InvoiceNumber, !s.SoleProprietor); err != nil {
		return p, fmt.Errorf("%w: service.invoice_number %q: %w", ErrConfig, s.InvoiceNumber, err)
	}
	if s.Address == "" {
		return p, fmt.Errorf("%w: service.address is missing: it stands on invoices", ErrConfig)
	}
	return p, nil
}

// collector is who collects from accounts; a file that cannot be written with it is found now and not on the day.
func (c *Config) collector() (h zengin.Header, err error) {
	t := c.Service.Transfer
	if t == (TransferConfig{}) {
		return h, nil
	}
	h = zengin.Header{Consignor: t.Consignor, Day: "0101", Account: zengin.Account{Bank: t.Bank, Branch: t.Branch, Kind: cmp.Or(t.Kind, zengin.Ordinary), Number: t.Number}}
	for _, f := range []struct {
		key, value string
		size       int
		to         *string
	}{{"name", t.Name, zengin.CompanyName, &h.Name}, {"bank_name", t.BankName, zengin.BankName, &h.Account.BankName}, {"branch_name", t.BranchName, zengin.BranchName, &h.Account.BranchName}} {
		if f.value == "" && f.key != "name" {
			continue
		}
		if *f.to, err = zengin.Kana(f.value, f.size); err != nil {
			return h, fmt.Errorf("%w: service.transfer.%s: %w", ErrConfig, f.key, err)
		}
	}
	if _, err := zengin.Encode(&zengin.File{Header: h}, false); err != nil {
		return h, fmt.Errorf("%w: service.transfer: %w", ErrConfig, err)
	}
	return h, nil
}

// bills are the pages about money.
func (c *Centre) bills() bill.Config {
	cfg := bill.Config{Service: c.billing, On: c.billing.Provider.Number != "", Debits: c.billing.Collector.Consignor != "", Companies: c.tenants.Companies, Names: c.tenants.NamesOf, Offers: c.contracts.Offers}
	if c.press != nil {
		cfg.Paper = c.press
	}
	return cfg
}

// openBooks makes the service of invoices.
func (c *Centre) openBooks() error {
	provider, err := c.cfg.provider()
	if err != nil {
		return err
	}
	collector, err := c.cfg.collector()
	if err != nil {
		return err
	}
	days, err := c.cfg.deskBook()
	if err != nil {
		return err
	}
	c.billing = billing.New(billing.Config{Store: c.store, Contracts: c.contracts, Provider: provider, Collector: collector, Banks: days.OnBankDay, Log: c.cfg.Log})
	return nil
}

// books puts a company's invoices and its account into the file that it takes along: as a list, and each on paper as it was issued.
func (c *Centre) books(ctx context.Context, companyID string, t text.Texts, press *paper.Press, put func(name string, data []byte) error) error {
	all, err := c.billing.Of(ctx, companyID)
	if err != nil {
		return err
	}
	heads := func(names ...string) []string {
		for i := range names {
			names[i] = t.T("export.col_" + names[i])
		}
		return names
	}
	var list, account bytes.Buffer
	w := sheet.New(&list, heads("number", "issued", "for_month", "due", "total", "tax", "corrects", "paid", "issuer", "issuer_number")...)
	for i := range all {
		inv, tax := &all[i], 0
		for _, s := range inv.Sums {
			tax += s.Tax
		}
		w.Row(inv.Number, inv.Day, inv.Month, inv.Due, strconv.Itoa(inv.Total), strconv.Itoa(tax), inv.Corrects, inv.Paid.Day, inv.From.Name, inv.From.Number)
	}
	if err := errors.Join(w.Close(), put("csv/invoices.csv", list.Bytes())); err != nil {
		return err
	}
	switch a, err := c.billing.AccountOf(ctx, companyID); {
	case err == nil:
		w := sheet.New(&account, heads("bank", "branch", "account_kind", "account", "holder")...)
		w.Row(a.Bank+" "+a.BankName, a.Branch+" "+a.BranchName, a.Kind, a.Number, a.Holder)
		if err := errors.Join(w.Close(), put("csv/account.csv", account.Bytes())); err != nil {
			return err
		}
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if press == nil {
		return nil
	}
	for i := range all {
		inv, log, _, err := c.billing.OfCompany(ctx, companyID, all[i].Number)
		if err != nil {
			return err
		}
		pdf, err := press.Print(ctx, printed.Invoice(&inv, log, t))
		if err == nil {
			err = put("invoices/"+inv.Number+".pdf", pdf)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
