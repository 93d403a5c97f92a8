package tenant

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"otasuke/centre/internal/password"
	"otasuke/centre/internal/store"
	"otasuke/internal/throttle"
	"otasuke/internal/totp"
)

const (
	// FactorGrace is how long staff may put off the second factor after their first login:
	// a week in which a telephone can be found.
	FactorGrace = 7 * 24 * time.Hour
	// RecoveryCodes are made at a time, for the day on which the telephone is lost.
	RecoveryCodes = 10
	// codeLetters of a recovery code: 50 bits, two groups of five letters, cannot be guessed
	// at the rate that is allowed.
	codeLetters = 10
)

// Errors of the second factor.
var (
	// ErrCode: the code is wrong, was used or is of another time.
	ErrCode = errors.New("tenant: code is wrong")
	// ErrPassword: the person's own password, asked for again, is wrong.
	ErrPassword = errors.New("tenant: password is wrong")
	// ErrRequired: staff cannot do without the second factor.
	ErrRequired = errors.New("tenant: second factor is required")
)

// letters of recovery codes: base32 as its RFC 4648 has it, without 0, 1 and 8.
var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

type factor struct {
	secret    []byte // nil for none
	confirmed bool
	last      int64
}

func selectFactor(tx *store.Tx, personID string) (f factor, err error) {
	var secret string
	var confirmed int64
	err = tx.QueryRow(`SELECT secret, confirmed_at, last_step FROM factor WHERE tenant_id = $1 AND person_id = $2`, personID).Scan(&secret, &confirmed, &f.last)
	if errors.Is(err, store.ErrNotFound) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	f.confirmed = confirmed != 0
	f.secret, err = letters.DecodeString(secret)
	return f, err
}

// Second takes the code that a [Session.Pending] session asks for, of the authenticator
// or a recovery code, and gives the whole session with a new token. The code is used up.
func (s *Service) Second(ctx context.Context, token, code string, from From) (x Session, fresh string, err error) {
	x, err = s.SessionByToken(ctx, token)
	if err != nil {
		return x, "", err
	}
	if !x.Pending {
		return x, "", ErrNoSession
	}
	if _, ok := s.byCode.Take(x.PersonID); !ok {
		return x, "", ErrTooMany
	}
	address := throttle.Address(from.Addr)
	id, err := s.codeID(ctx, x.PersonID, code)
	if err != nil {
		return x, "", err
	}
	err = s.store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		ok, err := s.spendCode(tx, x.PersonID, code, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrCode
		}
		if err := endSession(tx, x.ID); err != nil {
			return err
		}
		x, fresh, err = s.open(tx, Session{PersonID: x.PersonID, Address: address, Agent: brief(from.Agent)})
		return err
	})
	if errors.Is(err, ErrCode) {
		return x, "", errors.Join(err, s.Audit(ctx, x.TenantID, x.PersonID, "login.refused", address, ""))
	}
	if err == nil {
		s.byCode.Forgive(x.PersonID)
	}
	return x, fresh, err
}

// spendCode says whether a code is right and takes care that it is not again. id is its
// [Service.codeID].
func (s *Service) spendCode(tx *store.Tx, personID, code, id string) (bool, error) {
	f, err := selectFactor(tx, personID)
	if err != nil || !f.confirmed {
		return false, err
	}
	if step, ok := totp.Check(f.secret, code, s.clock.Now(), f.last); ok {
		// The last step stands in the statement too: of two at once one is refused.
		n, err := tx.Exec(`UPDATE factor SET last_step = $3 WHERE tenant_id = $1 AND person_id = $2 AND last_step < $3`, personID, step)
		return n == 1, err
	}
	n, err := tx.Exec(`DELETE FROM factor_code WHERE tenant_id = $1 AND person_id = $2 AND id = $3`, personID, id)
	if err != nil || n == 0 {
		return false, err
	}
	return true, Audit(tx, s.clock.Now(), Entry{Who: personID, Action: "login.recovery_code", Object: personID})
}

// codeID is what is kept of a recovery code: hashed as slowly as a password, with the
// person's random id as salt (ASVS 6.5.2), so that it can be looked up. "" is for what
// is no recovery code.
func (s *Service) codeID(ctx context.Context, personID, code string) (string, error) {
	code = strings.ToUpper(totp.Clean(code))
	if len(code) != codeLetters {
		return "", nil
	}
	salt := sha256.Sum256([]byte("recovery code\x00" + personID))
	key, err := s.hasher.Derive(ctx, code, [password.Salt]byte(salt[:]))
	return hex.EncodeToString(key), err
}

// sure asks for the own password again, before something is changed that keeps others
// out. A stolen cookie alone must not be enough (ASVS 7.5.1).
func (s *Service) sure(ctx context.Context, x Session, password string) error {
	if s.Passwordless(x.Role) {
		return store.ErrNotFound
	}
	if _, ok := s.byCode.Take(x.PersonID + " password"); !ok {
		return ErrTooMany
	}
	var stored string
	err := s.store.Read(ctx, x.TenantID, func(tx *store.Tx) (err error) {
		_, stored, err = selectPerson(tx, x.PersonID)
		return err
	})
	if err != nil {
		return err
	}
	ok, err := s.hasher.Verify(ctx, password, stored)
	if err == nil && !ok {
		return ErrPassword
	}
	if err == nil {
		s.byCode.Forgive(x.PersonID + " password")
	}
	return err
}

// Sure asks who is logged in for what a thief of the session does not have: a fresh code of the authenticator app, or the
// password of who has none. [ErrCode], [ErrPassword] or [ErrTooMany]. For what gives or takes a way in.
func (s *Service) Sure(ctx context.Context, x Session, secret string) error {
	if x.Factor {
		return s.withCode(ctx, x, secret, func(*store.Tx) error { return nil })
	}
	return s.sure(ctx, x, secret)
}

// MustHave says whether somebody may not be without a second factor.
func (s *Service) MustHave(x Session) bool { return s.required && x.Staff }

// BeginFactor makes a new secret for who is logged in. It counts for nothing before
// [Service.ConfirmFactor]; until then the factor before, if any, stays in use.
func (s *Service) BeginFactor(ctx context.Context, x Session, password string) error {
	if err := s.sure(ctx, x, password); err != nil {
		return err
	}
	raw := make([]byte, totp.SecretBytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return fmt.Errorf("tenant: random: %w", err)
	}
	return s.store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		f, err := selectFactor(tx, x.PersonID)
		if err != nil {
			return err
		}
		if f.confirmed {
			return ErrInvalid // it is taken off first, which needs a code
		}
		_, err = tx.Exec(`INSERT INTO factor (tenant_id, person_id, secret, confirmed_at, last_step) VALUES ($1, $2, $3, 0, 0)
			ON CONFLICT (tenant_id, person_id) DO UPDATE SET secret = excluded.secret`, x.PersonID, letters.EncodeToString(raw))
		return err
	})
}

// FactorSecret is the secret that waits to be confirmed, or [store.ErrNotFound]. One in
// use is never shown again.
func (s *Service) FactorSecret(ctx context.Context, x Session) (secret []byte, err error) {
	err = s.store.Read(ctx, x.TenantID, func(tx *store.Tx) error {
		f, err := selectFactor(tx, x.PersonID)
		if err == nil && (f.confirmed || f.secret == nil) {
			err = store.ErrNotFound
		}
		secret = f.secret
		return err
	})
	return secret, err
}

// ConfirmFactor takes the first code of the new secret, puts it in use, ends the
// person's other sessions and gives recovery codes, which are shown once.
func (s *Service) ConfirmFactor(ctx context.Context, x Session, code string) ([]string, error) {
	if s.Passwordless(x.Role) {
		return nil, store.ErrNotFound
	}
	if _, ok := s.byCode.Take(x.PersonID); !ok {
		return nil, ErrTooMany
	}
	codes, ids, err := s.makeCodes(ctx, x.PersonID)
	if err != nil {
		return nil, err
	}
	err = s.store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		f, err := selectFactor(tx, x.PersonID)
		if err != nil {
			return err
		}
		if f.secret == nil || f.confirmed {
			return store.ErrNotFound
		}
		now := s.clock.Now()
		step, ok := totp.Check(f.secret, code, now, f.last)
		if !ok {
			return ErrCode
		}
		if _, err := tx.Exec(`UPDATE factor SET confirmed_at = $3, last_step = $4 WHERE tenant_id = $1 AND person_id = $2`, x.PersonID, store.Micros(now), step); err != nil {
			return err
		}
		if err := putCodes(tx, x.PersonID, ids); err != nil {
			return err
		}
		if err := endSessions(tx, x.PersonID, x.ID); err != nil {
			return err
		}
		return s.changed(tx, x.PersonID, x.PersonID, "person.factor_on")
	})
	if err != nil {
		return nil, err
	}
	s.byCode.Forgive(x.PersonID)
	return codes, nil
}

// makeCodes makes recovery codes and what is kept of them, before a transaction: that is
// slow.
func (s *Service) makeCodes(ctx context.Context, personID string) (codes, ids []string, err error) {
	for range RecoveryCodes {
		raw := make([]byte, codeLetters)
		if _, err := io.ReadFull(s.rand, raw); err != nil {
			return nil, nil, fmt.Errorf("tenant: random: %w", err)
		}
		text := letters.EncodeToString(raw)[:codeLetters]
		id, err := s.codeID(ctx, personID, text)
		if err != nil {
			return nil, nil, err
		}
		codes, ids = append(codes, text[:codeLetters/2]+"-"+text[codeLetters/2:]), append(ids, id)
	}
	return codes, ids, nil
}

// putCodes replaces a person's recovery codes.
func putCodes(tx *store.Tx, personID string, ids []string) error {
	_, err := tx.Exec(`DELETE FROM factor_code WHERE tenant_id = $1 AND person_id = $2`, personID)
	for _, id := range ids {
		_, err1 := tx.Exec(`INSERT INTO factor_code (tenant_id, person_id, id) VALUES ($1, $2, $3)`, personID, id)
		err = errors.Join(err, err1)
	}
	return err
}

// CodesLeft is how many recovery codes somebody has.
func (s *Service) CodesLeft(ctx context.Context, x Session) (n int, err error) {
	err = s.store.Read(ctx, x.TenantID, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM factor_code WHERE tenant_id = $1 AND person_id = $2`, x.PersonID).Scan(&n)
	})
	return n, err
}

// NewCodes replaces all recovery codes, after a code.
func (s *Service) NewCodes(ctx context.Context, x Session, code string) ([]string, error) {
	if _, ok := s.byCode.Take(x.PersonID + " codes"); !ok { // making them is slow, whatever the code
		return nil, ErrTooMany
	}
	codes, ids, err := s.makeCodes(ctx, x.PersonID)
	if err != nil {
		return nil, err
	}
	if err := s.withCode(ctx, x, code, func(tx *store.Tx) error {
		if err := putCodes(tx, x.PersonID, ids); err != nil {
			return err
		}
		return s.changed(tx, x.PersonID, x.PersonID, "person.codes")
	}); err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveFactor takes the second factor off, after a code. Staff who must have one
// cannot; they ask a colleague for a recovery.
func (s *Service) RemoveFactor(ctx context.Context, x Session, code string) error {
	if s.MustHave(x) {
		return ErrRequired
	}
	return s.withCode(ctx, x, code, func(tx *store.Tx) error {
		if err := dropFactor(tx, x.PersonID); err != nil {
			return err
		}
		return s.changed(tx, x.PersonID, x.PersonID, "person.factor_off")
	})
}

func (s *Service) withCode(ctx context.Context, x Session, code string, do func(tx *store.Tx) error) error {
	if s.Passwordless(x.Role) {
		return store.ErrNotFound
	}
	if _, ok := s.byCode.Take(x.PersonID); !ok {
		return ErrTooMany
	}
	id, err := s.codeID(ctx, x.PersonID, code)
	if err != nil {
		return err
	}
	err = s.store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if ok, err := s.spendCode(tx, x.PersonID, code, id); err != nil || !ok {
			return errors.Join(err, ErrCode)
		}
		return do(tx)
	})
	if err == nil {
		s.byCode.Forgive(x.PersonID)
	}
	return err
}

func dropFactor(tx *store.Tx, personID string) error {
	_, err1 := tx.Exec(`DELETE FROM factor WHERE tenant_id = $1 AND person_id = $2`, personID)
	_, err2 := tx.Exec(`DELETE FROM factor_code WHERE tenant_id = $1 AND person_id = $2`, personID)
	return errors.Join(err1, err2)
}

// ChangePassword sets a new password for who knows the old one, and ends the person's
// other sessions.
func (s *Service) ChangePassword(ctx context.Context, x Session, old, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := s.sure(ctx, x, old); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if err := s.setPassword(tx, x.PersonID, x.PersonID, hash, x.ID); err != nil {
			return err
		}
		return tell(tx, TellArgs{What: TellChanged, Note: "person.password", Person: x.PersonID})
	})
}
