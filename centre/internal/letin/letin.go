// Package letin is the glass to be broken when nothing else lets the staff in: the identity provider is away, its secret has
// expired, a setting locks everybody out, the last second factor is lost.
//
// Invariants: a link lets one of the operating organisation's own people in, once, within [Life], without password, second
// factor and provider. Who can make one is root on the server and could anyway; so it is written down with the reason before
// it is of use, and the person and everybody who runs the centre are told.
//
// Level 3. Callers: the command line, the console's page behind the link.
package letin

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

const (
	// Life is how long a link works: who makes it opens it next.
	Life = 15 * time.Minute
	// minWhy is in characters that can mean something.
	minWhy = 4
	// kind of the link.
	kind = "let-in"
)

// Config says what the service works with.
type Config struct {
	Store   *store.Store
	Tenants *tenant.Service
	Clock   clock.Clock // default: the machine's
}

// Service makes links and takes them.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg: cfg}
}

// Make makes a link's token for who has an address. [tenant.ErrInvalid] without a reason, [store.ErrNotFound] for who is not of
// the organisation's own people.
func (s *Service) Make(ctx context.Context, who, email, why string) (token string, expires time.Time, err error) {
	if utf8.RuneCountInString(strings.TrimSpace(why)) < minWhy {
		return "", expires, errors.Join(tenant.ErrInvalid, errors.New("letin: a reason is needed (Why)"))
	}
	now := s.cfg.Clock.Now()
	var p tenant.Person
	err = s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if p, err = tenant.InsideByEmail(tx, email); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "person.let_in", Object: p.ID, Why: why})
	})
	if err != nil {
		return "", expires, err
	}
	people, err := s.cfg.Tenants.People(ctx, tenant.House)
	if err != nil {
		return "", expires, err
	}
	expires = now.Add(Life)
	if token, err = s.cfg.Tenants.NewLoginLink(ctx, tenant.House, kind, p.ID, expires); err != nil {
		return "", expires, err
	}
	return token, expires, s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) {
		for _, one := range people {
			if one.ID == p.ID || one.Role.May(tenant.MayManage) {
				err = errors.Join(err, job.Enqueue(tx, job.Job{Kind: tenant.KindTell, Args: tenant.TellArgs{What: tenant.TellChanged, Note: "person.let_in", Person: one.ID}}))
			}
		}
		return err
	})
}

// Who is whom a link lets in. [tenant.ErrLinkExpired], or [store.ErrNotFound].
func (s *Service) Who(ctx context.Context, token string) (p tenant.Person, err error) {
	id, err := s.cfg.Tenants.LinkRef(ctx, token, kind)
	if err != nil {
		return p, err
	}
	return s.cfg.Tenants.PersonByID(ctx, tenant.House, id)
}

// Break uses a link up and begins the session. [tenant.ErrLinkExpired], [tenant.ErrLinkUsed], or [store.ErrNotFound] also for who
// has left.
func (s *Service) Break(ctx context.Context, token string, from tenant.From) (x tenant.Session, fresh string, err error) {
	p, err := s.Who(ctx, token)
	if err != nil {
		return x, "", err
	}
	err = s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if x, fresh, err = s.cfg.Tenants.EnterVouched(tx, p.ID, true, from); err != nil {
			return err
		}
		return errors.Join(tenant.SpendLink(tx, token), tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: p.ID, Action: "login.let_in", Object: x.Address}))
	})
	if errors.Is(err, tenant.ErrLogin) {
		err = store.ErrNotFound
	}
	return x, fresh, err
}
