package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Addresses of the company.
const (
	Router = "192.168.1.1"
	PC1    = "192.168.1.11"
	PC2    = "192.168.1.12"
	PC3    = "192.168.1.13"
	Web    = "192.168.1.80"
)

// Names of the box's two ports.
const (
	OutsidePort = "wan0"
	InsidePort  = "lan0"
)

// Lab is the company, the box's place and the internet.
type Lab struct {
	PC1, PC2, PC3, Web    *Namespace
	Office, Box, Internet *Namespace
	all                   []*Namespace
}

// New builds everything up to the box's ports, which are not joined yet: that
// is the box's work.
func New() (*Lab, error) {
	l := new(Lab)
	for _, h := range []struct {
		name string
		to   **Namespace
	}{
		{"internet", &l.Internet}, {"box", &l.Box}, {"office", &l.Office},
		{"pc1", &l.PC1}, {"pc2", &l.PC2}, {"pc3", &l.PC3}, {"web", &l.Web},
	} {
		n, err := NewNamespace(h.name)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		*h.to = n
		l.all = append(l.all, n)
	}
	if err := l.cable(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close takes everything away.
func (l *Lab) Close() error {
	var errs []error
	for _, n := range l.all {
		errs = append(errs, n.Close())
	}
	return errors.Join(errs...)
}

// cable joins the hosts.
func (l *Lab) cable() error {
	if err := l.Office.Do(func() error { return bridge("sw0") }); err != nil {
		return fmt.Errorf("lab: switch: %w", err)
	}
	hosts := []struct {
		n    *Namespace
		addr string
	}{{l.PC1, PC1}, {l.PC2, PC2}, {l.PC3, PC3}, {l.Web, Web}}
	for i, h := range hosts {
		if err := l.plug(h.n, h.addr, byte(0x10+i)); err != nil {
			return err
		}
	}
	if err := l.inside(); err != nil {
		return err
	}
	if err := Cable(l.Internet, "eth0", l.Box, OutsidePort, 0x01); err != nil {
		return err
	}
	return l.Internet.Do(func() error { return address("eth0", Router+"/24", "") })
}

// inside joins the office with the box.
func (l *Lab) inside() error {
	return errors.Join(Cable(l.Office, "uplink", l.Box, InsidePort, 0x40), l.Office.Do(func() error { return join("sw0", "uplink") }))
}

// ResetInside takes the box's inside port away and puts another one of that name in its place, as the kernel does with a
// network card on USB that is reset.
func (l *Lab) ResetInside() error {
	err := l.Box.Do(func() error {
		port, err := netlink.LinkByName(InsidePort)
		if err != nil {
			return err
		}
		return netlink.LinkDel(port)
	})
	if err != nil {
		return fmt.Errorf("lab: %s: %w", InsidePort, err)
	}
	return l.inside()
}

// plug joins a host to the office switch; last is the end of its hardware address.
func (l *Lab) plug(n *Namespace, addr string, last byte) error {
	port := fmt.Sprintf("port%d", last)
	if err := Cable(n, "eth0", l.Office, port, last); err != nil {
		return err
	}
	if err := l.Office.Do(func() error { return join("sw0", port) }); err != nil {
		return fmt.Errorf("lab: %s: %w", port, err)
	}
	if err := n.Do(func() error { return address("eth0", addr+"/24", Router) }); err != nil {
		return fmt.Errorf("lab: %s: %w", n.Name, err)
	}
	return nil
}

// AddPC puts another computer into the office.
func (l *Lab) AddPC(name, addr string, last byte) (*Namespace, error) {
	n, err := NewNamespace(name)
	if err != nil {
		return nil, err
	}
	l.all = append(l.all, n)
	return n, l.plug(n, addr, last)
}

// Cable joins two hosts with a virtual Ethernet cable. The first end gets the
// hardware address 02:00:00:00:00:last, so that devices are told apart.
func Cable(a *Namespace, nameA string, b *Namespace, nameB string, last byte) error {
	err := a.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = nameA
		attrs.HardwareAddr = net.HardwareAddr{2, 0, 0, 0, 0, last}
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: nameB, PeerNamespace: netlink.NsFd(b.fd)})
	})
	if err != nil {
		return fmt.Errorf("lab: cable %s-%s: %w", a.Name, b.Name, err)
	}
	for _, end := range []struct {
		n    *Namespace
		name string
	}{{a, nameA}, {b, nameB}} {
		if err := end.n.Do(func() error { return up(end.name) }); err != nil {
			return fmt.Errorf("lab: cable end %s at %s: %w", end.name, end.n.Name, err)
		}
	}
	return nil
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

func bridge(name string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		return err
	}
	return up(name)
}

func join(bridge, port string) error {
	b, err1 := netlink.LinkByName(bridge)
	p, err2 := netlink.LinkByName(port)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return errors.Join(netlink.LinkSetMaster(p, b), netlink.LinkSetUp(p))
}

// address gives an interface its address without the delay of duplicate address
// detection, and the host its way out.
func address(name, cidr, gateway string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	addr, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return err
	}
	if gateway == "" {
		return nil
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(gateway)})
}

// AddAddresses gives a host of the office more addresses: it is many PCs then.
func (n *Namespace) AddAddresses(addrs ...string) error {
	return n.Do(func() error {
		for _, a := range addrs {
			if err := address("eth0", a+"/24", ""); err != nil {
				return fmt.Errorf("lab: address %s: %w", a, err)
			}
		}
		return nil
	})
}

// OpenInternet gives the internet the addresses of its servers.
func (l *Lab) OpenInternet(addrs ...string) error {
	return l.Internet.Do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		for _, a := range addrs {
			addr, err := netlink.ParseAddr(a + "/32")
			if err != nil {
				return err
			}
			if err := netlink.AddrAdd(lo, addr); err != nil {
				return fmt.Errorf("lab: address %s: %w", a, err)
			}
		}
		return nil
	})
}

// Available says why a lab cannot be built here, or nil.
func Available() error {
	if os.Geteuid() != 0 {
		return errors.New("lab: network namespaces want root")
	}
	if _, err := os.Stat(filepath.Join("/proc/sys/net/netfilter")); err != nil {
		return errors.New("lab: this kernel has no netfilter")
	}
	n, err := NewNamespace("probe")
	if err != nil {
		return err
	}
	return n.Close()
}

func linkIndex(name string) (int, error) {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return 0, err
	}
	return link.Attrs().Index, nil
}

// JoinBox joins the box's ports by a bridge of the kernel and nothing else: what
// the box is compared with.
func (l *Lab) JoinBox() error {
	err := l.Box.Do(func() error {
		// Without this the kernel itself hands bridged packets to netfilter.
		_ = os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("0\n"), 0o644)
		_ = os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-ip6tables", []byte("0\n"), 0o644)
		return errors.Join(bridge("br0"), join("br0", InsidePort), join("br0", OutsidePort))
	})
	if err != nil {
		return fmt.Errorf("lab: bridge: %w", err)
	}
	return nil
}

// Wire opens a raw socket on a host's cable: what is written to it is a frame, with its
// Ethernet header, that the host sends. The host itself knows nothing of it.
func (n *Namespace) Wire() (fd int, err error) {
	err = n.Do(func() error {
		index, err := linkIndex("eth0")
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: index}); err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		return nil
	})
	if err != nil {
		return -1, fmt.Errorf("lab: wire of %s: %w", n.Name, err)
	}
	return fd, nil
}

// Received is the number of packets that arrived at the internet's router.
func (l *Lab) Received() (n uint64, err error) {
	err = l.Internet.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		n = link.Attrs().Statistics.RxPackets
		return nil
	})
	return n, err
}

// Queues counts the netfilter queues that are bound in the namespace of a process: an
// engine binds its own when its rules are loaded, and until then traffic passes without it.
func Queues(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/netfilter/nfnetlink_queue", pid))
	if err != nil {
		return 0
	}
	return strings.Count(string(b), "\n")
}
