package news

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"otasuke/centre/internal/news"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

type formView struct {
	ui.Base
	Action, Revision, Back          string
	Faults                          []ui.Field
	Words, Meeting, Devices, Timing ui.Form
	Regions, Industries, Plans      []tick
	Open                            bool // the audience is narrowed: its part is open
	Source, Changed                 string
}

// tick is one box to tick.
type tick struct {
	Value, Label string
	On           bool
}

// maxRegions are the prefectures (JIS X 0401).
const maxRegions = 47

func (p *pages) newPage(w http.ResponseWriter, v *ui.Visit) error {
	kind := news.Kind(v.Request.FormValue("kind"))
	if !slices.Contains(news.NewsKinds, kind) {
		kind = news.Notice
	}
	return p.showForm(w, v, &news.Piece{Kind: kind, Meeting: &news.Meeting{}}, nil, nil)
}

func (p *pages) editPage(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.Piece(v.Request.Context(), v.Request.PathValue("news"))
	if err != nil {
		return err
	}
	if one.State != news.Draft {
		return ui.To(w, v.Request, p.address(one.ID)+"?fault=state")
	}
	return p.showForm(w, v, &one, nil, nil)
}

// write keeps what was typed; what does not do comes back with the reason beside it.
func (p *pages) write(w http.ResponseWriter, v *ui.Visit) error {
	one, bad := read(v)
	if one.ID != "" {
		if _, err := p.Piece(v.Request.Context(), one.ID); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return p.showForm(w, v, &one, bad, v.Request.PostFormValue)
	}
	kept, err := p.Write(v.Request.Context(), v.PersonID, one)
	var form news.FormError
	switch {
	case errors.As(err, &form):
		return p.showForm(w, v, &one, form, v.Request.PostFormValue)
	case errors.Is(err, news.ErrState):
		return p.showForm(w, v, &one, news.FormError{"title_ja": "state"}, v.Request.PostFormValue)
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.address(kept.ID)+"?said=kept")
}

// read is what was typed, and which of it is no time and no number.
func read(v *ui.Visit) (one news.Piece, bad news.FormError) {
	get := v.Request.PostFormValue
	bad = news.FormError{}
	one = news.Piece{ID: v.Request.PathValue("news"), Kind: news.Kind(get("kind")), Title: map[string]string{ja.Japanese: get("title_ja"), ja.English: get("title_en")}, Body: map[string]string{ja.Japanese: get("body_ja"), ja.English: get("body_en")},
		Audience: news.Audience{Regions: v.Request.PostForm["region"], Industries: v.Request.PostForm["industry"], Plans: v.Request.PostForm["plan"], Maker: get("maker"), Model: get("model")}, Meeting: &news.Meeting{Place: get("place"), Online: get("online")}}
	one.Revision, _ = strconv.ParseInt(get("revision"), 10, 64) // 0 is nobody's
	ok := true
	if one.SendAt, ok = moment(get("send_at")); !ok {
		bad["send_at"] = news.Malformed
	}
	if one.Kind != news.Seminar {
		return one, bad
	}
	m := one.Meeting
	if m.Starts, ok = moment(get("starts")); !ok {
		bad["starts"] = news.Malformed
	}
	if m.Ends, ok = moment(get("ends")); !ok {
		bad["ends"] = news.Malformed
	}
	if m.Closes, ok = moment(get("closes")); !ok {
		bad["closes"] = news.Malformed
	}
	if s := strings.TrimSpace(ja.Halfwidth(get("seats"))); s != "" {
		var err error
		if m.Seats, err = strconv.Atoi(s); err != nil {
			bad["seats"] = news.Malformed
		}
	}
	return one, bad
}

func (p *pages) showForm(w http.ResponseWriter, v *ui.Visit, one *news.Piece, bad news.FormError, filled func(string) string) error {
	t := v.Texts
	base, err := p.Begin(v, "news.form_title", "/news")
	if err != nil {
		return err
	}
	plans, err := p.Plans(v.Request.Context(), v.PersonID)
	if err != nil {
		return err
	}
	view := formView{Base: base, Action: p.Root + "/news/new", Back: p.Root + "/news", Revision: strconv.FormatInt(one.Revision, 10), Open: !one.Audience.Everybody()}
	if one.ID != "" {
		view.Action, view.Back = p.address(one.ID)+"/edit", p.address(one.ID)
	}
	if one.Source != "" {
		view.Source = one.URL
	}
	if one.Changed {
		view.Changed = t.T("news.changed")
	}
	view.Words, view.Meeting, view.Devices, view.Timing = texts(t, one), meeting(t, one.Meeting), devices(t, &one.Audience), timing(t, one)
	for _, f := range []ui.Form{view.Words, view.Meeting, view.Devices, view.Timing} {
		if filled != nil {
			f.Fill(filled)
		}
		for field, why := range bad {
			f.Fault(field, t.T(faultKey+why))
		}
		view.Faults = append(view.Faults, f.Faults()...)
	}
	for n := 1; n <= maxRegions; n++ {
		code := strconv.Itoa(n)
		if n < 10 {
			code = "0" + code
		}
		view.Regions = append(view.Regions, tick{code, entry.PrefectureName(code, t.Lang()), slices.Contains(one.Audience.Regions, code)})
	}
	for _, i := range industries {
		view.Industries = append(view.Industries, tick{i, t.T(industryKey + i), slices.Contains(one.Audience.Industries, i)})
	}
	for _, x := range plans {
		view.Plans = append(view.Plans, tick{x, x, slices.Contains(one.Audience.Plans, x)})
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.form.Render(w, status, view)
}

func texts(t text.Texts, one *news.Piece) ui.Form {
	var kinds []ui.Choice
	for _, k := range news.NewsKinds {
		kinds = append(kinds, ui.Choice{Value: string(k), Label: t.T(kindKey + string(k))})
	}
	return ui.Form{
		{ID: "kind", Label: t.T("news.field_kind"), Type: "select", Choices: kinds, Value: string(one.Kind)},
		{ID: "title_ja", Label: t.T("news.field_title_ja"), Type: "text", Auto: "off", Max: news.MaxTitle, Value: one.Title[ja.Japanese]},
		{ID: "body_ja", Label: t.T("news.field_body_ja"), Hint: t.T("news.body_hint"), Type: "area", Max: news.MaxBody, Value: one.Body[ja.Japanese]},
		{ID: "title_en", Label: t.T("news.field_title_en"), Type: "text", Auto: "off", Max: news.MaxTitle, Value: one.Title[ja.English], Optional: true},
		{ID: "body_en", Label: t.T("news.field_body_en"), Type: "area", Max: news.MaxBody, Value: one.Body[ja.English], Optional: true},
	}
}

func meeting(t text.Texts, m *news.Meeting) ui.Form {
	if m == nil {
		m = &news.Meeting{}
	}
	seats := ""
	if m.Seats > 0 {
		seats = strconv.Itoa(m.Seats)
	}
	return ui.Form{
		{ID: "starts", Label: t.T("news.field_starts"), Type: "datetime-local", Value: input(m.Starts), Optional: true},
		{ID: "ends", Label: t.T("news.field_ends"), Type: "datetime-local", Value: input(m.Ends), Optional: true},
		{ID: "closes", Label: t.T("news.field_closes"), Hint: t.T("news.closes_hint"), Type: "datetime-local", Value: input(m.Closes), Optional: true},
		{ID: "place", Label: t.T("news.field_place"), Type: "text", Auto: "off", Max: 200, Value: m.Place, Optional: true},
		{ID: "online", Label: t.T("news.field_online"), Hint: t.T("news.online_hint"), Type: "url", Auto: "off", Max: 500, Value: m.Online, Optional: true},
		{ID: "seats", Label: t.T("news.field_seats"), Hint: t.T("news.seats_hint"), Type: "text", Mode: "numeric", Auto: "off", Max: 6, Value: seats, Optional: true},
	}
}

func devices(t text.Texts, a *news.Audience) ui.Form {
	return ui.Form{
		{ID: "maker", Label: t.T("news.field_maker"), Type: "text", Auto: "off", Max: 60, Value: a.Maker, Optional: true},
		{ID: "model", Label: t.T("news.field_model"), Hint: t.T("news.model_hint"), Type: "text", Auto: "off", Max: 60, Value: a.Model, Optional: true},
	}
}

func timing(t text.Texts, one *news.Piece) ui.Form {
	return ui.Form{{ID: "send_at", Label: t.T("news.field_send_at"), Hint: t.T("news.send_at_hint"), Type: "datetime-local", Value: input(one.SendAt), Optional: true}}
}
