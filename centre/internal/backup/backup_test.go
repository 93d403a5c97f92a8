package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office is a centre with companies and a state folder.
type office struct {
	*testing.T
	s     *store.Store
	clock *clock.Fake
	svc   *backup.Service
	state string
	dir   string
}

var schemas = []store.Schema{tenant.Schema(), job.Schema(), backup.Schema()}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)), state: t.TempDir(), dir: t.TempDir()}
		people := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		for i := range 20 {
			_, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: fmt.Sprint("会社", i)})
			must(t, err)
		}
		must(t, os.MkdirAll(filepath.Join(o.state, "authority"), 0o700))
		must(t, os.WriteFile(filepath.Join(o.state, "authority", "ca.key"), []byte("secret"), 0o600))
		must(t, os.MkdirAll(filepath.Join(o.state, "feeds", "x"), 0o700))
		must(t, os.WriteFile(filepath.Join(o.state, "feeds", "x", "list"), []byte("can be fetched again"), 0o600))
		o.svc = backup.New(backup.Config{Store: s, Dir: o.dir, Keep: 3, StateDir: o.state, Software: "test", Clock: o.clock})
		fn(o)
	}, schemas...)
}

func (o *office) make() backup.Run {
	o.Helper()
	r, err := o.svc.Make(o.Context(), o.dir)
	must(o.T, err)
	return r
}

// empty is the address of a database of the same kind that nobody has used.
func (o *office) empty() string {
	if o.s.Engine() == store.Postgres {
		return storetest.PostgresURL(o.T)
	}
	return "sqlite://" + filepath.Join(o.TempDir(), "new", "centre.db")
}

// What was saved comes back: companies, the authority, and nothing that can be made again.
func TestRestore(t *testing.T) {
	suite(t, func(o *office) {
		r := o.make()
		if info, err := os.Stat(r.File); err != nil || info.Mode().Perm() != 0o600 || info.Size() != r.Bytes {
			t.Errorf("%v, %v", info, err)
		}
		address, state := o.empty(), filepath.Join(o.TempDir(), "state")
		m, err := backup.Restore(o.Context(), r.File, address, state)
		must(o.T, err)
		if m.Tables["company"] != 21 || m.Software != "test" {
			t.Errorf("%+v", m)
		}
		text, err := os.ReadFile(filepath.Join(state, "authority", "ca.key"))
		if err != nil || string(text) != "secret" {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := os.Stat(filepath.Join(state, "feeds")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("feeds: %v", err)
		}
		again, err := store.Open(o.Context(), store.Config{URL: address})
		must(o.T, err)
		defer again.Close()
		must(o.T, again.Migrate(o.Context(), schemas...))
		people := tenant.New(tenant.Config{Store: again})
		all, err := people.Companies(o.Context(), tenant.Session{PersonID: "op", Staff: true, Role: tenant.RoleOperator}, "test")
		if err != nil || len(all) != 20 {
			t.Errorf("%d companies, %v", len(all), err)
		}
		if _, err := people.CreateCompany(o.Context(), "system", tenant.Company{Name: "another"}); err != nil {
			t.Errorf("it cannot be worked with: %v", err)
		}
		if _, err := backup.Restore(o.Context(), r.File, address, filepath.Join(o.TempDir(), "other")); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("over a database in use: %v", err)
		}
		if _, err := backup.Restore(o.Context(), r.File, o.empty(), state); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("over a state folder in use: %v", err)
		}
	})
}

// A backup that is cut, changed or another thing is told from a good one.
func TestProve(t *testing.T) {
	suite(t, func(o *office) {
		r := o.make()
		whole, err := os.ReadFile(r.File)
		must(o.T, err)
		changed := bytes.Clone(whole)
		changed[len(changed)/2] ^= 1
		for what, text := range map[string][]byte{"cut": whole[:len(whole)*2/3], "changed": changed, "empty": {}, "text": []byte("hello"), "outside": packed(t, "../x"), "no manifest": packed(t, "database")} {
			path := filepath.Join(o.TempDir(), "x.backup")
			must(o.T, os.WriteFile(path, text, 0o600))
			if _, err := backup.Prove(o.Context(), path); err == nil {
				t.Errorf("%s: it is taken for whole", what)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".prove-*")); len(left) != 0 {
				t.Errorf("%s: left %v", what, left)
			}
		}
	})
}

func packed(t *testing.T, name string) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	must(t, err)
	w := tar.NewWriter(z)
	must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 1, Mode: 0o600}))
	_, err = io.WriteString(w, "x")
	must(t, errors.Join(err, w.Close(), z.Close()))
	return out.Bytes()
}

// Each night has its backup, the newest are kept, and what failed is written down.
func TestNights(t *testing.T) {
	suite(t, func(o *office) {
		must(o.T, os.WriteFile(filepath.Join(o.dir, "mine.txt"), nil, 0o600))
		for range 5 {
			o.clock.Advance(24 * time.Hour)
			must(o.T, o.svc.Handle(o.Context(), tenant.House, nil))
			must(o.T, o.svc.Plan(o.Context())) // a process that starts plans the same night once
		}
		files, err := filepath.Glob(filepath.Join(o.dir, "*"))
		if err != nil || len(files) != 4 {
			t.Errorf("%q, %v", files, err)
		}
		var waiting int
		must(o.T, o.s.Read(o.Context(), tenant.House, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2 AND run_at > $3`, backup.Kind, store.Micros(o.clock.Now())).Scan(&waiting)
		}))
		if waiting != 1 {
			t.Errorf("%d are planned", waiting)
		}
		at, err := o.svc.Good(o.Context())
		if err != nil || !at.Equal(o.clock.Now()) {
			t.Errorf("the last good one: %v, %v", at, err)
		}
		ctx, stop := context.WithCancel(o.Context())
		stop()
		o.clock.Advance(time.Hour)
		if _, err := o.svc.Make(ctx, o.dir); err == nil {
			t.Error("made by nobody")
		}
		all, err := o.svc.List(o.Context())
		if err != nil || len(all) != 6 || all[0].Trouble == "" || all[1].Trouble != "" || all[1].Bytes == 0 || !strings.HasPrefix(filepath.Base(all[1].File), "otasuke-202612") {
			t.Errorf("%+v, %v", all, err)
		}
		if left, _ := filepath.Glob(filepath.Join(o.dir, ".*")); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	})
}
