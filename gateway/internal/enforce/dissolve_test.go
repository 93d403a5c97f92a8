package enforce

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// A box that was a bridge and is something else now has its ports for itself: nothing passes between
// them, and it is reached at their addresses. It may be a bridge again.
func TestDissolve(t *testing.T) {
	router, box, pc := office(t)
	bridge := func() {
		t.Helper()
		if err := box.Do(func() error { return Line(Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}}) }); err != nil {
			t.Fatal(err)
		}
		reaches(t, router, pc)
	}
	bridge()
	for range 2 { // the second time there is none
		if err := box.Do(func() error { return Dissolve("br-otasuke") }); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.Do(func() error {
		lan, err := netlink.LinkByName("lan")
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr("192.168.9.9/24")
		return errors.Join(err, netlink.AddrAdd(lan, addr))
	}); err != nil {
		t.Fatal(err)
	}
	l, err := box.Listen("192.168.9.9:8000")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := pc.Dial(t.Context(), "tcp", "192.168.9.9:8000")
	if err != nil {
		t.Fatalf("the port's own address is not reached: %v", err)
	}
	c.Close()
	for _, name := range []string{"wan", "lan"} {
		if b, err := read(box, "/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6"); err != nil || b != "0\n" {
			t.Errorf("%s has no IPv6: %q %v", name, b, err)
		}
	}
	ear, say := overhear(t, router, "eth0"), wire(t, pc)
	frame := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x55, 0x88, 0xb5}, make([]byte, 46)...) // for experiments (IEEE 802)
	say(frame)
	ear.Until(time.Second, func(b []byte) bool {
		if len(b) > 14 && b[11] == 0x55 {
			t.Error("what a PC says still passes")
		}
		return t.Failed()
	})
	bridge()
	if err := box.Do(func() error { return Dissolve("lo") }); err == nil || !strings.Contains(err.Error(), "no bridge") {
		t.Errorf("what is no bridge: %v", err)
	}
}
