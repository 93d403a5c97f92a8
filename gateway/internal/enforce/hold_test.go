package enforce

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// Who is held does not get through the bridge, also on a connection that was open before; when
// the queue's rules are made anew nobody is let go; when all are let go nothing of ours is left.
func TestHold(t *testing.T) {
	router, box, pc := office(t)
	cfg := Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}, Queues: 1}
	up := func() {
		t.Helper()
		if err := box.Do(func() error { _, err := Up(cfg); return err }); err != nil {
			t.Fatal(err)
		}
	}
	hold := func(macs ...net.HardwareAddr) {
		t.Helper()
		if err := box.Do(func() error { return Hold(macs) }); err != nil {
			t.Fatal(err)
		}
	}
	up()
	reaches(t, router, pc)
	hold(net.HardwareAddr{0, 0x1b, 0x8b, 9, 9, 9})
	reaches(t, router, pc)
	open := echo(t, router, pc)
	if !open(10 * time.Second) {
		t.Fatal("the open connection does not answer")
	}
	hold(net.HardwareAddr{2, 0, 0, 0, 0, 2}, net.HardwareAddr{0, 0x1b, 0x8b, 9, 9, 9})
	up()
	if open(time.Second) {
		t.Error("an open connection of a held device goes on")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if c, err := pc.Dial(ctx, "tcp", "192.168.9.1:8001"); err == nil {
		c.Close()
		t.Error("a held device connects")
	}
	hold()
	if s := state(t, box); strings.Contains(s, "held") {
		t.Errorf("left behind:\n%s", s)
	}
	reaches(t, router, pc)
}

// echo opens a connection from the PC to the router, and tells with each call whether an answer
// comes through in time.
func echo(t *testing.T, router, pc interface {
	Listen(string) (net.Listener, error)
	Dial(context.Context, string, string) (net.Conn, error)
}) func(patience time.Duration) bool {
	t.Helper()
	l, err := router.Listen("192.168.9.1:8001")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 1)
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}()
	c, err := pc.Dial(t.Context(), "tcp", "192.168.9.1:8001")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return func(patience time.Duration) bool {
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Write([]byte("x")); err != nil {
			return false
		}
		_, err := c.Read(make([]byte, 1))
		return err == nil
	}
}
