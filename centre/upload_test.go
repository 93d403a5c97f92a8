package centre

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// fileFields are what forms call their files.
var fileFields = []string{"file", "photo", "letter", "result", "bundle", "table"}

// Every way in that takes a file refuses one that is larger than it takes, as a photo of a new telephone may be: with a page that says so, or
// because the body is too large, and nothing of it is kept.
func TestPhotosThatAreTooLarge(t *testing.T) {
	engines(t, func(t *testing.T, e *edge) {
		kept := func() (n int) {
			t.Helper()
			for _, id := range []string{e.canary.CompanyID, tenant.House} {
				var some int
				ok(t, e.c.store.Read(t.Context(), id, func(tx *store.Tx) error {
					return tx.QueryRow(`SELECT count(*) FROM attachment WHERE tenant_id = $1`).Scan(&some)
				}))
				n += some
			}
			return n
		}
		before, met := kept(), 0
		for who, face := range map[string]*ui.Face{"owner": e.portal, "operator": e.console} {
			cookie, site := "portal", e.c.cfg.Portal.URL
			if face == e.console {
				cookie, site = "console", e.c.cfg.Console.URL
			}
			do := func(method, path, kind string, body *bytes.Buffer) *httptest.ResponseRecorder {
				q := httptest.NewRequestWithContext(t.Context(), method, site+path, body)
				q.Header.Set("Content-Type", kind)
				q.AddCookie(&http.Cookie{Name: cookie, Value: e.people[who]})
				w := httptest.NewRecorder()
				face.ServeHTTP(w, q)
				return w
			}
			m := token.FindStringSubmatch(do(http.MethodGet, "/account", "", &bytes.Buffer{}).Body.String())
			if m == nil {
				t.Fatalf("%s is not inside", who)
			}
			for _, r := range face.Routes {
				if r.Size == 0 || r.Scope == ui.Insurer { // an insurer's decision is the desk's, behind another right
					continue
				}
				met++
				var body bytes.Buffer
				form := multipart.NewWriter(&body)
				ok(t, form.WriteField("csrf", m[1]))
				photo := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), make([]byte, r.Size+1)...)
				for _, name := range fileFields { // too large together, and the first alone
					f, err := form.CreateFormFile(name, "写真.jpg")
					ok(t, err)
					_, err = f.Write(photo)
					ok(t, err)
					photo = photo[:len(photo)/8]
				}
				ok(t, form.Close())
				w := do(http.MethodPost, e.address(face, r), form.FormDataContentType(), &body)
				if w.Code >= http.StatusInternalServerError || w.Code == http.StatusOK {
					t.Errorf("%s %s with more than %d bytes: %d", r.Method, r.Path, r.Size, w.Code)
				}
			}
		}
		if n := kept(); n != before {
			t.Errorf("%d files were kept", n-before)
		}
		if met < 7 {
			t.Errorf("only %d ways take files: does the test still find them?", met)
		}
	})
}
