package pairing

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
	"otasuke/internal/throttle"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of this package.
func Schema() store.Schema { return store.Sub("pairing", migrations) }

// Errors, besides [ErrMalformed] and those of package device.
var (
	// ErrUnknown: no box shows this code now.
	ErrUnknown = errors.New("pairing: no box shows this code")
	// ErrWaiting: nobody has confirmed the code yet.
	ErrWaiting = errors.New("pairing: not confirmed yet")
	// ErrOver: the code does not count any more; the box asks for a new one.
	ErrOver = errors.New("pairing: code is over")
)

// Limits.
const (
	// life of a code: time to find the password of the portal, not to leave a code lying about.
	life = 15 * time.Minute
	// every is how often a box may ask; people look at both screens meanwhile.
	every = 2 * time.Second
	// collectTime is how long a box may be off between the confirmation and its next poll.
	collectTime = time.Hour
	// maxWaiting boxes at a time: more than a provider sets up in a day. Even then a company that
	// does nothing but guess would meet one of them in fifteen years.
	maxWaiting = 10_000
	// maxSelf characters of what a box says about itself are kept.
	maxSelf = 60
)

// Config says what the service works with.
type Config struct {
	Store   *store.Store
	Devices *device.Service
	// Clock tells the time, Rand makes codes. Defaults: the machine's, crypto/rand.
	Clock clock.Clock
	Rand  io.Reader
}

// Service pairs boxes with companies. It is safe for concurrent use.
type Service struct {
	cfg                 Config
	asks, polls, people *throttle.Limiter
}

// New makes the service. Its table must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	limit := func(burst int, every time.Duration) *throttle.Limiter {
		return throttle.New(throttle.Config{Burst: burst, Every: every, Clock: cfg.Clock})
	}
	return &Service{cfg: cfg,
		asks:   limit(30, time.Minute),          // a workshop unpacks 30 boxes behind one address
		polls:  limit(600, 50*time.Millisecond), // and lets them ask
		people: limit(20, time.Minute),          // a person mistypes a few times, and confirms
	}
}

// Asking is a box that wants a code.
type Asking struct {
	KeyHash, Number string // of its key
	Model, Software string
	Remote          string // "host:port" it comes from
}

// Offer is what it gets.
type Offer struct {
	Code, Token string // for people, and for itself
	Life, Every time.Duration
}

// Waiting is a box that shows a code, as its owner should see it before confirming.
type Waiting struct {
	Number, Model, Software string
	Remote                  string // address that it asked from
	Asked, Expires          time.Time
}

// Ask makes a code for a box; one that it had before does not count any more.
// Errors: [device.ErrTooMany].
func (s *Service) Ask(ctx context.Context, a Asking) (Offer, error) {
	if wait, ok := s.asks.Take(throttle.Address(a.Remote)); !ok {
		return Offer{}, &device.TooMany{Wait: wait}
	}
	code, err := newCode(s.cfg.Rand)
	if err != nil {
		return Offer{}, err
	}
	now := s.cfg.Clock.Now()
	o := Offer{Code: Group(code), Token: strings.ToLower(rand.Text()), Life: life, Every: every}
	r := row{token: device.HashToken(o.Token), keyHash: a.KeyHash, Waiting: Waiting{Number: a.Number, Model: self(a.Model), Software: self(a.Software), Remote: host(a.Remote), Expires: now.Add(life)}}
	err = s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		if err := forget(tx, a.KeyHash, now); err != nil {
			return err
		}
		n, err := count(tx)
		if err != nil {
			return err
		}
		if n >= maxWaiting {
			return &device.TooMany{Wait: time.Minute}
		}
		return insert(tx, hashCode(code), &r, now)
	})
	return o, err
}

// Collect gives a box its identity once its code was confirmed; until then it is
// [ErrWaiting], and [ErrOver] when that will not happen any more.
func (s *Service) Collect(ctx context.Context, token string, c device.Claim, issue device.Issue) (box device.Box, certificate string, err error) {
	if wait, ok := s.polls.Take(throttle.Address(c.Remote)); !ok {
		return box, "", &device.TooMany{Wait: wait}
	}
	box, certificate, err = s.cfg.Devices.Collect(ctx, token, c, issue)
	if !errors.Is(err, device.ErrCodeUnknown) {
		return box, certificate, err
	}
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
		expires, err := expiry(tx, device.HashToken(token))
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && !s.cfg.Clock.Now().Before(expires):
			return ErrOver
		case err != nil:
			return err
		}
		return ErrWaiting
	})
	return box, "", err
}

// Look finds the box that shows a code as typed by somebody of a company; it changes nothing.
// Errors: [ErrMalformed], [ErrUnknown], [device.ErrKeyElsewhere], [device.ErrTooMany].
func (s *Service) Look(ctx context.Context, tenantID, typed string) (Waiting, error) {
	code, err := s.try(tenantID, typed)
	if err != nil {
		return Waiting{}, err
	}
	var r row
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		r, err = open(tx, hashCode(code), s.cfg.Clock.Now())
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrUnknown
	}
	if err == nil {
		err = s.cfg.Devices.Free(ctx, tenantID, r.keyHash)
	}
	return r.Waiting, err
}

// Accept makes the box that shows a code the company's, to stand at siteID ("" if
// undecided); who confirmed it. The errors of [Service.Look].
func (s *Service) Accept(ctx context.Context, tenantID, siteID, who, typed string) error {
	code, err := s.try(tenantID, typed)
	if err != nil {
		return err
	}
	now := s.cfg.Clock.Now()
	err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		r, err := take(tx, hashCode(code), now)
		if err != nil {
			return err
		}
		if err := s.cfg.Devices.Free(ctx, tenantID, r.keyHash); err != nil {
			return err
		}
		return s.cfg.Devices.Promise(tx, r.token, r.keyHash, siteID, who, now.Add(collectTime))
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrUnknown
	}
	return err
}

// try reads a code, and counts the try.
func (s *Service) try(tenantID, typed string) (string, error) {
	code, err := Parse(typed)
	if err != nil {
		return "", err // nothing was guessed by that
	}
	if wait, ok := s.people.Take(tenantID); !ok {
		return "", &device.TooMany{Wait: wait}
	}
	return code, nil
}

// host is the address without its port.
func host(remote string) string {
	if h, _, err := net.SplitHostPort(remote); err == nil {
		return h
	}
	return remote
}

// self cleans what a box says about itself: it is shown to people before they believe it.
func self(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > maxSelf {
		s = string(r[:maxSelf])
	}
	return s
}
