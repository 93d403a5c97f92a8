package misfire_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fleet is a centre with companies, each with a box.
type fleet struct {
	*testing.T
	s         *store.Store
	clock     *clock.Fake
	alerts    *alert.Service
	svc       *misfire.Service
	companies []string
	n         int
}

func suite(t *testing.T, companies int, fn func(f *fleet)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		f := &fleet{T: t, s: s, clock: clock.NewFake(time.Now())}
		known, err := knowledge.Load()
		must(t, err)
		people := tenant.New(tenant.Config{Store: s, Clock: f.clock})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		devices := device.New(device.Config{Store: s, Clock: f.clock})
		f.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: f.clock})
		f.svc = misfire.New(misfire.Config{Store: s, Alerts: f.alerts, Clock: f.clock})
		for i := range companies {
			id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: fmt.Sprint("会社", i)})
			must(t, err)
			code, _, err := devices.NewClaim(t.Context(), id, "", "system")
			must(t, err)
			_, _, err = devices.Redeem(t.Context(), device.Claim{Code: code, KeyHash: fmt.Sprintf("%064d", i), Remote: fmt.Sprintf("192.0.2.%d:1", i)},
				func(string, string) (string, string, error) { return "c", fmt.Sprint("s", i), nil })
			must(t, err)
			f.companies = append(f.companies, id)
		}
		fn(f)
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), misfire.Schema())
}

// fire has a rule fire at a company, and gives its newest alert.
func (f *fleet) fire(company string, sid uint32) string {
	f.Helper()
	return f.happen(company, fmt.Sprint("d", sid), &wire.Event{Kind: wire.KindIPS, Rule: &wire.Rule{GID: 1, SID: sid, Rev: 1, Msg: "ET MALWARE beacon", Class: "command-and-control"}})
}

// happen records an event of a device, and gives the newest alert.
func (f *fleet) happen(company, deviceID string, e *wire.Event) string {
	f.Helper()
	f.n++
	addr := netip.MustParseAddr("192.168.1.10")
	e.ID, e.Time, e.Verdict, e.Direction = fmt.Sprintf("%026d", f.n), f.clock.Now(), wire.VerdictBlocked, wire.Outbound
	e.Flow = wire.Flow{Proto: "TCP", Src: addr, SrcPort: 1, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443}
	must(f.T, f.s.Write(f.Context(), company, func(tx *store.Tx) error {
		return f.alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: deviceID, DeviceName: "PC", DeviceAddr: addr.String(), Event: e}})
	}))
	all, err := f.alerts.List(f.Context(), company, alert.Filter{})
	must(f.T, err)
	return all[0].ID
}

func (f *fleet) silent(company, id string) bool {
	f.Helper()
	quiet, err := f.svc.Silent(f.Context(), company, id)
	must(f.T, err)
	return quiet
}

// jobs counts those of a kind in a company.
func (f *fleet) jobs(company, kind string) (n int) {
	f.Helper()
	must(f.T, f.s.Read(f.Context(), company, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2`, kind).Scan(&n)
	}))
	return n
}

// A site that a list has wrongly, or a virus that is none, is held by itself: boxes tell all sites, and all viruses, under one
// number. What was stopped for all was confirmed before, and is never held.
func TestASiteIsHeldByItself(t *testing.T) {
	suite(t, 10, func(f *fleet) {
		site := func(name, list string) *wire.Event {
			return &wire.Event{Kind: wire.KindSite, Rule: &wire.Rule{GID: 1, SID: 9_900_001, Msg: "dangerous site"}, Site: &wire.Site{Name: name, Layer: "dns", Category: "phishing", List: list}}
		}
		virus := func(name string) *wire.Event {
			return &wire.Event{Kind: wire.KindVirus, Rule: &wire.Rule{GID: 1, SID: 9_900_002, Msg: "virus"}, File: &wire.File{Name: "a.zip", Virus: name}}
		}
		wrong, right, confirmed, false1, virus1 := "", "", "", "", ""
		for _, c := range f.companies {
			wrong = f.happen(c, "a", site("www.bunbougu.example", "somebody's"))
			confirmed = f.happen(c, "b", site("bank.example", wire.ListStops))
			false1 = f.happen(c, "c", virus("Win.False.Friend"))
		}
		last := f.companies[len(f.companies)-1]
		right, virus1 = f.happen(last, "d", site("evil.example", "somebody's")), f.happen(last, "e", virus("Win.Real.One"))
		must(f.T, f.svc.Look(f.Context()))
		for id, want := range map[string]bool{wrong: true, false1: true, right: false, virus1: false, confirmed: false} {
			if got := f.silent(last, id); got != want {
				a, err := f.alerts.Get(f.Context(), last, id)
				must(f.T, err)
				t.Errorf("%s %v: silent %v, want %v", a.Family, a.Evidence, got, want)
			}
		}
		all, err := f.svc.List(f.Context())
		must(f.T, err)
		names := map[string]bool{}
		for i := range all {
			names[all[i].Msg] = true
		}
		if len(all) != 2 || !names["www.bunbougu.example"] || !names["Win.False.Friend"] {
			t.Errorf("held: %+v", all)
		}
	})
}

// A rule that fires at many companies within an hour is held and the staff are told once; what other
// rules find goes on.
func TestSpread(t *testing.T) {
	suite(t, 10, func(f *fleet) {
		ids := map[string]string{}
		for i, c := range f.companies {
			if i == 4 {
				must(f.T, f.svc.Look(f.Context()))
				if f.silent(f.companies[0], ids[f.companies[0]]) {
					t.Fatal("held at four companies")
				}
			}
			ids[c] = f.fire(c, 7)
		}
		for range 2 {
			must(f.T, f.svc.Look(f.Context()))
		}
		if all, err := f.s.Accesses(f.Context(), 10); err != nil || len(all) != 1 {
			t.Errorf("%d rows about looking three times: %v, %v", len(all), all, err)
		}
		f.clock.Advance(2 * time.Second)
		if !f.silent(f.companies[0], ids[f.companies[0]]) || f.jobs(tenant.House, misfire.KindHeld) != 1 {
			t.Fatalf("not held, or the staff told %d times", f.jobs(tenant.House, misfire.KindHeld))
		}
		other := f.fire(f.companies[1], 8)
		if other == ids[f.companies[1]] || f.silent(f.companies[1], other) {
			t.Error("another rule is silent, too")
		}
		// Released: what waited goes out, and it is not held again today.
		before := f.jobs(f.companies[0], alert.KindNotify)
		must(f.T, f.svc.Release(f.Context(), alert.RuleKey{GID: 1, SID: 7}, "op-1"))
		if f.silent(f.companies[0], ids[f.companies[0]]) || f.jobs(f.companies[0], alert.KindNotify) != before+1 {
			t.Errorf("%d mails are due, %d before", f.jobs(f.companies[0], alert.KindNotify), before)
		}
		must(f.T, f.svc.Look(f.Context()))
		f.clock.Advance(2 * time.Second)
		if f.silent(f.companies[0], ids[f.companies[0]]) {
			t.Error("held again at once")
		}
		if err := f.svc.Release(f.Context(), alert.RuleKey{GID: 1, SID: 7}, "op-1"); !errors.Is(err, misfire.ErrNone) {
			t.Errorf("released twice: %v", err)
		}
	})
}

// In a large fleet five companies are no misfire.
func TestFewOfMany(t *testing.T) {
	suite(t, 30, func(f *fleet) {
		for _, c := range f.companies[:5] {
			f.fire(c, 7)
		}
		must(f.T, f.svc.Look(f.Context()))
		if all, err := f.svc.List(f.Context()); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Two companies where it was called wrong hold a rule; withdrawn, its alerts are closed everywhere with the
// reason, who was told hears of it, and it stays silent.
func TestMarkedAndWithdrawn(t *testing.T) {
	suite(t, 3, func(f *fleet) {
		var ids []string
		for _, c := range f.companies {
			ids = append(ids, f.fire(c, 7))
		}
		for range 2 {
			must(f.T, f.svc.Mark(f.Context(), f.companies[0], ids[0]))
		}
		if f.silent(f.companies[2], ids[2]) {
			t.Fatal("one company is enough")
		}
		must(f.T, f.svc.Mark(f.Context(), f.companies[1], ids[1]))
		f.clock.Advance(2 * time.Second)
		if !f.silent(f.companies[2], ids[2]) {
			t.Fatal("two companies are not enough")
		}
		must(f.T, f.svc.Withdraw(f.Context(), alert.RuleKey{GID: 1, SID: 7}, "op-1", "更新の通信でした。"))
		for i, c := range f.companies {
			a, err := f.alerts.Get(f.Context(), c, ids[i])
			must(f.T, err)
			if a.State != alert.Closed || a.Reason != "更新の通信でした。" || f.jobs(c, misfire.KindWithdrawn) != 1 {
				t.Errorf("%s: %s %q, %d jobs", c, a.State, a.Reason, f.jobs(c, misfire.KindWithdrawn))
			}
		}
		f.clock.Advance(25 * time.Hour)
		if id := f.fire(f.companies[0], 7); !f.silent(f.companies[0], id) {
			t.Error("it wakes people again")
		}
		all, err := f.svc.List(f.Context())
		if err != nil || len(all) != 1 || all[0].State != misfire.Withdrawn || all[0].DecidedBy != "op-1" || all[0].Msg != "ET MALWARE beacon" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
