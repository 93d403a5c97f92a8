package selftest

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

//go:embed *.html
var files embed.FS

//go:embed selftest.css
var style []byte

const (
	// wait is how long a page waits for the box before it says that it waits: a test takes a second or two.
	wait = 8 * time.Second
	// reload is how often a page that waits looks again, in seconds, and giveUp when it stops: no box comes for a question later.
	reload = 3
	giveUp = 10 * time.Minute
	// silentAfter is when a box that does not report is told as away: three heartbeats of five minutes.
	silentAfter = 15 * time.Minute
	// shown is how many tests of a box are listed.
	shown = 10
)

// Service is question.Service.
type Service interface {
	Ask(ctx context.Context, tenantID, boxID, who, why string, q wire.Question) (string, error)
	Wait(ctx context.Context, tenantID, id string) (question.Asked, error)
	Tests(ctx context.Context, tenantID, boxID string, most int) ([]question.Test, error)
	Test(ctx context.Context, tenantID, id string) (question.Test, error)
}

// Companies are tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Config says what the pages work with.
type Config struct {
	Service
	Companies Companies
	Boxes     func(ctx context.Context, tenantID string) ([]device.Box, error)
	// Care is who of vendors looks after a company's boxes; nil: nobody.
	Care  func(ctx context.Context, tenantID string) (people []string, err error)
	Clock clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	list, result *ui.Page
}

// guest makes the pages of one face.
func guest(cfg Config, menu []ui.Entry, routes func(p *pages, r *ui.Router)) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Menu: menu, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		routes(p, r)
		if p.list, err = ui.ParsePage(files, "list.html", "parts.html"); err != nil {
			return err
		}
		p.result, err = ui.ParsePage(files, "result.html", "parts.html")
		return err
	}}
}

// Customers are the pages of the portal: everybody of a company reads, who does more than that has a box tested.
func Customers(cfg Config) ui.Guest {
	return guest(cfg, []ui.Entry{{Key: "selftest.nav", Path: "/selftest", Scope: ui.Reader}}, func(p *pages, r *ui.Router) {
		r.Page(ui.Reader, "GET /selftest", func(w http.ResponseWriter, v *ui.Visit) error { return p.show(w, v, p.ours(v)) })
		r.Page(ui.Writer, "POST /selftest", func(w http.ResponseWriter, v *ui.Visit) error { return p.ask(w, v, p.ours(v)) })
		r.Page(ui.Reader, "GET /selftest/{test}", func(w http.ResponseWriter, v *ui.Visit) error { return p.one(w, v, p.ours(v)) })
	})
}

// Staff are the pages of the console; a company's page leads to them, and a vendor's list of boxes. A vendor's people have
// the boxes tested of those companies that they look after, and see what comes of it; of others there is nothing.
func Staff(cfg Config) ui.Guest {
	return guest(cfg, nil, func(p *pages, r *ui.Router) {
		theirs := func(do func(http.ResponseWriter, *ui.Visit, whose) error) func(http.ResponseWriter, *ui.Visit) error {
			return func(w http.ResponseWriter, v *ui.Visit) error {
				x, err := p.theirs(v)
				if err != nil {
					return err
				}
				return do(w, v, x)
			}
		}
		r.Page(ui.Fleet, "GET /companies/{tenant}/selftest", theirs(p.show))
		r.Page(ui.Fleet, "POST /companies/{tenant}/selftest", theirs(p.ask))
		r.Page(ui.Fleet, "GET /companies/{tenant}/selftest/{test}", theirs(p.one))
	})
}

// whose says of which company a page is.
type whose struct {
	tenantID, path, here string
	company              string // its name
	may                  bool   // have a box tested
	staff                bool
	vendor               bool // one of those who look after the boxes, and sees nothing else of the company
}

func (p *pages) ours(v *ui.Visit) whose {
	return whose{tenantID: v.TenantID, path: p.Root + "/selftest", here: "/selftest", may: v.Role.May(tenant.MayWrite)}
}

func (p *pages) theirs(v *ui.Visit) (whose, error) {
	id := v.Request.PathValue("tenant")
	if id == tenant.House {
		return whose{}, store.ErrNotFound // the house has no boxes of its own
	}
	x := whose{tenantID: id, path: p.Root + "/companies/" + id + "/selftest", here: "/companies", may: v.Role.May(tenant.MayWrite), staff: true, vendor: !v.Role.May(tenant.MayRead)}
	if x.vendor {
		if p.Care == nil {
			return whose{}, store.ErrNotFound
		}
		people, err := p.Care(v.Request.Context(), id)
		if err != nil || !slices.Contains(people, v.PersonID) {
			return whose{}, cmp.Or(err, error(store.ErrNotFound))
		}
		x.here, x.may = "/fleet", true
	}
	c, err := p.Companies.CompanyByID(v.Request.Context(), id)
	x.company = c.Name
	return x, err
}

// look writes into the company's record that somebody of the staff reads what its boxes found.
func (p *pages) look(v *ui.Visit, x whose, object string) error {
	if !x.staff {
		return nil
	}
	why := v.T("selftest.looks_why")
	if x.vendor {
		why = v.T("selftest.vendor_looks")
	}
	return p.Companies.Audit(v.Request.Context(), x.tenantID, v.PersonID, "view.selftest", object, why)
}

// begin fills in what both pages show.
func (p *pages) begin(v *ui.Visit, x whose) (ui.Base, error) {
	base, err := p.Begin(v, "selftest.title", x.here)
	if err == nil && x.staff {
		base.Title = v.T("selftest.of", "company", x.company)
	}
	return base, err
}

// boxes are those in use, each with what to call it.
func (p *pages) boxes(v *ui.Visit, x whose) ([]named, error) {
	all, err := p.Config.Boxes(v.Request.Context(), x.tenantID)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(b device.Box) bool { return !b.Returned.IsZero() })
	out := make([]named, len(all))
	for i := range all {
		if out[i] = (named{all[i], cmp.Or(all[i].Name, v.T("portal.box_unnamed", "n", i+1))}); x.staff {
			out[i].called = all[i].Label() // as on the other pages of the console
		}
	}
	return out, nil
}

type named struct {
	device.Box
	called string
}

type listView struct {
	ui.Base
	Boxes  []boxView
	May    bool
	Action string
	Back   string // to the company's page, or a vendor's boxes; "" in the portal
	BackTo string
}

type boxView struct {
	ID, Name string
	State    ui.State
	Seen     string
	Do       []string // when it is away
	Tests    []testRow
}

// testRow is an earlier test in one line.
type testRow struct {
	URL, When, Who string
	State          ui.State
}

// show lists the boxes and their last tests.
func (p *pages) show(w http.ResponseWriter, v *ui.Visit, x whose) error {
	ctx := v.Request.Context()
	if err := p.look(v, x, x.tenantID); err != nil {
		return err
	}
	base, err := p.begin(v, x)
	if err != nil {
		return err
	}
	switch v.Request.URL.Query().Get("said") {
	case "busy":
		base.Flash = &ui.Flash{Text: v.T("selftest.busy"), Bad: true}
	case "gone":
		base.Flash = &ui.Flash{Text: v.T("selftest.gone"), Bad: true}
	}
	view := listView{Base: base, May: x.may, Action: x.path}
	if x.staff {
		view.Back, view.BackTo = p.Root+x.here+"/"+x.tenantID, v.T("selftest.back_company")
	}
	if x.vendor {
		view.Back, view.BackTo = p.Root+x.here, v.T("selftest.back")
	}
	boxes, err := p.boxes(v, x)
	if err != nil {
		return err
	}
	who, err := p.teller(v, x)
	if err != nil {
		return err
	}
	for i := range boxes {
		b := &boxes[i]
		row := boxView{ID: b.ID, Name: b.called}
		row.State, row.Seen, row.Do = p.contact(v, &b.Box)
		tests, err := p.Tests(ctx, x.tenantID, b.ID, shown)
		if err != nil {
			return err
		}
		for j := range tests {
			t := &tests[j]
			row.Tests = append(row.Tests, testRow{URL: x.path + "/" + t.ID, When: ja.Long(t.Answered, v.Texts.Lang()), Who: who(t.Who), State: judge(v.Texts, &t.Found).state})
		}
		view.Boxes = append(view.Boxes, row)
	}
	return p.list.Render(w, http.StatusOK, view)
}

// contact is whether a box reports, since when it does not, and what to do then.
func (p *pages) contact(v *ui.Visit, b *device.Box) (s ui.State, seen string, do []string) {
	switch {
	case b.LastSeen.IsZero():
		s, seen = ui.State{Tone: ui.Alarm, Text: v.T("selftest.away")}, v.T("selftest.never")
	case p.Clock.Now().Sub(b.LastSeen) > silentAfter:
		s, seen = ui.State{Tone: ui.Alarm, Text: v.T("selftest.away")}, v.T("selftest.since", "time", ja.Long(b.LastSeen, v.Texts.Lang()))
	default:
		return ui.State{Tone: ui.Good, Text: v.T("selftest.there")}, v.T("selftest.heard", "time", ja.Long(b.LastSeen, v.Texts.Lang())), nil
	}
	return s, seen, []string{v.T("selftest.away_power"), v.T("selftest.away_cable"), v.T("selftest.away_net"), v.T("selftest.away_call")}
}

// ask has a box tested.
func (p *pages) ask(w http.ResponseWriter, v *ui.Visit, x whose) error {
	if !x.may {
		return ui.ErrForbidden
	}
	boxes, err := p.boxes(v, x)
	if err != nil {
		return err
	}
	id := v.Request.PostFormValue("box")
	if !slices.ContainsFunc(boxes, func(b named) bool { return b.ID == id }) {
		return ui.To(w, v.Request, x.path+"?said=gone")
	}
	why := ""
	if x.staff {
		why = v.T("selftest.ask_why")
	}
	if x.vendor {
		why = v.T("selftest.vendor_why")
	}
	test, err := p.Ask(v.Request.Context(), x.tenantID, id, v.PersonID, why, wire.Question{Test: &wire.TestQuery{}})
	if errors.Is(err, question.ErrTooMany) {
		return ui.To(w, v.Request, x.path+"?said=busy")
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, x.path+"/"+test)
}

type resultView struct {
	ui.Base
	BoxID, Box string // BoxID is "" for a box that is not in use any more
	May        bool
	Action     string
	// Waits says why there is no result; Away is whether the box reports, Do what to do.
	Waits string
	Away  ui.State
	Seen  string
	Do    []string
	Last  string // address of the newest result of this box, "" for none
	// Of a result.
	State             ui.State
	Say, When, Facts  string
	Faults, Good, Off []pointRow
	Others            string
}

// one is the result of a test, or that it is waited for.
func (p *pages) one(w http.ResponseWriter, v *ui.Visit, x whose) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("test")
	base, err := p.begin(v, x)
	if err != nil {
		return err
	}
	view := resultView{Base: base, May: x.may, Action: x.path}
	t, err := p.Test(ctx, x.tenantID, id)
	if errors.Is(err, store.ErrNotFound) {
		var q question.Asked
		if q, err = p.wait(ctx, x.tenantID, id); err != nil {
			return err
		}
		if q.Answer == nil || q.Answer.Test == nil || q.Answer.Test.Again > 0 {
			return p.pending(w, v, x, &view, &q)
		}
		t, err = p.Test(ctx, x.tenantID, id)
	}
	if err != nil {
		return err
	}
	if err := p.look(v, x, id); err != nil {
		return err
	}
	if err := p.call(v, x, &view, t.BoxID); err != nil {
		return err
	}
	who, err := p.teller(v, x)
	if err != nil {
		return err
	}
	p.tell(v, &view, &t, who(t.Who))
	return p.result.Render(w, http.StatusOK, view)
}

// wait waits for the answer to a question that asks for a test.
func (p *pages) wait(ctx context.Context, tenantID, id string) (question.Asked, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	q, err := p.Wait(ctx, tenantID, id)
	if err == nil && q.Question.Test == nil {
		err = store.ErrNotFound // a search of the traffic log is shown elsewhere
	}
	return q, err
}

// call fills in which box a page is about.
func (p *pages) call(v *ui.Visit, x whose, view *resultView, boxID string) error {
	boxes, err := p.boxes(v, x)
	if err != nil {
		return err
	}
	for i := range boxes {
		if b := &boxes[i]; b.ID == boxID {
			view.BoxID, view.Box = b.ID, b.called
			view.Away, view.Seen, view.Do = p.contact(v, &b.Box)
		}
	}
	return nil
}

// pending is the page while there is no result, or when there will be none.
func (p *pages) pending(w http.ResponseWriter, v *ui.Visit, x whose, view *resultView, q *question.Asked) error {
	ctx := v.Request.Context()
	if err := p.call(v, x, view, q.BoxID); err != nil {
		return err
	}
	switch a := q.Answer; {
	case a != nil && a.Test != nil:
		view.Waits = v.T("selftest.soon", "n", a.Test.Again)
	case a != nil:
		view.Waits = v.T("selftest.old")
	case p.Clock.Now().Sub(q.At) >= giveUp:
		view.Waits = v.T("selftest.gave_up")
	default:
		view.Waits = v.T("selftest.waits")
		w.Header().Set("Refresh", strconv.Itoa(reload))
	}
	if q.Answer != nil {
		view.Do = nil // it is there
		last, err := p.Tests(ctx, x.tenantID, q.BoxID, 1)
		if err != nil {
			return err
		}
		if len(last) > 0 {
			view.Last = x.path + "/" + last[0].ID
		}
	}
	return p.result.Render(w, http.StatusOK, view)
}

// teller says who asked for a test.
func (p *pages) teller(v *ui.Visit, x whose) (func(id string) string, error) {
	ctx := v.Request.Context()
	ours, err := p.Companies.NamesOf(ctx, x.tenantID)
	if err != nil {
		return nil, err
	}
	staff, err := p.Companies.NamesOf(ctx, tenant.House)
	if err != nil {
		return nil, err
	}
	return func(id string) string {
		if x.vendor && id != v.PersonID { // who works where is no business of a vendor's
			if _, ok := ours[id]; ok {
				return v.T("selftest.customer")
			}
			return v.T("selftest.centre")
		}
		if one, ok := ours[id]; ok {
			return one.Name
		}
		if one, ok := staff[id]; ok && x.staff {
			return one.Name
		} else if ok {
			return v.T("selftest.centre")
		}
		return v.T("selftest.somebody")
	}, nil
}
