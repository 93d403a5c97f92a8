package scan

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/wire"
)

const signature = "a pattern that only this test calls a virus"

// eventually waits for a condition that another goroutine makes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// await waits for the answer with the Done callback, as the engine does.
func await(t testing.TB, f *File) Result {
	t.Helper()
	eventually(t, "an answer", func() bool { return f.Result() != nil })
	return *f.Result()
}

// clamd starts the real scanner with one signature.
func clamd(t testing.TB, extra string) (socket string, kill func()) {
	t.Helper()
	const exe = "/usr/sbin/clamd"
	if _, err := os.Stat(exe); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	dir := t.TempDir()
	socket = filepath.Join(dir, "s")
	db := filepath.Join(dir, "db")
	conf := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nMaxThreads 4\n%s", socket, db, dir, extra)
	err := errors.Join(os.Mkdir(db, 0o755),
		os.WriteFile(filepath.Join(db, "test.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(signature))+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644), os.Chmod(dir, 0o777))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--config-file="+filepath.Join(dir, "conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	t.Cleanup(kill)
	s := &Scanner{Socket: socket}
	eventually(t, "clamd answers", func() bool { return s.Ping(context.Background()) == nil })
	return socket, kill
}

func zipped(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("invoice.txt")
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestClamd(t *testing.T) {
	socket, _ := clamd(t, "StreamMaxLength 32M\n")
	s := &Scanner{Socket: socket}
	infected := strings.Repeat("harmless ", 1000) + signature + strings.Repeat(" harmless", 1000)
	tests := []struct {
		name  string
		data  []byte
		piece int
		virus string
		err   error
	}{
		{"empty", nil, 1, "", nil},
		{"clean", []byte("Dear Sir or Madam"), 100, "", nil},
		{"infected", []byte(infected), 1400, "Test.Pattern.UNOFFICIAL", nil},
		{"infected, one byte at a time", []byte(infected[8000:10000]), 1, "Test.Pattern.UNOFFICIAL", nil},
		{"infected inside a zip", zipped(t, infected), 1400, "Test.Pattern.UNOFFICIAL", nil},
		{"large and clean", make([]byte, 8<<20), 64 << 10, "", nil},
		{"too large", make([]byte, MaxFile+1), 1 << 20, "", ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := s.Open(false)
			for b := tt.data; len(b) > 0; {
				n := min(tt.piece, len(b))
				if f.Write(b[:n]) {
					eventually(t, "room", func() bool { return !f.Full() })
				}
				b = b[n:]
			}
			f.Close()
			r := await(t, f)
			if r.Virus != tt.virus || !errors.Is(r.Err, tt.err) {
				t.Errorf("got %+v", r)
			}
			if f.Size() != int64(len(tt.data)) {
				t.Errorf("size %d", f.Size())
			}
		})
	}
	idle(t, s)
}

// idle: nothing of any file is left.
func idle(t testing.TB, s *Scanner) {
	t.Helper()
	eventually(t, "no file and no byte is left", func() bool { return s.open.Load() == 0 && s.waiting.Load() == 0 })
}

// clamd's own limit is no failure of the scanner.
// A file that was found elsewhere is stopped though the scanner knows nothing of it, at its first coming, when it was scanned
// before, and no longer once it is let go.
func TestStop(t *testing.T) {
	socket, _ := clamd(t, "")
	s := &Scanner{Socket: socket}
	const text, name = "an invoice with something in it", wire.FileStopped
	send := func(text string) Result {
		f := s.Open(false)
		f.Write([]byte(text))
		f.Close()
		return await(t, f)
	}
	first := send(text)
	if first.Virus != "" || first.Err != nil {
		t.Fatalf("%+v", first)
	}
	s.Stop([]string{"no digest", first.SHA256[:10], first.SHA256})
	for _, before := range []bool{true, true} {
		if r := send(text); r.Virus != name || r.SHA256 != first.SHA256 || r.Remembered != before {
			t.Errorf("%+v", r)
		}
	}
	if r := send(text + "."); r.Virus != "" {
		t.Errorf("another file: %+v", r)
	}
	s.Stop(nil)
	if r := send(text); r.Virus != "" || r.Err != nil {
		t.Errorf("let go: %+v", r)
	}
	(*Scanner)(nil).Stop(nil)
}

func TestClamdLimit(t *testing.T) {
	socket, _ := clamd(t, "StreamMaxLength 1M\n")
	f := (&Scanner{Socket: socket}).Open(false)
	for range 64 {
		f.Write(make([]byte, 64<<10))
	}
	f.Close()
	if r := await(t, f); !errors.Is(r.Err, ErrTooLarge) {
		t.Errorf("got %+v", r)
	}
}

func TestClamdKilledInTheMiddle(t *testing.T) {
	socket, kill := clamd(t, "")
	s := &Scanner{Socket: socket}
	f := s.Open(false)
	f.Write([]byte("first half"))
	eventually(t, "the first half is sent", func() bool { return s.waiting.Load() == 0 })
	kill()
	f.Write([]byte("second half"))
	f.Close()
	if r := await(t, f); !errors.Is(r.Err, ErrDown) {
		t.Errorf("got %+v", r)
	}
	if err := s.Ping(context.Background()); !errors.Is(err, ErrDown) {
		t.Errorf("ping: %v", err)
	}
	idle(t, s)
}

func TestScannerNotThere(t *testing.T) {
	t.Parallel()
	done := make(chan bool, 10)
	s := &Scanner{Socket: filepath.Join(t.TempDir(), "none"), Done: func() { done <- true }}
	f := s.Open(false)
	f.Write([]byte("x"))
	f.Close()
	<-done
	if r := f.Result(); r == nil || !errors.Is(r.Err, ErrDown) {
		t.Errorf("got %+v", r)
	}
	idle(t, s)
}

// fake is a scanner whose behaviour a test chooses.
func fake(t testing.TB, serve func(net.Conn)) *Scanner {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	answer(t, l, serve)
	return &Scanner{Socket: path}
}

// answer serves all who come until the test ends.
func answer(t testing.TB, l net.Listener, serve func(net.Conn)) {
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); serve(c) })
		}
	})
}

// drain reads a whole INSTREAM request.
func drain(c net.Conn) (n int) {
	_, _ = io.ReadFull(c, make([]byte, len("zINSTREAM\x00")))
	file, _ := chunks(c)
	return len(file)
}

// chunks reads the file of an INSTREAM request; whole tells that its end was told.
func chunks(r io.Reader) (file string, whole bool) {
	var out strings.Builder
	var head [4]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return out.String(), false
		}
		size := int64(binary.BigEndian.Uint32(head[:]))
		if size == 0 {
			return out.String(), true
		}
		_, _ = io.CopyN(&out, r, size)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		answer, virus string
		err           error
	}{
		{"stream: OK\x00", "", nil},
		{"stream: OK\n", "", nil},
		{"stream: Win.Test.EICAR_HDB-1 FOUND\x00", "Win.Test.EICAR_HDB-1", nil},
		{"", "", ErrDown},
		{"OK", "", ErrDown},
		{"stream: ", "", ErrDown},
		{"stream:  FOUND\x00", "", ErrDown},
		{"stream: Can't allocate memory ERROR\x00", "", ErrDown},
		{"INSTREAM size limit exceeded. ERROR\x00", "", ErrTooLarge},
		{"stream: Heuristics.Limits.Exceeded.MaxFiles FOUND\x00", "", ErrDeep},
		{"stream: Heuristics.Encrypted.Zip FOUND\x00", "", nil},
		{strings.Repeat("garbage", 10_000), "", ErrDown},
	}
	for _, tt := range tests {
		s := fake(t, func(c net.Conn) { drain(c); _, _ = io.WriteString(c, tt.answer) })
		f := s.Open(false)
		f.Write([]byte("some bytes"))
		f.Close()
		if r := await(t, f); r.Virus != tt.virus || !errors.Is(r.Err, tt.err) {
			t.Errorf("%.40q: got %+v", tt.answer, r)
		}
		idle(t, s)
	}
}

// A scanner that hangs up at once is down, not slow.
func TestHangsUp(t *testing.T) {
	t.Parallel()
	s := fake(t, func(net.Conn) {})
	for range 20 {
		f := s.Open(false)
		for range 100 {
			f.Write(make([]byte, 10_000))
		}
		f.Close()
		if r := await(t, f); !errors.Is(r.Err, ErrDown) {
			t.Fatalf("got %+v", r)
		}
	}
	idle(t, s)
}

// A scanner that does not read makes the buffer full, and Abort frees everything at
// once, also the goroutine that writes.
func TestSlowScannerAndAbort(t *testing.T) {
	before := runtime.NumGoroutine()
	release := make(chan bool)
	s := fake(t, func(net.Conn) { <-release })
	files := make([]*File, 10)
	for i := range files {
		f := s.Open(false)
		files[i] = f
		full := false
		for n := 0; !full; n += 100_000 {
			if n > 8<<20 {
				t.Fatal("8 MiB went in and the buffer is not full")
			}
			full = f.Write(make([]byte, 100_000))
		}
		eventually(t, "the buffer is full for good", func() bool { return f.Full() || !f.Write(nil) })
	}
	for _, f := range files {
		f.Abort(ErrSlow)
		if r := f.Result(); r == nil || r.Err == nil {
			t.Errorf("aborted: %+v", r)
		}
		if f.Write([]byte("more")) || f.Full() {
			t.Error("an aborted file asks to wait")
		}
		f.Close()
		f.Abort(ErrSlow)
	}
	idle(t, s)
	close(release)
	eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before+2 })
}

func TestBackPressureEnds(t *testing.T) {
	t.Parallel()
	read := make(chan bool)
	s := fake(t, func(c net.Conn) { <-read; drain(c); _, _ = io.WriteString(c, "stream: OK\x00") })
	room := make(chan bool, 100)
	s.Done = func() { room <- true }
	f := s.Open(false)
	for !f.Write(make([]byte, 50_000)) {
	}
	for !f.Full() { // what the socket took at first does not count
		f.Write(make([]byte, 50_000))
	}
	close(read)
	<-room
	eventually(t, "room", func() bool { return !f.Full() })
	f.Close()
	if r := await(t, f); r.Err != nil {
		t.Errorf("got %+v", r)
	}
	idle(t, s)
}

func TestTooMany(t *testing.T) {
	t.Parallel()
	release := make(chan bool)
	defer close(release)
	s := fake(t, func(net.Conn) { <-release })
	files := make([]*File, MaxOpen)
	for i := range files {
		files[i] = s.Open(false)
	}
	over := s.Open(false)
	if r := over.Result(); r == nil || !errors.Is(r.Err, ErrBusy) {
		t.Errorf("file %d: %+v", MaxOpen+1, r)
	}
	files[0].Abort(ErrSlow)
	if again := s.Open(false); again.Result() != nil {
		t.Errorf("with room again: %+v", again.Result())
	} else {
		again.Abort(ErrSlow)
	}
	// Memory of all files together is bounded, too.
	busy := 0
	chunk := make([]byte, 1<<20)
	for _, f := range files[1:] {
		f.Write(chunk)
		if r := f.Result(); r != nil && errors.Is(r.Err, ErrBusy) {
			busy++
		}
	}
	if n := s.waiting.Load(); n > MaxWaiting {
		t.Errorf("%d bytes wait", n)
	}
	for _, f := range files {
		f.Abort(ErrSlow)
	}
	if busy == 0 {
		t.Error("no file was refused for memory")
	}
	idle(t, s)
}

// FuzzVerdict: an answer says clean only with clamd's own words.
func FuzzVerdict(f *testing.F) {
	for _, s := range []string{"stream: OK\x00", "stream: Eicar-Signature FOUND\x00", "INSTREAM size limit exceeded. ERROR\x00", "stream: Heuristics.Encrypted.Zip FOUND\x00", "stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\x00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		r := verdict(answer)
		if r.Err == nil && r.Virus == "" && r.Flag == "" && strings.TrimRight(answer, "\x00\n ") != "stream: OK" {
			t.Errorf("%q passes as clean", answer)
		}
	})
}
