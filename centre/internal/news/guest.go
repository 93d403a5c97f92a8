package news

import (
	"context"
	"strings"

	"otasuke/centre/internal/store"
)

// Invited is what the link in a company's mail opens: the seminar, for anybody of that company.
type Invited struct {
	TenantID, Company string
	Piece             Piece
}

// Invited says what a link opens.
func (s *Service) Invited(ctx context.Context, token string) (i Invited, err error) {
	company, id, err := s.open(ctx, forSeat, token)
	if err != nil {
		return i, err
	}
	return s.invited(ctx, company, id)
}

func (s *Service) invited(ctx context.Context, company, id string) (i Invited, err error) {
	err = s.Store.Read(ctx, company, func(tx *store.Tx) error {
		_, err := selectCopy(tx, id)
		return err
	})
	if err != nil {
		return i, err
	}
	c, err := s.Companies.CompanyByID(ctx, company)
	if err != nil {
		return i, err
	}
	i = Invited{TenantID: company, Company: c.Name}
	i.Piece, err = s.Piece(ctx, id)
	if err == nil && i.Piece.Meeting == nil {
		err = store.ErrNotFound
	}
	return i, err
}

// Placed is what the link in the mail about a seat opens.
type Placed struct {
	Invited
	Seat Seat
}

// Placed says what a link opens.
func (s *Service) Placed(ctx context.Context, token string) (p Placed, err error) {
	company, ref, err := s.open(ctx, forPlace, token)
	if err != nil {
		return p, err
	}
	id, seat, _ := strings.Cut(ref, "\x00")
	if p.Invited, err = s.invited(ctx, company, id); err != nil {
		return p, err
	}
	p.Seat, err = s.seat(ctx, company, id, seat)
	return p, err
}

// PlaceLink is the token of somebody's seat.
func (s *Service) PlaceLink(ctx context.Context, tenantID, id, email string) (string, error) {
	return s.sign(ctx, forPlace, tenantID, id+"\x00"+seatID(id, email))
}
