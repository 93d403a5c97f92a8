package parcel

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/parcel"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

//go:embed *.html
var files embed.FS

//go:embed parcel.css
var style []byte

// Service is parcel.Service.
type Service interface {
	Items(ctx context.Context) ([]parcel.Item, error)
	Item(ctx context.Context, serial string) (parcel.Item, []parcel.Step, error)
	Add(ctx context.Context, who, model string, serials []string) error
	Ship(ctx context.Context, who string, p parcel.Parcel) error
	Mark(ctx context.Context, who, serial string, to parcel.State, why string) error
}

// Contracts is contract.Service.
type Contracts interface {
	All(ctx context.Context, who, why string, states ...contract.State) ([]contract.Contract, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	Contracts Contracts
	// Companies are names by id, and Names those of the staff.
	Companies func(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	Names     func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
}

type pages struct {
	Config
	ui.Host
	list, item *ui.Page
}

// Keys of words that a state or carrier chooses.
const (
	stateKey   = "parcel.state_"
	carrierKey = "parcel.carrier_"
	markKey    = "parcel.mark_"
	saidKey    = "parcel.said_"
)

// Desk are the pages, for the console.
func Desk(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "parcel.nav", Path: "/parcels", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		for name, page := range map[string]**ui.Page{"list": &p.list, "item": &p.item} {
			var err error
			if *page, err = ui.ParsePage(files, name+".html"); err != nil {
				return err
			}
		}
		r.Page(ui.Reader, "GET /parcels", p.listPage)
		r.Page(ui.Operator, "GET /parcels/labels.csv", p.labels)
		r.Page(ui.Operator, "POST /parcels/ship", p.ship)
		r.Page(ui.Operator, "POST /parcels/add", p.add)
		r.Page(ui.Reader, "GET /parcels/{serial}", p.itemPage)
		r.Page(ui.Operator, "POST /parcels/{serial}/spare", p.spare)
		r.Page(ui.Operator, "POST /parcels/{serial}/mark", p.mark)
		return nil
	}}
}

type listView struct {
	ui.Base
	Lead     string
	May      bool
	Faults   []ui.Field
	Waiting  []waitingRow
	Counts   []countRow
	Rows     []itemRow
	Model    ui.Field
	Serials  ui.Field
	Labels   string
	Shelf    []ui.Choice
	Carriers []ui.Choice
}

type waitingRow struct {
	ID, Tenant               string
	Company, Contact, Phone  string
	Address, Age, CompanyURL string
	Visit                    bool
	Form                     ui.Form
	Wrong                    string
}

type countRow struct {
	Label, N string
}

type itemRow struct {
	URL, Serial, Model, Company, CompanyURL, Parcel, When string
	State                                                 ui.State
}

var tones = map[parcel.State]ui.Tone{parcel.Here: ui.Off, parcel.Sent: ui.Care, parcel.Out: ui.Good, parcel.Back: ui.Care, parcel.Scrapped: ui.Off, parcel.Lost: ui.Alarm}

func lamp(t text.Texts, s parcel.State) ui.State {
	return ui.State{Tone: tones[s], Text: t.T(stateKey + string(s))}
}

func (p *pages) flash(v *ui.Visit) *ui.Flash {
	for _, w := range []string{"shipped", "added", "marked", "spare"} {
		if v.Request.FormValue("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

// names of companies, written down as one look.
func (p *pages) names(v *ui.Visit) (map[string]string, error) {
	all, err := p.Companies(v.Request.Context(), v.Session, "console: parcels")
	names := map[string]string{}
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
}

func carriers(t text.Texts) (all []ui.Choice) {
	for _, c := range parcel.Carriers {
		all = append(all, ui.Choice{Value: c, Label: t.T(carrierKey + c)})
	}
	return all
}

// shipForm is what is asked for a parcel; id makes its fields unique on the page.
func shipForm(t text.Texts, id string, shelf []ui.Choice) ui.Form {
	return ui.Form{
		{ID: "serial-" + id, Label: t.T("parcel.serial"), Type: "select", Choices: append([]ui.Choice{{Label: t.T("apply.choose")}}, shelf...)},
		{ID: "carrier-" + id, Label: t.T("parcel.carrier"), Type: "select", Choices: carriers(t)},
		{ID: "tracking-" + id, Label: t.T("parcel.tracking"), Type: "text", Mode: "numeric", Auto: "off", Max: 40},
	}
}

// faults of a form by what is wrong.
func fault(t text.Texts, err error) (field, why string) {
	switch {
	case errors.Is(err, parcel.ErrSerial), errors.Is(err, store.ErrNotFound):
		return "serial", t.T("parcel.fault_serial")
	case errors.Is(err, parcel.ErrTracking):
		return "tracking", t.T("parcel.fault_tracking")
	case errors.Is(err, parcel.ErrBusy):
		return "serial", t.T("parcel.fault_busy")
	case errors.Is(err, parcel.ErrState):
		return "serial", t.T("parcel.fault_state")
	case errors.Is(err, entry.ErrEmpty):
		return "why", t.T("parcel.fault_why")
	case errors.Is(err, entry.ErrLong):
		return "why", t.T("apply.why_long")
	}
	return "", ""
}

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showList(w, v, "", nil, nil)
}

// showList shows everything; bad marks the form of a contract, or that of the shelf for "".
func (p *pages) showList(w http.ResponseWriter, v *ui.Visit, id string, bad error, filled func(string) string) error {
	ctx, t := v.Request.Context(), v.Texts
	base, err := p.Begin(v, "parcel.title", "/parcels")
	if err != nil {
		return err
	}
	base.Flash = p.flash(v)
	waiting, err := p.Contracts.All(ctx, v.PersonID, "console: parcels", contract.Contracted)
	if err != nil {
		return err
	}
	items, err := p.Items(ctx)
	if err != nil {
		return err
	}
	names, err := p.names(v)
	if err != nil {
		return err
	}
	view := listView{Base: base, May: v.Role.May(tenant.MayOperate), Lead: t.T("parcel.lead", "n", ja.Number(len(waiting))), Labels: p.Root + "/parcels/labels.csv",
		Model: ui.Field{ID: "model", Label: t.T("parcel.model"), Type: "text", Auto: "off", Max: 40}, Serials: ui.Field{ID: "serials", Label: t.T("parcel.serials"), Hint: t.T("parcel.serials_hint"), Type: "area", Max: 20_000}}
	n := map[parcel.State]int{}
	for i := range items {
		one := &items[i]
		n[one.State]++
		if one.State == parcel.Here {
			view.Shelf = append(view.Shelf, ui.Choice{Value: one.Serial, Label: one.Serial + " (" + one.Model + ")"})
			continue
		}
		if one.State != parcel.Scrapped {
			view.Rows = append(view.Rows, p.row(t, one, names))
		}
	}
	for _, s := range []parcel.State{parcel.Here, parcel.Sent, parcel.Out, parcel.Back, parcel.Lost, parcel.Scrapped} {
		view.Counts = append(view.Counts, countRow{t.T(stateKey + string(s)), ja.Number(n[s])})
	}
	for i := range waiting {
		c := &waiting[i]
		row := waitingRow{ID: c.ID, Tenant: c.TenantID, Company: c.Form.Company, Contact: c.Form.Contact, Phone: c.Form.Phone, Address: address(c), Visit: c.Visit, CompanyURL: p.Root + "/companies/" + c.TenantID, Age: ja.Day(c.Moved, t.Lang()), Form: shipForm(t, c.ID, view.Shelf)}
		if c.ID == id && bad != nil {
			field, why := fault(t, bad)
			row.Form = row.Form.Fill(filled)
			row.Form.Fault(field+"-"+c.ID, why)
			view.Faults = row.Form.Faults()
		}
		view.Waiting = append(view.Waiting, row)
	}
	if id == "" && bad != nil {
		view.Model.Value, view.Serials.Value, view.Serials.Error = filled("model"), filled("serials"), t.T("parcel.fault_add", "what", detail(bad))
		view.Faults = []ui.Field{view.Serials}
	}
	return p.list.Render(w, status(view.Faults), view)
}

// detail is which number it was, as the error ends with it.
func detail(err error) string {
	parts := strings.Split(err.Error(), ": ")
	return parts[len(parts)-1]
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func address(c *contract.Contract) string {
	code := c.Form.Postcode
	if len(code) == 7 {
		code = code[:3] + "-" + code[3:]
	}
	return strings.TrimSpace(code + " " + c.Form.Address + " " + c.Form.Building)
}

func (p *pages) row(t text.Texts, i *parcel.Item, names map[string]string) itemRow {
	row := itemRow{URL: p.Root + "/parcels/" + i.Serial, Serial: i.Serial, Model: i.Model, Company: names[i.CompanyID], State: lamp(t, i.State), When: ja.Day(i.Moved, t.Lang())}
	if i.CompanyID != "" {
		row.CompanyURL = p.Root + "/companies/" + i.CompanyID
	}
	if i.Tracking != "" {
		row.Parcel = t.T(carrierKey+i.Carrier) + " " + i.Tracking
	}
	return row
}

// labels are the parcels that wait, as carriers' programs take them.
func (p *pages) labels(w http.ResponseWriter, v *ui.Visit) error {
	waiting, err := p.Contracts.All(v.Request.Context(), v.PersonID, "console: labels", contract.Contracted)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="labels.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("apply.number"), v.T("apply.field_postcode"), v.T("apply.field_address"), v.T("apply.field_building"), v.T("apply.field_company"), v.T("apply.field_contact"), v.T("apply.field_phone"), v.T("parcel.what"))
	for i := range waiting {
		f := &waiting[i].Form
		out.Row(waiting[i].Number, f.Postcode, f.Address, f.Building, f.Company, f.Contact, f.Phone, v.T("parcel.what_box"))
	}
	return out.Close()
}

// field reads one of a parcel's form.
func field(v *ui.Visit, name, id string) string { return v.Request.PostFormValue(name + "-" + id) }

func (p *pages) ship(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PostFormValue("contract")
	err := p.Ship(v.Request.Context(), v.PersonID, parcel.Parcel{TenantID: v.Request.PostFormValue("tenant"), ContractID: id, Serial: field(v, "serial", id), Carrier: field(v, "carrier", id), Tracking: field(v, "tracking", id)})
	if name, _ := fault(v.Texts, err); name != "" {
		return p.showList(w, v, id, err, v.Request.PostFormValue)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/parcels?said=shipped")
}

func (p *pages) add(w http.ResponseWriter, v *ui.Visit) error {
	err := p.Add(v.Request.Context(), v.PersonID, v.Request.PostFormValue("model"), strings.Fields(v.Request.PostFormValue("serials")))
	if errors.Is(err, parcel.ErrSerial) || errors.Is(err, parcel.ErrKnown) {
		return p.showList(w, v, "", err, v.Request.PostFormValue)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/parcels?said=added")
}

type itemView struct {
	ui.Base
	May     bool
	Row     itemRow
	Faults  []ui.Field
	Steps   []stepRow
	Marks   []ui.Choice
	Why     ui.Field
	Spare   ui.Form
	CanSwap bool
}

type stepRow struct{ When, State, Company, Who, Why string }

func (p *pages) itemPage(w http.ResponseWriter, v *ui.Visit) error { return p.showItem(w, v, nil) }

// showItem is one thing's life, and what can become of it.
func (p *pages) showItem(w http.ResponseWriter, v *ui.Visit, bad error) error {
	ctx, t := v.Request.Context(), v.Texts
	i, steps, err := p.Item(ctx, v.Request.PathValue("serial"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "parcel.title", "/parcels")
	if err != nil {
		return err
	}
	base.Title, base.Flash = i.Serial, p.flash(v)
	names, err := p.names(v)
	if err != nil {
		return err
	}
	people, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	view := itemView{Base: base, May: v.Role.May(tenant.MayOperate), Row: p.row(t, &i, names), CanSwap: i.State == parcel.Out,
		Why: ui.Field{ID: "why", Label: t.T("parcel.why"), Type: "text", Auto: "off", Max: 500, Optional: true, Value: v.Request.PostFormValue("why")}}
	for _, s := range []parcel.State{parcel.Back, parcel.Here, parcel.Scrapped, parcel.Lost} {
		if i.State.To(s) {
			view.Marks = append(view.Marks, ui.Choice{Value: string(s), Label: t.T(markKey + string(s))})
		}
	}
	for _, s := range steps {
		who := people[s.Who].Name
		if who == "" {
			who = t.T("apply.who_centre")
		}
		view.Steps = append(view.Steps, stepRow{ja.Short(s.At, t.Lang()), t.T(stateKey + string(s.State)), names[s.CompanyID], who, s.Why})
	}
	if view.CanSwap {
		items, err := p.Items(ctx)
		if err != nil {
			return err
		}
		var shelf []ui.Choice
		for _, one := range items {
			if one.State == parcel.Here {
				shelf = append(shelf, ui.Choice{Value: one.Serial, Label: one.Serial + " (" + one.Model + ")"})
			}
		}
		view.Spare = shipForm(t, "spare", shelf)
	}
	if bad != nil {
		name, why := fault(t, bad)
		view.Spare = view.Spare.Fill(v.Request.PostFormValue)
		view.Spare.Fault(name+"-spare", why)
		if name == "why" || len(view.Spare.Faults()) == 0 {
			view.Why.Error = why
			view.Faults = []ui.Field{view.Why}
		}
		view.Faults = append(view.Faults, view.Spare.Faults()...)
	}
	return p.item.Render(w, status(view.Faults), view)
}

func (p *pages) mark(w http.ResponseWriter, v *ui.Visit) error {
	serial := v.Request.PathValue("serial")
	err := p.Mark(v.Request.Context(), v.PersonID, serial, parcel.State(v.Request.PostFormValue("to")), v.Request.PostFormValue("why"))
	if errors.Is(err, store.ErrNotFound) {
		return err
	}
	if name, _ := fault(v.Texts, err); name != "" {
		return p.showItem(w, v, err)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/parcels/"+serial+"?said=marked")
}

// spare sends another box that takes this one's place.
func (p *pages) spare(w http.ResponseWriter, v *ui.Visit) error {
	i, _, err := p.Item(v.Request.Context(), v.Request.PathValue("serial"))
	if err != nil {
		return err
	}
	err = p.Ship(v.Request.Context(), v.PersonID, parcel.Parcel{TenantID: i.CompanyID, ContractID: i.ContractID, Serial: field(v, "serial", "spare"), Carrier: field(v, "carrier", "spare"), Tracking: field(v, "tracking", "spare"), Replaces: i.Serial})
	if name, _ := fault(v.Texts, err); name != "" {
		return p.showItem(w, v, err)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/parcels/"+i.Serial+"?said=spare")
}
