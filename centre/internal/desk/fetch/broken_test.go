package fetch_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"otasuke/centre/internal/desk/fetch"
)

// A mail that the server cannot read itself, as a full disk or a restore leaves one, keeps no other mail from the desk.
func TestAMailThatTheServerCannotRead(t *testing.T) {
	t.Parallel()
	dir, _, implicit, trust := dovecot(t)
	owner, err := os.Stat(filepath.Join(dir, "mail"))
	ok(t, err)
	st := owner.Sys().(*syscall.Stat_t)
	file := func(n int) string { return filepath.Join(dir, "mail", "new", fmt.Sprint(1_700_000_000+n, ".mail")) }
	for n := range 3 {
		ok(t, os.WriteFile(file(n), fmt.Appendf(nil, "Subject: %d\r\n\r\n至急\r\n", n), 0o600))
		ok(t, os.Chown(file(n), int(st.Uid), int(st.Gid)))
	}
	ok(t, os.Chown(file(1), 0, 0)) // the server may not
	got := make(chan string, 10)
	f, err := fetch.New(fetch.Config{Addr: fmt.Sprint("127.0.0.1:", implicit), TLSConfig: &tls.Config{RootCAs: trust}, Username: "desk", Password: "secret", Every: 50 * time.Millisecond, Take: func(_ context.Context, raw []byte, _ bool) error {
		got <- string(raw)
		return nil
	}})
	ok(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	defer func() { cancel(); ok(t, <-done) }()
	seen := map[string]bool{}
	for end := time.After(time.Minute); len(seen) < 2; {
		select {
		case s := <-got:
			seen[s[:10]] = true
		case <-end:
			t.Fatalf("only these came: %v", seen)
		}
	}
	if !seen["Subject: 0"] || !seen["Subject: 2"] {
		t.Errorf("%v", seen)
	}
}
