package access

import (
	"embed"
	"net/http"
	"time"

	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

// looked is when the pages were last looked at by a person, with the tools that the page names. What the tests look at is looked at
// with every change.
var looked = time.Date(2026, 11, 28, 0, 0, 0, 0, ja.Zone)

type view struct {
	ui.Base
	Provider, Looked string
}

// Page is the page, for either face; provider is who runs the centre.
func Page(provider, phone string) ui.Guest {
	return ui.Guest{Join: func(h ui.Host, r *ui.Router) error {
		page, err := ui.ParsePage(files, "page.html")
		if err != nil {
			return err
		}
		r.Open(ui.Everyone, "GET /accessibility", func(w http.ResponseWriter, r *http.Request) {
			t := h.Gate.Texts(r)
			v := view{Base: h.Gate.Base(r, t, ""), Provider: provider, Looked: t.T("access.looked", "day", ja.Date(looked, t.Lang()))}
			v.Title, v.Phone = t.T("access.title"), phone
			if err := page.Render(w, http.StatusOK, v); err != nil {
				h.Gate.Fail(w, r, err)
			}
		})
		return nil
	}}
}
