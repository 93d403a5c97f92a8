package advisory

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	content "otasuke/content/advisory"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

// maxShown companies on a page; all of them are in the table to be downloaded.
const maxShown = 200

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "advisory.nav_staff", Path: "/advisories", Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		if err := p.parse(); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /advisories", p.boardPage)
		r.Page(ui.Operator, "GET /advisories/new", p.formPage)
		r.Page(ui.Operator, "POST /advisories/new", p.save)
		r.Upload(ui.Operator, "POST /advisories/import", content.MaxBundle, p.load)
		r.Page(ui.Reader, "GET /advisories/one/{advisory}", p.rulePage)
		r.Page(ui.Reader, "GET /advisories/one/{advisory}/csv", p.sheet)
		r.Page(ui.Operator, "POST /advisories/one/{advisory}/publish", p.publish)
		r.Page(ui.Operator, "POST /advisories/one/{advisory}/withdraw", p.withdraw)
		r.Page(ui.Operator, "POST /advisories/one/{advisory}/drop", p.drop)
		r.Page(ui.Writer, "POST /advisories/one/{advisory}/read/{tenant}/{device}", p.read)
		r.Page(ui.Reader, "GET /advisories/label/{tenant}/{label}", p.label)
		return nil
	}}
}

type boardView struct {
	ui.Base
	May, Bad bool
	Faults   []ui.Field
	Rows     []boardRow
	Columns  string
	// Trusts: signed bundles are taken. Bundle is the last one, Fault why none could be fetched.
	Trusts        bool
	Bundle, Fault string
}

type boardRow struct {
	URL, Title, Day, Host, Version string
	Stars                          ui.Stars
	State                          ui.State
}

var lives = map[string]ui.Tone{string(advisory.Draft): ui.Care, string(advisory.Published): ui.Good, string(advisory.Withdrawn): ui.Off}

func (p *pages) boardPage(w http.ResponseWriter, v *ui.Visit) error { return p.showBoard(w, v, nil) }

func (p *pages) showBoard(w http.ResponseWriter, v *ui.Visit, bad error) error {
	base, err := p.Begin(v, "advisory.board", "/advisories")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	all, err := p.All(v.Request.Context())
	if err != nil {
		return err
	}
	view := boardView{Base: base, May: v.Role.May(tenant.MayOperate), Columns: strings.Join(content.Columns, ", ")}
	for i := range all {
		a := &all[i]
		view.Rows = append(view.Rows, boardRow{URL: p.Root + "/advisories/one/" + a.ID, Title: a.Title(v.Texts.Lang()), Day: a.Date, Host: host(a.Source), Version: strconv.Itoa(a.Version), Stars: ui.NewStars(v.Texts, alert.Stars(a.Stars)), State: life(v.Texts, a)})
	}
	if view.Trusts = p.Trusts(); view.Trusts {
		b, err := p.Bundle(v.Request.Context())
		if err != nil {
			return err
		}
		switch {
		case b.Serial > 0:
			view.Bundle = v.T("advisory.bundle", "n", b.Serial, "time", ja.Long(b.At, v.Texts.Lang()), "day", b.Until, "drafts", b.Drafts)
		case b.Automatical:
			view.Bundle = v.T("advisory.bundle_soon")
		default:
			view.Bundle = v.T("advisory.bundle_none")
		}
		if b.Fault != "" {
			view.Fault = v.T("advisory.bundle_fault", "time", ja.Long(b.FaultAt, v.Texts.Lang()), "what", b.Fault)
		}
	}
	if bad != nil {
		view.Bad, view.Path = true, p.Root+"/advisories"
		view.Faults = []ui.Field{{ID: "table", Error: v.T("advisory.fault_table", "what", bad.Error())}}
	}
	return p.board.Render(w, status(view.Faults), view)
}

func life(t text.Texts, a *advisory.Advisory) ui.State {
	return ui.State{Tone: lives[string(a.State)], Text: t.T(lifeKey + string(a.State))}
}

type formView struct {
	ui.Base
	Fields ui.Form
	Faults []ui.Field
}

// fields of an advisory of the operator's own.
func fields(v *ui.Visit) ui.Form {
	field := func(id, kind string, most int, value string) ui.Field {
		f := ui.Field{ID: id, Label: v.T(fieldKey + id), Type: kind, Auto: "off", Max: most, Value: value}
		if key := fieldKey + id + "_hint"; v.Texts.Has(key) {
			f.Hint = v.T(key)
		}
		return f
	}
	today := time.Now().In(ja.Zone).Format(time.DateOnly)
	until := field("until", "date", 10, "")
	until.Optional = true
	stars := field("stars", "select", 0, "2")
	stars.Choices = []ui.Choice{{Value: "2", Label: ui.NewStars(v.Texts, 2).Text}, {Value: "3", Label: ui.NewStars(v.Texts, 3).Text}}
	return ui.Form{field("id", "text", 60, ""), field("maker", "text", content.MaxName, ""), field("products", "area", 20_000, ""), field("source", "text", content.MaxText, ""), field("date", "date", 10, today), field("from", "date", 10, today), until, stars, field("remind", "text", 3, "7"),
		field("title_ja", "text", content.MaxName, ""), field("title_en", "text", content.MaxName, ""), field("why_ja", "area", content.MaxText, ""), field("why_en", "area", content.MaxText, ""), field("do_ja", "area", content.MaxText, ""), field("do_en", "area", content.MaxText, "")}
}

func (p *pages) formPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showForm(w, v, fields(v))
}

func (p *pages) showForm(w http.ResponseWriter, v *ui.Visit, f ui.Form) error {
	base, err := p.Begin(v, "advisory.new", "/advisories")
	if err != nil {
		return err
	}
	return p.form.Render(w, status(f.Faults()), formView{Base: base, Fields: f, Faults: f.Faults()})
}

// products reads one a line: "WHR-600D, Ver.2.91以前, 2.92"; a program is written "program:chrome".
func products(s string) (all []content.Product) {
	for line := range strings.Lines(s) {
		cells := strings.SplitN(strings.ReplaceAll(strings.TrimSpace(line), "，", ","), ",", 3)
		if cells[0] == "" {
			continue
		}
		var p content.Product
		for i, to := range []*string{&p.Model, &p.Range, &p.Fixed} {
			if i < len(cells) {
				*to = strings.TrimSpace(cells[i])
			}
		}
		if name, ok := strings.CutPrefix(p.Model, "program:"); ok {
			p.Model, p.Program = "", strings.ToLower(strings.TrimSpace(name))
		}
		all = append(all, p)
	}
	return all
}

func (p *pages) save(w http.ResponseWriter, v *ui.Visit) error {
	f := fields(v).Fill(v.Request.PostFormValue)
	get := func(id string) string { return strings.TrimSpace(f.Get(id).Value) }
	number := func(id string) int { n, _ := strconv.Atoi(get(id)); return n } // 0 is none
	r := content.Rule{ID: get("id"), Version: 1, Date: get("date"), From: get("from"), Until: get("until"), Source: get("source"), Maker: get("maker"), Stars: number("stars"), Remind: number("remind"),
		TitleJa: get("title_ja"), TitleEn: get("title_en"), WhyJa: get("why_ja"), WhyEn: get("why_en"), DoJa: get("do_ja"), DoEn: get("do_en"), Products: products(f.Get("products").Value)}
	err := p.Save(v.Request.Context(), v.PersonID, r)
	switch {
	case errors.Is(err, advisory.ErrState):
		f.Fault("id", v.T("advisory.fault_id"))
	case errors.Is(err, content.ErrRule):
		_, field, _ := strings.Cut(err.Error(), content.ErrRule.Error()+": ")
		field, _, _ = strings.Cut(field, " ")
		f.Fault(field, v.T("advisory.fault_field", "what", detail(err)))
		if len(f.Faults()) == 0 {
			f.Fault("id", v.T("advisory.fault_field", "what", detail(err)))
		}
	case err != nil:
		return err
	default:
		return ui.To(w, v.Request, p.Root+"/advisories/one/"+r.ID+"?said=saved")
	}
	return p.showForm(w, v, f)
}

// detail is which field it was, as the error ends with it.
func detail(err error) string {
	_, what, _ := strings.Cut(err.Error(), content.ErrRule.Error()+": ")
	return what
}

// load takes a table of advisories, or a signed bundle of them.
func (p *pages) load(w http.ResponseWriter, v *ui.Visit) error {
	var data []byte
	if m := v.Request.MultipartForm; m != nil && len(m.File["table"]) > 0 {
		f, err := m.File["table"][0].Open()
		if err != nil {
			return err
		}
		data, err = io.ReadAll(io.LimitReader(f, content.MaxBundle+1))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	if content.Sealed(data) {
		_, err := p.TakeBundle(v.Request.Context(), v.PersonID, data)
		for known, key := range map[error]string{content.ErrBundle: "bundle", content.ErrSigned: "signed", advisory.ErrOld: "old", advisory.ErrOver: "over"} {
			if errors.Is(err, known) {
				return p.showBoard(w, v, errors.New(v.T(refusedKey+key)))
			}
		}
		if err != nil && !errors.Is(err, content.ErrRule) {
			return err
		}
		if err == nil {
			return ui.To(w, v.Request, p.Root+"/advisories?said=saved")
		}
		return p.showBoard(w, v, err)
	}
	rules, err := content.ReadTable(bytes.NewReader(data))
	if err == nil {
		err = p.Save(v.Request.Context(), v.PersonID, rules...)
	}
	if errors.Is(err, content.ErrRule) || errors.Is(err, advisory.ErrState) {
		return p.showBoard(w, v, err)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/advisories?said=saved")
}

type ruleView struct {
	ui.Base
	May, Write          bool
	State               ui.State
	Stars               ui.Stars
	Draft, Published    bool
	Facts               []pair
	Source              string
	Texts2              []words
	Products            []content.Product
	Counts              []pair
	Rows                []companyRow
	More, Sheet, Action string
	Why                 ui.Field
	Faults              []ui.Field
}

type pair struct{ Label, Value string }

// words are what customers read, in one language.
type words struct {
	Lang, Name, Title, Why string
	Steps                  []string
}

type companyRow struct {
	Company, URL, Device, What, PhotoURL, Action, ID string
	State                                            ui.State
	Read                                             bool
	Fields                                           ui.Form
}

// findings of an advisory: of a draft whom it would concern.
func (p *pages) findings(ctx context.Context, a *advisory.Advisory, who string) ([]advisory.Finding, advisory.Sum, error) {
	if a.State == advisory.Draft {
		return p.Preview(ctx, who, a.ID)
	}
	return p.Everybody(ctx, who, a.ID)
}

func (p *pages) rulePage(w http.ResponseWriter, v *ui.Visit) error { return p.showRule(w, v, nil) }

func (p *pages) showRule(w http.ResponseWriter, v *ui.Visit, bad error) error {
	ctx, t := v.Request.Context(), v.Texts
	a, err := p.Get(ctx, v.Request.PathValue("advisory"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "advisory.board", "/advisories")
	if err != nil {
		return err
	}
	people, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	all, sum, err := p.findings(ctx, &a, v.PersonID)
	if err != nil {
		return err
	}
	base.Title, base.Flash = a.Title(t.Lang()), flash(v)
	url := p.Root + "/advisories/one/" + a.ID
	view := ruleView{Base: base, May: v.Role.May(tenant.MayOperate), Write: v.Role.May(tenant.MayWrite), State: life(t, &a), Stars: ui.NewStars(t, alert.Stars(a.Stars)), Draft: a.State == advisory.Draft, Published: a.State == advisory.Published, Source: a.Source, Products: a.Products, Sheet: url + "/csv", Action: url,
		Why:    ui.Field{ID: "why", Label: t.T("advisory.why"), Hint: t.T("advisory.why_hint"), Type: "text", Auto: "off", Max: 500},
		Counts: []pair{{t.T("advisory.count_yes"), ja.Number(sum.Yes)}, {t.T("advisory.count_ask"), ja.Number(sum.Ask)}, {t.T("advisory.count_done"), ja.Number(sum.Done)}, {t.T("advisory.count_no"), ja.Number(sum.No)}}}
	until := a.Until
	if until == "" {
		until = t.T("advisory.forever")
	}
	view.Facts = []pair{{t.T("advisory.field_id"), a.ID}, {t.T("advisory.field_version"), strconv.Itoa(a.Version)}, {t.T("advisory.field_date"), a.Date}, {t.T("advisory.valid"), a.From + " ～ " + until}, {t.T("advisory.field_remind"), strconv.Itoa(a.Remind)}}
	if !a.Published.IsZero() {
		view.Facts = append(view.Facts, pair{t.T("advisory.published"), ja.Short(a.Published, t.Lang()) + " " + people[a.PublishedBy].Name})
	}
	if !a.Withdrawn.IsZero() {
		view.Facts = append(view.Facts, pair{t.T("advisory.withdrawn"), ja.Short(a.Withdrawn, t.Lang()) + " " + people[a.WithdrawnBy].Name + ": " + a.Why})
	}
	for _, lang := range []string{ja.Japanese, ja.English} {
		view.Texts2 = append(view.Texts2, words{lang, t.T(langKey + lang), a.Title(lang), a.Rule.Why(lang), a.Do(lang)})
	}
	if view.Rows, err = p.rows(v, &a, all); err != nil {
		return err
	}
	if len(view.Rows) > maxShown {
		view.More = t.T("advisory.more", "n", ja.Number(len(view.Rows)-maxShown))
		view.Rows = view.Rows[:maxShown]
	}
	if bad != nil {
		view.Why.Error = t.T("advisory.fault_why")
		view.Faults, view.Path = []ui.Field{view.Why}, url
	}
	return p.rule.Render(w, status(view.Faults), view)
}

// companyNames are those of all companies, written down as one look.
func (p *pages) companyNames(v *ui.Visit) (map[string]string, error) {
	all, err := p.Companies(v.Request.Context(), v.Session, "console: advisories")
	names := map[string]string{}
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
}

// rows are what is open, and what is done: not what concerns nobody.
func (p *pages) rows(v *ui.Visit, a *advisory.Advisory, all []advisory.Finding) (rows []companyRow, err error) {
	names, err := p.companyNames(v)
	if err != nil {
		return nil, err
	}
	for i := range all {
		f := &all[i]
		if f.State == advisory.Nothing {
			continue
		}
		row := companyRow{Company: names[f.TenantID], URL: p.Root + "/companies/" + f.TenantID, Device: f.Device, What: what(v.Texts, f), State: lamp(v.Texts, f), ID: f.EndpointID}
		if f.State == advisory.AtDesk && len(rows) < maxShown {
			row.Read, row.Action = v.Role.May(tenant.MayWrite), p.Root+"/advisories/one/"+a.ID+"/read/"+f.TenantID+"/"+f.EndpointID
			row.Fields = question(v.Texts, &a.Rule, f, f.EndpointID)
			labels, err := p.Labels(v.Request.Context(), f.TenantID)
			if err != nil {
				return nil, err
			}
			for _, l := range labels {
				if l.EndpointID == f.EndpointID && l.Subject == f.Subject && l.Photo != "" {
					row.PhotoURL = p.Root + "/advisories/label/" + f.TenantID + "/" + l.Photo
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// sheet is who is still open, to be called.
func (p *pages) sheet(w http.ResponseWriter, v *ui.Visit) error {
	a, err := p.Get(v.Request.Context(), v.Request.PathValue("advisory"))
	if err != nil {
		return err
	}
	all, _, err := p.findings(v.Request.Context(), &a, v.PersonID)
	if err != nil {
		return err
	}
	names, err := p.companyNames(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+a.ID+`.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("apply.field_company"), v.T("advisory.device"), v.T("advisory.model"), v.T("advisory.version"), v.T("apply.now"), v.T("advisory.since"))
	for i := range all {
		if f := &all[i]; f.Wants() {
			since := ""
			if !f.First.IsZero() {
				since = f.First.In(ja.Zone).Format(time.DateOnly)
			}
			out.Row(names[f.TenantID], f.Device, f.Product, f.Seen, lamp(v.Texts, f).Text, since)
		}
	}
	return out.Close()
}

// step ends a press of a button; somebody who was slower sees how it stands.
func (p *pages) step(w http.ResponseWriter, v *ui.Visit, err error, said string) error {
	if err != nil && !errors.Is(err, advisory.ErrState) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/advisories/one/"+v.Request.PathValue("advisory")+"?said="+said)
}

func (p *pages) publish(w http.ResponseWriter, v *ui.Visit) error {
	return p.step(w, v, p.Publish(v.Request.Context(), v.PersonID, v.Request.PathValue("advisory")), "published")
}

func (p *pages) withdraw(w http.ResponseWriter, v *ui.Visit) error {
	why := v.Request.PostFormValue("why")
	if strings.TrimSpace(why) == "" {
		return p.showRule(w, v, advisory.ErrState)
	}
	return p.step(w, v, p.Withdraw(v.Request.Context(), v.PersonID, v.Request.PathValue("advisory"), why), "withdrawn")
}

func (p *pages) drop(w http.ResponseWriter, v *ui.Visit) error {
	err := p.Drop(v.Request.Context(), v.PersonID, v.Request.PathValue("advisory"))
	if err != nil {
		return p.step(w, v, err, "dropped")
	}
	return ui.To(w, v.Request, p.Root+"/advisories?said=dropped")
}

// read is the desk's reading of a label.
func (p *pages) read(w http.ResponseWriter, v *ui.Visit) error {
	id, device := v.Request.PathValue("advisory"), v.Request.PathValue("device")
	_, err := p.Answer(v.Request.Context(), v.Request.PathValue("tenant"), v.PersonID, id, advisory.Told{EndpointID: device, Model: v.Request.PostFormValue("model-" + device), Version: v.Request.PostFormValue("version-" + device)})
	if errors.Is(err, advisory.ErrModel) || errors.Is(err, advisory.ErrVersion) {
		return ui.To(w, v.Request, p.Root+"/advisories/one/"+id+"#at-desk") // the form is still there
	}
	return p.step(w, v, err, "read")
}

// label shows the photo of a customer's label; that somebody looked is written into the company's record first.
func (p *pages) label(w http.ResponseWriter, v *ui.Visit) error {
	ctx, tenantID := v.Request.Context(), v.Request.PathValue("tenant")
	f, data, err := p.Photo(ctx, tenantID, v.Request.PathValue("label"))
	if err != nil {
		return err
	}
	if err := p.Look(ctx, tenantID, v.PersonID, "view.company", tenantID, v.T("advisory.looked")); err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}
