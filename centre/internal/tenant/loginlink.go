package tenant

import (
	"context"
	"time"

	"otasuke/centre/internal/store"
)

// linkKept is how long an expired link is known, so that its page can say "expired"
// instead of "unknown".
const linkKept = 30 * 24 * time.Hour

// loginLink is the link of a mail about a login: of an invitation or a recovery. Opening
// it must only show a page that asks; mail scanners open links.
type loginLink struct {
	TenantID, ref string
}

// NewLoginLink makes the token for a mail: kind is [TellInvite], [TellRecovery] or
// [LinkCancel], ref the invitation or recovery. Only a hash is kept, so each mail needs
// its own.
func (s *Service) NewLoginLink(ctx context.Context, tenantID, kind, ref string, expires time.Time) (token string, err error) {
	token, id, err := s.newToken()
	if err != nil {
		return "", err
	}
	return token, s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if err := dropLoginLinks(tx, `expires_at <= $2`, store.Micros(s.clock.Now().Add(-linkKept))); err != nil {
			return err
		}
		if err := tx.Point("login", id); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO login_link (tenant_id, id, kind, ref, expires_at) VALUES ($1, $2, $3, $4, $5)`, id, kind, ref, store.Micros(expires))
		return err
	})
}

func (s *Service) loginLink(ctx context.Context, token, kind string) (l loginLink, err error) {
	id := hashText(token)
	if l.TenantID, err = s.store.Owner(ctx, "login", id); err != nil {
		return l, err
	}
	var expires int64
	err = s.store.Read(ctx, l.TenantID, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT ref, expires_at FROM login_link WHERE tenant_id = $1 AND id = $2 AND kind = $3`, id, kind).Scan(&l.ref, &expires)
	})
	if err == nil && !s.clock.Now().Before(store.Time(expires)) {
		err = ErrLinkExpired
	}
	return l, err
}

// LinkRef is what a link is about that a room above made by [Service.NewLoginLink].
func (s *Service) LinkRef(ctx context.Context, token, kind string) (string, error) {
	l, err := s.loginLink(ctx, token, kind)
	return l.ref, err
}

// SpendLink uses a link up; [ErrLinkUsed] when it was.
func SpendLink(tx *store.Tx, token string) error {
	n, err := tx.Exec(`UPDATE login_link SET expires_at = 0 WHERE tenant_id = $1 AND id = $2 AND expires_at > 0`, hashText(token))
	if err == nil && n == 0 {
		err = ErrLinkUsed
	}
	return err
}

// dropLoginLinks forgets those that a condition with $2 names.
func dropLoginLinks(tx *store.Tx, where string, arg any) error {
	return drop(tx, "login", "login_link", where, arg)
}
