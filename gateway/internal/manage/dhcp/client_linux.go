package dhcp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/gopacket/gopacket/layers"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	// firstWait and maxWait for an answer, doubled each time (RFC 2131 section 4.1 says 4 and
	// 64 s): a box must not be found a minute after its router.
	firstWait = 2 * time.Second
	maxWait   = 16 * time.Second
	// maxMessage is more than a server sends.
	maxMessage = 2 << 10
)

// Config of a client.
type Config struct {
	Interface string
	Host      string     // what it calls itself
	Last      netip.Addr // the address that it had before, zero for none
	// Use takes what was got, and nil when nothing is ours any more. An address whose use
	// failed is asked for again later.
	Use func(*Lease) error
	// Again asks to make sure at once that the lease is still good: a cable was plugged in.
	Again <-chan struct{}
	Log   *slog.Logger

	// wait replaces firstWait, renew what the server says, because tests cannot wait.
	wait, renew time.Duration
}

// errLost tells that a lease is over.
var errLost = errors.New("dhcp: the address is not ours any more")

// Run gets an address and keeps it until ctx ends. It works in the network namespace of the
// calling thread, and fails only when there is no such interface.
func Run(ctx context.Context, c Config) error {
	if c.wait == 0 {
		c.wait = firstWait
	}
	link, err := net.InterfaceByName(c.Interface)
	if err != nil {
		return fmt.Errorf("dhcp: %s: %w", c.Interface, err)
	}
	f, err := open(link.Index)
	if err != nil {
		return fmt.Errorf("dhcp: %s: %w", c.Interface, err)
	}
	defer f.Close()
	s := &session{Config: c, link: link, f: f}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for wait := c.wait; ctx.Err() == nil; {
		l, err := s.acquire(ctx, wait)
		if err != nil {
			if wait == c.wait && ctx.Err() == nil {
				c.Log.Warn("no router gives the box an address yet: it goes on asking", "interface", c.Interface)
			}
			wait = min(2*wait, maxWait)
			continue
		}
		wait = c.wait
		if err := c.Use(l); err != nil {
			c.Log.Error("the address cannot be used", "address", l.Addr, "err", err)
			s.rest(ctx, maxWait)
			continue
		}
		c.Log.Info("the box has an address", "address", l.Addr, "router", l.Router)
		if err := s.keep(ctx, l); errors.Is(err, errLost) {
			c.Log.Warn("the box's address is not its own any more", "address", l.Addr)
			_ = c.Use(nil)
		}
	}
	return nil
}

// open makes a socket that hears answers of servers, and nothing else.
func open(index int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 9, Size: 1}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 17, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 6, Size: 2}, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 3},
		bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: 2, Size: 2}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 68, SkipTrue: 1},
		bpf.RetConstant{Val: 0}, bpf.RetConstant{Val: maxMessage},
	})
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	prog := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		prog[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	err = errors.Join(unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: netOrder(unix.ETH_P_IP), Ifindex: index}))
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "dhcp"), nil
}

func netOrder(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

type session struct {
	Config
	link *net.Interface
	f    *os.File
}

// acquire asks for the address of before, else for any, once.
func (s *session) acquire(ctx context.Context, wait time.Duration) (*Lease, error) {
	if last := s.Last; last.IsValid() { // INIT-REBOOT, RFC 2131 section 4.3.2
		s.Last = netip.Addr{}
		if l, err := s.question(ctx, &ask{kind: layers.DHCPMsgTypeRequest, wanted: last}, layers.DHCPMsgTypeAck, wait); err == nil {
			s.Last = l.Addr.Addr()
			return l, nil
		}
	}
	offer, err := s.question(ctx, &ask{kind: layers.DHCPMsgTypeDiscover}, layers.DHCPMsgTypeOffer, wait)
	if err != nil {
		return nil, err
	}
	l, err := s.question(ctx, &ask{kind: layers.DHCPMsgTypeRequest, wanted: offer.Addr.Addr(), offerer: offer.Server}, layers.DHCPMsgTypeAck, wait)
	if err == nil {
		s.Last = l.Addr.Addr()
	}
	return l, err
}

// keep asks for more time until the lease is lost or ctx ends.
func (s *session) keep(ctx context.Context, l *Lease) error {
	got := time.Now()
	next := s.due(l)
	for {
		if !s.rest(ctx, next) {
			return ctx.Err()
		}
		left := l.Length - time.Since(got)
		if left <= 0 {
			return errLost
		}
		// To everybody from the start: who answers has the right to, also a new router.
		more, err := s.question(ctx, &ask{kind: layers.DHCPMsgTypeRequest, own: l.Addr.Addr()}, layers.DHCPMsgTypeAck, s.wait)
		if errors.Is(err, errNobody) { // a router in place of that one may not know us, and say nothing
			more, err = s.acquire(ctx, s.wait)
		}
		switch {
		case errors.Is(err, errRefused):
			s.Last = netip.Addr{}
			return errLost
		case err != nil:
			next = max(s.wait, min(left/2, maxWait))
		default:
			if err := s.Use(more); err != nil {
				s.Log.Error("the address cannot be used", "address", more.Addr, "err", err)
			}
			l, got, next = more, time.Now(), s.due(more)
		}
	}
}

// due is when to ask for more time.
func (s *session) due(l *Lease) time.Duration {
	if s.renew != 0 {
		return s.renew
	}
	return l.Renew
}

// rest waits; false when ctx has ended.
func (s *session) rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.Again:
	case <-ctx.Done():
		return false
	}
	return true
}

var (
	errRefused = errors.New("dhcp: refused")
	errNobody  = errors.New("dhcp: nobody answers")
)

// question sends one and waits for the answer of a kind.
func (s *session) question(ctx context.Context, a *ask, want layers.DHCPMsgType, wait time.Duration) (*Lease, error) {
	xid := rand.Uint32()
	b, err := a.append(s.link.HardwareAddr, s.Host, xid)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(wait)
	if err := s.f.SetReadDeadline(end); err != nil || ctx.Err() != nil { // ctx's own deadline may come before
		return nil, errors.Join(err, ctx.Err())
	}
	conn, err := s.f.SyscallConn()
	if err != nil {
		return nil, err
	}
	to := &unix.SockaddrLinklayer{Protocol: netOrder(unix.ETH_P_IP), Ifindex: s.link.Index, Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	// A cable that is not plugged in is nobody who answers, too.
	_ = conn.Write(func(fd uintptr) bool { return unix.Sendto(int(fd), b, 0, to) != unix.EAGAIN })
	buf := make([]byte, maxMessage)
	for {
		n, err := s.f.Read(buf)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if !errors.Is(err, os.ErrDeadlineExceeded) { // the interface went down
				s.rest(ctx, time.Until(end))
			}
			return nil, errNobody
		}
		kind, l, err := answer(buf[:n], s.link.HardwareAddr, xid)
		switch {
		case err != nil:
		case kind == layers.DHCPMsgTypeNak && want == layers.DHCPMsgTypeAck:
			return nil, errRefused
		case kind == want:
			return &l, nil
		}
	}
}
