package portal

import (
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

const (
	// maxLooks is how many entries are listed; the file has more.
	maxLooks = 200
	// maxFile is how many entries the file has: some years of a busy company.
	maxFile = 20000
)

type looksView struct {
	ui.Base
	Lead    string
	All     bool // everything, not only looks
	Export  bool // who may take all data along is shown where
	Rows    []lookRow
	Chain   ui.State
	Checked string
}

type lookRow struct{ When, Who, What, Why string }

// looksPage shows who of the centre looked at the company's data, or all of its record.
func (p *portal) looksPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.begin(v, "portal.access_title", "/looks")
	if err != nil {
		return err
	}
	view := looksView{Base: base, All: v.Request.FormValue("show") == "all", Lead: v.T("portal.access_lead"), Export: v.Role.May(tenant.MayManage)}
	list := p.Companies.WhoViewed
	if view.All {
		list, view.Lead = p.Companies.AuditLog, v.T("portal.access_lead_all")
	}
	entries, err := list(ctx, v.TenantID, maxLooks)
	if err != nil {
		return err
	}
	who, err := p.teller(v)
	if err != nil {
		return err
	}
	for i := range entries {
		view.Rows = append(view.Rows, who.row(&entries[i]))
	}
	// Whoever wrote into the record behind our back is seen by its chain of hashes.
	switch n, _, err := p.Companies.VerifyAudit(ctx, v.TenantID); {
	case errors.Is(err, tenant.ErrChain):
		view.Chain = ui.State{Tone: ui.Alarm, Text: v.T("portal.access_broken")}
		p.Log.Error("audit log does not add up", "tenant", v.TenantID, "error", err)
	case err != nil:
		return err
	default:
		view.Chain, view.Checked = ui.State{Tone: ui.Good, Text: v.T("portal.access_whole")}, v.T("portal.access_checked", "n", ja.Number(n))
	}
	return p.Show(w, p.looks, view)
}

// looksFile is the whole record as a file for a spreadsheet, the newest first.
func (p *portal) looksFile(w http.ResponseWriter, v *ui.Visit) error {
	entries, err := p.Companies.AuditLog(v.Request.Context(), v.TenantID, maxFile)
	if err != nil {
		return err
	}
	who, err := p.teller(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="record.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	out := sheet.New(w, "number", "time", "who", "what", "why", "action", "object", "hash")
	for i := range entries {
		e := &entries[i]
		row := who.row(e)
		out.Row(ja.Number(e.Seq), ja.Technical(e.At), row.Who, row.What, row.Why, e.Action, e.Object, e.Hash)
	}
	return out.Close()
}

// didKey is of the words for an action of the record, which follows.
const didKey = "portal.did_"

// teller puts entries of the record in plain words.
type teller struct {
	v           *ui.Visit
	ours, staff map[string]tenant.Person
}

func (p *portal) teller(v *ui.Visit) (t *teller, err error) {
	t = &teller{v: v}
	if t.ours, err = p.Companies.NamesOf(v.Request.Context(), v.TenantID); err != nil {
		return nil, err
	}
	t.staff, err = p.Companies.NamesOf(v.Request.Context(), tenant.House)
	return t, err
}

func (t *teller) row(e *tenant.Entry) lookRow {
	row := lookRow{When: ja.Long(e.At, t.v.Texts.Lang()), Who: t.who(e.Who), What: t.what(e), Why: e.Why}
	if e.Action == "view.group" {
		row.Who = t.v.T("portal.by_group", "company", e.Object)
	}
	return row
}

// who is a person's name; of the staff with the role.
func (t *teller) who(id string) string {
	if one, ok := t.ours[id]; ok {
		return one.Name
	}
	if one, ok := t.staff[id]; ok {
		return t.v.T("portal.by_staff", "name", one.Name, "role", ui.RoleWord(t.v.Texts, one.Role))
	}
	switch {
	case strings.HasPrefix(id, "box:"):
		return t.v.T("portal.by_box")
	case id == "link":
		return t.v.T("portal.by_link")
	}
	return t.v.T("alert.by_centre")
}

func (t *teller) what(e *tenant.Entry) string {
	key, object := didKey+strings.ReplaceAll(e.Action, ".", "_"), e.Object
	if one, ok := t.ours[object]; ok {
		object = one.Name
	}
	for _, role := range tenant.CustomerRoles {
		if act, found := strings.CutSuffix(e.Action, "."+string(role)); found {
			return t.v.T(didKey+strings.ReplaceAll(act, ".", "_"), "n", object, "role", ui.RoleWord(t.v.Texts, role))
		}
	}
	if !t.v.Has(key) {
		return t.v.T("portal.did_other", "n", e.Action)
	}
	return t.v.T(key, "n", object)
}
