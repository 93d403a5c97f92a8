package clamd

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"otasuke/gateway/internal/scan"
)

const signature = "a pattern that only this test calls a virus"

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// database is a folder with one signature.
func database(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(signature))+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run starts clamd and returns its scanner and its processes.
func run(t *testing.T, c Config) (*scan.Scanner, chan int) {
	t.Helper()
	if _, err := os.Stat(DefaultProgram); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	ctx, cancel := context.WithCancel(context.Background())
	pids, done := make(chan int, 100), make(chan error, 1)
	c.wait, c.look, c.started = time.Millisecond, time.Millisecond, func(pid int) { pids <- pid }
	go func() { done <- Run(ctx, c) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &scan.Scanner{Socket: Socket(c.Dir), Database: c.Database}, pids
}

func ask(t *testing.T, s *scan.Scanner, data string) scan.Result {
	t.Helper()
	f := s.Open(false)
	f.Write([]byte(data))
	f.Close()
	eventually(t, "an answer", func() bool { return f.Result() != nil })
	return *f.Result()
}

// The scanner that the box starts finds viruses, says how old its signatures are, and is
// back after it was killed.
func TestKilledAndBack(t *testing.T) {
	t.Parallel()
	s, pids := run(t, Config{Dir: filepath.Join(t.TempDir(), "clamd"), Database: database(t)})
	up := func() bool { _, err := s.Check(t.Context(), time.Now()); return err == nil }
	pid := <-pids
	eventually(t, "the scanner answers", up)
	if r := ask(t, s, "some "+signature); r.Virus != "Test.Pattern.UNOFFICIAL" {
		t.Errorf("%+v", r)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if again := <-pids; again == pid {
		t.Error("the same process")
	}
	eventually(t, "the scanner is back", up)
	if r := ask(t, s, "other "+signature); r.Virus == "" {
		t.Errorf("%+v", r)
	}
	sig, err := s.Check(t.Context(), time.Now())
	if err != nil || !strings.HasPrefix(sig.Version, "ClamAV ") || time.Since(sig.Made) > time.Hour {
		t.Errorf("%+v, %v", sig, err)
	}
}

// Without signatures clamd would end at once, again and again: it is started when they come, and
// the log says it once.
func TestNoSignaturesYet(t *testing.T) {
	t.Parallel()
	folder, waits := t.TempDir(), make(chan string, 100)
	if err := os.WriteFile(filepath.Join(folder, "freshclam.dat"), []byte("not a signature"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, pids := run(t, Config{Dir: filepath.Join(t.TempDir(), "clamd"), Database: folder, Log: slog.New(slog.NewTextHandler(says(waits), nil))})
	if line := <-waits; !strings.Contains(line, "no signatures of viruses yet") {
		t.Error(line)
	}
	for range 100 { // looks, a millisecond between two
		_ = s.Ping(t.Context())
		runtime.Gosched()
	}
	if len(pids) > 0 || len(waits) > 0 {
		t.Errorf("clamd is started %d times without signatures, and the log goes on: %d", len(pids), len(waits))
	}
	if err := os.CopyFS(folder, os.DirFS(database(t))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
}

// says hands on what is logged.
type says chan string

func (s says) Write(b []byte) (int, error) {
	s <- string(b)
	return len(b), nil
}

// Archives in archives, and what unpacks to more than the limit, are not scanned to the end
// and told so; they are no virus and not clean.
func TestLimits(t *testing.T) {
	t.Parallel()
	s, _ := run(t, Config{Dir: filepath.Join(t.TempDir(), "clamd"), Database: database(t)})
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
	pack := func(data []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("a")
		if err == nil {
			_, err = w.Write(data)
		}
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	deep := []byte("words")
	for range maxDepth + 3 {
		deep = pack(deep)
	}
	if r := ask(t, s, string(deep)); r.Err != scan.ErrDeep {
		t.Errorf("deep: %+v", r)
	}
	if r := ask(t, s, string(many(t, 8<<20, maxUnpacked/(8<<20)+1))); r.Err != scan.ErrDeep {
		t.Errorf("large inside: %+v", r)
	}
	if r := ask(t, s, string(pack(pack([]byte(signature))))); r.Virus == "" {
		t.Errorf("two archives: %+v", r)
	}
	if got := s.Limits(); got["scan_too_deep"] != 2 {
		t.Errorf("%v", got)
	}
}

// many is an archive of n files of so many zeros, packed once.
func many(t *testing.T, size, n int) []byte {
	t.Helper()
	var packed, b bytes.Buffer
	f, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err == nil {
		_, err = f.Write(make([]byte, size))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&b)
	for i := range n {
		w, err := z.CreateRaw(&zip.FileHeader{Name: strconv.Itoa(i), Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(make([]byte, size)),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(size)})
		if err == nil {
			_, err = w.Write(packed.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// It runs as a user of its own who may not read what is ours.
func TestOwnUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("not root")
	}
	if _, err := user.Lookup(DefaultUser); err != nil {
		t.Skip("no user for clamd on this machine")
	}
	state, err := os.MkdirTemp("", "otasuke-clamd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	db := database(t)
	for d := db; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s, pids := run(t, Config{Dir: filepath.Join(state, "clamd"), Database: db, User: DefaultUser})
	pid := <-pids
	eventually(t, "the scanner answers", func() bool { return s.Ping(t.Context()) == nil })
	var st syscall.Stat_t
	u, err := user.Lookup(DefaultUser)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Stat(filepath.Join("/proc", strconv.Itoa(pid)), &st); err != nil || strconv.Itoa(int(st.Uid)) != u.Uid {
		t.Errorf("runs as %d, want %s (%v)", st.Uid, u.Uid, err)
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o711 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// A folder that cannot be made is an error at once.
func TestCannotStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Config{Dir: filepath.Join(file, "clamd")}); err == nil {
		t.Error("starts without a folder")
	}
}

// A scanner that hangs is ended and started again; meanwhile no file waits for it.
func TestHangs(t *testing.T) {
	t.Parallel()
	var answers atomic.Int32
	s, pids := run(t, Config{Dir: filepath.Join(t.TempDir(), "clamd"), Database: database(t), silence: 4 * time.Second, seen: func() { answers.Add(1) }})
	up := func() bool { _, err := s.Check(t.Context(), time.Now()); return err == nil }
	pid := <-pids
	eventually(t, "the scanner answers", up)
	eventually(t, "its watch has heard it", func() bool { return answers.Load() > 0 })
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	f := s.Open(false)
	f.Write([]byte("it waits for an answer"))
	f.Close()
	eventually(t, "the file is let go", func() bool { return up() || f.Result() != nil })
	if r := f.Result(); r == nil || !errors.Is(r.Err, scan.ErrDown) {
		t.Errorf("%+v", r)
	}
	if r := s.Open(false).Result(); r == nil || !errors.Is(r.Err, scan.ErrDown) {
		t.Errorf("the next file waits: %+v", r)
	}
	if again := <-pids; again == pid {
		t.Error("the same process")
	}
	eventually(t, "the scanner is back", up)
	if r := ask(t, s, "some "+signature); r.Virus == "" {
		t.Errorf("%+v", r)
	}
}
