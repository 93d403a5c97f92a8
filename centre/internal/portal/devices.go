package portal

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/devices"
	"otasuke/internal/ja"
	"otasuke/wire"
)

const (
	// maxName of a device, in characters: it stands in the subject of mails.
	maxName = 40
	// unseenAfter is when a device is shown as not seen lately: longer than holidays.
	unseenAfter = 14 * 24 * time.Hour
	// sureEnough is from how many percent on a guess is shown without doubt.
	sureEnough = 60
)

type devicesView struct {
	ui.Base
	CanRename bool
	Waiting   []deviceRow // for the owner's word
	Rows      []deviceRow
	Visitors  []deviceRow
	Guests    string // how many
}

// Form is what the form of a row's name needs.
func (v devicesView) Form(row deviceRow) nameForm {
	return nameForm{Base: v.Base, Row: row, CanRename: v.CanRename}
}

type nameForm struct {
	ui.Base
	Row       deviceRow
	CanRename bool
}

type deviceRow struct {
	ID, Name, Addr, MAC, First, Last string
	Said, Kind, Maker, OS, Look      string
	Marks                            []string
	Named, Waits                     bool
	URL                              string
}

type deviceView struct {
	ui.Base
	CanRename bool
	Back      string
	Device    deviceRow
	Why       []reason
	Names     []reason
	Addrs     []string
	History   []reason
	Note      string
	Typed     string // into the field for the name
	Fault     string // what is wrong with it
	Held      string // what to say of a device that is held; "" for one that may speak
	CanHold   bool
}

// reason is a thing and where it is from, or when it was.
type reason struct{ What, By string }

func (p *portal) devicesPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.devices_title", "/devices")
	if err != nil {
		return err
	}
	base.Flash = flash(v, deviceSaid)
	all, err := p.Network.Known(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := devicesView{Base: base, CanRename: v.Role != tenant.RoleReadonly}
	for i := range all {
		row := p.deviceRow(v, &all[i])
		switch {
		case all[i].Random && !row.Named:
			view.Visitors = append(view.Visitors, row)
		case row.Waits:
			view.Waiting = append(view.Waiting, row)
		default:
			view.Rows = append(view.Rows, row)
		}
	}
	view.Guests = v.T("devices.visitors", "n", ja.Number(len(view.Visitors)))
	return p.Show(w, p.devices, view)
}

// deviceSaid are the words about what was just done.
var deviceSaid = map[string]ui.Flash{"renamed": {Text: "portal.device_renamed"}, "known": {Text: "devices.known_done"},
	"held": {Text: "devices.held_done"}, "released": {Text: "devices.released"}, "router": {Text: "devices.held_router", Bad: true}}

// deviceRow words what is known of a device.
func (p *portal) deviceRow(v *ui.Visit, d *device.Known) deviceRow {
	lang := v.Texts.Lang()
	row := deviceRow{ID: d.ID, Name: d.Name, Addr: d.Addr, MAC: d.MAC, Named: d.Name != "", Waits: d.Waits(), URL: p.root + "/devices/" + d.ID,
		First: ja.Day(d.First, lang), Last: ja.Short(d.Last, lang), Maker: d.About.Maker}
	if len(d.About.Names) > 0 {
		row.Said = d.About.Names[0].Text
	}
	if row.Name == "" {
		row.Name = v.T("portal.device_unnamed")
		if row.Said != "" {
			row.Name = row.Said
		}
	}
	if d.About.First.IsZero() {
		if !d.Held.IsZero() {
			row.Marks = []string{v.T("devices.held_mark")}
		}
		return row
	}
	row.Kind = p.Known.KindName(d.About.Kind.ID, lang)
	if d.About.Kind.ID != devices.Unknown && d.About.Kind.Sure < sureEnough {
		row.Kind = v.T("devices.perhaps", "kind", row.Kind)
	}
	if k, ok := p.Known.Kind(d.About.Kind.ID); ok {
		row.Look = inLang(v, k.LookJa, k.LookEn)
	}
	if os, ok := p.Known.OS(d.About.OS.ID); ok && d.About.OS.Sure >= sureEnough {
		row.OS = p.Known.OSName(os.ID, lang)
		if os.Old(p.Clock.Now()) {
			row.Marks = append(row.Marks, v.T("devices.old", "day", ja.Date(os.End, lang)))
		}
	}
	if !d.Held.IsZero() {
		row.Marks = append(row.Marks, v.T("devices.held_mark"))
	}
	if p.Clock.Now().Sub(d.Last) > unseenAfter {
		row.Marks = append(row.Marks, v.T("devices.unseen"))
	}
	return row
}

// devicePage tells all about one device, and why.
func (p *portal) devicePage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showDevice(w, v, "", "")
}

// showDevice shows a device, with what was typed as its name and what is wrong with that.
func (p *portal) showDevice(w http.ResponseWriter, v *ui.Visit, typed, fault string) error {
	base, err := p.begin(v, "portal.devices_title", "/devices")
	if err != nil {
		return err
	}
	base.Flash = flash(v, deviceSaid)
	d, err := p.oneDevice(v)
	if err != nil {
		return err
	}
	view := deviceView{Base: base, CanRename: v.Role != tenant.RoleReadonly, Back: p.root + "/devices", Device: p.deviceRow(v, d)}
	view.Title = view.Device.Name
	if view.Typed = typed; fault == "" && view.Device.Named {
		view.Typed = view.Device.Name
	}
	view.Fault = fault
	view.CanHold = view.CanRename && d.MAC != ""
	if view.Held, err = p.held(v, d); err != nil {
		return err
	}
	if os, ok := p.Known.OS(d.About.OS.ID); ok {
		view.Note = inLang(v, os.NoteJa, os.NoteEn)
	}
	for _, g := range []wire.Guess{d.About.Kind, d.About.OS, d.About.Model} {
		if g.By != "" {
			view.Why = append(view.Why, p.why(v, g))
		}
	}
	for _, n := range d.About.Names {
		view.Names = append(view.Names, reason{n.Text, heardBy(v, n.By)})
	}
	for _, a := range d.About.Addrs {
		view.Addrs = append(view.Addrs, a.String())
	}
	changes, err := p.Network.Changes(v.Request.Context(), v.TenantID, d.ID)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if key := "devices.change_" + strings.ReplaceAll(c.What, "-", "_"); v.Texts.Has(key) {
			detail := c.Detail
			switch c.What {
			case wire.ChangeKind:
				detail = p.Known.KindName(c.Detail, v.Texts.Lang())
			case wire.ChangeOldOS:
				detail = p.Known.OSName(c.Detail, v.Texts.Lang())
			}
			view.History = append(view.History, reason{v.Texts.T(key, "detail", detail), ja.Long(c.At, v.Texts.Lang())})
		}
	}
	if fault != "" {
		return p.device.Render(w, http.StatusUnprocessableEntity, view)
	}
	return p.Show(w, p.device, view)
}

// held says how far it is with a device that is held: boxes tell how many are.
func (p *portal) held(v *ui.Visit, d *device.Known) (string, error) {
	if d.Held.IsZero() {
		return "", nil
	}
	boxes, err := p.Network.Boxes(v.Request.Context(), v.TenantID)
	if err != nil {
		return "", err
	}
	for i := range boxes {
		if b := &boxes[i]; b.Returned.IsZero() && b.SiteID == d.SiteID && b.LastSeen.After(d.Held) && b.Health.Held > 0 {
			return v.T("devices.held", "time", ja.Short(d.Held, v.Texts.Lang())), nil
		}
	}
	return v.T("devices.held_soon"), nil
}

func (p *portal) oneDevice(v *ui.Visit) (*device.Known, error) {
	all, err := p.Network.Known(v.Request.Context(), v.TenantID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == v.Request.PathValue("device") {
			return &all[i], nil
		}
	}
	return nil, store.ErrNotFound
}

// why words the ground of a guess: "source: what was heard".
func (p *portal) why(v *ui.Visit, g wire.Guess) reason {
	what := g.ID
	if k, ok := p.Known.Kind(g.ID); ok {
		what = inLang(v, k.Ja, k.En)
	} else if os := p.Known.OSName(g.ID, v.Texts.Lang()); os != "" {
		what = os
	}
	by, text, _ := strings.Cut(g.By, ": ")
	why := heardBy(v, by)
	if text != "" {
		why += " (" + text + ")"
	}
	if g.Sure > 0 {
		why += " " + v.T("devices.sure", "n", g.Sure)
	}
	return reason{what, why}
}

// heardBy names where something was heard.
func heardBy(v *ui.Visit, by string) string {
	if key := "devices.by_" + strings.ReplaceAll(by, "-", "_"); v.Texts.Has(key) {
		return v.Texts.T(key)
	}
	return by
}

func (p *portal) rename(w http.ResponseWriter, v *ui.Visit) error {
	name := strings.TrimSpace(v.Request.PostFormValue("name"))
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return p.showDevice(w, v, name, v.T("portal.device_badname"))
	}
	err := p.Network.Rename(v.Request.Context(), v.TenantID, v.Request.PathValue("device"), v.PersonID, name)
	if errors.Is(err, device.ErrInvalid) { // what cannot be seen, or turns the direction of writing
		return p.showDevice(w, v, name, v.T("portal.device_badname"))
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/devices?said=renamed")
}

// approve notes that the owner knows a device.
func (p *portal) approve(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.Network.Approve(v.Request.Context(), v.TenantID, v.Request.PathValue("device"), v.PersonID); err != nil {
		return err
	}
	return p.back(w, v, "/devices?said=known")
}

// hold stops what a device sends through the box, or lets it go.
func (p *portal) hold(w http.ResponseWriter, v *ui.Visit) error {
	id, on := v.Request.PathValue("device"), v.Request.PostFormValue("hold") == "on"
	said := "released"
	if on {
		said = "held"
	}
	err := p.Network.Hold(v.Request.Context(), v.TenantID, id, v.PersonID, on)
	if errors.Is(err, device.ErrRouter) || errors.Is(err, device.ErrInvalid) {
		said, err = "router", nil
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/devices/"+id+"?said="+said)
}
