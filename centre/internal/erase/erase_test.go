package erase_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A process that dies in the middle leaves the rest to the next; every row is counted once, and nothing can be undone then.
func TestGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	const many = 30_000 // fifteen pieces
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		fake := clock.NewFake(time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC))
		people := tenant.New(tenant.Config{Store: s, Clock: fake})
		must(t, people.EnsureHouse(t.Context(), "centre"))
		id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: "佐藤"})
		must(t, err)
		must(t, s.Write(t.Context(), id, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO seen_event (tenant_id, box_id, id, at)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + fmt.Sprint(many) + `) SELECT $1, 'b', CAST(i AS TEXT), 1 FROM n`)
			return err
		}))
		texts, err := text.Load()
		must(t, err)
		svc := erase.New(erase.Config{Store: s, Verify: people.VerifyAudit, Texts: texts, Clock: fake})
		if _, err := svc.Ask(t.Context(), "op", tenant.House, "centre", "why"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the centre itself: %v", err)
		}
		e, err := svc.Ask(t.Context(), "op", id, "佐藤", "解約")
		must(t, err)
		fake.Advance(erase.Wait)
		args := []byte(fmt.Sprintf(`{"erasure":%q}`, e.ID))
		dying, die := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- svc.Handle(dying, tenant.House, args) }()
		for e.Counts["seen_event"] == 0 && e.State != erase.Told {
			e, err = svc.Get(t.Context(), e.ID)
			must(t, err)
		}
		die()
		if err := <-done; err == nil {
			t.Fatal("it was done before it could be stopped")
		}
		e, err = svc.Get(t.Context(), e.ID)
		must(t, err)
		var left int64
		must(t, s.Read(t.Context(), id, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM seen_event WHERE tenant_id = $1`).Scan(&left)
		}))
		if e.State != erase.Running || left == 0 || left+e.Counts["seen_event"] != many {
			t.Fatalf("%s: %d are left, %d are counted", e.State, left, e.Counts["seen_event"])
		}
		if err := svc.Cancel(t.Context(), "op", id); !errors.Is(err, erase.ErrLate) {
			t.Errorf("undone in the middle: %v", err)
		}
		must(t, svc.Plan(t.Context())) // as the next process does
		must(t, svc.Handle(t.Context(), tenant.House, args))
		e, err = svc.Get(t.Context(), e.ID)
		if err != nil || e.State != erase.Told || e.Counts["seen_event"] != many || e.Counts["company"] != 1 {
			t.Errorf("%+v, %v", e, err)
		}
	}, tenant.Schema(), job.Schema(), device.Schema(), intake.Schema(), erase.Schema())
}
