package advisory

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	content "otasuke/content/advisory"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

//go:embed advisory.css
var style []byte

// Service is advisory.Service.
type Service interface {
	All(ctx context.Context) ([]advisory.Advisory, error)
	Get(ctx context.Context, id string) (advisory.Advisory, error)
	Save(ctx context.Context, who string, rules ...content.Rule) error
	TakeBundle(ctx context.Context, who string, data []byte) (int, error)
	Bundle(ctx context.Context) (advisory.Taken, error)
	Trusts() bool
	Drop(ctx context.Context, who, id string) error
	Publish(ctx context.Context, who, id string) error
	Withdraw(ctx context.Context, who, id, why string) error
	Preview(ctx context.Context, who, id string) ([]advisory.Finding, advisory.Sum, error)
	Everybody(ctx context.Context, who, id string) ([]advisory.Finding, advisory.Sum, error)
	Concerns(ctx context.Context, tenantID string) ([]advisory.Concern, error)
	Concern(ctx context.Context, tenantID, id string) (advisory.Concern, error)
	Answer(ctx context.Context, tenantID, who, advisoryID string, t advisory.Told) (advisory.Finding, error)
	Done(ctx context.Context, tenantID, who, advisoryID, endpointID string) error
	Labels(ctx context.Context, tenantID string) ([]advisory.Label, error)
	Photo(ctx context.Context, tenantID, id string) (attach.File, []byte, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	// Names are people of a company by their ids, and Companies all of them, for the staff.
	Names     func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
	Companies func(ctx context.Context, staff tenant.Session, why string) ([]tenant.Company, error)
	// Look writes into a company's record that somebody of the staff looks.
	Look func(ctx context.Context, tenantID, who, action, object, why string) error
	// Desk asks the desk for help with a question that the company cannot answer.
	Desk func(ctx context.Context, tenantID, personID, subject, text string) error
}

type pages struct {
	Config
	ui.Host
	list, one, board, rule, form *ui.Page
}

// Keys of words that something chooses.
const (
	saidKey = "advisory.said_"
	lifeKey = "advisory.life_"
	// refusedKey says why a bundle was not taken.
	refusedKey = "advisory.refused_"
	fieldKey   = "advisory.field_"
	langKey    = "advisory.in_"
)

var saidWords = []string{"done", "yes", "no", "desk", "saved", "published", "withdrawn", "dropped", "read"}

// photos of a label.
var photos = []string{attach.JPEG, attach.PNG}

func (p *pages) parse() error {
	for name, page := range map[string]**ui.Page{"list": &p.list, "one": &p.one, "board": &p.board, "rule": &p.rule, "form": &p.form} {
		var err error
		if *page, err = ui.ParsePage(files, name+".html"); err != nil {
			return err
		}
	}
	return nil
}

// Customers are the pages of the portal.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "advisory.nav", Path: "/advisories", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		if err := p.parse(); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /advisories", p.listPage)
		r.Page(ui.Reader, "GET /advisories/{advisory}", p.onePage)
		r.Page(ui.Writer, "POST /advisories/{advisory}/{device}/done", p.done)
		r.Upload(ui.Writer, "POST /advisories/{advisory}/{device}/answer", attach.MaxSize, p.answer)
		r.Page(ui.Reader, "GET /advisories/{advisory}/label/{label}", p.photo)
		return nil
	}}
}

func flash(v *ui.Visit) *ui.Flash {
	for _, w := range saidWords {
		if v.Request.FormValue("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

type listView struct {
	ui.Base
	Rows []listRow
}

type listRow struct {
	URL, Title, What string
	Stars            ui.Stars
	State            ui.State
}

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "advisory.title", "/advisories")
	if err != nil {
		return err
	}
	all, err := p.Concerns(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := listView{Base: base}
	for i := range all {
		c := &all[i]
		view.Rows = append(view.Rows, listRow{URL: p.Root + "/advisories/" + c.ID, Title: c.Title(v.Texts.Lang()), What: names(c), Stars: ui.NewStars(v.Texts, alert.Stars(c.Stars)), State: whole(v.Texts, c)})
	}
	return p.list.Render(w, http.StatusOK, view)
}

// names are the devices that it is about.
func names(c *advisory.Concern) string {
	all := make([]string, 0, len(c.Findings))
	for i := range c.Findings {
		all = append(all, c.Findings[i].Device)
	}
	return strings.Join(all, ", ")
}

// whole is where a company stands with an advisory.
func whole(t text.Texts, c *advisory.Concern) ui.State {
	devices, questions := c.Wants()
	switch {
	case devices > 0:
		return ui.State{Tone: ui.Alarm, Text: t.T("advisory.wants", "n", devices)}
	case questions > 0:
		return ui.State{Tone: ui.Care, Text: t.T("advisory.asks", "n", questions)}
	}
	return ui.State{Tone: ui.Good, Text: t.T("advisory.state_done")}
}

type oneView struct {
	ui.Base
	Stars     ui.Stars
	Why       string
	Steps     []string
	Source    string
	Host, Day string
	Write     bool
	Devices   []deviceRow
	Faults    []ui.Field
}

type deviceRow struct {
	ID, Name, URL, What, Until string
	State                      ui.State
	Done                       bool // can be said
	Ask, Box                   bool // the question is open; it is about a thing with a label
	Fields                     ui.Form
	PhotoID                    string
	PhotoFault                 string
	PhotoURL                   string
	Action                     string
}

func (p *pages) onePage(w http.ResponseWriter, v *ui.Visit) error { return p.showOne(w, v, "", nil) }

// showOne shows an advisory to a company; bad is what is wrong with the answer about a device.
func (p *pages) showOne(w http.ResponseWriter, v *ui.Visit, device string, bad error) error {
	ctx, lang := v.Request.Context(), v.Texts.Lang()
	c, err := p.Concern(ctx, v.TenantID, v.Request.PathValue("advisory"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "advisory.title", "/advisories")
	if err != nil {
		return err
	}
	people, err := p.Names(ctx, v.TenantID)
	if err != nil {
		return err
	}
	labels, err := p.Labels(ctx, v.TenantID)
	if err != nil {
		return err
	}
	base.Title, base.Flash = c.Title(lang), flash(v)
	view := oneView{Base: base, Stars: ui.NewStars(v.Texts, alert.Stars(c.Stars)), Why: c.Rule.Why(lang), Steps: c.Do(lang), Source: c.Source, Host: host(c.Source), Day: c.Date, Write: v.Role.May(tenant.MayWrite)}
	for i := range c.Findings {
		f := &c.Findings[i]
		row := deviceRow{ID: f.EndpointID, Name: f.Device, URL: p.Root + "/devices/" + f.EndpointID, What: what(v.Texts, f), State: lamp(v.Texts, f), Done: view.Write && f.State == advisory.Open && f.Answer == advisory.Yes, Ask: view.Write && f.Wants() && f.Answer == advisory.Ask,
			Box: f.Subject == advisory.Firmware, PhotoID: "photo-" + f.EndpointID, Action: p.Root + "/advisories/" + c.ID + "/" + f.EndpointID}
		for _, l := range labels {
			if l.EndpointID == f.EndpointID && l.Subject == f.Subject && l.Photo != "" {
				row.PhotoURL = p.Root + "/advisories/" + c.ID + "/label/" + l.Photo
			}
		}
		if f.State == advisory.Finished {
			row.Until = doneBy(v.Texts, f, people)
		}
		if row.Ask {
			row.Fields = question(v.Texts, &c.Rule, f, f.EndpointID)
			if f.EndpointID == device && bad != nil {
				row.Fields = row.Fields.Fill(v.Request.PostFormValue)
				row.fault(v.Texts, bad, &view)
			}
		}
		view.Devices = append(view.Devices, row)
	}
	if bad != nil {
		view.Path = p.Root + "/advisories/" + c.ID
	}
	return p.one.Render(w, status(view.Faults), view)
}

// fault marks what is wrong with an answer.
func (row *deviceRow) fault(t text.Texts, bad error, view *oneView) {
	switch {
	case errors.Is(bad, advisory.ErrModel):
		row.Fields.Fault("model-"+row.ID, t.T("advisory.fault_model"))
	case errors.Is(bad, advisory.ErrVersion):
		row.Fields.Fault("version-"+row.ID, t.T("advisory.fault_version"))
	default:
		row.PhotoFault = t.T("advisory.fault_photo")
		view.Faults = append(view.Faults, ui.Field{ID: row.PhotoID, Error: row.PhotoFault})
	}
	view.Faults = append(view.Faults, row.Fields.Faults()...)
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func host(link string) string {
	link = strings.TrimPrefix(link, "https://")
	link, _, _ = strings.Cut(link, "/")
	return link
}

// what is the model or program and its version, as far as they are known.
func what(t text.Texts, f *advisory.Finding) string {
	name := f.Product
	switch {
	case name == "":
		return t.T("advisory.model_unknown")
	case f.Subject != advisory.Firmware:
		name = title(name)
	}
	if f.Seen == "" {
		return t.T("advisory.version_unknown", "model", name)
	}
	if strings.HasSuffix(f.Seen, ".x") {
		return t.T("advisory.version_part", "model", name, "version", f.Seems())
	}
	return t.T("advisory.version_seen", "model", name, "version", f.Seen)
}

func lamp(t text.Texts, f *advisory.Finding) ui.State {
	switch {
	case f.State == advisory.Finished:
		return ui.State{Tone: ui.Good, Text: t.T("advisory.state_done")}
	case f.State == advisory.Nothing:
		return ui.State{Tone: ui.Off, Text: t.T("advisory.state_no")}
	case f.Answer == advisory.Ask && f.State == advisory.AtDesk:
		return ui.State{Tone: ui.Care, Text: t.T("advisory.state_desk")}
	case f.Answer == advisory.Ask:
		return ui.State{Tone: ui.Care, Text: t.T("advisory.state_ask")}
	case f.Reopened:
		return ui.State{Tone: ui.Alarm, Text: t.T("advisory.state_again")}
	}
	return ui.State{Tone: ui.Alarm, Text: t.T("advisory.state_yes")}
}

// doneBy says who ended it and when.
func doneBy(t text.Texts, f *advisory.Finding, people map[string]tenant.Person) string {
	day := ja.Short(f.Done, t.Lang())
	if p, ok := people[f.DoneBy]; ok && p.Name != "" {
		return t.T("advisory.done_person", "name", p.Name, "day", day)
	}
	return t.T("advisory.done_box", "day", day)
}

// question is the one that decides: which model, which version.
func question(t text.Texts, r *content.Rule, f *advisory.Finding, id string) (form ui.Form) {
	if f.Subject == advisory.Firmware {
		models := []ui.Choice{{Label: t.T("apply.choose")}}
		for i := range r.Products {
			if m := r.Products[i].Model; m != "" {
				models = append(models, ui.Choice{Value: m, Label: m})
			}
		}
		models = append(models, ui.Choice{Value: advisory.Other, Label: t.T("advisory.model_other")})
		form = append(form, ui.Field{ID: "model-" + id, Label: t.T("advisory.model"), Hint: t.T("advisory.model_hint"), Type: "select", Choices: models, Optional: true, Value: f.Product})
		return append(form, ui.Field{ID: "version-" + id, Label: t.T("advisory.version"), Hint: t.T("advisory.version_hint"), Type: "text", Auto: "off", Max: 60, Optional: true})
	}
	return ui.Form{{ID: "version-" + id, Label: t.T("advisory.version"), Hint: t.T("advisory.program_hint", "program", title(f.Product)), Type: "text", Auto: "off", Max: 60, Optional: true}}
}

func (p *pages) done(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("advisory")
	err := p.Done(v.Request.Context(), v.TenantID, v.PersonID, id, v.Request.PathValue("device"))
	if err != nil && !errors.Is(err, advisory.ErrState) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/advisories/"+id+"?said=done")
}

// upload is the photo of a form, or nil.
func upload(v *ui.Visit) (*attach.Upload, error) {
	if v.Request.MultipartForm == nil {
		return nil, nil
	}
	for _, h := range v.Request.MultipartForm.File["photo"] {
		if h.Filename == "" && h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return nil, err
		}
		u, err := attach.Check(h.Filename, f, photos...)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, err
		}
		return &u, nil
	}
	return nil, nil
}

func (p *pages) answer(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id, device := v.Request.Context(), v.Request.PathValue("advisory"), v.Request.PathValue("device")
	photo, err := upload(v)
	if errors.Is(err, attach.ErrEmpty) || errors.Is(err, attach.ErrLarge) || errors.Is(err, attach.ErrKind) {
		return p.showOne(w, v, device, err)
	}
	if err != nil {
		return err
	}
	told := advisory.Told{EndpointID: device, Model: v.Request.PostFormValue("model-" + device), Version: v.Request.PostFormValue("version-" + device), Unsure: v.Request.PostFormValue("unsure") != "", Photo: photo}
	f, err := p.Answer(ctx, v.TenantID, v.PersonID, id, told)
	if errors.Is(err, advisory.ErrModel) || errors.Is(err, advisory.ErrVersion) {
		return p.showOne(w, v, device, err)
	}
	if err != nil {
		return err
	}
	said := "no"
	switch {
	case f.State == advisory.AtDesk:
		said = "desk"
		if err := p.askDesk(v, id, &f); err != nil {
			return err
		}
	case f.Answer == advisory.Yes:
		said = "yes"
	}
	if f.State == advisory.Nothing && said == "no" {
		if _, err := p.Concern(ctx, v.TenantID, id); err != nil { // nothing else of it is left to show
			return ui.To(w, v.Request, p.Root+"/advisories?said=no")
		}
	}
	return ui.To(w, v.Request, p.Root+"/advisories/"+id+"?said="+said)
}

// askDesk leaves the question with the desk.
func (p *pages) askDesk(v *ui.Visit, id string, f *advisory.Finding) error {
	c, err := p.Concern(v.Request.Context(), v.TenantID, id)
	if err != nil {
		return err
	}
	title := c.Title(v.Texts.Lang())
	return p.Desk(v.Request.Context(), v.TenantID, v.PersonID, v.T("advisory.desk_subject", "device", f.Device), v.T("advisory.desk_text", "device", f.Device, "title", title))
}

func (p *pages) photo(w http.ResponseWriter, v *ui.Visit) error {
	if _, err := p.Concern(v.Request.Context(), v.TenantID, v.Request.PathValue("advisory")); err != nil {
		return err
	}
	f, data, err := p.Photo(v.Request.Context(), v.TenantID, v.Request.PathValue("label"))
	if err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}

// title is a program as people know it.
func title(program string) string {
	if program == "" {
		return ""
	}
	return strings.ToUpper(program[:1]) + program[1:]
}
