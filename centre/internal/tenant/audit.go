package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

// ErrChain: the audit log does not add up any more.
var ErrChain = errors.New("tenant: audit log was tampered with")

// Entry is one line of a company's audit log.
type Entry struct {
	Seq    int64 // 1, 2, 3 … without a gap
	At     time.Time
	Who    string // a person's id, "system", or "box:" and its id
	Action string // "login", "alert.answer", "view.alert": what begins with "view." is only a look
	Object string // id of what it was done to
	Why    string // given by staff
	Hash   string // of this entry and, through the entry before, of all earlier ones
}

// chain computes the hash of e after the entry with hash before.
func chain(tenantID, before string, e Entry) (string, error) {
	text, err := json.Marshal([]any{before, tenantID, e.Seq, store.Micros(e.At), e.Who, e.Action, e.Object, e.Why})
	return hashText(string(text)), err
}

// Audit appends e to the log of the transaction's company. Seq, At and Hash are
// filled in. For other domains, in the transaction of what they did.
func Audit(tx *store.Tx, at time.Time, e Entry) error {
	if e.Who == "" || e.Action == "" {
		return invalid("audit entry without who or action")
	}
	if err := checkText("reason", e.Why, maxReason); err != nil {
		return err
	}
	// The hash is of what the database keeps.
	for _, text := range []*string{&e.Who, &e.Action, &e.Object, &e.Why} {
		*text = store.Text(*text)
	}
	var before string
	err := tx.QueryRow(`SELECT seq, hash FROM audit WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`).Scan(&e.Seq, &before)
	if errors.Is(err, store.ErrNotFound) {
		e.Seq, before, err = auditStart(tx)
	}
	if err != nil {
		return err
	}
	e.Seq, e.At = e.Seq+1, at.Truncate(time.Microsecond)
	if e.Hash, err = chain(tx.Tenant(), before, e); err != nil {
		return fmt.Errorf("tenant: audit: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO audit (tenant_id, seq, at, who, action, object, why, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.Seq, store.Micros(e.At), e.Who, e.Action, e.Object, e.Why, e.Hash)
	return err
}

// Audit appends one entry to the log of a company.
func (s *Service) Audit(ctx context.Context, tenantID, who, action, object, why string) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return Audit(tx, s.clock.Now(), Entry{Who: who, Action: action, Object: object, Why: why})
	})
}

// AuditLog lists the newest entries of a company, newest first, at most limit.
func (s *Service) AuditLog(ctx context.Context, tenantID string, limit int) (all []Entry, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = store.Collect[Entry](tx.Query(`SELECT `+entryColumns+` WHERE tenant_id = $1 ORDER BY seq DESC LIMIT $2`, limit))(scanEntry)
		return err
	})
	return all, err
}

// WhoViewed lists who of the staff looked at the company's data, newest first.
func (s *Service) WhoViewed(ctx context.Context, tenantID string, limit int) (all []Entry, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = store.Collect[Entry](tx.Query(`SELECT `+entryColumns+` WHERE tenant_id = $1 AND action LIKE 'view.%' ORDER BY seq DESC LIMIT $2`, limit))(scanEntry)
		return err
	})
	return all, err
}

// VerifyAudit checks the whole chain of a company and returns how many entries it
// has and the hash of the last, which may be kept elsewhere as a witness.
// [ErrChain] names the first entry that does not fit.
func (s *Service) VerifyAudit(ctx context.Context, tenantID string) (entries int64, head string, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) error {
		if entries, head, err = auditStart(tx); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT `+entryColumns+` WHERE tenant_id = $1 AND seq > $2 ORDER BY seq`, entries)
		_, err = store.Collect[struct{}](rows, err)(func(scan scanner) (struct{}, error) {
			e, err := scanEntry(scan)
			if err != nil {
				return struct{}{}, err
			}
			want, err := chain(tenantID, head, e)
			if err == nil && (e.Seq != entries+1 || want != e.Hash) {
				err = fmt.Errorf("%w: entry %d", ErrChain, entries+1)
			}
			entries, head = e.Seq, e.Hash
			return struct{}{}, err
		})
		return err
	})
	return entries, head, err
}

// auditStart is the last entry that is let go, from which the chain goes on; 0 and "" for none.
func auditStart(tx *store.Tx) (seq int64, hash string, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(seq), 0), coalesce(max(hash), '') FROM audit_start WHERE tenant_id = $1`).Scan(&seq, &hash)
	return seq, hash, err
}

// LetAuditGo allows that entries of before a time are deleted, and returns the last of them, from which the rest is verified.
func LetAuditGo(tx *store.Tx, before time.Time) (seq int64, hash string, err error) {
	err = tx.QueryRow(`SELECT seq, hash FROM audit WHERE tenant_id = $1 AND at < $2 ORDER BY seq DESC LIMIT 1`, store.Micros(before)).Scan(&seq, &hash)
	if errors.Is(err, store.ErrNotFound) {
		return auditStart(tx)
	}
	if err == nil {
		_, err = tx.Exec(`INSERT INTO audit_start (tenant_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE excluded.seq > audit_start.seq`, seq, hash)
	}
	return seq, hash, err
}

const entryColumns = `seq, at, who, action, object, why, hash FROM audit`

func scanEntry(scan scanner) (e Entry, err error) {
	var at int64
	err = scan(&e.Seq, &at, &e.Who, &e.Action, &e.Object, &e.Why, &e.Hash)
	e.At = store.Time(at)
	return e, err
}
