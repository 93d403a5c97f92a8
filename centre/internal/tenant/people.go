package tenant

import (
	"context"
	"errors"

	"otasuke/centre/internal/store"
)

// ErrLast: a company must keep one person who runs it.
var ErrLast = errors.New("tenant: last person who runs the company")

// first is the role that a company cannot be without.
func first(tenantID string) Role { return RolesOf(tenantID)[0] }

// ChangePerson gives a person of who's company another role, and mails or none.
func (s *Service) ChangePerson(ctx context.Context, who, tenantID, personID string, role Role, mails bool) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		p, err := s.present(tx, personID)
		if err != nil {
			return err
		}
		if !role.valid() || role.Staff() != (tenantID == House) {
			return invalid("role does not fit the company")
		}
		if err := keepOne(tx, &p, role); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE person SET role = $3, mails = $4 WHERE tenant_id = $1 AND id = $2`, personID, string(role), mails); err != nil {
			return err
		}
		if p.Mails != mails {
			action := "person.mails_off"
			if mails {
				action = "person.mails_on"
			}
			if err := Audit(tx, s.clock.Now(), Entry{Who: who, Action: action, Object: personID}); err != nil {
				return err
			}
		}
		if p.Role == role {
			return nil
		}
		return Audit(tx, s.clock.Now(), Entry{Who: who, Action: "person.role." + string(role), Object: personID})
	})
}

// RemovePerson ends all that a person could do, at once. The name stays for the record
// of who did what; the address does not, and can be invited anew.
func (s *Service) RemovePerson(ctx context.Context, who, tenantID, personID string) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		p, err := s.present(tx, personID)
		if err != nil {
			return err
		}
		if err := keepOne(tx, &p, ""); err != nil {
			return err
		}
		now := s.clock.Now()
		if _, err := tx.Exec(`UPDATE person SET left_at = $3, email = '', password = '', mails = FALSE WHERE tenant_id = $1 AND id = $2`, personID, store.Micros(now)); err != nil {
			return err
		}
		return errors.Join(tx.Unpoint("email", EmailKey(p.Email)), endSessions(tx, personID, ""), dropFactor(tx, personID), s.keys.Drop(tx, personID), dropLinks(tx, personID),
			EndRecoveries(tx, personID, now), Audit(tx, now, Entry{Who: who, Action: "person.remove", Object: personID}))
	})
}

// present is a person who has not left. It holds the company's row, so that of two
// owners who remove each other one is too late.
func (s *Service) present(tx *store.Tx, personID string) (p Person, err error) {
	if _, err := tx.Exec(`UPDATE company SET name = name WHERE tenant_id = $1`); err != nil {
		return p, err
	}
	people, err := selectPeople(tx)
	if err != nil {
		return p, err
	}
	for _, one := range people {
		if one.ID == personID {
			return one, nil
		}
	}
	return p, store.ErrNotFound
}

func keepOne(tx *store.Tx, p *Person, becomes Role) error {
	need := first(tx.Tenant())
	if p.Role != need || becomes == need {
		return nil
	}
	people, err := selectPeople(tx)
	if err != nil {
		return err
	}
	n := 0
	for _, one := range people {
		if one.Role == need {
			n++
		}
	}
	if n < 2 {
		return ErrLast
	}
	return nil
}

// dropLinks takes the buttons of a person's mails out of use.
func dropLinks(tx *store.Tx, personID string) error {
	return drop(tx, "link", "action_link", `person_id = $2`, personID)
}

// NamesOf are the names of all who are or were of a company, by id, for the record of
// who did what.
func (s *Service) NamesOf(ctx context.Context, tenantID string) (names map[string]Person, err error) {
	names = map[string]Person{}
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) error {
		_, err := store.Collect[struct{}](tx.Query(`SELECT id, name, role FROM person WHERE tenant_id = $1`))(func(scan scanner) (struct{}, error) {
			var p Person
			err := scan(&p.ID, &p.Name, &p.Role)
			names[p.ID] = p
			return struct{}{}, err
		})
		return err
	})
	return names, err
}
