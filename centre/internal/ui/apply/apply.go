package apply

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
	"otasuke/internal/throttle"
)

//go:embed *.html
var files embed.FS

//go:embed apply.css
var style []byte

// Service is the way to applications and contracts; contract.Service is one.
type Service interface {
	Offer() (*offer.Version, bool)
	Version(id string) (*offer.Version, error)
	Enter(ctx context.Context, f contract.Form) (token string, err error)
	Change(ctx context.Context, token string, f contract.Form) error
	Submit(ctx context.Context, token string) error
	Paper(ctx context.Context, token string, u *attach.Upload) error
	Withdraw(ctx context.Context, token string) error
	ByToken(ctx context.Context, token string) (contract.Application, []contract.Step, error)

	Applications(ctx context.Context, state contract.State) ([]contract.Application, error)
	Application(ctx context.Context, id string) (contract.Application, []contract.Step, []contract.Application, error)
	ByNumber(ctx context.Context, number string) (id string, err error)
	File(ctx context.Context, id string) (attach.File, []byte, error)
	Tick(ctx context.Context, id, who string) error
	SendBack(ctx context.Context, id, who, why string) error
	Refuse(ctx context.Context, id, who, why string) error
	Accept(ctx context.Context, id, who string, x contract.Accepted) error

	Contracts(ctx context.Context, tenantID string) ([]contract.Contract, error)
	Contract(ctx context.Context, tenantID, id string) (contract.Contract, []contract.Step, []contract.Member, error)
	AskEnd(ctx context.Context, tenantID, id, who, why string) error
	KeepOn(ctx context.Context, tenantID, id, who string) error
}

// Postcodes finds the address of a postal code.
type Postcodes interface {
	Find(code string) (address string, ok bool)
}

// Press prints documents; paper.Press is one.
type Press interface {
	Print(ctx context.Context, d *paper.Document) ([]byte, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	// Provider is who offers the service, as customers know it.
	Provider string
	Phone    string // of the desk
	// Press prints; nil where there are no fonts: nothing is offered as PDF then.
	Press Press
	// Postcodes may be nil: addresses are typed then.
	Postcodes Postcodes
	// Names are those of the staff, for the steps.
	Names func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	Clock clock.Clock
}

// Pages are the handlers.
type Pages struct {
	Config
	ui.Host
	limit                                   *throttle.Limiter
	intro, form, state, list, one, contract *ui.Page
}

// Customers are the pages of strangers, applicants and customers, for the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "apply.contract_title", Path: "/contract", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err == nil {
			p.public(r)
		}
		return err
	}}
}

// Desk are the staff's pages, for the console.
func Desk(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "apply.nav", Path: "/applications", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err == nil {
			p.staff(r)
		}
		return err
	}}
}

func open(cfg Config, h ui.Host) (*Pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	// An office behind one address applies once; a seminar room of thirty does it within minutes.
	p := &Pages{Config: cfg, Host: h, limit: throttle.New(throttle.Config{Burst: 60, Every: 30 * time.Second, Clock: cfg.Clock})}
	for name, page := range map[string]**ui.Page{"intro": &p.intro, "form": &p.form, "state": &p.state, "list": &p.list, "one": &p.one, "contract": &p.contract} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// public adds the ways in of strangers and applicants, and the customer's own contract.
func (p *Pages) public(r *ui.Router) {
	r.Open(ui.Everyone, "GET /apply", p.everyone(p.introPage))
	r.Open(ui.Everyone, "GET /apply/form", p.everyone(p.formPage))
	r.Open(ui.Everyone, "POST /apply/form", p.everyone(p.formPage))
	r.Open(ui.Holder, "GET /apply/{token}", p.Gate.Holder(p.statePage))
	r.Open(ui.Holder, "GET /apply/{token}/form", p.Gate.Holder(p.formPage))
	r.Open(ui.Holder, "POST /apply/{token}/form", p.Gate.Holder(p.formPage))
	r.Open(ui.Holder, "POST /apply/{token}/send", p.Gate.Holder(p.send))
	r.Open(ui.Holder, "GET /apply/{token}/form.pdf", p.Gate.Holder(p.formFile))
	r.Open(ui.Holder, "POST /apply/{token}/paper", p.Gate.Holder(p.paper))
	r.Open(ui.Holder, "POST /apply/{token}/withdraw", p.Gate.Holder(p.withdraw))
	r.Page(ui.Reader, "GET /contract", p.contractPage)
	r.Page(ui.Reader, "GET /contract/form.pdf", p.contractFile)
	r.Page(ui.Reader, "GET /contract/guide.pdf", p.guideFile)
	r.Page(ui.Reader, "GET /contract/notice.pdf", p.noticeFile)
	r.Page(ui.Manager, "POST /contract/end", p.end)
	r.Page(ui.Manager, "POST /contract/keep", p.keep)
}

// staff adds the staff's.
func (p *Pages) staff(r *ui.Router) {
	r.Page(ui.Reader, "GET /applications", p.listPage)
	r.Page(ui.Reader, "GET /applications/{application}", p.onePage)
	r.Page(ui.Reader, "GET /applications/{application}/paper", p.showPaper)
	r.Page(ui.Reader, "GET /applications/{application}/form.pdf", p.deskForm)
	r.Page(ui.Writer, "POST /applications/{application}/tick", p.tick)
	r.Page(ui.Operator, "POST /applications/{application}/back", p.sendBack)
	r.Page(ui.Operator, "POST /applications/{application}/refuse", p.refuse)
	r.Page(ui.Operator, "POST /applications/{application}/accept", p.accept)
}

// everyone is for pages of everybody; errors become the fitting page.
func (p *Pages) everyone(page func(http.ResponseWriter, *http.Request, text.Texts) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := page(w, r, p.Gate.Texts(r)); err != nil {
			p.Gate.Fail(w, r, err)
		}
	}
}

func (p *Pages) base(r *http.Request, t text.Texts, title string) ui.Base {
	b := p.Gate.Base(r, t, "")
	b.Title, b.Owner = t.T(title), p.Provider
	return b
}

// price is a figure of the offer, as people read it.
func price(t text.Texts, yen int) string { return t.T("apply.yen", "yen", ja.Number(yen)) }

// priceLine is one line of the price table.
type priceLine struct{ Label, Yen, Without string }

func prices(t text.Texts, v *offer.Version) []priceLine {
	line := func(key string, yen int) priceLine {
		return priceLine{t.T(key), price(t, yen), t.T("apply.without", "yen", ja.Number(v.Without(yen)))}
	}
	return []priceLine{line("apply.price_member", v.Prices.Member), line("apply.price_other", v.Prices.Other), line("apply.price_visit", v.Prices.Visit)}
}

type introView struct {
	ui.Base
	Name             string
	Includes, Cannot []string
	Prices           []priceLine
	PCs, Months      string
	Terms            []clause
	Version          string
	Form             string
}

type clause struct{ Title, Text string }

func terms(lang string, v *offer.Version) (all []clause) {
	for _, c := range v.Terms {
		all = append(all, clause{c.Title.In(lang), c.Text.In(lang)})
	}
	return all
}

func words(lang string, all []offer.Words) (said []string) {
	for _, w := range all {
		said = append(said, w.In(lang))
	}
	return said
}

// introPage says what the service is, what it costs and what it cannot do.
func (p *Pages) introPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	v, ok := p.Offer()
	if !ok {
		return store.ErrNotFound
	}
	view := introView{Base: p.base(r, t, "apply.intro_title"), Name: v.Name.In(t.Lang()), Includes: words(t.Lang(), v.Includes), Cannot: words(t.Lang(), v.Cannot), Prices: prices(t, v),
		PCs: t.T("apply.max_pcs", "n", v.MaxPCs), Months: t.T("apply.min_months", "n", v.MinMonths, "days", v.NoticeDays), Terms: terms(t.Lang(), v), Version: t.T("apply.version", "id", v.ID), Form: p.Root + "/apply/form"}
	return p.intro.Render(w, http.StatusOK, view)
}

type formView struct {
	ui.Base
	Action, Back string
	Faults       []ui.Field
	Groups       []group
	Consents     []consentRow
	ConsentFault string
	AgreedFault  string
	Agreed       bool
	Terms        []clause
	Prices       []priceLine
	Changing     bool
}

// group is some fields under a heading.
type group struct {
	ID, Title string
	Fields    ui.Form
	Postcode  bool // a button looks the address up
}

type consentRow struct {
	Key, What, Why    string
	Required, Checked bool
}

// formPage shows the form and takes it: a new one, or the one behind a token until it is sent.
func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	v, ok := p.Offer()
	if !ok {
		return store.ErrNotFound
	}
	token := r.PathValue("token")
	f := contract.Form{Lang: t.Lang()}
	if token != "" {
		a, _, err := p.ByToken(r.Context(), token)
		if err != nil {
			return err
		}
		if a.State != contract.Entered {
			return ui.To(w, r, p.Root+"/apply/"+token)
		}
		f = a.Form
	}
	if r.Method != http.MethodPost {
		return p.showForm(w, r, t, v, &f, nil, http.StatusOK)
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(ui.ErrBadInput, err)
	}
	f = read(r, t.Lang())
	if r.PostFormValue("do") == "postcode" {
		return p.showForm(w, r, t, v, &f, p.fillAddress(t, &f), http.StatusOK)
	}
	if _, ok := p.limit.Take(throttle.Address(r.RemoteAddr)); !ok {
		return p.showForm(w, r, t, v, &f, []ui.Field{{ID: "main", Error: t.T("apply.later")}}, http.StatusTooManyRequests)
	}
	var err error
	if token == "" {
		token, err = p.Enter(r.Context(), f)
	} else {
		err = p.Change(r.Context(), token, f)
	}
	var bad *contract.FormError
	switch {
	case errors.As(err, &bad):
		var faults []ui.Field
		for _, one := range bad.Faults {
			faults = append(faults, ui.Field{ID: one.Field, Error: fault(t, v, one)})
		}
		return p.showForm(w, r, t, v, &f, faults, http.StatusUnprocessableEntity)
	case errors.Is(err, contract.ErrTooMany):
		return p.showForm(w, r, t, v, &f, []ui.Field{{ID: "main", Error: t.T("apply.later")}}, http.StatusServiceUnavailable)
	case errors.Is(err, contract.ErrState):
		return ui.To(w, r, p.Root+"/apply/"+token)
	case err != nil:
		return err
	}
	return ui.To(w, r, p.Root+"/apply/"+token)
}

// longest of what a field takes in, in bytes; the form's own checks say the rest.
const longest = 4096

// read takes a form from a request.
func read(r *http.Request, lang string) contract.Form {
	get := func(name string) string {
		s := r.PostFormValue(name)
		if len(s) > longest {
			s = s[:longest]
		}
		return strings.ToValidUTF8(s, "")
	}
	f := contract.Form{Company: get("company"), Kana: get("kana"), Corporate: get("corporate"), Member: get("member") == "yes", Chamber: get("chamber"), MemberNo: get("member_no"),
		Industry: get("industry"), PCs: get("pcs"), Line: get("line"), Router: get("router"), Visit: get("visit") == "yes", Contact: get("contact"), ContactKana: get("contact_kana"),
		Email: get("email"), Phone: get("phone"), Postcode: get("postcode"), Address: get("address"), Building: get("building"), Passphrase: get("passphrase"), Agreed: get("agreed") != "", Lang: lang}
	f.Consents = r.PostForm["consent"]
	if len(f.Consents) > 100 { // more than any offer has
		f.Consents = f.Consents[:100]
	}
	return f
}

// fillAddress puts in the address of the postal code, and says when there is none.
func (p *Pages) fillAddress(t text.Texts, f *contract.Form) []ui.Field {
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, ja.Halfwidth(f.Postcode))
	if p.Postcodes != nil {
		if found, ok := p.Postcodes.Find(code); ok {
			f.Address = found
			return nil
		}
	}
	return []ui.Field{{ID: "postcode", Error: t.T("apply.postcode_unknown")}}
}
