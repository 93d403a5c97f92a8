// Package flows is the search of a box's traffic log, and of how far something spread, as
// both faces show it: a form, a question to the box, its answer as a page.
//
// Callers: portal, console.
package flows

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/content/apps"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

//go:embed *.html *.css
var files embed.FS

// With are a face's own files, and beside them the templates "flows-form" and
// "flows-answer" in flows.html with their style in flows.css.
func With(own fs.FS) fs.FS { return both{own} }

type both struct{ own fs.FS }

// Open opens a file of ours where the face has none of its name.
func (b both) Open(name string) (fs.File, error) {
	if f, err := b.own.Open(name); err == nil {
		return f, nil
	}
	return files.Open(name)
}

const (
	// wait is how long a page waits for the box before it says that it waits.
	wait = 8 * time.Second
	// reload is how often a page that waits looks again, and giveUp when it stops.
	reload = 3
	giveUp = 10 * time.Minute
	// silent is when a box counts as away: a few heartbeats.
	silent = 15 * time.Minute
	// maxField of the form, in bytes.
	maxField = 253
	// onPage rows of a list; the file has all.
	onPage = 200
)

// Questions is the way to boxes; question.Service is one.
type Questions interface {
	Ask(ctx context.Context, tenantID, boxID, who, why string, q wire.Question) (string, error)
	Wait(ctx context.Context, tenantID, id string) (question.Asked, error)
	Get(ctx context.Context, tenantID, id string) (question.Asked, error)
}

// Network knows boxes and devices; device.Service is one.
type Network interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	Endpoints(ctx context.Context, tenantID string) ([]device.Endpoint, error)
}

// Flows asks and shows.
type Flows struct {
	Questions Questions
	Network   Network
	Apps      *apps.Catalogue
	Clock     clock.Clock
}

// ErrNoBox: the company has no box that could be asked.
var ErrNoBox = errors.New("flows: no box in use")

// Option is one of a list to choose from.
type Option struct {
	Value, Label string
	Chosen       bool // in the form that comes back
}

// choose marks the one that was sent.
func choose(all []Option, value string) {
	for i := range all {
		all[i].Chosen = value != "" && all[i].Value == value
	}
}

// Form is what can be asked.
type Form struct {
	Action               string // of the form
	Hidden               []Option
	Devices, Boxes       []Option
	Periods, Kinds, Sums []Option
	CSRF, Target         string
	None                 bool // there is no box to ask
}

// Form offers what can be asked, with what was just sent filled in. Hidden fields are sent along.
func (f *Flows) Form(v *ui.Visit, tenantID, action string, hidden ...Option) (Form, error) {
	form := Form{Action: action, CSRF: v.CSRF, Hidden: hidden}
	boxes, err := f.Network.Boxes(v.Request.Context(), tenantID)
	if err != nil {
		return form, err
	}
	for i := range boxes {
		if boxes[i].Returned.IsZero() {
			form.Boxes = append(form.Boxes, Option{Value: boxes[i].ID, Label: boxes[i].Label()})
		}
	}
	form.None = len(form.Boxes) == 0
	known, err := f.Network.Endpoints(v.Request.Context(), tenantID)
	if err != nil {
		return form, err
	}
	for i := range known {
		form.Devices = append(form.Devices, Option{Value: known[i].ID, Label: label(&known[i])})
	}
	slices.SortFunc(form.Devices, func(a, b Option) int { return strings.Compare(a.Label, b.Label) })
	for _, n := range []int{1, 7, 30, 90} {
		label := v.T("flows.period", "n", n)
		if n == 1 {
			label = v.T("flows.today")
		}
		form.Periods = append(form.Periods, Option{Value: strconv.Itoa(n), Label: label})
	}
	for _, k := range [][2]string{{"", "kind_all"}, {"blocked", "kind_blocked"}, {"told", "kind_told"}} {
		form.Kinds = append(form.Kinds, Option{Value: k[0], Label: v.T("flows." + k[1])})
	}
	for _, k := range [][2]string{{"", "sum_none"}, {wire.SumDevice, "sum_device"}, {wire.SumName, "sum_name"}, {wire.SumApp, "sum_app"}, {wire.SumCountry, "sum_country"}} {
		form.Sums = append(form.Sums, Option{Value: k[0], Label: v.T("flows." + k[1])})
	}
	form.Target = field(v, "target")
	choose(form.Boxes, field(v, "box"))
	choose(form.Devices, field(v, "device"))
	choose(form.Periods, field(v, "days"))
	choose(form.Kinds, field(v, "kind"))
	choose(form.Sums, field(v, "sum"))
	return form, nil
}

// label is what a device is called, with its address.
func label(e *device.Endpoint) string {
	if e.Name != "" && e.Addr != "" {
		return e.Name + " (" + e.Addr + ")"
	}
	return e.Label()
}

// Ask sends what was filled in to the box.
func (f *Flows) Ask(v *ui.Visit, tenantID, why string) (id string, err error) {
	q := wire.TrafficQuery{Sum: field(v, "sum"), Verdict: field(v, "kind")}
	days, err := strconv.Atoi(field(v, "days"))
	if err != nil || days < 1 || days > 90 {
		days = 1
	}
	now := f.Clock.Now()
	q.From = ja.Midnight(now).AddDate(0, 0, 1-days)
	q.To = now.Add(time.Minute)
	target(&q, field(v, "target"))
	if id := field(v, "device"); id != "" {
		d, err := f.endpoint(v, tenantID, id)
		if err != nil {
			return "", err
		}
		q.MAC, q.Device = inside(d)
	}
	box, err := f.box(v, tenantID, field(v, "box"))
	if err != nil {
		return "", err
	}
	return f.Questions.Ask(v.Request.Context(), tenantID, box, v.PersonID, why, wire.Question{Traffic: &q})
}

func field(v *ui.Visit, name string) string {
	s := strings.TrimSpace(v.Request.PostFormValue(name))
	if len(s) > maxField || !utf8.ValidString(s) {
		return ""
	}
	return s
}

// target reads what somebody types as a destination: an address, a name with all below it,
// or a page's address copied from somewhere.
func target(q *wire.TrafficQuery, s string) {
	s = strings.ToLower(ja.Halfwidth(s))
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s, _, _ = strings.Cut(s, "/")
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		q.Peer = a.WithZone("")
		return
	}
	s, _, _ = strings.Cut(s, ":")
	if s = strings.Trim(s, ". "); s != "" {
		q.Name = "." + s
	}
}

// Spread asks how far something went that a device had at a time.
func (f *Flows) Spread(v *ui.Visit, tenantID, boxID, endpointID, why string, at time.Time) (id string, err error) {
	d, err := f.endpoint(v, tenantID, endpointID)
	if err != nil {
		return "", err
	}
	q := wire.SpreadQuery{At: at}
	q.MAC, q.Device = inside(d)
	if boxID, err = f.box(v, tenantID, boxID); err != nil {
		return "", err
	}
	return f.Questions.Ask(v.Request.Context(), tenantID, boxID, v.PersonID, why, wire.Question{Spread: &q})
}

// inside is how the box knows a device.
func inside(d *device.Endpoint) (mac string, addr netip.Addr) {
	if d.MAC != "" {
		return d.MAC, netip.Addr{}
	}
	addr, _ = netip.ParseAddr(d.Addr)
	return "", addr
}

func (f *Flows) endpoint(v *ui.Visit, tenantID, id string) (*device.Endpoint, error) {
	known, err := f.Network.Endpoints(v.Request.Context(), tenantID)
	if err != nil {
		return nil, err
	}
	for i := range known {
		if known[i].ID == id {
			return &known[i], nil
		}
	}
	return nil, store.ErrNotFound
}

// box is the one that is asked: that with an id, else the company's first.
func (f *Flows) box(v *ui.Visit, tenantID, id string) (string, error) {
	boxes, err := f.Network.Boxes(v.Request.Context(), tenantID)
	if err != nil {
		return "", err
	}
	for i := range boxes {
		if boxes[i].Returned.IsZero() && (id == "" || boxes[i].ID == id) {
			return boxes[i].ID, nil
		}
	}
	return "", ErrNoBox
}

// Answer is what a box said, for a page.
type Answer struct {
	Heading string // what was asked
	Waits   string // why there is no answer yet, "" when there is one
	Failed  string
	Found   string
	Since   string // from when on there is a log
	Rows    []Row
	Sums    []Sum
	SumHead string
	Spread  *Graph
	CSV     string // address of the file, "" for none
}

// Row is a flow.
type Row struct{ Time, Device, Target, Detail, App, Size, State, Tone string }

// Sum is a line of a table of sums.
type Sum struct {
	Key, Flows, Up, Down, Blocked, First, Last string

	Width int // of its bar: bytes both ways in hundredths of the most
}

// Show waits for the answer to a question of the company and words it; csv is where its
// file is. The page looks again by itself while the box is silent.
func (f *Flows) Show(w http.ResponseWriter, v *ui.Visit, tenantID, id, csv string) (a Answer, q question.Asked, err error) {
	ctx, cancel := context.WithTimeout(v.Request.Context(), wait)
	defer cancel()
	q, err = f.Questions.Wait(ctx, tenantID, id)
	if err != nil {
		return a, q, err
	}
	names, boxes, err := f.names(v, tenantID)
	if err != nil {
		return a, q, err
	}
	a.Heading = f.heading(v, &q, names)
	now := f.Clock.Now()
	if q.Answer == nil {
		a.Waits = v.T("flows.waits")
		if b, ok := boxes[q.BoxID]; ok && now.Sub(b.LastSeen) > silent {
			a.Waits = v.T("flows.offline", "time", ja.Long(b.LastSeen, v.Texts.Lang()))
			if b.LastSeen.IsZero() {
				a.Waits = v.T("flows.never")
			}
		}
		if now.Sub(q.At) < giveUp {
			w.Header().Set("Refresh", strconv.Itoa(reload))
		} else {
			a.Waits = v.T("flows.gave_up")
		}
		return a, q, nil
	}
	if q.Answer.Failed != "" {
		a.Failed = v.T("flows.failed", "why", q.Answer.Failed)
	}
	if t := q.Answer.Traffic; t != nil && q.Question.Traffic != nil {
		f.traffic(v, &a, &q, t, names)
		a.CSV = csv
	}
	if s := q.Answer.Spread; s != nil && q.Question.Spread != nil {
		a.Spread = graph(v, s, names)
		a.Since = since(v, s.Since)
	}
	return a, q, nil
}

// names are those of devices by hardware address and address; boxes by id.
func (f *Flows) names(v *ui.Visit, tenantID string) (map[string]string, map[string]device.Box, error) {
	known, err := f.Network.Endpoints(v.Request.Context(), tenantID)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]string{}
	for i := range known {
		d := &known[i]
		if d.Addr != "" && names[d.Addr] == "" {
			names[d.Addr] = d.Label()
		}
		if d.MAC != "" {
			names[d.MAC] = d.Label()
		}
	}
	list, err := f.Network.Boxes(v.Request.Context(), tenantID)
	if err != nil {
		return nil, nil, err
	}
	boxes := map[string]device.Box{}
	for i := range list {
		boxes[list[i].ID] = list[i]
	}
	return names, boxes, nil
}

// called is what a device is called: its name, else its newest address.
func called(names map[string]string, mac string, addr netip.Addr) string {
	if n := names[mac]; mac != "" && n != "" {
		return n
	}
	if n := names[addr.String()]; mac == "" && n != "" {
		return n
	}
	if addr.IsValid() {
		return addr.String()
	}
	return mac
}

func (f *Flows) heading(v *ui.Visit, q *question.Asked, names map[string]string) string {
	if s := q.Question.Spread; s != nil {
		return v.T("flows.spread_of", "name", called(names, s.MAC, s.Device), "time", ja.Long(s.At, v.Texts.Lang()))
	}
	t := q.Question.Traffic
	if t == nil {
		return ""
	}
	parts := []string{ja.Day(t.From, v.Texts.Lang()) + "–" + ja.Day(t.To, v.Texts.Lang())}
	if t.MAC != "" || t.Device.IsValid() {
		parts = append(parts, called(names, t.MAC, t.Device))
	}
	if t.Name != "" {
		parts = append(parts, strings.TrimPrefix(t.Name, "."))
	}
	if t.Peer.IsValid() {
		parts = append(parts, t.Peer.String())
	}
	if t.Verdict != "" {
		parts = append(parts, v.T("flows.kind_"+t.Verdict))
	}
	return strings.Join(parts, " · ")
}

func since(v *ui.Visit, t time.Time) string {
	if t.IsZero() {
		return v.T("flows.empty")
	}
	return v.T("flows.since", "time", ja.Date(t, v.Texts.Lang()))
}

// traffic words rows or sums.
func (f *Flows) traffic(v *ui.Visit, a *Answer, q *question.Asked, t *wire.TrafficAnswer, names map[string]string) {
	a.Since = since(v, t.Since)
	a.Found = v.T("flows.found", "n", ja.Number(t.Found))
	if sum := q.Question.Traffic.Sum; sum != "" {
		a.SumHead = v.T("flows.sum_" + map[string]string{wire.SumApp: "app"}[sum])
		if sum != wire.SumApp {
			a.SumHead = v.T("flows.sum_" + sum)
		}
		most := uint64(1)
		for i := range t.Sums {
			most = max(most, t.Sums[i].Up+t.Sums[i].Down)
		}
		for i := range t.Sums {
			s := &t.Sums[i]
			row := Sum{Width: int((s.Up + s.Down) * 100 / most), Key: f.key(v, sum, s, names), Flows: ja.Number(s.Flows), Up: ja.Size(s.Up), Down: ja.Size(s.Down),
				First: ja.Short(s.First, v.Texts.Lang()), Last: ja.Short(s.Last, v.Texts.Lang())}
			if s.Blocked > 0 {
				row.Blocked = ja.Number(s.Blocked)
			}
			a.Sums = append(a.Sums, row)
		}
		return
	}
	for i := range t.Rows[:min(len(t.Rows), onPage)] {
		a.Rows = append(a.Rows, f.row(v, &t.Rows[i], names))
	}
}

// key words what flows of a sum share.
func (f *Flows) key(v *ui.Visit, by string, s *wire.TrafficSum, names map[string]string) string {
	switch {
	case by == wire.SumDevice && strings.Contains(s.Key, ":") && !s.Device.IsValid():
		return called(names, s.Key, netip.Addr{})
	case by == wire.SumDevice:
		mac := s.Key
		if _, err := netip.ParseAddr(mac); err == nil {
			mac = ""
		}
		return called(names, mac, s.Device)
	case s.Key == "":
		return v.T("flows.nameless")
	case by == wire.SumApp:
		return f.app(v, s.Key)
	}
	return s.Key
}

func (f *Flows) app(v *ui.Visit, id string) string {
	a, ok := f.Apps.App(id)
	switch {
	case !ok:
		return id
	case v.Texts.Lang() == ja.English:
		return a.En
	}
	return a.Ja
}

// sign words what was found in a flow.
func sign(v *ui.Visit, why string) string {
	kind, what, ok := strings.Cut(why, ":")
	if !ok || !slices.Contains([]string{"site", "rule", "virus", "application"}, kind) {
		return why
	}
	return v.T("flows.sign_"+kind, "what", what)
}

// row words a flow.
func (f *Flows) row(v *ui.Visit, r *wire.TrafficRow, names map[string]string) Row {
	row := Row{Time: ja.Short(r.Start, v.Texts.Lang()), Device: called(names, r.MAC, r.Device), Target: r.Name, App: r.App, Size: ja.Size(r.Up) + " / " + ja.Size(r.Down)}
	peer := netip.AddrPortFrom(r.Peer, r.PeerPort).String()
	row.Detail = peer
	if row.Target == "" {
		row.Target, row.Detail = peer, ""
		if r.Inside {
			row.Target = called(names, "", r.Peer)
			row.Detail = peer
		}
	}
	if r.Country != "" {
		row.Detail = strings.TrimSpace(row.Detail + " " + r.Country)
	}
	if r.App != "" {
		row.App = f.app(v, r.App)
	}
	switch {
	case r.Verdict == "blocked":
		row.State, row.Tone = v.T("flows.kind_blocked"), string(ui.Good)
	case r.Verdict == "told":
		row.State, row.Tone = v.T("flows.kind_told"), string(ui.Care)
	case r.Inbound:
		row.State = v.T("flows.inbound")
	case r.Silent:
		row.State = v.T("flows.silent")
	}
	if r.Why != "" {
		row.State += " (" + sign(v, r.Why) + ")"
	}
	return row
}
