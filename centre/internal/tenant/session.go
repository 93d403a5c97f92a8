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

const (
	pendingLife = 10 * time.Minute // how long somebody may look for the telephone with the second factor
	maxAgent    = 300              // of a browser's name of itself
	touchEvery  = time.Minute      // spares the database a write for every page
	tokenBytes  = 32               // 256 bits cannot be guessed
)

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
	Agent    string    // User-Agent of that browser
	// Pending: the password was right, the second factor is missing. Nothing may be
	// shown but the page that asks for it ([Service.Second]).
	Pending bool
	// Factor: the person has an authenticator app as second factor.
	Factor bool
	// Vouched: the organisation's identity provider, or the server's command line, answers for both factors.
	Vouched bool
	// FactorBy is until when staff without a second factor must have one; zero when
	// nothing is asked.
	FactorBy time.Time
}

// MustEnrol says that nothing may be done at now but to set up the second factor.
func (x *Session) MustEnrol(now time.Time) bool {
	return !x.FactorBy.IsZero() && !now.Before(x.FactorBy)
}

// From is where a login comes from.
type From struct {
	Addr  string // "host:port" or address, for the limits
	Agent string // User-Agent, for the list of sessions
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
// cookie and is not kept. It takes as long for unknown people as for known ones. For
// who has a second factor the session is only [Session.Pending].
func (s *Service) Login(ctx context.Context, email, password string, from From) (Session, string, error) {
	address, account := throttle.Address(from.Addr), EmailKey(email)
	for _, try := range []struct {
		limit *throttle.Limiter
		key   string
	}{{s.byAddress, address}, {s.byBoth, account + address}, {s.byAccount, account}} {
		if _, ok := try.limit.Take(try.key); !ok {
			s.log.Warn("too many logins", "address", address)
			return Session{}, "", ErrTooMany
		}
	}
	if len(password) > maxPassword || len(email) > maxEmail {
		return Session{}, "", ErrLogin
	}
	p, hash, keys, err := s.personByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Session{}, "", err
	}
	ok, err := s.hasher.Verify(ctx, password, hash)
	if err != nil {
		return Session{}, "", err
	}
	if !ok || keys || s.Passwordless(p.Role) {
		return Session{}, "", s.Refused(ctx, p, address)
	}
	s.byBoth.Forgive(account + address)
	return s.begin(ctx, p, address, from.Agent)
}

// personByEmail says also whether somebody is let in by passkeys alone. That is asked of strangers as well, so as to take as long.
func (s *Service) personByEmail(ctx context.Context, email string) (p Person, hash string, keys bool, err error) {
	owner, err := s.store.Owner(ctx, "email", EmailKey(email))
	if errors.Is(err, store.ErrNotFound) {
		owner, err = House, nil // reads a little all the same, so as to take as long
	}
	if err != nil {
		return p, "", false, err
	}
	err = s.store.Read(ctx, owner, func(tx *store.Tx) error {
		var err1, err2 error
		p, hash, err1 = selectPersonByEmail(tx, email)
		keys, err2 = s.keys.Only(tx, p.ID)
		return errors.Join(err1, err2)
	})
	return p, hash, keys, err
}

// Refused writes a failed login into the log of the person's company, or of the
// house when there is no such person (no ID), and is [ErrLogin]: both take a write, so that the time taken
// does not tell which it was. Made-up addresses cannot fill the log: after a
// burst they are logged once a minute.
func (s *Service) Refused(ctx context.Context, p Person, address string) error {
	if p.ID != "" {
		return errors.Join(ErrLogin, s.Audit(ctx, p.TenantID, p.ID, "login.refused", address, ""))
	}
	if _, ok := s.unknown.Take(""); !ok {
		return ErrLogin
	}
	return errors.Join(ErrLogin, s.Audit(ctx, House, "system", "login.unknown", address, ""))
}

func (s *Service) begin(ctx context.Context, p Person, address, agent string) (x Session, token string, err error) {
	err = s.store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		pending, err := s.asks(tx, &p)
		if err != nil {
			return err
		}
		x, token, err = s.open(tx, Session{PersonID: p.ID, Address: address, Agent: brief(agent), Pending: pending})
		return err
	})
	return x, token, err
}

// asks says whether somebody who has shown one factor is asked for another.
func (s *Service) asks(tx *store.Tx, p *Person) (bool, error) {
	f, err := selectFactor(tx, p.ID)
	if err != nil || f.confirmed || !s.required || !p.Role.Staff() {
		return f.confirmed, err
	}
	return s.keys.Has(tx, p.ID) // a passkey that was their second factor is not gone round by the first
}

// Enter begins a whole session for who has proved in this transaction, by both factors at once, who they are. With
// pending the half session of that id ends. Who has left is [ErrLogin]. For the room of passkeys.
func (s *Service) Enter(tx *store.Tx, personID, pending string, from From) (x Session, token string, err error) {
	p, err := s.present(tx, personID)
	if errors.Is(err, store.ErrNotFound) || err == nil && s.Passwordless(p.Role) {
		return x, "", ErrLogin
	} else if err != nil {
		return x, "", err
	}
	if pending != "" {
		if err := endSession(tx, pending); err != nil {
			return x, "", err
		}
	}
	return s.open(tx, Session{PersonID: personID, Address: throttle.Address(from.Addr), Agent: brief(from.Agent)})
}

// EnterVouched begins a session for somebody of the operating organisation whom its identity provider proved in this
// transaction: a whole one when it answers for both factors, else one that may be [Session.Pending], as after a password.
// Who has left, or is of elsewhere, is [ErrLogin].
func (s *Service) EnterVouched(tx *store.Tx, personID string, both bool, from From) (x Session, token string, err error) {
	p, err := s.present(tx, personID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Role.Inside() {
		return x, "", ErrLogin
	} else if err != nil {
		return x, "", err
	}
	pending, err := s.asks(tx, &p)
	if err != nil {
		return x, "", err
	}
	return s.open(tx, Session{PersonID: personID, Address: throttle.Address(from.Addr), Agent: brief(from.Agent), Pending: pending && !both, Vouched: both})
}

// InsideByEmail is who of the operating organisation's own people has an address, or [store.ErrNotFound].
func InsideByEmail(tx *store.Tx, email string) (Person, error) {
	p, _, err := selectPersonByEmail(tx, email)
	if err == nil && !p.Role.Inside() {
		err = store.ErrNotFound
	}
	return p, err
}

// EndOthers ends all sessions of a person but the one with the given id.
func EndOthers(tx *store.Tx, personID, keep string) error { return endSessions(tx, personID, keep) }

// open begins the session that x describes by person, address, browser and whether it
// is complete.
func (s *Service) open(tx *store.Tx, x Session) (_ Session, token string, err error) {
	if token, x.ID, err = s.newToken(); err != nil {
		return x, "", err
	}
	p, _, err := selectPerson(tx, x.PersonID)
	if err != nil {
		return x, "", err
	}
	now := s.clock.Now()
	switch x.Created = now; {
	case x.Pending:
		x.Expires = now.Add(pendingLife)
	case p.Role.Staff():
		x.Expires = now.Add(absoluteStaff)
	default:
		x.Expires = now.Add(absoluteOwner)
	}
	if err := dropExpired(tx, now); err != nil {
		return x, "", err
	}
	if err := tx.Point("session", x.ID); err != nil {
		return x, "", err
	}
	if err := insertSession(tx, x); err != nil {
		return x, "", err
	}
	if !x.Pending {
		if _, err := tx.Exec(`UPDATE person SET first_login = $3 WHERE tenant_id = $1 AND id = $2 AND first_login = 0`, p.ID, store.Micros(now)); err != nil {
			return x, "", err
		}
		if err := Audit(tx, now, Entry{Who: p.ID, Action: "login", Object: x.Address}); err != nil {
			return x, "", err
		}
	}
	x, err = s.selectSession(tx, x.ID)
	x.CSRF = csrf(token)
	return x, token, err
}

// brief makes a browser's name of itself fit to be kept.
func brief(agent string) string {
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	return store.Text(agent)
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
		x, err = s.selectSession(tx, id)
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
	if !now.Before(x.Expires) || now.Sub(x.Seen) >= idle || s.Passwordless(x.Role) && !x.Vouched { // begun before it was so
		return Session{}, ErrNoSession
	}
	x.CSRF = csrf(token)
	if now.Sub(x.Seen) >= touchEvery && !x.Pending {
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
		all, err = s.selectSessions(tx, personID, s.clock.Now())
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
		x, err := s.selectSession(tx, sessionID)
		if err != nil {
			return err
		}
		if x.PersonID != personID {
			return store.ErrNotFound
		}
		return endSession(tx, sessionID)
	})
}

// EndSessions ends all sessions of somebody, for who looks after the people (ASVS 7.4.5); it is written down, and the person is told.
func (s *Service) EndSessions(ctx context.Context, who, tenantID, personID string) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return errors.Join(endSessions(tx, personID, ""), s.changed(tx, who, personID, "person.sessions_ended"))
	})
}

const sessionColumns = `s.id, s.person_id, s.tenant_id, p.role, p.name, p.lang, s.created_at, s.seen_at, s.expires_at, s.address, s.agent, s.pending, s.vouched, p.first_login, COALESCE(f.confirmed_at, 0)
	FROM login_session s JOIN person p ON p.tenant_id = s.tenant_id AND p.id = s.person_id
	LEFT JOIN factor f ON f.tenant_id = s.tenant_id AND f.person_id = s.person_id`

func (s *Service) scanSession(scan scanner) (x Session, err error) {
	var created, seen, expires, first, confirmed int64
	err = scan(&x.ID, &x.PersonID, &x.TenantID, &x.Role, &x.Name, &x.Lang, &created, &seen, &expires, &x.Address, &x.Agent, &x.Pending, &x.Vouched, &first, &confirmed)
	x.Created, x.Seen, x.Expires, x.Staff, x.Factor = store.Time(created), store.Time(seen), store.Time(expires), x.Role.Staff(), confirmed != 0
	if s.required && x.Staff && !x.Factor && !x.Vouched && first != 0 {
		x.FactorBy = store.Time(first).Add(FactorGrace)
	}
	return x, err
}

func insertSession(tx *store.Tx, x Session) error {
	_, err := tx.Exec(`INSERT INTO login_session (tenant_id, id, person_id, address, created_at, seen_at, expires_at, agent, pending, vouched) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)`,
		x.ID, x.PersonID, x.Address, store.Micros(x.Created), store.Micros(x.Expires), x.Agent, x.Pending, x.Vouched)
	return err
}

func (s *Service) selectSession(tx *store.Tx, id string) (Session, error) {
	x, err := s.scanSession(tx.QueryRow(`SELECT `+sessionColumns+` WHERE s.tenant_id = $1 AND s.id = $2`, id).Scan)
	if err != nil || x.FactorBy.IsZero() {
		return x, err
	}
	has, err := s.keys.Has(tx, x.PersonID)
	if has {
		x.FactorBy = time.Time{}
	}
	return x, err
}

func (s *Service) selectSessions(tx *store.Tx, personID string, now time.Time) ([]Session, error) {
	return store.Collect[Session](tx.Query(`SELECT `+sessionColumns+` WHERE s.tenant_id = $1 AND s.person_id = $2 AND s.expires_at > $3 AND NOT s.pending ORDER BY s.created_at DESC`,
		personID, store.Micros(now)))(s.scanSession)
}

// dropExpired tidies up on the occasion of a login.
func dropExpired(tx *store.Tx, now time.Time) error {
	return drop(tx, "session", "login_session", `expires_at <= $2`, store.Micros(now))
}
