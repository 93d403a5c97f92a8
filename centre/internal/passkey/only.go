package passkey

import (
	"context"
	"errors"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// MinOnly is how many passkeys somebody must have to be let in by them alone: one device gets lost. Recovery codes do not
// count, for they are the second factor of a password.
const MinOnly = 2

// ErrFew: there would be too few passkeys to be let in by them alone.
var ErrFew = errors.New("passkey: too few passkeys to do without the password")

// Only says whether who is logged in wants to be let in by passkeys alone.
func (s *Service) Only(ctx context.Context, x tenant.Session) (only bool, err error) {
	err = s.cfg.Store.Read(ctx, x.TenantID, func(tx *store.Tx) (err error) {
		only, err = selectOnly(tx, x.PersonID)
		return err
	})
	return only, err
}

// SetOnly has the password of who is logged in open nothing any more, or open again, after the secret of
// [tenant.Service.Sure]. The password then is of use only to be asked for again by that. On: [ErrFew] below [MinOnly]
// passkeys of this site; the person's other sessions end, which a password may have begun, and so do recoveries that were
// asked for before. To have what is so already is no error, and is told nobody.
func (f *Face) SetOnly(ctx context.Context, x tenant.Session, only bool, secret string) error {
	if err := f.cfg.Tenants.Sure(ctx, x, secret); err != nil {
		return err
	}
	return f.cfg.Store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if err := holdPerson(tx, x.PersonID); err != nil {
			return err
		}
		was, err := selectOnly(tx, x.PersonID)
		if err != nil || was == only {
			return err
		}
		if !only {
			return errors.Join(dropOnly(tx, x.PersonID), f.changed(tx, x.PersonID, "person.passkey_only_off"))
		}
		if n, err := countKeys(tx, x.PersonID, f.host); err != nil || n < MinOnly {
			return errors.Join(err, ErrFew)
		}
		now := f.cfg.Clock.Now()
		return errors.Join(insertOnly(tx, x.PersonID, now), tenant.EndOthers(tx, x.PersonID, x.ID), tenant.EndRecoveries(tx, x.PersonID, now),
			f.changed(tx, x.PersonID, "person.passkey_only_on"))
	})
}
