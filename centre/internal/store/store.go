package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib" // driver "sqlite"

	"otasuke/internal/clock"
)

// Engine is the kind of database behind a Store.
type Engine string

// Engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Errors.
var (
	// ErrNotFound: no such row for this tenant, which also is the answer for
	// another tenant's row.
	ErrNotFound = errors.New("store: not found")
	// ErrTaken: the key already belongs to someone.
	ErrTaken = errors.New("store: key is taken")
	// ErrGuard: a statement that could reach into another tenant; a bug of ours.
	ErrGuard = errors.New("store: statement refused")
	// ErrNoTenant: a transaction was asked for without a tenant or a reason.
	ErrNoTenant = errors.New("store: transaction without a tenant")
	// ErrRole: the PostgreSQL role could go around row-level security.
	ErrRole = errors.New("store: database role may bypass row-level security")
	// ErrURL: the database address is not understood.
	ErrURL = errors.New("store: bad database URL")
)

// Pool sizes. PostgreSQL's default limit is 100 connections for all processes;
// more SQLite readers than cores only wait for each other.
const (
	postgresConns = 20 // and one to listen
	minReaders    = 4
)

// busyTimeout is how long SQLite waits for another process, such as a backup.
const busyTimeout = 10 * time.Second

// Config says where the data is.
type Config struct {
	// URL is "sqlite:///absolute/file", "sqlite://relative/file" or
	// "postgres://user@host/database". Query parameters go to the driver.
	URL string
	// Clock stamps the records of operator access. Default: the machine's.
	Clock clock.Clock
	// Log gets migrations. Default: discarded.
	Log *slog.Logger
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	engine Engine
	write  *sql.DB // SQLite: one connection, immediate transactions
	read   *sql.DB // SQLite: many, query_only; PostgreSQL: the same as write
	// written and reads are prepared statements of those, of SQLite only.
	written, reads *statements
	clock          clock.Clock
	log            *slog.Logger

	file, address string // of SQLite, of PostgreSQL

	asked   atomic.Int64 // statements of transactions
	guard   guard
	topics  sync.Mutex
	waiting map[string]chan struct{}
	// Of PostgreSQL: what other processes say is listened to from the first time on that somebody here waits.
	listens sync.Once
	hearing sync.WaitGroup
	deafen  context.CancelFunc

	watchers map[string]time.Time // when parts were last written down, under topics; see AsWatcher
}

// Asked is how many statements transactions have run since the start: what it costs to have more companies.
func (s *Store) Asked() int64 { return s.asked.Load() }

// Open opens the database and checks that it is usable. A SQLite file and its
// folder are made when missing, readable by the owner alone.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{clock: cfg.Clock, log: cfg.Log, waiting: map[string]chan struct{}{}}
	s.guard.set(nil)
	if s.clock == nil {
		s.clock = clock.System{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	scheme, rest, ok := strings.Cut(cfg.URL, "://")
	if !ok {
		return nil, fmt.Errorf("%w: want sqlite:///file or postgres://host/database", ErrURL)
	}
	var err error
	switch scheme {
	case "sqlite":
		err = s.openSQLite(ctx, rest)
	case "postgres", "postgresql":
		err = s.openPostgres(ctx, cfg.URL)
	default:
		err = fmt.Errorf("%w: unknown scheme %q", ErrURL, scheme)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openSQLite(ctx context.Context, rest string) error {
	s.engine = SQLite
	path, query, _ := strings.Cut(rest, "?")
	if path == "" {
		return fmt.Errorf("%w: no file name", ErrURL)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	// synchronous FULL: what a box was told is kept must survive a power cut.
	common := fmt.Sprintf("_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)", busyTimeout.Milliseconds())
	if query != "" {
		common += "&" + query
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + common
	if s.write, err = sql.Open("sqlite", base+"&_txlock=immediate"); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	if err := firstUse(ctx, s.write); err != nil { // makes the WAL before readers come
		return fmt.Errorf("store: open %s: %w", path, err)
	}
	if s.read, err = sql.Open("sqlite", base+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	readers := max(minReaders, runtime.NumCPU())
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	s.file = path
	s.written, s.reads = newStatements(s.write), newStatements(s.read)
	return nil
}

// Hurry is for filling an empty database, which can be done again: until calm is called SQLite does not wait for the disk
// after each transaction, and a power cut may damage the file. PostgreSQL stays as it is.
func (s *Store) Hurry(ctx context.Context) (calm func() error, err error) {
	if s.engine != SQLite {
		return func() error { return nil }, nil
	}
	set := func(ctx context.Context, how string) error {
		_, err := s.write.ExecContext(ctx, "PRAGMA synchronous = "+how) // the pool has one connection
		return wrap(err)
	}
	return func() error {
		if err := set(context.WithoutCancel(ctx), "FULL"); err != nil {
			return err
		}
		_, err := s.write.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(PASSIVE)")
		return wrap(err)
	}, set(ctx, "OFF")
}

// firstUse opens a connection. Of two processes that open a new file at once SQLite tells the later one that it is busy, without
// the wait that was asked for: it does not wait while the file changes to a WAL.
func firstUse(ctx context.Context, db *sql.DB) error {
	for end := time.Now().Add(busyTimeout); ; {
		err := db.PingContext(ctx)
		var fault *sqlite.Error
		if !errors.As(err, &fault) || fault.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyAgain):
		}
	}
}

// busyAgain is how soon it is tried again: what it waits for takes a write to the disk.
const busyAgain = 10 * time.Millisecond

func (s *Store) openPostgres(ctx context.Context, address string) error {
	s.engine, s.address = Postgres, address
	db, err := openPGX(address)
	if err != nil {
		return err
	}
	s.write, s.read = db, db
	db.SetMaxOpenConns(postgresConns + 1)
	db.SetMaxIdleConns(postgresConns)
	var super, bypass bool
	err = db.QueryRowContext(ctx, `SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&super, &bypass)
	if err != nil {
		return fmt.Errorf("store: connect: %w", err)
	}
	if super || bypass {
		return fmt.Errorf("%w: use a role made with NOSUPERUSER NOBYPASSRLS", ErrRole)
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	var errs []error
	s.listens.Do(func() {}) // not from now on
	if s.deafen != nil {
		s.deafen()
		s.hearing.Wait()
	}
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	return errors.Join(errs...)
}

// Engine says which database this is, for the rare text that must differ.
func (s *Store) Engine() Engine { return s.engine }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Woken is closed after the next commit of a transaction that called Wake with
// topic, in this process, or WakeAll in any. Ask for it before looking whether there is work. What another process says is
// missed while the database is away: look again now and then.
func (s *Store) Woken(topic string) <-chan struct{} {
	if s.engine == Postgres {
		s.listens.Do(func() {
			var ctx context.Context
			ctx, s.deafen = context.WithCancel(context.Background())
			ready := make(chan struct{})
			s.hearing.Go(func() { s.listen(ctx, func() { close(ready) }) })
			select {
			case <-ready:
			case <-time.After(listenAgain): // the database is away; who waits is woken when it is back
			}
		})
	}
	s.topics.Lock()
	defer s.topics.Unlock()
	c := s.waiting[topic]
	if c == nil {
		c = make(chan struct{})
		s.waiting[topic] = c
	}
	return c
}

func (s *Store) wake(topics []string) {
	s.topics.Lock()
	defer s.topics.Unlock()
	for _, topic := range topics {
		if c := s.waiting[topic]; c != nil {
			close(c)
			delete(s.waiting, topic)
		}
	}
}

// Micros is t as the database keeps it: microseconds since 1970 in UTC, 0 for
// the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the inverse of [Micros].
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// WakeNow fires [Store.Woken] of topic without a transaction.
func (s *Store) WakeNow(topic string) { s.wake([]string{topic}) }
