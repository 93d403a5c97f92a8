package tenant_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

const password = "さくら金属の合言葉2026"

// office is a centre with two look-alike companies, each with one owner.
type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *tenant.Service
	own, decoy string
	owner      string // person of own
	stranger   string // person of decoy
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		o.svc = tenant.New(tenant.Config{Store: s, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
		must(t, o.svc.EnsureHouse(t.Context(), "見守りセンター"))
		must(t, o.svc.EnsureHouse(t.Context(), "again"))
		o.own, o.owner = o.company("owner@sakura.example")
		o.decoy, o.stranger = o.company("owner@decoy.example")
		fn(o)
	}, schemas()...)
}

func schemas() []store.Schema { return []store.Schema{tenant.Schema(), job.Schema()} }

func (o *office) company(email string) (id, person string) {
	o.Helper()
	id, err := o.svc.CreateCompany(o.Context(), "system", tenant.Company{Name: "株式会社さくら金属", NameKana: "サクラキンゾク", Size: 12, Passphrase: "青い船"})
	must(o.T, err)
	person, err = o.svc.AddPerson(o.Context(), "system", tenant.Person{TenantID: id, Email: email, Name: "桜田 花子", Role: tenant.RoleOwner, Mails: true})
	must(o.T, err)
	must(o.T, o.svc.SetPassword(o.Context(), "system", id, person, password))
	return id, person
}

func (o *office) login(email string) (tenant.Session, string) {
	o.Helper()
	x, token, err := o.svc.Login(o.Context(), email, password, tenant.From{Addr: "203.0.113.9:4000"})
	must(o.T, err)
	return x, token
}

func (o *office) operator() tenant.Session {
	o.Helper()
	id, err := o.svc.AddPerson(o.Context(), "system", tenant.Person{TenantID: tenant.House, Email: "op@centre.example", Name: "見守 一郎", Role: tenant.RoleOperator})
	must(o.T, err)
	must(o.T, o.svc.SetPassword(o.Context(), "system", tenant.House, id, password))
	x, _ := o.login("op@centre.example")
	return x
}

func TestCompanyAndPeople(t *testing.T) {
	suite(t, func(o *office) {
		c, err := o.svc.CompanyByID(o.Context(), o.own)
		if err != nil || c.Name != "株式会社さくら金属" || c.Lang != tenant.Japanese || c.Passphrase != "青い船" || !c.Created.Equal(start) {
			o.Errorf("company came back as %+v, %v", c, err)
		}
		people, err := o.svc.People(o.Context(), o.own)
		if err != nil || len(people) != 1 || people[0].ID != o.owner || !people[0].Mails || people[0].Lang != tenant.Japanese {
			o.Errorf("people: %+v, %v", people, err)
		}
		sites, err := o.svc.Sites(o.Context(), o.own)
		if err != nil || len(sites) != 1 {
			o.Errorf("sites: %+v, %v", sites, err)
		}
		if _, err := o.svc.CompanyByID(o.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("unknown company: %v", err)
		}
	})
}

func TestInputIsChecked(t *testing.T) {
	suite(t, func(o *office) {
		add := func(p tenant.Person, want error) {
			o.Helper()
			if p.TenantID == "" {
				p.TenantID = o.own
			}
			if _, err := o.svc.AddPerson(o.Context(), "system", p); !errors.Is(err, want) {
				o.Errorf("AddPerson(%+v) = %v, want %v", p, err, want)
			}
		}
		add(tenant.Person{Email: "OWNER@Sakura.example", Name: "x", Role: tenant.RoleMember}, tenant.ErrEmailTaken)
		add(tenant.Person{Email: "owner@decoy.example", Name: "x", Role: tenant.RoleMember}, tenant.ErrEmailTaken)
		add(tenant.Person{Email: "Name <a@b.example>", Name: "x", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example\r\nBcc: c@d.example", Name: "x", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example", Name: "x\r\ny", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example", Name: "x\ny", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example", Name: "x\u202ey", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "\u0430@b.example", Name: "x", Role: tenant.RoleMember}, tenant.ErrInvalid) // Cyrillic а
		add(tenant.Person{Email: "\u212a@b.example", Name: "x", Role: tenant.RoleMember}, tenant.ErrInvalid) // Kelvin sign, small: k
		add(tenant.Person{Email: "a@b.example", Name: "", Role: tenant.RoleMember}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example", Name: "x", Role: tenant.RoleOperator}, tenant.ErrInvalid) // staff in a customer's company
		add(tenant.Person{Email: "a@b.example", Name: "x", Role: tenant.RoleOwner, TenantID: tenant.House}, tenant.ErrInvalid)
		add(tenant.Person{Email: "a@b.example", Name: "x", Role: "king"}, tenant.ErrInvalid)
		for _, pw := range []string{"short", strings.Repeat("a", 1000), "with\xffbytes-not-text", "aaaaaaaaaaaa", "1234567890", "9876543210",
			"abcdefgh12", "121212121212", "ああああああああああ"} {
			if err := o.svc.SetPassword(o.Context(), "system", o.own, o.owner, pw); !errors.Is(err, tenant.ErrInvalid) {
				o.Errorf("password %.10q: %v", pw, err)
			}
		}
	})
}

func TestWrongTenant(t *testing.T) {
	suite(t, func(o *office) {
		_, token := o.login("owner@sakura.example")
		if _, err := o.svc.PersonByID(o.Context(), o.decoy, o.owner); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("person of another company: %v", err)
		}
		if err := o.svc.SetPassword(o.Context(), "x", o.decoy, o.owner, password); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("password of another company's person: %v", err)
		}
		x, err := o.svc.SessionByToken(o.Context(), token)
		must(o.T, err)
		if err := o.svc.Revoke(o.Context(), o.decoy, o.owner, x.ID, ""); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company's session: %v", err)
		}
		if err := o.svc.Revoke(o.Context(), o.own, "someone else", x.ID, ""); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another person's session: %v", err)
		}
		if all, err := o.svc.Sessions(o.Context(), o.decoy, o.owner); err != nil || len(all) != 0 {
			o.Errorf("sessions across companies: %v, %v", all, err)
		}
		if _, err := o.svc.Companies(o.Context(), x, "curious"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("a customer listed all companies: %v", err)
		}
		err = o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			_, err := o.svc.NewActionLink(tx, o.decoy, "1-1", o.stranger)
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			o.Errorf("link for another company: %v", err)
		}
		err = o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			_, err := o.svc.NewActionLink(tx, o.own, "1-1", o.stranger)
			return err
		})
		if err == nil {
			o.Error("link for another company's person was made")
		}
	})
}

func TestLogin(t *testing.T) {
	suite(t, func(o *office) {
		x, token := o.login(" Owner@SAKURA.example ")
		if x.TenantID != o.own || x.PersonID != o.owner || x.Staff || x.Role != tenant.RoleOwner || x.Name != "桜田 花子" {
			o.Errorf("session %+v", x)
		}
		if strings.Contains(x.ID, token) || len(token) < 43 {
			o.Errorf("token %q of session %q", token, x.ID)
		}
		again, err := o.svc.SessionByToken(o.Context(), token)
		if err != nil || again.ID != x.ID || again.CSRF != x.CSRF || again.CSRF == "" {
			o.Errorf("session by token: %+v, %v", again, err)
		}
		_, second := o.login("owner@sakura.example")
		if second == token {
			o.Error("two logins gave the same token")
		}
		for _, try := range [][2]string{{"owner@sakura.example", "wrong password"}, {"nobody@sakura.example", password}, {"", ""}, {"op@centre.example", ""}} {
			if _, tok, err := o.svc.Login(o.Context(), try[0], try[1], tenant.From{Addr: "203.0.113.9:1"}); !errors.Is(err, tenant.ErrLogin) || tok != "" {
				o.Errorf("Login(%q) = %v", try, err)
			}
		}
		must(o.T, o.svc.Logout(o.Context(), token))
		must(o.T, o.svc.Logout(o.Context(), token))
		if _, err := o.svc.SessionByToken(o.Context(), token); !errors.Is(err, tenant.ErrNoSession) {
			o.Errorf("after logout: %v", err)
		}
		if _, err := o.svc.SessionByToken(o.Context(), second); err != nil {
			o.Errorf("another device was logged out too: %v", err)
		}
		must(o.T, o.svc.SetPassword(o.Context(), o.owner, o.own, o.owner, "a new password 77"))
		if _, err := o.svc.SessionByToken(o.Context(), second); !errors.Is(err, tenant.ErrNoSession) {
			o.Errorf("after a change of password: %v", err)
		}
	})
}

func TestSessionExpiry(t *testing.T) {
	suite(t, func(o *office) {
		alive := func(token string, want bool) {
			o.Helper()
			if _, err := o.svc.SessionByToken(o.Context(), token); (err == nil) != want || (err != nil && !errors.Is(err, tenant.ErrNoSession)) {
				o.Errorf("at %v: %v, want alive %v", o.clock.Now(), err, want)
			}
		}
		day := 24 * time.Hour
		_, idle := o.login("owner@sakura.example")
		_, used := o.login("owner@sakura.example")
		for range 4 {
			o.clock.Advance(6 * day)
			alive(used, true)
		}
		alive(idle, false)
		o.clock.Advance(6*day + time.Minute)
		alive(used, false) // 30 days, however busy
		o.operator()
		_, staff := o.login("op@centre.example")
		o.clock.Advance(59 * time.Minute)
		alive(staff, true)
		o.clock.Advance(time.Hour)
		alive(staff, false)
	})
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	suite(t, func(o *office) {
		a, tokenA := o.login("owner@sakura.example")
		b, tokenB := o.login("owner@sakura.example")
		all, err := o.svc.Sessions(o.Context(), o.own, o.owner)
		if err != nil || len(all) != 2 || all[0].CSRF != "" || all[0].Address != "203.0.113.9" {
			o.Fatalf("sessions %+v, %v", all, err)
		}
		must(o.T, o.svc.Revoke(o.Context(), o.own, o.owner, a.ID, ""))
		if _, err := o.svc.SessionByToken(o.Context(), tokenA); !errors.Is(err, tenant.ErrNoSession) {
			o.Errorf("revoked session: %v", err)
		}
		o.login("owner@sakura.example")
		must(o.T, o.svc.Revoke(o.Context(), o.own, o.owner, "", b.ID))
		all, err = o.svc.Sessions(o.Context(), o.own, o.owner)
		if err != nil || len(all) != 1 || all[0].ID != b.ID {
			o.Errorf("all but this one: %+v, %v", all, err)
		}
		if _, err := o.svc.SessionByToken(o.Context(), tokenB); err != nil {
			o.Error(err)
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	suite(t, func(o *office) {
		guess := func(address string) error {
			_, _, err := o.svc.Login(o.Context(), "owner@sakura.example", "guess guess", tenant.From{Addr: address})
			return err
		}
		for range 10 {
			if err := guess("198.51.100.1:1"); !errors.Is(err, tenant.ErrLogin) {
				o.Fatal(err)
			}
		}
		if err := guess("198.51.100.1:2"); !errors.Is(err, tenant.ErrTooMany) {
			o.Errorf("11th guess from one address: %v", err)
		}
		o.login("owner@sakura.example") // the owner, elsewhere, is not locked out
		var last error
		for i := range 60 {
			last = guess(fmt.Sprintf("192.0.2.%d:1", i))
		}
		if !errors.Is(last, tenant.ErrTooMany) {
			o.Errorf("guesses from many addresses: %v", last)
		}
		o.clock.Advance(5 * time.Minute)
		o.login("owner@sakura.example")
		for i := range 70 {
			_, _, last = o.svc.Login(o.Context(), fmt.Sprint(i, "@x.example"), "guess guess", tenant.From{Addr: "198.51.100.7:1"})
		}
		if !errors.Is(last, tenant.ErrTooMany) {
			o.Errorf("one password for many accounts: %v", last)
		}
	})
}

func TestStaffListsCompaniesOnRecord(t *testing.T) {
	suite(t, func(o *office) {
		x := o.operator()
		if !x.Staff || x.TenantID != tenant.House {
			o.Errorf("session %+v", x)
		}
		all, err := o.svc.Companies(o.Context(), x, "case 482913")
		if err != nil || len(all) != 2 {
			o.Errorf("companies %+v, %v", all, err)
		}
		seen, err := o.s.Accesses(o.Context(), 1)
		if err != nil || len(seen) != 1 || seen[0].Who != x.PersonID || seen[0].Why != "case 482913" {
			o.Errorf("on record: %+v, %v", seen, err)
		}
	})
}

func TestAudit(t *testing.T) {
	suite(t, func(o *office) {
		n, before, err := o.svc.VerifyAudit(o.Context(), o.own)
		must(o.T, err)
		must(o.T, o.svc.Audit(o.Context(), o.own, "op-1", "view.alert", "1-2", "customer called"))
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if err := o.svc.Audit(o.Context(), o.own, "op-1", "note", "x", ""); err != nil {
					o.Error(err)
				}
			})
		}
		group.Wait()
		got, head, err := o.svc.VerifyAudit(o.Context(), o.own)
		if err != nil || got != n+6 || head == before {
			o.Errorf("%d entries, %v; want %d", got, err, n+6)
		}
		views, err := o.svc.WhoViewed(o.Context(), o.own, 10)
		if err != nil || len(views) != 1 || views[0].Why != "customer called" || views[0].Object != "1-2" {
			o.Errorf("views %+v, %v", views, err)
		}
		if decoys, err := o.svc.WhoViewed(o.Context(), o.decoy, 10); err != nil || len(decoys) != 0 {
			o.Errorf("another company's views %+v, %v", decoys, err)
		}
		for _, statement := range []string{
			`UPDATE audit SET why = 'nothing' WHERE tenant_id = $1`,
			`DELETE FROM audit WHERE tenant_id = $1`,
		} {
			if err := o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { _, err := tx.Exec(statement); return err }); err == nil {
				o.Errorf("the database allowed %q", statement)
			}
		}
		// Whoever goes around the triggers is seen by the chain.
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit (tenant_id, seq, at, who, action, object, why, hash) VALUES ($1, $2, 0, 'x', 'y', '', '', 'z')`, got+1)
			return err
		}))
		if _, _, err := o.svc.VerifyAudit(o.Context(), o.own); !errors.Is(err, tenant.ErrChain) {
			o.Errorf("forged entry: %v, want ErrChain", err)
		}
	})
}

func TestActionLink(t *testing.T) {
	suite(t, func(o *office) {
		newLink := func() (token string) {
			o.Helper()
			must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) (err error) {
				token, err = o.svc.NewActionLink(tx, o.own, "1763701521-1652", o.owner)
				return err
			}))
			return token
		}
		spend := func(company, token string) error {
			return o.s.Write(o.Context(), company, func(tx *store.Tx) error { _, err := o.svc.SpendActionLink(tx, token); return err })
		}
		token := newLink()
		for range 3 { // a scanner opens it again and again
			l, err := o.svc.ActionLink(o.Context(), token)
			if err != nil || l.TenantID != o.own || l.AlertID != "1763701521-1652" || l.PersonID != o.owner || !l.Expires.Equal(start.Add(tenant.LinkLife)) {
				o.Errorf("link %+v, %v", l, err)
			}
		}
		if _, err := o.svc.ActionLink(o.Context(), token+"A"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("made-up token: %v", err)
		}
		if err := spend(o.decoy, token); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("spent by another company: %v", err)
		}
		must(o.T, spend(o.own, token))
		if err := spend(o.own, token); !errors.Is(err, tenant.ErrLinkUsed) {
			o.Errorf("spent twice: %v", err)
		}
		if l, err := o.svc.ActionLink(o.Context(), token); !errors.Is(err, tenant.ErrLinkUsed) || l.AlertID == "" {
			o.Errorf("used link: %+v, %v", l, err)
		}
		late := newLink()
		o.clock.Advance(tenant.LinkLife)
		if err := spend(o.own, late); !errors.Is(err, tenant.ErrLinkExpired) {
			o.Errorf("after two weeks: %v", err)
		}
		o.clock.Advance(tenant.LinkLife)
		newLink()
		if _, err := o.svc.ActionLink(o.Context(), late); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("tidied link: %v", err)
		}
	})
}
