package shift

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

//go:embed shift.css
var style []byte

// Config says what the pages work with.
type Config struct {
	Service *shift.Service
	// Names are the people of a company, and NamesOf the house the staff.
	Names func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	// ByCase finds the case that a number in a point means.
	ByCase func(ctx context.Context, who, why, number string) (alert.Alert, error)
	// Holiday is the name of the public holiday of a day; "" for none.
	Holiday func(day time.Time, lang string) string
	Clock   clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	notes, rota *ui.Page
}

// here is the pages' entry in the menu.
const here = "/shift"

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "shift.nav", Path: here, Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.notes, err = ui.ParsePage(files, "notes.html"); err != nil {
			return err
		}
		if p.rota, err = ui.ParsePage(files, "rota.html"); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /shift", p.notesPage)
		r.Page(ui.Writer, "POST /shift", p.write)
		r.Page(ui.Writer, "POST /shift/notes/{note}/read", p.read)
		r.Page(ui.Writer, "POST /shift/points/{point}/done", p.done)
		r.Page(ui.Reader, "GET /rota", p.rotaPage)
		r.Page(ui.Operator, "POST /rota", p.roster)
		r.Page(ui.Operator, "POST /rota/turns/{duty}/drop", p.drop)
		r.Page(ui.Writer, "POST /rota/turns/{duty}/swap", p.askSwap)
		r.Page(ui.Writer, "POST /rota/swaps/{swap}", p.answerSwap)
		return nil
	}}
}

const saidKey = "shift.said_"

var saidWords = map[string]bool{"wrote": false, "read": false, "done": false, "over": true, "gone": true, "rostered": false, "dropped": false, "asked": false, "agreed": false, "refused": false, "others": true, "overlap": true, "nobody": true}

func (p *pages) begin(v *ui.Visit, title string) (ui.Base, error) {
	base, err := p.Begin(v, title, here)
	word := v.Request.URL.Query().Get("said")
	if bad, ok := saidWords[word]; ok {
		base.Flash = &ui.Flash{Text: v.T(saidKey + word), Bad: bad}
	}
	return base, err
}

// outcome goes on after a form: what came of it is said on the page.
func (p *pages) outcome(w http.ResponseWriter, v *ui.Visit, path, said string, err error) error {
	switch {
	case errors.Is(err, shift.ErrOver):
		said = "over"
	case errors.Is(err, shift.ErrOthers):
		said = "others"
	case errors.Is(err, shift.ErrOverlap):
		said = "overlap"
	case errors.Is(err, shift.ErrInvalid):
		said = "nobody"
	case errors.Is(err, store.ErrNotFound):
		said = "gone"
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.Root+path+"?said="+said)
}

// OnDuty says in a line who is on duty and who comes next, for the queue; bad when nobody is.
func (c *Config) OnDuty(v *ui.Visit) (line string, bad bool, err error) {
	now := time.Now()
	if c.Clock != nil {
		now = c.Clock.Now()
	}
	all, err := c.Service.Duties(v.Request.Context(), now, now.Add(lookAhead))
	if err != nil {
		return "", false, err
	}
	names, err := c.Names(v.Request.Context(), tenant.House)
	on, next := shift.NowAndNext(all, now)
	lang := v.Texts.Lang()
	var parts []string
	for _, d := range on {
		parts = append(parts, v.T("shift.on_until", "who", name(v, names, d.PersonID), "time", ja.Clock(d.Ends)))
	}
	line = v.T("shift.on", "who", strings.Join(parts, v.T("shift.and")))
	if len(on) == 0 {
		line, bad = v.T("shift.on_nobody"), true
	}
	if len(next) > 0 {
		parts = nil
		for _, d := range next {
			parts = append(parts, name(v, names, d.PersonID))
		}
		line += " " + v.T("shift.on_next", "who", strings.Join(parts, v.T("shift.and")), "time", ja.Short(next[0].Starts, lang))
	}
	return line, bad, err
}

// lookAhead is how far the next turn is looked for.
const lookAhead = 7 * 24 * time.Hour

func name(v *ui.Visit, names map[string]tenant.Person, id string) string {
	if n := names[id].Name; n != "" {
		return n
	}
	return v.T("shift.gone")
}

type notesView struct {
	ui.Base
	On                string
	Nobody            bool
	Open              []pointRow
	Notes             []noteRow
	Fields            ui.Form
	Faults            []ui.Field
	Once, Action      string
	Rota              string
	MayWrite, Unread  bool
	UnreadLine, Quiet string
}

type pointRow struct {
	Text, When, By, Case, CaseURL, Action string
	Done                                  bool
}

type noteRow struct {
	Who, When, Text, Read, Action string
	Mine, Fresh                   bool
	Points                        []pointRow
}

func (p *pages) form(v *ui.Visit) ui.Form {
	return ui.Form{
		{ID: "text", Label: v.T("shift.text"), Hint: v.T("shift.text_hint"), Type: "area", Max: shift.MaxText},
		{ID: "points", Label: v.T("shift.points"), Hint: v.T("shift.points_hint"), Type: "area", Max: shift.MaxPoints * (shift.MaxPoint + 1), Optional: true},
	}
}

func (p *pages) notesPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.show(w, v, p.form(v), strings.ToLower(rand.Text()))
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit, f ui.Form, once string) error {
	ctx := v.Request.Context()
	base, err := p.begin(v, "shift.title")
	if err != nil {
		return err
	}
	view := notesView{Base: base, Fields: f, Faults: f.Faults(), Once: once, Action: p.Root + here, Rota: p.Root + "/rota", MayWrite: v.Role.May(tenant.MayWrite)}
	if view.On, view.Nobody, err = p.OnDuty(v); err != nil {
		return err
	}
	names, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	open, err := p.Service.Open(ctx)
	if err != nil {
		return err
	}
	notes, err := p.Service.Notes(ctx)
	if err != nil {
		return err
	}
	for i := range open {
		view.Open = append(view.Open, p.point(v, names, &open[i]))
	}
	fresh := 0
	for i := range notes {
		n := &notes[i]
		row := noteRow{Who: name(v, names, n.Who), When: ja.Short(n.At, v.Texts.Lang()), Text: n.Text, Mine: n.Who == v.PersonID, Fresh: !n.ReadBy(v.PersonID), Action: p.Root + here + "/notes/" + n.ID + "/read"}
		var readers []string
		for _, r := range n.Read {
			readers = append(readers, name(v, names, r.PersonID)+" "+ja.Short(r.At, v.Texts.Lang()))
		}
		if row.Read = v.T("shift.read_none"); len(readers) > 0 {
			row.Read = v.T("shift.read_by", "who", strings.Join(readers, v.T("shift.and")))
		}
		if row.Fresh {
			fresh++
		}
		for j := range n.Points {
			row.Points = append(row.Points, p.point(v, names, &n.Points[j]))
		}
		view.Notes = append(view.Notes, row)
	}
	if fresh > 0 && view.MayWrite {
		view.Unread, view.UnreadLine = true, v.T("shift.unread", "n", fresh)
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.notes.Render(w, status, view)
}

func (p *pages) point(v *ui.Visit, names map[string]tenant.Person, one *shift.Point) pointRow {
	lang := v.Texts.Lang()
	x := pointRow{Text: one.Text, When: v.T("shift.since", "time", ja.Short(one.From, lang)), Action: p.Root + here + "/points/" + one.ID + "/done", Done: !one.Done.IsZero()}
	if one.CompanyID != "" {
		x.Case, x.CaseURL = v.T("shift.case"), p.Root+"/cases/"+one.CompanyID+"/"+one.AlertID
	}
	if x.Done {
		x.By = v.T("shift.done_by", "who", name(v, names, one.DoneBy), "time", ja.Short(one.Done, lang))
	}
	return x
}

// number is a case's number as people write it.
var number = regexp.MustCompile(`(?:^|[^0-9])([0-9]{3})[ -]?([0-9]{3})(?:[^0-9]|$)`)

// points reads one open point from each line; a case's number in it ties it to the case.
func (p *pages) points(v *ui.Visit, text string) (all []shift.Point, err error) {
	for line := range strings.Lines(text) {
		one := shift.Point{Text: strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-・*●□"))}
		if one.Text == "" {
			continue
		}
		if len(all) == shift.MaxPoints || utf8.RuneCountInString(one.Text) > shift.MaxPoint {
			return nil, shift.ErrInvalid
		}
		if m := number.FindStringSubmatch(ja.Halfwidth(one.Text)); m != nil {
			a, err := p.ByCase(v.Request.Context(), v.PersonID, "console: case in a hand-over", m[1]+m[2])
			switch {
			case err == nil:
				one.CompanyID, one.AlertID = a.TenantID, a.ID
			case !errors.Is(err, store.ErrNotFound):
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// onceForm is what the token of a form of ours looks like.
var onceForm = regexp.MustCompile(`^[a-z2-7]{26}$`)

func (p *pages) write(w http.ResponseWriter, v *ui.Visit) error {
	f := p.form(v).Fill(func(id string) string {
		return strings.ToValidUTF8(strings.ReplaceAll(v.Request.PostFormValue(id), "\r\n", "\n"), "?")
	})
	once := v.Request.PostFormValue("once")
	if !onceForm.MatchString(once) {
		once = strings.ToLower(rand.Text())
	}
	text := strings.TrimSpace(f.Get("text").Value)
	switch {
	case text == "":
		f.Fault("text", v.T("shift.text_error"))
	case utf8.RuneCountInString(text) > shift.MaxText:
		f.Fault("text", v.T("shift.text_long", "max", shift.MaxText))
	}
	points, err := p.points(v, f.Get("points").Value)
	switch {
	case errors.Is(err, shift.ErrInvalid):
		f.Fault("points", v.T("shift.points_error", "n", shift.MaxPoints, "max", shift.MaxPoint))
	case err != nil:
		return err
	}
	if len(f.Faults()) > 0 {
		return p.show(w, v, f, once)
	}
	err = p.Service.Write(v.Request.Context(), shift.Note{ID: once, Who: v.PersonID, Text: text, Points: points})
	return p.outcome(w, v, here, "wrote", err)
}

func (p *pages) read(w http.ResponseWriter, v *ui.Visit) error {
	return p.outcome(w, v, here, "read", p.Service.Read(v.Request.Context(), v.PersonID, v.Request.PathValue("note")))
}

func (p *pages) done(w http.ResponseWriter, v *ui.Visit) error {
	return p.outcome(w, v, here, "done", p.Service.Done(v.Request.Context(), v.PersonID, v.Request.PathValue("point")))
}

// staff are who can be on duty: those who may work on cases, by name.
func staff(names map[string]tenant.Person) (all []ui.Choice) {
	for id, one := range names {
		if one.Role.May(tenant.MayWrite) {
			all = append(all, ui.Choice{Value: id, Label: one.Name})
		}
	}
	slices.SortFunc(all, func(a, b ui.Choice) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return all
}
