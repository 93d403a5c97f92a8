package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"

	"otasuke/centre/internal/store"
)

// errMissing: PostgreSQL is not installed.
var errMissing = errors.New("storetest: no PostgreSQL server in /usr/lib/postgresql/*/bin")

// startWithin bounds initdb and the server's start on a slow machine.
const startWithin = 2 * time.Minute

// server is the one PostgreSQL of this test binary.
type server struct {
	dir   string
	stdin io.WriteCloser // the server lives as long as this is open
	next  atomic.Int64
	// templates are databases with tables, by schemas.
	templates *templates[string]
}

var theServer = sync.OnceValues(startServer)

// PostgresURL is the address of a new database that has the tables of schemas (none without) and is owned by a role that
// row-level security binds. It skips the test when PostgreSQL is not installed.
func PostgresURL(t testing.TB, schemas ...store.Schema) string {
	t.Helper()
	srv, err := theServer()
	if errors.Is(err, errMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	from, err := srv.templates.get(schemas)
	if err != nil {
		t.Fatal(err)
	}
	name, err := srv.create(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	return srv.url("otasuke", name)
}

// create makes a database like another one, the server's empty one where that is "".
func (s *server) create(ctx context.Context, from string) (string, error) {
	name := fmt.Sprintf("test%d", s.next.Add(1))
	if from == "" {
		from = "template1"
	}
	return name, s.admin(ctx, `CREATE DATABASE `+name+` OWNER otasuke TEMPLATE `+from)
}

// template makes the database that others with these schemas are copied from.
func (s *server) template(schemas []store.Schema) (string, error) {
	if len(schemas) == 0 {
		return "", nil
	}
	name, err := s.create(context.Background(), "")
	if err != nil {
		return "", err
	}
	return name, migrate(s.url("otasuke", name), schemas)
}

// PostgresAdminURL is an address of the same server as a superuser, to test that
// such a role is refused.
func PostgresAdminURL(t testing.TB) string {
	t.Helper()
	PostgresURL(t)
	srv, _ := theServer()
	return srv.url("admin", "postgres")
}

// RestartPostgres restarts the server, as a machine that gets its updates does; connections break, nothing else is
// lost. Only for tests that nothing runs beside. It returns when the server answers again.
func RestartPostgres(t testing.TB) {
	t.Helper()
	srv, err := theServer()
	if err != nil {
		t.Fatal(err)
	}
	before, err := srv.started(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(srv.stdin, "restart\n"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(restartTime); ; time.Sleep(20 * time.Millisecond) {
		now, err := srv.started(t.Context())
		if err == nil && now != before {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("PostgreSQL did not restart: %v", err)
		}
	}
}

// restartTime is how long that may take on a busy machine.
const restartTime = time.Minute

// started is when the server began, in its own words.
func (s *server) started(ctx context.Context) (at string, err error) {
	db, err := sql.Open("pgx", s.url("admin", "postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT pg_postmaster_start_time()::text`).Scan(&at)
	return at, err
}

func (s *server) url(role, database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s", role, database, s.dir)
}

func (s *server) admin(ctx context.Context, statements ...string) error {
	db, err := sql.Open("pgx", s.url("admin", "postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("storetest: %s: %w", statement, err)
		}
	}
	return nil
}

func startServer() (*server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return nil, errMissing
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "otasuke-pg-")
	if err != nil {
		return nil, err
	}
	credential, err := serverUser(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("storetest: initdb: %w\n%s", err, out)
	}
	srv := &server{dir: dir}
	srv.templates = newTemplates(srv.template)
	if err := srv.run(filepath.Join(bin, "postgres"), data, credential); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		err = srv.admin(ctx, `CREATE ROLE otasuke LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE`)
		if err == nil || ctx.Err() != nil {
			return srv, err
		}
		time.Sleep(20 * time.Millisecond) // until the socket is there
	}
}

// run starts the server under a shell that stops it and removes its folder when
// our end of the pipe closes: also when this process is killed or panics.
func (s *server) run(postgres, data string, credential *syscall.Credential) error {
	const script = `start() { "$0" -D "$1" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
		-c max_connections=400 -c shared_buffers=64MB >>"$2/log" 2>&1 & p=$!; }
		start "$1" "$2"; while read -r word; do kill -INT $p; wait $p; start "$1" "$2"; done; kill -QUIT $p; wait $p; rm -rf "$2"`
	cmd := exec.Command("/bin/sh", "-c", script, postgres, data, s.dir)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}
	var err error
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	return cmd.Start()
}

// serverUser gives dir to the user that the server will run as: PostgreSQL
// refuses to run as root.
func serverUser(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.New("storetest: neither user postgres nor nobody exists")
}
