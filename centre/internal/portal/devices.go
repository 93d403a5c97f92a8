package portal

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// maxName of a device, in characters: it stands in the subject of mails.
const maxName = 40

type devicesView struct {
	ui.Base
	CanRename bool
	Rows      []deviceRow
}

type deviceRow struct {
	ID, Name, Addr, MAC, First, Last string
	Named                            bool
	URL                              string
}

func (p *portal) devicesPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.devices_title", "/devices")
	if err != nil {
		return err
	}
	base.Flash = flash(v, map[string]ui.Flash{"renamed": {Text: "portal.device_renamed"}, "badname": {Text: "portal.device_badname", Bad: true}})
	all, err := p.Network.Endpoints(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := devicesView{Base: base, CanRename: v.Role != tenant.RoleReadonly}
	for _, d := range all {
		row := deviceRow{ID: d.ID, Name: d.Name, Addr: d.Addr, MAC: d.MAC, Named: d.Name != "", URL: p.root + "/devices/" + d.ID,
			First: ja.Day(d.First, v.Texts.Lang()), Last: ja.Short(d.Last, v.Texts.Lang())}
		if row.Name == "" {
			row.Name = v.T("portal.device_unnamed")
		}
		view.Rows = append(view.Rows, row)
	}
	return p.Show(w, p.devices, view)
}

func (p *portal) rename(w http.ResponseWriter, v *ui.Visit) error {
	name := strings.TrimSpace(v.Request.PostFormValue("name"))
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return p.back(w, v, "/devices?said=badname")
	}
	if err := p.Network.Rename(v.Request.Context(), v.TenantID, v.Request.PathValue("device"), v.PersonID, name); err != nil {
		return err
	}
	return p.back(w, v, "/devices?said=renamed")
}
