package erase

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// piece is how many rows go in one transaction: some milliseconds, in which SQLite lets nobody else write.
const piece = 2000

// Handle deletes a company when its time has come. It may die at any moment and be called again.
func (s *Service) Handle(ctx context.Context, _ string, raw json.RawMessage) error {
	var args Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: erase: %w", job.ErrGiveUp, err)
	}
	e, err := s.Get(ctx, args.Erasure)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case s.cfg.Clock.Now().Before(e.Due) && e.State == Waiting:
		return s.plan(ctx, &e) // too early: a clock was wrong
	}
	if e.State == Waiting {
		err = s.begin(ctx, &e)
	}
	if err == nil && e.State == Running {
		err = s.delete(ctx, &e)
	}
	if err == nil && e.State == Done {
		err = s.tell(ctx, &e)
	}
	return err
}

// begin cuts the company off: from here on nothing can be undone.
func (s *Service) begin(ctx context.Context, e *Erasure) error {
	entries, head, broken := s.cfg.Verify(ctx, e.Company)
	if broken != nil && !errors.Is(broken, tenant.ErrChain) {
		return broken
	}
	return s.cfg.Store.Write(ctx, e.Company, func(tx *store.Tx) error {
		now, err := open(tx)
		if errors.Is(err, store.ErrNotFound) || err == nil && now.State != Waiting {
			e.State = now.State // undone this moment, or another process was sooner
			return nil
		}
		if err != nil {
			return err
		}
		if e.People, err = ownersOf(tx, string(tenant.RoleOwner)); err != nil {
			return err
		}
		at := s.cfg.Clock.Now()
		if e.Facts.Boxes, err = cutOff(tx, at); err != nil {
			return err
		}
		seq, last, err := tenant.LetAuditGo(tx, at.AddDate(100, 0, 0))
		if err != nil {
			return err
		}
		if broken == nil { // an entry may have come since it was verified
			entries, head = seq, last
		}
		e.Facts.Entries, e.Facts.Head, e.Facts.Whole = entries, head, broken == nil
		e.State, e.Counts, e.Facts.Kept = Running, Counts{}, Counts{}
		return save(tx, e)
	})
}

// delete deletes every row, children before what they refer to.
func (s *Service) delete(ctx context.Context, e *Erasure) error {
	tables, err := s.cfg.Store.TenantTables(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(tables)
	for i := range tables {
		t := &tables[i]
		if err := s.aside(ctx, e, t); err != nil {
			return err
		}
		for done := t.Name == "company" || t.Name == "audit_start"; !done; {
			err := s.step(ctx, e, func(tx *store.Tx) (err error) {
				done, err = e.prune(tx, t)
				return err
			})
			if err != nil {
				return fmt.Errorf("erase: table %s: %w", t.Name, err)
			}
		}
	}
	if err := s.outside(ctx, e, tables); err != nil {
		return err
	}
	// Somebody who was at work may have written since; and the company itself goes last.
	return s.step(ctx, e, func(tx *store.Tx) error {
		for i := range tables {
			for done := false; !done; {
				var err error
				if tables[i].Name == "audit" {
					_, _, err = tenant.LetAuditGo(tx, s.cfg.Clock.Now().AddDate(100, 0, 0))
				}
				if err == nil {
					done, err = e.prune(tx, &tables[i])
				}
				if err != nil {
					return fmt.Errorf("erase: table %s: %w", tables[i].Name, err)
				}
			}
		}
		e.State, e.Ended = Done, s.cfg.Clock.Now().UTC().Truncate(time.Microsecond)
		e.Certificate = s.certificate(e)
		return nil
	})
}

// outside deletes what the centre has of the company among its own: the application that it came from.
func (s *Service) outside(ctx context.Context, e *Erasure, tables []store.Table) error {
	if !slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == "application" }) {
		return nil
	}
	if slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == "discovery" }) {
		if err := s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return forgetFound(tx, e.Company) }); err != nil {
			return err
		}
	}
	var gone Counts
	err := s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) { gone, err = applications(tx, e.Company); return err })
	if err != nil || len(gone) == 0 {
		return err
	}
	return s.step(ctx, e, func(*store.Tx) error {
		for table, n := range gone {
			e.Counts[table] += n
		}
		return nil
	})
}

// step does one piece in a transaction, if it is this process's turn, and keeps what was counted with it.
func (s *Service) step(ctx context.Context, e *Erasure, do func(*store.Tx) error) error {
	return s.cfg.Store.Write(ctx, e.Company, func(tx *store.Tx) error {
		now, err := open(tx)
		if err != nil {
			return err // another process has done it
		}
		*e = now
		if err := do(tx); err != nil {
			return err
		}
		return save(tx, e)
	})
}

func (e *Erasure) prune(tx *store.Tx, t *store.Table) (done bool, err error) {
	n, err := tx.Prune(t.Name, t.Owner, "", piece)
	if n > 0 {
		e.Counts[t.Name] += n
	}
	return n < piece, err
}

// aside sets aside what law asks to keep of a table.
func (s *Service) aside(ctx context.Context, e *Erasure, t *store.Table) error {
	i := slices.IndexFunc(s.cfg.Kept, func(k Kept) bool { return k.Table == t.Name })
	if i < 0 || e.Facts.Kept[t.Name] > 0 {
		return nil
	}
	until := s.cfg.Clock.Now().Add(s.cfg.Kept[i].For)
	return s.step(ctx, e, func(tx *store.Tx) error {
		var rows []string
		err := tx.Rows(t, t.Columns, func(values []any) error {
			row := map[string]any{}
			for i, c := range t.Columns {
				row[c] = values[i]
			}
			rows = append(rows, encode(row))
			return nil
		})
		for i, row := range rows {
			err = errors.Join(err, setAside(tx, e.ID, t.Name, int64(i), until, row))
		}
		if len(rows) > 0 {
			e.Facts.Kept[t.Name] = int64(len(rows))
		}
		return err
	})
}

// certificate is the text that remains, with the hash over all that stands above it.
func (s *Service) certificate(e *Erasure) string {
	t := s.cfg.Texts.In(e.Lang)
	var b strings.Builder
	line := func(key string, pairs ...any) { b.WriteString(t.T("erase."+key, pairs...) + "\n") }
	line("cert_title")
	b.WriteByte('\n')
	line("cert_number", "id", e.ID)
	line("cert_company", "company", e.Name, "id", e.Company)
	line("cert_asked", "time", ja.Technical(e.Asked), "who", e.By)
	line("cert_why", "why", e.Why)
	line("cert_done", "time", ja.Technical(e.Ended))
	b.WriteByte('\n')
	var sum int64
	for _, n := range e.Counts {
		sum += n
	}
	line("cert_sum", "rows", ja.Number(sum))
	line("cert_boxes", "boxes", ja.Number(e.Facts.Boxes))
	audit := "cert_audit"
	if !e.Facts.Whole {
		audit = "cert_audit_broken"
	}
	line(audit, "entries", ja.Number(e.Facts.Entries), "hash", e.Facts.Head)
	if len(e.Facts.Kept) == 0 {
		line("cert_kept_none")
	}
	for _, table := range slices.Sorted(maps.Keys(e.Facts.Kept)) {
		line("cert_kept", "table", table, "rows", ja.Number(e.Facts.Kept[table]))
	}
	if s.cfg.Backups > 0 {
		line("cert_backups", "nights", s.cfg.Backups)
	}
	b.WriteByte('\n')
	line("cert_rows")
	for _, table := range slices.Sorted(maps.Keys(e.Counts)) {
		what := ""
		if key := tableKey + table; t.Has(key) {
			what = t.T(key) + ": "
		}
		b.WriteString("  " + what + table + " " + ja.Number(e.Counts[table]) + "\n")
	}
	hash := sha256.Sum256([]byte(b.String()))
	return b.String() + hashLine + hex.EncodeToString(hash[:]) + "\n"
}

const hashLine = "SHA-256: "

// tableKey is the key of the words about a table, which the export has, too.
const tableKey = "export.table_"

// CheckCertificate says whether a certificate is as it was made, and its hash.
func CheckCertificate(text string) (hash string, ok bool) {
	above, hash, found := strings.Cut(text, "\n"+hashLine)
	sum := sha256.Sum256([]byte(above + "\n"))
	hash = strings.TrimSuffix(hash, "\n")
	return hash, found && hash == hex.EncodeToString(sum[:])
}

// tell writes the certificate's hash into the centre's own log, and has it mailed to those who were owners.
func (s *Service) tell(ctx context.Context, e *Erasure) error {
	hash, _ := CheckCertificate(e.Certificate)
	err := s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if mine, err := told(tx, e.ID); err != nil || !mine {
			return err
		}
		err := tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: e.By, Action: "company.erase", Object: e.Company, Why: hash})
		for _, p := range e.People {
			err = errors.Join(err, job.Enqueue(tx, job.Job{Kind: KindCert, Args: Args{e.ID, &p}}))
		}
		return err
	})
	if err == nil {
		s.cfg.Log.Warn("a company was deleted", "company", e.Company, "certificate", e.ID, "hash", hash)
	}
	return err
}
