package backup_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

// A process that is killed at its backup leaves as much as the database has, and does so at each try: it is removed, but for that of
// who is still at it.
func TestWhatAKilledProcessLeaves(t *testing.T) {
	suite(t, func(o *office) {
		var rooms []string
		for _, name := range []string{".backup-1", ".prove-2", ".backup-3"} {
			room := filepath.Join(o.dir, name)
			rooms = append(rooms, room)
			must(o.T, os.MkdirAll(room, 0o700))
			must(o.T, os.WriteFile(filepath.Join(room, "database"), make([]byte, 1000), 0o600))
		}
		at, err := os.Open(rooms[2])
		must(o.T, err)
		defer at.Close()
		must(o.T, unix.Flock(int(at.Fd()), unix.LOCK_EX)) // as a living process has it
		o.make()
		if left, _ := filepath.Glob(filepath.Join(o.dir, ".*")); len(left) != 1 || left[0] != rooms[2] {
			o.Errorf("left: %v", left)
		}
	})
}

// What cannot be proven is no backup: it must not fill the disk try by try, nor push out those that are good.
func TestWhatIsNotProvenGoes(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "centre.db")
	s, err := store.Open(t.Context(), store.Config{URL: "sqlite://" + file})
	must(t, err)
	defer s.Close()
	must(t, s.Migrate(t.Context(), schemas...))
	people := tenant.New(tenant.Config{Store: s})
	must(t, people.EnsureHouse(t.Context(), "センター"))
	_, err = people.AddPerson(t.Context(), "test", tenant.Person{TenantID: tenant.House, Name: "見本", Email: "staff@centre.example", Role: tenant.RoleOperator})
	must(t, err)
	// A row without the one that it refers to, as a damaged database has it.
	db, err := sql.Open("sqlite", "file:"+file)
	must(t, err)
	_, err = db.ExecContext(t.Context(), `UPDATE person SET tenant_id = 'nobody'`)
	must(t, errors.Join(err, db.Close()))
	dir := t.TempDir()
	svc := backup.New(backup.Config{Store: s, Dir: dir, StateDir: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC))})
	for range 3 {
		if err := svc.Handle(t.Context(), tenant.House, nil); err == nil {
			t.Fatal("a damaged database was proven")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	all, err := svc.List(t.Context())
	if err != nil || len(all) == 0 || all[0].Trouble == "" {
		t.Errorf("%+v, %v", all, err)
	}
}
