package tail

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// listen runs a listener and returns the lines that it took.
func listen(t *testing.T, network, path string, fail int) (lines chan string, stop func() error) {
	t.Helper()
	lines = make(chan string, 100)
	var mu sync.Mutex
	l := &Listener{Network: network, Path: path, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Take: func(batch [][]byte) error {
		mu.Lock()
		defer mu.Unlock()
		if fail > 0 {
			fail--
			return errors.New("the disk is full")
		}
		for _, b := range batch {
			lines <- string(b)
		}
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return lines, func() error { cancel(); return <-done }
}

// dial connects as a sensor does that starts at the same time.
func dial(t *testing.T, network, path string) net.Conn {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial(network, path)
		if err == nil {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, lines <-chan string, all ...string) {
	t.Helper()
	for _, w := range all {
		select {
		case got := <-lines:
			if got != w {
				t.Errorf("%q, want %q", got, w)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no %q", w)
		}
	}
}

func TestStreamSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run", "eve.sock")
	lines, stop := listen(t, "unix", path, 2)
	c := dial(t, "unix", path)
	write(t, c, "{\"a\":1}\n\n{\"b\"")
	write(t, c, ":2}\n")
	want(t, lines, `{"a":1}`, `{"b":2}`) // what was not taken came again
	c.Close()
	other := dial(t, "unix", path) // the sensor was started anew
	write(t, other, "{\"c\":3}\n")
	want(t, lines, `{"c":3}`)
	if _, again := listen(t, "unix", path, 0); again() == nil {
		t.Error("two listen at the same time")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	other.Close()
}

func TestDatagramSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "eve.sock")
	left, err := net.ListenPacket("unixgram", path) // of a run that was killed
	if err != nil {
		t.Fatal(err)
	}
	left.Close()
	if err := os.WriteFile(path+".other", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lines, stop := listen(t, "unixgram", path, 0)
	c := dial(t, "unixgram", path)
	write(t, c, "{\"a\":1}\n{\"b\":2}")
	want(t, lines, `{"a":1}`, `{"b":2}`)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, stop := listen(t, "unixgram", path+".other", 0); stop() == nil {
		t.Error("a file is taken for a socket")
	}
}

// A line without end costs its sender the connection, and the others nothing.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "eve.sock")
	lines, stop := listen(t, "unix", path, 0)
	good, bad := dial(t, "unix", path), dial(t, "unix", path)
	_, err := io.Copy(bad, strings.NewReader(strings.Repeat("x", 4*maxLine)))
	if err == nil {
		t.Error("a line of 4 MiB is read to its end")
	}
	write(t, good, "{}\n")
	want(t, lines, "{}")
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestSocketAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"unix:/run/x": "unix /run/x true", "unixgram:/run/x": "unixgram /run/x true", "/var/log/eve.json": " false", "tcp:/x": " false"} {
		n, p, ok := Socket(address)
		got := " false"
		if ok {
			got = n + " " + p + " true"
		}
		if got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
