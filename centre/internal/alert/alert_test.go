package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

// classes is a small stand-in for the knowledge of families: the rule's class is
// the family.
type classes struct{}

func (classes) Family(e *wire.Event) string {
	switch {
	case e.Site != nil:
		return e.Site.Category
	case e.File != nil:
		return "virus"
	case e.Rule.Class == "boring":
		return ""
	}
	return e.Rule.Class
}
func (classes) Controlled(family string) bool { return family == "c2" || family == "ransomware" }
func (classes) MaxStars(family string) alert.Stars {
	if family == "policy" {
		return alert.Medium
	}
	return alert.High
}
func (classes) Due(_ string, first time.Time) time.Time { return first.Add(4 * time.Hour) }

type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *alert.Service
	own, decoy string
	n          int
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
		o.svc = alert.New(alert.Config{Store: s, Classifier: classes{}, Clock: o.clock})
		companies := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		o.record(o.decoy, o.event("c2", wire.Outbound, wire.VerdictBlocked)) // look-alike
		fn(o)
	}, job.Schema(), tenant.Schema(), alert.Schema())
}

func (o *office) event(class string, dir wire.Direction, v wire.Verdict) alert.Incoming {
	o.n++
	return alert.Incoming{BoxID: "box1", DeviceID: "dev1", DeviceName: "経理のパソコン", DeviceAddr: "192.0.2.10", Event: &wire.Event{
		ID: fmt.Sprintf("%026d", o.n), Time: o.clock.Now(), Kind: wire.KindIPS, Verdict: v, Direction: dir,
		Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.0.2.10"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443},
		Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "ET MALWARE beacon", Class: class, Mitre: []string{"T1071"}}}}
}

func (o *office) record(tenantID string, events ...alert.Incoming) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error { return o.svc.Record(tx, events) }))
}

func (o *office) list(f alert.Filter) []alert.Alert {
	o.Helper()
	all, err := o.svc.List(o.Context(), o.own, f)
	must(o.T, err)
	return all
}

// one is the only alert of the own company, with evidence.
func (o *office) one() alert.Alert {
	o.Helper()
	all := o.list(alert.Filter{})
	if len(all) != 1 {
		o.Fatalf("%d alerts, want 1: %+v", len(all), all)
	}
	a, err := o.svc.Get(o.Context(), o.own, all[0].ID)
	must(o.T, err)
	return a
}

// mails runs the queue until nothing of the own company is due any more and
// returns what would be mailed.
func (o *office) mails() (got []string) {
	o.Helper()
	q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
	var mu sync.Mutex
	q.Handle(alert.KindNotify, func(_ context.Context, tenantID string, raw json.RawMessage) error {
		var args alert.NotifyArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if tenantID == o.own {
			got = append(got, args.Cause)
		}
		return nil
	})
	ctx, cancel := context.WithCancel(o.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := q.Counts(o.Context())
		must(o.T, err)
		if c.Running == 0 && c.Oldest.IsZero() {
			break
		}
		if time.Now().After(deadline) {
			o.Fatalf("jobs never ended: %+v", c)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	must(o.T, <-done)
	return got
}

func TestStarsByOutcome(t *testing.T) {
	suite(t, func(o *office) {
		n := 0
		f := func(class string, dir wire.Direction, v wire.Verdict, want alert.Stars) {
			o.Helper()
			n++
			e := o.event(class, dir, v)
			e.DeviceID = fmt.Sprint("device", n)
			o.record(o.own, e)
			all := o.list(alert.Filter{DeviceID: e.DeviceID})
			if len(all) != 1 || all[0].Stars != want || all[0].Blocked != (v == wire.VerdictBlocked) {
				o.Errorf("%s %s %s: %+v, want %d stars", class, dir, v, all, want)
			}
		}
		f("exploit", wire.Inbound, wire.VerdictBlocked, alert.Low)
		f("exploit", wire.Inbound, wire.VerdictPassed, alert.High)
		f("c2", wire.Inbound, wire.VerdictBlocked, alert.Low)
		f("c2", wire.Outbound, wire.VerdictBlocked, alert.High)
		f("ransomware", wire.Internal, wire.VerdictBlocked, alert.High)
		f("phishing", wire.Outbound, wire.VerdictBlocked, alert.Medium)
		f("phishing", wire.Outbound, wire.VerdictPassed, alert.High)
		f("policy", wire.Outbound, wire.VerdictPassed, alert.Medium)
		f("policy", wire.Inbound, wire.VerdictBlocked, alert.Low)
	})
}

func TestFirstEventMakesACompleteAlert(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		if !strings.HasPrefix(a.ID, fmt.Sprint(start.Unix(), "-")) || len(a.Case) != 6 {
			o.Errorf("id %q, case %q", a.ID, a.Case)
		}
		want := alert.Alert{TenantID: o.own, ID: a.ID, Case: a.Case, BoxID: "box1", DeviceID: "dev1", DeviceName: "経理のパソコン", DeviceAddr: "192.0.2.10",
			Family: "c2", Stars: alert.High, Blocked: true, State: alert.Open, First: start, Last: start, Notify: start.Add(2 * time.Second), Count: 1, Peer: "203.0.113.5", Families: map[string]int{"c2": 1},
			Evidence: []alert.Evidence{{EventID: fmt.Sprintf("%026d", o.n), Time: start, Kind: "ips", What: "ET MALWARE beacon [1:2000001:3]", Verdict: "blocked",
				Proto: "TCP", Src: "192.0.2.10", SrcPort: 50000, Dst: "203.0.113.5", DstPort: 443, Mitre: []string{"T1071"}}}}
		if diff := cmp.Diff(want, a); diff != "" {
			o.Error(diff)
		}
		if all := o.list(alert.Filter{}); all[0].Evidence != nil {
			o.Error("a list carries evidence")
		}
	})
}

// An event of a site or a file is told by it, and what was seen before is found by it: the rule is the same for all such.
func TestEvidenceOfSitesAndFiles(t *testing.T) {
	suite(t, func(o *office) {
		site, file := o.event("c2", wire.Outbound, wire.VerdictBlocked), o.event("c2", wire.Outbound, wire.VerdictBlocked)
		site.Event.Kind, site.Event.Site = wire.KindSite, &wire.Site{Name: "Evil.example", Category: "c2", List: "stops"}
		file.Event.Kind, file.Event.File, file.Event.Time = wire.KindVirus, &wire.File{Name: "invoice.pdf", Virus: "Eicar", SHA256: strings.Repeat("ab", 32)}, start.Add(-time.Minute)
		o.record(o.own, file, site)
		kinds := map[string]alert.Alert{}
		for _, one := range o.list(alert.Filter{}) {
			a, err := o.svc.Get(o.Context(), o.own, one.ID)
			must(o.T, err)
			kinds[a.Evidence[0].Kind] = a
		}
		a := kinds["site"]
		if e := a.Evidence[0]; e.What != "Evil.example (c2, stops)" || a.Peer != "evil.example" || len(e.Mitre) != 1 {
			o.Errorf("the site: %+v, other end %q", e, a.Peer)
		}
		if e := kinds["virus"].Evidence[0]; e.What != "Eicar (invoice.pdf)" || e.SHA256 != strings.Repeat("ab", 32) {
			o.Errorf("the file: %+v", e)
		}
	})
}

func TestGrouping(t *testing.T) {
	suite(t, func(o *office) {
		c2 := func() alert.Incoming { return o.event("c2", wire.Outbound, wire.VerdictBlocked) }
		for range 30 {
			o.record(o.own, c2(), c2())
			o.clock.Advance(time.Minute)
		}
		a := o.one()
		if a.Count != 60 || len(a.Evidence) != alert.MaxEvidence || !a.Evidence[0].Time.Equal(a.Last) || !a.First.Equal(start) {
			o.Errorf("count %d, evidence %d, last %v", a.Count, len(a.Evidence), a.Last)
		}
		other := c2()
		other.DeviceID = "dev2"
		o.record(o.own, other, o.event("phishing", wire.Outbound, wire.VerdictBlocked))
		if got := len(o.list(alert.Filter{})); got != 3 {
			o.Errorf("another device and another family: %d alerts, want 3", got)
		}
		o.clock.Advance(25 * time.Hour)
		o.record(o.own, c2())
		if got := len(o.list(alert.Filter{})); got != 4 {
			o.Errorf("after a quiet day: %d alerts, want 4", got)
		}
		o.record(o.own, o.event("boring", wire.Outbound, wire.VerdictPassed))
		if got := len(o.list(alert.Filter{})); got != 4 {
			o.Errorf("an event without a family made an alert")
		}
	})
}

func TestAttackFromOutsideIsOneAlert(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("scan", wire.Inbound, wire.VerdictBlocked), o.event("exploit", wire.Inbound, wire.VerdictBlocked),
			o.event("exploit", wire.Inbound, wire.VerdictBlocked))
		a := o.one()
		if a.Family != "exploit" || a.Stars != alert.Low || !a.Inbound || a.Families["scan"] != 1 || a.Families["exploit"] != 2 {
			o.Errorf("%+v", a)
		}
		o.clock.Advance(time.Hour)
		if got := o.mails(); got != nil {
			o.Errorf("a stopped attack from outside was mailed: %v", got)
		}
		// One of them gets through: the same alert, now ★★★, and the first mail.
		o.record(o.own, o.event("webshell", wire.Inbound, wire.VerdictPassed))
		for range 30 {
			o.record(o.own, o.event("scan", wire.Inbound, wire.VerdictBlocked))
		}
		a = o.one()
		if a.Stars != alert.High || a.Blocked || a.Family != "webshell" {
			o.Errorf("after one passed: %+v", a)
		}
		if !slices.ContainsFunc(a.Evidence, func(e alert.Evidence) bool { return e.Verdict == "passed" }) {
			o.Error("the evidence of what passed was pushed out")
		}
		o.clock.Advance(2 * time.Second)
		if got := o.mails(); !slices.Equal(got, []string{alert.CauseNew}) {
			o.Errorf("mails %v", got)
		}
	})
}

func TestMailsWaitAndWorsen(t *testing.T) {
	suite(t, func(o *office) {
		phish := func(v wire.Verdict) { o.record(o.own, o.event("phishing", wire.Outbound, v)) }
		expect := func(wait time.Duration, want ...string) {
			o.Helper()
			o.clock.Advance(wait)
			if got := o.mails(); !slices.Equal(got, want) {
				o.Errorf("mails %v, want %v", got, want)
			}
		}
		phish(wire.VerdictBlocked)
		phish(wire.VerdictBlocked)
		expect(59 * time.Second)
		expect(time.Second, alert.CauseNew)
		phish(wire.VerdictBlocked)
		expect(time.Hour)
		phish(wire.VerdictPassed)
		expect(2*time.Second, alert.CauseWorse)
		phish(wire.VerdictPassed)
		expect(time.Hour)
		changes, err := o.svc.History(o.Context(), o.own, o.one().ID)
		if err != nil || len(changes) != 2 || changes[0].What != alert.ChangeOpened || changes[1].What != alert.ChangeWorse {
			o.Errorf("history %+v, %v", changes, err)
		}
	})
}

func TestWorseWhileTheFirstMailWaitsIsOneMailSooner(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("phishing", wire.Outbound, wire.VerdictBlocked))
		o.clock.Advance(time.Second)
		o.record(o.own, o.event("phishing", wire.Outbound, wire.VerdictPassed))
		o.clock.Advance(2 * time.Second)
		if got := o.mails(); !slices.Equal(got, []string{alert.CauseNew}) {
			o.Errorf("after 3 s: %v", got)
		}
		o.clock.Advance(time.Hour)
		if got := o.mails(); got != nil {
			o.Errorf("and later: %v", got)
		}
	})
}

func TestUndoneTransactionMailsNobody(t *testing.T) {
	suite(t, func(o *office) {
		_ = o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			must(o.T, o.svc.Record(tx, []alert.Incoming{o.event("c2", wire.Outbound, wire.VerdictPassed)}))
			return errors.New("crash before the commit")
		})
		o.clock.Advance(time.Hour)
		if got := o.mails(); got != nil || len(o.list(alert.Filter{})) != 0 {
			o.Errorf("mails %v, alerts %v", got, o.list(alert.Filter{}))
		}
	})
}

func TestAnswer(t *testing.T) {
	suite(t, func(o *office) {
		c2 := func() { o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked)) }
		c2()
		id := o.one().ID
		must(o.T, o.svc.Answer(o.Context(), o.own, id, "hanako", alert.AnswerDone, "ケーブルを抜きました"))
		if a := o.one(); a.State != alert.Acknowledged || a.Answer != alert.AnswerDone || !a.Answered.Equal(start) {
			o.Errorf("%+v", a)
		}
		o.clock.Advance(30 * time.Minute)
		c2()
		if a := o.one(); a.State != alert.Acknowledged {
			o.Errorf("what trickles in after the answer reopened it: %+v", a)
		}
		o.mails()
		o.clock.Advance(time.Hour)
		c2() // it did not help
		if a := o.one(); a.State != alert.Open || a.Answer != alert.AnswerNone {
			o.Errorf("still going on after the answer: %+v", a)
		}
		o.clock.Advance(time.Minute)
		if got := o.mails(); !slices.Equal(got, []string{alert.CauseWorse}) {
			o.Errorf("mails %v", got)
		}
		changes, err := o.svc.History(o.Context(), o.own, id)
		if err != nil || len(changes) != 3 || changes[1].Who != "hanako" || changes[1].Note != "done ケーブルを抜きました" {
			o.Errorf("history %+v, %v", changes, err)
		}
		if err := o.svc.Answer(o.Context(), o.own, id, "hanako", "maybe", ""); !errors.Is(err, alert.ErrInvalid) {
			o.Errorf("unknown answer: %v", err)
		}
		if err := o.svc.Answer(o.Context(), o.own, id, "hanako", alert.AnswerCall, strings.Repeat("x", 5000)); !errors.Is(err, alert.ErrInvalid) {
			o.Errorf("endless note: %v", err)
		}
	})
}

func TestCloseAndLateEvents(t *testing.T) {
	suite(t, func(o *office) {
		c2 := func(v wire.Verdict) alert.Incoming { return o.event("c2", wire.Outbound, v) }
		o.record(o.own, c2(wire.VerdictBlocked))
		a := o.one()
		if err := o.svc.Close(o.Context(), o.own, a.ID, "op-1", "  "); !errors.Is(err, alert.ErrInvalid) {
			o.Errorf("closed without a reason: %v", err)
		}
		late, worse := c2(wire.VerdictBlocked), c2(wire.VerdictPassed)
		o.clock.Advance(time.Hour)
		must(o.T, o.svc.Close(o.Context(), o.own, a.ID, "op-1", "初期化して戻しました"))
		if err := o.svc.Close(o.Context(), o.own, a.ID, "op-1", "again"); !errors.Is(err, alert.ErrClosed) {
			o.Errorf("closed twice: %v", err)
		}
		if err := o.svc.Answer(o.Context(), o.own, a.ID, "hanako", alert.AnswerDone, ""); !errors.Is(err, alert.ErrClosed) {
			o.Errorf("answered after the end: %v", err)
		}
		if _, err := o.svc.ByCase(o.Context(), "op-1", "call", a.Case); !errors.Is(err, alert.ErrNotFound) {
			o.Errorf("a closed alert kept its case number: %v", err)
		}
		o.record(o.own, late) // from a box that was offline
		if got := o.one(); got.State != alert.Closed || got.Count != 2 || got.Reason != "初期化して戻しました" {
			o.Errorf("late event: %+v", got)
		}
		o.record(o.own, worse)
		if got := len(o.list(alert.Filter{})); got != 2 {
			o.Errorf("late and worse: %d alerts, want 2", got)
		}
		o.clock.Advance(time.Minute)
		o.record(o.own, c2(wire.VerdictBlocked))
		if open := o.list(alert.Filter{NotClosed: true}); len(open) != 1 || open[0].Count != 2 {
			o.Errorf("new event after the end: %+v", open)
		}
		if closed := o.list(alert.Filter{State: alert.Closed}); len(closed) != 1 || closed[0].ID != a.ID {
			o.Errorf("closed: %+v", closed)
		}
	})
}
