package store_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
)

// A database whose machine loses its power says nothing more: no answer, no end of the connection. Another that takes its place
// must not wait for a quarter of an hour, as the kernel would.
func TestADatabaseThatVanishes(t *testing.T) {
	t.Parallel()
	const apart = "OTASUKE_TEST_APART" // in a network of its own, where packets may be thrown away
	if os.Getenv(apart) == "" {
		if os.Getuid() != 0 {
			t.Skip("not root: the line to the database cannot be cut")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestADatabaseThatVanishes$", "-test.v")
		cmd.Env, cmd.SysProcAttr = append(os.Environ(), apart+"=1"), &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	run("ip", "link", "set", "lo", "up")
	local, err := url.Parse(storetest.PostgresURL(t))
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	go lead(l, local.Query().Get("host")+"/.s.PGSQL.5432")
	s, err := store.Open(t.Context(), store.Config{URL: fmt.Sprintf("postgres://otasuke@%s%s?sslmode=disable", l.Addr(), local.Path)})
	must(t, err)
	defer s.Close()
	must(t, s.Migrate(t.Context()))
	write := func() error {
		return s.Global(t.Context(), func(tx *store.GlobalTx) error {
			_, err := tx.Exec(`INSERT INTO operator_access (at, who, why) VALUES (1, 'test', 'test')`)
			return err
		})
	}
	must(t, write())
	run("nft", "add table inet cut; add chain inet cut input { type filter hook input priority 0; }; add rule inet cut input meta l4proto tcp drop")
	done := make(chan error, 1)
	go func() { done <- write() }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("written to nobody")
		}
	case <-time.After(2 * time.Minute):
		t.Error("the database has vanished, and is still waited for")
	}
	run("nft", "delete table inet cut")
	must(t, write())
}

// lead leads every connection to a socket.
func lead(l net.Listener, socket string) {
	for {
		a, err := l.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("unix", socket)
		if err != nil {
			a.Close()
			continue
		}
		go func() { _, _ = io.Copy(a, b); a.Close() }()
		go func() { _, _ = io.Copy(b, a); b.Close() }()
	}
}
