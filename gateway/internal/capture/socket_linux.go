package capture

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// recv is recvfrom without an address: x/sys's Recvfrom allocates one per call.
func recv(fd int, b []byte) (int, unix.Errno) {
	n, _, err := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0, 0, 0)
	return int(n), err
}

// kernelAddr is the netlink address of the kernel.
var kernelAddr = unix.RawSockaddrNetlink{Family: unix.AF_NETLINK}

func send(fd int, b []byte) error {
	_, _, err := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0,
		uintptr(unsafe.Pointer(&kernelAddr)), unix.SizeofSockaddrNetlink)
	if err != 0 {
		return err
	}
	return nil
}

// Send puts an IP packet on the wire behind a bridge port. The sender's hardware
// address is that of the port, so that no switch learns a wrong place.
func (q *Queue) Send(port int, mac [6]byte, vlan uint16, ip []byte) error {
	if port == 0 || mac == [6]byte{} {
		return fmt.Errorf("capture: send: receiver's place on the wire is not known: %w", ErrNoWire)
	}
	if q.raw < 0 {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("capture: packet socket: %w", err)
		}
		q.raw = fd
	}
	etherType := uint16(unix.ETH_P_IP)
	if ip[0]>>4 == 6 {
		etherType = unix.ETH_P_IPV6
	}
	own, err := q.address(port)
	if err != nil {
		return err
	}
	f := append(q.frame[:0], mac[:]...)
	f = append(f, own[:]...)
	if vlan != 0 {
		f = binary.BigEndian.AppendUint16(f, unix.ETH_P_8021Q)
		f = binary.BigEndian.AppendUint16(f, vlan)
	}
	f = binary.BigEndian.AppendUint16(f, etherType)
	q.frame = append(f, ip...)
	if err := unix.Sendto(q.raw, q.frame, 0, &unix.SockaddrLinklayer{Ifindex: port}); err != nil {
		return fmt.Errorf("capture: send: %w", err)
	}
	return nil
}

// address is the hardware address of an interface.
func (q *Queue) address(port int) (mac [6]byte, err error) {
	name, err := nameOf(q.raw, port)
	if err != nil {
		return mac, fmt.Errorf("capture: port %d: %w", port, err)
	}
	var req struct {
		name   [unix.IFNAMSIZ]byte
		family uint16
		addr   [22]byte
	}
	req.name = name
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(q.raw), unix.SIOCGIFHWADDR, uintptr(unsafe.Pointer(&req))); e != 0 {
		return mac, fmt.Errorf("capture: port %d: %w", port, e)
	}
	return [6]byte(req.addr[:6]), nil
}

func nameOf(fd, index int) (name [unix.IFNAMSIZ]byte, err error) {
	var req struct {
		name  [unix.IFNAMSIZ]byte
		index int32
		rest  [20]byte
	}
	req.index = int32(index)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCGIFNAME, uintptr(unsafe.Pointer(&req))); e != 0 {
		return name, e
	}
	return req.name, nil
}
