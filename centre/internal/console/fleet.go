package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/fleetmap"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// silentAfter is when a box that does not report is shown as silent: three
// heartbeats of five minutes.
const silentAfter = 15 * time.Minute

type fleetView struct {
	ui.Base
	Health string
	Backup ui.State
	Signed *ui.State // nil when mails are not signed
	Map    string    // address of the map; "" without
	Only   string    // that only the boxes of a prefecture are shown
	All    string    // address of the list of all
	None   string    // why there is no row
	Rows   []boxRow
}

// boxRow is one box in a list.
type boxRow struct {
	Company, CompanyURL   string
	TestURL               string // where a vendor has it tested
	Name, Model, Software string
	State                 ui.State
	Seen                  string
}

func (c *console) fleetPage(w http.ResponseWriter, v *ui.Visit) error {
	now := c.Clock.Now()
	fleet, err := c.fleetOf(v)
	if err != nil {
		return err
	}
	view := fleetView{Base: c.begin(v, "console.fleet_title", "/fleet"), None: v.T("console.fleet_none")}
	staff := v.Role.May(tenant.MayRead)
	if !staff {
		view.None = v.T("console.care_nobody")
	} else if fleet, err = c.onlyIn(v, &view, fleet); err != nil {
		return err
	}
	watching := 0
	for i := range fleet {
		row := boxLine(v, fleet[i].Company, &fleet[i].Box, now)
		if staff {
			row.CompanyURL = c.root + "/companies/" + fleet[i].Box.TenantID
		} else if c.Selftests {
			row.TestURL = c.root + "/companies/" + fleet[i].Box.TenantID + "/selftest"
		}
		if row.State.Tone == ui.Good {
			watching++
		}
		view.Rows = append(view.Rows, row)
	}
	view.Health = v.T("console.queue_health", "n", ja.Number(watching), "all", ja.Number(len(fleet)))
	if staff {
		if view.Backup, err = c.backupLamp(v, now); err != nil {
			return err
		}
	}
	if !c.Signed.IsZero() && staff {
		lamp := c.signedLamp(v, now)
		view.Signed = &lamp
	}
	return c.Show(w, c.fleet, view)
}

// signedLamp says until when mails are signed, in time to order the next certificate.
func (c *console) signedLamp(v *ui.Visit, now time.Time) ui.State {
	day := ja.Date(c.Signed, v.Texts.Lang())
	switch left := c.Signed.Sub(now); {
	case left <= 0:
		return ui.State{Tone: ui.Alarm, Text: v.T("console.smime_ended", "day", day)}
	case left < mail.SMIMEWarning:
		return ui.State{Tone: ui.Care, Text: v.T("console.smime_soon", "day", day)}
	}
	return ui.State{Tone: ui.Good, Text: v.T("console.smime_good", "day", day)}
}

// onlyIn leaves the boxes of the prefecture that is asked for; 0 are those of which nobody knows where they are.
func (c *console) onlyIn(v *ui.Visit, view *fleetView, fleet []device.FleetBox) ([]device.FleetBox, error) {
	if c.Places == nil {
		return fleet, nil
	}
	view.Map = c.root + "/fleet/map"
	n, err := strconv.Atoi(v.Request.FormValue("where"))
	if err != nil || n < 0 || n > fleetmap.Prefectures {
		return fleet, nil //nolint:nilerr // no place is asked for
	}
	where, err := c.Places(v.Request.Context(), v.PersonID, "console: boxes of a prefecture")
	if err != nil {
		return nil, err
	}
	view.All, view.Only = c.root+"/fleet", v.T("fleetmap.only_unknown")
	if n > 0 {
		view.Only = v.T("fleetmap.only", "name", entry.PrefectureName(fmt.Sprintf("%02d", n), v.Texts.Lang()))
	}
	return slices.DeleteFunc(fleet, func(b device.FleetBox) bool { return where.Prefecture(&b.Box) != n }), nil
}

// backupLamp says whether last night's backup is there and whole.
func (c *console) backupLamp(v *ui.Visit, now time.Time) (ui.State, error) {
	if !c.Backups.Wanted() {
		return ui.State{Tone: ui.Off, Text: v.T("console.backup_none")}, nil
	}
	at, err := c.Backups.Good(v.Request.Context())
	switch {
	case err != nil:
		return ui.State{}, err
	case at.IsZero():
		return ui.State{Tone: ui.Care, Text: v.T("console.backup_soon")}, nil
	case now.Sub(at) > backup.Old:
		return ui.State{Tone: ui.Alarm, Text: v.T("console.backup_old", "time", ja.Short(at, v.Texts.Lang()))}, nil
	}
	return ui.State{Tone: ui.Good, Text: v.T("console.backup_good", "time", ja.Short(at, v.Texts.Lang()))}, nil
}

func boxLine(v *ui.Visit, company string, b *device.Box, now time.Time) boxRow {
	row := boxRow{Company: company, Name: b.Label(), Model: b.Model, Software: b.Software, State: boxState(v, b, now), Seen: v.T("common.never")}
	if row.Model == row.Name {
		row.Model = "" // it has no name yet
	}
	if !b.LastSeen.IsZero() {
		row.Seen = v.T("common.ago", "span", ja.Span(now.Sub(b.LastSeen), v.Texts.Lang()))
	}
	return row
}

func boxState(v *ui.Visit, b *device.Box, now time.Time) ui.State {
	switch {
	case now.Sub(b.LastSeen) > silentAfter:
		return ui.State{Tone: ui.Alarm, Text: v.T("console.fleet_silent")}
	case !b.Protecting:
		return ui.State{Tone: ui.Alarm, Text: v.T("console.fleet_off")}
	}
	switch used, works, days := b.Scanner(now); {
	case b.Waits():
		return ui.State{Tone: ui.Care, Text: v.T("console.fleet_virus_waiting")}
	case used && !works:
		return ui.State{Tone: ui.Care, Text: v.T("console.fleet_virus_down")}
	case used && days > 0:
		return ui.State{Tone: ui.Care, Text: v.T("console.fleet_virus_old", "n", days)}
	}
	if faults := b.Faults(); len(faults) > 0 {
		var words []string
		for _, name := range faults {
			key := "console.fault_" + strings.ReplaceAll(name, "-", "_")
			words = append(words, v.T(key))
		}
		return ui.State{Tone: ui.Care, Text: v.T("console.fleet_fault", "what", strings.Join(words, v.T("console.fault_and")))}
	}
	return ui.State{Tone: ui.Good, Text: v.T("console.fleet_ok")}
}
