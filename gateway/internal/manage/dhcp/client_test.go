package dhcp

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// server is a DHCP server of Debian on a host's eth0, until stop.
func server(t *testing.T, n *lab.Namespace, leases string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command("dnsmasq", append([]string{"--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--dhcp-authoritative",
		"--no-ping", "--user=root", "--pid-file=", "--dhcp-leasefile=" + leases}, args...)...)
	if err := n.Start(cmd); err != nil {
		t.Skipf("no dnsmasq here (package dnsmasq-base): %v", err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(stop)
	return stop
}

// A box that is switched on before its router gets its address when that comes, keeps it
// beyond its time, and takes another one from a router that is put in place of it.
func TestLease(t *testing.T) {
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	var both [2]*lab.Namespace
	for i, name := range []string{"router", "box"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		both[i] = n
	}
	router, box := both[0], both[1]
	if err := lab.Cable(router, "eth0", box, "eth0", 1); err != nil {
		t.Fatal(err)
	}
	for _, cidr := range []string{"192.168.9.1/24", "10.9.0.1/24"} {
		if err := router.AddAddress("eth0", cidr); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	used, asked, done, again := make(chan *Lease, 100), make(chan struct{}, 100), make(chan error, 1), make(chan struct{})
	go func() {
		done <- box.Visit(func() error {
			return Run(ctx, Config{Interface: "eth0", Host: "otasuke", Again: again, Log: slog.New(slog.NewTextHandler(notes{asked}, nil)), wait: 50 * time.Millisecond, renew: time.Second,
				Use: func(l *Lease) error {
					if l != nil {
						_ = box.AddAddress("eth0", l.Addr.String()) // there already, when it is renewed
					}
					used <- l
					return nil
				}})
		})
	}()
	next := func(what, want string) {
		t.Helper()
		for end := time.After(20 * time.Second); ; {
			select {
			case l := <-used:
				if l != nil && l.Addr.String() == want {
					return
				}
			case <-end:
				t.Fatalf("%s: never %s", what, want)
			}
		}
	}
	<-asked // it says that nobody answers
	leases := filepath.Join(t.TempDir(), "leases")
	stop := server(t, router, leases, "--dhcp-range=192.168.9.50,192.168.9.50,120s")
	next("a router comes", "192.168.9.50/24")
	next("it is asked again in time", "192.168.9.50/24")
	stop()
	if err := os.Remove(leases); err != nil {
		t.Fatal(err)
	}
	server(t, router, leases, "--dhcp-range=10.9.0.50,10.9.0.50,120s")
	again <- struct{}{}
	next("another router", "10.9.0.50/24")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// notes tells of each line of a log.
type notes struct{ c chan struct{} }

func (n notes) Write(b []byte) (int, error) { n.c <- struct{}{}; return len(b), nil }
