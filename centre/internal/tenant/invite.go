package tenant

import (
	"context"
	"errors"
	"time"

	"otasuke/centre/internal/store"
)

const (
	// InviteLife is how long an invitation can be taken up: a week with its weekend.
	InviteLife = 7 * 24 * time.Hour
	// maxInvites that wait in a company: whoever took over an owner's session must not
	// send mails to the world in our name.
	maxInvites = 30
)

// Errors of invitations.
var (
	// ErrTooManyInvites wait already.
	ErrTooManyInvites = errors.New("tenant: too many invitations wait")
	// ErrInvited: this address has an invitation that waits.
	ErrInvited = errors.New("tenant: already invited")
)

// Invite is what somebody will be when the invitation is taken up. Until then the
// address gets no other mail and counts for nothing.
type Invite struct {
	ID string
	Person
	By      string // who invited
	Expires time.Time
}

// Invite asks a person into p.TenantID by mail and returns the invitation's id. Whether
// the address belongs to somebody of another company is not told here: it comes out
// only to who can read its mails.
func (s *Service) Invite(ctx context.Context, who string, p Person) (id string, err error) {
	if p.Lang == "" {
		c, err := s.CompanyByID(ctx, p.TenantID)
		if err != nil {
			return "", err
		}
		p.Lang = c.Lang
	}
	if err := p.check(); err != nil {
		return "", err
	}
	if id, err = s.newID(); err != nil {
		return "", err
	}
	now := s.clock.Now()
	return id, s.store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		if _, _, err := selectPersonByEmail(tx, p.Email); !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, ErrEmailTaken)
		}
		if err := dropInvites(tx, now); err != nil {
			return err
		}
		waiting, err := selectInvites(tx)
		if err != nil {
			return err
		}
		for i := range waiting {
			if EmailKey(waiting[i].Email) == EmailKey(p.Email) {
				return ErrInvited
			}
		}
		if len(waiting) >= maxInvites {
			return ErrTooManyInvites
		}
		if _, err := tx.Exec(`INSERT INTO invite (tenant_id, id, email, name, role, lang, mails, invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			id, p.Email, p.Name, string(p.Role), string(p.Lang), p.Mails, who, store.Micros(now), store.Micros(now.Add(InviteLife))); err != nil {
			return err
		}
		return errors.Join(Audit(tx, now, Entry{Who: who, Action: "person.invite." + string(p.Role), Object: p.Email}), tell(tx, TellArgs{What: TellInvite, Ref: id}))
	})
}

// Invites that wait, the oldest first.
func (s *Service) Invites(ctx context.Context, tenantID string) (all []Invite, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectInvites(tx)
		return err
	})
	now := s.clock.Now()
	waiting := all[:0]
	for _, i := range all {
		if now.Before(i.Expires) {
			waiting = append(waiting, i)
		}
	}
	return waiting, err
}

// InviteByID is an invitation that waits.
func (s *Service) InviteByID(ctx context.Context, tenantID, id string) (Invite, error) {
	all, err := s.Invites(ctx, tenantID)
	for _, i := range all {
		if i.ID == id {
			return i, err
		}
	}
	return Invite{}, errors.Join(err, store.ErrNotFound)
}

// Withdraw takes an invitation back; its link does not work any more.
func (s *Service) Withdraw(ctx context.Context, who, tenantID, id string) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		i, err := selectInvite(tx, id)
		if err != nil {
			return err
		}
		return errors.Join(dropInvite(tx, id), Audit(tx, s.clock.Now(), Entry{Who: who, Action: "person.withdraw", Object: i.Email}))
	})
}

// InviteByToken is the invitation behind the link of a mail. [ErrLinkExpired] and
// [store.ErrNotFound] say that there is none (any more).
func (s *Service) InviteByToken(ctx context.Context, token string) (i Invite, err error) {
	l, err := s.loginLink(ctx, token, TellInvite)
	if err != nil {
		return i, err
	}
	err = s.store.Read(ctx, l.TenantID, func(tx *store.Tx) (err error) {
		i, err = selectInvite(tx, l.ref)
		return err
	})
	return i, err
}

// Passwordless says whether somebody of a role has no use for a password: they log in by the identity provider only. Nothing of
// ours that would let them in is made, changed or recovered then.
func (s *Service) Passwordless(r Role) bool { return s.only && r.Inside() }

// Join takes an invitation up: the person exists from now on, with this name and
// password, unless [Service.Passwordless]. [ErrEmailTaken]: the address is known to the centre by now.
func (s *Service) Join(ctx context.Context, token, name, password string) (p Person, err error) {
	i, err := s.InviteByToken(ctx, token)
	if err != nil {
		return p, err
	}
	i.Name = name
	hash := "" // of who cannot log in by one
	if err = i.check(); err == nil && !s.Passwordless(i.Role) {
		hash, err = s.hash(ctx, password)
	}
	if err != nil {
		return p, err
	}
	if i.Person.ID, err = s.newID(); err != nil {
		return p, err
	}
	i.Created = s.clock.Now()
	return i.Person, s.store.Write(ctx, i.TenantID, func(tx *store.Tx) error {
		if _, err := selectInvite(tx, i.ID); err != nil { // somebody was faster
			return err
		}
		if err := s.addPerson(tx, i.Person.ID, i.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE person SET password = $3 WHERE tenant_id = $1 AND id = $2`, i.Person.ID, hash); err != nil {
			return err
		}
		return dropInvite(tx, i.ID)
	})
}

const inviteColumns = `id, tenant_id, email, name, role, lang, mails, invited_by, created_at, expires_at FROM invite`

func scanInvite(scan scanner) (i Invite, err error) {
	var created, expires int64
	err = scan(&i.ID, &i.TenantID, &i.Email, &i.Name, &i.Role, &i.Lang, &i.Mails, &i.By, &created, &expires)
	i.Created, i.Expires = store.Time(created), store.Time(expires)
	return i, err
}

func selectInvite(tx *store.Tx, id string) (Invite, error) {
	return scanInvite(tx.QueryRow(`SELECT `+inviteColumns+` WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectInvites(tx *store.Tx) ([]Invite, error) {
	return store.Collect[Invite](tx.Query(`SELECT ` + inviteColumns + ` WHERE tenant_id = $1 ORDER BY created_at, id`))(scanInvite)
}

// dropInvite takes an invitation away with its links.
func dropInvite(tx *store.Tx, id string) error {
	if _, err := tx.Exec(`DELETE FROM invite WHERE tenant_id = $1 AND id = $2`, id); err != nil {
		return err
	}
	return dropLoginLinks(tx, `ref = $2`, id)
}

func dropInvites(tx *store.Tx, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM invite WHERE tenant_id = $1 AND expires_at <= $2`, store.Micros(now))
	return err
}
