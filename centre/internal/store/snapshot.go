package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNotEmpty tells that a database is not the empty one that something is to be restored into.
var ErrNotEmpty = errors.New("store: the database is not empty")

// Snapshot writes the whole database, as it is at one moment, into a new file while everything goes on: a
// SQLite database without its free pages, or pg_dump's own format.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if s.engine == Postgres {
		// Row-level security binds this role, and an operator may read all: the dump is complete.
		return postgresTool(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", "--file="+path, "--dbname="+s.address)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.file}).EscapedPath()+fmt.Sprintf("?_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return wrap(err)
}

// Tables counts the rows of every table.
func (s *Store) Tables(ctx context.Context) (map[string]int64, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.engine == Postgres {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	}
	out := map[string]int64{}
	err := s.run(ctx, s.read, false, func(b *base) error {
		b.known = nil // texts that are asked once
		if s.engine == Postgres {
			if _, err := b.exec(`SELECT set_config('app.operator', 'system:backup', true)`, nil); err != nil {
				return err
			}
		}
		names, err := Collect[string](b.query(query, nil))(func(scan func(...any) error) (n string, err error) { return n, scan(&n) })
		if err != nil {
			return err
		}
		for _, name := range names {
			var n int64
			if err := b.queryRow(`SELECT count(*) FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`, nil).Scan(&n); err != nil {
				return err
			}
			out[name] = n
		}
		return nil
	})
	return out, err
}

// Sound checks the database as such: pages, indexes, references.
func (s *Store) Sound(ctx context.Context) error {
	if s.engine == Postgres {
		return nil // its own checks run with each page that is read
	}
	var said string
	if err := s.read.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&said); err != nil || said != "ok" {
		return errors.Join(wrap(err), fmt.Errorf("store: integrity: %s", said))
	}
	rows, err := s.read.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return wrap(err)
	}
	defer rows.Close()
	if rows.Next() {
		return errors.New("store: a row refers to one that is not there")
	}
	return wrap(rows.Err())
}

// Restore makes the database at an address from a snapshot. It must be empty, a SQLite file not there.
func Restore(ctx context.Context, address, snapshot string) error {
	scheme, rest, _ := strings.Cut(address, "://")
	if scheme != "sqlite" {
		db, err := sql.Open("pgx", address)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrURL, err)
		}
		defer db.Close()
		var n int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()`).Scan(&n); err != nil {
			return wrap(err)
		}
		if n > 0 {
			return ErrNotEmpty
		}
		return postgresTool(ctx, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname="+address, snapshot)
	}
	path, _, _ := strings.Cut(rest, "?")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNotEmpty, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if os.Rename(snapshot, path) == nil {
		return nil
	}
	return copyFile(snapshot, path) // it may be on another disk
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer out.Close()
	_, err = io.Copy(out, in)
	return wrap(errors.Join(err, out.Sync(), out.Close()))
}

// postgresTool runs a program of PostgreSQL's own.
func postgresTool(ctx context.Context, name string, args ...string) error {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("store: %s is missing (Debian package postgresql-client): %w", name, err)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c app.operator=system:backup")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("store: %s: %w: %.500s", name, err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
