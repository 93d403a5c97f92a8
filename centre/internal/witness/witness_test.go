package witness_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/witness"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who rewrites the whole database, with a chain that adds up, is found by what was kept elsewhere.
func TestARewrittenRecordIsFound(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		people := tenant.New(tenant.Config{Store: s, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: "佐藤製作所"})
		must(t, err)
		must(t, people.Audit(t.Context(), id, "op", "view.alert", "a1", "電話での相談"))
		w := witness.New(witness.Config{Store: s, Verify: people.VerifyAudit})
		before, err := w.Look(t.Context())
		must(t, err)
		if len(before.Chains) == 0 || len(before.Digest) != 64 || len(before.Faults()) != 0 {
			t.Fatalf("%+v", before)
		}
		must(t, people.Audit(t.Context(), id, "op", "view.alert", "a2", "電話での相談"))
		must(t, w.Against(t.Context(), &before)) // it went on
		later, err := w.Look(t.Context())
		must(t, err)
		if later.Digest == before.Digest {
			t.Error("the digest is the same")
		}
		must(t, w.Against(t.Context(), &later))
		var log bytes.Buffer
		loud := witness.New(witness.Config{Store: s, Verify: people.VerifyAudit, Log: slog.New(slog.NewTextHandler(&log, nil))})
		did := false
		must(t, loud.After(func(context.Context, string, json.RawMessage) error { did = true; return nil })(t.Context(), tenant.House, nil))
		if !did || !strings.Contains(log.String(), later.Digest) {
			t.Errorf("the log says %s", &log)
		}
		// Kept of another past: the same number of entries with another end, and more than there are.
		forged := later
		forged.Chains = append([]witness.Chain(nil), later.Chains...)
		for i := range forged.Chains {
			forged.Chains[i].Head = before.Digest
		}
		if err := w.Against(t.Context(), &forged); !errors.Is(err, witness.ErrChanged) {
			t.Errorf("another past: %v", err)
		}
		for i := range forged.Chains {
			forged.Chains[i] = later.Chains[i]
			forged.Chains[i].Entries += 5
		}
		if err := w.Against(t.Context(), &forged); !errors.Is(err, witness.ErrChanged) {
			t.Errorf("entries are gone: %v", err)
		}
		// What is let go as too old cannot be compared, and is no fault.
		must(t, s.Write(t.Context(), id, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit_start (tenant_id, seq, hash) VALUES ($1, $2, 'x')`, 1000)
			return err
		}))
		if err := w.Against(t.Context(), &before); err != nil {
			t.Errorf("let go: %v", err)
		}
	}, tenant.Schema())
}
