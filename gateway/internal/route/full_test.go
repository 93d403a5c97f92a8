package route

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/gateway/internal/route/prefix"
)

// A disk that is full takes no configuration: the office has addresses and names all the same by that of before, and without
// one when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		t.Skip("no dnsmasq here (package dnsmasq-base)")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	rest := filepath.Join(dir, "rest")
	fill := func() {
		t.Helper()
		if err := os.WriteFile(rest, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	var both [2]*lab.Namespace
	for i, name := range []string{"box", "pc"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		both[i] = n
	}
	box, pc := both[0], both[1]
	err := errors.Join(lab.Cable(pc, "eth0", box, "lan0", 1), box.AddAddress("lan0", "192.168.77.1/24"), pc.AddAddress("eth0", "192.168.77.9/24"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done, names := make(chan error, 1), make(chan []netip.Addr, 1)
	names <- nil
	says := make(lines, 1000)
	fill()
	go func() {
		done <- box.Visit(func() error {
			return masq(ctx, &Config{Outside: "wan0", Inside: "lan0", Address: netip.MustParsePrefix("192.168.77.1/24")}, dir, func() []netip.Addr {
				list := <-names
				names <- list
				return list
			}, slog.New(slog.NewTextHandler(says, nil)))
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	pid := filepath.Join(dir, pidFile)
	answers := func(what, before string) (now string) {
		t.Helper()
		for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
			if b, _ := os.ReadFile(pid); len(b) > 0 && string(b) != before {
				c, err := pc.Dial(t.Context(), "tcp", net.JoinHostPort("192.168.77.1", "53"))
				if err == nil {
					c.Close()
					return string(b)
				}
			}
		}
		t.Fatalf("%s: nobody answers", what)
		return ""
	}
	for said := ""; !strings.Contains(said, "no space left"); {
		select {
		case said = <-says:
		case err := <-done:
			done <- err
			t.Fatal("it gives up: ", err)
		}
	}
	if err := os.Remove(rest); err != nil {
		t.Fatal(err)
	}
	first := answers("with room again", "")
	fill()
	<-names
	names <- []netip.Addr{netip.MustParseAddr("192.0.2.53")}
	answers("full again", first)
}

// A network of IPv6 is in use although the disk does not remember it: else the line would be asked for it every second.
func TestFullDiskSix(t *testing.T) {
	t.Parallel()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	box, err := lab.NewNamespace("box")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	err = errors.Join(lab.Cable(box, "lan0", box, "x", 1), lab.Cable(box, "wan0", box, "y", 2))
	if err != nil {
		t.Fatal(err)
	}
	said := make(lines, 100)
	s := &six{c: &Config{Outside: "wan0", Inside: "lan0", Address: netip.MustParsePrefix("192.168.77.1/24")},
		path: filepath.Join(t.TempDir(), "gone", "prefix.json"), log: slog.New(slog.NewTextHandler(said, nil))}
	if err := box.Do(func() error {
		return s.use(&prefix.Lease{Prefix: netip.MustParsePrefix("2001:db8:aa00::/56"), Valid: time.Hour, Preferred: time.Hour})
	}); err != nil {
		t.Error(err)
	}
	if len(said) != 1 {
		t.Errorf("%d words about it", len(said))
	}
}

type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}
