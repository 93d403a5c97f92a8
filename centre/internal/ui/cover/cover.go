package cover

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/dispatch"
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

// Companies is tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Press prints documents; paper.Press is one.
type Press interface {
	Print(ctx context.Context, d *paper.Document) ([]byte, error)
}

// Config says what the pages work with.
type Config struct {
	Cover     *cover.Service
	Visits    *dispatch.Service
	Companies Companies
	// Told is an alert in words, for the papers: what it is called, what happened, and what it was mailed to do.
	Told func(ctx context.Context, tenantID, alertID, lang string) ([]string, error)
	// Press prints; nil where there are no fonts.
	Press    Press
	Provider string
	Clock    clock.Clock
}

// Pages are the handlers.
type Pages struct {
	Config
	ui.Host
	looks                   *throttle.Limiter
	own, list, company, one *ui.Page
}

// lookEvery is how long one look at a company's cover is one look.
const lookEvery = 10 * time.Minute

// Customers are the pages of the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Menu: []ui.Entry{{Key: "cover.nav", Path: "/cover", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err == nil {
			r.Page(ui.Reader, "GET /cover", p.ownPage)
		}
		return err
	}}
}

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	return ui.Guest{Menu: []ui.Entry{{Key: "cover.nav", Path: "/cover", Scope: ui.Reader}, {Key: "cover.list_title", Path: "/claims", Scope: ui.Insurer}}, Join: func(h ui.Host, r *ui.Router) error {
		p, err := open(cfg, h)
		if err != nil {
			return err
		}
		p.insurers(r)
		r.Page(ui.Reader, "GET /cover", p.listPage)
		r.Page(ui.Operator, "POST /cover/insurers", p.setInsurer)
		r.Page(ui.Reader, "GET /visits/{tenant}/{visit}/cover", p.companyPage)
		r.Page(ui.Writer, "POST /visits/{tenant}/{visit}/cover", p.claim)
		r.Page(ui.Reader, "GET /cover/{tenant}/{claim}", p.onePage)
		r.Page(ui.Reader, "GET /cover/{tenant}/{claim}/pdf", p.pdf)
		r.Page(ui.Reader, "GET /cover/{tenant}/{claim}/zip", p.zip)
		r.Page(ui.Reader, "GET /cover/{tenant}/{claim}/letter", p.letter)
		r.Page(ui.Writer, "POST /cover/{tenant}/{claim}/send", p.send)
		r.Page(ui.Writer, "POST /cover/{tenant}/{claim}/withdraw", p.withdraw)
		r.Upload(ui.Writer, "POST /cover/{tenant}/{claim}/decide", attach.MaxSize, p.decide)
		return nil
	}}
}

func open(cfg Config, h ui.Host) (*Pages, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	p := &Pages{Config: cfg, Host: h, looks: throttle.New(throttle.Config{Burst: 1, Every: lookEvery, Clock: cfg.Clock})}
	for name, page := range map[string]**ui.Page{"own": &p.own, "list": &p.list, "company": &p.company, "one": &p.one} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Keys whose end is chosen.
const (
	stateKey  = "cover.state_"
	saidKey   = "cover.said_"
	answerKey = "cover.can_"
	reasonKey = "cover.why_"
)

var saidWords = map[string]bool{"claimed": false, "send": false, "withdraw": false, "decide": false, "insurer": false, "used": true, "unfit": true, "state": true, "fields": true, "file": true}

func flash(v *ui.Visit) *ui.Flash {
	w := v.Request.URL.Query().Get("said")
	if bad, ok := saidWords[w]; ok {
		return &ui.Flash{Text: v.T(saidKey + w), Bad: bad}
	}
	return nil
}

var tones = map[cover.State]ui.Tone{cover.Prepared: ui.Care, cover.Sent: ui.Care, cover.Paid: ui.Good, cover.Refused: ui.Alarm, cover.Withdrawn: ui.Off}

var answerTones = map[cover.Answer]ui.Tone{cover.Yes: ui.Good, cover.No: ui.Alarm, cover.Open: ui.Care}

func lamp(t text.Texts, s cover.State) ui.State {
	return ui.State{Tone: tones[s], Text: t.T(stateKey + string(s))}
}

func yen(t text.Texts, n int) string { return t.T("apply.yen", "yen", ja.Number(n)) }

// date of a day of the books.
func date(t text.Texts, day string) string {
	at, err := time.ParseInLocation(time.DateOnly, day, ja.Zone)
	if err != nil {
		return day
	}
	return ja.Date(at, t.Lang())
}

type row struct {
	URL, Company, When, Asked, Decided, Said string
	State                                    ui.State
}

func line(t text.Texts, c *cover.Claim, url string) row {
	r := row{URL: url, When: ja.Day(c.Made, t.Lang()), Asked: yen(t, c.Asked), State: lamp(t, c.State)}
	if c.State == cover.Paid {
		r.Decided = yen(t, c.Decided)
	}
	if c.State == cover.Paid || c.State == cover.Refused {
		r.Said = t.T("cover.decided", "by", c.By, "on", date(t, c.On), "why", c.Why)
	}
	return r
}

// status is a company's cover as it is shown.
type status struct {
	Left, Year, Limit, Version, Insurer string
	Covers, Not                         []string
	Rows                                []row
	None                                bool // there is no contract
}

func words(t text.Texts, all []offer.Words) (said []string) {
	for _, w := range all {
		said = append(said, w.In(t.Lang()))
	}
	return said
}

func (p *Pages) status(v *ui.Visit, tenantID string, at time.Time, url func(id string) string) (s status, err error) {
	st, err := p.Cover.Status(v.Request.Context(), tenantID, at)
	if errors.Is(err, store.ErrNotFound) {
		return status{None: true}, nil
	}
	if err != nil {
		return s, err
	}
	t := v.Texts
	s = status{Left: yen(t, st.Yen()), Year: t.T("cover.year", "from", ja.Date(st.From, t.Lang()), "until", ja.Date(st.Until.Add(-time.Second), t.Lang())), Limit: t.T("cover.limit", "yen", yen(t, st.Terms.Yen), "n", st.Terms.Times), Version: t.T("cover.version", "id", st.Terms.ID),
		Covers: words(t, st.Terms.Covers), Not: words(t, st.Terms.NotCovered), Insurer: st.Terms.Insurer}
	if s.Insurer == "" {
		s.Insurer = t.T("cover.insurer_none")
	}
	for i := range st.Claims {
		s.Rows = append(s.Rows, line(t, &st.Claims[i], url(st.Claims[i].ID)))
	}
	return s, nil
}

type ownView struct {
	ui.Base
	Status status
}

func (p *Pages) ownPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "cover.title", "/cover")
	if err != nil {
		return err
	}
	view := ownView{Base: base}
	if view.Status, err = p.status(v, v.TenantID, p.Clock.Now(), func(string) string { return "" }); err != nil {
		return err
	}
	return p.own.Render(w, http.StatusOK, view)
}

type listView struct {
	ui.Base
	Lead, None string
	Rows       []row
	Insurers   []insurerRow // for operators, where there are several
}

// insurerRow is one of the insurers' people.
type insurerRow struct {
	ID, Name string
	Choices  []insurerChoice
}

type insurerChoice struct {
	Value, Label string
	On           bool
}

func (p *Pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "cover.list_title", "/cover")
	if err != nil {
		return err
	}
	all, err := p.Cover.All(ctx, v.PersonID, "console: claims")
	if err != nil {
		return err
	}
	view := &listView{Base: base, Lead: v.T("cover.list_lead"), None: v.T("cover.list_none")}
	view.Flash = flash(v)
	if err := p.fillInsurers(v, view); err != nil {
		return err
	}
	return p.showList(w, v, view, all, desks)
}

// showList is claims of many companies, each leading to its page below a path.
func (p *Pages) showList(w http.ResponseWriter, v *ui.Visit, view *listView, all []cover.Claim, below string) error {
	for i := range all {
		c := &all[i]
		r := line(v.Texts, c, p.Root+below+c.TenantID+"/"+c.ID)
		company, err := p.Companies.CompanyByID(v.Request.Context(), c.TenantID)
		if err != nil {
			return err
		}
		r.Company = company.Name
		view.Rows = append(view.Rows, r)
	}
	return p.list.Render(w, http.StatusOK, view)
}

// look writes down that somebody of the staff saw a company's cover.
func (p *Pages) look(v *ui.Visit, object string) error {
	tenantID := v.Request.PathValue("tenant")
	if _, fresh := p.looks.Take(v.PersonID + " " + tenantID + " " + object); !fresh {
		return nil
	}
	return p.Companies.Audit(v.Request.Context(), tenantID, v.PersonID, "view.cover", object, v.T("cover.title"))
}

type reason struct {
	Text  string
	State ui.State
}

type companyView struct {
	ui.Base
	Company, Visit, VisitURL string
	Can                      ui.State
	Why                      []reason
	Status                   status
	Cost, URL                string
	CanClaim                 bool
}

// companyPage says whether a visit is covered, and why.
func (p *Pages) companyPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, t, tenantID := v.Request.Context(), v.Texts, v.Request.PathValue("tenant")
	x, st, why, can, err := p.Cover.Eligible(ctx, tenantID, v.Request.PathValue("visit"))
	if err != nil {
		return err
	}
	if err := p.look(v, x.ID); err != nil {
		return err
	}
	base, err := p.Begin(v, "cover.title", "/cover")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	view := companyView{Base: base, Company: x.Brief.Company, Visit: t.T("dispatch.number", "n", x.Number), VisitURL: p.Root + "/visits/" + tenantID + "/" + x.ID, URL: p.Root + "/visits/" + tenantID + "/" + x.ID + "/cover", Cost: yen(t, x.Report.Sum()),
		Can: ui.State{Tone: answerTones[can], Text: t.T(answerKey + string(can))}, CanClaim: can != cover.No && !x.Report.Signed.IsZero() && v.Role.May(tenant.MayWrite)}
	for _, r := range why {
		view.Why = append(view.Why, reason{t.T(reasonKey + r.Key + "_" + string(r.Answer)), ui.State{Tone: answerTones[r.Answer], Text: t.T(answerKey + "short_" + string(r.Answer))}})
	}
	for i := range st.Claims {
		if c := &st.Claims[i]; c.VisitID == x.ID && c.State != cover.Withdrawn { // it took the use itself
			view.Can, view.CanClaim = lamp(t, c.State), false
		}
	}
	if view.Status, err = p.status(v, tenantID, x.Asked, func(id string) string { return p.Root + "/cover/" + tenantID + "/" + id }); err != nil {
		return err
	}
	return p.company.Render(w, http.StatusOK, view)
}

func (p *Pages) claim(w http.ResponseWriter, v *ui.Visit) error {
	tenantID, visit := v.Request.PathValue("tenant"), v.Request.PathValue("visit")
	id, err := p.Cover.Claim(v.Request.Context(), tenantID, visit, v.PersonID)
	back := p.Root + "/visits/" + tenantID + "/" + visit + "/cover?said="
	switch {
	case errors.Is(err, cover.ErrUsed):
		return ui.To(w, v.Request, back+"used")
	case errors.Is(err, cover.ErrUnfit):
		return ui.To(w, v.Request, back+"unfit")
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.Root+"/cover/"+tenantID+"/"+id+"?said=claimed")
}

type oneView struct {
	ui.Base
	Row                            row
	Company, Terms, Cost, VisitURL string
	URL, Letter, Back, Sent        string
	Insurer                        bool // who looks decides, in the own name
	Prints, Papers                 bool
	CanSend, CanDecide, CanEnd     bool
	Today                          string
	Asked                          int
	Why                            string
}

func (p *Pages) onePage(w http.ResponseWriter, v *ui.Visit) error {
	c, err := p.Cover.Get(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"))
	if err != nil {
		return err
	}
	return p.showOne(w, v, &c, desks)
}

// showOne is a claim, for the desk or for the insurer.
func (p *Pages) showOne(w http.ResponseWriter, v *ui.Visit, c *cover.Claim, below string) error {
	ctx, t, tenantID := v.Request.Context(), v.Texts, c.TenantID
	if err := p.look(v, c.ID); err != nil {
		return err
	}
	company, err := p.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return err
	}
	back := strings.TrimSuffix(below, "/")
	base, err := p.Begin(v, "cover.claim_title", back)
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	write, url := v.Role.May(tenant.MayWrite), p.Root+below+tenantID+"/"+c.ID
	view := oneView{Base: base, Row: line(t, c, url), Back: p.Root + back, Company: company.Name, Terms: t.T("cover.version", "id", c.Terms), Cost: yen(t, c.Cost), VisitURL: p.Root + "/visits/" + tenantID + "/" + c.VisitID, URL: url, Prints: p.Press != nil, Papers: true,
		CanSend: write && c.State == cover.Prepared, CanDecide: write && c.State == cover.Sent, CanEnd: write && (c.State == cover.Prepared || c.State == cover.Sent), Today: p.Clock.Now().In(ja.Zone).Format(time.DateOnly), Asked: c.Asked}
	if !c.Sent.IsZero() {
		view.Sent = t.T("cover.sent_at", "time", ja.Long(c.Sent, t.Lang()))
	}
	if view.Insurer = below == insurers; view.Insurer {
		view.VisitURL, view.CanSend, view.CanDecide, view.CanEnd = "", false, c.State == cover.Sent, false
		view.Prints = view.Prints && c.State != cover.Withdrawn
		view.Papers = c.State != cover.Withdrawn
	}
	if c.Letter != "" {
		view.Letter = url + "/letter"
	}
	if c.State == cover.Withdrawn {
		view.Why = c.Why
	}
	return p.one.Render(w, http.StatusOK, view)
}

// Below these the desk and the insurer's people have their pages of claims.
const (
	desks    = "/cover/"
	insurers = "/claims/"
)

// done goes back to a claim after a step.
func (p *Pages) done(w http.ResponseWriter, v *ui.Visit, below, how string, err error) error {
	switch {
	case errors.Is(err, cover.ErrState):
		how, err = "state", nil
	case errors.Is(err, cover.ErrFields):
		how, err = "fields", nil
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+below+v.Request.PathValue("tenant")+"/"+v.Request.PathValue("claim")+"?said="+how)
}

func (p *Pages) send(w http.ResponseWriter, v *ui.Visit) error {
	return p.done(w, v, desks, "send", p.Cover.Send(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"), v.PersonID))
}

func (p *Pages) withdraw(w http.ResponseWriter, v *ui.Visit) error {
	return p.done(w, v, desks, "withdraw", p.Cover.Withdraw(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"), v.PersonID, v.Request.PostFormValue("why")))
}

// decide writes down the insurer's decision, with the letter if there is one.
func (p *Pages) decide(w http.ResponseWriter, v *ui.Visit) error {
	return p.decided(w, v, desks, v.Request.PostFormValue("by"), v.Request.PostFormValue("on"))
}

// errFile: the letter does not do.
var errFile = errors.New("cover: letter")

// decision reads the form; the error of what does not do is [cover.ErrFields] or errFile.
func decision(r *http.Request) (d cover.Decision, err error) {
	n, what := 0, r.PostFormValue("decision")
	if s := strings.TrimSpace(r.PostFormValue("yen")); s != "" {
		if n, err = strconv.Atoi(strings.ReplaceAll(ja.Halfwidth(s), ",", "")); err != nil {
			return d, cover.ErrFields
		}
	}
	if what != "paid" && what != "refused" {
		return d, cover.ErrFields
	}
	if d = (cover.Decision{Paid: what == "paid", Yen: n, Why: r.PostFormValue("why")}); !d.Paid {
		d.Yen = 0
	}
	f, head, err := r.FormFile("letter")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	defer f.Close()
	u, err := attach.Check(head.Filename, f, attach.Papers...)
	switch {
	case err == nil:
		d.Letter = &u
	case !errors.Is(err, attach.ErrEmpty) || head.Filename != "":
		return d, errFile
	}
	return d, nil
}

// decided writes down who decided on which day.
func (p *Pages) decided(w http.ResponseWriter, v *ui.Visit, below, by, on string) error {
	d, err := decision(v.Request)
	if errors.Is(err, errFile) {
		return p.done(w, v, below, "file", nil)
	}
	if err != nil {
		return p.done(w, v, below, "", err)
	}
	d.By, d.On = by, on
	return p.done(w, v, below, "decide", p.Cover.Decide(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"), v.PersonID, d))
}

func (p *Pages) letter(w http.ResponseWriter, v *ui.Visit) error {
	f, data, err := p.Cover.LetterOf(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("claim"))
	if err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}
