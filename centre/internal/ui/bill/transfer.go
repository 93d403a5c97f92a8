package bill

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
	"otasuke/internal/zengin"
)

type transfersView struct {
	ui.Base
	Off    bool
	Faults []ui.Field
	Day    ui.Field
	Name   ui.Field
	Found  []foundRow
	Rows   []collectionRow
}

type foundRow struct{ URL, Company string }

type collectionRow struct {
	URL, Day, Say string
	State         ui.State
}

// maxFound companies of a search.
const maxFound = 30

func (p *pages) transfersPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showTransfers(w, v, "")
}

func (p *pages) showTransfers(w http.ResponseWriter, v *ui.Visit, fault string) error {
	base, err := p.Begin(v, "bill.transfers", "/billing")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	ctx, t := v.Request.Context(), v.Texts
	view := transfersView{Base: base, Off: !p.Debits, Day: ui.Field{ID: "day", Label: t.T("bill.collect_day"), Type: "date", Value: v.Request.PostFormValue("day"), Error: fault},
		Name: ui.Field{ID: "name", Label: t.T("bill.company"), Type: "text", Auto: "off", Max: 100, Optional: true, Value: v.Request.URL.Query().Get("name")}}
	if fault != "" {
		view.Faults = []ui.Field{view.Day}
	}
	if fold := entry.Fold(view.Name.Value); fold != "" {
		all, err := p.Companies(ctx, v.Session, "console: debit")
		if err != nil {
			return err
		}
		for _, c := range all {
			if len(view.Found) < maxFound && c.ID != tenant.House && strings.Contains(entry.Fold(c.Name), fold) {
				view.Found = append(view.Found, foundRow{p.Root + "/debit/" + c.ID, c.Name})
			}
		}
	}
	all, err := p.Collections(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		view.Rows = append(view.Rows, p.collectionRow(t, &all[i]))
	}
	return p.transfers.Render(w, status(view.Faults), view)
}

func (p *pages) collectionRow(t text.Texts, c *billing.Collection) collectionRow {
	n, sum := c.Sum()
	r := collectionRow{URL: p.Root + "/transfers/" + c.Day, Day: printed.Day(c.Day, t.Lang()), Say: t.T("bill.collection_say", "n", ja.Number(n), "yen", ja.Number(sum)), State: ui.State{Tone: ui.Off, Text: t.T("bill.collection_open")}}
	if !c.Back.IsZero() {
		good, goodYen := c.Sum(zengin.Done)
		bad, badYen := c.Sum(zengin.Short, zengin.NoAccount, zengin.Holder, zengin.NoForm, zengin.Consignor, zengin.Else)
		r.State = ui.State{Tone: ui.Good, Text: t.T("bill.collection_back")}
		if bad > 0 {
			r.State.Tone = ui.Care
		}
		r.Say = t.T("bill.collection_done", "n", ja.Number(good), "yen", ja.Number(goodYen), "bad", ja.Number(bad), "badyen", ja.Number(badYen))
	}
	return r
}

func (p *pages) collect(w http.ResponseWriter, v *ui.Visit) error {
	day := v.Request.PostFormValue("day")
	err := p.Collect(v.Request.Context(), v.PersonID, day)
	if errors.Is(err, billing.ErrBankDay) {
		at, _ := time.ParseInLocation(time.DateOnly, day, ja.Zone) // it was read already
		return p.showTransfers(w, v, v.T("bill.collect_bank_fault", "day", ja.Date(p.BankDay(at), v.Texts.Lang())))
	}
	for _, c := range []struct {
		err error
		key string
	}{{billing.ErrDay, "bill.collect_day_fault"}, {billing.ErrBusy, "bill.collect_busy"}, {billing.ErrNothing, "bill.collect_nothing"}, {billing.ErrNoProvider, "bill.transfers_off"}} {
		if errors.Is(err, c.err) {
			return p.showTransfers(w, v, v.T(c.key))
		}
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/transfers/"+day+"?said=collected")
}

type transferView struct {
	ui.Base
	Row       collectionRow
	File      string
	CanCancel bool
	Faults    []ui.Field
	Told      string
	Unknown   []string
	Lines     []payRow
	Fault     string
}

type payRow struct {
	Company, Customer, Yen, URL string
	State                       ui.State
}

func (p *pages) transferPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showTransfer(w, v, nil, "")
}

// showTransfer is one day; told is what a file said that was just read, fault why it was not.
func (p *pages) showTransfer(w http.ResponseWriter, v *ui.Visit, told *billing.Told, fault string) error {
	ctx, t := v.Request.Context(), v.Texts
	c, err := p.CollectionOn(ctx, v.Request.PathValue("day"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "bill.transfers", "/billing")
	if err != nil {
		return err
	}
	all, err := p.Companies(ctx, v.Session, "console: debit")
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, one := range all {
		names[one.ID] = one.Name
	}
	view := transferView{Base: base, Row: p.collectionRow(t, &c), File: p.Root + "/transfers/" + c.Day + "/file", CanCancel: c.Back.IsZero(), Fault: fault}
	view.Title, view.Flash = t.T("bill.collection", "day", view.Row.Day), flash(v)
	if fault != "" {
		view.Faults = []ui.Field{{ID: "result", Error: fault}}
	}
	if told != nil {
		view.Told, view.Unknown = t.T("bill.result_told", "booked", ja.Number(told.Booked), "failed", ja.Number(told.Failed), "known", ja.Number(told.Known), "unknown", ja.Number(len(told.Unknown))), told.Unknown
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		r := payRow{Company: names[l.CompanyID], Customer: strings.TrimLeft(l.Customer, "0"), Yen: printed.Yen(t, l.Yen), URL: p.Root + "/billing/" + l.Numbers[0], State: ui.State{Tone: ui.Off, Text: t.T(codeKey + string(l.Result))}}
		switch l.Result {
		case "":
		case zengin.Done:
			r.State.Tone = ui.Good
		default:
			r.State.Tone = ui.Care
		}
		view.Lines = append(view.Lines, r)
	}
	return p.transfer.Render(w, status(view.Faults), view)
}

func (p *pages) transferFile(w http.ResponseWriter, v *ui.Visit) error {
	day := v.Request.PathValue("day")
	raw, err := p.File(v.Request.Context(), v.PersonID, day)
	if err != nil {
		return err
	}
	return send(w, "application/octet-stream", "zengin-"+day+".txt", raw)
}

// result reads what the bank says.
func (p *pages) result(w http.ResponseWriter, v *ui.Visit) error {
	raw, why := uploaded(v)
	if why == "" {
		told, err := p.TakeResult(v.Request.Context(), v.PersonID, v.Request.PathValue("day"), raw)
		if why = refusal(err); why == "" {
			if err != nil {
				return err
			}
			return p.showTransfer(w, v, &told, "")
		}
	}
	return p.showTransfer(w, v, nil, v.T("bill.result_fault", "why", v.T(whyKey+why)))
}

// uploaded is the file of the form, or why there is none.
func uploaded(v *ui.Visit) ([]byte, string) {
	f, _, err := v.Request.FormFile("result")
	if err != nil {
		return nil, "empty"
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxResult+1))
	switch {
	case err != nil || len(raw) > maxResult:
		return nil, "large"
	case len(raw) == 0:
		return nil, "empty"
	}
	return raw, ""
}

// refusal is the word for why a file was refused as a whole; "" for no error, and for others.
func refusal(err error) string {
	for _, c := range []struct {
		err error
		why string
	}{{zengin.ErrRecord, "record"}, {zengin.ErrOrder, "order"}, {zengin.ErrSums, "sums"}, {billing.ErrForeign, "foreign"}} {
		if errors.Is(err, c.err) {
			return c.why
		}
	}
	return ""
}

func (p *pages) cancel(w http.ResponseWriter, v *ui.Visit) error {
	err := p.Cancel(v.Request.Context(), v.PersonID, v.Request.PathValue("day"))
	if errors.Is(err, billing.ErrPaid) {
		return ui.To(w, v.Request, p.Root+"/transfers/"+v.Request.PathValue("day"))
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/transfers?said=cancelled")
}

type accountView struct {
	ui.Base
	Company, State string
	There          bool
	URL            string
	Faults         []ui.Field
	Form           ui.Form
}

func (p *pages) accountPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showAccount(w, v, "")
}

// company is the name of the one in the address.
func (p *pages) company(v *ui.Visit) (id, name string, err error) {
	all, err := p.Companies(v.Request.Context(), v.Session, "console: debit")
	if err != nil {
		return "", "", err
	}
	for _, c := range all {
		if c.ID == v.Request.PathValue("tenant") && c.ID != tenant.House {
			return c.ID, c.Name, nil
		}
	}
	return "", "", store.ErrNotFound
}

func (p *pages) showAccount(w http.ResponseWriter, v *ui.Visit, fault string) error {
	id, name, err := p.company(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "bill.account", "/billing")
	if err != nil {
		return err
	}
	a, err := p.AccountOf(v.Request.Context(), id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	t := v.Texts
	base.Flash = flash(v)
	view := accountView{Base: base, Company: name, There: a.Bank != "", URL: p.Root + "/debit/" + id, State: t.T("bill.account_none")}
	if view.There {
		view.State = t.T("bill.account_there") + " · " + t.T("bill.account_customer", "n", a.Customer)
	}
	kinds := make([]ui.Choice, 0, len(billing.Kinds))
	for _, k := range billing.Kinds {
		kinds = append(kinds, ui.Choice{Value: k, Label: t.T(kindKey + k)})
	}
	view.Form = ui.Form{
		{ID: "symbol", Label: t.T("bill.field_symbol"), Hint: t.T("bill.symbol_hint"), Type: "text", Mode: "numeric", Auto: "off", Max: 10, Optional: true}, {ID: "post_number", Label: t.T("bill.field_post_number"), Type: "text", Mode: "numeric", Auto: "off", Max: 20, Optional: true},
		{ID: "bank", Label: t.T("bill.field_bank"), Type: "text", Mode: "numeric", Auto: "off", Max: 10, Value: a.Bank}, {ID: "bank_name", Label: t.T("bill.field_bank_name"), Type: "text", Auto: "off", Max: 40, Optional: true, Value: a.BankName},
		{ID: "branch", Label: t.T("bill.field_branch"), Type: "text", Mode: "numeric", Auto: "off", Max: 10, Value: a.Branch}, {ID: "branch_name", Label: t.T("bill.field_branch_name"), Type: "text", Auto: "off", Max: 40, Optional: true, Value: a.BranchName},
		{ID: "kind", Label: t.T("bill.field_kind"), Type: "select", Choices: kinds, Value: a.Kind}, {ID: "number", Label: t.T("bill.field_number"), Type: "text", Mode: "numeric", Auto: "off", Max: 20, Value: a.Number},
		{ID: "holder", Label: t.T("bill.field_holder"), Hint: t.T("bill.holder_hint"), Type: "text", Auto: "off", Max: 60, Value: a.Holder},
	}
	if fault != "" {
		view.Form = view.Form.Fill(v.Request.PostFormValue)
		view.Form.Fault(fault, t.T(faultKey+fault))
		view.Faults = view.Form.Faults()
	}
	return p.account.Render(w, status(view.Faults), view)
}

func (p *pages) setAccount(w http.ResponseWriter, v *ui.Visit) error {
	id, _, err := p.company(v)
	if err != nil {
		return err
	}
	get := v.Request.PostFormValue
	err = p.SetAccount(v.Request.Context(), v.PersonID, billing.Account{CompanyID: id, Holder: get("holder"), Symbol: get("symbol"), PostNumber: get("post_number"),
		Account: zengin.Account{Bank: get("bank"), BankName: get("bank_name"), Branch: get("branch"), BranchName: get("branch_name"), Kind: get("kind"), Number: get("number")}})
	var bad *billing.FieldError
	if errors.As(err, &bad) {
		return p.showAccount(w, v, bad.Field)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/debit/"+id+"?said=account")
}

func (p *pages) dropAccount(w http.ResponseWriter, v *ui.Visit) error {
	id, _, err := p.company(v)
	if err != nil {
		return err
	}
	if err := p.DropAccount(v.Request.Context(), v.PersonID, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/debit/"+id+"?said=off")
}
