package passkey

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// A challenge is 16 random bytes (WebAuthn 3, 13.4.3), when it expires, and a seal over both, its purpose and whom it was
// given to. So it proves by itself, on each of several processes, that it is ours.
const (
	nonceBytes = 16
	bodyBytes  = nonceBytes + 8
	sealBytes  = sha256.Size
)

// Purposes of challenges.
const (
	toLogin  = "login"
	toSecond = "second"
	toAdd    = "add"
)

// challenge makes one for a purpose and whom it is bound to: a browser's cookie, or a session.
func (s *Service) challenge(ctx context.Context, purpose, bound string) ([]byte, error) {
	key, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, bodyBytes, bodyBytes+sealBytes)
	if _, err := io.ReadFull(s.cfg.Rand, raw[:nonceBytes]); err != nil {
		return nil, fmt.Errorf("passkey: random: %w", err)
	}
	binary.BigEndian.PutUint64(raw[nonceBytes:], uint64(store.Micros(s.cfg.Clock.Now().Add(ChallengeLife))))
	return append(raw, seal(key, purpose, bound, raw)...), nil
}

// check says whether a challenge is ours, for this purpose and for whom it is bound to, and until when; else [ErrStale].
func (s *Service) check(ctx context.Context, purpose, bound string, raw []byte) (expires time.Time, err error) {
	key, err := s.key(ctx)
	if err != nil {
		return expires, err
	}
	if len(raw) != bodyBytes+sealBytes || !hmac.Equal(raw[bodyBytes:], seal(key, purpose, bound, raw[:bodyBytes])) {
		return expires, ErrStale
	}
	expires = store.Time(int64(binary.BigEndian.Uint64(raw[nonceBytes:bodyBytes])))
	if !s.cfg.Clock.Now().Before(expires) {
		return expires, ErrStale
	}
	return expires, nil
}

func seal(key []byte, purpose, bound string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%q %q ", purpose, bound) // quoted, so that no two pairs read the same
	mac.Write(body)
	return mac.Sum(nil)
}

// key is what seals: made by whichever process needs it first, and the same for all.
func (s *Service) key(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seal != nil {
		return s.seal, nil
	}
	fresh := make([]byte, sealBytes)
	if _, err := io.ReadFull(s.cfg.Rand, fresh); err != nil {
		return nil, fmt.Errorf("passkey: random: %w", err)
	}
	var kept string
	err := s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) {
		kept, err = keepSeal(tx, base64.RawURLEncoding.EncodeToString(fresh))
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.seal, err = base64.RawURLEncoding.DecodeString(kept); err != nil || len(s.seal) != sealBytes {
		s.seal = nil
		return nil, errors.Join(errors.New("passkey: the seal of challenges is damaged"), err)
	}
	return s.seal, nil
}

// spend uses a challenge up, for all companies; [ErrStale] when it was.
func (s *Service) spend(tx *store.Tx, challenge []byte, expires time.Time) error {
	if err := dropSpent(tx, s.cfg.Clock.Now()); err != nil {
		return err
	}
	err := insertSpent(tx, hashed(challenge), expires)
	if errors.Is(err, store.ErrTaken) {
		return ErrStale
	}
	return err
}

// hashed is how the directory knows challenges and credentials.
func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
