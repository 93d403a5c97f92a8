package enforce

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"otasuke/e2e/lab"
)

// A network card that is reset, as those on USB are, comes again as another one: the office has its line again by itself.
func TestPortComesAgain(t *testing.T) {
	t.Parallel()
	router, box, pc := office(t)
	c := Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}, Queues: 1}
	if err := box.Do(func() error { _, err := Up(c); return err }); err != nil {
		t.Skipf("no mechanism here: %v", err)
	}
	said := keep(t, box, c, nil)
	for _, port := range []string{"wan", "lan"} {
		reaches(t, router, pc)
		for told := false; !told; { // again where it had not looked before
			again(t, router, box, pc, port)
			select {
			case <-said:
				told = true
			case <-time.After(5 * keepEvery):
			}
		}
		reaches(t, router, pc)
	}
}

// Where the box is a router or listens, it begins anew.
func TestPortOfRouterComesAgain(t *testing.T) {
	t.Parallel()
	router, box, pc := office(t)
	anew := make(chan struct{}, 1)
	keep(t, box, Config{Ports: []string{"wan", "lan"}, Routed: true}, func() { anew <- struct{}{} })
	for {
		again(t, router, box, pc, "lan")
		select {
		case <-anew:
			return
		case <-time.After(5 * keepEvery): // it had not looked before
		}
	}
}

// The port for the box's own address may come late, or again: then the box begins anew, as nothing else of it would see that.
func TestManagementPortComes(t *testing.T) {
	t.Parallel()
	router, box, pc := office(t)
	c := Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}, Apart: "own", Queues: 1, steady: 1}
	if err := box.Do(func() error { return Line(c) }); err != nil {
		t.Fatal(err)
	}
	plug := func() {
		t.Helper()
		if err := lab.Cable(router, "eth1", box, "own", 3); err != nil {
			t.Fatal(err)
		}
	}
	pull := func() {
		t.Helper()
		if err := box.Do(func() error { return pulled("own") }); err != nil {
			t.Fatal(err)
		}
	}
	for _, there := range []bool{false, true} {
		anew := make(chan struct{}, 1)
		if there {
			plug()
		}
		keep(t, box, c, func() { anew <- struct{}{} })
		for come := false; !come; {
			if there {
				pull()
			}
			plug()
			select {
			case <-anew:
				come = true
			case <-time.After(5 * keepEvery): // it had not looked before
				there = true
			}
		}
		pull()
	}
	reaches(t, router, pc)
}

func pulled(port string) error {
	link, err := netlink.LinkByName(port)
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

// keep lets Keep run, and gives what it says.
func keep(t *testing.T, box *lab.Namespace, c Config, anew func()) chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	said, done := make(lines, 100), make(chan error, 1)
	go func() {
		done <- box.Visit(func() error { Keep(ctx, c, true, anew, slog.New(slog.NewTextHandler(said, nil))); return nil })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return said
}

type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// again takes a port of the box away, and puts another one of the same name in its place.
func again(t *testing.T, router, box, pc *lab.Namespace, port string) {
	t.Helper()
	other, cidr, last := router, "192.168.9.1/24", byte(1)
	if port == "lan" {
		other, cidr, last = pc, "192.168.9.2/24", 2
	}
	err := errors.Join(box.Do(func() error { return pulled(port) }), lab.Cable(other, "eth0", box, port, last), other.Do(func() error { return addressed(cidr) }))
	if err != nil {
		t.Fatal(err)
	}
}
