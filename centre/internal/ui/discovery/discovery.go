package discovery

import (
	"context"
	"embed"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/hostname"
	"otasuke/internal/ja"
	"otasuke/wire"
)

//go:embed *.html
var files embed.FS

//go:embed discovery.css
var style []byte

// Service is discovery.Service.
type Service interface {
	Propose(ctx context.Context, p discovery.Proposal) (id string, err error)
	Confirm(ctx context.Context, id, who, why string) error
	Renew(ctx context.Context, id, who, why string, days int) error
	Withdraw(ctx context.Context, id, who, why string) error
	Drop(ctx context.Context, id, who, why string) error
	Get(ctx context.Context, id string) (discovery.Discovery, error)
	List(ctx context.Context) ([]discovery.Discovery, error)
	History(ctx context.Context, id string) ([]discovery.Step, error)
	Reach(ctx context.Context, d *discovery.Discovery, who string) (discovery.Reach, error)
	Measures(ctx context.Context, who string, all []discovery.Discovery) (map[string]discovery.Measure, error)
}

// Companies is tenant.Service.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	NamesOf(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	Audit(ctx context.Context, tenantID, who, action, object, why string) error
}

// Config says what the pages work with.
type Config struct {
	Service
	// Check is discovery.Guard's.
	Check     func(kind, typed string) (string, error)
	Alert     func(ctx context.Context, tenantID, id string) (alert.Alert, error)
	Companies Companies
	// Texts has all languages: what a company's record says is in its own.
	Texts *text.Catalogue
	Clock clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	list, one, propose *ui.Page
}

// path of the list.
const path = "/discoveries"

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "discovery.nav", Path: path, Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		for name, page := range map[string]**ui.Page{"list": &p.list, "one": &p.one, "propose": &p.propose} {
			if *page, err = ui.ParsePage(files, name+".html"); err != nil {
				return err
			}
		}
		r.Page(ui.Reader, "GET "+path, p.listPage)
		r.Page(ui.Reader, "GET "+path+"/{discovery}", p.onePage)
		r.Page(ui.Operator, "POST "+path+"/{discovery}", p.decide)
		r.Page(ui.Writer, "GET /cases/{tenant}/{alert}/discovery", p.proposePage)
		r.Page(ui.Writer, "POST /cases/{tenant}/{alert}/discovery", p.proposed)
		return nil
	}}
}

// Keys of words; what they are about follows.
const (
	kindKey     = "discovery.kind_"
	categoryKey = "discovery.category_"
	stepKey     = "discovery.step_"
	refusedKey  = "discovery.refused_"
	saidKey     = "discovery.said_"
	badKey      = "discovery.bad_"
)

// said are words of what was just done.
var said = []string{"proposed", "confirmed", "renewed", "withdrawn", "dropped"}

type listView struct {
	ui.Base
	Groups []group
	Full   string
}

type group struct {
	Title, None string
	Rows        []row
}

// row is one in the list.
type row struct {
	URL, Value, What, When string
	State                  ui.State
	Have, Stopped          string
}

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "discovery.title", path)
	if err != nil {
		return err
	}
	all, err := p.List(ctx)
	if err != nil {
		return err
	}
	measures, err := p.Measures(ctx, v.PersonID, all)
	if err != nil {
		return err
	}
	view := listView{Base: base, Groups: []group{{Title: v.T("discovery.list_proposed"), None: v.T("discovery.none_proposed")}, {Title: v.T("discovery.list_active"), None: v.T("discovery.none_active")}, {Title: v.T("discovery.list_over"), None: v.T("discovery.none_over")}}}
	active := 0
	for i := range all {
		d := &all[i]
		r := p.row(v, d, measures)
		to := 2
		switch d.State {
		case discovery.Proposed:
			to = 0
		case discovery.Active:
			to = 1
			active++
		}
		view.Groups[to].Rows = append(view.Groups[to].Rows, r)
	}
	view.Full = v.T("discovery.room", "n", active, "max", discovery.MaxActive)
	return p.list.Render(w, http.StatusOK, view)
}

func (p *pages) row(v *ui.Visit, d *discovery.Discovery, measures map[string]discovery.Measure) row {
	r := row{URL: p.Root + path + "/" + d.ID, Value: value(d), What: what(v, d), State: state(v, d), When: when(v, d, p.Clock.Now())}
	if m, ok := measures[d.ID]; ok {
		r.Have, r.Stopped = have(v, d, &m), stopped(v, &m)
	}
	return r
}

// value is it as people read it.
func value(d *discovery.Discovery) string {
	if d.Kind == wire.StopName {
		return hostname.Shown(d.Value)
	}
	return d.Value
}

func what(v *ui.Visit, d *discovery.Discovery) string {
	return v.T("discovery.what", "kind", v.T(kindKey+d.Kind), "category", v.T(categoryKey+d.Category))
}

func state(v *ui.Visit, d *discovery.Discovery) ui.State {
	tone := map[string]ui.Tone{discovery.Proposed: ui.Care, discovery.Active: ui.Alarm}[d.State]
	if tone == "" {
		tone = ui.Off
	}
	return ui.State{Tone: tone, Text: v.T("discovery.state_" + d.State)}
}

func when(v *ui.Visit, d *discovery.Discovery, now time.Time) string {
	lang := v.Texts.Lang()
	switch d.State {
	case discovery.Proposed:
		return v.T("discovery.when_proposed", "time", ja.Long(d.Made, lang))
	case discovery.Active:
		return v.T("discovery.when_active", "from", ja.Long(d.Confirmed, lang), "until", ja.Long(d.Ends, lang), "left", ja.Span(d.Ends.Sub(now), lang))
	case discovery.Dropped:
		return v.T("discovery.when_proposed", "time", ja.Long(d.Made, lang))
	}
	return v.T("discovery.when_over", "from", ja.Long(d.Confirmed, lang), "until", ja.Long(d.Ends, lang))
}

// have says how many boxes have it, or have let it go.
func have(v *ui.Visit, d *discovery.Discovery, m *discovery.Measure) string {
	if d.State == discovery.Ended {
		return v.T("discovery.have_ended")
	}
	key := "discovery.have"
	if d.State == discovery.Withdrawn {
		key = "discovery.gone"
	}
	s := v.T(key, "n", ja.Number(m.Have), "all", ja.Number(m.Boxes))
	if m.Away > 0 {
		s += v.T("discovery.away", "n", ja.Number(m.Away))
	}
	if m.Not > 0 {
		s += v.T("discovery.not", "n", ja.Number(m.Not))
	}
	return s
}

func stopped(v *ui.Visit, m *discovery.Measure) string {
	if m.Stopped == 0 {
		return v.T("discovery.stopped_none")
	}
	return v.T("discovery.stopped", "n", ja.Number(m.Stopped), "companies", ja.Number(m.Companies), "time", ja.Long(m.Last, v.Texts.Lang()))
}

// flash is what was just done.
func flash(v *ui.Visit) *ui.Flash {
	word := v.Request.URL.Query().Get("said")
	for _, one := range said {
		if one == word {
			return &ui.Flash{Text: v.T(saidKey + one)}
		}
	}
	return nil
}

// kinds in the words of a form.
func kinds(t text.Texts) (all []ui.Choice) {
	for _, k := range discovery.Kinds {
		all = append(all, ui.Choice{Value: k, Label: t.T(kindKey + k)})
	}
	return all
}

// daysOf are what can be chosen, with more if a discovery has other ones.
func daysOf(t text.Texts) (all []ui.Choice) {
	for _, n := range []int{7, discovery.Days, discovery.MaxDays} {
		all = append(all, ui.Choice{Value: strconv.Itoa(n), Label: t.T("discovery.days_n", "n", n)})
	}
	return all
}

// typed is what a form has, without what no text has.
func typed(v *ui.Visit, name string) string {
	return strings.TrimSpace(strings.ToValidUTF8(v.Request.PostFormValue(name), "?"))
}
