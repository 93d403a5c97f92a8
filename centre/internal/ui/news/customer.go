package news

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/news"
	"otasuke/centre/internal/news/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

type archiveView struct {
	ui.Base
	Rows   []newsRow
	Choice string
}

type newsRow struct {
	URL, Title, Kind, When string
	Unread                 bool
}

// rowsOf are pieces as a list shows them.
func (p *pages) rowsOf(t text.Texts, all []news.Shown) (rows []newsRow) {
	for i := range all {
		title, _ := all[i].In(t.Lang())
		rows = append(rows, newsRow{p.Root + "/news/" + all[i].ID, title, t.T(kindKey + string(all[i].Kind)), ja.Day(all[i].Got, t.Lang()), !all[i].Read})
	}
	return rows
}

func (p *pages) archivePage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "news.title", "/news")
	if err != nil {
		return err
	}
	all, err := p.Archive(v.Request.Context(), v.TenantID, v.PersonID, 0)
	if err != nil {
		return err
	}
	return p.archive.Render(w, http.StatusOK, archiveView{Base: base, Rows: p.rowsOf(v.Texts, all), Choice: p.Root + "/news/choice"})
}

type pieceView struct {
	ui.Base
	Shown                 shown
	When, PDF             string
	Meeting, Open, May    bool
	Form                  ui.Form
	Faults                []ui.Field
	Seats                 []seatRow
	Action                string
	Calendar, Slides, All string
	Closed                string
}

func (p *pages) piecePage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showPiece(w, v, nil, nil)
}

// seatForm asks who comes.
func seatForm(t text.Texts, name, email string) ui.Form {
	return ui.Form{
		{ID: "name", Label: t.T("news.seat_name"), Type: "text", Auto: "name", Max: 60, Value: name},
		{ID: "email", Label: t.T("news.seat_email"), Hint: t.T("news.seat_email_hint"), Type: "email", Auto: "email", Max: 254, Value: email},
	}
}

func (p *pages) showPiece(w http.ResponseWriter, v *ui.Visit, bad error, filled func(string) string) error {
	ctx, t := v.Request.Context(), v.Texts
	one, err := p.Config.Open(ctx, v.TenantID, v.PersonID, v.Request.PathValue("news"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "news.title", "/news")
	if err != nil {
		return err
	}
	if base.Flash = said(v, news.SeatTaken, news.SeatWaiting, news.SeatLeft); base.Flash == nil {
		base.Flash = failed(v, "closed", "many")
	}
	view := pieceView{Base: base, Shown: show(t, &one.Piece), When: ja.Date(one.Got, t.Lang()), Action: p.Root + "/news/" + one.ID, All: p.Root + "/news", May: v.Role.May(tenant.MayWrite)}
	view.Title = view.Shown.Title
	if p.Press != nil {
		view.PDF = view.Action + "/pdf"
	}
	if m := one.Meeting; m != nil {
		view.Meeting, view.Open = true, m.Open(p.Clock.Now())
		if !view.Open && m.Cancelled.IsZero() {
			view.Closed = t.T("news.fault_closed")
		}
		if view.Calendar = view.Action + "/calendar.ics"; m.Slides != "" {
			view.Slides = view.Action + "/slides"
		}
		seats, err := p.Own(ctx, v.TenantID, one.ID)
		if err != nil {
			return err
		}
		mine := false
		for _, s := range seats {
			if s.State == news.SeatLeft {
				continue
			}
			mine = mine || s.PersonID == v.PersonID
			view.Seats = append(view.Seats, seatRow{ID: s.ID, Name: s.Name, Email: s.Email, State: ui.State{Tone: seatTones[s.State], Text: t.T(seatKey + s.State)}, Here: p.Clock.Now().Before(m.Starts)})
		}
		name, email := "", ""
		if !mine {
			if name, email, err = p.self(v); err != nil {
				return err
			}
		}
		view.Form = seatForm(t, name, email)
		if filled != nil {
			view.Form.Fill(filled)
		}
		formFaults(t, view.Form, bad)
		view.Faults = view.Form.Faults()
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.piece.Render(w, status, view)
}

// self is who is logged in, as the form begins.
func (p *pages) self(v *ui.Visit) (name, email string, err error) {
	people, err := p.People(v.Request.Context(), v.TenantID)
	for _, one := range people {
		if one.ID == v.PersonID {
			return one.Name, one.Email, err
		}
	}
	return "", "", err
}

func (p *pages) take(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("news")
	g := news.Guest{Name: v.Request.PostFormValue("name"), Email: v.Request.PostFormValue("email"), Lang: v.Texts.Lang()}
	if _, email, err := p.self(v); err != nil {
		return err
	} else if email == g.Email {
		g.PersonID = v.PersonID
	}
	state, err := p.Take(ctx, v.TenantID, id, g)
	var form news.FormError
	to := p.Root + "/news/" + id
	switch f := fault(err); {
	case errors.As(err, &form):
		return p.showPiece(w, v, err, v.Request.PostFormValue)
	case f != "":
		return ui.To(w, v.Request, to+"?fault="+f)
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, to+"?said="+state)
}

func (p *pages) giveBack(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	if err := p.GiveBack(v.Request.Context(), v.TenantID, id, v.Request.PostFormValue("seat")); err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/news/"+id+"?said="+news.SeatLeft)
}

// own is a piece that the company got, without marking it as read.
func (p *pages) own(v *ui.Visit) (news.Shown, error) {
	return p.Config.Open(v.Request.Context(), v.TenantID, v.PersonID, v.Request.PathValue("news"))
}

func (p *pages) ownSheet(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.own(v)
	if err != nil {
		return err
	}
	if p.Press == nil {
		return store.ErrNotFound
	}
	return p.pdf(w, v.Request, printed.Board(&one.Piece, p.Provider, p.Phone, v.Texts))
}

func (p *pages) slides(w http.ResponseWriter, v *ui.Visit) error {
	f, data, err := p.Slides(v.Request.Context(), v.TenantID, v.Request.PathValue("news"))
	if err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}

func (p *pages) calendar(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.own(v)
	if err != nil {
		return err
	}
	return p.ics(w, &one.Piece, v.Texts, p.Portal+"/news/"+one.ID)
}

func (p *pages) ics(w http.ResponseWriter, one *news.Piece, t text.Texts, url string) error {
	if one.Meeting == nil {
		return store.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8; method=PUBLISH")
	h.Set("Content-Disposition", `attachment; filename="seminar.ics"`)
	h.Set("Cache-Control", "private, no-store")
	_, err := w.Write([]byte(one.Calendar(t.Lang(), p.Domain, url, p.Clock.Now())))
	return err
}

type choiceView struct {
	ui.Base
	Rows   []choiceRow
	May    bool
	Action string
}

type choiceRow struct {
	ID, Name, Email  string
	Warnings, Offers bool
	Broken           bool
	May              bool
}

// choicePage is who of the company gets what by mail.
func (p *pages) choicePage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "news.choice_title", "/news")
	if err != nil {
		return err
	}
	if base.Flash = said(v, "chosen"); base.Flash == nil {
		base.Flash = failed(v, "last")
	}
	all, err := p.Choices(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := choiceView{Base: base, Action: p.Root + "/news/choice"}
	for _, c := range all {
		view.Rows = append(view.Rows, choiceRow{c.PersonID, c.Name, c.Email, c.Warnings, c.Offers, c.Broken != "", p.mayChoose(v, c.PersonID)})
	}
	return p.choice.Render(w, http.StatusOK, view)
}

// mayChoose: the company's people are its owner's business, and everybody's own mail is their own.
func (p *pages) mayChoose(v *ui.Visit, person string) bool {
	return v.Role.May(tenant.MayManage) || v.PersonID == person && v.Role.May(tenant.MayWrite)
}

func (p *pages) choose(w http.ResponseWriter, v *ui.Visit) error {
	person := v.Request.PostFormValue("person")
	if !p.mayChoose(v, person) {
		return ui.ErrForbidden
	}
	err := p.Choose(v.Request.Context(), v.TenantID, v.PersonID, person, v.Request.PostFormValue("warnings") == "yes", v.Request.PostFormValue("offers") == "yes")
	if f := fault(err); f != "" {
		return ui.To(w, v.Request, p.Root+"/news/choice?fault="+f)
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/news/choice?said=chosen")
}
