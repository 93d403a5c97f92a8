package news

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

type seatsView struct {
	ui.Base
	Lead                 string
	Facts                []news.Fact
	Rows                 []seatRow
	MayTick, MayRun      bool
	One, CSV             string
	Action               string
	Cancelled, CanCancel bool
	CanSlides, Slides    bool
	Move                 ui.Form
	Faults               []ui.Field
}

type seatRow struct {
	ID, Name, Email, Company, CompanyURL, When string
	State                                      ui.State
	Here, Came                                 bool
}

var seatTones = map[string]ui.Tone{news.SeatTaken: ui.Good, news.SeatWaiting: ui.Care, news.SeatLeft: ui.Off}

func (p *pages) attendance(v *ui.Visit) (one news.Piece, rows []seatRow, err error) {
	ctx, t := v.Request.Context(), v.Texts
	if one, err = p.Piece(ctx, v.Request.PathValue("news")); err != nil {
		return one, nil, err
	}
	if one.Meeting == nil {
		return one, nil, store.ErrNotFound
	}
	all, err := p.Seats(ctx, v.PersonID, one.ID)
	if err != nil {
		return one, nil, err
	}
	names, err := p.companies(v)
	for _, s := range all {
		row := seatRow{ID: s.ID, Name: s.Name, Email: s.Email, Company: names[s.TenantID], CompanyURL: p.Root + "/companies/" + s.TenantID, When: ja.Short(s.At, t.Lang()), State: ui.State{Tone: seatTones[s.State], Text: t.T(seatKey + s.State)}, Here: s.State != news.SeatLeft, Came: s.Came}
		if row.Name == "" {
			row.Name = t.T("news.gone")
		}
		rows = append(rows, row)
	}
	return one, rows, err
}

func (p *pages) seatsPage(w http.ResponseWriter, v *ui.Visit) error { return p.showSeats(w, v, nil) }

// showSeats shows the list; with what is wrong with another place, and what was typed there.
func (p *pages) showSeats(w http.ResponseWriter, v *ui.Visit, wrong news.FormError) error {
	t, status := v.Texts, http.StatusOK
	one, rows, err := p.attendance(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "news.seats_title", "/news")
	if err != nil {
		return err
	}
	if base.Flash = said(v, "cancelled", "slides", "moved"); base.Flash == nil {
		base.Flash = failed(v, "state", "empty", "large")
	}
	title, _ := one.In(t.Lang())
	view := seatsView{Base: base, Facts: one.Meeting.Facts(t), Rows: rows, MayTick: v.Role.May(tenant.MayWrite), MayRun: v.Role.May(tenant.MayOperate), One: p.address(one.ID), Action: p.address(one.ID), CSV: p.address(one.ID) + "/csv"}
	view.Title = title
	taken, waiting, came := 0, 0, 0
	for _, r := range rows {
		switch {
		case r.State.Tone == ui.Good:
			taken++
		case r.State.Tone == ui.Care:
			waiting++
		}
		if r.Came {
			came++
		}
	}
	view.Lead = t.T("news.seats_lead", "taken", taken, "waiting", waiting, "came", came)
	view.Cancelled = !one.Meeting.Cancelled.IsZero()
	view.CanCancel = one.State == news.Sent && !view.Cancelled && p.Clock.Now().Before(one.Meeting.Starts)
	if view.CanCancel {
		view.Move = ui.Form{meeting(t, one.Meeting)[3], meeting(t, one.Meeting)[4]}
	}
	if wrong != nil {
		status = http.StatusUnprocessableEntity
		view.Move.Fill(v.Request.PostFormValue)
		for i := range view.Move {
			if f := &view.Move[i]; wrong[f.ID] != "" {
				f.Error = t.T("news.fault_place")
			}
		}
		view.Faults = view.Move.Faults()
	}
	view.CanSlides, view.Slides = one.State == news.Sent && !view.Cancelled, one.Meeting.Slides != ""
	return p.seats.Render(w, status, view)
}

// seatsFile is the list as a table, for the desk at the door.
func (p *pages) seatsFile(w http.ResponseWriter, v *ui.Visit) error {
	_, rows, err := p.attendance(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="seats.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("news.col_state"), v.T("news.col_company"), v.T("news.col_name"), v.T("news.col_email"), v.T("news.col_when"), v.T("news.col_came"))
	for _, r := range rows {
		came := ""
		if r.Came {
			came = v.T("news.yes")
		}
		out.Row(r.State.Text, r.Company, r.Name, r.Email, r.When, came)
	}
	return out.Close()
}

func (p *pages) came(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	if err := p.Came(v.Request.Context(), v.PersonID, id, v.Request.PostFormValue("seat"), v.Request.PostFormValue("came") == "yes"); err != nil {
		return err
	}
	return ui.To(w, v.Request, p.address(id)+"/seats#seats")
}

func (p *pages) cancel(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	return p.after(w, v, p.CancelMeeting(v.Request.Context(), v.PersonID, id), id, "cancelled")
}

// move says where a seminar is now.
func (p *pages) move(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	err := p.Move(v.Request.Context(), v.PersonID, id, v.Request.PostFormValue("place"), v.Request.PostFormValue("online"))
	var form news.FormError
	if errors.As(err, &form) {
		return p.showSeats(w, v, form)
	}
	return p.after(w, v, err, id, "moved")
}

// after leads back to the list with what was done, or why not.
func (p *pages) after(w http.ResponseWriter, v *ui.Visit, err error, id, word string) error {
	switch f := fault(err); {
	case f != "":
		return ui.To(w, v.Request, p.address(id)+"/seats?fault="+f)
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.address(id)+"/seats?said="+word)
}

func (p *pages) putSlides(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("news")
	if _, err := p.Piece(v.Request.Context(), id); err != nil {
		return err
	}
	file, header, err := v.Request.FormFile("file")
	if err != nil {
		return p.after(w, v, attach.ErrEmpty, id, "")
	}
	defer file.Close()
	u, err := attach.Check(header.Filename, file, append([]string{attach.Other}, attach.Papers...)...)
	if err == nil {
		err = p.PutSlides(v.Request.Context(), v.PersonID, id, &u)
	}
	return p.after(w, v, err, id, "slides")
}
