package cover_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/cover"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// contracts are what was signed.
type contracts []contract.Contract

func (c contracts) Contracts(context.Context, string) ([]contract.Contract, error) { return c, nil }

type office struct {
	*testing.T
	s      *store.Store
	clock  *clock.Fake
	visits *dispatch.Service
	svc    *cover.Service
	own    string
	alerts []alert.Alert
	mails  []cover.Mail
	n      int
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var now = time.Date(2026, 11, 28, 22, 10, 0, 0, ja.Zone)

// on runs a test on both engines: a contract since 5 October, a ★★★ that was mailed ten minutes ago and a lesser one, a vendor nearby.
func on(t *testing.T, test func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(now)}
		tenants := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		must(t, tenants.EnsureHouse(t.Context(), "商工会議所"))
		var err error
		o.own, err = tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
		must(t, err)
		known, err := knowledge.Load()
		must(t, err)
		alerts := alert.New(alert.Config{Store: s, Classifier: known, Clock: o.clock})
		must(t, s.Write(t.Context(), o.own, func(tx *store.Tx) error {
			var all []alert.Incoming
			for n, family := range []string{"c2", "scan"} {
				src, dst := netip.MustParseAddr(fmt.Sprintf("192.168.1.%d", 20+n)), netip.MustParseAddr("203.0.113.5")
				verdict, direction := wire.VerdictPassed, wire.Outbound
				if n == 1 { // stopped at the door: nobody has to do anything
					src, dst, verdict, direction = dst, src, wire.VerdictBlocked, wire.Inbound
				}
				all = append(all, alert.Incoming{BoxID: "box", DeviceID: fmt.Sprint(n), DeviceName: "PC", DeviceAddr: fmt.Sprintf("192.168.1.%d", 20+n), Event: &wire.Event{ID: fmt.Sprintf("%026d", n+1), Time: now, Kind: wire.KindIPS, Verdict: verdict, Direction: direction,
					Flow: wire.Flow{Proto: "TCP", Src: src, SrcPort: 50000, Dst: dst, DstPort: 443}, Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "x", Family: family}}})
			}
			return alerts.Record(tx, all)
		}))
		o.alerts, err = alerts.List(t.Context(), o.own, alert.Filter{})
		must(t, err)
		if o.alerts[0].Stars < o.alerts[1].Stars {
			o.alerts[0], o.alerts[1] = o.alerts[1], o.alerts[0]
		}
		o.mails = []cover.Mail{{At: now.Add(-10 * time.Minute), Email: "a@a.example", Subject: "【重要度 高（★★★） 本日中】経理のPC"}}
		o.visits = dispatch.New(dispatch.Config{Store: s, Clock: o.clock})
		_, err = o.visits.PutVendor(t.Context(), "test", dispatch.Vendor{Name: "V", Phone: "0612345678", Email: "v@v.example", Postcode: "5400028", Areas: []string{"54"}, Skills: []string{"first"}, Days: "1234567", Opens: "00:00", Shuts: "00:00", From: "2026-10-01"})
		must(t, err)
		book, err := content.Load()
		must(t, err)
		book[0].Insurer = "みなと損保"
		o.svc = cover.New(cover.Config{Store: s, Contracts: contracts{{Signed: now.AddDate(0, -2, 0), Installed: time.Date(2026, 10, 5, 15, 0, 0, 0, ja.Zone)}}, Alerts: alerts, Visits: o.visits, Book: book, Clock: o.clock,
			Mails: func(context.Context, string, string) ([]cover.Mail, error) { return o.mails, nil }})
		test(o)
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), attach.Schema(), contract.Schema(), dispatch.Schema(), cover.Schema())
}

// visit is one that cost yen and was closed; none was reported for 0.
func (o *office) visit(alertID string, yen int) string {
	o.Helper()
	ctx := o.Context()
	o.n++
	id, err := o.visits.Ask(ctx, o.own, "desk", dispatch.Wish{Once: fmt.Sprint(o.n), AlertID: alertID, Brief: dispatch.Brief{Company: "S", Contact: "S", Phone: "0612345678", Postcode: "5400029", Address: "大阪府", Skill: "first", Seen: "x", First: "x", Keep: "x"}})
	must(o.T, err)
	token, err := o.visits.NewToken(ctx, o.own, id, 1)
	must(o.T, err)
	must(o.T, o.visits.Accept(ctx, token, "23時"))
	must(o.T, o.visits.Step(ctx, token, dispatch.Arrived))
	must(o.T, o.visits.Step(ctx, token, dispatch.Working))
	if yen > 0 {
		must(o.T, o.visits.Finish(ctx, token, dispatch.Report{Found: "x", Did: "x", Known: true, Cause: "x", Costs: []dispatch.Cost{{What: "x", Yen: yen}}, Signer: "S"}, nil))
		must(o.T, o.visits.Close(ctx, o.own, id, "desk", ""))
	}
	return id
}

func (o *office) can(visit string, want cover.Answer, about string, is cover.Answer) {
	o.Helper()
	_, _, why, all, err := o.svc.Eligible(o.Context(), o.own, visit)
	must(o.T, err)
	for _, r := range why {
		if r.Key == about && r.Answer == is && all == want {
			return
		}
	}
	o.Errorf("%s: %s, %+v; want %s because %s is %s", visit, all, why, want, about, is)
}

// The mail goes to the insurer as it was sent, so from the claim on its buttons answer nothing.
func TestTheMailsButtonsEndWithTheClaim(t *testing.T) {
	on(t, func(o *office) {
		tenants := tenant.New(tenant.Config{Store: o.s, Clock: o.clock})
		person, err := tenants.AddPerson(t.Context(), "system", tenant.Person{TenantID: o.own, Name: "花子", Email: "h@example.jp", Role: tenant.RoleOwner})
		must(t, err)
		var tokens [2]string
		must(t, o.s.Write(t.Context(), o.own, func(tx *store.Tx) (err error) {
			for i := range tokens {
				if tokens[i], err = tenants.NewActionLink(tx, o.own, o.alerts[i].ID, person); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err = o.svc.Claim(t.Context(), o.own, o.visit(o.alerts[0].ID, 20_000), "desk")
		must(t, err)
		if _, err := tenants.ActionLink(t.Context(), tokens[0]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a button of the claim's mail still works: %v", err)
		}
		if _, err := tenants.ActionLink(t.Context(), tokens[1]); err != nil {
			t.Errorf("a button of another alert's: %v", err)
		}
	})
}

// What the cover pays for, and each reason why not.
func TestWhoIsCoveredAndWhy(t *testing.T) {
	on(t, func(o *office) {
		high, low := o.alerts[0].ID, o.alerts[1].ID
		o.can(o.visit(low, 20_000), cover.No, cover.ByStars, cover.No)
		o.can(o.visit("", 20_000), cover.No, cover.ByMail, cover.No)
		running := o.visit(high, 0)
		o.can(running, cover.Open, cover.ByReport, cover.Open)
		if _, err := o.svc.Claim(o.Context(), o.own, running, "desk"); !errors.Is(err, cover.ErrUnfit) {
			t.Errorf("claimed before the report: %v", err)
		}
		mails := o.mails
		for name, c := range map[string]struct {
			mails  []cover.Mail
			reason string
		}{"mailed with two stars": {[]cover.Mail{{At: now.Add(-time.Hour), Subject: "【重要度 中（★★☆）】"}}, cover.ByMail}, "mailed after": {[]cover.Mail{{At: now.Add(time.Hour), Subject: "★★★"}}, cover.ByMail}, "long ago": {[]cover.Mail{{At: now.AddDate(0, 0, -31), Subject: "★★★"}}, cover.ByTime}} {
			o.mails = c.mails
			t.Log(name)
			o.can(running, cover.No, c.reason, cover.No)
		}
		o.mails = mails
		o.svc.Book[0].Insurer = ""
		o.can(running, cover.Open, cover.ByInsurer, cover.Open)
		o.svc.Contracts = contracts{{Signed: now, Installed: now.AddDate(0, 0, 1)}}
		o.can(running, cover.No, cover.ByContract, cover.No)
	})
}

// The cap, once a policy year; refused and withdrawn claims give it back, the next year has its own.
func TestOnceAPolicyYear(t *testing.T) {
	on(t, func(o *office) {
		ctx := o.Context()
		first := o.visit(o.alerts[0].ID, 60_500)
		o.can(first, cover.Yes, cover.ByUse, cover.Yes)
		id, err := o.svc.Claim(ctx, o.own, first, "desk")
		must(t, err)
		c, err := o.svc.Get(ctx, o.own, id)
		must(t, err)
		if c.Asked != 50_000 || c.Cost != 60_500 || c.Year != "2026-10-05" {
			t.Errorf("%+v", c)
		}
		left := func(at time.Time, want int) {
			t.Helper()
			st, err := o.svc.Status(ctx, o.own, at)
			if err != nil || st.Yen() != want {
				t.Errorf("%s: %d yen left, %v; want %d", at, st.Yen(), err, want)
			}
		}
		left(now, 0)
		left(now.AddDate(1, 0, 0), 50_000)
		if _, err := o.svc.Claim(ctx, o.own, first, "desk"); !errors.Is(err, cover.ErrUsed) {
			t.Errorf("claimed twice: %v", err)
		}
		decision := cover.Decision{Paid: true, Yen: 50_000, By: "査定 一郎", On: "2026-11-28"}
		if err := o.svc.Decide(ctx, o.own, id, "desk", decision); !errors.Is(err, cover.ErrState) {
			t.Errorf("decided before it was sent: %v", err)
		}
		must(t, o.svc.Send(ctx, o.own, id, "desk"))
		for name, bad := range map[string]func(d *cover.Decision){"more than asked": func(d *cover.Decision) { d.Yen = 50_001 }, "nobody": func(d *cover.Decision) { d.By = "" }, "tomorrow": func(d *cover.Decision) { d.On = "2026-11-29" }, "no day": func(d *cover.Decision) { d.On = "" }, "paid nothing": func(d *cover.Decision) { d.Yen = 0 },
			"refused without why": func(d *cover.Decision) { d.Paid, d.Yen = false, 0 }, "refused and paid": func(d *cover.Decision) { d.Paid, d.Why = false, "x" }} {
			d := decision
			bad(&d)
			if err := o.svc.Decide(ctx, o.own, id, "desk", d); !errors.Is(err, cover.ErrFields) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, o.svc.Decide(ctx, o.own, id, "desk", cover.Decision{By: "査定 一郎", On: "2026-11-28", Why: "対象外の作業"}))
		left(now, 50_000)
		second := o.visit(o.alerts[0].ID, 30_000)
		id, err = o.svc.Claim(ctx, o.own, second, "desk")
		must(t, err)
		must(t, o.svc.Withdraw(ctx, o.own, id, "desk", "お客様の希望"))
		left(now, 50_000)
		id, err = o.svc.Claim(ctx, o.own, second, "desk")
		must(t, err)
		must(t, o.svc.Send(ctx, o.own, id, "desk"))
		letter, err := attach.Check("letter.pdf", strings.NewReader("%PDF-1.7"), attach.Papers...)
		must(t, err)
		must(t, o.svc.Decide(ctx, o.own, id, "desk", cover.Decision{Paid: true, Yen: 30_000, By: "査定 一郎", On: "2026-11-28", Letter: &letter}))
		if f, _, err := o.svc.LetterOf(ctx, o.own, id); err != nil || f.Name != "letter.pdf" {
			t.Errorf("%+v, %v", f, err)
		}
		left(now, 0)
	})
}

// Two visits of one year are claimed at the same second: the cover is used once.
func TestTwoClaimsAtTheSameSecond(t *testing.T) {
	on(t, func(o *office) {
		all := []string{o.visit(o.alerts[0].ID, 40_000), o.visit(o.alerts[0].ID, 50_000)}
		errs := make([]error, 8)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() { _, errs[i] = o.svc.Claim(o.Context(), o.own, all[i%2], "desk") })
		}
		wait.Wait()
		n := 0
		for _, err := range errs {
			switch {
			case err == nil:
				n++
			case !errors.Is(err, cover.ErrUsed):
				t.Error(err)
			}
		}
		if st, err := o.svc.Status(o.Context(), o.own, now); err != nil || n != 1 || len(st.Claims) != 1 || st.Yen() != 0 {
			t.Errorf("%d claims went through, %d are there, %v", n, len(st.Claims), err)
		}
	})
}

func TestPolicyYears(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02T15:04", s, ja.Zone)
		must(t, err)
		return x
	}
	for _, c := range []struct{ start, at, from string }{
		{"2026-10-05T15:00", "2026-10-05T00:00", "2026-10-05"}, {"2026-10-05T15:00", "2027-10-04T23:59", "2026-10-05"}, {"2026-10-05T15:00", "2027-10-05T00:00", "2027-10-05"}, {"2026-10-05T15:00", "2026-10-04T23:59", ""},
		{"2028-02-29T09:00", "2029-02-28T23:59", "2028-02-29"}, {"2028-02-29T09:00", "2029-03-01T00:00", "2029-03-01"}, {"2026-12-31T23:59", "2027-12-31T00:00", "2027-12-31"},
	} {
		from, until, ok := cover.YearOf(at(c.start), at(c.at))
		if ok != (c.from != "") || ok && (from.Format(time.DateOnly) != c.from || !until.After(at(c.at))) {
			t.Errorf("%+v: %s to %s, %v", c, from, until, ok)
		}
	}
}
