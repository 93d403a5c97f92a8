package tenant

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"otasuke/centre/internal/password"
	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
	"otasuke/internal/throttle"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain.
func Schema() store.Schema { return store.Sub("tenant", migrations) }

// Cost is of password hashes.
type Cost = password.Cost

// Config says what the service works with.
type Config struct {
	Store *store.Store
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
	// Log gets logins refused and the like, without secrets. Default: discarded.
	Log *slog.Logger
	// Rand makes ids and secrets. Default: crypto/rand.
	Rand io.Reader
	// Cost is of password hashes. Default [password.Default]; tests take a cheap one.
	Cost Cost
	// FactorRequired: staff must have a second factor, [FactorGrace] after their first login.
	FactorRequired bool
	// ProviderOnly: people of the operating organisation ([Role.Inside]) log in by its identity provider and by nothing else.
	ProviderOnly bool
	// Keys are people's passkeys, each of which is both factors at once. Default: nobody has any.
	Keys Keys
}

// Keys are the passkeys of people, which a room above keeps.
type Keys interface {
	// Has says whether a person of the transaction's company has one that works.
	Has(tx *store.Tx, personID string) (bool, error)
	// Only says whether a person wants to be let in by them alone: the password opens nothing then.
	Only(tx *store.Tx, personID string) (bool, error)
	// Drop takes all of a person's away, and that wish with them.
	Drop(tx *store.Tx, personID string) error
}

// noKeys is what nobody has.
type noKeys struct{}

func (noKeys) Has(*store.Tx, string) (bool, error)  { return false, nil }
func (noKeys) Only(*store.Tx, string) (bool, error) { return false, nil }
func (noKeys) Drop(*store.Tx, string) error         { return nil }

// Service is the way to companies and people. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	clock  clock.Clock
	log    *slog.Logger
	rand   io.Reader
	hasher *password.Hasher

	byAddress, byAccount, byBoth *throttle.Limiter
	unknown                      *throttle.Limiter // audit entries about nobody
	byCode                       *throttle.Limiter // tries of a second factor, or of the own password
	required                     bool              // staff need a second factor
	keys                         Keys
	only                         bool // [Config.ProviderOnly]
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Keys == nil {
		cfg.Keys = noKeys{}
	}
	if cfg.Cost == (Cost{}) {
		cfg.Cost = password.Default
	}
	limiter := func(burst int, every time.Duration) *throttle.Limiter {
		return throttle.New(throttle.Config{Burst: burst, Every: every, Clock: cfg.Clock})
	}
	return &Service{
		store: cfg.Store, clock: cfg.Clock, log: cfg.Log, rand: cfg.Rand,
		hasher: password.New(cfg.Cost, cfg.Rand),
		// An office of 30 behind one address logs in within minutes on Monday.
		byAddress: limiter(60, 10*time.Second),
		// Guessers from many addresses get 60 tries and then 12 an hour.
		byAccount: limiter(60, 5*time.Minute),
		// Someone who mistypes gets 10 tries and then one a minute.
		byBoth:  limiter(10, time.Minute),
		unknown: limiter(1000, time.Minute),
		// A code of six digits, three of which are right at a time: 5 tries and 12 an hour
		// guess one in three years.
		byCode:   limiter(5, 5*time.Minute),
		required: cfg.FactorRequired,
		keys:     cfg.Keys,
		only:     cfg.ProviderOnly,
	}
}

// newID is a random id of 26 letters and digits (130 bits).
func (s *Service) newID() (string, error) {
	raw := make([]byte, 17)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", fmt.Errorf("tenant: random: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))[:26], nil
}

// CreateCompany adds a customer with one site of the same name and returns its id, which is c.ID when that is
// given by somebody who must not make two. Who is the person who did it, for the audit log.
func (s *Service) CreateCompany(ctx context.Context, who string, c Company) (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	if c.ID == "" {
		var err error
		if c.ID, err = s.newID(); err != nil {
			return "", err
		}
	}
	return c.ID, s.createCompany(ctx, who, c)
}

func (s *Service) createCompany(ctx context.Context, who string, c Company) error {
	site, err := s.newID()
	if err != nil {
		return err
	}
	c.Created = s.clock.Now()
	return s.store.Write(ctx, c.ID, func(tx *store.Tx) error {
		if err := insertCompany(tx, c); err != nil {
			return err
		}
		if err := insertSite(tx, Site{ID: site, Name: c.Name}); err != nil {
			return err
		}
		return Audit(tx, s.clock.Now(), Entry{Who: who, Action: "company.create", Object: c.ID})
	})
}

// EnsureHouse makes the operator's own company when it does not exist. Call it at
// every start of the centre.
func (s *Service) EnsureHouse(ctx context.Context, name string) error {
	_, err := s.CompanyByID(ctx, House)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	c := Company{ID: House, Name: name}
	if err := c.check(); err != nil {
		return err
	}
	return s.createCompany(ctx, "system", c)
}

// CompanyByID is one company, or [store.ErrNotFound].
func (s *Service) CompanyByID(ctx context.Context, tenantID string) (c Company, err error) {
	if tenantID == "" {
		return c, store.ErrNotFound
	}
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		c, err = selectCompany(tx)
		return err
	})
	return c, err
}

// Companies lists all customers by kana, without the house, for staff only. Why
// is written down.
func (s *Service) Companies(ctx context.Context, staff Session, why string) (all []Company, err error) {
	if !staff.Staff {
		return nil, store.ErrNotFound
	}
	err = s.store.AsOperator(ctx, staff.PersonID, why, func(tx *store.AllTx) (err error) {
		all, err = selectCompanies(tx)
		return err
	})
	return all, err
}

// Names maps the id of every company to its name, inside an operator's reading.
func Names(tx *store.AllTx) (map[string]string, error) {
	all, err := selectCompanies(tx)
	names := make(map[string]string, len(all))
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
}

// AddSite adds a place and returns its id.
func (s *Service) AddSite(ctx context.Context, who string, site Site) (string, error) {
	if err := errors.Join(checkLine("site name", site.Name, true), checkLine("address", site.Address, false)); err != nil {
		return "", err
	}
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	site.ID = id
	return id, s.store.Write(ctx, site.TenantID, func(tx *store.Tx) error {
		if err := insertSite(tx, site); err != nil {
			return err
		}
		return Audit(tx, s.clock.Now(), Entry{Who: who, Action: "site.add", Object: id})
	})
}

// Sites lists the places of a company, the first one first.
func (s *Service) Sites(ctx context.Context, tenantID string) (all []Site, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectSites(tx)
		return err
	})
	return all, err
}

// AddPerson adds somebody to p.TenantID and returns the new id. The person cannot
// log in before [Service.SetPassword]. The address may not be known to the centre
// yet ([ErrEmailTaken]).
func (s *Service) AddPerson(ctx context.Context, who string, p Person) (string, error) {
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
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	p.ID, p.Created = id, s.clock.Now()
	return id, s.store.Write(ctx, p.TenantID, func(tx *store.Tx) error { return s.addPerson(tx, who, p) })
}

func (s *Service) addPerson(tx *store.Tx, who string, p Person) error {
	if err := tx.Point("email", EmailKey(p.Email)); errors.Is(err, store.ErrTaken) {
		return ErrEmailTaken
	} else if err != nil {
		return err
	}
	if err := insertPerson(tx, p); err != nil {
		return err
	}
	return Audit(tx, s.clock.Now(), Entry{Who: who, Action: "person.add", Object: p.ID})
}

// People lists the people of a company, the owner first.
func (s *Service) People(ctx context.Context, tenantID string) (all []Person, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectPeople(tx)
		return err
	})
	return all, err
}

// PersonByID is one person of a company.
func (s *Service) PersonByID(ctx context.Context, tenantID, personID string) (p Person, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		p, _, err = selectPerson(tx, personID)
		return err
	})
	return p, err
}

// SetPassword sets the password of a person and ends all of that person's
// sessions.
func (s *Service) SetPassword(ctx context.Context, who, tenantID, personID, password string) error {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return s.setPassword(tx, who, personID, hash, "")
	})
}

// hash is what is kept of a password that may be chosen.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return s.hasher.Hash(ctx, password)
}

// setPassword ends all sessions of the person but the one with id keep. Who is [Service.Passwordless] gets none.
func (s *Service) setPassword(tx *store.Tx, who, personID, hash, keep string) error {
	if p, _, err := selectPerson(tx, personID); err != nil || s.Passwordless(p.Role) {
		return cmp.Or(err, error(store.ErrNotFound))
	}
	n, err := tx.Exec(`UPDATE person SET password = $3 WHERE tenant_id = $1 AND id = $2 AND left_at = 0`, personID, hash)
	if err != nil {
		return err
	}
	if n == 0 {
		return store.ErrNotFound
	}
	if err := endSessions(tx, personID, keep); err != nil {
		return err
	}
	return Audit(tx, s.clock.Now(), Entry{Who: who, Action: "person.password", Object: personID})
}

// All lists all companies but the house, inside an operator's reading.
func All(tx *store.AllTx) ([]Company, error) { return selectCompanies(tx) }
