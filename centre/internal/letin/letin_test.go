package letin_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/letin"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

// One of the staff gets in once, soon, with the reason in the record and the operators told; nobody else does.
func TestLetIn(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), clock.NewFake(time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC))
		people := tenant.New(tenant.Config{Store: s, Clock: now, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true, ProviderOnly: true})
		glass := letin.New(letin.Config{Store: s, Tenants: people, Clock: now})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		is := func(err, want error, when string) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", when, err, want)
			}
		}
		must(people.EnsureHouse(ctx, "センター"))
		customer, err := people.CreateCompany(ctx, "system", tenant.Company{Name: "株式会社佐藤製作所"})
		must(err)
		add := func(company, email string, role tenant.Role) string {
			t.Helper()
			id, err := people.AddPerson(ctx, "system", tenant.Person{TenantID: company, Email: email, Name: email, Role: role})
			must(err)
			return id
		}
		desk := add(tenant.House, "desk@centre.example", tenant.RoleDesk)
		add(tenant.House, "boss@centre.example", tenant.RoleOperator)
		add(tenant.House, "fitter@vendor.example", tenant.RoleVendor)
		add(customer, "hanako@sato.example", tenant.RoleOwner)
		from := tenant.From{Addr: "192.0.2.7:5000"}

		for email, why := range map[string]string{"desk@centre.example": " ? ", "boss@centre.example": ""} {
			_, _, err := glass.Make(ctx, "system:cli", email, why)
			is(err, tenant.ErrInvalid, "no reason")
		}
		for _, email := range []string{"hanako@sato.example", "fitter@vendor.example", "nobody@centre.example"} {
			_, _, err := glass.Make(ctx, "system:cli", email, "provider is away")
			is(err, store.ErrNotFound, email)
		}
		token, expires, err := glass.Make(ctx, "system:cli", "Desk@centre.example", "provider is away")
		must(err)
		if !expires.Equal(now.Now().Add(letin.Life)) {
			t.Error(expires)
		}
		var told int
		must(s.Read(ctx, tenant.House, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND args LIKE '%person.let_in%'`).Scan(&told)
		}))
		if told != 2 {
			t.Errorf("%d are told", told)
		}
		entries, err := people.AuditLog(ctx, tenant.House, 1)
		must(err)
		if e := entries[0]; e.Who != "system:cli" || e.Action != "person.let_in" || e.Object != desk || e.Why != "provider is away" {
			t.Errorf("%+v", e)
		}
		// Of two at once one gets in.
		errs, sessions := make([]error, 2), make([]tenant.Session, 2)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { sessions[i], _, errs[i] = glass.Break(ctx, token, from) })
		}
		all.Wait()
		in := 0
		for i, err := range errs {
			if err == nil {
				in++
				if x := sessions[i]; x.PersonID != desk || x.Pending || !x.Vouched || !x.FactorBy.IsZero() {
					t.Errorf("%+v", x)
				}
			} else if !errors.Is(err, tenant.ErrLinkUsed) && !errors.Is(err, tenant.ErrLinkExpired) {
				t.Error(err)
			}
		}
		if in != 1 {
			t.Errorf("%d got in", in)
		}
		if got, err := people.Sessions(ctx, tenant.House, desk); err != nil || len(got) != 1 {
			t.Errorf("%d sessions, %v", len(got), err)
		}
		_, _, err = glass.Break(ctx, token, from)
		is(err, tenant.ErrLinkExpired, "again")
		_, err = glass.Who(ctx, "made up")
		is(err, store.ErrNotFound, "made up")
		token, _, err = glass.Make(ctx, "system:cli", "desk@centre.example", "provider is away")
		must(err)
		now.Advance(letin.Life)
		_, _, err = glass.Break(ctx, token, from)
		is(err, tenant.ErrLinkExpired, "too late")
		token, _, err = glass.Make(ctx, "system:cli", "desk@centre.example", "provider is away")
		must(err)
		must(people.RemovePerson(ctx, "test", tenant.House, desk))
		_, _, err = glass.Break(ctx, token, from)
		is(err, store.ErrNotFound, "who has left")
	}, tenant.Schema(), job.Schema())
}
