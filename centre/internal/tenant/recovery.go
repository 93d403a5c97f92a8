package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

// Delays of a recovery. Who talked the desk into one must not get in before the real
// person could read the mail and stop it: an hour for a password, a day when the second
// factor goes as well.
const (
	passwordDelay = time.Hour
	factorDelay   = 24 * time.Hour
	// recoveryLife is how long the link works after the delay.
	recoveryLife = 24 * time.Hour
	minWhy       = 4 // characters that can mean something
)

// LinkCancel is the kind of the link that stops a recovery; [TellRecovery] that of the
// link that takes it up.
const LinkCancel = "cancel"

// ErrEarly: the link of a recovery does not work yet.
var ErrEarly = errors.New("tenant: recovery is not valid yet")

// Recovery lets somebody in again who cannot log in.
type Recovery struct {
	TenantID, ID string
	PersonID     string
	Factor       bool   // the second factor and all passkeys go too
	Who, Why     string // who of the staff, and how they were convinced
	Created      time.Time
	Valid        time.Time // from then on a new password can be set
	Expires      time.Time
	Ended        string // "", "used" or "cancelled"
}

// StartRecovery begins a recovery, after a talk on the telephone. The person and all
// owners are told at once; until it is valid, and after, each of them can cancel it. A
// recovery of the same person that is still open ends. Who is let in by passkeys alone has no other factor that could stay: that
// recovery takes all of it off, with the longer delay.
func (s *Service) StartRecovery(ctx context.Context, staff Session, tenantID, personID string, factor bool, why string) (r Recovery, err error) {
	if !staff.Role.May(MayHelp) || staff.PersonID == personID {
		return r, store.ErrNotFound
	}
	if len([]rune(why)) < minWhy {
		return r, invalid("no reason")
	}
	if r.ID, err = s.newID(); err != nil {
		return r, err
	}
	now := s.clock.Now()
	r.TenantID, r.PersonID, r.Who, r.Why, r.Created = tenantID, personID, staff.PersonID, why, now
	return r, s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		p, err := s.present(tx, personID)
		if err != nil {
			return err
		}
		if p.Role == RoleOperator && staff.Role != RoleOperator || s.Passwordless(p.Role) { // no way up for the desk, none round the provider
			return store.ErrNotFound
		}
		only, err := s.keys.Only(tx, personID)
		if err != nil {
			return err
		}
		r.Factor, r.Valid = factor || only, now.Add(passwordDelay)
		action := "person.recovery"
		if r.Factor {
			r.Valid, action = now.Add(factorDelay), "person.recovery_factor"
		}
		r.Expires = r.Valid.Add(recoveryLife)
		if err := EndRecoveries(tx, personID, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO recovery (tenant_id, id, person_id, factor, who, why, created_at, valid_at, expires_at, ended_at, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '')`,
			r.ID, personID, r.Factor, r.Who, why, store.Micros(now), store.Micros(r.Valid), store.Micros(r.Expires)); err != nil {
			return err
		}
		return errors.Join(Audit(tx, now, Entry{Who: r.Who, Action: action, Object: personID, Why: why}), tell(tx, TellArgs{What: TellRecovery, Ref: r.ID}))
	})
}

// RecoveryByID is one recovery of a company.
func (s *Service) RecoveryByID(ctx context.Context, tenantID, id string) (r Recovery, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		r, err = selectRecovery(tx, id)
		return err
	})
	return r, err
}

// Recoveries that are open, the newest first.
func (s *Service) Recoveries(ctx context.Context, tenantID string) (all []Recovery, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = store.Collect[Recovery](tx.Query(`SELECT `+recoveryColumns+` WHERE tenant_id = $1 AND ended_at = 0 AND expires_at > $2 ORDER BY created_at DESC`, store.Micros(s.clock.Now())))(scanRecovery)
		return err
	})
	return all, err
}

// RecoveryByToken is the recovery behind a link of the given kind. It comes together
// with [ErrLinkUsed], [ErrLinkExpired] or, for the link that takes it up, [ErrEarly]
// when the page can only say so.
func (s *Service) RecoveryByToken(ctx context.Context, token, kind string) (r Recovery, err error) {
	l, err := s.loginLink(ctx, token, kind)
	if err != nil {
		return r, err
	}
	if r, err = s.RecoveryByID(ctx, l.TenantID, l.ref); err != nil {
		return r, err
	}
	return r, s.judge(&r, kind)
}

func (s *Service) judge(r *Recovery, kind string) error {
	now := s.clock.Now()
	switch {
	case r.Ended != "":
		return ErrLinkUsed
	case !now.Before(r.Expires):
		return ErrLinkExpired
	case kind == TellRecovery && now.Before(r.Valid):
		return ErrEarly
	}
	return nil
}

// CancelRecovery stops a recovery by the link of a mail.
func (s *Service) CancelRecovery(ctx context.Context, token string) (r Recovery, err error) {
	if r, err = s.RecoveryByToken(ctx, token, LinkCancel); err != nil {
		return r, err
	}
	return r, s.endRecovery(ctx, r, LinkCancel, func(tx *store.Tx) error {
		return Audit(tx, s.clock.Now(), Entry{Who: "link", Action: "person.recovery_cancelled", Object: r.PersonID})
	})
}

// Recover takes a recovery up: it sets the password, ends all sessions and, if so it
// was begun, takes the second factor and all passkeys off.
func (s *Service) Recover(ctx context.Context, token, password string) (r Recovery, err error) {
	if r, err = s.RecoveryByToken(ctx, token, TellRecovery); err != nil {
		return r, err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return r, err
	}
	return r, s.endRecovery(ctx, r, TellRecovery, func(tx *store.Tx) error {
		if err := s.setPassword(tx, r.PersonID, r.PersonID, hash, ""); err != nil {
			return err
		}
		if r.Factor {
			if err := errors.Join(dropFactor(tx, r.PersonID), s.keys.Drop(tx, r.PersonID)); err != nil {
				return err
			}
		}
		return s.changed(tx, r.PersonID, r.PersonID, "person.recovered")
	})
}

// endRecovery does something and ends the recovery with it, once.
func (s *Service) endRecovery(ctx context.Context, r Recovery, kind string, do func(tx *store.Tx) error) error {
	ended := "used"
	if kind == LinkCancel {
		ended = "cancelled"
	}
	return s.store.Write(ctx, r.TenantID, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE recovery SET ended_at = $3, ended = $4 WHERE tenant_id = $1 AND id = $2 AND ended_at = 0`, r.ID, store.Micros(s.clock.Now()), ended)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: somebody was faster", ErrLinkUsed)
		}
		return do(tx)
	})
}

// EndRecoveries ends those of a person that are open.
func EndRecoveries(tx *store.Tx, personID string, now time.Time) error {
	_, err := tx.Exec(`UPDATE recovery SET ended_at = $3, ended = 'cancelled' WHERE tenant_id = $1 AND person_id = $2 AND ended_at = 0`, personID, store.Micros(now))
	return err
}

const recoveryColumns = `tenant_id, id, person_id, factor, who, why, created_at, valid_at, expires_at, ended FROM recovery`

func scanRecovery(scan scanner) (r Recovery, err error) {
	var created, valid, expires int64
	err = scan(&r.TenantID, &r.ID, &r.PersonID, &r.Factor, &r.Who, &r.Why, &created, &valid, &expires, &r.Ended)
	r.Created, r.Valid, r.Expires = store.Time(created), store.Time(valid), store.Time(expires)
	return r, err
}

func selectRecovery(tx *store.Tx, id string) (Recovery, error) {
	return scanRecovery(tx.QueryRow(`SELECT `+recoveryColumns+` WHERE tenant_id = $1 AND id = $2`, id).Scan)
}
