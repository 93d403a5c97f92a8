package tenant_test

import (
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/totp"
)

// From the day on which the organisation's people log in by its identity provider only, nothing of ours lets them in: no
// password, code or session of before, and none that the desk or a stolen session could make. Vendors and customers go on.
func TestNothingRoundTheProvider(t *testing.T) {
	suite(t, func(o *office) {
		boss := o.operator()
		add := func(email string, role tenant.Role) string {
			t.Helper()
			id, err := o.svc.AddPerson(o.Context(), "system", tenant.Person{TenantID: tenant.House, Email: email, Name: "x", Role: role})
			must(o.T, err)
			must(o.T, o.svc.SetPassword(o.Context(), "system", tenant.House, id, password))
			return id
		}
		desk, vendor := add("desk@centre.example", tenant.RoleDesk), add("vendor@works.example", tenant.RoleVendor)
		x, token := o.login("desk@centre.example")
		must(o.T, o.svc.BeginFactor(o.Context(), x, password))
		begun, err := o.svc.StartRecovery(o.Context(), boss, tenant.House, desk, false, "called, voice known")
		must(o.T, err)
		link, err := o.svc.NewLoginLink(o.Context(), tenant.House, tenant.TellRecovery, begun.ID, begun.Expires)
		must(o.T, err)
		secret, err := o.svc.FactorSecret(o.Context(), x)
		must(o.T, err)

		o.svc = tenant.New(tenant.Config{Store: o.s, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, ProviderOnly: true})
		o.alive(token, false)
		_, _, err = o.svc.Login(o.Context(), "desk@centre.example", password, tenant.From{})
		o.is(err, tenant.ErrLogin)
		for name, err := range map[string]error{
			"password of the server": o.svc.SetPassword(o.Context(), "system", tenant.House, desk, other),
			"own password":           o.svc.ChangePassword(o.Context(), x, password, other),
			"secret":                 o.svc.Sure(o.Context(), x, password),
			"factor":                 o.svc.BeginFactor(o.Context(), x, password),
			"factor off":             o.svc.RemoveFactor(o.Context(), x, "123456"),
		} {
			o.is(err, store.ErrNotFound)
			if err == nil {
				t.Error(name)
			}
		}
		_, err = o.svc.ConfirmFactor(o.Context(), x, totp.Code(secret, totp.Step(o.clock.Now())))
		o.is(err, store.ErrNotFound)
		for _, factor := range []bool{false, true} {
			_, err = o.svc.StartRecovery(o.Context(), boss, tenant.House, desk, factor, "called, voice known")
			o.is(err, store.ErrNotFound)
		}
		o.clock.Set(begun.Valid)
		_, err = o.svc.Recover(o.Context(), link, other) // which was begun before
		o.is(err, store.ErrNotFound)
		must(o.T, o.s.Write(o.Context(), tenant.House, func(tx *store.Tx) error {
			_, _, err := o.svc.Enter(tx, desk, "half", tenant.From{})
			o.is(err, tenant.ErrLogin)
			_, fresh, err := o.svc.EnterVouched(tx, desk, true, tenant.From{})
			token = fresh
			return err
		}))
		o.alive(token, true)

		_, _, err = o.svc.Login(o.Context(), "vendor@works.example", password, tenant.From{})
		must(o.T, err)
		for company, person := range map[string]string{tenant.House: vendor, o.own: o.owner} {
			_, err = o.svc.StartRecovery(o.Context(), boss, company, person, false, "called, voice known")
			must(o.T, err)
		}
	})
}
