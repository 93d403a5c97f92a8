package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/internal/throttle"
)

// LinkLetIn is the kind of the link by which somebody of the staff gets in when nothing else works.
const LinkLetIn = "let-in"

// LetInLife is how long such a link works: it is made by somebody who opens it next.
const LetInLife = 15 * time.Minute

// LetIn makes a link that lets somebody of the staff in once, without password, second factor and identity provider: the
// glass to be broken when the provider is away or a setting locks everybody out. Who may do it is root on the server anyway. It
// is written down with the reason, and everybody who runs the centre is told. [ErrInvalid] without a reason,
// [store.ErrNotFound] for who is not of the staff.
func (s *Service) LetIn(ctx context.Context, who, email, why string) (token string, expires time.Time, err error) {
	if utf8.RuneCountInString(strings.TrimSpace(why)) < minWhy {
		return "", expires, invalid("a reason is needed")
	}
	p, _, err := s.personByEmail(ctx, email)
	if err == nil && p.TenantID != House {
		err = store.ErrNotFound
	}
	if err != nil {
		return "", expires, err
	}
	expires = s.clock.Now().Add(LetInLife)
	if token, err = s.NewLoginLink(ctx, House, LinkLetIn, p.ID, expires); err != nil {
		return "", expires, err
	}
	return token, expires, s.store.Write(ctx, House, func(tx *store.Tx) error {
		people, err := selectPeople(tx)
		if err != nil {
			return err
		}
		for _, one := range people {
			if one.ID == p.ID || one.Role.May(MayManage) {
				err = errors.Join(err, tell(tx, TellArgs{What: TellChanged, Note: "person.let_in", Person: one.ID}))
			}
		}
		return errors.Join(err, Audit(tx, s.clock.Now(), Entry{Who: who, Action: "person.let_in", Object: p.ID, Why: why}))
	})
}

// LetInByToken is whom such a link lets in. [ErrLinkExpired] or [store.ErrNotFound].
func (s *Service) LetInByToken(ctx context.Context, token string) (p Person, err error) {
	l, err := s.loginLink(ctx, token, LinkLetIn)
	if err != nil {
		return p, err
	}
	err = s.store.Read(ctx, l.TenantID, func(tx *store.Tx) (err error) {
		p, err = s.staying(tx, l.ref)
		return err
	})
	return p, err
}

// TakeLetIn begins the session of such a link and uses the link up.
func (s *Service) TakeLetIn(ctx context.Context, token string, from From) (x Session, fresh string, err error) {
	p, err := s.LetInByToken(ctx, token)
	if err != nil {
		return x, "", err
	}
	err = s.store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		if _, err := s.present(tx, p.ID); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE login_link SET expires_at = 0 WHERE tenant_id = $1 AND id = $2 AND expires_at > 0`, hashText(token))
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: somebody was faster", ErrLinkUsed)
		}
		if x, fresh, err = s.open(tx, Session{PersonID: p.ID, Address: throttle.Address(from.Addr), Agent: brief(from.Agent), Vouched: true}); err != nil {
			return err
		}
		return Audit(tx, s.clock.Now(), Entry{Who: p.ID, Action: "login.let_in", Object: x.Address})
	})
	return x, fresh, err
}

// staying is a person who has not left, for reading.
func (s *Service) staying(tx *store.Tx, personID string) (p Person, err error) {
	people, err := selectPeople(tx)
	for _, one := range people {
		if one.ID == personID {
			return one, err
		}
	}
	return p, errors.Join(err, store.ErrNotFound)
}
