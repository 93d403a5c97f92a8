package pulse

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// short limits: what is tested is their order.
var short = Limits{Start: time.Minute, Then: 4 * Every}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// One worker of two that stands still is noticed, also when the other one goes on; none is
// blamed while all go round.
func TestOneWorkerHangs(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var turns, looks atomic.Uint64
	var hangs atomic.Bool
	other := func() uint64 {
		if hangs.Load() {
			return 7
		}
		return 1000 + turns.Load()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { Give(ctx, w, func() uint64 { return turns.Add(1) }, other) })
	began := time.Now()
	err := Watch(r, short, func() {
		if looks.Add(1) == 4 { // two seconds without complaint
			hangs.Store(true)
		}
	})
	if !errors.Is(err, ErrHangs) || looks.Load() < 4 {
		t.Errorf("%v after %d looks and %v", err, looks.Load(), time.Since(began))
	}
}

// Workers that hang from their first packet on are noticed like any others.
func TestHangsFromTheStart(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { Give(ctx, w, func() uint64 { return 0 }) })
	if err := Watch(r, short, func() {}); !errors.Is(err, ErrHangs) {
		t.Error(err)
	}
}

// A process that ends is not one that hangs, and one that starts may take its time.
func TestStartAndEnd(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	n := 0
	err := Watch(r, Limits{Start: time.Minute, Then: 50 * time.Millisecond}, func() {
		if n++; n == 3 { // nothing was said for twenty times what is allowed later
			w.Close()
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// Signs that nobody reads do not stop the one who gives them.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	_, w := pipe(t)
	_ = w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for block := make([]byte, 4096); ; {
		if _, err := w.Write(block); err != nil {
			break // the pipe is full
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var turns atomic.Uint64
	Give(ctx, w, func() uint64 {
		if turns.Add(1) == 3 {
			cancel()
		}
		return turns.Load()
	})
}

// systemd is told both words.
func TestSystemd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	Ready()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go Keep(ctx)
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		b := make([]byte, 64)
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := c.Read(b); err != nil || string(b[:n]) != want {
			t.Errorf("%q %v, want %q", b[:n], err, want)
		}
	}
}
