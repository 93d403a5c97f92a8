package passkey_test

import (
	"errors"
	"slices"
	"testing"

	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/passkey/softkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// Somebody with two passkeys has the password open nothing; a stranger who has it learns nothing, and the desk can help.
func TestByPasskeysAlone(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		k := o.add(o.portal, portal, x, &softkey.Key{})
		o.is(o.portal.SetOnly(o.Context(), x, true, word), passkey.ErrFew)
		o.add(o.portal, portal, x, &softkey.Key{})
		desk, _ := o.login("desk@centre.example")
		early, err := o.people.StartRecovery(o.Context(), desk, o.own, x.PersonID, false, "called, voice known")
		must(t, err)
		link, err := o.people.NewLoginLink(o.Context(), o.own, tenant.TellRecovery, early.ID, early.Expires)
		must(t, err)
		_, elsewhere := o.login("hanako@sato.example")
		o.told(o.own)
		o.is(o.portal.SetOnly(o.Context(), x, true, "wrong password 1"), tenant.ErrPassword)
		must(t, o.portal.SetOnly(o.Context(), x, true, word))
		must(t, o.portal.SetOnly(o.Context(), x, true, word)) // pressed twice
		if got := o.told(o.own); !slices.Equal(got, []string{"person.passkey_only_on"}) {
			t.Errorf("told: %v", got)
		}
		_, err = o.people.SessionByToken(o.Context(), elsewhere)
		o.is(err, tenant.ErrNoSession)
		_, _, right := o.people.Login(o.Context(), "hanako@sato.example", word, there)
		_, _, wrong := o.people.Login(o.Context(), "hanako@sato.example", "wrong password 1", there)
		if o.is(right, tenant.ErrLogin); right == nil || wrong == nil || right.Error() != wrong.Error() {
			t.Errorf("right: %v; wrong: %v", right, wrong)
		}
		refused := 0
		for _, a := range o.actions(o.own) {
			if a == "login.refused" {
				refused++
			}
		}
		if refused != 2 {
			t.Errorf("%d refused logins in the record", refused)
		}
		o.login("jiro@sato.example") // whose password is
		_, err = o.enter(k)
		must(t, err)
		o.clock.Set(early.Valid)
		_, err = o.people.Recover(o.Context(), link, "another password 88")
		o.is(err, tenant.ErrLinkUsed) // asked for when the password was enough

		all, err := o.keys.List(o.Context(), x)
		must(t, err)
		o.is(o.keys.Remove(o.Context(), x, all[0].ID, word), passkey.ErrFew)
		must(t, o.portal.SetOnly(o.Context(), x, false, word))
		if got := o.told(o.own); !slices.Equal(got, []string{"person.passkey_only_off"}) {
			t.Errorf("told: %v", got)
		}
		o.login("hanako@sato.example")

		// All devices are lost: the desk takes everything off, after a day, whatever it ticks.
		must(t, o.portal.SetOnly(o.Context(), x, true, word))
		desk, _ = o.login("desk@centre.example")
		late, err := o.people.StartRecovery(o.Context(), desk, o.own, x.PersonID, false, "called, voice known")
		must(t, err)
		if kept, err := o.people.RecoveryByID(o.Context(), o.own, late.ID); err != nil || !late.Factor || !kept.Factor || !kept.Valid.Equal(o.clock.Now().Add(24*60*60*1e9)) {
			t.Errorf("recovery: %+v %v", kept, err)
		}
		link, err = o.people.NewLoginLink(o.Context(), o.own, tenant.TellRecovery, late.ID, late.Expires)
		must(t, err)
		_, err = o.people.Recover(o.Context(), link, "another password 88")
		o.is(err, tenant.ErrEarly)
		o.clock.Set(late.Valid)
		_, err = o.people.Recover(o.Context(), link, "another password 88")
		must(t, err)
		_, _, err = o.people.Login(o.Context(), "hanako@sato.example", "another password 88", there)
		must(t, err)
		_, err = o.enter(k)
		o.is(err, tenant.ErrLogin)
	})
}

// Of one who removes a passkey and one who wants passkeys alone at the same time, not both come through.
func TestAloneAndRemovedAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("hanako@sato.example")
		o.add(o.portal, portal, x, &softkey.Key{})
		o.add(o.portal, portal, x, &softkey.Key{})
		all, err := o.keys.List(o.Context(), x)
		must(t, err)
		done := make(chan error, 2)
		go func() { done <- o.portal.SetOnly(o.Context(), x, true, word) }()
		go func() { done <- o.keys.Remove(o.Context(), x, all[0].ID, word) }()
		few := 0
		for range 2 {
			if err := <-done; errors.Is(err, passkey.ErrFew) {
				few++
			} else {
				must(t, err)
			}
		}
		only, err := o.keys.Only(o.Context(), x)
		must(t, err)
		left, err := o.keys.List(o.Context(), x)
		must(t, err)
		if few != 1 || only && len(left) < passkey.MinOnly {
			t.Errorf("%d refused; only %v with %d passkeys", few, only, len(left))
		}
		// Who leaves takes the wish along.
		must(t, o.store.Write(o.Context(), o.own, func(tx *store.Tx) error {
			keys := passkey.Keys{}
			if err := keys.Drop(tx, x.PersonID); err != nil {
				return err
			}
			only, err = keys.Only(tx, x.PersonID)
			return err
		}))
		if only {
			t.Error("without passkeys nothing opens")
		}
	})
}
