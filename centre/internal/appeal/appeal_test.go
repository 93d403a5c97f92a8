package appeal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// start is Saturday 21 November 2026, 14:05 in Japan.
var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *appeal.Service
	companies  *tenant.Service
	own, decoy string
	allowed    []string
	fails      bool // letting something through
}

var errAllow = errors.New("the policy cannot be written")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// suite runs fn on both engines, beside a company that has asked about the same.
func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		o.svc = appeal.New(s, o.clock, func(tx *store.Tx, who, why, what string) (bool, error) {
			if o.fails {
				return false, errAllow
			}
			o.allowed = append(o.allowed, strings.Join([]string{tx.Tenant(), who, why, what}, "|"))
			return true, nil
		})
		o.companies = tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := o.companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		o.record(o.decoy, "shop.example")
		fn(o)
	}, tenant.Schema(), job.Schema(), appeal.Schema())
}

func (o *office) record(tenantID, what string) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		return o.svc.Record(tx, "経理のPC", &wire.Appeal{What: what, Category: "phishing", List: "feed", Reason: "work"})
	}))
}

func (o *office) all() []appeal.Appeal {
	o.Helper()
	all, err := o.svc.Requests(o.Context(), o.own)
	must(o.T, err)
	return all
}

// jobs counts those of a company that wait.
func (o *office) jobs() (n int) {
	o.Helper()
	must(o.T, o.s.Read(o.Context(), o.own, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = 'appeal.tell'`).Scan(&n)
	}))
	return n
}

// A request reaches the desk once, and its answer reaches the customer.
func TestFromPageToAnswer(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, "shop.example")
		o.clock.Advance(time.Hour)
		o.record(o.own, "SHOP.example")
		must(o.T, o.svc.Ask(o.Context(), o.own, "p1", appeal.Appeal{What: "shop.example", Note: "仕入れに使います"}))
		o.record(o.own, "other.example")
		all := o.all()
		if len(all) != 2 || all[0].What != "other.example" || all[1].Times != 3 || all[1].Note != "仕入れに使います" || all[1].PersonID != "p1" || all[1].Reason != "work" || all[1].Device != "経理のPC" || !all[1].Asked.Equal(start) {
			o.Fatalf("%+v", all)
		}
		if n := o.jobs(); n != 2 {
			o.Errorf("%d jobs for two requests", n)
		}
		queue, err := o.svc.Waiting(o.Context(), "op", "test")
		must(o.T, err)
		if len(queue) != 3 || queue[0].Company != "株式会社さくら金属" || queue[2].What != "other.example" {
			o.Errorf("%+v", queue)
		}
		one := all[1]
		o.fails = true
		if _, err := o.svc.Decide(o.Context(), o.own, one.ID, "op", true, "", "申し出のため"); !errors.Is(err, errAllow) {
			o.Errorf("what cannot be let through is answered: %v", err)
		}
		o.fails = false
		through, err := o.svc.Decide(o.Context(), o.own, one.ID, "op", true, "確かめました。\n問題ありません。", "申し出のため")
		must(o.T, err)
		if want := []string{o.own + "|op|申し出のため|shop.example"}; !through || !slices.Equal(o.allowed, want) {
			o.Errorf("let through: %v, %q", through, o.allowed)
		}
		got, err := o.svc.Request(o.Context(), o.own, one.ID)
		must(o.T, err)
		if got.State != appeal.Accepted || got.Answer != "確かめました。 問題ありません。" || got.AnsweredBy != "op" || !got.Answered.Equal(start.Add(time.Hour)) {
			o.Errorf("%+v", got)
		}
		if _, err := o.svc.Decide(o.Context(), o.own, one.ID, "op2", false, "x", ""); !errors.Is(err, appeal.ErrAnswered) {
			o.Errorf("answered twice: %v", err)
		}
		if n := o.jobs(); n != 3 {
			o.Errorf("%d jobs after the answer", n)
		}
		log, err := o.companies.AuditLog(o.Context(), o.own, 100)
		must(o.T, err)
		if !slices.ContainsFunc(log, func(e tenant.Entry) bool { return e.Action == "appeal.accepted" && e.Object == one.ID && e.Who == "op" }) {
			o.Errorf("the company's record has %+v", log)
		}
		// Blocked once more after the answer: it is asked anew.
		o.record(o.own, "shop.example")
		if all := o.all(); len(all) != 3 || all[0].State != appeal.Open {
			o.Errorf("%+v", all)
		}
	})
}

// Whatever comes is bounded and can be shown; answered ones go after a year.
func TestBounds(t *testing.T) {
	suite(t, func(o *office) {
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			return o.svc.Record(tx, "a\x00b", &wire.Appeal{What: "x\u202e\x00<b>" + strings.Repeat("長", 400), Category: "<i>", List: "l\n", Reason: "'; DROP TABLE appeal"})
		}))
		if a := o.all()[0]; !strings.HasPrefix(a.What, "x<b>長") || len([]rune(a.What)) > 300 || a.Category != "" || a.Reason != "" || a.List != "l" || a.Device != "ab" {
			o.Errorf("%+v", a)
		}
		_, err := o.svc.Decide(o.Context(), o.own, o.all()[0].ID, "op", false, strings.Repeat("長", 600), "")
		must(o.T, err)
		if len(o.allowed) != 0 {
			o.Errorf("refused, and let through: %q", o.allowed)
		}
		o.clock.Advance(appeal.Keep + time.Hour)
		for i := range 210 {
			o.record(o.own, fmt.Sprintf("n%d.example", i))
		}
		if all := o.all(); len(all) != 200 {
			o.Errorf("%d requests", len(all))
		}
		if err := o.svc.Ask(o.Context(), o.own, "p1", appeal.Appeal{What: "more.example"}); !errors.Is(err, appeal.ErrTooMany) {
			o.Errorf("one more: %v", err)
		}
	})
}

// Another company's requests cannot be read or answered.
func TestCompaniesApart(t *testing.T) {
	suite(t, func(o *office) {
		if all := o.all(); len(all) != 0 {
			o.Errorf("%+v", all)
		}
		theirs, err := o.svc.Requests(o.Context(), o.decoy)
		must(o.T, err)
		if _, err := o.svc.Request(o.Context(), o.own, theirs[0].ID); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("read: %v", err)
		}
		if _, err := o.svc.Decide(o.Context(), o.own, theirs[0].ID, "op", true, "", ""); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("answered: %v", err)
		}
	})
}
