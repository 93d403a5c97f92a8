package dispatch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

type vendorView struct {
	ui.Base
	State               ui.State
	Number, URL         string
	Open                bool // the offer waits for an answer
	Due, Place, Skill   string
	Urgent              bool
	Arrival, Why        ui.Field
	Where, Brief        []pair
	CustomerPhone       string
	Next                []ui.Choice // steps that can be said now
	CanReturn           bool
	CanPhoto, CanReport bool
	CanInvoice          bool
	PhotoFault          string
	PhotosLeft          int
	Photos, Invoices    []fileRow
	Fields              ui.Form
	Known               string
	Costs               []costRow
	Signer              ui.Field
	Faults              []ui.Field
	Report              *reported
	Until               string
}

type costRow struct{ N, What, Yen string }

type overView struct {
	ui.Base
	Lead string
}

// costRows are those of the form, filled.
const costRows = 4

// spoken has a page in the vendor's language, as its mail was, unless somebody switched it.
func (p *Pages) spoken(page func(http.ResponseWriter, *http.Request, text.Texts) error) func(http.ResponseWriter, *http.Request, text.Texts) error {
	return func(w http.ResponseWriter, r *http.Request, t text.Texts) error {
		_, o, err := p.Dispatch.ByToken(r.Context(), r.PathValue("token"))
		if o.Lang != "" && (err == nil || errors.Is(err, dispatch.ErrExpired)) {
			t = p.Gate.TextsFor(r, o.Lang)
		}
		return page(w, r, t)
	}
}

func (p *Pages) vendorPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	return p.showVendor(w, r, t, nil, "", nil)
}

func (p *Pages) base(r *http.Request, t text.Texts, title string) ui.Base {
	b := p.Gate.Base(r, t, "")
	b.Title, b.Owner = t.T(title), p.Provider
	return b
}

func (p *Pages) gone(w http.ResponseWriter, r *http.Request, t text.Texts, o *dispatch.Offer) error {
	view := overView{Base: p.base(r, t, "dispatch.over_title"), Lead: t.T("dispatch.over")}
	if o.Answer == dispatch.AnswerDeclined || o.Answer == dispatch.AnswerReturned {
		view.Title, view.Lead = t.T("dispatch.declined_title"), t.T("dispatch.declined")
	}
	view.Path = p.Root + "/visit/" + r.PathValue("token")
	return p.over.Render(w, http.StatusGone, view)
}

// showVendor is the page on a vendor's phone; bad marks the form that did not do, and filled is what was typed.
func (p *Pages) showVendor(w http.ResponseWriter, r *http.Request, t text.Texts, bad error, fileFault string, filled func(string) string) error {
	token := r.PathValue("token")
	x, o, err := p.Dispatch.ByToken(r.Context(), token)
	if errors.Is(err, dispatch.ErrExpired) {
		return p.gone(w, r, t, &o)
	}
	if err != nil {
		return err
	}
	url := p.Root + "/visit/" + token
	b := &x.Brief
	view := vendorView{Base: p.base(r, t, "dispatch.offer_title"), State: lamp(t, x.State), Number: t.T("dispatch.number", "n", x.Number), URL: url, Open: x.State == dispatch.Offered, Urgent: b.Urgent, Skill: t.T(skillKey + b.Skill), Place: place(b.Address),
		Due: t.T("dispatch.offer_due", "time", ja.Long(o.Due, t.Lang())), Arrival: field(t, "arrival", "text", "", dispatch.MaxLine, false), Why: field(t, "why", "text", "", dispatch.MaxLine, true),
		CanReturn: x.State == dispatch.Accepted || x.State == dispatch.Travelling, CanPhoto: x.State == dispatch.Arrived || x.State == dispatch.Working, CanReport: x.State == dispatch.Working, PhotoFault: fileFault}
	view.Flash, view.Path, view.Script = flash(r, t), url, p.Root+"/visit/sign.js"
	if view.Open {
		view.Brief = briefing(t, b, "seen")
	} else {
		view.Title, view.Where, view.Brief, view.CustomerPhone = b.Company, where(t, b), briefing(t, b), b.Phone
	}
	for _, to := range []dispatch.State{dispatch.Travelling, dispatch.Arrived, dispatch.Working} {
		if x.State.To(to) {
			view.Next = append(view.Next, ui.Choice{Value: string(to), Label: t.T(stepKey + string(to))})
		}
	}
	view.Report, view.Photos, view.Invoices = report(t, &x, url)
	view.PhotosLeft = max(dispatch.MaxPhotos-len(view.Photos), 0)
	if !x.Ended.IsZero() {
		view.CanInvoice, view.Until = x.State != dispatch.Cancelled, t.T("dispatch.until", "time", ja.Long(x.Ended.Add(dispatch.Sight), t.Lang()))
	}
	p.fillReport(t, &view, filled)
	if bad != nil {
		all := slices.Concat(ui.Form{view.Arrival, view.Why}, view.Fields, ui.Form{{ID: "cost"}, view.Signer}) // as they stand on the page
		if !fault(t, all, bad) {
			return bad
		}
		n := len(all)
		view.Arrival, view.Why, view.Fields, view.Signer, view.Faults = all[0], all[1], all[2:n-2], all[n-1], all.Faults()
	}
	if fileFault != "" {
		view.Faults = []ui.Field{{ID: "file", Error: fileFault}}
	}
	return p.vendor.Render(w, status(view.Faults), view)
}

// fillReport makes the form of the report.
func (p *Pages) fillReport(t text.Texts, view *vendorView, filled func(string) string) {
	get := func(string) string { return "" }
	if filled != nil {
		get = filled
	}
	view.Fields = ui.Form{field(t, "found", "area", get("found"), dispatch.MaxText, false), field(t, "done", "area", get("done"), dispatch.MaxText, false), field(t, "known", "radio", get("known"), 0, false),
		field(t, "cause", "area", get("cause"), dispatch.MaxText, true), field(t, "advice", "area", get("advice"), dispatch.MaxText, true)}
	view.Fields[2].Choices = []ui.Choice{{Value: "yes", Label: t.T("dispatch.known_yes")}, {Value: "no", Label: t.T("dispatch.known_no")}}
	view.Signer = field(t, "signer", "text", get("signer"), dispatch.MaxLine, false)
	view.Arrival.Value, view.Why.Value = get("arrival"), get("why")
	for n := range costRows {
		i := strconv.Itoa(n + 1)
		view.Costs = append(view.Costs, costRow{i, get("what-" + i), get("yen-" + i)})
	}
}

// act takes one of the vendor's forms.
func (p *Pages) act(verb string) func(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	return func(w http.ResponseWriter, r *http.Request, t text.Texts) error {
		ctx, token := r.Context(), r.PathValue("token")
		_, o, err := p.Dispatch.ByToken(ctx, token) // before a large file is read for nobody
		if errors.Is(err, dispatch.ErrExpired) {
			return p.gone(w, r, t, &o)
		}
		if err != nil {
			return err
		}
		how := verb
		switch verb {
		case "accept":
			err = p.Dispatch.Accept(ctx, token, r.PostFormValue("arrival"))
		case "decline":
			err = p.Dispatch.Decline(ctx, token, r.PostFormValue("why"))
		case "step":
			err = p.Dispatch.Step(ctx, token, dispatch.State(r.PostFormValue("to")))
		case "report":
			ui.Large(w, r, maxReport)
			err = p.finish(r, t, token)
		default:
			what, kinds := dispatch.Photo, []string{attach.JPEG, attach.PNG}
			if verb == "invoice" {
				what, kinds = dispatch.Invoice, attach.Papers
			}
			var u attach.Upload
			if u, err = upload(w, r, "file", kinds...); err == nil {
				err = p.Dispatch.Attach(ctx, token, what, &u)
			}
			if why := refused(t, err); why != "" {
				return p.showVendor(w, r, t, nil, why, nil)
			}
		}
		var bad *dispatch.FieldError
		switch {
		case errors.As(err, &bad):
			return p.showVendor(w, r, t, err, "", r.PostFormValue)
		case errors.Is(err, dispatch.ErrState):
			how, err = "state", nil
		case errors.Is(err, dispatch.ErrExpired):
			err = nil // the page says so
		}
		if err != nil {
			return err
		}
		return ui.To(w, r, p.Root+"/visit/"+token+"?said="+how)
	}
}

// finish reads a report.
func (p *Pages) finish(r *http.Request, t text.Texts, token string) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(ui.ErrBadInput, err)
	}
	value := r.PostFormValue
	x := dispatch.Report{Found: value("found"), Did: value("done"), Known: value("known") == "yes", Cause: value("cause"), Advice: value("advice"), Signer: value("signer")}
	var faults []error
	if value("known") != "yes" && value("known") != "no" {
		faults = append(faults, &dispatch.FieldError{Field: "known"})
	}
	for n := range costRows {
		i := strconv.Itoa(n + 1)
		what, yen := strings.TrimSpace(value("what-"+i)), strings.NewReplacer(",", "", "円", "", "¥", "").Replace(ja.Halfwidth(strings.TrimSpace(value("yen-"+i))))
		if what == "" && yen == "" {
			continue
		}
		c, err := strconv.Atoi(yen)
		if err != nil || what == "" {
			faults = append(faults, &dispatch.FieldError{Field: "cost"})
			continue
		}
		x.Costs = append(x.Costs, dispatch.Cost{What: what, Yen: c})
	}
	sign, err := drawn(value("signature"))
	faults = append(faults, x.Tidy(), err)
	if value("agreed") == "" {
		faults = append(faults, &dispatch.FieldError{Field: "signer"})
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return p.Dispatch.Finish(r.Context(), token, x, sign)
}

// drawn reads a signature as the script sends it; nil for none.
func drawn(s string) (*attach.Upload, error) {
	const head = "data:image/png;base64,"
	if s == "" {
		return nil, nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, head))
	if err != nil || !strings.HasPrefix(s, head) {
		return nil, &dispatch.FieldError{Field: "signer"}
	}
	u, err := attach.Check("signature.png", bytes.NewReader(data), attach.PNG)
	if err != nil {
		return nil, &dispatch.FieldError{Field: "signer"}
	}
	return &u, nil
}

func (p *Pages) vendorFile(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	x, o, err := p.Dispatch.ByToken(r.Context(), r.PathValue("token"))
	if errors.Is(err, dispatch.ErrExpired) {
		return p.gone(w, r, t, &o)
	}
	if err != nil {
		return err
	}
	return p.serve(w, r, x.TenantID, x.ID)
}
