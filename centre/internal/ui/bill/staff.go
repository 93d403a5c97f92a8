package bill

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/printed"
	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// maxResult in bytes of a bank's file: thirty thousand lines.
const maxResult = 4 << 20

// Desk are the staff's pages, for the console.
func Desk(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "bill.desk_nav", Path: "/billing", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /billing", p.deskPage)
		r.Page(ui.Reader, "GET /billing/csv", p.deskCSV)
		r.Page(ui.Operator, "POST /billing/make", p.make)
		r.Page(ui.Reader, "GET /billing/{invoice}", p.onePage)
		if p.Paper != nil {
			r.Page(ui.Reader, "GET /billing/{invoice}/pdf", p.onePDF)
		}
		r.Page(ui.Operator, "POST /billing/{invoice}/paid", p.paid)
		r.Page(ui.Operator, "POST /billing/{invoice}/correct", p.correct)
		r.Page(ui.Operator, "POST /billing/{invoice}/reissue", p.reissue)
		r.Page(ui.Operator, "GET /debit/{tenant}", p.accountPage)
		r.Page(ui.Operator, "POST /debit/{tenant}", p.setAccount)
		r.Page(ui.Operator, "POST /debit/{tenant}/off", p.dropAccount)
		r.Page(ui.Operator, "GET /transfers", p.transfersPage)
		r.Page(ui.Operator, "POST /transfers", p.collect)
		r.Page(ui.Operator, "GET /transfers/{day}", p.transferPage)
		r.Page(ui.Operator, "GET /transfers/{day}/file", p.transferFile)
		r.Upload(ui.Operator, "POST /transfers/{day}/result", maxResult, p.result)
		r.Page(ui.Operator, "POST /transfers/{day}/cancel", p.cancel)
		return nil
	}}
}

// maxShown rows of a page; the CSV has them all.
const maxShown = 300

type deskView struct {
	ui.Base
	Lead      string
	Off       bool
	May       bool
	Faults    []ui.Field
	Find      ui.Form
	Rows      []row
	Tasks     []row
	CSV       string
	Transfers string
	Month     ui.Field
	Offers    []offerRow
}

type offerRow struct {
	Name, From, Prices string
	State              ui.State
}

// offers are the price lists beside what the scheme of their class allows.
func (p *pages) offers(t text.Texts) (rows []offerRow) {
	if p.Offers == nil {
		return nil
	}
	for i := range p.Offers.Versions {
		v := &p.Offers.Versions[i]
		r := offerRow{Name: v.Name.In(t.Lang()) + " " + v.ID, From: t.T("bill.offer_from", "day", printed.Day(v.From, t.Lang())), State: ui.State{Tone: ui.Off, Text: t.T("bill.offer_none")},
			Prices: t.T("bill.offer_prices", "member", ja.Number(v.Prices.Member), "membernet", ja.Number(v.Without(v.Prices.Member)), "other", ja.Number(v.Prices.Other), "othernet", ja.Number(v.Without(v.Prices.Other)), "visit", ja.Number(v.Prices.Visit))}
		for _, s := range p.Offers.Schemes {
			if s.Class != v.Class || s.From > v.From || s.MaxYen == 0 {
				continue
			}
			key := "bill.offer_fits"
			if r.State.Tone = ui.Good; v.Without(max(v.Prices.Member, v.Prices.Other)) > s.MaxYen {
				r.State.Tone, key = ui.Alarm, "bill.offer_over"
			}
			r.State.Text = t.T(key, "scheme", s.Name+" "+s.Version, "class", s.Class, "cap", ja.Number(s.MaxYen))
		}
		rows = append(rows, r)
	}
	return rows
}

// findForm is a search by date, amount and counterparty.
func (p *pages) findForm(t text.Texts) ui.Form {
	return ui.Form{
		{ID: "from", Label: t.T("bill.find_from"), Type: "date", Optional: true}, {ID: "to", Label: t.T("bill.find_to"), Type: "date", Optional: true},
		{ID: "min", Label: t.T("bill.find_min"), Type: "text", Mode: "numeric", Auto: "off", Max: 12, Optional: true}, {ID: "max", Label: t.T("bill.find_max"), Type: "text", Mode: "numeric", Auto: "off", Max: 12, Optional: true},
		{ID: "name", Label: t.T("bill.find_name"), Type: "text", Auto: "off", Max: 100, Optional: true},
		{ID: "open", Label: t.T("bill.find_open"), Type: "select", Optional: true, Choices: []ui.Choice{{Label: t.T("bill.find_open_all")}, {Value: "1", Label: t.T("bill.find_open_only")}}},
	}
}

// search reads it from the address; asked is false when nothing was entered.
func search(r *http.Request, f ui.Form) (q billing.Search, asked, ok bool) {
	v := r.URL.Query()
	f.Fill(v.Get)
	ok = true
	for _, one := range f {
		asked = asked || one.Value != ""
	}
	for id, to := range map[string]*string{"from": &q.From, "to": &q.To} {
		if *to = v.Get(id); *to != "" {
			if _, err := time.Parse(time.DateOnly, *to); err != nil {
				ok = false
			}
		}
	}
	for id, to := range map[string]*int{"min": &q.Min, "max": &q.Max} {
		if s := v.Get(id); s != "" {
			n, err := yen(s)
			if *to = n; err != nil {
				ok = false
			}
		}
	}
	q.Name, q.Open = v.Get("name"), v.Get("open") == "1"
	return q, asked, ok
}

// yen reads an amount as people type it: １，６５０円, -500.
func yen(s string) (int, error) {
	s = strings.NewReplacer(",", "", "，", "", "円", "", "−", "-", "－", "-", " ", "").Replace(strings.TrimSpace(ja.Halfwidth(s)))
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err
}

func (p *pages) deskPage(w http.ResponseWriter, v *ui.Visit) error { return p.showDesk(w, v, "") }

// showDesk is the books of this month and the last, or what was searched for; fault is of the form that makes invoices.
func (p *pages) showDesk(w http.ResponseWriter, v *ui.Visit, fault string) error {
	base, err := p.Begin(v, "bill.desk_title", "/billing")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	ctx, t := v.Request.Context(), v.Texts
	view := deskView{Base: base, Off: !p.On, May: v.Role.May(tenant.MayOperate), Find: p.findForm(t), Transfers: p.Root + "/transfers",
		Month: ui.Field{ID: "month", Label: t.T("bill.make_month"), Type: "text", Auto: "off", Max: 7, Value: v.Request.PostFormValue("month"), Error: fault}}
	if fault != "" {
		view.Faults = append(view.Faults, view.Month)
	}
	q, asked, ok := search(v.Request, view.Find)
	if !ok {
		view.Find.Fault("from", t.T("bill.find_fault"))
		view.Faults, q = append(view.Faults, view.Find.Faults()...), billing.Search{}
	}
	if !asked {
		at := p.Clock.Now().In(ja.Zone)
		q.From = time.Date(at.Year(), at.Month()-1, 1, 0, 0, 0, 0, ja.Zone).Format(time.DateOnly)
		view.Find.Get("from").Value = q.From
	}
	all, err := p.Find(ctx, q)
	if err != nil {
		return err
	}
	sum, owed := 0, 0
	for i := range all {
		if sum += all[i].Total; all[i].Open() {
			owed += all[i].Total
		}
		if i < maxShown {
			view.Rows = append(view.Rows, p.row(t, "/billing/", &all[i]))
		}
	}
	view.Lead = t.T("bill.desk_lead", "n", ja.Number(len(all)), "yen", ja.Number(sum), "open", ja.Number(owed))
	values := url.Values{}
	for _, f := range view.Find {
		values.Set(f.ID, f.Value)
	}
	view.CSV = p.Root + "/billing/csv?" + values.Encode()
	view.Offers = p.offers(t)
	tasks, err := p.Tasks(ctx)
	if err != nil {
		return err
	}
	for i := range tasks {
		view.Tasks = append(view.Tasks, p.row(t, "/billing/", &tasks[i]))
	}
	return p.desk.Render(w, status(view.Faults), view)
}

func (p *pages) deskCSV(w http.ResponseWriter, v *ui.Visit) error {
	q, _, ok := search(v.Request, p.findForm(v.Texts))
	if !ok {
		return ui.ErrBadInput
	}
	all, err := p.Find(v.Request.Context(), q)
	if err != nil {
		return err
	}
	return writeCSV(w, v.Texts, "invoices.csv", all)
}

func (p *pages) make(w http.ResponseWriter, v *ui.Visit) error {
	err := p.MakeNow(v.Request.Context(), v.PersonID, strings.TrimSpace(ja.Halfwidth(v.Request.PostFormValue("month"))))
	switch {
	case errors.Is(err, billing.ErrDay):
		return p.showDesk(w, v, v.T("bill.make_fault"))
	case errors.Is(err, billing.ErrNoProvider):
		return p.showDesk(w, v, v.T("bill.desk_off"))
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.Root+"/billing?said=making")
}

// invoiceView is one invoice; what is below the document is the staff's.
type invoiceView struct {
	ui.Base
	Doc            document
	PDF, CSV, List string
	Desk           bool
	URL, Debit     string
	CanPay, CanFix bool
	Owed           string
	Paid           ui.Form
	Correct        ui.Form
	After          string // the newest correction that the form knows of
	Extra          ui.Form
	Log            []logRow
	Faults         []ui.Field
}

type logRow struct{ When, What, Who string }

func (p *pages) onePage(w http.ResponseWriter, v *ui.Visit) error { return p.showOne(w, v, "", "") }

// showOne is an invoice with what the desk can do; field and why mark what does not do.
func (p *pages) showOne(w http.ResponseWriter, v *ui.Visit, field, why string) error {
	ctx, t := v.Request.Context(), v.Texts
	i, log, chain, err := p.Get(ctx, v.Request.PathValue("invoice"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "bill.desk_title", "/billing")
	if err != nil {
		return err
	}
	may := v.Role.May(tenant.MayOperate)
	left, err := p.ToPay(ctx, i.Number)
	if err != nil {
		return err
	}
	view := invoiceView{Base: base, Doc: p.document(t, &i, log, chain, left), List: p.Root + "/billing", CSV: p.Root + "/billing/csv?name=" + i.Number, Desk: true, URL: p.Root + "/billing/" + i.Number}
	view.Title, view.Flash = view.Doc.Title+" "+i.Number, flash(v)
	if may {
		view.Debit, view.CanFix = p.Root+"/debit/"+i.CompanyID, true
	}
	if p.Paper != nil {
		view.PDF = view.URL + "/pdf"
	}
	open := false
	for k := range chain {
		open = open || chain[k].Open()
	}
	view.CanPay, view.Owed = may && open, t.T("bill.paid_lead", "yen", ja.Number(left))
	view.Paid = ui.Form{{ID: "day", Label: t.T("bill.paid_day"), Type: "date", Value: p.Clock.Now().In(ja.Zone).Format(time.DateOnly)}, {ID: "why", Label: t.T("bill.paid_why"), Type: "text", Auto: "off", Max: 500, Optional: true}}
	view.After = chain[len(chain)-1].Number
	view.Extra = ui.Form{{ID: "note", Label: t.T("bill.correct_note"), Type: "text", Auto: "off", Max: 500, Optional: true}, {ID: "yen", Label: t.T("bill.correct_yen"), Type: "text", Auto: "off", Max: 12, Optional: true},
		{ID: "reason", Label: t.T("bill.correct_why"), Type: "text", Auto: "off", Max: 500}}
	refs, standing := rule.Standing(issued(chain))
	for k := range refs {
		f := ui.Field{ID: fmt.Sprintf("line-%s-%d", refs[k].Number, refs[k].At), Label: printed.Line(&standing[k], t), Type: "text", Mode: "numeric", Auto: "off", Max: 12, Value: strconv.Itoa(standing[k].Yen)}
		if field != "" && v.Request.PostForm.Has(f.ID) {
			f.Value = v.Request.PostFormValue(f.ID)
		}
		view.Correct = append(view.Correct, f)
	}
	if field != "" {
		if field == "day" {
			view.Paid = view.Paid.Fill(v.Request.PostFormValue)
		} else {
			view.Extra = view.Extra.Fill(v.Request.PostFormValue)
		}
		view.Paid.Fault(field, why)
		view.Extra.Fault(field, why)
		view.Faults = append(view.Paid.Faults(), view.Extra.Faults()...)
	}
	if view.Log, err = p.log(v, log); err != nil {
		return err
	}
	return p.invoice.Render(w, status(view.Faults), view)
}

func issued(chain []billing.Invoice) (all []rule.Issued) {
	for i := range chain {
		all = append(all, rule.Issued{Number: chain[i].Number, Lines: chain[i].Lines})
	}
	return all
}

// log is what happened, in words.
func (p *pages) log(v *ui.Visit, events []billing.Event) (rows []logRow, err error) {
	people, err := p.Names(v.Request.Context(), tenant.House)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		why := e.Why
		switch e.What {
		case billing.PaidEvent:
			why = v.T(howKey + e.Why)
		case billing.Refused:
			why = v.T(codeKey + e.Why)
		}
		who := people[e.Who].Name
		if who == "" {
			who = v.T("apply.who_centre")
		}
		rows = append(rows, logRow{ja.Short(e.At, v.Texts.Lang()), v.T(logKey+e.What, "why", why), who})
	}
	return rows, nil
}

func (p *pages) onePDF(w http.ResponseWriter, v *ui.Visit) error {
	i, log, _, err := p.Get(v.Request.Context(), v.Request.PathValue("invoice"))
	if err != nil {
		return err
	}
	return p.print(w, v, &i, log)
}

// after shows what came of a form.
func (p *pages) after(w http.ResponseWriter, v *ui.Visit, field, fault, number, word string, err error) error {
	switch {
	case errors.Is(err, billing.ErrBank):
		fault = "bill.at_bank"
	case errors.Is(err, billing.ErrPaid):
		fault = "bill.already"
	case errors.Is(err, billing.ErrChanged):
		fault = "bill.changed"
	case err == nil:
		return ui.To(w, v.Request, p.Root+"/billing/"+number+"?said="+word)
	case !errors.Is(err, billing.ErrDay) && !errors.Is(err, billing.ErrChange) && !errors.Is(err, billing.ErrNothing) && !errors.Is(err, entry.ErrEmpty) && !errors.Is(err, entry.ErrLong):
		return err
	}
	return p.showOne(w, v, field, v.T(fault))
}

func (p *pages) paid(w http.ResponseWriter, v *ui.Visit) error {
	number := v.Request.PathValue("invoice")
	err := p.PayByHand(v.Request.Context(), v.PersonID, number, v.Request.PostFormValue("day"), v.Request.PostFormValue("why"))
	return p.after(w, v, "day", "bill.paid_fault", number, "paid", err)
}

func (p *pages) reissue(w http.ResponseWriter, v *ui.Visit) error {
	number := v.Request.PathValue("invoice")
	if err := p.Reissue(v.Request.Context(), v.PersonID, number); err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/billing/"+number+"?said=reissued")
}

func (p *pages) correct(w http.ResponseWriter, v *ui.Visit) error {
	ctx, number := v.Request.Context(), v.Request.PathValue("invoice")
	_, _, chain, err := p.Get(ctx, number)
	if err != nil {
		return err
	}
	c := billing.Correction{After: v.Request.PostFormValue("after"), Note: v.Request.PostFormValue("note"), Why: v.Request.PostFormValue("reason")}
	amount := func(id string) (n int) {
		s := v.Request.PostFormValue(id)
		n, bad := yen(s)
		if s != "" && bad != nil {
			err = fmt.Errorf("%w: %q", billing.ErrChange, s)
		}
		return n
	}
	c.Yen = amount("yen")
	refs, _ := rule.Standing(issued(chain))
	for _, ref := range refs {
		if id := fmt.Sprintf("line-%s-%d", ref.Number, ref.At); v.Request.PostFormValue(id) != "" {
			c.Changes = append(c.Changes, rule.Change{Ref: ref, Yen: amount(id)})
		}
	}
	made := ""
	if err == nil {
		made, err = p.Correct(ctx, v.PersonID, number, c)
	}
	return p.after(w, v, "reason", "bill.correct_fault", made, "corrected", err)
}
