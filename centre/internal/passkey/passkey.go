package passkey

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/throttle"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of passkeys; they point to those of tenant.
func Schema() store.Schema { return store.Sub("passkey", migrations) }

const (
	// ChallengeLife is how long a device may take to answer: a telephone must be found and a code scanned.
	ChallengeLife = 5 * time.Minute
	// MaxEach is how many passkeys a person may have: more devices than anybody carries.
	MaxEach = 10
	// MaxName is in characters: a line of a list.
	MaxName = 60
	// MaxAnswer bounds what a browser sends, in bytes: the largest of real ones, with an RSA key, has 3 KiB.
	MaxAnswer = 16 << 10
)

// Errors. A login that fails is [tenant.ErrLogin], whatever the reason.
var (
	// ErrStale: the challenge is too old, was used, or is not this browser's. The same again works.
	ErrStale = errors.New("passkey: challenge expired, used or of elsewhere")
	// ErrAnswer: what the browser sent is broken, or does not prove what it should.
	ErrAnswer = errors.New("passkey: answer does not hold")
	// ErrMany: the person has [MaxEach] already.
	ErrMany = errors.New("passkey: too many")
	// ErrKnown: this passkey is registered already.
	ErrKnown = errors.New("passkey: registered already")
	// ErrName: no name, too long, or characters that cannot be seen.
	ErrName = errors.New("passkey: name")
)

// Key is one passkey.
type Key struct {
	ID       string // for addresses of pages
	PersonID string
	Name     string
	Host     string // where it works
	Created  time.Time
	Used     time.Time // zero: never

	credential, public []byte
	transports         []string
	eligible           bool
	count              uint32
}

// Keys answers tenant's questions about passkeys.
type Keys struct {
	// Portal and Console are the hosts of the faces: what was made for another host works no more.
	Portal, Console string
}

// Has implements [tenant.Keys].
func (k Keys) Has(tx *store.Tx, personID string) (bool, error) {
	host := k.Portal
	if tx.Tenant() == tenant.House {
		host = k.Console
	}
	n, err := countKeys(tx, personID, host)
	return n > 0, err
}

// Only implements [tenant.Keys].
func (Keys) Only(tx *store.Tx, personID string) (bool, error) { return selectOnly(tx, personID) }

// Drop implements [tenant.Keys].
func (Keys) Drop(tx *store.Tx, personID string) error {
	return errors.Join(dropKeys(tx, personID), dropOnly(tx, personID))
}

// Config says what the service works with.
type Config struct {
	Store   *store.Store
	Tenants *tenant.Service
	Clock   clock.Clock  // default: the machine's
	Log     *slog.Logger // gets refused attempts, without secrets; default: discarded
	Rand    io.Reader    // default: crypto/rand
}

// Service is the way to passkeys. It is safe for concurrent use.
type Service struct {
	cfg                 Config
	byAddress, byAnswer *throttle.Limiter

	mu   sync.Mutex
	seal []byte // nil before it was read
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
	return &Service{cfg: cfg,
		// As for passwords: an office of 30 behind one address logs in within minutes on Monday.
		byAddress: throttle.New(throttle.Config{Burst: 60, Every: 10 * time.Second, Clock: cfg.Clock}),
		// As for codes: 5 tries with one passkey, or of one person, and 12 an hour. Forgiven after a right one.
		byAnswer: throttle.New(throttle.Config{Burst: 5, Every: 5 * time.Minute, Clock: cfg.Clock})}
}

// List is a person's passkeys, the oldest first.
func (s *Service) List(ctx context.Context, x tenant.Session) (all []Key, err error) {
	err = s.cfg.Store.Read(ctx, x.TenantID, func(tx *store.Tx) (err error) {
		all, err = selectKeys(tx, x.PersonID)
		return err
	})
	return all, err
}

// Get is one of the person's own passkeys, or [store.ErrNotFound].
func (s *Service) Get(ctx context.Context, x tenant.Session, id string) (k Key, err error) {
	err = s.cfg.Store.Read(ctx, x.TenantID, func(tx *store.Tx) (err error) {
		k, err = own(tx, x, id)
		return err
	})
	return k, err
}

// own is one of the person's own: a colleague's does not exist.
func own(tx *store.Tx, x tenant.Session, id string) (Key, error) {
	k, err := selectKey(tx, id)
	if err == nil && k.PersonID != x.PersonID {
		err = store.ErrNotFound
	}
	return k, err
}

// Rename gives one of the person's own passkeys another name.
func (s *Service) Rename(ctx context.Context, x tenant.Session, id, name string) error {
	name, err := clean(name)
	if err != nil {
		return err
	}
	return s.cfg.Store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if _, err := own(tx, x, id); err != nil {
			return err
		}
		return renameKey(tx, id, name)
	})
}

// Remove takes one of the person's own passkeys away, after the secret of [tenant.Service.Sure], and ends their other
// sessions: the device may be in other hands. The last one of somebody who must have a second factor stays
// ([tenant.ErrRequired]).
func (s *Service) Remove(ctx context.Context, x tenant.Session, id, secret string) error {
	if _, err := s.Get(ctx, x, id); err != nil {
		return err
	}
	if err := s.cfg.Tenants.Sure(ctx, x, secret); err != nil {
		return err
	}
	return s.cfg.Store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if err := holdPerson(tx, x.PersonID); err != nil {
			return err
		}
		k, err := own(tx, x, id)
		if err != nil {
			return err
		}
		n, err := countKeys(tx, x.PersonID, k.Host)
		if err != nil {
			return err
		}
		only, err := selectOnly(tx, x.PersonID)
		switch {
		case err != nil:
			return err
		case n == 1 && !x.Factor && s.cfg.Tenants.MustHave(x):
			return tenant.ErrRequired
		case only && n <= MinOnly:
			return ErrFew
		}
		return errors.Join(dropKey(tx, &k), tenant.EndOthers(tx, x.PersonID, x.ID), s.changed(tx, x.PersonID, "person.passkey_off"))
	})
}

// Offer says whether somebody should hear of passkeys: who has none, and did not hear of them before.
func (s *Service) Offer(ctx context.Context, x tenant.Session) (offer bool, err error) {
	err = s.cfg.Store.Read(ctx, x.TenantID, func(tx *store.Tx) error {
		all, err := selectKeys(tx, x.PersonID)
		if err != nil || len(all) > 0 {
			return err
		}
		heard, err := selectOffer(tx, x.PersonID)
		offer = !heard
		return err
	})
	return offer, err
}

// Heard notes that somebody was shown that there are passkeys: once is enough.
func (s *Service) Heard(ctx context.Context, x tenant.Session) error {
	return s.cfg.Store.Write(ctx, x.TenantID, func(tx *store.Tx) error { return insertOffer(tx, x.PersonID, s.cfg.Clock.Now()) })
}

// NameFault is [ErrName] for what cannot be a passkey's name, before a device is asked to make one.
func NameFault(name string) error {
	_, err := clean(name)
	return err
}

// clean is a name as it is kept.
func clean(name string) (string, error) {
	name = strings.TrimSpace(store.Text(name))
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }
	if name == "" || utf8.RuneCountInString(name) > MaxName || strings.ContainsFunc(name, unseen) {
		return "", ErrName
	}
	return name, nil
}
