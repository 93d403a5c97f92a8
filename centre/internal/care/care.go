// Package care says which people of vendors look after the boxes of which companies. Without a row here a vendor sees no
// company at all: neither that it is a customer nor how its boxes are. A row is the company's own, so that it is exported and
// deleted with it, and each that is given or taken stands in the company's record.
//
// Level 3: the console gives and takes, and shows vendors what is theirs.
package care

import (
	"context"
	"embed"
	"errors"
	"slices"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of this domain; it points to those of tenant.
func Schema() store.Schema { return store.Sub("care", migrations) }

const (
	// MaxPeople of vendors look after a company: one or two do, and their stand-ins.
	MaxPeople = 20
	// MaxCompanies is how many companies a person sees: more is a provider, who has staff of another role.
	MaxCompanies = 500
)

// Errors.
var (
	// ErrNotVendor: nobody of the centre with that id has the role of a vendor.
	ErrNotVendor = errors.New("care: not a vendor's person")
	// ErrTooMany: [MaxPeople] or [MaxCompanies].
	ErrTooMany = errors.New("care: too many")
)

// People are tenant.Service.
type People interface {
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
}

// Service is safe for concurrent use.
type Service struct {
	store  *store.Store
	people People
	clock  clock.Clock
}

// New makes the service. Its table must have been migrated. A nil clock is the machine's.
func New(s *store.Store, people People, c clock.Clock) *Service {
	if c == nil {
		c = clock.System{}
	}
	return &Service{store: s, people: people, clock: c}
}

// Vendors are the people of the centre who can be given companies.
func (s *Service) Vendors(ctx context.Context) ([]tenant.Person, error) {
	all, err := s.people.People(ctx, tenant.House)
	return slices.DeleteFunc(slices.Clone(all), func(p tenant.Person) bool { return p.Role != tenant.RoleVendor }), err
}

// Of are the ids of who looks after a company.
func (s *Service) Of(ctx context.Context, tenantID string) (all []string, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) error {
		all, err = people(tx)
		return err
	})
	return all, err
}

// Companies are those that a vendor's person looks after; who asks is written down.
func (s *Service) Companies(ctx context.Context, who, personID string) (all []string, err error) {
	err = s.store.AsOperator(ctx, who, "which companies are a vendor's", func(tx *store.AllTx) error {
		all, err = companies(tx, personID)
		return err
	})
	return all, err
}

// Give lets a vendor's person see how a company's boxes are.
func (s *Service) Give(ctx context.Context, tenantID, who, why, personID string) error {
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(vendors, func(p tenant.Person) bool { return p.ID == personID })
	if i < 0 || tenantID == tenant.House {
		return ErrNotVendor
	}
	all, err := s.Companies(ctx, who, personID)
	if err != nil {
		return err
	}
	if len(all) >= MaxCompanies {
		return ErrTooMany
	}
	now := s.clock.Now()
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := people(tx)
		if err != nil || slices.Contains(all, personID) {
			return err
		}
		if len(all) >= MaxPeople {
			return ErrTooMany
		}
		if _, err := tx.Exec(`INSERT INTO care (tenant_id, person_id, given_by, at) VALUES ($1, $2, $3, $4)`, personID, who, store.Micros(now)); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "care.give", Object: vendors[i].Name, Why: why})
	})
}

// Take ends that, at once.
func (s *Service) Take(ctx context.Context, tenantID, who, why, personID string) error {
	names, err := s.people.People(ctx, tenant.House)
	if err != nil {
		return err
	}
	name := personID // of somebody who has left
	for _, p := range names {
		if p.ID == personID {
			name = p.Name
		}
	}
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM care WHERE tenant_id = $1 AND person_id = $2`, personID)
		if err != nil || n == 0 {
			return err
		}
		return tenant.Audit(tx, s.clock.Now(), tenant.Entry{Who: who, Action: "care.take", Object: name, Why: why})
	})
}

// Forget takes all companies from a person who gets another role or leaves: a vendor again, they begin with none.
func (s *Service) Forget(ctx context.Context, who, why, personID string) error {
	all, err := s.Companies(ctx, who, personID)
	for _, id := range all {
		err = errors.Join(err, s.Take(ctx, id, who, why, personID))
	}
	return err
}

func people(tx *store.Tx) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT person_id FROM care WHERE tenant_id = $1 ORDER BY at, person_id`))(scanID)
}

func companies(tx *store.AllTx, personID string) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT tenant_id FROM care WHERE person_id = $1 ORDER BY tenant_id LIMIT $2`, personID, MaxCompanies))(scanID)
}

func scanID(scan func(...any) error) (id string, err error) { err = scan(&id); return id, err }
