package care_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"otasuke/centre/internal/care"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A vendor's person has no company until one is given, has none that was taken, and none after another role; the company's
// record says all of it.
func TestNothingUnlessGiven(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx, c := t.Context(), clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC))
		people := tenant.New(tenant.Config{Store: s, Clock: c})
		must(t, people.EnsureHouse(ctx, "centre"))
		svc := care.New(s, people, c)
		company := func(name string) string {
			id, err := people.CreateCompany(ctx, "system", tenant.Company{Name: name})
			must(t, err)
			return id
		}
		person := func(n int, role tenant.Role) string {
			id, err := people.AddPerson(ctx, "system", tenant.Person{TenantID: tenant.House, Name: fmt.Sprintf("業者%d", n), Email: fmt.Sprintf("p%d@vendor.example", n), Role: role})
			must(t, err)
			return id
		}
		a, b := company("A"), company("B")
		vendor, colleague, analyst := person(1, tenant.RoleVendor), person(2, tenant.RoleVendor), person(3, tenant.RoleAnalyst)
		has := func(id string, want ...string) {
			t.Helper()
			got, err := svc.Companies(ctx, "test", id)
			slices.Sort(want)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v, want %v: %v", got, want, err)
			}
		}
		has(vendor)
		for _, id := range []string{analyst, "nobody", ""} {
			if err := svc.Give(ctx, a, "op", "設置を頼んだため", id); !errors.Is(err, care.ErrNotVendor) {
				t.Errorf("given to %q: %v", id, err)
			}
		}
		if err := svc.Give(ctx, tenant.House, "op", "why", vendor); !errors.Is(err, care.ErrNotVendor) {
			t.Errorf("the house is given: %v", err)
		}
		must(t, svc.Give(ctx, a, "op", "設置を頼んだため", vendor))
		must(t, svc.Give(ctx, a, "op", "設置を頼んだため", vendor)) // twice is once
		must(t, svc.Give(ctx, b, "op", "設置を頼んだため", vendor))
		has(vendor, a, b)
		has(colleague)
		must(t, svc.Take(ctx, a, "op", "契約が終わったため", vendor))
		must(t, svc.Take(ctx, a, "op", "契約が終わったため", colleague)) // never had it
		has(vendor, b)
		if got, err := svc.Of(ctx, b); err != nil || !slices.Equal(got, []string{vendor}) {
			t.Errorf("%v %v", got, err)
		}
		must(t, svc.Forget(ctx, "op", "役割が変わったため", vendor))
		has(vendor)
		log, err := people.AuditLog(ctx, a, 10)
		must(t, err)
		var acts []string
		for _, e := range log {
			if e.Object == "業者1" {
				acts = append(acts, e.Action+" "+e.Who+" "+e.Why)
			}
		}
		if !slices.Equal(acts, []string{"care.take op 契約が終わったため", "care.give op 設置を頼んだため"}) {
			t.Errorf("the record: %q", acts)
		}
		for i := range care.MaxPeople + 1 {
			err := svc.Give(ctx, a, "op", "why", person(10+i, tenant.RoleVendor))
			if (err != nil) != (i == care.MaxPeople) {
				t.Errorf("number %d: %v", i+1, err)
			}
		}
	}, tenant.Schema(), care.Schema())
}
