package bill

import (
	"net/http"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/ui"
)

// Customers are a company's own invoices, for the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "bill.nav", Path: "/invoices", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /invoices", p.listPage)
		r.Page(ui.Reader, "GET /invoices/csv", p.allCSV)
		r.Page(ui.Reader, "GET /invoices/{invoice}", p.ownPage)
		r.Page(ui.Reader, "GET /invoices/{invoice}/csv", p.ownCSV)
		if p.Paper != nil {
			r.Page(ui.Reader, "GET /invoices/{invoice}/pdf", p.ownPDF)
		}
		return nil
	}}
}

type listView struct {
	ui.Base
	Rows []row
	CSV  string
}

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "bill.title", "/invoices")
	if err != nil {
		return err
	}
	all, err := p.Of(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := listView{Base: base, CSV: p.Root + "/invoices/csv"}
	for i := range all {
		view.Rows = append(view.Rows, p.row(v.Texts, "/invoices/", &all[i]))
	}
	return p.list.Render(w, http.StatusOK, view)
}

// own is the invoice of the address, if it is the company's.
func (p *pages) own(v *ui.Visit) (billing.Invoice, []billing.Event, []billing.Invoice, error) {
	return p.OfCompany(v.Request.Context(), v.TenantID, v.Request.PathValue("invoice"))
}

func (p *pages) ownPage(w http.ResponseWriter, v *ui.Visit) error {
	i, log, chain, err := p.own(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "bill.title", "/invoices")
	if err != nil {
		return err
	}
	left, err := p.ToPay(v.Request.Context(), i.Number)
	if err != nil {
		return err
	}
	view := invoiceView{Base: base, Doc: p.document(v.Texts, &i, log, chain, left), List: p.Root + "/invoices", CSV: p.Root + "/invoices/" + i.Number + "/csv"}
	view.Title = view.Doc.Title + " " + i.Number
	if p.Paper != nil {
		view.PDF = p.Root + "/invoices/" + i.Number + "/pdf"
	}
	return p.invoice.Render(w, http.StatusOK, view)
}

func (p *pages) ownPDF(w http.ResponseWriter, v *ui.Visit) error {
	i, log, _, err := p.own(v)
	if err != nil {
		return err
	}
	return p.print(w, v, &i, log)
}

func (p *pages) ownCSV(w http.ResponseWriter, v *ui.Visit) error {
	i, _, _, err := p.own(v)
	if err != nil {
		return err
	}
	return writeCSV(w, v.Texts, "invoice-"+i.Number+".csv", []billing.Invoice{i})
}

// allCSV is all that a company has been invoiced.
func (p *pages) allCSV(w http.ResponseWriter, v *ui.Visit) error {
	all, err := p.Of(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	return writeCSV(w, v.Texts, "invoices.csv", all)
}
