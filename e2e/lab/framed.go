package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Tagged is what stands between the addresses of an Ethernet frame and its packet.
type Tagged struct {
	// VLANs are the numbers of tags, outermost first.
	VLANs []uint16
	// Session of PPPoE, 0 for none; Peer is then the address of its other end.
	Session uint16
	Peer    net.HardwareAddr
}

const (
	etherVLAN   = 0x8100
	etherPPPoE  = 0x8864
	pppIPv4     = 0x0021
	pppIPv6     = 0x0057
	pppoeHeader = 8 // with the protocol of PPP
)

// Tagged gives a host an interface that speaks on its cable with tags, as a kernel with the
// modules for it would: those of this machine need not have them. It has these addresses,
// and stays for the life of the host.
func (n *Namespace) Tagged(name string, tags Tagged, mtu int, cidrs ...string) error {
	own, err := n.HardwareAddr("eth0")
	if err != nil {
		return err
	}
	l := line{Tagged: tags, own: own}
	if l.wire, err = n.Wire(); err != nil {
		return err
	}
	err = n.Do(func() error {
		if err := hear(l.wire, "eth0"); err != nil {
			return err
		}
		if l.host, err = tap(name, tags.Session == 0); err != nil {
			return err
		}
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if tags.Session == 0 {
			err = netlink.LinkSetHardwareAddr(link, own)
		}
		if err := errors.Join(err, netlink.LinkSetMTU(link, mtu)); err != nil {
			return err
		}
		for _, cidr := range cidrs {
			addr, err := netlink.ParseAddr(cidr)
			if err != nil {
				return err
			}
			addr.Flags = unix.IFA_F_NODAD
			if err := netlink.AddrAdd(link, addr); err != nil {
				return err
			}
		}
		return netlink.LinkSetUp(link)
	})
	if err != nil {
		return fmt.Errorf("lab: %s of %s: %w", name, n.Name, err)
	}
	go l.out()
	go l.in()
	return nil
}

// tap makes an interface whose other end is a file: of frames, or of packets alone.
func tap(name string, frames bool) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	kind := uint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if frames {
		kind = unix.IFF_TAP | unix.IFF_NO_PI
	}
	req.SetUint16(kind)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// hear lets a socket of a wire hear what comes in, whatever it is, with what the kernel took
// from it.
func hear(fd int, name string) error {
	index, err := linkIndex(name)
	if err != nil {
		return err
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	return errors.Join(unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1), unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}))
}

// line joins an interface with its cable.
type line struct {
	Tagged
	own  net.HardwareAddr
	wire int
	host *os.File
}

// maxFrame is more than any MTU here.
const maxFrame = 64 << 10

func (l *line) out() {
	in, b := make([]byte, maxFrame), make([]byte, 0, maxFrame)
	for {
		n, err := l.host.Read(in)
		if err != nil {
			return
		}
		f := in[:n]
		if l.Session != 0 {
			b = append(append(b[:0], l.Peer...), l.own...)
		} else {
			b = append(b[:0], f[:12]...)
			f = f[12:]
		}
		for _, v := range l.VLANs {
			b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, etherVLAN), v)
		}
		if l.Session != 0 {
			proto := uint16(pppIPv4)
			if f[0]>>4 == 6 {
				proto = pppIPv6
			}
			b = binary.BigEndian.AppendUint16(b, etherPPPoE)
			b = binary.BigEndian.AppendUint16(append(b, 0x11, 0), l.Session)
			b = binary.BigEndian.AppendUint16(b, uint16(2+n))
			b = binary.BigEndian.AppendUint16(b, proto)
		}
		_, _ = unix.Write(l.wire, append(b, f...))
	}
}

func (l *line) in() {
	in, aux := make([]byte, maxFrame), make([]byte, 256)
	for {
		n, oob, _, _, err := unix.Recvmsg(l.wire, in, aux, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		if f := l.strip(withTag(in[:n], aux[:oob])); f != nil {
			_, _ = l.host.Write(f)
		}
	}
}

// withTag puts the tag back that the kernel takes from a frame when it comes in.
func withTag(f, aux []byte) []byte {
	list, err := unix.ParseSocketControlMessage(aux)
	if err != nil {
		return f
	}
	for _, m := range list {
		if m.Header.Type != unix.PACKET_AUXDATA || len(m.Data) < 20 || binary.NativeEndian.Uint32(m.Data)&unix.TP_STATUS_VLAN_VALID == 0 {
			continue
		}
		b := append([]byte(nil), f[:12]...)
		b = binary.BigEndian.AppendUint16(b, binary.NativeEndian.Uint16(m.Data[18:]))
		b = binary.BigEndian.AppendUint16(b, binary.NativeEndian.Uint16(m.Data[16:]))
		return append(b, f[12:]...)
	}
	return f
}

// strip takes the tags from a frame; nil when it has others.
func (l *line) strip(f []byte) []byte {
	if len(f) < 14 {
		return nil
	}
	rest := f[12:]
	for _, v := range l.VLANs {
		if len(rest) < 6 || binary.BigEndian.Uint16(rest) != etherVLAN || binary.BigEndian.Uint16(rest[2:])&0xfff != v {
			return nil
		}
		rest = rest[4:]
	}
	if l.Session != 0 {
		// As a kernel's PPPoE: a frame of another sender or session is nobody's.
		if len(rest) < 2+pppoeHeader || binary.BigEndian.Uint16(rest) != etherPPPoE || binary.BigEndian.Uint16(rest[4:]) != l.Session ||
			!equal(f[:6], l.own) || !equal(f[6:12], l.Peer) {
			return nil
		}
		size := int(binary.BigEndian.Uint16(rest[6:]))
		return rest[2+pppoeHeader:][:min(size-2, len(rest)-2-pppoeHeader)]
	}
	if kind := binary.BigEndian.Uint16(rest); kind == etherVLAN || kind == etherPPPoE {
		return nil
	}
	return append(append([]byte(nil), f[:12]...), rest...)
}

func equal(a, b net.HardwareAddr) bool { return a.String() == b.String() }

// HardwareAddr is that of an interface of the host.
func (n *Namespace) HardwareAddr(name string) (mac net.HardwareAddr, err error) {
	err = n.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err == nil {
			mac = link.Attrs().HardwareAddr
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lab: %s of %s: %w", name, n.Name, err)
	}
	return mac, nil
}

// SetMTU gives an interface of the host an MTU, in bytes.
func (n *Namespace) SetMTU(name string, mtu int) error {
	return n.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkSetMTU(link, mtu)
	})
}

// AddAddress gives an interface of the host another address, with its prefix, at once.
func (n *Namespace) AddAddress(name, cidr string) error {
	return n.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr(cidr)
		if err != nil {
			return err
		}
		addr.Flags = unix.IFA_F_NODAD
		return netlink.AddrAdd(link, addr)
	})
}
