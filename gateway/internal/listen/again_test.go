package listen

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"otasuke/e2e/lab"
)

// A port that goes and comes again, as one on USB that is reset, is listened at again.
func TestPortComesAgain(t *testing.T) {
	t.Parallel()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
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
	plug := func() error {
		return errors.Join(lab.Cable(box, "lan0", pc, "eth0", 1), pc.AddAddress("eth0", "192.168.9.2/24"))
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var frames atomic.Int64
	done := make(chan error, 1)
	go func() {
		done <- box.Visit(func() error {
			p, err := Open("lan0")
			if err != nil {
				return err
			}
			return errors.Join(p.Run(ctx, func([]byte, int64) { frames.Add(1) }), p.Close())
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	heard := func(when string) {
		t.Helper()
		before := frames.Load()
		for end := time.Now().Add(30 * time.Second); frames.Load() == before; {
			thing, err := pc.Plug("00:1b:8b:00:00:01", "192.168.9.7")
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(thing.Announce(), thing.Close()); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(end) {
				t.Fatalf("%s: nothing is heard", when)
			}
		}
	}
	heard("at the start")
	err := box.Do(func() error {
		link, err := netlink.LinkByName("lan0")
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	if err := errors.Join(err, plug()); err != nil {
		t.Fatal(err)
	}
	heard("when it came again")
}
