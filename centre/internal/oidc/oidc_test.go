package oidc_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/e2e/idp"
	"otasuke/internal/clock"
)

const (
	word     = "correct horse battery staple"
	redirect = "https://console.example.jp/login/oidc/back"
	clientID = "otasuke-console"
	secret   = "a secret that stands in no log"
)

var there = tenant.From{Addr: "192.0.2.7:5000", Agent: "Firefox"}

// office is staff, a customer, and the staff's identity provider.
type office struct {
	*testing.T
	store  *store.Store
	clock  *clock.Fake
	people *tenant.Service
	in     *oidc.Service
	at     *idp.Provider
	ids    map[string]string // of people, by address
	log    *bytes.Buffer
}

type keys struct{ drop func(*store.Tx, string) error }

func (keys) Has(*store.Tx, string) (bool, error)      { return false, nil }
func (keys) Only(*store.Tx, string) (bool, error)     { return false, nil }
func (k keys) Drop(tx *store.Tx, person string) error { return k.drop(tx, person) }

func suite(t *testing.T, set func(*oidc.Config), f func(o *office)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, store: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)), ids: map[string]string{}, log: &bytes.Buffer{}}
		o.at = idp.New(clientID, secret)
		t.Cleanup(o.at.Close)
		o.at.Redirect, o.at.Now = redirect, o.clock.Now
		cfg := oidc.Config{Store: s, Name: "Example ID", Issuer: o.at.URL, ClientID: clientID, Secret: secret, Redirect: redirect, Proof: oidc.ProofProvider, Clock: o.clock, Log: slog.New(slog.NewTextHandler(o.log, nil))}
		if set != nil {
			set(&cfg)
		}
		o.people = tenant.New(tenant.Config{Store: s, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true, ProviderOnly: cfg.Only, Keys: keys{oidc.Drop}})
		cfg.Tenants = o.people
		var err error
		o.in, err = oidc.New(cfg)
		must(t, err)
		must(t, o.people.EnsureHouse(t.Context(), "センター"))
		customer, err := o.people.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所"})
		must(t, err)
		o.person(customer, "hanako@sato.example", tenant.RoleOwner)
		for email, role := range map[string]tenant.Role{"desk@centre.example": tenant.RoleDesk, "boss@centre.example": tenant.RoleOperator, "analyst@centre.example": tenant.RoleAnalyst, "audit@centre.example": tenant.RoleAuditor,
			"fitter@vendor.example": tenant.RoleVendor, "claims@insurer.example": tenant.RoleInsurer} {
			o.person(tenant.House, email, role)
		}
		f(o)
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("the secret is in the log: %s", o.log)
		}
	}, tenant.Schema(), job.Schema(), oidc.Schema())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) is(err, want error, when string) {
	o.Helper()
	if !errors.Is(err, want) {
		o.Errorf("%s: %v, want %v", when, err, want)
	}
}

func (o *office) person(company, email string, role tenant.Role) {
	o.Helper()
	id, err := o.people.AddPerson(o.Context(), "system", tenant.Person{TenantID: company, Email: email, Name: email, Role: role})
	must(o.T, err)
	if !o.people.Passwordless(role) {
		must(o.T, o.people.SetPassword(o.Context(), "system", company, id, word))
	}
	o.ids[email] = id
}

// account is what the provider says of who is logged in there.
func account(sub, email string) map[string]any {
	return map[string]any{"sub": sub, "email": email, "email_verified": true}
}

func (o *office) browser() string {
	o.Helper()
	b, err := o.in.NewBrowser()
	must(o.T, err)
	return b
}

// visit is a browser's way to the provider and what it brings back.
func (o *office) visit(browser string) url.Values {
	o.Helper()
	to, err := o.in.Begin(o.Context(), browser)
	must(o.T, err)
	back, err := o.at.Visit(to)
	must(o.T, err)
	return back
}

// login goes the whole way as whom the provider knows.
func (o *office) login(claims map[string]any) (tenant.Session, error) {
	o.Helper()
	o.at.Claims = claims
	b := o.browser()
	x, token, err := o.in.Finish(o.Context(), b, o.visit(b), there)
	if err == nil {
		_, err = o.people.SessionByToken(o.Context(), token)
	}
	return x, err
}

func (o *office) actions() (all []string) {
	o.Helper()
	entries, err := o.people.AuditLog(o.Context(), tenant.House, 100)
	must(o.T, err)
	for _, e := range entries {
		all = append(all, e.Action)
	}
	return all
}

// told counts the mails about something that wait.
func (o *office) told(note string) (n int) {
	o.Helper()
	must(o.T, o.store.Read(o.Context(), tenant.House, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND args LIKE $2`, "%"+note+"%").Scan(&n)
	}))
	return n
}

// The first login binds the account by its verified address; from then on only the subject counts, whatever becomes of the
// address.
func TestBoundOnce(t *testing.T) {
	suite(t, nil, func(o *office) {
		for _, email := range []string{"desk@centre.example", "boss@centre.example", "analyst@centre.example", "audit@centre.example"} {
			x, err := o.login(account("sub of "+email, strings.ToUpper(email[:1])+email[1:]))
			must(o.T, err)
			if x.PersonID != o.ids[email] || x.Pending || !x.Vouched || !x.FactorBy.IsZero() || !x.Expires.Equal(o.clock.Now().Add(12*time.Hour)) {
				o.Errorf("%s: %+v", email, x)
			}
		}
		if a := o.actions(); !slices.Contains(a, "person.oidc_on") || a[0] != "login.oidc" || a[1] != "login" || o.told("person.oidc_on") != 4 {
			o.Errorf("record %v, mails %d", a, o.told("person.oidc_on"))
		}
		// Another address at the provider, even a colleague's or none at all, changes nothing.
		for _, email := range []string{"boss@centre.example", "new.name@centre.example", ""} {
			x, err := o.login(map[string]any{"sub": "sub of desk@centre.example", "email": email})
			must(o.T, err)
			if x.PersonID != o.ids["desk@centre.example"] {
				o.Errorf("as %q: %+v", email, x)
			}
		}
		// A second account at the provider with the address does not get in.
		_, err := o.login(account("somebody else", "desk@centre.example"))
		o.is(err, tenant.ErrLogin, "second subject")
		if o.told("person.oidc_on") != 4 {
			o.Error("bound twice")
		}
		// Who runs the centre lets the bond go: sessions end, and the next account binds.
		l, err := o.in.Bound(o.Context(), o.ids["desk@centre.example"])
		must(o.T, err)
		if l.Subject != "sub of desk@centre.example" || l.Used.IsZero() {
			o.Errorf("%+v", l)
		}
		must(o.T, o.in.Unbind(o.Context(), o.ids["boss@centre.example"], o.ids["desk@centre.example"]))
		if all, err := o.people.Sessions(o.Context(), tenant.House, o.ids["desk@centre.example"]); err != nil || len(all) > 0 {
			o.Errorf("%d sessions go on: %v", len(all), err)
		}
		o.is(o.in.Unbind(o.Context(), "x", o.ids["desk@centre.example"]), store.ErrNotFound, "unbound twice")
		_, err = o.login(account("somebody else", "desk@centre.example"))
		must(o.T, err)
		_, err = o.login(account("sub of desk@centre.example", "gone@centre.example"))
		o.is(err, tenant.ErrLogin, "the former account")
		entries, _, err := o.people.VerifyAudit(o.Context(), tenant.House)
		if err != nil || entries == 0 {
			o.Error(entries, err)
		}
	})
}

// Whoever is not one of the organisation's own people stays out, and nothing is made for them.
func TestWhoStaysOut(t *testing.T) {
	suite(t, nil, func(o *office) {
		must(o.T, o.people.RemovePerson(o.Context(), "test", tenant.House, o.ids["audit@centre.example"]))
		_, err := o.login(account("leaver", "desk@centre.example"))
		must(o.T, err)
		must(o.T, o.people.RemovePerson(o.Context(), "test", tenant.House, o.ids["desk@centre.example"]))
		for name, claims := range map[string]map[string]any{
			"nobody here":               account("s", "stranger@elsewhere.example"),
			"a customer":                account("s", "hanako@sato.example"),
			"a vendor":                  account("s", "fitter@vendor.example"),
			"an insurer":                account("s", "claims@insurer.example"),
			"who has left":              account("s", "audit@centre.example"),
			"who has left, bound":       account("leaver", "desk@centre.example"),
			"unverified":                {"sub": "s", "email": "boss@centre.example", "email_verified": false},
			"nothing said":              {"sub": "s", "email": "boss@centre.example"},
			"verified by another word":  {"sub": "s", "email": "boss@centre.example", "email_verified": "yes"},
			"verified in a list":        {"sub": "s", "email": "boss@centre.example", "email_verified": []bool{true}},
			"no address":                {"sub": "s", "email_verified": true},
			"two addresses":             account("s", "boss@centre.example, x@elsewhere.example"),
			"an address that only ends": account("s", "x\x00boss@centre.example"),
		} {
			_, err := o.login(claims)
			o.is(err, tenant.ErrLogin, name)
		}
		if o.told("person.oidc_on") != 1 || !strings.Contains(o.log.String(), "has not verified the address") {
			o.Errorf("%d bound; log %s", o.told("person.oidc_on"), o.log)
		}
		if n := slices.Index(o.actions(), "login.unknown"); n < 0 {
			o.Error("nothing in the record")
		}
		x, err := o.login(map[string]any{"sub": "ms", "email": "boss@centre.example", "xms_edov": true}) // as Microsoft says it
		must(o.T, err)
		if x.PersonID != o.ids["boss@centre.example"] {
			o.Errorf("%+v", x)
		}
	})
}

// What a provider, or somebody in its place, says wrongly lets nobody in.
func TestHostileTokens(t *testing.T) {
	suite(t, nil, func(o *office) {
		good := account("s", "boss@centre.example")
		with := func(pairs ...any) map[string]any {
			c := maps.Clone(good)
			for i := 0; i < len(pairs); i += 2 {
				c[pairs[i].(string)] = pairs[i+1]
			}
			return c
		}
		now := o.clock.Now()
		for name, c := range map[string]struct {
			claims map[string]any
			sign   func([]byte) (string, error)
			want   error
		}{
			"wrong nonce":             {with("nonce", "another"), nil, oidc.ErrStale},
			"no nonce":                {with("nonce", ""), nil, oidc.ErrStale},
			"another issuer":          {with("iss", "https://accounts.google.com"), nil, oidc.ErrSetup},
			"issuer with a slash":     {with("iss", o.at.URL+"/"), nil, oidc.ErrSetup},
			"another audience":        {with("aud", "another-client"), nil, oidc.ErrSetup},
			"two audiences":           {with("aud", []string{clientID, "another-client"}), nil, oidc.ErrSetup},
			"for another party":       {with("aud", []string{clientID, "another-client"}, "azp", "another-client"), nil, oidc.ErrSetup},
			"expired":                 {with("exp", now.Add(-3*time.Minute).Unix(), "iat", now.Add(-time.Hour).Unix()), nil, oidc.ErrClock},
			"of the future":           {with("iat", now.Add(10*time.Minute).Unix(), "exp", now.Add(time.Hour).Unix()), nil, oidc.ErrClock},
			"not yet valid":           {with("nbf", now.Add(10*time.Minute).Unix()), nil, oidc.ErrClock},
			"without an end":          {with("exp", nil), nil, oidc.ErrSetup},
			"for ever":                {with("exp", "never"), nil, oidc.ErrSetup},
			"no subject":              {with("sub", ""), nil, oidc.ErrSetup},
			"a subject without end":   {with("sub", strings.Repeat("x", 256)), nil, oidc.ErrSetup},
			"address that is no text": {with("email", 7), nil, oidc.ErrSetup},
			"alg none":                {good, idp.Unsigned, oidc.ErrSetup},
			"HS256 by the public key": {good, idp.ByPublicKey, oidc.ErrSetup},
			"HS256 by the secret":     {good, idp.BySecret(secret), oidc.ErrSetup},
			"a stranger's key":        {good, idp.ByStranger, oidc.ErrSetup},
			"no token":                {good, func([]byte) (string, error) { return "", nil }, oidc.ErrSetup},
			"a token without end":     {good, func([]byte) (string, error) { return strings.Repeat("x", 100<<10), nil }, oidc.ErrSetup},
		} {
			o.at.Sign = c.sign
			_, err := o.login(c.claims)
			o.is(err, c.want, name)
			if errors.Is(err, tenant.ErrLogin) {
				o.Errorf("%s: as if it were the person's fault: %v", name, err)
			}
		}
		o.at.Sign = nil
		if o.told("person.oidc_on") != 0 {
			o.Error("somebody was bound")
		}
		for name, claims := range map[string]map[string]any{"as it should be": good, "two audiences, for us": with("aud", []string{clientID, "x"}, "azp", clientID), "clocks a minute apart": with("iat", now.Add(time.Minute).Unix(), "nbf", now.Add(time.Minute).Unix())} {
			_, err := o.login(claims)
			if err != nil {
				o.Errorf("%s: %v", name, err)
			}
		}
	})
}

// What a browser brings back counts in that browser only, once, and not for ever.
func TestHostileAnswers(t *testing.T) {
	suite(t, nil, func(o *office) {
		o.at.Claims, o.at.Lenient = account("s", "boss@centre.example"), true
		mine, other := o.browser(), o.browser()
		finish := func(browser string, back url.Values) error {
			_, _, err := o.in.Finish(o.Context(), browser, back, there)
			return err
		}
		with := func(name, value string) url.Values {
			back := o.visit(mine)
			back.Set(name, value)
			return back
		}
		o.is(finish(other, o.visit(mine)), oidc.ErrStale, "another browser's answer")
		o.is(finish("", o.visit(mine)), oidc.ErrStale, "no cookie")
		o.is(finish("AAAA", o.visit(mine)), oidc.ErrStale, "a short cookie")
		o.is(finish(mine, with("state", o.visit(other).Get("state"))), oidc.ErrStale, "another browser's state")
		o.is(finish(mine, with("state", "")), oidc.ErrStale, "no state")
		o.is(finish(mine, with("state", strings.Repeat("A", 1000))), oidc.ErrStale, "a state without end")
		o.is(finish(mine, with("code", "")), oidc.ErrStale, "no code")
		o.is(finish(mine, with("code", "made up")), oidc.ErrStale, "a code of nobody")
		o.is(finish(mine, with("code", strings.Repeat("x", 9000))), oidc.ErrStale, "a code without end")
		// Another's code, slipped in: its PKCE and nonce are of the other browser.
		o.is(finish(mine, with("code", o.visit(other).Get("code"))), oidc.ErrStale, "another's code")
		// Mix-up (RFC 9207).
		o.is(finish(mine, with("iss", "https://evil.example")), oidc.ErrSetup, "an answer of another provider")
		o.is(finish(mine, with("iss", "")), oidc.ErrSetup, "an answer of nobody")
		o.is(finish(mine, with("error", "access_denied")), oidc.ErrDeclined, "declined")
		o.is(finish(mine, with("error", "temporarily_unavailable")), oidc.ErrAway, "away")
		o.is(finish(mine, with("error", "unauthorized_client\nlogged=out")), oidc.ErrSetup, "unknown client")
		late := o.visit(mine)
		o.clock.Advance(oidc.AttemptLife)
		o.is(finish(mine, late), oidc.ErrStale, "too late")
		// The same again, although this provider would give the token again.
		back := o.visit(mine)
		must(o.T, finish(mine, back))
		o.is(finish(mine, back), oidc.ErrStale, "replayed")
		// Of two at once one gets in.
		back = o.visit(mine)
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = finish(mine, back) })
		}
		all.Wait()
		in := 0
		for _, err := range errs {
			if err == nil {
				in++
			} else {
				o.is(err, oidc.ErrStale, "at once")
			}
		}
		if in != 1 {
			o.Errorf("%d of %d at once", in, len(errs))
		}
		if strings.Contains(o.log.String(), "\nlogged=out") {
			o.Error("a stranger writes lines into the log")
		}
		for range 100 {
			_ = finish(mine, with("code", "made up"))
		}
		o.is(finish(mine, o.visit(mine)), tenant.ErrTooMany, "after a hundred")
	})
}

// A provider that is away, broken or set up otherwise is told apart, keeps nobody waiting, and is found again.
func TestProviderFaults(t *testing.T) {
	suite(t, nil, func(o *office) {
		good := account("s", "boss@centre.example")
		o.at.Fault = func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "x", http.StatusBadGateway)
			return true
		}
		_, err := o.in.Begin(o.Context(), o.browser())
		o.is(err, oidc.ErrAway, "down at the first login")
		o.at.Fault = nil
		_, err = o.in.Begin(o.Context(), o.browser())
		o.is(err, oidc.ErrAway, "asked again at once")
		o.clock.Advance(5 * time.Second)
		o.at.About = map[string]any{"issuer": "https://evil.example"}
		_, err = o.in.Begin(o.Context(), o.browser())
		o.is(err, oidc.ErrSetup, "another issuer")
		o.clock.Advance(5 * time.Second)
		o.at.About = map[string]any{"code_challenge_methods_supported": []string{"plain"}}
		_, err = o.in.Begin(o.Context(), o.browser())
		o.is(err, oidc.ErrSetup, "no PKCE")
		o.clock.Advance(5 * time.Second)
		o.at.About = nil
		at := func(path string, status int, body string) {
			o.at.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				if status == http.StatusFound {
					w.Header().Set("Location", "http://"+r.Host+"/keys")
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
				return true
			}
		}
		for name, c := range map[string]struct {
			path   string
			status int
			body   string
			want   error
		}{
			"keys are away":       {"/keys", 503, "x", oidc.ErrAway},
			"tokens are away":     {"/token", 503, `{"error":"server_error"}`, oidc.ErrAway},
			"unknown client":      {"/token", 401, `{"error":"invalid_client","error_description":"not ` + secret + `"}`, oidc.ErrSetup},
			"no ID token":         {"/token", 200, `{"access_token":"x","token_type":"Bearer"}`, oidc.ErrSetup},
			"half an answer":      {"/token", 200, `{"access_`, oidc.ErrAway},
			"an answer for hours": {"/token", 200, `{"x":"` + strings.Repeat("x", 2<<20) + `"}`, oidc.ErrAway},
			"sent elsewhere":      {"/token", 302, "", oidc.ErrAway},
		} {
			at(c.path, c.status, c.body)
			_, err := o.login(good)
			o.is(err, c.want, name)
		}
		o.at.Fault = nil
		_, err = o.login(good)
		must(o.T, err)
		// Once known, a provider that does not describe itself any more still lets people in.
		o.clock.Advance(25 * time.Hour)
		at("/.well-known/openid-configuration", 503, "")
		_, err = o.login(good)
		must(o.T, err)
	})
}

// By configuration a login is one factor, or two when the provider says so.
func TestSecondFactorByClaim(t *testing.T) {
	suite(t, func(c *oidc.Config) { c.Proof, c.AMR, c.ACR = oidc.ProofClaim, []string{"mfa", "hwk"}, []string{"2"} }, func(o *office) {
		with := func(more map[string]any) map[string]any {
			c := account("s", "boss@centre.example")
			maps.Copy(c, more)
			return c
		}
		for name, more := range map[string]map[string]any{"nothing": nil, "password": {"amr": []string{"pwd"}}, "first level": {"acr": "1"}, "a number": {"amr": 7}, "within a word": {"amr": "mfa2"}} {
			_, err := o.login(with(more))
			o.is(err, oidc.ErrWeak, name)
		}
		if o.told("person.oidc_on") != 0 {
			o.Error("bound without a second factor")
		}
		for name, more := range map[string]map[string]any{"amr": {"amr": []string{"pwd", "mfa"}}, "one word": {"amr": "hwk"}, "acr": {"acr": "2"}, "context": {"acrs": []string{"c1", "2"}}} {
			if x, err := o.login(with(more)); err != nil || !x.Vouched || x.Pending {
				o.Errorf("%s: %+v %v", name, x, err)
			}
		}
		_, err := o.login(with(nil))
		o.is(err, oidc.ErrWeak, "without, after it was bound")
		if a := o.actions(); a[0] != "login.refused" {
			o.Errorf("record %v", a)
		}
		to, err := o.in.Begin(o.Context(), o.browser())
		must(o.T, err)
		if u, err := url.Parse(to); err != nil || u.Query().Get("acr_values") != "2" {
			o.Errorf("%s %v", to, err)
		}
	})
}

func TestOneFactorIsOurs(t *testing.T) {
	suite(t, func(c *oidc.Config) { c.Proof = oidc.ProofOurs }, func(o *office) {
		x, err := o.login(account("s", "boss@centre.example"))
		must(o.T, err)
		if x.Vouched || x.FactorBy.IsZero() {
			o.Errorf("no second factor is asked for: %+v", x)
		}
	})
}

// With only, passwords open nothing for the organisation's own people; vendors and insurers, who have no account at the
// provider, go on, and so does the glass that can be broken.
func TestOnly(t *testing.T) {
	suite(t, func(c *oidc.Config) { c.Only = true }, func(o *office) {
		for email := range o.ids {
			_, _, err := o.people.Login(o.Context(), email, word, there)
			if outside := strings.HasSuffix(email, "vendor.example") || strings.HasSuffix(email, "insurer.example") || strings.HasSuffix(email, "sato.example"); outside {
				must(o.T, err)
			} else {
				o.is(err, tenant.ErrLogin, email)
			}
		}
		_, err := o.login(account("s", "boss@centre.example"))
		must(o.T, err)
	})
}

func TestGoogleOrganisation(t *testing.T) {
	base := oidc.Config{Name: "Google", Issuer: "https://accounts.google.com", ClientID: "x", Secret: "x"}
	if err := base.Check(); !errors.Is(err, oidc.ErrConfig) {
		t.Errorf("everybody's accounts: %v", err)
	}
	base.HostedDomain = "centre.example"
	must(t, base.Check())
}

func TestConfig(t *testing.T) {
	good := oidc.Config{Name: "x", Issuer: "https://id.example/realms/staff", ClientID: "x"}
	must(t, good.Check())
	for name, change := range map[string]func(*oidc.Config){
		"no name":               func(c *oidc.Config) { c.Name = "" },
		"no client":             func(c *oidc.Config) { c.ClientID = "" },
		"no issuer":             func(c *oidc.Config) { c.Issuer = "" },
		"no address":            func(c *oidc.Config) { c.Issuer = "id.example" },
		"without TLS":           func(c *oidc.Config) { c.Issuer = "http://id.example" },
		"with a question":       func(c *oidc.Config) { c.Issuer += "?x=1" },
		"everybody's Microsoft": func(c *oidc.Config) { c.Issuer = "https://login.microsoftonline.com/common/v2.0" },
		"hd elsewhere":          func(c *oidc.Config) { c.HostedDomain = "x.example" },
		"unknown proof":         func(c *oidc.Config) { c.Proof = "hope" },
		"amr without claim":     func(c *oidc.Config) { c.AMR = []string{"mfa"} },
		"claim without amr":     func(c *oidc.Config) { c.Proof = oidc.ProofClaim },
		"only, with our factor": func(c *oidc.Config) { c.Only = true },
	} {
		c := good
		if change(&c); !errors.Is(c.Check(), oidc.ErrConfig) {
			t.Errorf("%s: %v", name, c.Check())
		}
	}
	if _, err := oidc.New(good); !errors.Is(err, oidc.ErrConfig) {
		t.Errorf("no secret: %v", err)
	}
	for _, issuer := range []string{"http://127.0.0.1:8080", "http://localhost/realms/x", "https://login.microsoftonline.com/1b3f8a1e-0000-4000-8000-000000000000/v2.0"} {
		c := good
		c.Issuer = issuer
		must(t, c.Check())
	}
}

// Logging out at the provider: its address is taken when it is one to send a browser to, with what it has of its own; what
// comes back is known only by the browser that was sent, for ten minutes, and is no login.
func TestLoggingOutThere(t *testing.T) {
	const ended = "https://console.example/login/oidc/ended"
	suite(t, func(c *oidc.Config) { c.Ended = ended }, func(o *office) {
		o.at.AfterEnd = ended
		browser := o.browser()
		if !o.in.Ends(o.Context()) {
			o.Fatal("not offered")
		}
		to, err := o.in.End(o.Context(), browser)
		must(o.T, err)
		if strings.Contains(to, "id_token") || strings.Contains(to, secret) {
			o.Errorf("more than is needed: %s", to)
		}
		back, err := o.at.Visit(to)
		must(o.T, err)
		if o.at.Ends != 1 || back.Get("state") == "" {
			o.Errorf("%d logged out, back with %v", o.at.Ends, back)
		}
		state := back.Get("state")
		must(o.T, o.in.HasEnded(browser, state))
		o.is(o.in.HasEnded(o.browser(), state), oidc.ErrStale, "another browser")
		o.is(o.in.HasEnded("", state), oidc.ErrStale, "no browser")
		o.is(o.in.HasEnded(browser, state+"x"), oidc.ErrStale, "changed")
		o.is(o.in.HasEnded(browser, o.visit(browser).Get("state")), oidc.ErrStale, "a login's")
		_, _, err = o.in.Finish(o.Context(), browser, url.Values{"state": {state}, "code": {"x"}}, there)
		o.is(err, oidc.ErrStale, "for a login")
		o.clock.Advance(oidc.AttemptLife)
		o.is(o.in.HasEnded(browser, state), oidc.ErrStale, "late")
	})
}

func TestEndpointsToLogOut(t *testing.T) {
	for name, one := range map[string]struct {
		said any
		want string // what the address begins with; "" for none
	}{
		"usual":             {"https://id.example/end", "https://id.example/end?client_id="},
		"with its question": {"https://id.example/end?p=policy&client_id=evil&state=evil", "https://id.example/end?client_id=" + clientID + "&p=policy&post_logout"},
		"none":              {nil, ""}, "a number": {7, ""}, "a list": {[]string{"https://id.example/end"}, ""}, "empty": {"", ""},
		"script": {"javascript:alert(1)", ""}, "other": {"ftp://id.example/end", ""},
		"data":     {"data:text/html,x", ""},
		"a path":   {"/end", ""},
		"no host":  {"https:///end", ""},
		"a person": {"https://console.example@evil.example/end", ""},
		"fragment": {"https://id.example/end#x", ""},
		"header":   {"https://id.example/end\r\nSet-Cookie: x=y", ""},
		"long":     {"https://id.example/" + strings.Repeat("x", 2<<10), ""},
	} {
		t.Run(name, func(t *testing.T) {
			at := idp.New(clientID, secret)
			defer at.Close()
			at.Redirect, at.About = redirect, map[string]any{"end_session_endpoint": one.said}
			in, err := oidc.New(oidc.Config{Name: "Example ID", Issuer: at.URL, ClientID: clientID, Secret: secret, Redirect: redirect, Ended: "https://console.example/login/oidc/ended"})
			must(t, err)
			if got := in.Ends(t.Context()); got != (one.want != "") {
				t.Errorf("offered: %v", got)
			}
			browser, err := in.NewBrowser()
			must(t, err)
			to, err := in.End(t.Context(), browser)
			if one.want == "" {
				if !errors.Is(err, oidc.ErrSetup) {
					t.Errorf("%s %v", to, err)
				}
			} else if err != nil || !strings.HasPrefix(to, one.want) || strings.Contains(to, "evil") {
				t.Errorf("%s %v", to, err)
			}
			_, err = in.Begin(t.Context(), browser)
			must(t, err) // a login does not depend on it
		})
	}
}

// FuzzState: whatever a browser sends, with whatever cookie, is not taken for a login of ours.
func FuzzState(f *testing.F) {
	s, err := oidc.New(oidc.Config{Name: "x", Issuer: "https://id.example", ClientID: "x", Secret: "x"})
	if err != nil {
		f.Fatal(err)
	}
	browser, err := s.NewBrowser()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("", "")
	f.Add(browser, "AAAA")
	f.Add(browser, strings.Repeat("A", 75))
	f.Fuzz(func(t *testing.T, cookie, state string) {
		if err := s.HasEnded(cookie, state); !errors.Is(err, oidc.ErrStale) {
			t.Errorf("ended: %v", err)
		}
		if _, _, err := s.Finish(t.Context(), cookie, url.Values{"state": {state}, "code": {"x"}}, tenant.From{Addr: state}); !errors.Is(err, oidc.ErrStale) && !errors.Is(err, tenant.ErrTooMany) {
			t.Error(err)
		}
	})
}

// FuzzClaims: claims of whatever form are read or refused.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{}`, `{"amr":["pwd",1],"acr":2,"email_verified":"true"}`, `{"nbf":1e400}`, `{"email":null,"acrs":"c1","xms_edov":"1"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if verified, amr, err := oidc.ReadClaims(b); err == nil && (verified && !bytes.Contains(b, []byte("rue")) && !bytes.Contains(b, []byte("1")) || len(amr) > len(b)) {
			t.Errorf("%q: verified %v, amr %q", b, verified, amr)
		}
	})
}
