package enforce

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"otasuke/e2e/lab"
)

// mac is the hardware address of an interface.
func mac(t *testing.T, n *lab.Namespace, name string) net.HardwareAddr {
	t.Helper()
	m, err := n.HardwareAddr(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func overhear(t *testing.T, n *lab.Namespace, name string) *lab.Ear {
	t.Helper()
	e, err := n.Overhear(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func wire(t *testing.T, n *lab.Namespace) (write func([]byte)) {
	t.Helper()
	fd, err := n.Wire()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return func(b []byte) {
		t.Helper()
		// A veth says that its other end does not take the frame.
		if _, err := unix.Write(fd, b); err != nil && !errors.Is(err, unix.ENOBUFS) {
			t.Fatal(err)
		}
	}
}

// What switches and their neighbours say to each other goes through, whatever the bridge was
// set to before; PAUSE alone is between the ends of one cable.
func TestTransparent(t *testing.T) {
	router, box, pc := office(t)
	if err := box.Do(func() error { // an administrator's own bridge, with spanning tree
		on, mask := true, uint16(0)
		b := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}, MulticastSnooping: &on, GroupFwdMask: &mask}
		return errors.Join(netlink.LinkAdd(b), spanning(b))
	}); err != nil {
		t.Fatal(err)
	}
	if err := box.Do(func() error {
		_, err := Up(Config{Bridge: "br0", Ports: []string{"wan", "lan"}, Queues: 1})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct {
		name     string
		from, to *lab.Namespace
	}{{"out", pc, router}, {"in", router, pc}} {
		ear, say, own := overhear(t, way.to, "eth0"), wire(t, way.from), mac(t, way.from, "eth0")
		for last := range byte(0x10) {
			frame := append(append([]byte{1, 0x80, 0xc2, 0, 0, last}, own...), 0x88, 0xcc, last, byte(len(way.name)))
			frame = append(frame, make([]byte, 60)...)
			want := last != 1
			within := 30 * time.Second
			if !want {
				within = 100 * time.Millisecond
			}
			say(frame)
			if got := ear.Until(within, func(b []byte) bool { return bytes.Equal(b, frame) }); got != want {
				t.Errorf("%s: 01:80:c2:00:00:%02x arrives: %v", way.name, last, got)
			}
		}
		// A group that nobody has joined.
		frame := group(append(append([]byte{1, 0, 0x5e, 1, 2, 3}, own...), 0x08, 0x00))
		say(append(frame[:len(frame):len(frame)], make([]byte, 18)...)) // padding, which netfilter takes off
		if !ear.Until(30*time.Second, func(b []byte) bool { return bytes.HasPrefix(b, frame) }) {
			t.Errorf("%s: multicast is lost", way.name)
		}
	}
}

// group makes a UDP packet to 239.1.2.3 behind an Ethernet header.
func group(frame []byte) []byte {
	ip := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 5, 17, 0, 0, 192, 168, 9, 77, 239, 1, 2, 3, 0x30, 0, 0x30, 0, 0, 8, 0, 0}
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(ip[i])<<8 | uint32(ip[i+1])
	}
	sum = ^(sum>>16 + sum&0xffff)
	ip[10], ip[11] = byte(sum>>8), byte(sum)
	return append(frame, ip...)
}

func spanning(b netlink.Link) error {
	link, err := netlink.LinkByName(b.Attrs().Name)
	if err != nil {
		return err
	}
	return bridgeSet(link.Attrs().Index, nl.IFLA_BR_STP_STATE, nl.Uint32Attr(1))
}

// Nothing on the way knows of the box: it says nothing by itself, and answers nobody, also
// when it has an address at another port and somebody asks for just that.
func TestSilent(t *testing.T) {
	router, box, pc := office(t)
	if err := box.Do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr("192.168.9.9/32")
		if err != nil {
			return err
		}
		return netlink.AddrAdd(lo, addr)
	}); err != nil {
		t.Fatal(err)
	}
	up := func(c Config) {
		t.Helper()
		c.Bridge, c.Ports, c.Queues = "br-otasuke", []string{"wan", "lan"}, 1
		if err := box.Do(func() error { _, err := Up(c); return err }); err != nil {
			t.Fatal(err)
		}
	}
	up(Config{})
	ours := map[string]bool{mac(t, box, "wan").String(): true, mac(t, box, "lan").String(): true, mac(t, box, "br-otasuke").String(): true}
	own := mac(t, pc, "eth0")
	ears := []*lab.Ear{overhear(t, pc, "eth0"), overhear(t, router, "eth0")}
	say := wire(t, pc)
	ask := append(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, own...), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
	ask = append(append(ask, own...), 192, 168, 9, 2, 0, 0, 0, 0, 0, 0, 192, 168, 9, 9)
	say(append(ask, make([]byte, 18)...))
	for m := range ours { // a ping to the port itself
		to, err := net.ParseMAC(m)
		if err != nil {
			t.Fatal(err)
		}
		ip := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0xe7, 0x87, 192, 168, 9, 2, 192, 168, 9, 9, 8, 0, 0xf7, 0xff, 0, 0, 0, 0}
		say(append(append(append(append([]byte{}, to...), own...), 8, 0), append(ip, make([]byte, 18)...)...))
	}
	said := ""
	for _, e := range ears {
		e.Until(2*time.Second, func(b []byte) bool { // longer than neighbour discovery waits
			if src := net.HardwareAddr(b[6:12]).String(); ours[src] {
				said += fmt.Sprintf("%x\n", b)
			}
			return false
		})
	}
	if said != "" {
		t.Errorf("the box says:\n%s", said)
	}
	reaches(t, router, pc)
	up(Config{Address: true}) // and does when it shall have one
	if b, err := read(box, "/proc/sys/net/ipv6/conf/br-otasuke/disable_ipv6"); err != nil || b != "0\n" {
		t.Errorf("with an address: %q %v", b, err)
	}
}

func read(n *lab.Namespace, path string) (text string, err error) {
	err = n.Do(func() error {
		b, err := os.ReadFile(path)
		text = string(b)
		return err
	})
	return text, err
}

// Large frames go through where the cables carry them, and the ports are given the MTU that
// is asked for.
func TestJumbo(t *testing.T) {
	router, box, pc := office(t)
	for _, err := range []error{router.SetMTU("eth0", 9000), pc.SetMTU("eth0", 9000)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	up := func(mtu int) error {
		return box.Do(func() error {
			_, err := Up(Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}, Queues: 1, MTU: mtu})
			return err
		})
	}
	ear, say := overhear(t, router, "eth0"), wire(t, pc)
	frame := append(append([]byte{2, 0, 0, 0, 0, 1}, mac(t, pc, "eth0")...), 0x88, 0xb5)
	frame = append(frame, make([]byte, 9000)...)
	arrives := func(within time.Duration) bool {
		say(frame)
		return ear.Until(within, func(b []byte) bool { return bytes.Equal(b, frame) })
	}
	if err := up(0); err != nil {
		t.Fatal(err)
	}
	if arrives(100 * time.Millisecond) {
		t.Error("a port of 1500 bytes carries 9000")
	}
	if err := up(9000); err != nil {
		t.Fatal(err)
	}
	if !arrives(30 * time.Second) {
		t.Error("a large frame is lost")
	}
	if err := up(1 << 20); err == nil {
		t.Error("an MTU that no port has is taken")
	}
}
