package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Write runs fn in a transaction of tenant that may change its rows, and commits
// when fn returns nil. Writes of one tenant never overlap.
func (s *Store) Write(ctx context.Context, tenant string, fn func(*Tx) error) error {
	return s.tenant(ctx, s.write, tenant, true, fn)
}

// Read runs fn in a transaction of tenant that only reads.
func (s *Store) Read(ctx context.Context, tenant string, fn func(*Tx) error) error {
	return s.tenant(ctx, s.read, tenant, false, fn)
}

func (s *Store) tenant(ctx context.Context, db *sql.DB, tenant string, write bool, fn func(*Tx) error) error {
	if tenant == "" {
		return ErrNoTenant
	}
	return s.run(ctx, db, write, func(b *base) error {
		if s.engine == Postgres {
			if err := bindTenant(b, tenant, write); err != nil {
				return err
			}
		}
		return fn(&Tx{base: b, tenant: tenant, engine: s.engine})
	})
}

// bindTenant turns the fourth lock's key, for this transaction only, and makes
// writers of one tenant wait for each other as they do on SQLite.
func bindTenant(b *base, tenant string, write bool) error {
	if _, err := b.exec(`SELECT set_config('app.tenant', $1, true)`, []any{tenant}); err != nil {
		return err
	}
	if !write {
		return nil
	}
	_, err := b.exec(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, []any{tenant})
	return err
}

// Global runs fn in a transaction that sees no tenant's row. Callers are the job
// queue and the directory.
func (s *Store) Global(ctx context.Context, fn func(*GlobalTx) error) error {
	return s.run(ctx, s.write, true, func(b *base) error {
		return fn(&GlobalTx{base: b, guard: &s.guard})
	})
}

// GlobalRead is [Store.Global] for reading only.
func (s *Store) GlobalRead(ctx context.Context, fn func(*GlobalTx) error) error {
	return s.run(ctx, s.read, false, func(b *base) error {
		return fn(&GlobalTx{base: b, guard: &s.guard})
	})
}

// AsOperator reads across all tenants. Who (a person's id, or "system:part") and
// why are written down first, also when fn then fails; without them it is refused.
func (s *Store) AsOperator(ctx context.Context, who, why string, fn func(*AllTx) error) error {
	if who == "" || why == "" {
		return ErrNoTenant
	}
	if err := s.Global(ctx, func(tx *GlobalTx) error { return access(tx, s.clock.Now(), who, why) }); err != nil {
		return err
	}
	return s.asOperator(ctx, who, fn)
}

// watched is how often a part that reads with every event is written down: a row for each would hide what people read.
const watched = time.Hour

// AsWatcher is [Store.AsOperator] for a part of the centre, "system:part", that reads across all tenants with every event. It is written
// down once an hour.
func (s *Store) AsWatcher(ctx context.Context, who, why string, fn func(*AllTx) error) error {
	if who == "" || why == "" {
		return ErrNoTenant
	}
	now := s.clock.Now()
	s.topics.Lock()
	last, known := s.watchers[who+" "+why]
	s.topics.Unlock()
	if !known || now.Sub(last) >= watched || now.Before(last) {
		if err := s.Global(ctx, func(tx *GlobalTx) error { return access(tx, now, who, why) }); err != nil {
			return err
		}
		s.topics.Lock()
		if s.watchers == nil {
			s.watchers = map[string]time.Time{}
		}
		s.watchers[who+" "+why] = now
		s.topics.Unlock()
	}
	return s.asOperator(ctx, who, fn)
}

func access(tx *GlobalTx, now time.Time, who, why string) error {
	_, err := tx.Exec(`INSERT INTO operator_access (at, who, why) VALUES ($1, $2, $3)`, Micros(now), who, why)
	return err
}

func (s *Store) asOperator(ctx context.Context, who string, fn func(*AllTx) error) error {
	return s.run(ctx, s.read, false, func(b *base) error {
		if s.engine == Postgres {
			if _, err := b.exec(`SELECT set_config('app.operator', $1, true)`, []any{who}); err != nil {
				return err
			}
		}
		return fn(&AllTx{base: b})
	})
}

// Access is one record of [Store.AsOperator].
type Access struct {
	At       int64 // microseconds, see Time
	Who, Why string
}

// Accesses lists who read across tenants, newest first, at most limit.
func (s *Store) Accesses(ctx context.Context, limit int) (all []Access, err error) {
	err = s.GlobalRead(ctx, func(tx *GlobalTx) (err error) {
		all, err = Collect[Access](tx.Query(`SELECT at, who, why FROM operator_access ORDER BY at DESC LIMIT $1`, limit))(
			func(scan func(...any) error) (a Access, err error) {
				err = scan(&a.At, &a.Who, &a.Why)
				return a, err
			})
		return err
	})
	return all, err
}

// run begins, calls fn, and commits or rolls back, also when fn panics.
func (s *Store) run(ctx context.Context, db *sql.DB, write bool, fn func(*base) error) error {
	return s.runWith(ctx, db, &sql.TxOptions{ReadOnly: !write && s.engine == Postgres}, fn)
}

func (s *Store) runWith(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(*base) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return wrap(err)
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback() // fn panicked; the panic is what matters
		}
	}()
	b := &base{ctx: ctx, tx: tx, asked: &s.asked}
	if b.known = s.written; db == s.read {
		b.known = s.reads
	}
	err = fn(b)
	done = true
	if len(b.missing) > 0 {
		defer b.known.prepare(ctx, b.missing) // the connection is free then
	}
	if err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			return errors.Join(err, wrap(undo))
		}
		return err
	}
	if s.engine == Postgres {
		if err := b.announce(); err != nil {
			return errors.Join(err, wrap(tx.Rollback()))
		}
	}
	if err := tx.Commit(); err != nil {
		return wrap(err)
	}
	s.wake(b.topics)
	return nil
}
