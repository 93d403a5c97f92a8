package bill

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/printed"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
	"otasuke/internal/sheet"
)

//go:embed *.html
var files embed.FS

//go:embed bill.css
var style []byte

// Service is billing.Service.
type Service interface {
	Of(ctx context.Context, companyID string) ([]billing.Invoice, error)
	OfCompany(ctx context.Context, companyID, number string) (billing.Invoice, []billing.Event, []billing.Invoice, error)
	Get(ctx context.Context, number string) (billing.Invoice, []billing.Event, []billing.Invoice, error)
	ToPay(ctx context.Context, number string) (int, error)
	Find(ctx context.Context, q billing.Search) ([]billing.Invoice, error)
	Tasks(ctx context.Context) ([]billing.Invoice, error)
	MakeNow(ctx context.Context, who, month string) error
	Correct(ctx context.Context, who, number string, c billing.Correction) (string, error)
	Reissue(ctx context.Context, who, number string) error
	PayByHand(ctx context.Context, who, number, day, why string) error
	AccountOf(ctx context.Context, companyID string) (billing.Account, error)
	SetAccount(ctx context.Context, who string, a billing.Account) error
	DropAccount(ctx context.Context, who, companyID string) error
	Collections(ctx context.Context) ([]billing.Collection, error)
	CollectionOn(ctx context.Context, day string) (billing.Collection, error)
	Collect(ctx context.Context, who, day string) error
	BankDay(day time.Time) time.Time
	Cancel(ctx context.Context, who, day string) error
	File(ctx context.Context, who, day string) ([]byte, error)
	TakeResult(ctx context.Context, who, day string, raw []byte) (billing.Told, error)
}

// Paper prints; paper.Press is one.
type Paper interface {
	Print(ctx context.Context, d *paper.Document) ([]byte, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	// Paper may be nil: no PDF is offered then.
	Paper Paper
	// On: the provider's registration number is known, so that invoices are made; Debits: so is who collects.
	On, Debits bool
	// Companies are names by id, and Names those of the staff.
	Companies func(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	Names     func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	// Offers are the price lists, for the staff; nil shows none.
	Offers *offer.Book
	Clock  clock.Clock
}

type pages struct {
	Config
	ui.Host
	list, invoice, desk, transfers, transfer, account *ui.Page
}

// Keys of words that a value chooses.
const (
	stateKey = "bill.state_"
	logKey   = "bill.log_"
	howKey   = "bill.how_"
	codeKey  = "bill.code_"
	kindKey  = "bill.kind_"
	saidKey  = "bill.said_"
	faultKey = "bill.fault_"
	whyKey   = "bill.result_why_"
)

func open(cfg Config, h ui.Host) (*pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	p := &pages{Config: cfg, Host: h}
	for name, page := range map[string]**ui.Page{"list": &p.list, "invoice": &p.invoice, "desk": &p.desk, "transfers": &p.transfers, "transfer": &p.transfer, "account": &p.account} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

var saidWords = []string{"paid", "corrected", "reissued", "making", "account", "off", "collected", "cancelled"}

func flash(v *ui.Visit) *ui.Flash {
	for _, w := range saidWords {
		if v.Request.URL.Query().Get("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// lamp is where an invoice stands.
func (p *pages) lamp(t text.Texts, i *billing.Invoice) ui.State {
	switch {
	case i.Paid.How == billing.ByOffset:
		return ui.State{Tone: ui.Off, Text: t.T(stateKey + "offset")}
	case !i.Open():
		return ui.State{Tone: ui.Good, Text: t.T(stateKey+"paid", "day", printed.Day(i.Paid.Day, t.Lang()))}
	case i.Total < 0:
		return ui.State{Tone: ui.Off, Text: t.T(stateKey + "credit")}
	case i.Late(p.Clock.Now()):
		return ui.State{Tone: ui.Care, Text: t.T(stateKey + "late")}
	}
	return ui.State{Tone: ui.Off, Text: t.T(stateKey + "open")}
}

type row struct {
	URL, Number, Company, Month, Day, Due, Yen, Note string
	State                                            ui.State
}

func (p *pages) row(t text.Texts, root string, i *billing.Invoice) row {
	r := row{URL: p.Root + root + i.Number, Number: i.Number, Company: i.To.Company, Month: printed.MonthName(i.Month, t.Lang()), Day: printed.Day(i.Day, t.Lang()), Yen: printed.Yen(t, i.Total), State: p.lamp(t, i), Due: "—"}
	if i.Total > 0 {
		r.Due = printed.Day(i.Due, t.Lang())
	}
	if i.Corrects != "" {
		r.Note = t.T("bill.doc_correction")
	}
	return r
}

// document is an invoice for its page.
type document struct {
	Number, Title, Reissued, Say        string
	To, ToAddress, Contact              string
	From, Registration, Address, Phone  string
	Month, Day, Due, Total, TotalLabel  string
	Correction, CorrectedBy, Owed, Bank string
	State                               ui.State
	Lines                               []lineRow
	Sums                                []sumRow
}

type lineRow struct{ What, Rate, Yen string }
type sumRow struct{ Rate, Without, Tax, Yen string }

// left is what is to be paid of it now.
func (p *pages) document(t text.Texts, i *billing.Invoice, log []billing.Event, chain []billing.Invoice, left int) document {
	lang := t.Lang()
	d := document{Number: i.Number, Title: printed.Title(i, t), Say: t.T("bill.doc_say"), To: t.T("bill.doc_to", "company", i.To.Company), ToAddress: printed.Postcode(i.To.Postcode) + " " + i.To.Address, From: i.From.Name,
		Registration: t.T("bill.doc_registration", "number", i.From.Number), Address: i.From.Address, Month: printed.MonthName(i.Month, lang), Day: printed.Day(i.Day, lang), Total: printed.Yen(t, i.Total), TotalLabel: t.T("bill.total"), State: p.lamp(t, i)}
	if i.To.Contact != "" {
		d.Contact = t.T("bill.doc_contact", "name", i.To.Contact)
	}
	if i.From.Phone != "" {
		d.Phone = t.T("bill.doc_phone", "phone", i.From.Phone)
	}
	if i.Total > 0 {
		d.Due, d.Bank = printed.Day(i.Due, lang), i.From.Bank
	}
	if i.Total < 0 {
		d.Say, d.TotalLabel = t.T("bill.doc_say_back"), t.T("bill.total_back")
	}
	if at := printed.Reissued(log); !at.IsZero() {
		d.Reissued = t.T("bill.doc_reissued", "day", ja.Date(at, lang))
	}
	if i.Corrects != "" {
		d.Correction = t.T("bill.corrects", "number", i.Corrects, "why", i.Why)
	} else if len(chain) > 1 {
		d.CorrectedBy = t.T("bill.corrected_by", "number", chain[len(chain)-1].Number)
	}
	if i.Open() && left > 0 && left != i.Total {
		d.Owed = t.T("bill.owed", "yen", ja.Number(left))
	}
	for k := range i.Lines {
		d.Lines = append(d.Lines, lineRow{printed.Line(&i.Lines[k], t), strconv.Itoa(i.Lines[k].Rate) + "%", printed.Yen(t, i.Lines[k].Yen)})
	}
	for _, s := range i.Sums {
		d.Sums = append(d.Sums, sumRow{t.T("bill.doc_rate_sum", "rate", s.Rate), printed.Yen(t, s.Without), printed.Yen(t, s.Tax), printed.Yen(t, s.Yen)})
	}
	return d
}

// print sends an invoice as PDF.
func (p *pages) print(w http.ResponseWriter, v *ui.Visit, i *billing.Invoice, log []billing.Event) error {
	pdf, err := p.Paper.Print(v.Request.Context(), printed.Invoice(i, log, v.Texts))
	if err != nil {
		return err
	}
	return send(w, "application/pdf", "invoice-"+i.Number+".pdf", pdf)
}

func send(w http.ResponseWriter, kind, name string, raw []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) // who is gone needs no error page
	return nil
}

// writeCSV writes invoices for spreadsheets and bookkeeping, a row for each line and the sums of its rate beside the first.
func writeCSV(w http.ResponseWriter, t text.Texts, name string, all []billing.Invoice) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	h.Set("Cache-Control", "no-store")
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // by which spreadsheets know UTF-8
		return nil
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write([]string{"number", "corrects", "issued", "due", "month", "issuer", "registration_number", "customer", "line", "line_yen_with_tax", "rate", "sum_without_tax", "sum_tax", "total_with_tax", "paid", "paid_by"})
	for i := range all {
		inv := &all[i]
		for k := range inv.Lines {
			l := &inv.Lines[k]
			sums := []string{"", "", ""}
			for _, s := range inv.Sums {
				if s.Rate == l.Rate && firstOf(inv, k) {
					sums = []string{strconv.Itoa(s.Without), strconv.Itoa(s.Tax), strconv.Itoa(s.Yen)}
				}
			}
			cells := sheet.Safe(inv.Number, inv.Corrects, inv.Day, inv.Due, inv.Month, inv.From.Name, inv.From.Number, inv.To.Company, printed.Line(l, t))
			cells = append(cells, strconv.Itoa(l.Yen), strconv.Itoa(l.Rate)) // amounts may be below zero, which is no formula
			_ = out.Write(append(append(cells, sums...), inv.Paid.Day, inv.Paid.How))
		}
	}
	out.Flush()
	return nil
}

// firstOf says whether a line is the first of its rate.
func firstOf(inv *billing.Invoice, k int) bool {
	for i := range k {
		if inv.Lines[i].Rate == inv.Lines[k].Rate {
			return false
		}
	}
	return true
}
