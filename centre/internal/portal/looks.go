package portal

import (
	"net/http"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// maxLooks is how many looks are listed; older ones can be asked for at the desk.
const maxLooks = 200

type looksView struct {
	ui.Base
	Rows []lookRow
}

type lookRow struct{ When, Who, What, Why string }

// looksPage shows who of the centre looked at the company's data.
func (p *portal) looksPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.access_title", "/looks")
	if err != nil {
		return err
	}
	entries, err := p.Companies.WhoViewed(v.Request.Context(), v.TenantID, maxLooks)
	if err != nil {
		return err
	}
	staff, err := p.Companies.People(v.Request.Context(), tenant.House)
	if err != nil {
		return err
	}
	who := names(staff)
	view := looksView{Base: base}
	for _, e := range entries {
		row := lookRow{When: ja.Long(e.At, v.Texts.Lang()), Who: v.T("alert.by_centre"), Why: e.Why}
		if name := who[e.Who]; name != "" {
			row.Who += " " + name
		}
		switch e.Action {
		case "view.company":
			row.What = v.T("portal.view_company")
		case "view.alert":
			row.What = v.T("portal.view_alert", "n", e.Object)
		default:
			row.What = v.T("portal.view_other", "n", e.Action)
		}
		view.Rows = append(view.Rows, row)
	}
	return p.Show(w, p.looks, view)
}
