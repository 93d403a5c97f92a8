package portal

import (
	"cmp"
	"errors"
	"net/http"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/internal/throttle"
)

// connectView is the page on which a box is connected: first its code, then what it is.
type connectView struct {
	ui.Base
	Code  string // as typed
	Wrong string // what is wrong with it
	Found *foundBox
}

// foundBox is what the owner sees before confirming.
type foundBox struct {
	Number, Model, Asked, Remote string
	Same                         bool // it asks from the line that the owner is at
	From                         string
}

// connectPage asks for the code; who comes from the box's own page has brought it along. It
// is not looked up by that: a link must not find anything.
func (p *portal) connectPage(w http.ResponseWriter, v *ui.Visit) error {
	view := new(connectView)
	if code, err := pairing.Parse(v.Request.URL.Query().Get("code")); err == nil {
		view.Code = pairing.Group(code)
	}
	return p.showConnect(w, v, view)
}

func (p *portal) showConnect(w http.ResponseWriter, v *ui.Visit, view *connectView) (err error) {
	view.Base, err = p.begin(v, "connect.title", "/")
	if err != nil {
		return err
	}
	return p.Show(w, p.connect, view)
}

// typed is the code of a form, no longer than a code can be.
func typed(v *ui.Visit) string {
	const longest = 100 // bytes; more is no code and is not shown again
	code := v.Request.PostFormValue("code")
	if len(code) > longest {
		return ""
	}
	return code
}

// look shows which box it is that a code belongs to.
func (p *portal) look(w http.ResponseWriter, v *ui.Visit) error {
	view := &connectView{Code: typed(v)}
	box, err := p.Pairings.Look(v.Request.Context(), v.TenantID, view.Code)
	if view.Wrong = refused(v, err); view.Wrong != "" {
		return p.showConnect(w, v, view)
	}
	if err != nil {
		return err
	}
	view.Found = &foundBox{Number: box.Number, Model: cmp.Or(box.Model, v.T("connect.no_model")), Asked: ja.Long(box.Asked, v.Texts.Lang()), Remote: box.Remote,
		Same: throttle.Address(box.Remote) == throttle.Address(v.Request.RemoteAddr)}
	view.Found.From = v.T("connect.elsewhere")
	if view.Found.Same {
		view.Found.From = v.T("connect.same_line")
	}
	return p.showConnect(w, v, view)
}

// accept makes the box the company's.
func (p *portal) accept(w http.ResponseWriter, v *ui.Visit) error {
	view := &connectView{Code: typed(v)}
	err := p.Pairings.Accept(v.Request.Context(), v.TenantID, "", v.PersonID, view.Code)
	if view.Wrong = refused(v, err); view.Wrong != "" {
		return p.showConnect(w, v, view)
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/?said=connected")
}

// refused says in kind words why a code does not do; "" for no error, and for faults of ours.
func refused(v *ui.Visit, err error) string {
	switch {
	case errors.Is(err, pairing.ErrMalformed):
		return v.T("connect.mistyped")
	case errors.Is(err, pairing.ErrUnknown):
		return v.T("connect.unknown")
	case errors.Is(err, device.ErrKeyElsewhere):
		return v.T("connect.elsewhere_bound")
	case errors.Is(err, device.ErrTooMany):
		return v.T("connect.many")
	}
	return ""
}
