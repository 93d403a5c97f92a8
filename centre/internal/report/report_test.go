package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// classifier knows one family.
type classifier struct{}

func (classifier) Family(*wire.Event) string               { return "c2" }
func (classifier) MaxStars(string) alert.Stars             { return alert.High }
func (classifier) Controlled(string) bool                  { return true }
func (classifier) Outside(string) bool                     { return false }
func (classifier) Due(_ string, first time.Time) time.Time { return first }

type office struct {
	*testing.T
	s        *store.Store
	clock    *clock.Fake
	tenants  *tenant.Service
	alerts   *alert.Service
	usage    *usage.Service
	reports  *report.Service
	own      string
	own2     string
	personID string
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(time.Date(2026, 9, 20, 9, 0, 0, 0, ja.Zone))}
		o.tenants = tenant.New(tenant.Config{Store: s, Clock: o.clock})
		o.alerts = alert.New(alert.Config{Store: s, Classifier: classifier{}, Clock: o.clock})
		o.usage = usage.New(s, o.clock)
		o.reports = report.New(report.Config{Store: s, Alerts: o.alerts, Network: device.New(device.Config{Store: s, Clock: o.clock}), Usage: o.usage, Companies: o.tenants, Clock: o.clock})
		must(t, o.tenants.EnsureHouse(t.Context(), "Centre"))
		o.own, o.own2 = o.company("株式会社さくら金属"), o.company("Decoy")
		var err error
		o.personID, err = o.tenants.AddPerson(t.Context(), "system", tenant.Person{TenantID: o.own, Name: "佐倉 花子", Email: "hanako@sakura.example.jp", Role: tenant.RoleOwner})
		must(t, err)
		_, err = o.tenants.AddPerson(t.Context(), "system", tenant.Person{TenantID: o.own, Name: "読子", Email: "reader@sakura.example.jp", Role: tenant.RoleReadonly})
		must(t, err)
		fn(o)
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), usage.Schema(), report.Schema())
}

func (o *office) company(name string) string {
	o.Helper()
	id, err := o.tenants.CreateCompany(o.Context(), "system", tenant.Company{Name: name, Industry: "metal", Size: 12})
	must(o.T, err)
	return id
}

var events atomic.Int64 // the tests run beside each other

// attack records n attacks on a company at a moment.
func (o *office) attack(tenantID string, at time.Time, n int) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		var all []alert.Incoming
		for i := range n {
			all = append(all, alert.Incoming{BoxID: "box", DeviceID: "d1", DeviceName: "経理のパソコン", Event: &wire.Event{ID: fmt.Sprintf("%026d", events.Add(1)), Time: at.Add(time.Duration(i) * time.Second),
				Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Outbound, Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), Dst: netip.MustParseAddr("203.0.113.5")}}})
		}
		return o.alerts.Record(tx, all)
	}))
}

func (o *office) use(tenantID string, day time.Time) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		return o.usage.Record(tx, "d1", &wire.Usage{Since: day, Period: 60, Apps: []wire.AppUse{{App: "zoom", Category: "meeting", Name: "Zoom", Up: 10, Down: 20, Minutes: 5, Flows: 7}}})
	}))
}

func args(month string) json.RawMessage {
	raw, err := json.Marshal(report.Args{Month: month})
	if err != nil {
		panic(err)
	}
	return raw
}

// mails runs what is due and returns how often each kind of job ran.
func (o *office) run() map[string]int {
	o.Helper()
	ran := map[string]int{}
	done := make(chan string, 100)
	q := job.New(job.Config{Store: o.s, Clock: o.clock})
	for kind, h := range map[string]job.Handler{report.KindMonth: o.reports.HandleMonth, report.KindMake: o.reports.HandleMake,
		report.KindMail: func(context.Context, string, json.RawMessage) error { return nil }} {
		q.Handle(kind, func(ctx context.Context, tenantID string, raw json.RawMessage) error {
			err := h(ctx, tenantID, raw)
			done <- kind
			return err
		})
	}
	ctx, cancel := context.WithTimeout(o.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	for ran[report.KindMail] == 0 { // the last of the chain
		select {
		case kind := <-done:
			ran[kind]++
		case <-ctx.Done():
			o.Fatalf("only %v ran", ran)
		}
	}
	cancel()
	<-ended
	return ran
}

func TestMadeOnTheFirst(t *testing.T) {
	suite(t, func(o *office) {
		oct := time.Date(2026, 10, 1, 0, 0, 0, 0, ja.Zone)
		o.attack(o.own, oct.Add(-time.Second), 1) // September
		o.clock.Advance(11 * 24 * time.Hour)
		must(t, o.reports.Plan(t.Context()))
		must(t, o.reports.Plan(t.Context())) // another process
		for _, at := range []time.Time{oct, oct.AddDate(0, 0, 14), oct.AddDate(0, 1, 0).Add(-3 * time.Second)} {
			o.clock.Advance(at.Add(time.Minute).Sub(o.clock.Now()))
			o.attack(o.own, at, 2)
			o.use(o.own, at)
			o.use(o.own2, at)
		}
		o.clock.Advance(oct.AddDate(0, 1, 0).Add(7*time.Hour + time.Minute).Sub(o.clock.Now()))
		o.attack(o.own, o.clock.Now(), 5) // November
		o.run()
		f, err := o.reports.Get(t.Context(), o.own, "2026-10")
		must(t, err)
		if f.Attacks != 6 || f.Stopped != 6 || f.Inside != 6 || f.Flows != 21 || f.Days != 31 || f.Silent != 28 || f.Joined || len(f.Daily) != 31 || f.Daily[0] != 2 || f.Daily[30] != 2 || f.Todo == nil {
			t.Errorf("%+v", f)
		}
		// It stays as it was, whatever comes later, and is mailed once.
		o.attack(o.own, oct.Add(time.Hour), 9)
		must(t, o.reports.HandleMake(t.Context(), o.own, args("2026-10")))
		again, err := o.reports.Get(t.Context(), o.own, "2026-10")
		must(t, err)
		if again.Attacks != f.Attacks {
			t.Error("the report changed afterwards")
		}
		if all, err := o.reports.List(t.Context(), o.own); err != nil || len(all) != 1 || all[0].Month != "2026-10" {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func TestJoinedInTheMiddle(t *testing.T) {
	suite(t, func(o *office) {
		o.clock.Advance(20 * 24 * time.Hour) // 10 October
		late := o.company("新会社")
		o.clock.Advance(25 * 24 * time.Hour)
		must(t, o.reports.HandleMake(t.Context(), late, args("2026-10")))
		f, err := o.reports.Get(t.Context(), late, "2026-10")
		must(t, err)
		texts, err := text.Load()
		must(t, err)
		say, notes := f.Sentences(texts.In("ja"))
		if !f.Joined || f.Days != 22 || len(notes) != 1 || say[0] != "2026年10月は、まだボックスが動いていませんでした。" {
			t.Errorf("%+v\n%q %q", f, say, notes)
		}
		if _, err := o.reports.Get(t.Context(), o.own, "2026-10"); err == nil {
			t.Error("the report of another company")
		}
	})
}

func TestEachMailOnce(t *testing.T) {
	suite(t, func(o *office) {
		begin := func(want bool) {
			t.Helper()
			must(t, o.s.Write(t.Context(), o.own, func(tx *store.Tx) error {
				got, err := report.Begin(tx, "2026-10", o.personID)
				if got != want {
					t.Errorf("to be sent: %v", got)
				}
				return err
			}))
		}
		end := func(how report.Mail) {
			t.Helper()
			must(t, o.s.Write(t.Context(), o.own, func(tx *store.Tx) error { return report.End(tx, "2026-10", o.personID, how) }))
		}
		begin(true)
		end(report.Waiting) // the server was busy
		begin(true)
		begin(true)  // we died, once
		begin(false) // and twice: perhaps it arrived
		end(report.Sent)
		begin(false)
	})
}
