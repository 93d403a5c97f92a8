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

// send gives verdicts to the kernel, which carries them out within the call and never waits:
// a call of some ten microseconds that the scheduler takes for a waiting one costs the worker
// its processor, a fifth of all connections by measurement.
func send(fd int, b []byte) error {
	_, _, err := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0,
		uintptr(unsafe.Pointer(&kernelAddr)), unix.SizeofSockaddrNetlink)
	if err != 0 {
		return err
	}
	return nil
}

// maxFrames wait to be sent with one call of the kernel: while packets come faster than they
// are answered, so many are held back, or as many as come in the time of maxDelay.
const maxFrames = 64

// outgoing are the frames that wait.
type outgoing struct {
	data []byte // one behind the other
	ends [maxFrames]int
	to   [maxFrames]unix.RawSockaddrLinklayer
	iov  [maxFrames]unix.Iovec
	hdr  [maxFrames]mmsghdr
	n    int
}

// mmsghdr is what sendmmsg(2) takes.
type mmsghdr struct {
	unix.Msghdr
	sent uint32
	_    [4]byte
}

// Send puts an IP packet on the wire behind a bridge port, at the latest when no packet waits
// to be judged.
func (q *Queue) Send(to *Place, ip []byte) error {
	if to.Port == 0 || int(to.Port) == q.cfg.Quiet || to.MAC == [6]byte{} {
		return fmt.Errorf("capture: send: receiver's place on the wire is not known: %w", ErrNoWire)
	}
	if q.raw < 0 {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("capture: packet socket: %w", err)
		}
		q.raw = fd
	}
	from, err := q.sender(to)
	if err != nil {
		return err
	}
	f := &q.frames
	f.data = append(appendHeader(f.data, from, to, ip), ip...)
	f.ends[f.n] = len(f.data)
	f.to[f.n] = unix.RawSockaddrLinklayer{Family: unix.AF_PACKET, Ifindex: to.Port}
	if f.n++; f.n == maxFrames {
		f.flush(q.raw)
	}
	return nil
}

// sender is the hardware address that a frame comes from: that of the port, so that no switch
// learns a wrong place, and of a PPPoE session its other end, as its ends know nobody else
// (RFC 2516 section 5).
func (q *Queue) sender(to *Place) (mac [6]byte, err error) {
	if to.Session != 0 {
		if mac = q.cfg.Ends.across(to.Session, int(to.Port)); mac == [6]byte{} {
			err = fmt.Errorf("capture: send: other end of the session is not known: %w", ErrNoWire)
		}
		return mac, err
	}
	mac, ok := q.macs[int(to.Port)]
	if !ok {
		if mac, err = q.address(int(to.Port)); err != nil {
			return mac, err
		}
		q.macs[int(to.Port)] = mac
	}
	return mac, nil
}

// appendHeader appends what stands before an IP packet on the wire.
func appendHeader(b []byte, from [6]byte, to *Place, ip []byte) []byte {
	b = append(append(b, to.MAC[:]...), from[:]...)
	if to.VLAN != 0 {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_8021Q)
		b = binary.BigEndian.AppendUint16(b, to.VLAN)
	}
	etherType, ppp := uint16(unix.ETH_P_IP), uint16(pppIPv4)
	if ip[0]>>4 == 6 {
		etherType, ppp = unix.ETH_P_IPV6, pppIPv6
	}
	if to.Session == 0 {
		return binary.BigEndian.AppendUint16(b, etherType)
	}
	b = binary.BigEndian.AppendUint16(b, unix.ETH_P_PPP_SES)
	b = append(b, pppoeVersion, 0)
	b = binary.BigEndian.AppendUint16(b, to.Session)
	b = binary.BigEndian.AppendUint16(b, uint16(2+len(ip)))
	return binary.BigEndian.AppendUint16(b, ppp)
}

// flush sends the frames in their order. One that the kernel does not take is lost, as on
// any wire.
func (f *outgoing) flush(fd int) {
	if f.n == 0 {
		return
	}
	from := 0
	for i, end := range f.ends[:f.n] {
		f.iov[i].Base = &f.data[from]
		f.iov[i].SetLen(end - from)
		f.hdr[i] = mmsghdr{Msghdr: unix.Msghdr{Name: (*byte)(unsafe.Pointer(&f.to[i])), Namelen: unix.SizeofSockaddrLinklayer, Iov: &f.iov[i]}}
		f.hdr[i].SetIovlen(1)
		from = end
	}
	for sent := 0; sent < f.n; {
		n, _, err := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&f.hdr[sent])), uintptr(f.n-sent), 0, 0, 0)
		switch {
		case err == unix.EINTR:
		case err != 0:
			sent++ // the first of them
		default:
			sent += int(n)
		}
	}
	f.data, f.n = f.data[:0], 0
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
