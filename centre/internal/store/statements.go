package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// maxStatements are kept prepared for a pool; all SQL texts of the centre are constants, and there
// are a few hundred.
const maxStatements = 1000

// statements are prepared once for each connection of a pool: SQLite takes longer to read a text than
// to do what it says. The driver of PostgreSQL keeps its own.
//
// A text that is new is not prepared within a transaction, which would wait for a connection of the
// pool that it has itself, but behind it.
type statements struct {
	db *sql.DB
	mu sync.RWMutex
	m  map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements { return &statements{db: db, m: map[string]*sql.Stmt{}} }

func (s *statements) get(query string) *sql.Stmt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.m[query]
}

// prepare prepares texts that were missing. One that cannot be is run as it is, and says why.
func (s *statements) prepare(ctx context.Context, missing []string) {
	for _, query := range missing {
		s.mu.RLock()
		known, full := s.m[query] != nil, len(s.m) >= maxStatements
		s.mu.RUnlock()
		if known || full {
			continue
		}
		stmt, err := s.db.PrepareContext(ctx, query)
		if err != nil {
			continue
		}
		s.mu.Lock()
		if s.m[query] == nil {
			s.m[query], stmt = stmt, nil
		}
		s.mu.Unlock()
		if stmt != nil {
			stmt.Close() // another was sooner
		}
	}
}

// opened are rows, which may be closed by now, and the prepared text that they are of.
type opened struct {
	query string
	rows  *sql.Rows
}

// closed tells whether nothing more can come of the rows.
func (o opened) closed() bool {
	_, err := o.rows.Columns() // the only thing that rows say of it
	return err != nil
}

// prepared gives the statement of a text for this transaction; nil when it is not prepared, or when
// rows of the same text are open: SQLite has one place in it.
func (b *base) prepared(query string) *sql.Stmt {
	if b.known == nil {
		return nil
	}
	b.open = slices.DeleteFunc(b.open, opened.closed)
	if slices.ContainsFunc(b.open, func(o opened) bool { return o.query == query }) {
		return nil
	}
	stmt := b.known.get(query)
	if stmt == nil {
		if !slices.Contains(b.missing, query) {
			b.missing = append(b.missing, query)
		}
		return nil
	}
	return b.tx.StmtContext(b.ctx, stmt)
}
