package alert

import (
	"context"

	"otasuke/centre/internal/store"
)

// Changes that the staff of the centre make.
const (
	ChangeTaken What = "taken" // somebody works on it
	ChangeNoted What = "noted" // what was said or found
)

// Take acknowledges an open alert as somebody of the staff: they work on it.
func (s *Service) Take(ctx context.Context, tenantID, id, who string) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return s.TakeTx(tx, id, who) })
}

// Note adds to the history what was said or found.
func (s *Service) Note(ctx context.Context, tenantID, id, who, note string) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return s.note(tx, id, who, note) })
}
