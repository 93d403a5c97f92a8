package tenant

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/throttle"
)

// Life of a session. Owners look once a week and on a telephone, so theirs lasts;
// staff see all companies, so theirs ends with the shift.
const (
	idleOwner, absoluteOwner = 7 * 24 * time.Hour, 30 * 24 * time.Hour
	idleStaff, absoluteStaff = time.Hour, 12 * time.Hour
)

// touchEvery spares the database a write for every page.
const touchEvery = time.Minute

// tokenBytes: 256 bits cannot be guessed.
const tokenBytes = 32

// Errors of logging in.
var (
	// ErrLogin: no such person, no password or the wrong one. Which of these is
	// not told.
	ErrLogin = errors.New("tenant: e-mail address or password is wrong")
	// ErrTooMany: too many tries; wait a minute.
	ErrTooMany = errors.New("tenant: too many tries")
	// ErrNoSession: the token is unknown, expired or revoked.
	ErrNoSession = errors.New("tenant: no session")
)

// Session is somebody logged in.
type Session struct {
	ID       string // hash of the token
	PersonID string
	TenantID string
	Role     Role
	Name     string
	Lang     Lang
	Staff    bool
	CSRF     string    // to be repeated by every form of this session
	Created  time.Time // of login
	Seen     time.Time // to the minute
	Expires  time.Time // sooner when idle
	Address  string    // from which the login came
}

func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// newToken makes a secret for a person and the id under which it is kept.
func (s *Service) newToken() (token, id string, err error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", "", fmt.Errorf("tenant: random: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashText(token), nil
}

// csrf derives the form token: whoever can compute it has the session anyway.
func csrf(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("otasuke form token"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Login checks e-mail and password and begins a new session; token goes into the
// cookie and is not kept. remoteAddr ("host:port" or address) is for the limits.
// It takes as long for unknown people as for known ones.
func (s *Service) Login(ctx context.Context, email, password, remoteAddr string) (Session, string, error) {
	address, account := throttle.Address(remoteAddr), emailKey(email)
	for _, try := range []struct {
		limit *throttle.Limiter
		key   string
	}{{s.byAddress, address}, {s.byBoth, account + address}, {s.byAccount, account}} {
		if _, ok := try.limit.Take(try.key); !ok {
			s.log.Warn("too many logins", "address", address)
			return Session{}, "", ErrTooMany
		}
	}
	if len(password) > maxPassword*4 || len(email) > maxEmail {
		return Session{}, "", ErrLogin
	}
	p, hash, err := s.personByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Session{}, "", err
	}
	ok, err := s.hasher.verify(ctx, password, hash)
	if err != nil {
		return Session{}, "", err
	}
	if !ok {
		return Session{}, "", s.refused(ctx, p, address)
	}
	s.byBoth.Forgive(account + address)
	return s.begin(ctx, p, address)
}

func (s *Service) personByEmail(ctx context.Context, email string) (p Person, hash string, err error) {
	owner, err := s.store.Owner(ctx, "email", emailKey(email))
	if errors.Is(err, store.ErrNotFound) {
		owner, err = House, nil // reads a little all the same, so as to take as long
	}
	if err != nil {
		return p, "", err
	}
	err = s.store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		p, hash, err = selectPersonByEmail(tx, email)
		return err
	})
	return p, hash, err
}

// refused writes a failed login into the log of the person's company, or of the
// house when there is no such person: both take a write, so that the time taken
// does not tell which it was. Made-up addresses cannot fill the log: after a
// burst they are logged once a minute.
func (s *Service) refused(ctx context.Context, p Person, address string) error {
	if p.ID != "" {
		return errors.Join(ErrLogin, s.Audit(ctx, p.TenantID, p.ID, "login.refused", address, ""))
	}
	if _, ok := s.unknown.Take(""); !ok {
		return ErrLogin
	}
	return errors.Join(ErrLogin, s.Audit(ctx, House, "system", "login.unknown", address, ""))
}

func (s *Service) begin(ctx context.Context, p Person, address string) (Session, string, error) {
	token, id, err := s.newToken()
	if err != nil {
		return Session{}, "", err
	}
	now := s.clock.Now()
	x := Session{ID: id, PersonID: p.ID, TenantID: p.TenantID, Role: p.Role, Name: p.Name, Lang: p.Lang, Staff: p.Role.Staff(),
		CSRF: csrf(token), Created: now, Seen: now, Address: address, Expires: now.Add(absoluteOwner)}
	if x.Staff {
		x.Expires = now.Add(absoluteStaff)
	}
	err = s.store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		if err := dropExpired(tx, now); err != nil {
			return err
		}
		if err := tx.Point("session", id); err != nil {
			return err
		}
		if err := insertSession(tx, x); err != nil {
			return err
		}
		return Audit(tx, now, Entry{Who: p.ID, Action: "login", Object: address})
	})
	return x, token, err
}

// SessionByToken is the session of a cookie, or [ErrNoSession]. A change of the
// person's role counts at once.
func (s *Service) SessionByToken(ctx context.Context, token string) (Session, error) {
	id := hashText(token)
	owner, err := s.store.Owner(ctx, "session", id)
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, err
	}
	var x Session
	err = s.store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		x, err = selectSession(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, err
	}
	now, idle := s.clock.Now(), idleOwner
	if x.Staff {
		idle = idleStaff
	}
	if !now.Before(x.Expires) || now.Sub(x.Seen) >= idle {
		return Session{}, ErrNoSession
	}
	x.CSRF = csrf(token)
	if now.Sub(x.Seen) >= touchEvery {
		x.Seen = now
		err = s.store.Write(ctx, owner, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE login_session SET seen_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(now))
			return err
		})
	}
	return x, err
}

// Logout ends the session of a cookie; unknown tokens are no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	id := hashText(token)
	owner, err := s.store.Owner(ctx, "session", id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.store.Write(ctx, owner, func(tx *store.Tx) error { return endSession(tx, id) })
}

// Sessions lists where a person is logged in, the newest first. CSRF is empty.
func (s *Service) Sessions(ctx context.Context, tenantID, personID string) (all []Session, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectSessions(tx, personID, s.clock.Now())
		return err
	})
	return all, err
}

// Revoke ends one session of a person, given by Session.ID, or with sessionID ""
// all of them but keep (an ID too, or "").
func (s *Service) Revoke(ctx context.Context, tenantID, personID, sessionID, keep string) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if sessionID == "" {
			return endSessions(tx, personID, keep)
		}
		x, err := selectSession(tx, sessionID)
		if err != nil {
			return err
		}
		if x.PersonID != personID {
			return store.ErrNotFound
		}
		return endSession(tx, sessionID)
	})
}

const sessionColumns = `s.id, s.person_id, s.tenant_id, p.role, p.name, p.lang, s.created_at, s.seen_at, s.expires_at, s.address
	FROM login_session s JOIN person p ON p.tenant_id = s.tenant_id AND p.id = s.person_id`

func scanSession(scan scanner) (x Session, err error) {
	var created, seen, expires int64
	err = scan(&x.ID, &x.PersonID, &x.TenantID, &x.Role, &x.Name, &x.Lang, &created, &seen, &expires, &x.Address)
	x.Created, x.Seen, x.Expires, x.Staff = store.Time(created), store.Time(seen), store.Time(expires), x.Role.Staff()
	return x, err
}

func insertSession(tx *store.Tx, x Session) error {
	_, err := tx.Exec(`INSERT INTO login_session (tenant_id, id, person_id, address, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)`,
		x.ID, x.PersonID, x.Address, store.Micros(x.Created), store.Micros(x.Expires))
	return err
}

func selectSession(tx *store.Tx, id string) (Session, error) {
	return scanSession(tx.QueryRow(`SELECT `+sessionColumns+` WHERE s.tenant_id = $1 AND s.id = $2`, id).Scan)
}

func selectSessions(tx *store.Tx, personID string, now time.Time) ([]Session, error) {
	return store.Collect[Session](tx.Query(`SELECT `+sessionColumns+` WHERE s.tenant_id = $1 AND s.person_id = $2 AND s.expires_at > $3 ORDER BY s.created_at DESC`,
		personID, store.Micros(now)))(scanSession)
}

// dropExpired tidies up on the occasion of a login.
func dropExpired(tx *store.Tx, now time.Time) error {
	ids, err := store.Collect[string](tx.Query(`SELECT id FROM login_session WHERE tenant_id = $1 AND expires_at <= $2`, store.Micros(now)))(
		func(scan scanner) (id string, err error) { err = scan(&id); return id, err })
	for _, id := range ids {
		err = errors.Join(err, endSession(tx, id))
	}
	return err
}
