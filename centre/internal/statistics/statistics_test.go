package statistics_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// kept stands for the reports of a month.
type kept map[string]*report.Figures

func (k kept) All(context.Context, string, string, string) (map[string]*report.Figures, error) {
	return k, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A month is made once, of those who agreed and were there for all of it.
func TestAMonthIsMadeOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		c := clock.NewFake(time.Date(2026, 12, 1, 9, 0, 0, 0, ja.Zone))
		tenants := tenant.New(tenant.Config{Store: s, Clock: c})
		must(t, tenants.EnsureHouse(t.Context(), "Centre"))
		reports, withheld := kept{}, map[string]bool{}
		for i := range 24 {
			id, err := tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: fmt.Sprint("会社", i), Industry: "retail", Region: "27", Size: 6})
			must(t, err)
			f := &report.Figures{Box: true, Attacks: 50}
			switch {
			case i < 2:
				f.Joined, f.Attacks = true, 9000
			case i < 4:
				withheld[id], f.Attacks = true, 9000
			case i < 6:
				f.Box, f.Attacks = false, 0
			}
			reports[id] = f
		}
		svc := statistics.New(statistics.Config{Store: s, Reports: reports, Withheld: func(context.Context) (map[string]bool, error) { return withheld, nil }, Clock: c})
		must(t, svc.Plan(t.Context()))
		must(t, svc.Plan(t.Context())) // another process
		var n int
		var at int64
		must(t, s.Read(t.Context(), tenant.House, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*), max(run_at) FROM job WHERE owner = $1 AND kind = $2`, statistics.Kind).Scan(&n, &at)
		}))
		if want := time.Date(2026, 12, 2, 7, 0, 0, 0, ja.Zone); n != 1 || !store.Time(at).Equal(want) {
			t.Errorf("%d jobs at %s", n, store.Time(at))
		}
		must(t, svc.Handle(t.Context(), tenant.House, []byte(`{"month":"2026-11"}`)))
		for _, f := range reports {
			f.Attacks = 7
		}
		must(t, svc.Handle(t.Context(), tenant.House, []byte(`{"month":"2026-11"}`)))
		all, err := svc.Months(t.Context())
		must(t, err)
		if len(all) != 1 || all[0].All.Mean != 50 || all[0].All.Companies != 10 || len(all[0].Regions) != 1 || all[0].Regions[0].Hidden {
			t.Errorf("%+v", all)
		}
		if err := svc.Handle(t.Context(), tenant.House, []byte(`{`)); err == nil {
			t.Error("a broken job")
		}
	}, tenant.Schema(), job.Schema(), statistics.Schema())
}
