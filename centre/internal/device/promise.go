package device

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// HashToken is what is kept of a box's secret, which has 130 random bits.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte("claim token\x00" + token))
	return hex.EncodeToString(sum[:])
}

// Free says whether a company may claim the box with this key: [ErrKeyElsewhere] when it
// is bound to another one.
func (s *Service) Free(ctx context.Context, tenantID, keyHash string) error {
	owner, err := s.cfg.Store.Owner(ctx, keyKind, keyHash)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && owner == tenantID:
		return nil
	case err != nil:
		return err
	}
	return ErrKeyElsewhere
}

// Promise makes a claim that the box with the token of this hash, and with this key alone,
// may collect until expires. who confirmed it.
func (s *Service) Promise(tx *store.Tx, tokenHash, keyHash, siteID, who string, expires time.Time) error {
	now := s.cfg.Clock.Now()
	if err := tx.Point(codeKind, tokenHash); err != nil {
		return err
	}
	if err := insertClaim(tx, tokenHash, siteID, keyHash, now, expires); err != nil {
		return err
	}
	return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "claim.accept", Object: siteID})
}

// Collect is [Service.Redeem] for a box that was promised a claim; [ErrCodeUnknown] until
// it was.
func (s *Service) Collect(ctx context.Context, token string, c Claim, issue Issue) (Box, string, error) {
	return s.use(ctx, HashToken(token), c, issue)
}
