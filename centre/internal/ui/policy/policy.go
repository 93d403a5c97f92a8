package policy

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/hostname"
	"otasuke/internal/ja"
	"otasuke/wire"
)

//go:embed *.html
var files embed.FS

//go:embed policy.css
var style []byte

// silentAfter is when a box that does not report is told as away: three heartbeats of five minutes.
const silentAfter = 15 * time.Minute

// Service is policy.Service.
type Service interface {
	Templates(ctx context.Context) ([]policy.Template, error)
	TemplateByID(ctx context.Context, id string) (policy.Template, error)
	UsedBy(ctx context.Context, who string) (map[string]int, error)
	CheckTemplate(id string, state *policy.State) error
	SaveTemplate(ctx context.Context, who, why, id string, seq int64, state policy.State) error
	Of(ctx context.Context, tenantID string) (policy.Own, error)
	Save(ctx context.Context, tenantID, who, why string, seq int64, state policy.State, free bool) error
	Undo(ctx context.Context, tenantID, subject, who, why string, undone, seq int64, free bool) error
	History(ctx context.Context, tenantID, subject string) ([]policy.Step, error)
	Wanted(ctx context.Context, tenantID string) (wire.Policy, error)
	Boxes(ctx context.Context, tenantID string) (map[string]policy.Said, error)
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
	// Devices are those of a company that a group can be made of; nil: they are typed.
	Devices func(ctx context.Context, tenantID string) ([]device.Known, error)
	Known   *apps.Catalogue
	Clock   clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	list, one, check, company, group *ui.Page
}

func (p *pages) parse() (err error) {
	for name, page := range map[string]**ui.Page{"list": &p.list, "template": &p.one, "check": &p.check, "company": &p.company, "group": &p.group} {
		if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
			return err
		}
	}
	return nil
}

// guest makes the pages of one face.
func guest(cfg Config, menu ui.Entry, routes func(p *pages, r *ui.Router)) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Menu: []ui.Entry{menu}, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		routes(p, r)
		return p.parse()
	}}
}

// Customers are the pages of the portal: everybody of a company reads, its owners change.
func Customers(cfg Config) ui.Guest {
	return guest(cfg, ui.Entry{Key: "policy.nav", Path: "/policy", Scope: ui.Reader}, func(p *pages, r *ui.Router) {
		r.Page(ui.Reader, "GET /policy", func(w http.ResponseWriter, v *ui.Visit) error { return p.show(w, v, p.ours(v), nil, nil, "") })
		r.Page(ui.Manager, "POST /policy", func(w http.ResponseWriter, v *ui.Visit) error { return p.save(w, v, p.ours(v)) })
		r.Page(ui.Manager, "POST /policy/undo", func(w http.ResponseWriter, v *ui.Visit) error { return p.undo(w, v, p.ours(v)) })
		p.groupRoutes(r, ui.Manager, "/policy", func(v *ui.Visit) (whose, error) { return p.ours(v), nil })
	})
}

// whose says of which company a page is.
type whose struct {
	tenantID, path, here string
	may                  bool // change it
	staff                bool
}

func (p *pages) ours(v *ui.Visit) whose {
	return whose{tenantID: v.TenantID, path: p.Root + "/policy", here: "/policy", may: v.Role.May(tenant.MayManage)}
}

type companyView struct {
	ui.Base
	Company, Template string
	Lines             []lineRow
	Groups            []groupRow
	NewGroup          string // "" for who only reads
	BoxRows           []boxRow
	Form              *form // nil for who only reads
	Faults            []ui.Field
	Seq               int64
	Action            string
	Fixed             bool // the template leaves something to nobody
	Steps             []stepRow
	Back              string
}

type lineRow struct {
	What   string
	Values []valueRow
}

type valueRow struct{ Text, From string }

type boxRow struct {
	Name, Since, Reason string
	State               ui.State
	Own                 []string
}

type stepRow struct {
	Seq            int64
	When, Who, Why string
	Undoes         string
	Changes        []string
	May            bool
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit, x whose, f *form, o *policy.Own, said string) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "policy.title", x.here)
	if err != nil {
		return err
	}
	company, err := p.Companies.CompanyByID(ctx, x.tenantID)
	if err != nil {
		return err
	}
	base.Flash, base.Path = p.flash(v, said), x.path
	if o == nil {
		now, err := p.Of(ctx, x.tenantID)
		if err != nil {
			return err
		}
		o = &now
	}
	view := companyView{Base: base, Company: company.Name, Template: p.templateName(v.Texts, &o.Template), Seq: o.Seq, Action: x.path, Lines: p.lines(v.Texts, o), Groups: p.groups(v.Texts, x, o)}
	if x.may {
		view.NewGroup = x.path + "/group"
	}
	if x.staff {
		view.Title, view.Back = v.T("policy.of", "company", company.Name), p.Root+"/policies"
	}
	if f == nil && x.may {
		s, err := p.shape(ctx, v, x, o)
		if err != nil {
			return err
		}
		made := p.form(v, s)
		f = &made
	}
	if view.Form = f; f != nil {
		view.Faults = f.Faults
		view.Fixed = !x.staff && len(o.Template.Free) < len(policy.Switches)
	}
	if view.BoxRows, err = p.boxes(ctx, v.Texts, x, o); err != nil {
		return err
	}
	if view.Steps, err = p.steps(ctx, v.Texts, x.tenantID, "", x.may); err != nil {
		return err
	}
	return p.company.Render(w, status(view.Faults, said), view)
}

func status(faults []ui.Field, said string) int {
	switch {
	case len(faults) > 0:
		return http.StatusUnprocessableEntity
	case said == "stale":
		return http.StatusConflict
	}
	return http.StatusOK
}

var saidWords = map[string]bool{"saved": false, "undone": false, "stale": true, "nothing": true, "fixed": true, "why": true}

func (p *pages) flash(v *ui.Visit, said string) *ui.Flash {
	if said == "" {
		said = v.Request.URL.Query().Get("said")
	}
	bad, ok := saidWords[said]
	if !ok {
		return nil
	}
	return &ui.Flash{Text: v.T(saidKey + said), Bad: bad}
}

func (p *pages) shape(ctx context.Context, v *ui.Visit, x whose, o *policy.Own) (*shape, error) {
	s := &shape{own: o.State, template: &o.Template, free: func(what string) bool {
		if x.staff {
			return true
		}
		for _, f := range o.Template.Free {
			if f == what {
				return true
			}
		}
		return false
	}}
	if x.staff {
		all, err := p.Templates(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all {
			s.choices = append(s.choices, ui.Choice{Value: all[i].ID, Label: p.templateName(v.Texts, &all[i])})
		}
	}
	return s, nil
}

func (p *pages) save(w http.ResponseWriter, v *ui.Visit, x whose) error {
	ctx := v.Request.Context()
	o, err := p.Of(ctx, x.tenantID)
	if err != nil {
		return err
	}
	s, err := p.shape(ctx, v, x, &o)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(v.Request.PostFormValue("seq"), 10, 64)
	if err != nil {
		return ui.ErrBadInput
	}
	f := p.form(v, s)
	state := p.read(v, &f, s)
	if x.staff && state.Template != o.State.Template { // with another template what was ticked was meant beside the old one
		state.Block, state.Open = o.State.Block, o.State.Open
	}
	if len(f.Faults) > 0 {
		return p.show(w, v, x, &f, &o, "")
	}
	switch err = p.Save(ctx, x.tenantID, v.PersonID, v.Request.PostFormValue("why"), seq, state, x.staff); {
	case errors.Is(err, policy.ErrStale):
		return p.show(w, v, x, &f, &o, "stale")
	case errors.Is(err, policy.ErrNotFree):
		return p.show(w, v, x, &f, &o, "fixed")
	case err != nil:
		if !f.mark(v.Texts, err) {
			return badInput(err)
		}
		return p.show(w, v, x, &f, &o, "")
	}
	return ui.To(w, v.Request, x.path+"?said=saved")
}

// badInput is for what no form of ours sends.
func badInput(err error) error {
	if errors.Is(err, policy.ErrItem) || errors.Is(err, policy.ErrValue) {
		return errors.Join(ui.ErrBadInput, err)
	}
	return err
}

func (p *pages) undo(w http.ResponseWriter, v *ui.Visit, x whose) error {
	said, err := p.takeBack(v, x.tenantID, "", x.staff)
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, x.path+"?said="+said)
}

// takeBack undoes the step that a form names.
func (p *pages) takeBack(v *ui.Visit, tenantID, subject string, free bool) (said string, err error) {
	step, err1 := strconv.ParseInt(v.Request.PostFormValue("step"), 10, 64)
	seq, err2 := strconv.ParseInt(v.Request.PostFormValue("seq"), 10, 64)
	if err1 != nil || err2 != nil {
		return "", ui.ErrBadInput
	}
	err = p.Undo(v.Request.Context(), tenantID, subject, v.PersonID, v.T("policy.undo_why", "n", step), step, seq, free)
	var bad *policy.Bad
	switch {
	case errors.Is(err, policy.ErrStale):
		return "stale", nil
	case errors.Is(err, policy.ErrUndone), errors.As(err, &bad):
		return "nothing", nil
	case errors.Is(err, policy.ErrNotFree):
		return "fixed", nil
	}
	return "undone", err
}

// lines is what counts, in words.
func (p *pages) lines(t text.Texts, o *policy.Own) (all []lineRow) {
	c := o.Counts()
	rows := func(what string, list []policy.Line, shown func(string) string) {
		row := lineRow{What: t.T(whatKey + what)}
		for _, l := range list {
			row.Values = append(row.Values, valueRow{shown(l.Value), t.T(fromKey + string(l.From))})
		}
		all = append(all, row)
	}
	item := func(s string) string { return p.item(t, s) }
	rows("block", c.Block, item)
	if len(c.Open) > 0 {
		rows("open", c.Open, item)
	}
	rows("dns", []policy.Line{c.DNS}, func(s string) string {
		if s == "" {
			s = wire.DNSReport
		}
		return t.T(dnsKey + s)
	})
	rows("files", []policy.Line{c.Files}, func(s string) string {
		if s == "" {
			s = wire.FilesTell
		}
		return t.T(filesKey + s)
	})
	rows("deny", c.Deny, hostname.Shown)
	rows("allow", c.Allow, hostname.Shown)
	return all
}

// boxes says what became of it on each box.
func (p *pages) boxes(ctx context.Context, t text.Texts, x whose, o *policy.Own) (rows []boxRow, err error) {
	boxes, err := p.Config.Boxes(ctx, x.tenantID)
	if err != nil {
		return nil, err
	}
	said, err := p.Service.Boxes(ctx, x.tenantID)
	if err != nil {
		return nil, err
	}
	wanted, err := p.Wanted(ctx, x.tenantID)
	if err != nil {
		return nil, err
	}
	now := p.Clock.Now()
	for i := range boxes {
		b := &boxes[i]
		if !b.Returned.IsZero() {
			continue
		}
		row := boxRow{Name: b.Label()}
		s, ok := said[b.ID]
		since := func(at time.Time) {
			if !at.IsZero() {
				row.Since = t.T("policy.since", "time", ja.Short(at, t.Lang()))
			}
		}
		switch {
		case !ok:
			row.State = ui.State{Tone: ui.Care, Text: t.T("policy.box_old")}
		case s.State == wire.PolicyOff:
			row.State, row.Reason = ui.State{Tone: ui.Off, Text: t.T("policy.box_off")}, s.Reason
		case s.Active == wanted.ID:
			row.State, row.Reason = ui.State{Tone: ui.Good, Text: t.T("policy.box_active")}, s.Reason
			since(s.At)
		case s.State == wire.PolicyRefused && s.ID == wanted.ID:
			row.State, row.Reason = ui.State{Tone: ui.Alarm, Text: t.T("policy.box_refused")}, s.Reason
			since(s.At)
		case now.Sub(b.LastSeen) > silentAfter:
			row.State = ui.State{Tone: ui.Care, Text: t.T("policy.box_away")}
			since(b.LastSeen)
		default:
			row.State = ui.State{Tone: ui.Care, Text: t.T("policy.box_pending")}
			since(o.Changed())
		}
		if !x.staff {
			row.Reason = "" // for the operator, and English
		}
		if ok && s.PolicyState != nil {
			for _, key := range s.Own {
				if t.Has(ownKey + key) {
					row.Own = append(row.Own, t.T(ownKey+key))
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// steps is the history, the newest first.
func (p *pages) steps(ctx context.Context, t text.Texts, tenantID, subject string, may bool) (rows []stepRow, err error) {
	all, err := p.History(ctx, tenantID, subject)
	if err != nil {
		return nil, err
	}
	names, err := p.Companies.NamesOf(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	staff, err := p.Companies.NamesOf(ctx, tenant.House)
	if err != nil {
		return nil, err
	}
	for i := range all {
		s := &all[i]
		row := stepRow{Seq: s.Seq, When: ja.Long(s.At, t.Lang()), Who: t.T("policy.somebody"), Why: s.Why, May: may}
		if who, ok := names[s.Who]; ok {
			row.Who = who.Name
		} else if _, ok := staff[s.Who]; ok {
			row.Who = t.T("policy.centre")
		}
		if s.Undoes > 0 {
			row.Undoes = t.T("policy.undoes", "n", s.Undoes)
		}
		row.Changes = p.changes(ctx, t, policy.Changes(&s.Before, &s.After))
		rows = append(rows, row)
	}
	return rows, nil
}

// changes are those of a step, in words.
func (p *pages) changes(ctx context.Context, t text.Texts, all []policy.Change) (out []string) {
	for _, c := range all {
		word := func(s string) string { return s }
		switch c.What {
		case "dns":
			word = func(s string) string { return valueWord(t, dnsKey, s) }
		case "files":
			word = func(s string) string { return valueWord(t, filesKey, s) }
		case "free":
			word = func(s string) string { return t.T(freeKey + s) }
		case "template":
			word = func(s string) string {
				x, err := p.TemplateByID(ctx, s)
				if err != nil {
					return s
				}
				return p.templateName(t, &x)
			}
		case "block", "open":
			word = func(s string) string { return p.item(t, s) }
		case "allow", "deny":
			word = hostname.Shown
		case "groups":
			word = func(s string) string { return p.groupChange(t, s) }
		}
		what := t.T(whatKey + c.What)
		if c.Was != c.Is {
			out = append(out, t.T("policy.changed", "what", what, "was", word(c.Was), "is", word(c.Is)))
		}
		for _, part := range []struct {
			key string
			all []string
		}{{"policy.added", c.Added}, {"policy.removed", c.Removed}} {
			if len(part.all) > 0 {
				words := make([]string, len(part.all))
				for i, s := range part.all {
					words[i] = word(s)
				}
				out = append(out, t.T(part.key, "what", what, "list", strings.Join(words, t.T("policy.and"))))
			}
		}
	}
	return out
}

func valueWord(t text.Texts, key, s string) string {
	if s == "" {
		return t.T("policy.unsaid")
	}
	return t.T(key + s)
}
