package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/passkey/softkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

const (
	word    = "correct horse battery staple"
	portal  = "https://portal.example.jp"
	console = "https://console.example.jp"
)

var there = tenant.From{Addr: "192.0.2.7:5000", Agent: "Firefox"}

// office is a company with two people, another company, and staff.
type office struct {
	*testing.T
	store           *store.Store
	clock           *clock.Fake
	people          *tenant.Service
	keys            *passkey.Service
	portal, console *passkey.Face
	own, other      string
}

func suite(t *testing.T, f func(o *office)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, store: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC))}
		o.people = tenant.New(tenant.Config{Store: s, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true, Keys: passkey.Keys{Portal: "portal.example.jp", Console: "console.example.jp"}})
		o.keys = passkey.New(passkey.Config{Store: s, Tenants: o.people, Clock: o.clock})
		o.portal, o.console = o.face(portal, false), o.face(console, true)
		must(t, o.people.EnsureHouse(t.Context(), "センター"))
		o.own, o.other = o.company("株式会社佐藤製作所"), o.company("Neighbour")
		o.person(o.own, "hanako@sato.example", tenant.RoleOwner)
		o.person(o.own, "jiro@sato.example", tenant.RoleMember)
		o.person(o.other, "owner@neighbour.example", tenant.RoleOwner)
		o.person(tenant.House, "desk@centre.example", tenant.RoleDesk)
		o.person(tenant.House, "boss@centre.example", tenant.RoleOperator)
		f(o)
	}, tenant.Schema(), job.Schema(), passkey.Schema())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) is(err, want error) {
	o.Helper()
	if !errors.Is(err, want) {
		o.Errorf("%v, want %v", err, want)
	}
}

func (o *office) face(site string, staff bool) *passkey.Face {
	o.Helper()
	base, err := url.Parse(site)
	must(o.T, err)
	f, err := o.keys.Face(passkey.FaceConfig{Base: base, Name: "お助け隊", Staff: staff})
	must(o.T, err)
	return f
}

func (o *office) company(name string) string {
	o.Helper()
	id, err := o.people.CreateCompany(o.Context(), "system", tenant.Company{Name: name})
	must(o.T, err)
	return id
}

func (o *office) person(company, email string, role tenant.Role) {
	o.Helper()
	id, err := o.people.AddPerson(o.Context(), "system", tenant.Person{TenantID: company, Email: email, Name: email, Role: role})
	must(o.T, err)
	must(o.T, o.people.SetPassword(o.Context(), "system", company, id, word))
}

// login by password.
func (o *office) login(email string) (tenant.Session, string) {
	o.Helper()
	x, token, err := o.people.Login(o.Context(), email, word, there)
	must(o.T, err)
	return x, token
}

// add gives somebody who is logged in a passkey.
func (o *office) add(f *passkey.Face, site string, x tenant.Session, k *softkey.Key) *softkey.Key {
	o.Helper()
	must(o.T, o.tryAdd(f, site, x, k, "電話"))
	return k
}

func (o *office) tryAdd(f *passkey.Face, site string, x tenant.Session, k *softkey.Key, name string) error {
	o.Helper()
	options, err := f.BeginAdd(o.Context(), x, word)
	must(o.T, err)
	answer, err := k.Create(options, site)
	must(o.T, err)
	return f.Add(o.Context(), x, name, answer)
}

// prove answers fresh options for a login of the browser "b".
func (o *office) prove(f *passkey.Face, site string, k *softkey.Key) string {
	o.Helper()
	options, err := f.LoginOptions(o.Context(), "b")
	must(o.T, err)
	answer, err := k.Prove(options, site)
	must(o.T, err)
	return answer
}

func (o *office) enter(k *softkey.Key) (tenant.Session, error) {
	o.Helper()
	x, token, err := o.portal.Login(o.Context(), "b", o.prove(o.portal, portal, k), there)
	if err == nil {
		_, err = o.people.SessionByToken(o.Context(), token)
	}
	return x, err
}

func (o *office) actions(company string) (all []string) {
	o.Helper()
	entries, err := o.people.AuditLog(o.Context(), company, 100)
	must(o.T, err)
	for _, e := range entries {
		all = append(all, e.Action)
	}
	return all
}

// told are the changes that mails are to tell of.
func (o *office) told(company string) (all []string) {
	o.Helper()
	must(o.T, o.store.Write(o.Context(), company, func(tx *store.Tx) error {
		args, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'tenant.tell' ORDER BY id`))(
			func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
		for _, raw := range args {
			var a tenant.TellArgs
			must(o.T, json.Unmarshal([]byte(raw), &a))
			all = append(all, a.Note)
		}
		_, err1 := tx.Exec(`DELETE FROM job WHERE owner = $1`)
		return errors.Join(err, err1)
	}))
	return all
}

// A passkey lets its person in without an address and without a code, as often as wanted.
func TestLoginByPasskey(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		for _, k := range []*softkey.Key{{}, {Still: true}} { // a key that counts, and one that a telephone synchronises
			o.add(o.portal, portal, x, k)
			for range 3 {
				o.clock.Advance(time.Minute)
				got, err := o.enter(k)
				if err != nil || got.PersonID != x.PersonID || got.TenantID != o.own || got.Pending || got.ID == x.ID || got.Agent != "Firefox" || got.Address != "192.0.2.7" {
					t.Errorf("%+v %v", got, err)
				}
			}
		}
		all, err := o.keys.List(o.Context(), x)
		if err != nil || len(all) != 2 || all[0].Name != "電話" || all[0].Created.IsZero() || !all[0].Used.After(all[0].Created) {
			t.Errorf("%+v %v", all, err)
		}
		if sessions, err := o.people.Sessions(o.Context(), o.own, x.PersonID); err != nil || len(sessions) != 7 {
			t.Errorf("%d sessions, %v", len(sessions), err)
		}
		for _, want := range []string{"person.passkey_on", "login.passkey", "login"} {
			if got := o.actions(o.own); !slices.Contains(got, want) {
				t.Errorf("%s is not in the record: %v", want, got)
			}
		}
		if got := o.told(o.own); !slices.Equal(got, []string{"person.passkey_on", "person.passkey_on"}) {
			t.Errorf("told: %v", got)
		}
	})
}

// What a browser is asked for is what makes a passkey one.
func TestOptions(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		k := o.add(o.portal, portal, x, &softkey.Key{})
		raw, err := o.portal.BeginAdd(o.Context(), x, word)
		must(t, err)
		for _, want := range []string{`"residentKey":"required"`, `"userVerification":"required"`, `"attestation":"none"`, `"id":"portal.example.jp"`, `"excludeCredentials":[{`, base64.RawURLEncoding.EncodeToString(k.ID)} {
			if !strings.Contains(string(raw), want) {
				t.Errorf("the options for a new one lack %s: %s", want, raw)
			}
		}
		raw, err = o.portal.LoginOptions(o.Context(), "b")
		must(t, err)
		if text := string(raw); !strings.Contains(text, `"userVerification":"required"`) || strings.Contains(text, "allowCredentials") {
			t.Errorf("the options for a login: %s", raw)
		}
		if _, err := o.portal.BeginAdd(o.Context(), x, "wrong password 1"); !errors.Is(err, tenant.ErrPassword) {
			t.Errorf("a new passkey without the password: %v", err)
		}
	})
}

// Each way in which a proof can be wrong lets nobody in, and all look the same from outside.
func TestWhatLetsNobodyIn(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		jiro, _ := o.login("jiro@sato.example")
		desk, _ := o.login("desk@centre.example")
		key := o.add(o.portal, portal, x, &softkey.Key{Still: true})
		colleague := o.add(o.portal, portal, jiro, &softkey.Key{Still: true})
		staff := o.add(o.console, console, desk, &softkey.Key{Still: true})
		var strange softkey.Key
		options, err := o.portal.BeginAdd(o.Context(), x, word)
		must(t, err)
		_, err = strange.Create(options, portal)
		must(t, err)
		for name, f := range map[string]func() (string, error){
			"other origin": func() (string, error) {
				return o.prove(o.portal, "https://portal.example.jp.evil.example", key), tenant.ErrLogin
			},
			"origin of port": func() (string, error) { return o.prove(o.portal, portal+":8443", key), tenant.ErrLogin },
			"other host": func() (string, error) {
				k := *key
				k.Host = "evil.example"
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"nobody verified": func() (string, error) {
				k := *key
				k.Unverified = true
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"unknown passkey": func() (string, error) { return o.prove(o.portal, portal, &strange), tenant.ErrLogin },
			"no handle": func() (string, error) {
				k := *key
				k.Nameless = true
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"other's handle": func() (string, error) {
				k := *key
				k.User = colleague.User
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"other's id": func() (string, error) {
				k := *key
				k.ID = colleague.ID
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"staff's key": func() (string, error) {
				k := *staff
				k.Host = "portal.example.jp"
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"backup changed": func() (string, error) {
				k := *key
				k.Still, k.Count = false, 8
				return o.prove(o.portal, portal, &k), tenant.ErrLogin
			},
			"own challenge": func() (string, error) {
				k := *key
				k.Challenge = strings.Repeat("A", 75)
				return o.prove(o.portal, portal, &k), passkey.ErrStale
			},
			"no challenge": func() (string, error) {
				k := *key
				k.Challenge = "!"
				return o.prove(o.portal, portal, &k), passkey.ErrStale
			},
			"too late": func() (string, error) {
				a := o.prove(o.portal, portal, key)
				o.clock.Advance(passkey.ChallengeLife)
				return a, passkey.ErrStale
			},
			"challenge to add": func() (string, error) {
				k := *key
				raw, err := o.portal.BeginAdd(o.Context(), x, word)
				must(t, err)
				a, err := k.Prove(raw, portal)
				must(t, err)
				return a, passkey.ErrStale
			},
			"console's": func() (string, error) { return o.prove(o.console, portal, key), passkey.ErrStale },
			"empty":     func() (string, error) { return "", tenant.ErrLogin },
			"no JSON":   func() (string, error) { return "\x00{", tenant.ErrLogin },
			"of a new one": func() (string, error) {
				a, err := new(softkey.Key).Create(options, portal)
				must(t, err)
				return a, tenant.ErrLogin
			},
			"too large": func() (string, error) {
				return o.prove(o.portal, portal, key) + strings.Repeat(" ", passkey.MaxAnswer), tenant.ErrLogin
			},
		} {
			o.clock.Advance(time.Hour) // the limits are another test's
			answer, want := f()
			if got, token, err := o.portal.Login(o.Context(), "b", answer, there); !errors.Is(err, want) || token != "" || got.ID != "" {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
		o.clock.Advance(time.Hour)
		if _, _, err := o.portal.Login(o.Context(), "another browser", o.prove(o.portal, portal, key), there); !errors.Is(err, passkey.ErrStale) {
			t.Errorf("what another browser was asked: %v", err)
		}
		answer := o.prove(o.portal, portal, key)
		_, _, err = o.portal.Login(o.Context(), "b", answer, there)
		must(t, err)
		if _, _, err := o.portal.Login(o.Context(), "b", answer, there); !errors.Is(err, passkey.ErrStale) {
			t.Errorf("the same once more: %v", err)
		}
		if !slices.Contains(o.actions(o.own), "login.refused") || !slices.Contains(o.actions(tenant.House), "login.unknown") {
			t.Errorf("refused logins are not in the records: %v %v", o.actions(o.own), o.actions(tenant.House))
		}
	})
}

// Of the same proof many times at once one is taken.
func TestAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		answer := o.prove(o.portal, portal, o.add(o.portal, portal, x, &softkey.Key{Still: true}))
		var in, wrong int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				_, _, err := o.portal.Login(o.Context(), "b", answer, there)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					in++
				} else if !errors.Is(err, passkey.ErrStale) {
					wrong++
					t.Error(err)
				}
			})
		}
		all.Wait()
		if in != 1 || wrong != 0 {
			t.Errorf("%d let in", in)
		}
	})
}

// A sign counter that goes back is refused, and told; the true device goes on.
func TestACopyIsTold(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		k := o.add(o.portal, portal, x, &softkey.Key{})
		copied := *k
		for range 2 {
			_, err := o.enter(k)
			must(t, err)
		}
		o.told(o.own)
		_, err := o.enter(&copied)
		o.is(err, tenant.ErrLogin)
		if got := o.told(o.own); !slices.Equal(got, []string{"person.passkey_copied"}) || !slices.Contains(o.actions(o.own), "person.passkey_copied") {
			t.Errorf("told: %v", got)
		}
		_, err = o.enter(k)
		must(t, err)
	})
}

func TestRegistrationIsChecked(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		jiro, _ := o.login("jiro@sato.example")
		for name, k := range map[string]*softkey.Key{"nobody verified": {Unverified: true}, "other host": {Host: "evil.example"}} {
			if err := o.tryAdd(o.portal, portal, x, k, "x"); !errors.Is(err, passkey.ErrAnswer) {
				t.Errorf("%s: %v", name, err)
			}
		}
		o.is(o.tryAdd(o.portal, "https://evil.example", x, &softkey.Key{}, "x"), passkey.ErrAnswer)
		o.is(o.tryAdd(o.portal, portal, x, &softkey.Key{Challenge: "AAAA"}, "x"), passkey.ErrStale)
		for _, name := range []string{"", "  ", "a\nb", "a\u202eb", strings.Repeat("あ", passkey.MaxName+1)} {
			o.is(o.tryAdd(o.portal, portal, x, &softkey.Key{}, name), passkey.ErrName)
		}
		options, err := o.portal.BeginAdd(o.Context(), x, word)
		must(t, err)
		var k softkey.Key
		answer, err := k.Create(options, portal)
		must(t, err)
		o.is(o.portal.Add(o.Context(), jiro, "x", answer), passkey.ErrStale) // of another session
		o.is(o.console.Add(o.Context(), x, "x", answer), passkey.ErrStale)
		must(t, o.portal.Add(o.Context(), x, "x", answer))
		o.is(o.portal.Add(o.Context(), x, "x", answer), passkey.ErrStale)
		// The id of one that somebody has is nobody else's.
		o.is(o.tryAdd(o.portal, portal, jiro, &softkey.Key{ID: k.ID}, "x"), passkey.ErrKnown)
		o.clock.Advance(passkey.ChallengeLife)
		options, err = o.portal.BeginAdd(o.Context(), x, word)
		must(t, err)
		late, err := new(softkey.Key).Create(options, portal)
		must(t, err)
		o.clock.Advance(passkey.ChallengeLife)
		o.is(o.portal.Add(o.Context(), x, "x", late), passkey.ErrStale)
		var open []string
		for range passkey.MaxEach {
			options, err := o.portal.BeginAdd(o.Context(), jiro, word)
			must(t, err)
			answer, err := new(softkey.Key).Create(options, portal)
			must(t, err)
			open = append(open, answer)
		}
		must(t, o.tryAdd(o.portal, portal, jiro, &softkey.Key{}, "x"))
		for i, answer := range open { // begun before there were too many
			want := error(nil)
			if i == len(open)-1 {
				want = passkey.ErrMany
			}
			o.is(o.portal.Add(o.Context(), jiro, "x", answer), want)
		}
		_, err = o.portal.BeginAdd(o.Context(), jiro, word)
		o.is(err, passkey.ErrMany)
	})
}

// Nobody touches a colleague's passkey, nor a neighbour's; one's own can be named and taken away, which ends the others'
// sessions and is told.
func TestOwnPasskeysOnly(t *testing.T) {
	suite(t, func(o *office) {
		x, token := o.login("hanako@sato.example")
		jiro, _ := o.login("jiro@sato.example")
		neighbour, _ := o.login("owner@neighbour.example")
		k := o.add(o.portal, portal, x, &softkey.Key{})
		all, err := o.keys.List(o.Context(), x)
		must(t, err)
		id := all[0].ID
		for _, who := range []tenant.Session{jiro, neighbour} {
			_, err := o.keys.Get(o.Context(), who, id)
			o.is(err, store.ErrNotFound)
			o.is(o.keys.Rename(o.Context(), who, id, "mine"), store.ErrNotFound)
			o.is(o.keys.Remove(o.Context(), who, id, word), store.ErrNotFound)
			if all, err := o.keys.List(o.Context(), who); err != nil || len(all) != 0 {
				t.Errorf("%v %v", all, err)
			}
		}
		must(t, o.keys.Rename(o.Context(), x, id, " 事務所の PC "))
		o.is(o.keys.Rename(o.Context(), x, id, ""), passkey.ErrName)
		if got, err := o.keys.Get(o.Context(), x, id); err != nil || got.Name != "事務所の PC" {
			t.Errorf("%+v %v", got, err)
		}
		other, err := o.enter(k)
		must(t, err)
		o.told(o.own)
		o.is(o.keys.Remove(o.Context(), x, id, "wrong password 1"), tenant.ErrPassword)
		must(t, o.keys.Remove(o.Context(), x, id, word))
		_, err = o.enter(k)
		o.is(err, tenant.ErrLogin)
		sessions, err := o.people.Sessions(o.Context(), o.own, x.PersonID)
		if err != nil || len(sessions) != 1 || sessions[0].ID == other.ID {
			t.Errorf("sessions after the device is gone: %+v %v", sessions, err)
		}
		_, err = o.people.SessionByToken(o.Context(), token)
		must(t, err)
		if got := o.told(o.own); !slices.Equal(got, []string{"person.passkey_off"}) {
			t.Errorf("told: %v", got)
		}
		// The same device can be used anew.
		must(t, o.tryAdd(o.portal, portal, x, &softkey.Key{ID: k.ID}, "x"))
	})
}

// Staff: a passkey is the second factor that they must have, and is asked for after the password.
func TestStaffWithAPasskeyOnly(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("desk@centre.example")
		o.clock.Advance(tenant.FactorGrace)
		x, token := o.login("desk@centre.example")
		if !x.MustEnrol(o.clock.Now()) {
			t.Fatal("nothing is asked for after the week")
		}
		k := o.add(o.console, console, x, &softkey.Key{})
		x, err := o.people.SessionByToken(o.Context(), token)
		if err != nil || x.MustEnrol(o.clock.Now()) || x.Pending {
			t.Errorf("with a passkey: %+v %v", x, err)
		}
		half, halfToken := o.login("desk@centre.example")
		if !half.Pending {
			t.Fatal("the password alone lets staff in whose second factor is a passkey")
		}
		second := func(x tenant.Session, token string, k *softkey.Key) (tenant.Session, error) {
			options, err := o.console.SecondOptions(o.Context(), x)
			must(t, err)
			if !strings.Contains(string(options), "allowCredentials") {
				t.Errorf("any passkey is asked for: %s", options)
			}
			answer, err := k.Prove(options, console)
			must(t, err)
			got, fresh, err := o.console.Second(o.Context(), token, answer, there)
			if err == nil {
				_, err = o.people.SessionByToken(o.Context(), fresh)
			}
			return got, err
		}
		boss, _ := o.login("boss@centre.example")
		bosses := o.add(o.console, console, boss, &softkey.Key{})
		_, err = second(half, halfToken, bosses)
		o.is(err, passkey.ErrAnswer)
		unverified := *k
		unverified.Unverified = true
		_, err = second(half, halfToken, &unverified)
		o.is(err, passkey.ErrAnswer)
		k.Nameless = true // some say no handle when they are asked for one passkey
		got, err := second(half, halfToken, k)
		if err != nil || got.Pending || got.ID == half.ID {
			t.Errorf("%+v %v", got, err)
		}
		_, err = o.people.SessionByToken(o.Context(), halfToken)
		o.is(err, tenant.ErrNoSession)
		_, _, err = o.console.Second(o.Context(), halfToken, "{}", there)
		o.is(err, tenant.ErrNoSession)
		// The last one stays.
		all, err := o.keys.List(o.Context(), got)
		must(t, err)
		o.is(o.keys.Remove(o.Context(), got, all[0].ID, word), tenant.ErrRequired)
		o.add(o.console, console, got, &softkey.Key{})
		must(t, o.keys.Remove(o.Context(), got, all[0].ID, word))
	})
}

// A desk's recovery takes passkeys away with the second factor, and with a person who leaves theirs go.
func TestRecoveryAndLeaving(t *testing.T) {
	suite(t, func(o *office) {
		desk, _ := o.login("desk@centre.example")
		hanako, _ := o.login("hanako@sato.example")
		jiro, _ := o.login("jiro@sato.example")
		mine, his := o.add(o.portal, portal, hanako, &softkey.Key{}), o.add(o.portal, portal, jiro, &softkey.Key{})
		recover := func(factor bool) {
			r, err := o.people.StartRecovery(o.Context(), desk, o.own, hanako.PersonID, factor, "電話で確認")
			must(t, err)
			token, err := o.people.NewLoginLink(o.Context(), o.own, tenant.TellRecovery, r.ID, r.Expires)
			must(t, err)
			o.clock.Advance(r.Valid.Sub(o.clock.Now()))
			_, err = o.people.Recover(o.Context(), token, "another password 88")
			must(t, err)
		}
		recover(false)
		_, err := o.enter(mine)
		must(t, err)
		recover(true)
		_, err = o.enter(mine)
		o.is(err, tenant.ErrLogin)
		must(t, o.people.RemovePerson(o.Context(), hanako.PersonID, o.own, jiro.PersonID))
		_, err = o.enter(his)
		o.is(err, tenant.ErrLogin)
	})
}

// Guessers are slowed down, by address and by passkey; who is right is forgiven.
func TestGuessingIsSlowedDown(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		k := o.add(o.portal, portal, x, &softkey.Key{Still: true})
		for range 20 {
			_, err := o.enter(k)
			must(t, err)
		}
		bad := *k
		bad.Unverified = true
		var err error
		n := 0
		for ; n < 20 && !errors.Is(err, tenant.ErrTooMany); n++ {
			_, err = o.enter(&bad)
		}
		if n > 6 {
			t.Errorf("%d tries", n)
		}
		n = 0
		for err = nil; n < 100 && !errors.Is(err, tenant.ErrTooMany); n++ {
			_, _, err = o.portal.Login(o.Context(), "b", "{}", tenant.From{Addr: "192.0.2.99:1"})
		}
		if n > 61 {
			t.Errorf("%d tries of an address", n)
		}
	})
}

// Who has none hears of passkeys once.
func TestOffer(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		jiro, _ := o.login("jiro@sato.example")
		o.add(o.portal, portal, jiro, &softkey.Key{})
		offered := func(who tenant.Session, want bool) {
			t.Helper()
			if got, err := o.keys.Offer(o.Context(), who); err != nil || got != want {
				t.Errorf("%v %v", got, err)
			}
		}
		offered(x, true)
		offered(x, true) // at a device that has no passkeys nobody heard of them
		offered(jiro, false)
		must(t, o.keys.Heard(o.Context(), x))
		must(t, o.keys.Heard(o.Context(), x))
		offered(x, false)
	})
}

// Two processes of one centre understand each other's challenges.
func TestTwoProcesses(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		k := o.add(o.portal, portal, x, &softkey.Key{})
		answer := o.prove(o.portal, portal, k)
		o.keys = passkey.New(passkey.Config{Store: o.store, Tenants: o.people, Clock: o.clock})
		_, _, err := o.face(portal, false).Login(o.Context(), "b", answer, there)
		must(t, err)
	})
}

// What was made for a host that the portal had before counts for nothing, and shuts nobody out.
func TestAnotherHost(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("desk@centre.example")
		k := o.add(o.console, console, x, &softkey.Key{})
		moved := tenant.New(tenant.Config{Store: o.store, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true, Keys: passkey.Keys{Portal: "a.example", Console: "b.example"}})
		got, _, err := moved.Login(o.Context(), "desk@centre.example", word, there)
		if err != nil || got.Pending {
			t.Errorf("%+v %v", got, err)
		}
		f := o.face("https://b.example", true)
		if _, _, err := f.Login(o.Context(), "b", o.prove(f, "https://b.example", k), there); !errors.Is(err, tenant.ErrLogin) {
			t.Error(err)
		}
	})
}

func TestHost(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"https://Portal.example.jp": "portal.example.jp", "https://portal.example.jp:8443/x": "portal.example.jp", "http://localhost:8080": "localhost", "http://a.localhost": "a.localhost",
		"http://portal.example.jp": "", "https://192.0.2.1": "", "https://[2001:db8::1]:8": "", "http://127.0.0.1:8080": ""} {
		base, err := url.Parse(address)
		must(t, err)
		if got := passkey.Host(base); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
		f, err := passkey.New(passkey.Config{}).Face(passkey.FaceConfig{Base: base, Name: "x"})
		if err != nil || (f != nil) != (want != "") {
			t.Errorf("%s: %v %v", address, f, err)
		}
	}
}
