package news

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/news/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

type listView struct {
	ui.Base
	Lead           string
	May            bool
	Groups         []group
	Feeds          []feedRow
	Broken         int
	New, Addresses string
	BrokenText     string
}

type group struct {
	ID, Title, None string
	Rows            []row
}

type row struct {
	URL, Title, Kind, When, By, Source string
	State                              ui.State
	Changed                            bool
}

type feedRow struct {
	Name, URL, When string
	State           ui.State
}

var tones = map[news.State]ui.Tone{news.Draft: ui.Off, news.Asked: ui.Care, news.Scheduled: ui.Care, news.Sent: ui.Good, news.Dropped: ui.Off}

func (p *pages) address(id string) string { return p.Root + "/news/one/" + id }

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, t := v.Request.Context(), v.Texts
	base, err := p.Begin(v, "news.title_staff", "/news")
	if err != nil {
		return err
	}
	base.Flash = said(v, "dropped")
	all, err := p.Pieces(ctx, news.Asked, news.Draft, news.Scheduled, news.Sent)
	if err != nil {
		return err
	}
	names, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	feeds, err := p.Feeds(ctx)
	if err != nil {
		return err
	}
	broken, err := p.Config.Broken(ctx, v.PersonID)
	if err != nil {
		return err
	}
	view := listView{Base: base, May: v.Role.May(tenant.MayWrite), New: p.Root + "/news/new", Addresses: p.Root + "/news/addresses", Broken: len(broken), BrokenText: t.T("news.broken_n", "n", len(broken))}
	waits := group{ID: "asked", Title: t.T("news.group_asked"), None: t.T("news.none_asked")}
	heard := group{ID: "heard", Title: t.T("news.group_heard"), None: t.T("news.none_heard")}
	own := group{ID: "own", Title: t.T("news.group_own"), None: t.T("news.none_own")}
	sent := group{ID: "sent", Title: t.T("news.group_sent"), None: t.T("news.none_sent")}
	for i := range all {
		one := &all[i]
		to := &own
		switch {
		case one.State == news.Asked:
			to = &waits
		case one.State == news.Scheduled, one.State == news.Sent:
			to = &sent
		case one.Source != "":
			to = &heard
		}
		to.Rows = append(to.Rows, p.row(t, one, names))
	}
	view.Lead = t.T("news.lead_staff", "asked", len(waits.Rows), "heard", len(heard.Rows))
	if p.SecondLook || len(waits.Rows) > 0 {
		view.Groups = append(view.Groups, waits)
	}
	if len(feeds) > 0 || len(heard.Rows) > 0 {
		view.Groups = append(view.Groups, heard)
	}
	view.Groups = append(view.Groups, own, sent)
	for _, f := range feeds {
		r := feedRow{Name: f.Name, URL: f.URL, When: t.T("common.never"), State: ui.State{Tone: ui.Good, Text: t.T("news.feed_ok")}}
		if !f.Good.IsZero() {
			r.When = ja.Short(f.Good, t.Lang())
		}
		switch {
		case f.Asked.IsZero():
			r.State = ui.State{Tone: ui.Off, Text: t.T("news.feed_new")}
		case f.Fault != "":
			r.State = ui.State{Tone: ui.Care, Text: t.T("news.feed_fault")}
		}
		view.Feeds = append(view.Feeds, r)
	}
	return p.list.Render(w, http.StatusOK, view)
}

func (p *pages) row(t text.Texts, one *news.Piece, names map[string]tenant.Person) row {
	title, _ := one.In(t.Lang())
	if title == "" {
		title = t.T("news.untitled")
	}
	r := row{URL: p.address(one.ID), Title: title, Kind: t.T(kindKey + string(one.Kind)), When: ja.Short(one.Moved, t.Lang()), By: names[one.Edited].Name, Source: one.Source, State: state(t, one), Changed: one.Changed}
	if one.State == news.Scheduled {
		r.When = ja.Short(one.SendAt, t.Lang())
	}
	return r
}

func state(t text.Texts, one *news.Piece) ui.State {
	return ui.State{Tone: tones[one.State], Text: t.T(stateKey + string(one.State))}
}

type oneView struct {
	ui.Base
	State            ui.State
	Portal           []shown // as the portal shows it, in each language that there is
	Langs            []string
	Subject, Plain   string
	HTML, PDF, Edit  string
	Reach, Who, When string
	Audience         []string
	Do               []stepButton
	CanEdit          bool
	Note             string
	Changed          string
	Steps            []string
	Delivery         []countRow
	Troubled         []troubleRow
	Seats            string
	Faults           []ui.Field
	SourceURL        string
}

// stepButton is one thing that can be done.
type stepButton struct {
	Action, Label, CSRF string
	Revision            int64
	Key                 bool
}

type countRow struct{ Label, N string }

type troubleRow struct {
	Company, CompanyURL, Email, Answer, When string
	State                                    ui.State
}

func (p *pages) onePage(w http.ResponseWriter, v *ui.Visit) error { return p.showOne(w, v, nil) }

// showOne is one piece with all that can be done; bad is why the last step was not taken.
func (p *pages) showOne(w http.ResponseWriter, v *ui.Visit, bad error) error {
	ctx, t := v.Request.Context(), v.Texts
	one, err := p.Piece(ctx, v.Request.PathValue("news"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "news.title_staff", "/news")
	if err != nil {
		return err
	}
	title, _ := one.In(t.Lang())
	if base.Title = title; title == "" {
		base.Title = t.T("news.untitled")
	}
	if base.Flash = said(v, "kept", "asked", "sent", "approved", "back", "cancelled", "slides"); base.Flash == nil {
		base.Flash = failed(v, "state", "second", "empty", "large")
	}
	names, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	reach, err := p.Config.Reach(ctx, v.PersonID, &one)
	if err != nil {
		return err
	}
	view := oneView{Base: base, State: state(t, &one), HTML: p.address(one.ID) + "/mail", Edit: p.address(one.ID) + "/edit", SourceURL: one.URL}
	if p.Press != nil {
		view.PDF = p.address(one.ID) + "/pdf"
	}
	view.Reach = t.T("news.reach", "companies", reach.Companies, "addresses", reach.Addresses)
	if len(reach.Names) > 0 {
		view.Who = t.T("news.reach_names", "names", strings.Join(reach.Names, t.T("news.and")))
	}
	view.Audience = p.audience(t, &one)
	for _, lang := range []string{ja.Japanese, ja.English} {
		if lang == ja.Japanese || one.Title[lang] != "" {
			view.Portal, view.Langs = append(view.Portal, show(p.Texts.In(lang), &one)), append(view.Langs, lang)
		}
	}
	m, err := p.Preview(&one, t.Lang())
	if err != nil {
		return err
	}
	view.Subject, view.Plain = m.Subject, m.Text
	p.steps(&view, v, &one, names)
	if bad != nil {
		var form news.FormError
		if errors.As(bad, &form) {
			for _, field := range slices.Sorted(maps.Keys(form)) {
				view.Faults = append(view.Faults, ui.Field{ID: "edit", Error: t.T("news.field_"+field) + ": " + t.T(faultKey+form[field])})
			}
		}
	}
	if one.State == news.Sent || !one.Out.IsZero() {
		if err := p.delivered(&view, v, &one); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.one.Render(w, status, view)
}

// steps are what can be done with a piece by who looks, and what was done.
func (p *pages) steps(view *oneView, v *ui.Visit, one *news.Piece, names map[string]tenant.Person) {
	t := v.Texts
	view.When = t.T("news.at_once")
	if !one.SendAt.IsZero() && (one.SendAt.After(p.Clock.Now()) || one.State != news.Draft) {
		view.When = ja.Long(one.SendAt, t.Lang())
	}
	may := func(right tenant.Right, verb, key string, strong bool) {
		if v.Role.May(right) {
			view.Do = append(view.Do, stepButton{p.address(one.ID) + "/" + verb, t.T(key), v.CSRF, one.Revision, strong})
		}
	}
	switch one.State {
	case news.Draft:
		view.CanEdit = v.Role.May(tenant.MayWrite)
		if p.SecondLook {
			view.Note = t.T("news.second_note")
			may(tenant.MayOperate, "send", "news.ask", true)
		} else {
			may(tenant.MayOperate, "send", "news.send", true)
		}
		may(tenant.MayWrite, "drop", "news.drop", false)
	case news.Asked:
		if v.PersonID != one.Asked && v.PersonID != one.Edited {
			may(tenant.MayOperate, "approve", "news.approve", true)
		} else {
			view.Note = t.T("news.second_wait")
		}
		may(tenant.MayOperate, "back", "news.back", false)
	case news.Scheduled:
		if one.Out.IsZero() {
			may(tenant.MayOperate, "back", "news.back", false)
		}
	}
	if one.Kind.Promotion() && !p.Addressed && one.State != news.Sent {
		view.Note = strings.TrimSpace(view.Note + " " + t.T("news.no_address"))
	}
	if one.Changed {
		view.Changed = t.T("news.changed")
	}
	who := func(key, id string) {
		if name := names[id].Name; name != "" {
			view.Steps = append(view.Steps, t.T(key, "name", name))
		}
	}
	if one.Source != "" {
		view.Steps = append(view.Steps, t.T("news.by_source", "source", one.Source))
	}
	who("news.by_edited", one.Edited)
	who("news.by_asked", one.Asked)
	who("news.by_approved", one.Checked)
	if !one.Out.IsZero() {
		view.Steps = append(view.Steps, t.T("news.by_sent", "time", ja.Long(one.Out, t.Lang())))
	}
	if one.Meeting != nil {
		view.Seats = p.address(one.ID) + "/seats"
	}
}

func (p *pages) delivered(view *oneView, v *ui.Visit, one *news.Piece) error {
	t := v.Texts
	d, err := p.Delivery(v.Request.Context(), v.PersonID, one.ID)
	if err != nil {
		return err
	}
	for _, s := range news.MailStates {
		if n := d.States[s]; n > 0 {
			view.Delivery = append(view.Delivery, countRow{t.T(mailKey + s), ja.Number(n)})
		}
	}
	if len(d.Troubled) == 0 {
		return nil
	}
	companies, err := p.companies(v)
	for _, x := range d.Troubled {
		view.Troubled = append(view.Troubled, troubleRow{companies[x.TenantID], p.Root + "/companies/" + x.TenantID, x.Email, x.Answer, ja.Short(x.At, t.Lang()), ui.State{Tone: ui.Care, Text: t.T(mailKey + x.State)}})
	}
	return err
}

func (p *pages) companies(v *ui.Visit) (map[string]string, error) {
	all, err := p.Companies(v.Request.Context(), v.Session, "console: news")
	names := map[string]string{}
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
}

// audience in words.
func (p *pages) audience(t text.Texts, one *news.Piece) (all []string) {
	a := &one.Audience
	if a.Everybody() {
		return []string{t.T("news.everybody")}
	}
	words := func(key string, list []string, name func(string) string) {
		var said []string
		for _, x := range list {
			said = append(said, name(x))
		}
		if len(said) > 0 {
			all = append(all, t.T(key)+": "+strings.Join(said, t.T("news.and")))
		}
	}
	words("news.field_regions", a.Regions, func(n string) string { return entry.PrefectureName(n, t.Lang()) })
	words("news.field_industries", a.Industries, func(n string) string { return t.T(industryKey + n) })
	words("news.field_plans", a.Plans, func(n string) string { return n })
	for _, x := range []struct{ key, value string }{{"news.field_maker", a.Maker}, {"news.field_model", a.Model}} {
		if x.value != "" {
			all = append(all, t.T(x.key)+": "+x.value)
		}
	}
	return all
}

// mailPage is the HTML part of the mail as it is, in a page where nothing runs and no address leads to us.
func (p *pages) mailPage(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.Piece(v.Request.Context(), v.Request.PathValue("news"))
	if err != nil {
		return err
	}
	m, err := p.Preview(&one, ja.Lang(v.Request.FormValue("in")))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(m.HTML))
	return err
}

func (p *pages) sheet(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.Piece(v.Request.Context(), v.Request.PathValue("news"))
	if err != nil || p.Press == nil {
		return errors.Join(err, map[bool]error{true: store.ErrNotFound}[p.Press == nil])
	}
	return p.pdf(w, v.Request, printed.Board(&one, p.Provider, p.Phone, p.Texts.In(ja.Lang(v.Request.FormValue("in")))))
}

// step is one of the buttons; each leads on with what was done, or why not.
func (p *pages) step(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	revision, _ := strconv.ParseInt(v.Request.PostFormValue("revision"), 10, 64) // 0 is nobody's
	ctx, who := v.Request.Context(), v.PersonID
	verb := v.Request.URL.Path[strings.LastIndexByte(v.Request.URL.Path, '/')+1:]
	var err error
	word, to := "", p.address(id)
	switch verb {
	case "send":
		if err, word = p.Send(ctx, who, id, revision), "sent"; p.SecondLook {
			word = "asked"
		}
	case "approve":
		err, word = p.Approve(ctx, who, id, revision), "approved"
	case "back":
		err, word = p.Back(ctx, who, id, revision), "back"
	case "drop":
		err, word = p.Drop(ctx, who, id, revision), "dropped"
		if err == nil {
			to = p.Root + "/news"
		}
	}
	var form news.FormError
	switch f := fault(err); {
	case errors.As(err, &form):
		return p.showOne(w, v, err)
	case f != "":
		return ui.To(w, v.Request, to+"?fault="+f)
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, to+"?said="+word)
}

type brokenView struct {
	ui.Base
	Rows []brokenRow
	May  bool
}

type brokenRow struct{ Tenant, Company, CompanyURL, Email, Answer, When string }

func (p *pages) brokenPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "news.broken_title", "/news")
	if err != nil {
		return err
	}
	base.Flash = said(v, "repaired")
	all, err := p.Config.Broken(v.Request.Context(), v.PersonID)
	if err != nil {
		return err
	}
	names, err := p.companies(v)
	if err != nil {
		return err
	}
	view := brokenView{Base: base, May: v.Role.May(tenant.MayWrite)}
	for _, b := range all {
		view.Rows = append(view.Rows, brokenRow{b.TenantID, names[b.TenantID], p.Root + "/companies/" + b.TenantID, b.Email, b.Answer, ja.Short(b.At, v.Texts.Lang())})
	}
	return p.broken.Render(w, http.StatusOK, view)
}

func (p *pages) repaired(w http.ResponseWriter, v *ui.Visit) error {
	err := p.Repaired(v.Request.Context(), v.PersonID, v.Request.PostFormValue("tenant"), v.Request.PostFormValue("email"))
	if err != nil && !errors.Is(err, store.ErrNotFound) { // another did it already
		return err
	}
	return ui.To(w, v.Request, p.Root+"/news/addresses?said=repaired")
}

// industryKey is how the form of applications calls industries.
const industryKey = "apply.industry_"

var industries = contract.Industries

// moment reads what an input of date and time says, in Japan.
func moment(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", s, ja.Zone)
	return t, err == nil && t.Year() > 2000 && t.Year() < 2200
}

func input(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(ja.Zone).Format("2006-01-02T15:04")
}
