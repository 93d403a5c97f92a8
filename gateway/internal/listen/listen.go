//go:build linux

package listen

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxFrame is what is copied of a frame: the largest without tricks, with two tags.
	maxFrame = 1522
	// perSecond frames of a port are read: an office of 200 devices calls out 50 in a second.
	perSecond = 1000
	// socketBytes of kernel memory hold a burst of all of them.
	socketBytes = 1 << 20
	// wake is how often it is looked whether to stop.
	wake = 500 * time.Millisecond
)

// Port is an interface that is listened at. Make it with [Open].
type Port struct {
	fd   int
	name string
	// Heard counts frames, Missed those that came faster than they are read.
	Heard, Missed atomic.Uint64
}

// Open begins to listen at an interface, in the network namespace of the calling thread. It
// wants CAP_NET_RAW.
func Open(name string) (*Port, error) {
	prog, err := filter()
	if err != nil {
		return nil, err
	}
	// Protocol 0: nothing comes before the filter is there.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := &Port{fd: fd, name: name}
	raw := make([]unix.SockFilter, len(prog))
	for i, o := range prog {
		raw[i] = unix.SockFilter{Code: o.Op, Jt: o.Jt, Jf: o.Jf, K: o.K}
	}
	wait := unix.NsecToTimeval(wake.Nanoseconds())
	// Without this the kernel copies all that leaves the port, for us to throw away. Kernels
	// before 4.20 do not know it.
	_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	err = errors.Join(
		unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(raw)), Filter: unsafe.SliceData(raw)}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBytes),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait),
		p.bind())
	runtime.KeepAlive(raw)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("listen: %s: %w", name, err)
	}
	return p, nil
}

// bind begins to listen at the interface that has the name now.
func (p *Port) bind() error {
	link, err := net.InterfaceByName(p.name)
	if err != nil {
		return err
	}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in network order
	return unix.Bind(p.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index})
}

// Close stops listening. Run must have returned.
func (p *Port) Close() error { return unix.Close(p.fd) }

// Run gives frames that arrive at the port to tell, until ctx ends. b is good until tell
// returns; now is in microseconds.
func (p *Port) Run(ctx context.Context, tell func(b []byte, now int64)) error {
	buf := make([]byte, maxFrame)
	var second int64
	n, lost := 0, false
	for ctx.Err() == nil {
		size, from, err := unix.Recvfrom(p.fd, buf, 0)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			lost = lost && p.bind() != nil
			continue
		case errors.Is(err, unix.ENETDOWN):
			lost = true // a port that is unplugged comes back, maybe as another one of its name
			continue
		case err != nil:
			return fmt.Errorf("listen: %w", err)
		}
		if ll, ok := from.(*unix.SockaddrLinklayer); ok && ll.Pkttype == unix.PACKET_OUTGOING {
			continue // the other port has heard it already
		}
		now := time.Now().UnixMicro()
		if s := now / 1_000_000; s != second {
			second, n = s, 0
		}
		if n++; n > perSecond {
			p.Missed.Add(1)
			continue
		}
		p.Heard.Add(1)
		tell(buf[:size], now)
	}
	return nil
}
