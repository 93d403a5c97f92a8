package tenant

import (
	"context"
	"errors"
	"time"

	"otasuke/centre/internal/store"
)

// LinkLife is how long the buttons of a mail work: two weeks of holidays.
const LinkLife = 14 * 24 * time.Hour

// linksTidied is how many expired links one new link clears away.
const linksTidied = 50

// Errors of action links. A token that was never given out is [store.ErrNotFound].
var (
	ErrLinkExpired = errors.New("tenant: link has expired")
	ErrLinkUsed    = errors.New("tenant: link was already used")
)

// Link is what a button of a mail allows: to answer one alert as one person,
// once. Opening it must only show a page that asks; mail scanners open links.
type Link struct {
	TenantID string
	AlertID  string
	PersonID string
	Expires  time.Time
	Used     bool
}

// NewActionLink makes a token for the buttons of a mail to personID about
// alertID. tenantID must be the transaction's. Only a hash is kept, so each mail
// needs its own.
func (s *Service) NewActionLink(tx *store.Tx, tenantID, alertID, personID string) (token string, err error) {
	if tenantID != tx.Tenant() {
		return "", store.ErrNotFound
	}
	token, id, err := s.newToken()
	if err != nil {
		return "", err
	}
	now := s.clock.Now()
	if err := tidyLinks(tx, now); err != nil {
		return "", err
	}
	if err := tx.Point("link", id); err != nil {
		return "", err
	}
	_, err = tx.Exec(`INSERT INTO action_link (tenant_id, id, alert_id, person_id, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, 0)`,
		id, alertID, personID, store.Micros(now.Add(LinkLife)))
	return token, err
}

// ActionLink is what a token allows, for the page that asks. A used link is
// returned too, together with [ErrLinkUsed], so that the page can say what was
// answered.
func (s *Service) ActionLink(ctx context.Context, token string) (Link, error) {
	owner, err := s.store.Owner(ctx, "link", hashText(token))
	if err != nil {
		return Link{}, err
	}
	var l Link
	err = s.store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		l, err = s.selectLink(tx, hashText(token))
		return err
	})
	return l, err
}

// SpendActionLink marks the token of the transaction's company as used, in the
// same transaction as the answer. Of two at once, one gets [ErrLinkUsed].
func (s *Service) SpendActionLink(tx *store.Tx, token string) (Link, error) {
	l, err := s.selectLink(tx, hashText(token))
	if err != nil {
		return l, err
	}
	_, err = tx.Exec(`UPDATE action_link SET used_at = $3 WHERE tenant_id = $1 AND id = $2`, hashText(token), store.Micros(s.clock.Now()))
	return l, err
}

func (s *Service) selectLink(tx *store.Tx, id string) (l Link, err error) {
	var expires, used int64
	err = tx.QueryRow(`SELECT tenant_id, alert_id, person_id, expires_at, used_at FROM action_link WHERE tenant_id = $1 AND id = $2`, id).
		Scan(&l.TenantID, &l.AlertID, &l.PersonID, &expires, &used)
	if err != nil {
		return Link{}, err
	}
	l.Expires, l.Used = store.Time(expires), used != 0
	switch {
	case l.Used:
		return l, ErrLinkUsed
	case !s.clock.Now().Before(l.Expires):
		return l, ErrLinkExpired
	}
	return l, nil
}

// tidyLinks forgets links that expired a LinkLife ago; until then their page
// can say "expired" instead of "unknown".
func tidyLinks(tx *store.Tx, now time.Time) error {
	return drop(tx, "link", "action_link", `expires_at <= $2 LIMIT $3`, store.Micros(now.Add(-LinkLife)), linksTidied)
}
