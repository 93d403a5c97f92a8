package advisory_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
)

var companies = flag.Int("companies", 20, "so many are compared in TestManyCompanies")

// peak is the most memory that this process had since it was reset, in MiB; 0 where the kernel does not tell.
func peak(reset bool) (mib int) {
	if reset {
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // only measured, not needed
	}
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(text, &mib)
		}
	}
	return mib >> 10
}

// many publishes advisories of ten models each; none of them concerns anybody.
func (o *office) many(from, to int) {
	o.Helper()
	rules, err := content.Load()
	must(o.T, err)
	var all []content.Rule
	for i := from; i < to; i++ {
		r := rules[0]
		r.ID, r.Products = fmt.Sprintf("many-%d", i), nil
		for j := range 10 {
			r.Products = append(r.Products, content.Product{Model: fmt.Sprintf("M%d-%d", i, j), Range: "Ver.2.95以前"})
		}
		all = append(all, r)
	}
	must(o.T, o.svc.Save(o.Context(), "op", all...))
	must(o.T, o.s.Write(o.Context(), tenant.House, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE advisory SET state = 'published' WHERE tenant_id = $1 AND id LIKE 'many-%'`)
		return err
	}))
}

// The night's comparison asks the database as often for each company however many advisories and companies there are.
// With -companies 10000 it measures; each company has 20 devices, and one in a hundred a router that is concerned.
func TestManyCompanies(t *testing.T) {
	suite(t, func(o *office) {
		n := *companies
		tenants := tenant.New(tenant.Config{Store: o.s, Clock: o.clock})
		add := func(from, to int) {
			o.Helper()
			for i := from; i < to; i++ {
				id, err := tenants.CreateCompany(o.Context(), "system", tenant.Company{Name: fmt.Sprintf("見本%d", i)})
				must(o.T, err)
				for d := range 20 {
					model := fmt.Sprint("Other-", d)
					if d == 0 && i%100 == 0 {
						model = "M7-7"
					}
					o.inside(id, d, "Maker", model, "router", firmware("2.9"))
				}
			}
		}
		night := func() (int64, time.Duration) {
			o.Helper()
			svc := advisory.New(advisory.Config{Store: o.s, Devices: o.devices, Clock: o.clock})
			before, began := o.s.Asked(), time.Now()
			must(o.T, svc.HandleAll(o.Context(), tenant.House, json.RawMessage(`{}`)))
			return o.s.Asked() - before, time.Since(began)
		}
		add(0, n/2)
		o.many(0, 10)
		night() // writes what was found
		half, _ := night()
		o.many(10, 500)
		night()
		more, _ := night()
		if more != half {
			o.Errorf("%d statements with 10 advisories, %d with 500", half, more)
		}
		add(n/2, n)
		night()
		base := peak(true)
		all, took := night()
		each := float64(all-half) / float64(n-n/2)
		if limit := map[store.Engine]float64{store.SQLite: 6, store.Postgres: 10}[o.s.Engine()]; each > limit {
			o.Errorf("%.1f statements for each company, at most %.0f", each, limit)
		}
		o.Logf("%d companies, 500 advisories: %v, %.1f statements each, %d MiB at most (%d before)", n, took.Round(time.Millisecond), each, peak(false), base)
	})
}
