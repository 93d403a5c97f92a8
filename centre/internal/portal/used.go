package portal

import (
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	"otasuke/internal/ja"
)

// muchSent is from how many bytes on what was sent to a service that keeps or learns from
// it is marked: pages are asked for with less.
const muchSent = 1_000_000

// periods of days that can be chosen, the usual first.
var periods = []int{7, 1, 30}

type usedView struct {
	ui.Base
	Device  string // whose page it is, "" for all
	Back    string
	Choice  []choice
	Marked  []appRow
	Apps    []appRow
	Devices []userRow
}

type appRow struct {
	Name, Category, Use, Up, Down, Time, Devices, Blocked string
	Marked                                                bool
}

type userRow struct {
	Name, URL, Up, Down, Shared string
	Marked                      bool
}

// usedPage shows what applications were used, by all devices or by one.
func (p *portal) usedPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.used_title", "/used")
	if err != nil {
		return err
	}
	view := usedView{Base: base}
	ctx, id := v.Request.Context(), v.Request.PathValue("device")
	known, err := p.Network.Endpoints(ctx, v.TenantID)
	if err != nil {
		return err
	}
	here := "/used"
	if id != "" {
		if view.Device, err = nameOf(known, id); err != nil {
			return err
		}
		here += "/" + id
		view.Back = p.root + "/used"
	}
	days := p.period(v, here, &view)
	to := p.Clock.Now()
	from := ja.Midnight(to).AddDate(0, 0, 1-days)
	rows, err := p.Usage.Apps(ctx, v.TenantID, id, from, to)
	if err != nil {
		return err
	}
	for i := range rows {
		row := p.appRow(v, &rows[i])
		view.Apps = append(view.Apps, row)
		if row.Marked {
			view.Marked = append(view.Marked, row)
		}
	}
	if id == "" {
		if err := p.users(v, &view, known, from, to, days); err != nil {
			return err
		}
	}
	return p.Show(w, p.used, view)
}

// nameOf finds a device of the company's.
func nameOf(known []device.Endpoint, id string) (string, error) {
	for i := range known {
		if known[i].ID == id {
			return known[i].Label(), nil
		}
	}
	return "", store.ErrNotFound
}

// period reads how many days are asked for, and offers the others.
func (p *portal) period(v *ui.Visit, here string, view *usedView) int {
	days := periods[0]
	for _, n := range periods {
		if v.Request.FormValue("days") == strconv.Itoa(n) {
			days = n
		}
	}
	for _, n := range []int{1, 7, 30} {
		label := v.T("portal.used_days", "n", n)
		if n == 1 {
			label = v.T("portal.used_today")
		}
		view.Choice = append(view.Choice, choice{Label: label, URL: p.root + here + "?days=" + strconv.Itoa(n), Current: n == days})
	}
	return days
}

// appRow words the use of one application.
func (p *portal) appRow(v *ui.Visit, r *usage.Row) appRow {
	row := appRow{Name: v.T("portal.used_other"), Up: ja.Size(r.Up), Down: ja.Size(r.Down), Time: span(v, r.Minutes), Devices: ja.Number(r.Devices)}
	use := apps.Use("")
	if a, ok := p.Apps.App(r.App); ok {
		row.Name, use = inLang(v, a.Ja, a.En), a.Use
	} else if r.App != "" {
		row.Name = r.App
		if r.Name != "" {
			row.Name = r.Name
		}
	}
	k, ok := p.Apps.Category(r.Category)
	if ok {
		row.Category = inLang(v, k.Ja, k.En)
		if use == "" {
			use = k.Use
		}
	}
	if use == apps.Private {
		row.Use = v.T("portal.used_private")
	}
	row.Marked = ok && k.Uploads && r.Up >= muchSent
	if r.Blocked > 0 {
		row.Blocked = v.T("portal.used_blocked", "n", ja.Number(r.Blocked))
	}
	return row
}

// users lists the devices.
func (p *portal) users(v *ui.Visit, view *usedView, known []device.Endpoint, from, to time.Time, days int) error {
	var sharing []string
	for _, k := range p.Apps.Categories {
		if k.Uploads {
			sharing = append(sharing, k.ID)
		}
	}
	rows, err := p.Usage.Devices(v.Request.Context(), v.TenantID, from, to, sharing)
	if err != nil {
		return err
	}
	for _, r := range rows {
		row := userRow{Name: v.T("portal.used_nobody"), Up: ja.Size(r.Up), Down: ja.Size(r.Down), Shared: ja.Size(r.Shared), Marked: r.Shared >= muchSent}
		if name, err := nameOf(known, r.EndpointID); err == nil {
			row.Name, row.URL = name, p.root+"/used/"+r.EndpointID+"?days="+strconv.Itoa(days)
		}
		view.Devices = append(view.Devices, row)
	}
	return nil
}

func inLang(v *ui.Visit, ja, en string) string {
	if v.Texts.Lang() == "en" {
		return en
	}
	return ja
}

// span is a time in which something was used, in minutes; "" for none.
func span(v *ui.Visit, minutes int64) string {
	switch {
	case minutes == 0:
		return ""
	case minutes < 60:
		return v.T("portal.used_minutes", "m", minutes)
	}
	return v.T("portal.used_hours", "h", ja.Number(minutes/60), "m", minutes%60)
}
