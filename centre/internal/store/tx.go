package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// Tx is a transaction of one tenant. It ends with the function that got it and
// must not be kept, nor used by two goroutines at once.
type Tx struct {
	*base
	tenant string
	engine Engine
}

// GlobalTx is a transaction of no tenant: it reaches tables without tenant_id only.
type GlobalTx struct {
	*base
	guard *guard
}

// AllTx reads across tenants for an operator. It cannot write.
type AllTx struct{ *base }

// base is what the three have in common.
type base struct {
	ctx        context.Context
	tx         *sql.Tx
	topics     []string // that are woken here, and of those in all processes:
	everywhere []string
	asked      *atomic.Int64

	known   *statements // nil for none
	missing []string    // texts to be prepared
	open    []opened    // rows of prepared texts
}

// Row is the answer of a query for one row.
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the columns into dest. No row is [ErrNotFound].
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return wrap(err)
}

// Context is the context that the transaction was begun with.
func (b *base) Context() context.Context { return b.ctx }

// Wake makes [Store.Woken] of topic fire in this process once the transaction is committed.
func (b *base) Wake(topic string) { b.topics = append(b.topics, topic) }

// WakeAll is [base.Wake] for all processes of the centre. On PostgreSQL such commits wait for each other, so it is for what
// people do and boxes wait for.
func (b *base) WakeAll(topic string) {
	b.Wake(topic)
	b.everywhere = append(b.everywhere, topic)
}

func (b *base) exec(query string, args []any) (int64, error) {
	b.asked.Add(1)
	var res sql.Result
	var err error
	if stmt := b.prepared(query); stmt != nil {
		res, err = stmt.ExecContext(b.ctx, clean(args)...)
	} else {
		res, err = b.tx.ExecContext(b.ctx, query, clean(args)...)
	}
	if err != nil {
		return 0, wrap(err)
	}
	n, err := res.RowsAffected()
	return n, wrap(err)
}

func (b *base) query(query string, args []any) (*sql.Rows, error) {
	b.asked.Add(1)
	if stmt := b.prepared(query); stmt != nil {
		rows, err := stmt.QueryContext(b.ctx, clean(args)...)
		if err == nil {
			b.open = append(b.open, opened{query, rows})
		}
		return rows, wrap(err)
	}
	rows, err := b.tx.QueryContext(b.ctx, query, clean(args)...)
	return rows, wrap(err)
}

func (b *base) queryRow(query string, args []any) *Row {
	b.asked.Add(1)
	if stmt := b.prepared(query); stmt != nil {
		return &Row{row: stmt.QueryRowContext(b.ctx, clean(args)...)}
	}
	return &Row{row: b.tx.QueryRowContext(b.ctx, query, clean(args)...)}
}

// Tenant is whose transaction this is.
func (t *Tx) Tenant() string { return t.tenant }

// Exec runs a statement in which $1 is the tenant and args begin at $2. It
// returns how many rows were touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	if err := checkTenant(query); err != nil {
		return 0, err
	}
	return t.exec(query, t.bind(args))
}

// Query is [Tx.Exec] for rows; the caller closes them and checks their error,
// or uses [Collect].
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if err := checkTenant(query); err != nil {
		return nil, err
	}
	return t.query(query, t.bind(args))
}

// QueryRow is [Tx.Exec] for one row.
func (t *Tx) QueryRow(query string, args ...any) *Row {
	if err := checkTenant(query); err != nil {
		return &Row{err: err}
	}
	return t.queryRow(query, t.bind(args))
}

func (t *Tx) bind(args []any) []any { return append([]any{t.tenant}, args...) }

// Exec runs a statement on tables that belong to no tenant; args begin at $1.
func (t *GlobalTx) Exec(query string, args ...any) (int64, error) {
	if err := t.guard.checkGlobal(query); err != nil {
		return 0, err
	}
	return t.exec(query, args)
}

// Query is [GlobalTx.Exec] for rows.
func (t *GlobalTx) Query(query string, args ...any) (*sql.Rows, error) {
	if err := t.guard.checkGlobal(query); err != nil {
		return nil, err
	}
	return t.query(query, args)
}

// QueryRow is [GlobalTx.Exec] for one row.
func (t *GlobalTx) QueryRow(query string, args ...any) *Row {
	if err := t.guard.checkGlobal(query); err != nil {
		return &Row{err: err}
	}
	return t.queryRow(query, args)
}

// Query reads rows of all tenants; args begin at $1.
func (t *AllTx) Query(query string, args ...any) (*sql.Rows, error) { return t.query(query, args) }

// QueryRow reads one row; args begin at $1.
func (t *AllTx) QueryRow(query string, args ...any) *Row { return t.queryRow(query, args) }

// Collect reads all rows with scan, which gets the Scan function of each row in
// turn, and closes them. It takes the two results of a Query.
func Collect[T any](rows *sql.Rows, err error) func(scan func(scan func(dest ...any) error) (T, error)) ([]T, error) {
	return func(scan func(scan func(dest ...any) error) (T, error)) (all []T, _ error) {
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			one, err := scan(rows.Scan)
			if err != nil {
				return nil, wrap(err)
			}
			all = append(all, one)
		}
		return all, wrap(rows.Err())
	}
}

// Text is what the database keeps of s: PostgreSQL refuses NUL and broken UTF-8,
// and a message that holds them must not fail for ever. Each becomes U+FFFD, on
// both engines.
func Text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// clean makes args, which are ours, fit for the database.
func clean(args []any) []any {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = Text(s)
		}
	}
	return args
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %w", err)
}
