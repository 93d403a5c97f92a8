package cover

import (
	"context"
	"errors"
	"slices"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// ErrInsurer: no terms name such an insurer.
var ErrInsurer = errors.New("cover: no such insurer")

// Insurers are those that the terms name, in order. Where there are several, each of their people decides on claims under the terms
// of one, and on nothing before it was said of whom; where there is one, or none is named, there is nothing to tell apart.
func (s *Service) Insurers() (names []string) {
	for i := range s.Book {
		if n := s.Book[i].Insurer; n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// insurer of a claim's terms.
func (s *Service) insurer(c *Claim) string {
	if v, ok := s.Book.Get(c.Terms); ok {
		return v.Insurer
	}
	return ""
}

// Decides says whether a person of an insurer is one of the claim's.
func (s *Service) Decides(ctx context.Context, personID string, c *Claim) (bool, error) {
	if len(s.Insurers()) < 2 {
		return true, nil
	}
	of, err := s.InsurersOf(ctx)
	name := s.insurer(c)
	return err == nil && name != "" && of[personID] == name, err
}

// InsurersOf says of which insurer people are; who is missing is of none.
func (s *Service) InsurersOf(ctx context.Context) (of map[string]string, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) { of, err = selectInsurers(tx); return err })
	return of, err
}

// SetInsurer says of which insurer a person is; "" of none.
func (s *Service) SetInsurer(ctx context.Context, who, personID, name string) error {
	if name != "" && !slices.Contains(s.Insurers(), name) {
		return ErrInsurer
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return errors.Join(putInsurer(tx, personID, name), tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: "cover.insurer", Object: personID, Why: name}))
	})
}
