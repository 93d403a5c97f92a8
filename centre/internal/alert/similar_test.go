package alert_test

import (
	"fmt"
	"net/netip"
	"os"
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

// What other companies had before is found, with what became of it.
func TestWhatWasSeenBefore(t *testing.T) {
	suite(t, func(o *office) {
		to := func(class, dst string, sid uint32) alert.Incoming {
			in := o.event(class, wire.Outbound, wire.VerdictBlocked)
			in.Event.Flow.Dst, in.Event.Rule.SID = netip.MustParseAddr(dst), sid
			o.clock.Advance(48 * time.Hour) // each a case of its own
			in.Event.Time = o.clock.Now()
			return in
		}
		newest := func(company string) alert.Alert {
			all, err := o.svc.List(o.Context(), company, alert.Filter{Limit: 1})
			must(o.T, err)
			a, err := o.svc.Get(o.Context(), company, all[0].ID)
			must(o.T, err)
			return a
		}
		past := func(in alert.Incoming, was alert.Outcome) {
			o.record(o.decoy, in)
			if was != "" {
				must(o.T, o.svc.CloseAs(o.Context(), o.decoy, newest(o.decoy).ID, "op-1", was, "わけ "+string(was)))
			}
		}
		past(to("c2", "203.0.113.5", 7), alert.OutcomeHandled)        // same family and other end
		past(to("phishing", "198.51.100.9", 9), alert.OutcomeMisfire) // same rule
		past(to("c2", "198.51.100.9", 7), alert.OutcomeHarmless)      // same family
		past(to("c2", "192.168.1.1", 7), "")                          // same family, and open
		past(to("phishing", "198.51.100.9", 7), alert.OutcomeHandled) // nothing in common
		o.record(o.own, to("c2", "203.0.113.5", 9))
		a := newest(o.own)
		if a.Peer != "203.0.113.5" {
			o.Errorf("the other end is %q", a.Peer)
		}
		past(to("c2", "203.0.113.5", 9), alert.OutcomeHandled) // later: not of before
		sim, err := o.svc.Similar(o.Context(), "op-1", "case", &a)
		must(o.T, err)
		want := alert.Fates{All: 4, Open: 2, Was: map[alert.Outcome]int{alert.OutcomeHandled: 1, alert.OutcomeHarmless: 1}} // one open is that of the suite
		if diff := cmp.Diff(want, sim.Family); diff != "" || sim.Family.Harmless() != 1 {
			o.Error(diff)
		}
		if sim.Peer.All != 2 {
			o.Errorf("same other end: %+v", sim.Peer)
		}
		var got []string
		for i := range sim.Cases {
			c := &sim.Cases[i]
			got = append(got, fmt.Sprint(c.Company, " ", c.Alert.Outcome, " ", c.Family, c.Rule, c.Peer))
		}
		name := "株式会社さくら金属"
		if diff := cmp.Diff([]string{name + "  true false false", name + " harmless true false false", name + " misfire false true false", name + " handled true false true", name + "  true false true"}, got); diff != "" {
			o.Error(diff)
		}
		seen, err := o.s.Accesses(o.Context(), 1)
		if err != nil || seen[0].Who != "op-1" || seen[0].Why != "case" {
			o.Errorf("on record: %+v, %v", seen, err)
		}
	})
}

// An address inside means another thing in each company.
func TestTheOtherEndIsOfTheInternet(t *testing.T) {
	suite(t, func(o *office) {
		for dst, want := range map[string]string{"192.168.1.1": "", "10.0.0.1": "", "127.0.0.1": "", "224.0.0.251": "", "fe80::1": "", "2001:db8::1": "2001:db8::1"} {
			o.clock.Advance(48 * time.Hour)
			in := o.event("c2", wire.Outbound, wire.VerdictBlocked)
			in.Event.Flow.Dst = netip.MustParseAddr(dst)
			o.record(o.own, in)
			if a := o.list(alert.Filter{Limit: 1})[0]; a.Peer != want {
				o.Errorf("%s: %q, want %q", dst, a.Peer, want)
			}
		}
		o.clock.Advance(48 * time.Hour)
		in := o.event("scan", wire.Inbound, wire.VerdictPassed)
		in.Event.Flow.Src, in.Event.Flow.Dst = in.Event.Flow.Dst, in.Event.Flow.Src
		o.record(o.own, in)
		if a := o.list(alert.Filter{Limit: 1})[0]; a.Peer != "203.0.113.5" {
			o.Errorf("from outside: %q", a.Peer)
		}
	})
}

// BenchmarkSimilar looks among 100,000 cases of one family, rule and other end, on the engine that OTASUKE_BENCH names.
func BenchmarkSimilar(b *testing.B) {
	const cases, companies = 100_000, 100
	address := storetest.SQLiteURL(b)
	if os.Getenv("OTASUKE_BENCH") == "postgres" {
		address = storetest.PostgresURL(b)
	}
	s, err := store.Open(b.Context(), store.Config{URL: address})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(b.Context(), job.Schema(), tenant.Schema(), alert.Schema()); err != nil {
		b.Fatal(err)
	}
	svc, people := alert.New(alert.Config{Store: s, Classifier: classes{}}), tenant.New(tenant.Config{Store: s, Clock: clock.NewFake(start)})
	for i := range companies {
		id, err := people.CreateCompany(b.Context(), "system", tenant.Company{Name: fmt.Sprint("C", i)})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Write(b.Context(), id, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO alert (tenant_id, id, case_no, group_key, box_id, device_id, device_name, device_addr, inbound, family, families, stars, blocked, state, answer, answered_at, reason, first_at, last_at, closed_at, notify_at, events, evidence, outcome, peer)
				WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($2 AS BIGINT))
				SELECT $1, '1-' || i, '1', 'g' || i, 'b', 'd', 'PC', '', FALSE, 'c2', '{}', 3, TRUE, 'closed', '', 0, 'x', CAST($3 AS BIGINT) - CAST(i AS BIGINT) * 1000000, 0, CAST($3 AS BIGINT), 0, 1, '[]', 'harmless', '203.0.113.5' FROM n`, cases/companies, store.Micros(start))
			if err == nil {
				_, err = tx.Exec(`INSERT INTO alert_rule (tenant_id, alert_id, gid, sid, msg, at) SELECT tenant_id, id, 1, 7, 'x', first_at FROM alert WHERE tenant_id = $1`)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	all, err := svc.Queue(b.Context(), "x", "x", alert.Filter{State: alert.Closed, Limit: 1})
	if err != nil || len(all) != 1 {
		b.Fatal(err)
	}
	a := all[0].Alert
	a.First = start
	for b.Loop() {
		if sim, err := svc.Similar(b.Context(), "op", "bench", &a); err != nil || sim.Family.All != alert.MaxCounted || len(sim.Cases) != alert.MaxSimilar {
			b.Fatal(sim.Family, len(sim.Cases), err)
		}
	}
}
