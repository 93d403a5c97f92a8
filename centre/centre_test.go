package centre

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testConfig is a configuration on free ports of loopback.
func testConfig(t *testing.T, database string) Config {
	t.Helper()
	at := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ok(t, err)
		ok(t, l.Close())
		return l.Addr().String()
	}
	portal, console := at(), at()
	site := func(at string) string { return strings.Replace("http://"+at, "127.0.0.1", "localhost", 1) } // where browsers have passkeys
	return Config{Name: "なにわ商工会議所", Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, Database: database, StateDir: t.TempDir(), Phone: "050-0000-0119",
		Portal: WebConfig{Listen: portal, URL: site(portal)}, Console: WebConfig{Listen: console, URL: site(console)},
		Boxes: BoxConfig{Listen: at(), Names: []string{"127.0.0.1"}}, Mail: MailConfig{Server: "127.0.0.1:25", TLS: "none", From: "otasuke@alert.example"}}
}

func testCentre(t *testing.T, database string) *Centre {
	t.Helper()
	c, err := New(t.Context(), testConfig(t, database))
	ok(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

const whole = `name = "x"
database = "sqlite:///x.db"
state_dir = "/x"
phone = "050-0000-0119"
[portal]
listen = "127.0.0.1:1"
url = "https://portal.example/"
[console]
listen = "127.0.0.1:2"
url = "https://console.example"
[boxes]
listen = "127.0.0.1:3"
names = ["centre.example"]
[mail]
server = "127.0.0.1:25"
from = "otasuke@alert.example"
`

func TestConfigErrorsNameTheKey(t *testing.T) {
	t.Parallel()
	load := func(text string) (Config, error) {
		path := filepath.Join(t.TempDir(), "centre.toml")
		ok(t, os.WriteFile(path, []byte(text), 0o600))
		return LoadConfig(path)
	}
	c, err := load(whole)
	ok(t, err)
	if c.Portal.URL != "https://portal.example" {
		t.Errorf("portal.url %q", c.Portal.URL)
	}
	f := func(text, want string) {
		t.Helper()
		if _, err := load(text); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
	section := ""
	for _, line := range strings.Split(strings.TrimSpace(whole), "\n") {
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]") + "."
			continue
		}
		key, _, _ := strings.Cut(line, " ")
		f(strings.Replace(whole, line+"\n", "", 1), section+key+" is missing")
	}
	f(strings.Replace(whole, "phone =", "fone =", 1), `unknown key "fone"`)
	f(whole+"colour = 1\n", `unknown key "mail.colour"`)
	for key, text := range map[string]string{
		`service.invoice_number "T7000012050003"`: `invoice_number = "T7000012050003"`, // the check digit
		"service.address is missing":              `invoice_number = "T7000012050002"`,
		"service.transfer":                        "[service.transfer]\nconsignor = \"123\"\nname = \"ミナト\"",
		"service.transfer.name":                   "[service.transfer]\nconsignor = \"1234567890\"\nname = \"港\"",
	} {
		f(whole+"[service]\n"+text+"\n", key)
	}
	c, err = load(whole + "[service]\ninvoice_number = \"Ｔ７０００－０１２０－５０００２\"\naddress = \"大阪市\"\n[service.transfer]\nconsignor = \"1234567890\"\nname = \"ミナト商会\"\n")
	if err == nil {
		t.Errorf("a name in kanji: %+v", c.Service)
	}
	c, err = load(whole + "[service]\ninvoice_number = \"Ｔ７０００－０１２０－５０００２\"\naddress = \"大阪市\"\n[service.transfer]\nconsignor = \"1234567890\"\nname = \"ミナト\"\nbank = \"0001\"\nbranch = \"001\"\nnumber = \"1234567\"\n")
	ok(t, err)
	if p, err := c.provider(); err != nil || p.Number != "T7000012050002" || p.Name != "x" {
		t.Errorf("%+v, %v", p, err)
	}
	for key, text := range map[string]string{
		"oidc.issuer is missing":           "name = \"x\"",
		"oidc: oidc: configuration: name":  "issuer = \"https://id.example\"\nclient_id = \"x\"",
		"issuer must begin with https":     "name = \"x\"\nissuer = \"http://id.example\"\nclient_id = \"x\"",
		"only needs second_factor":         "name = \"x\"\nissuer = \"https://id.example\"\nclient_id = \"x\"\nonly = true",
		`unknown key "oidc.client_secret"`: "name = \"x\"\nissuer = \"https://id.example\"\nclient_id = \"x\"\nclient_secret = \"in the file\"",
	} {
		f(whole+"[oidc]\n"+text+"\n", key)
	}
	f(`wait_high = "soon"`+"\n"+whole, "wait_high")
	f("name = \n", "centre.toml")
	if _, err := LoadConfig(filepath.Join(t.TempDir(), "none.toml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestKeysAndPasswordsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.key")
	ok(t, os.WriteFile(bad, []byte("no key"), 0o600))
	for want, m := range map[string]MailConfig{
		"mail.dkim_key_file: open":               {DKIMKeyFile: "/nonexistent/dkim.key", DKIMSelector: "s"},
		"mail.dkim_key_file":                     {DKIMKeyFile: bad, DKIMSelector: "s"},
		"mail.password_file":                     {PasswordFile: "/nonexistent/password"},
		"mail.smime_key_file is missing":         {SMIMECertificateFile: bad},
		"mail.smime_certificate_file is missing": {SMIMEKeyFile: bad},
		"mail.smime_certificate_file: mail":      {SMIMECertificateFile: bad, SMIMEKeyFile: bad},
		"mail.smime_certificate_file: open":      {SMIMECertificateFile: "/nonexistent/cert", SMIMEKeyFile: bad},
	} {
		cfg := testConfig(t, storetest.SQLiteURL(t, schemas()...))
		m.Server, m.TLS, m.From = cfg.Mail.Server, cfg.Mail.TLS, cfg.Mail.From
		cfg.Mail = m
		c, err := New(t.Context(), cfg)
		ok(t, err)
		if err := c.Run(t.Context()); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		ok(t, c.Close())
	}
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "mysql://x/y", "sqlite:///proc/none/x.db", "postgres://127.0.0.1:1/x?connect_timeout=2"} {
		if c, err := New(t.Context(), testConfig(t, address)); err == nil {
			t.Errorf("%q was opened", address)
			_ = c.Close()
		}
	}
}

func onBoth(t *testing.T, f func(t *testing.T, database string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, storetest.SQLiteURL(t, schemas()...)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, storetest.PostgresURL(t, schemas()...)) })
}

// What was added is there after a restart, and a box that trusts the centre still does.
func TestRestartKeepsEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		cfg := testConfig(t, database)
		c, err := New(t.Context(), cfg)
		ok(t, err)
		added, err := c.AddCompany(t.Context(), NewCompany{Name: "佐藤製作所", Lang: "ja", Passphrase: "みかん山", OwnerName: "佐藤", OwnerEmail: "sato@sato.example", Password: word})
		ok(t, err)
		if added.CompanyID == "" || added.OwnerID == "" || len(added.ClaimCode) < 16 || added.Fingerprint == "" || time.Until(added.Expires) < 24*time.Hour {
			t.Errorf("added %+v", added)
		}
		if _, err := c.AddCompany(t.Context(), NewCompany{Name: "二重", Lang: "ja", OwnerName: "x", OwnerEmail: "sato@sato.example", Password: word}); err == nil {
			t.Error("the same address logs in at two companies")
		}
		if _, err := c.AddOperator(t.Context(), "野田", "noda@centre.example", "short"); err == nil {
			t.Error("a short password was taken")
		}
		e := &edge{T: t, c: c, canary: added}
		e.attack()
		ok(t, c.store.Write(t.Context(), added.CompanyID, func(tx *store.Tx) error { return c.alerts.Unprotected(tx, "box1", "本社", time.Now()) }))
		before, err := c.Alerts(t.Context(), "test")
		ok(t, err)
		if len(before) != 2 || before[0].Company != "佐藤製作所" || before[0].State != "open" {
			t.Errorf("alerts %+v", before)
		}
		ok(t, c.Close())

		again, err := New(t.Context(), cfg)
		ok(t, err)
		defer again.Close()
		after, err := again.Alerts(t.Context(), "test")
		ok(t, err)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
		if _, _, err := again.tenants.Login(t.Context(), "sato@sato.example", word, tenant.From{Addr: "192.0.2.1:1"}); err != nil {
			t.Errorf("login after a restart: %v", err)
		}
		if got := again.authority.Fingerprint(); got != added.Fingerprint {
			t.Errorf("the authority is another: %s", got)
		}
		if health, err := again.Health(t.Context(), "test"); err != nil || len(health) != 0 {
			t.Errorf("health %+v, %v", health, err)
		}
	})
}

// Run serves until it is told to stop, ends without an error, and frees its ports
// so that the next one can start.
func TestRunStartsAndStops(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		c := testCentre(t, database)
		for range 2 {
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- c.Run(ctx) }()
			for _, site := range []string{c.cfg.Portal.URL, c.cfg.Console.URL} {
				ok(t, answers(t.Context(), site+"/login"))
			}
			stop()
			select {
			case err := <-ended:
				ok(t, err)
			case <-time.After(30 * time.Second):
				t.Fatal("it did not stop")
			}
			if _, err := net.DialTimeout("tcp", c.cfg.Portal.Listen, time.Second); err == nil {
				t.Error("the portal is still open")
			}
		}
	})
}

// A port that is taken is an error at once, and says which.
func TestRunSaysWhichPortIsTaken(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, storetest.SQLiteURL(t, schemas()...))
	l, err := net.Listen("tcp", cfg.Console.Listen)
	ok(t, err)
	defer l.Close()
	c, err := New(t.Context(), cfg)
	ok(t, err)
	defer c.Close()
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "console") {
		t.Errorf("got %v", err)
	}
}

// Whoever starts a second centre by mistake, on the same file, takes no work from the first, which would be done twice.
func TestASecondStartTakesNothing(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, storetest.SQLiteURL(t, schemas()...))
	first, err := New(t.Context(), cfg)
	ok(t, err)
	defer first.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- first.Run(ctx) }()
	defer func() { stop(); ok(t, <-ended) }()
	ok(t, answers(t.Context(), cfg.Portal.URL+"/login"))
	ok(t, first.store.Global(t.Context(), func(tx *store.GlobalTx) error { // a job in its hands
		_, err := tx.Exec(`INSERT INTO job (id, owner, kind, args, dedupe, state, run_at, attempt, attempts, last_error) VALUES ('j', 'house', 'slow', '{}', '', 'running', $1, 1, 40, '')`, store.Micros(time.Now().Add(time.Hour)))
		return err
	}))
	second, err := New(t.Context(), cfg)
	ok(t, err)
	defer second.Close()
	if err := second.Run(t.Context()); err == nil {
		t.Error("it runs")
	}
	var attempt int
	var due int64
	ok(t, first.store.GlobalRead(t.Context(), func(tx *store.GlobalTx) error {
		return tx.QueryRow(`SELECT attempt, run_at FROM job WHERE id = 'j'`).Scan(&attempt, &due)
	}))
	if attempt != 1 || store.Time(due).Before(time.Now()) {
		t.Errorf("attempt %d, due %v", attempt, store.Time(due))
	}
}

// answers waits until a page is served.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(r)
		if err == nil && res.StatusCode == http.StatusOK {
			return res.Body.Close()
		}
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
}
