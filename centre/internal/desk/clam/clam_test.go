package clam

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const signature = "a pattern that only this test calls a virus"

// clamd starts the real scanner with one signature.
func clamd(t *testing.T) (socket string) {
	t.Helper()
	const exe = "/usr/sbin/clamd"
	if _, err := os.Stat(exe); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	dir := t.TempDir()
	socket = filepath.Join(dir, "s")
	db := filepath.Join(dir, "db")
	conf := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 1M\n", socket, db, dir)
	if err := errors.Join(os.Mkdir(db, 0o755), os.WriteFile(filepath.Join(db, "test.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(signature))+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--config-file="+filepath.Join(dir, "conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for end := time.Now().Add(30 * time.Second); ; runtime.Gosched() {
		if _, err := Scan(t.Context(), socket, []byte("x")); err == nil {
			return socket
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestRealScanner(t *testing.T) {
	t.Parallel()
	socket := clamd(t)
	if virus, err := Scan(t.Context(), socket, bytes.Repeat([]byte("harmless "), 40_000)); virus != "" || err != nil {
		t.Errorf("harmless: %q, %v", virus, err)
	}
	if virus, err := Scan(t.Context(), socket, []byte(strings.Repeat("x", 100_000)+signature)); !strings.HasPrefix(virus, "Test.Pattern") || err != nil {
		t.Errorf("infected: %q, %v", virus, err)
	}
	if _, err := Scan(t.Context(), socket, make([]byte, 2<<20)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if virus, err := Scan(t.Context(), socket+"x", nil); virus != "" || err == nil {
		t.Error("nobody there, and clean")
	}
}

func FuzzVerdict(f *testing.F) {
	for _, s := range []string{"stream: OK\x00", "stream: OK", "stream:  FOUND\x00", "stream: x FOUND\x00", "UNKNOWN COMMAND\x00", "INSTREAM size limit exceeded. ERROR\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if virus, err := verdict(s); err == nil && virus == "" && s != "stream: OK\x00" {
			t.Errorf("%q is clean", s)
		}
	})
}
