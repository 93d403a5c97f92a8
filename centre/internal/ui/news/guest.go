package news

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/news"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/throttle"
)

type leaveView struct {
	ui.Base
	Leaver news.Leaver
	Action string
}

// leavePage ends promotions. Opening it shows a page that asks, since mail scanners open links; a POST does it, with the button or as
// a mail program sends it (RFC 8058 §3.1: "List-Unsubscribe=One-Click", no cookies). The token is what proves it.
func (p *pages) leavePage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	token := r.PathValue("token")
	if r.Method == http.MethodPost {
		if err := p.Leave(r.Context(), token, r.PostFormValue("again") == "yes"); err != nil {
			return err
		}
		if r.PostFormValue("List-Unsubscribe") == "One-Click" { // §3.1: no redirect
			w.WriteHeader(http.StatusOK)
			return nil
		}
		return ui.To(w, r, p.Root+"/n/leave/"+token)
	}
	l, err := p.Leaver(r.Context(), token)
	if err != nil {
		return err
	}
	base := p.Gate.Base(r, t, "")
	base.Title = t.T("news.leave_title")
	return p.leave.Render(w, http.StatusOK, leaveView{Base: base, Leaver: l, Action: p.Root + "/n/leave/" + token})
}

type seatView struct {
	ui.Base
	Shown           shown
	Company, Action string
	Open            bool
	Form            ui.Form
	Faults          []ui.Field
}

// seatPage is the seminar for whoever of a company holds the link in its mail.
func (p *pages) seatPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	token := r.PathValue("token")
	i, err := p.Invited(r.Context(), token)
	if err != nil {
		return err
	}
	base := p.Gate.Base(r, t, "")
	view := seatView{Base: base, Shown: show(t, &i.Piece), Company: i.Company, Action: p.Root + "/n/seat/" + token, Open: i.Piece.Meeting.Open(p.Clock.Now()), Form: seatForm(t, "", "")}
	view.Title = view.Shown.Title
	status := http.StatusOK
	if r.Method == http.MethodPost {
		g := news.Guest{Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Lang: t.Lang()}
		view.Form.Fill(r.PostFormValue)
		_, free := p.limit.Take(throttle.Address(r.RemoteAddr))
		if err = news.ErrMany; free {
			if _, err = p.Take(r.Context(), i.TenantID, i.Piece.ID, g); err == nil {
				own, err := p.PlaceLink(r.Context(), i.TenantID, i.Piece.ID, g.Email)
				if err != nil {
					return err
				}
				return ui.To(w, r, p.Root+"/n/place/"+own)
			}
		}
		var form news.FormError
		switch f := fault(err); {
		case errors.As(err, &form):
			formFaults(t, view.Form, err)
			view.Faults = view.Form.Faults()
		case f != "":
			view.Flash = &ui.Flash{Text: t.T(faultKey + f), Bad: true}
		default:
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	return p.seat.Render(w, status, view)
}

type placeView struct {
	ui.Base
	Shown                    shown
	Seat                     seatRow
	Action, Calendar, Slides string
}

// placePage is one's own seat: what it is, and the way to give it back.
func (p *pages) placePage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	token := r.PathValue("token")
	one, err := p.Placed(r.Context(), token)
	if err != nil {
		return err
	}
	at := p.Root + "/n/place/" + token
	if r.Method == http.MethodPost {
		if err := p.GiveBack(r.Context(), one.TenantID, one.Piece.ID, one.Seat.ID); err != nil {
			return err
		}
		return ui.To(w, r, at)
	}
	base := p.Gate.Base(r, t, "")
	s, m := one.Seat, one.Piece.Meeting
	view := placeView{Base: base, Shown: show(t, &one.Piece), Action: at, Seat: seatRow{ID: s.ID, Name: s.Name, Email: s.Email, State: ui.State{Tone: seatTones[s.State], Text: t.T(seatKey + s.State)}, Here: s.State != news.SeatLeft && p.Clock.Now().Before(m.Starts)}}
	view.Title = view.Shown.Title
	if s.State == news.SeatTaken {
		if view.Calendar = at + "/calendar.ics"; m.Slides != "" {
			view.Slides = at + "/slides"
		}
	}
	return p.place.Render(w, http.StatusOK, view)
}

func (p *pages) placeCalendar(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	one, err := p.Placed(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return p.ics(w, &one.Piece, t, p.Portal+"/n/place/"+r.PathValue("token"))
}

func (p *pages) placeSlides(w http.ResponseWriter, r *http.Request, _ text.Texts) error {
	one, err := p.Placed(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	f, data, err := p.Slides(r.Context(), one.TenantID, one.Piece.ID)
	if err != nil {
		return err
	}
	f.Serve(w, r, data)
	return nil
}
