package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/export"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Exports gives companies their data; export.Service is one.
type Exports interface {
	Ask(ctx context.Context, tenantID, personID string) error
	List(ctx context.Context, tenantID string) ([]export.Export, error)
	Get(ctx context.Context, tenantID, id string) (export.Export, error)
	Fetch(ctx context.Context, tenantID, personID, id string, w io.Writer) error
}

// fetchTimeout is for the file: a year of a company in a minute needs a faster line than offices have.
const fetchTimeout = 30 * time.Minute

// stateKey is of the words for how far an export is, which follows.
const stateKey = "export.state_"

type exportView struct {
	ui.Base
	Rows []exportRow
}

type exportRow struct{ Asked, Until, State, Size, URL string }

func (p *portal) exportPage(w http.ResponseWriter, v *ui.Visit) error {
	all, err := p.Exports.List(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	base, err := p.begin(v, "export.title", "/looks")
	if err != nil {
		return err
	}
	view := exportView{Base: base}
	for _, e := range all {
		row := exportRow{Asked: ja.Long(e.Asked, v.Texts.Lang()), State: v.T(stateKey + e.State)}
		if e.State == export.Ready {
			row.Until, row.Size, row.URL = ja.Long(e.Until(), v.Texts.Lang()), ja.Size(e.Size), p.root+"/export/"+e.ID+"/zip"
		}
		view.Rows = append(view.Rows, row)
	}
	view.Flash = flash(v, map[string]ui.Flash{"asked": {Text: "export.said_asked"}, "soon": {Text: "export.said_soon"}})
	return p.Show(w, p.export, view)
}

func (p *portal) askExport(w http.ResponseWriter, v *ui.Visit) error {
	err := p.Exports.Ask(v.Request.Context(), v.TenantID, v.PersonID)
	switch {
	case errors.Is(err, export.ErrSoon):
		return p.back(w, v, "/export?said=soon")
	case err != nil:
		return err
	}
	return p.back(w, v, "/export?said=asked")
}

// exportFile sends the file. Once it has begun nothing else can be said: a line that breaks leaves a short file, which the
// browser sees by its length.
func (p *portal) exportFile(w http.ResponseWriter, v *ui.Visit) error {
	e, err := p.Exports.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("export"))
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fetchTimeout)) // a recorder of tests has none
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="otasuke-`+e.Made.In(ja.Zone).Format("20060102")+`.zip"`)
	h.Set("Content-Length", strconv.FormatInt(e.Size, 10))
	h.Set("Cache-Control", "no-store")
	if err := p.Exports.Fetch(v.Request.Context(), v.TenantID, v.PersonID, e.ID, w); err != nil {
		p.Log.Info("an export was not fetched to its end", "export", e.ID, "error", err)
	}
	return nil
}
