package clamd

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/gateway/internal/scan"
)

const few = "OTASUKE_TEST_FEW_DESCRIPTORS"

// As many files as may be on their way leave the scanner room for questions, or it would be
// taken for one that hangs, and all of them would pass. Services begin with 1024 descriptors.
func TestAllFilesOpen(t *testing.T) {
	if os.Getenv(few) == "" {
		again := exec.Command("sh", "-c", `ulimit -S -n 1024 && exec "$0" "$@"`, os.Args[0], "-test.run=^TestAllFilesOpen$", "-test.v")
		again.Env = append(os.Environ(), few+"=1")
		if said, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		return
	}
	s, pids := run(t, Config{Dir: filepath.Join(t.TempDir(), "clamd"), Database: database(t)})
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
	files := make([]*scan.File, scan.MaxOpen)
	for i := range files {
		files[i] = s.Open(false)
		files[i].Write([]byte("some " + signature[:4]))
	}
	if r := s.Open(false).Result(); r == nil || !errors.Is(r.Err, scan.ErrBusy) {
		t.Fatalf("more than it takes: %+v", r)
	}
	<-pids
	temporary := filepath.Join(s.Socket, "..", "tmp", "*")
	eventually(t, "it has them all", func() bool { names, _ := filepath.Glob(temporary); return len(names) == len(files) })
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for _, f := range files {
		f.Write([]byte(signature[4:]))
		f.Close()
	}
	for i, f := range files {
		eventually(t, "an answer", func() bool { return f.Result() != nil })
		if r := f.Result(); r.Virus == "" {
			t.Fatalf("file %d of %d: %+v", i, len(files), r)
		}
	}
}

// What a scanner leaves that was killed does not fill the disk, one time after the other.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "clamd")
	s, pids := run(t, Config{Dir: dir, Database: database(t)})
	pid := <-pids
	for range 2 {
		eventually(t, "the scanner answers", func() bool { _, err := s.Check(t.Context(), time.Now()); return err == nil })
		f := s.Open(false)
		f.Write(make([]byte, 100_000))
		eventually(t, "it has the file", func() bool {
			names, _ := filepath.Glob(filepath.Join(dir, "tmp", "*"))
			return len(names) > 0
		})
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		pid = <-pids
		f.Abort(scan.ErrEnded)
	}
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
	if left, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// A disk that is full when the box starts costs no scanner for good: it comes when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	rest := filepath.Join(dir, "rest")
	if err := os.WriteFile(rest, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	says := make(says, 100)
	s, _ := run(t, Config{Dir: filepath.Join(dir, "clamd"), Database: database(t), Log: slog.New(slog.NewTextHandler(says, nil))})
	if said := <-says; !strings.Contains(said, "no space left") {
		t.Error(said)
	}
	if err := os.Remove(rest); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
}
