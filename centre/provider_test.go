package centre

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/centre/internal/tenant"
	"otasuke/e2e/idp"
)

// From the configuration file's words to a login at the console, and the command that lets in without.
func TestProviderOfTheConfiguration(t *testing.T) {
	t.Parallel()
	at := idp.New("otasuke", "s3cret")
	t.Cleanup(at.Close)
	at.Claims = map[string]any{"sub": "1", "email": "boss@centre.example", "email_verified": true}
	cfg := testConfig(t, "sqlite://"+filepath.Join(t.TempDir(), "centre.db"))
	cfg.OIDC = OIDCConfig{Name: "Example ID", Issuer: at.URL, ClientID: "otasuke", SecondFactor: "provider", Only: true}
	if _, err := New(t.Context(), cfg); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "client_secret_file") {
		t.Fatalf("no secret: %v", err)
	}
	cfg.OIDC.ClientSecretFile = filepath.Join(t.TempDir(), "secret")
	ok(t, os.WriteFile(cfg.OIDC.ClientSecretFile, []byte("s3cret\n"), 0o600))
	c, err := New(t.Context(), cfg)
	ok(t, err)
	t.Cleanup(func() { _ = c.Close() })
	at.Redirect = cfg.Console.URL + "/login/oidc/back"
	id, err := c.AddOperator(t.Context(), "運用", "boss@centre.example", "correct horse battery")
	ok(t, err)
	n, err := c.notifier()
	ok(t, err)
	face, err := c.console(n)
	ok(t, err)
	jar := map[string]string{}
	get := func(method, address string) *http.Response {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, address, nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		face.ServeHTTP(w, r)
		res := w.Result()
		for _, one := range res.Cookies() {
			jar[one.Name] = one.Value
		}
		return res
	}
	back, err := at.Visit(get(http.MethodGet, cfg.Console.URL+"/login/oidc").Header.Get("Location"))
	ok(t, err)
	if res := get(http.MethodGet, at.Redirect+"?"+back.Encode()); res.StatusCode != http.StatusSeeOther || jar["console"] == "" {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("%d %.600s", res.StatusCode, b)
	}
	x, err := c.tenants.SessionByToken(t.Context(), jar["console"])
	if err != nil || x.PersonID != id || !x.Vouched {
		t.Errorf("%+v %v", x, err)
	}
	if _, _, err := c.tenants.Login(t.Context(), "boss@centre.example", "correct horse battery", tenant.From{Addr: "192.0.2.1:1"}); !errors.Is(err, tenant.ErrLogin) {
		t.Errorf("by password: %v", err)
	}
	clear(jar)
	made, err := c.LetIn(t.Context(), "boss@centre.example", "provider is down")
	ok(t, err)
	if u, err := url.Parse(made.Link); err != nil || !strings.HasPrefix(made.Link, cfg.Console.URL+"/let-in/") || u.Host == "" {
		t.Error(made.Link, err)
	}
	if res := get(http.MethodPost, made.Link); res.StatusCode != http.StatusSeeOther || jar["console"] == "" {
		t.Errorf("%d", res.StatusCode)
	}
	// Who leaves, leaves the bond too.
	other, err := c.AddOperator(t.Context(), "後任", "next@centre.example", "")
	ok(t, err)
	ok(t, c.tenants.RemovePerson(t.Context(), other, tenant.House, id))
	if _, err := c.idp.Bound(t.Context(), id); err == nil {
		t.Error("bound after leaving")
	}
}
