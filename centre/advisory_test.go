package centre

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// table sends a file to the import as the operator.
func (e *edge) table(text string) (int, string) {
	e.Helper()
	home := httptest.NewRequestWithContext(e.Context(), http.MethodGet, e.c.cfg.Console.URL+"/account", nil)
	home.AddCookie(&http.Cookie{Name: "console", Value: e.people["operator"]})
	w := httptest.NewRecorder()
	e.console.ServeHTTP(w, home)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	ok(e.T, form.WriteField("csrf", token.FindStringSubmatch(w.Body.String())[1]))
	part, err := form.CreateFormFile("table", "advisories.csv")
	ok(e.T, err)
	_, err = part.Write([]byte(text))
	ok(e.T, err)
	ok(e.T, form.Close())
	q := httptest.NewRequestWithContext(e.Context(), http.MethodPost, e.c.cfg.Console.URL+"/advisories/import", &body)
	q.Header.Set("Content-Type", form.FormDataContentType())
	q.AddCookie(&http.Cookie{Name: "console", Value: e.people["operator"]})
	w = httptest.NewRecorder()
	e.console.ServeHTTP(w, q)
	return w.Code, w.Body.String()
}

// Advisories of the operator's own: typed or imported, refused with the place that is wrong, published once however often somebody
// presses, on both engines; a model that begins like a formula stays a text in the table.
func TestOwnAdvisories(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"sqlite": storetest.SQLiteURL(t, schemas()...), "postgres": storetest.PostgresURL(t, schemas()...)} {
		t.Run(name, func(t *testing.T) {
			e := newEdgeOn(t, database)
			at := func(method, path string) (int, string) {
				status, _, body := e.ask(e.console, "operator", ui.Route{Method: method, Path: path})
				return status, body
			}
			e.form = map[string]string{}
			for k, v := range map[string]string{"id": "own-1", "maker": "Buffalo", "products": "WHR-600D，Ver.2.91以前，2.92\r\nprogram:chrome, 128.0.6613.85 未満", "source": "https://maker.example/<b>", "date": "2026-11-20", "from": "2026-11-20", "until": "", "stars": "2", "remind": "7",
				"title_ja": "題<script>", "title_en": "Title", "why_ja": "わけ", "why_en": "Why", "do_ja": "一つ", "do_en": "one"} {
				e.form[k] = v
			}
			e.form["products"] += "\r\nX, 古いもの"
			if status, body := at(http.MethodPost, "/advisories/new"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "products 3: range") || !strings.Contains(body, "題&lt;script&gt;") {
				t.Errorf("%d", status)
			}
			e.form["products"] = strings.TrimSuffix(e.form["products"], "\r\nX, 古いもの")
			if status, _ := at(http.MethodPost, "/advisories/new"); status != http.StatusSeeOther {
				t.Errorf("%d", status)
			}
			if _, body := at(http.MethodGet, "/advisories/one/own-1"); !strings.Contains(body, "WHR-600D") || strings.Contains(body, "題<script>") {
				t.Error("the draft is not shown as it is")
			}
			const rows = "id,date,source,maker,title_ja,title_en,why_ja,why_en,do_ja,do_en,model,range\nown-2,2026-11-20,https://maker.example/,Buffalo,題,T,わ,W,す,D,=cmd|x,1以前\nown-3,2026-11-20,https://maker.example/,Buffalo,題,T,わ,W,す,D,M-2,"
			if status, body := e.table(rows + "いつか\n"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "own-3") {
				t.Errorf("%d", status)
			}
			if _, err := e.c.advisories.Get(t.Context(), "own-2"); err == nil {
				t.Error("half a table was taken")
			}
			if status, _ := e.table(rows + "2以前\n"); status != http.StatusSeeOther {
				t.Errorf("%d", status)
			}
			e.form = nil
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() { _ = e.c.advisories.Publish(t.Context(), "another", "own-1") })
			}
			if status, _ := at(http.MethodPost, "/advisories/one/own-1/publish"); status != http.StatusSeeOther {
				t.Errorf("%d", status)
			}
			wg.Wait()
			if n := e.jobs(tenant.House, advisory.KindAll, "own-1 advisory.publish"); n != 1 {
				t.Errorf("%d times", n)
			}
			ok(t, e.c.advisories.HandleAll(t.Context(), tenant.House, []byte(`{}`)))
			if status, body := at(http.MethodGet, "/advisories/one/own-1/csv"); status != http.StatusOK || !strings.Contains(body, canary) {
				t.Errorf("who is open: %d %s", status, body)
			}
			if status, body := at(http.MethodPost, "/advisories/one/own-1/withdraw"); status != http.StatusSeeOther {
				t.Errorf("%d %s", status, body)
			}
			if _, body := at(http.MethodGet, "/advisories/one/own-1"); !strings.Contains(body, "取り消し済み") {
				t.Error("it does not say that it was taken back")
			}
		})
	}
}

// jobs counts those that wait or are over.
func (e *edge) jobs(owner, kind, unique string) (n int) {
	e.Helper()
	ok(e.T, e.c.store.Read(e.Context(), owner, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2 AND dedupe = $3`, kind, unique).Scan(&n)
	}))
	return n
}

// A maker's warning needs no new program: signed away from the centre by the command, brought by the operator or the command line,
// it is a draft; nothing else than what was signed is taken, and the desk reads why.
func TestSignedAdvisories(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, file := filepath.Join(dir, "key.pem"), filepath.Join(dir, "bundle.json")
	public, err := SignAdvisories("new-key", AdvisoryFlags{Key: key})
	ok(t, err)
	if _, err := SignAdvisories("new-key", AdvisoryFlags{Key: key}); err == nil {
		t.Error("a key was written over another")
	}
	text, err := os.ReadFile("../content/advisory/data/chrome-2024-08.toml")
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(dir, "chrome.toml"), bytes.Replace(text, []byte("chrome-2024-08"), []byte("chrome-2099-01"), 1), 0o600))
	signed := func(serial int64) []byte {
		t.Helper()
		_, err := SignAdvisories("sign", AdvisoryFlags{Key: key, From: dir, Out: file, Serial: serial, Days: 30})
		ok(t, err)
		data, err := os.ReadFile(file)
		ok(t, err)
		return data
	}
	e := newEdge(t)
	if _, body := e.table(string(signed(1))); !strings.Contains(body, "設定にある鍵の署名がありません") {
		t.Errorf("without a key: %s", body)
	}
	keys := AdvisoryConfig{Keys: []string{public.(map[string]string)["public"]}}
	ok(t, keys.check())
	e.c.advisories.Source = keys.source()
	data := signed(2)
	if _, body := e.table(strings.Replace(string(data), `"payload":"`, `"payload":"AAAA`, 1)); !strings.Contains(body, "署名がありません") {
		t.Error("a changed bundle was taken")
	}
	if status, body := e.table(string(data)); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, body)
	}
	if a, err := e.c.advisories.Get(t.Context(), "chrome-2099-01"); err != nil || a.State != advisory.Draft || a.MadeBy != "system:bundle" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, body := e.table(string(signed(1))); !strings.Contains(body, "これより新しいか") {
		t.Error("an older bundle was taken after a newer one")
	}
	signed(3)
	if _, err := e.c.LoadAdvisories(t.Context(), AdvisoryFlags{From: file}); err != nil {
		t.Error(err)
	}
	if _, _, body := e.ask(e.console, "operator", ui.Route{Method: http.MethodGet, Path: "/advisories"}); !strings.Contains(body, "3番を") {
		t.Error("the desk does not see which bundle was taken")
	}
	for _, bad := range []AdvisoryConfig{{URL: "https://a.example/x"}, {Keys: []string{"x"}}, {URL: "file:///x", Keys: keys.Keys}} {
		if bad.check() == nil {
			t.Errorf("%+v is in order", bad)
		}
	}
}
