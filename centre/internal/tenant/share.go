package tenant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
)

// Kinds of data that a company can let another company see.
const (
	ShareFigures = "figures" // how many attacks there were
	ShareAlerts  = "alerts"  // each alert with its state
	ShareBoxes   = "boxes"   // whether boxes protect
)

// ShareKinds in the order in which they are shown.
var ShareKinds = []string{ShareFigures, ShareAlerts, ShareBoxes}

const (
	// MaxShare is how long a company can be let in at once: a year, then it is asked again.
	MaxShare = 366 * 24 * time.Hour
	// maxShares of a company that are in force.
	maxShares = 20
)

// ErrNoCompany: nobody has the company number that was entered.
var ErrNoCompany = errors.New("tenant: no such company")

// Share lets another company see something, until a day.
type Share struct {
	TenantID, ID string
	Viewer       string // company
	Other        string // name of the company at the other end
	Kinds        []string
	By           string
	Created      time.Time
	Expires      time.Time
}

// NewShare lets the company with the number viewer see kinds of tenantID's data.
func (s *Service) NewShare(ctx context.Context, who, tenantID, viewer string, kinds []string, expires time.Time) (id string, err error) {
	now := s.clock.Now()
	if _, err := s.CompanyByID(ctx, viewer); errors.Is(err, store.ErrNotFound) || viewer == tenantID || viewer == House {
		return "", ErrNoCompany
	} else if err != nil {
		return "", err
	}
	if len(kinds) == 0 || slices.ContainsFunc(kinds, func(k string) bool { return !slices.Contains(ShareKinds, k) }) {
		return "", invalid("kinds of data")
	}
	if !expires.After(now) || expires.After(now.Add(MaxShare)) {
		return "", invalid("last day")
	}
	if id, err = s.newID(); err != nil {
		return "", err
	}
	return id, s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if all, err := selectShares(tx, now); err != nil || len(all) >= maxShares {
			return errors.Join(err, invalid("too many companies"))
		}
		if _, err := tx.Exec(`INSERT INTO share (tenant_id, id, viewer, kinds, created_by, created_at, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
			id, viewer, strings.Join(kinds, " "), who, store.Micros(now), store.Micros(expires)); err != nil {
			return err
		}
		return Audit(tx, now, Entry{Who: who, Action: "share.new", Object: viewer})
	})
}

// Shares of a company that are in force, with the viewers' names.
func (s *Service) Shares(ctx context.Context, tenantID string) (all []Share, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectShares(tx, s.clock.Now())
		return err
	})
	for i := range all {
		c, err1 := s.CompanyByID(ctx, all[i].Viewer)
		err, all[i].Other = errors.Join(err, err1), c.Name
	}
	return all, err
}

// EndShare takes a share back at once.
func (s *Service) EndShare(ctx context.Context, who, tenantID, id string) error {
	now := s.clock.Now()
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		var viewer string
		if err := tx.QueryRow(`SELECT viewer FROM share WHERE tenant_id = $1 AND id = $2 AND revoked_at = 0`, id).Scan(&viewer); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE share SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(now))
		return errors.Join(err, Audit(tx, now, Entry{Who: who, Action: "share.end", Object: viewer}))
	})
}

// Shared says nil when viewer's people may see a kind of tenantID's data now, and
// [store.ErrNotFound] in every other case.
func (s *Service) Shared(ctx context.Context, viewer, tenantID, kind string) error {
	all, err := s.Shares(ctx, tenantID)
	if err != nil {
		return err
	}
	if viewer == "" || !slices.ContainsFunc(all, func(x Share) bool { return x.Viewer == viewer && slices.Contains(x.Kinds, kind) }) {
		return store.ErrNotFound
	}
	return nil
}

// SharedWith are the shares in force by which viewer's people may look at other companies, with the names of those. Nothing
// of theirs is read but that.
func (s *Service) SharedWith(ctx context.Context, viewer string) (all []Share, err error) {
	err = s.store.AsOperator(ctx, "company:"+viewer, "group view", func(tx *store.AllTx) error {
		names, err := Names(tx)
		if err != nil {
			return err
		}
		all, err = store.Collect[Share](tx.Query(shareColumns+` WHERE viewer = $1 AND revoked_at = 0 AND expires_at > $2 ORDER BY created_at, id`, viewer, store.Micros(s.clock.Now())))(scanShare)
		for i := range all {
			all[i].Other = names[all[i].TenantID] // the name of the other end
		}
		return err
	})
	return all, err
}

const shareColumns = `SELECT tenant_id, id, viewer, kinds, created_by, created_at, expires_at FROM share`

func scanShare(scan scanner) (x Share, err error) {
	var kinds string
	var created, expires int64
	err = scan(&x.TenantID, &x.ID, &x.Viewer, &kinds, &x.By, &created, &expires)
	x.Kinds, x.Created, x.Expires = strings.Fields(kinds), store.Time(created), store.Time(expires)
	return x, err
}

func selectShares(tx *store.Tx, now time.Time) ([]Share, error) {
	return store.Collect[Share](tx.Query(shareColumns+` WHERE tenant_id = $1 AND revoked_at = 0 AND expires_at > $2 ORDER BY created_at, id`, store.Micros(now)))(scanShare)
}
