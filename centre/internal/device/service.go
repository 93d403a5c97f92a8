package device

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/throttle"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain; they point to those of tenant.
func Schema() store.Schema { return store.Sub("device", migrations) }

// Where the store's directory keeps the hashes of claim codes, and of the keys of
// boxes.
const (
	codeKind = "claim"
	keyKind  = "boxkey"
)

// Config says what the service works with.
type Config struct {
	Store *store.Store
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
	// Rand makes claim codes. Default: crypto/rand.
	Rand io.Reader
	// CodeLife is how long a claim code works. Default [CodeLife].
	CodeLife time.Duration
}

// Service is the way to boxes and devices. It is safe for concurrent use.
type Service struct {
	cfg   Config
	tries *throttle.Limiter
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.CodeLife == 0 {
		cfg.CodeLife = CodeLife
	}
	// A person who mistypes needs a few tries; a box that retries has the code right.
	return &Service{cfg: cfg, tries: throttle.New(throttle.Config{Burst: 20, Every: time.Minute, Clock: cfg.Clock})}
}

func newID() string { return strings.ToLower(rand.Text()) }

// NewClaim makes a claim code for one box of a company, to stand at siteID ("" if
// undecided). The code is shown once and kept as a hash. who is who made it.
func (s *Service) NewClaim(ctx context.Context, tenantID, siteID, who string) (code string, expires time.Time, err error) {
	if code, err = newCode(s.cfg.Rand); err != nil {
		return "", time.Time{}, err
	}
	plain, err := ParseCode(code)
	if err != nil {
		return "", time.Time{}, err
	}
	now := s.cfg.Clock.Now()
	expires = now.Add(s.cfg.CodeLife)
	err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if err := tx.Point(codeKind, hashCode(plain)); err != nil {
			return err
		}
		if err := insertClaim(tx, hashCode(plain), siteID, "", now, expires); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "claim.new", Object: siteID})
	})
	return code, expires, err
}

// Claim is what a box brings to claim itself.
type Claim struct {
	Code     string // as typed
	KeyHash  string // of the box's public key, to tell a repeated claim from a theft
	Model    string
	Software string
	Remote   string // "host:port" it comes from
}

// TooMany is the error of too many tries; it is [ErrTooMany].
type TooMany struct{ Wait time.Duration }

// Error makes it an error.
func (e *TooMany) Error() string { return ErrTooMany.Error() }

// Unwrap makes it [ErrTooMany].
func (e *TooMany) Unwrap() error { return ErrTooMany }

// Issue gives a new box its certificate (PEM) and says its serial number.
type Issue func(tenantID, boxID string) (certificate, serial string, err error)

// Redeem uses up a claim code and makes the box, in one transaction: when issue
// fails, the code can be used again. A box that repeats its claim with the same
// key within a day, because the answer got lost, gets the same certificate.
// Errors: [ErrCodeMalformed], [ErrCodeUnknown], [ErrCodeExpired], [ErrCodeUsed],
// [ErrKeyElsewhere], [ErrTooMany].
func (s *Service) Redeem(ctx context.Context, c Claim, issue Issue) (box Box, certificate string, err error) {
	if wait, ok := s.tries.Take(throttle.Address(c.Remote)); !ok {
		return box, "", &TooMany{Wait: wait}
	}
	code, err := ParseCode(c.Code)
	if err != nil {
		return box, "", err
	}
	return s.use(ctx, hashCode(code), c, issue)
}

// use uses up what is kept of a claim under id.
func (s *Service) use(ctx context.Context, id string, c Claim, issue Issue) (box Box, certificate string, err error) {
	owner, err := s.cfg.Store.Owner(ctx, codeKind, id)
	if errors.Is(err, store.ErrNotFound) {
		return box, "", ErrCodeUnknown
	}
	if err != nil {
		return box, "", err
	}
	err = s.cfg.Store.Write(ctx, owner, func(tx *store.Tx) (err error) {
		box, certificate, err = s.redeem(tx, id, c, issue)
		return err
	})
	return box, certificate, err
}

func (s *Service) redeem(tx *store.Tx, id string, c Claim, issue Issue) (box Box, certificate string, err error) {
	now := s.cfg.Clock.Now()
	code, err := selectClaim(tx, id)
	if err != nil {
		return box, "", err
	}
	if !code.used.IsZero() {
		if code.keyHash != c.KeyHash || now.Sub(code.used) > retryWindow {
			return box, "", ErrCodeUsed
		}
		if box, err = selectBox(tx, code.boxID); err == nil && !box.Returned.IsZero() {
			err = ErrCodeUsed
		}
		return box, code.certificate, err
	}
	if !now.Before(code.expires) {
		return box, "", ErrCodeExpired
	}
	if code.keyHash != "" && code.keyHash != c.KeyHash { // promised to another
		return box, "", ErrCodeUsed
	}
	if err := ownKey(tx, c.KeyHash); err != nil {
		return box, "", err
	}
	box = Box{TenantID: tx.Tenant(), ID: newID(), SiteID: code.siteID, Model: selfText(c.Model), Software: selfText(c.Software),
		Claimed: now, LastSeen: now, Since: now, Protecting: true}
	if certificate, box.Serial, err = issue(box.TenantID, box.ID); err != nil {
		return box, "", err
	}
	if err := insertBox(tx, &box); err != nil {
		return box, "", err
	}
	if err := useClaim(tx, id, box.ID, c.KeyHash, certificate, now); err != nil {
		return box, "", err
	}
	return box, certificate, tenant.Audit(tx, now, tenant.Entry{Who: "box:" + box.ID, Action: "box.claim", Object: box.ID})
}

// ownKey binds a box's key to the company. A box that comes from another company
// still holds what it saw there; resetting it deletes that together with the key.
func ownKey(tx *store.Tx, hash string) error {
	err := tx.Point(keyKind, hash)
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	if own, err := tx.Owns(keyKind, hash); err != nil || own {
		return err
	}
	return ErrKeyElsewhere
}

// Active is the box that a verified certificate names, if it is in use:
// [store.ErrNotFound] or [ErrReturned] otherwise.
func (s *Service) Active(ctx context.Context, tenantID, boxID, serial string) (box Box, err error) {
	box, err = s.BoxByID(ctx, tenantID, boxID)
	if err == nil && (!box.Returned.IsZero() || box.Serial != serial) {
		err = ErrReturned
	}
	return box, err
}

// BoxByID is one box of a company.
func (s *Service) BoxByID(ctx context.Context, tenantID, boxID string) (box Box, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		box, err = selectBox(tx, boxID)
		return err
	})
	return box, err
}

// Boxes lists a company's boxes, those in use first.
func (s *Service) Boxes(ctx context.Context, tenantID string) (all []Box, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectBoxes(tx)
		return err
	})
	return all, err
}

// FleetBox is a box with the name of its company.
type FleetBox struct {
	Company string
	Box     Box
}

// Fleet lists the boxes in use of all companies, the longest unseen first, at most
// limit. who of the staff looks, and why, is written down.
func (s *Service) Fleet(ctx context.Context, who, why string, limit int) (all []FleetBox, err error) {
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		boxes, err := selectFleet(tx, limit)
		for _, b := range boxes {
			all = append(all, FleetBox{Company: names[b.TenantID], Box: b})
		}
		return err
	})
	return all, err
}

// Return takes a box out of use; its certificate is worth nothing from now on.
func (s *Service) Return(ctx context.Context, tenantID, boxID, who, why string) error {
	return s.edit(ctx, tenantID, tenant.Entry{Who: who, Action: "box.return", Object: boxID, Why: why}, func(tx *store.Tx) (int64, error) {
		return tx.Exec(`UPDATE box SET returned_at = $3 WHERE tenant_id = $1 AND id = $2 AND returned_at = 0`, boxID, store.Micros(s.cfg.Clock.Now()))
	})
}

// RenameBox gives a box the name that people use.
func (s *Service) RenameBox(ctx context.Context, tenantID, boxID, who, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.edit(ctx, tenantID, tenant.Entry{Who: who, Action: "box.rename", Object: boxID}, func(tx *store.Tx) (int64, error) {
		return tx.Exec(`UPDATE box SET name = $3 WHERE tenant_id = $1 AND id = $2`, boxID, name)
	})
}

// Rename gives a device inside the name that people use: 経理のパソコン.
func (s *Service) Rename(ctx context.Context, tenantID, endpointID, who, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.edit(ctx, tenantID, tenant.Entry{Who: who, Action: "device.rename", Object: endpointID}, func(tx *store.Tx) (int64, error) {
		n, err := tx.Exec(`UPDATE endpoint SET name = $3 WHERE tenant_id = $1 AND id = $2`, endpointID, name)
		if err != nil || n == 0 {
			return n, err
		}
		return approve(tx, endpointID, who, s.cfg.Clock.Now()) // who names it knows it
	})
}

// edit changes exactly one row and writes it into the company's log.
func (s *Service) edit(ctx context.Context, tenantID string, e tenant.Entry, change func(*store.Tx) (int64, error)) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		n, err := change(tx)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrNotFound
		}
		return tenant.Audit(tx, s.cfg.Clock.Now(), e)
	})
}

// Endpoints lists the devices inside a company's offices, the newest seen first.
func (s *Service) Endpoints(ctx context.Context, tenantID string) (all []Endpoint, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectEndpoints(tx)
		return err
	})
	return all, err
}

// EndpointByID is one device of a company.
func (s *Service) EndpointByID(ctx context.Context, tenantID, id string) (e Endpoint, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		e, err = selectEndpoint(tx, id)
		return err
	})
	return e, err
}

// Seen notes that a box at siteID saw a device, and returns what is known about
// it. The ID is "" when the box knows no address, or when the company has more
// devices than can be real.
func (s *Service) Seen(tx *store.Tx, siteID string, d wire.Device, at time.Time) (Endpoint, error) {
	now := s.cfg.Clock.Now()
	if at.After(now) {
		at = now
	}
	key, mac, addr, ok := identify(siteID, d)
	if !ok {
		return Endpoint{}, nil
	}
	known, err := selectEndpointByKey(tx, key)
	if err == nil {
		return touchEndpoint(tx, known, addr, at)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return Endpoint{}, err
	}
	e := Endpoint{TenantID: tx.Tenant(), SiteID: siteID, MAC: mac, Addr: addr, First: at, Last: at}
	if n, err := countEndpoints(tx); err != nil || n >= maxEndpoints {
		return e, err
	}
	e.ID = newID()
	return e, insertEndpoint(tx, key, e)
}
