package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

const (
	// blockBytes and blocks are the ring: 32 MiB, a quarter of a second of a line of 1 Gbit/s. A
	// block holds the largest bundle (64 KiB).
	blockBytes = 1 << 20
	blocks     = 32
	// frameBytes is what the kernel wants to be told; blocks are filled one packet behind the other.
	frameBytes = 1 << 11
	// fill is how long a block that is not full waits, milliseconds.
	fill = 20
)

// Prepare makes a port listen and be silent: up, without IPv6 and ARP.
func Prepare(name string) error {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("mirror: port %s: %w (network interfaces are listed by 'ip link')", name, err)
	}
	six := "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6"
	if err := os.WriteFile(six, []byte("1\n"), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("mirror: %w", err)
	}
	if err := os.WriteFile(filepath.Join("/proc/sys/net/ipv4/conf", name, "arp_ignore"), []byte("8\n"), 0o644); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(link.Name)
	if err != nil {
		return fmt.Errorf("mirror: %s: %w", name, err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req); err != nil {
		return fmt.Errorf("mirror: %s: %w", name, err)
	}
	req.SetUint16(req.Uint16() | unix.IFF_UP | unix.IFF_NOARP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("mirror: start %s: %w", name, err)
	}
	return nil
}

// Mirror is one listener at the port.
type Mirror struct {
	fd, event int
	mu        sync.Mutex
	index     int
	ring      []byte
	packet    capture.Packet

	// Packets counts what was judged; Missed what the ring had no room for.
	Packets, Missed atomic.Uint64
	// Turns counts how often Run went round: while it works, several times a second.
	Turns atomic.Uint64
}

// New listens at a port, as one of those that have the same group. It wants CAP_NET_RAW in
// the network namespace of the calling thread.
func New(name string, group uint16) (*Mirror, error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("mirror: port %s: %w", name, err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	m := &Mirror{fd: fd, event: -1, index: link.Index}
	if err := m.setup(group); err != nil {
		return nil, errors.Join(fmt.Errorf("mirror: port %s: %w", name, err), m.Close())
	}
	return m, nil
}

func (m *Mirror) setup(group uint16) (err error) {
	ring := unix.TpacketReq3{Block_size: blockBytes, Block_nr: blocks, Frame_size: frameBytes, Frame_nr: blocks * (blockBytes / frameBytes), Retire_blk_tov: fill}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	for _, f := range []func() error{
		func() error { return unix.SetsockoptInt(m.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3) },
		func() error {
			return unix.SetsockoptInt(m.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
		},
		func() error {
			return unix.SetsockoptTpacketReq3(m.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &ring)
		},
		func() (err error) {
			m.ring, err = unix.Mmap(m.fd, 0, blocks*blockBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			return err
		},
		func() error {
			return unix.Bind(m.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: m.index})
		},
		func() error {
			return unix.SetsockoptPacketMreq(m.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{Ifindex: int32(m.index), Type: unix.PACKET_MR_PROMISC})
		},
		func() error { // without the flag that puts fragments together: that is the engine's
			return unix.SetsockoptInt(m.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, int(group)|unix.PACKET_FANOUT_HASH<<16)
		},
		func() (err error) {
			m.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
			return err
		},
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// Run gives packets to h until ctx ends. It takes a thread for itself.
func (m *Mirror) Run(ctx context.Context, h capture.Handler) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer context.AfterFunc(ctx, m.Wake)()
	var last time.Time
	for next := 0; ctx.Err() == nil; {
		m.Turns.Add(1)
		end := time.Now().Add(capture.TickEvery) // in a flood the ring is never empty
		for m.block(next, h) {
			next = (next + 1) % blocks
			if time.Now().After(end) {
				break
			}
		}
		h.Rest()
		woken, err := m.wait(next)
		if err != nil {
			return err
		}
		if now := time.Now(); woken || now.Sub(last) >= capture.TickEvery {
			last = now
			m.count()
			h.Tick(now.UnixMicro())
		}
	}
	return nil
}

// status is where the kernel says whose block it is.
func (m *Mirror) status(block int) *uint32 {
	d := (*unix.TpacketBlockDesc)(unsafe.Pointer(&m.ring[block*blockBytes]))
	return &(*unix.TpacketHdrV1)(unsafe.Pointer(&d.Hdr)).Block_status
}

// block judges the packets of one block and gives it back; false while it is the kernel's.
func (m *Mirror) block(n int, h capture.Handler) bool {
	status := m.status(n)
	if atomic.LoadUint32(status)&unix.TP_STATUS_USER == 0 {
		return false
	}
	b := m.ring[n*blockBytes : (n+1)*blockBytes]
	head := (*unix.TpacketHdrV1)(unsafe.Pointer(&(*unix.TpacketBlockDesc)(unsafe.Pointer(&b[0])).Hdr))
	for at, left := head.Offset_to_first_pkt, head.Num_pkts; left > 0; left-- {
		p := (*unix.Tpacket3Hdr)(unsafe.Pointer(&b[at]))
		m.judge(b[int(at)+int(p.Mac):][:p.Snaplen], p, h)
		at += p.Next_offset
	}
	atomic.StoreUint32(status, unix.TP_STATUS_KERNEL)
	return true
}

func (m *Mirror) judge(data []byte, p *unix.Tpacket3Hdr, h capture.Handler) {
	m.Packets.Add(1)
	m.packet = capture.Packet{Data: data, Link: packet.LinkEthernet, Len: int(p.Len), Time: int64(p.Sec)*1e6 + int64(p.Nsec)/1e3, InPort: m.index}
	if p.Status&unix.TP_STATUS_VLAN_VALID != 0 { // the kernel took it out of the frame
		m.packet.VLAN = uint16(p.Hv1.Vlan_tci & 0xfff)
	}
	h.Packet(&m.packet)
}

// wait blocks until a block is ours, a Wake or the next tick.
func (m *Mirror) wait(next int) (woken bool, err error) {
	if atomic.LoadUint32(m.status(next))&unix.TP_STATUS_USER != 0 {
		return false, nil
	}
	fds := [2]unix.PollFd{{Fd: int32(m.fd), Events: unix.POLLIN}, {Fd: int32(m.event), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds[:], int(capture.TickEvery.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("mirror: poll: %w", err)
	}
	if fds[0].Revents&unix.POLLERR != 0 { // the port is down: it may come back
		_, _ = unix.GetsockoptInt(m.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	}
	if fds[1].Revents&unix.POLLIN == 0 {
		return false, nil
	}
	var b [8]byte
	_, _ = unix.Read(m.event, b[:])
	return true, nil
}

// count adds what the kernel had no room for; reading the figure sets it to zero.
func (m *Mirror) count() {
	if s, err := unix.GetsockoptTpacketStatsV3(m.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		m.Missed.Add(uint64(s.Drops))
	}
}

// Decide does nothing: there is nothing to hold.
func (m *Mirror) Decide(uint32, capture.Verdict) {}

// Send returns capture.ErrNoWire.
func (m *Mirror) Send(*capture.Place, []byte) error { return capture.ErrNoWire }

// Counts are how often Run went round, and what was missed.
func (m *Mirror) Counts() (turns, missed *atomic.Uint64) { return &m.Turns, &m.Missed }

// Wake asks for a Tick.
func (m *Mirror) Wake() {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.event >= 0 {
		_, _ = unix.Write(m.event, b[:])
	}
}

// Close ends it, after Run.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fd < 0 {
		return nil
	}
	var err error
	if m.ring != nil {
		err = unix.Munmap(m.ring)
	}
	if m.event >= 0 {
		_ = unix.Close(m.event)
	}
	err = errors.Join(err, unix.Close(m.fd))
	m.fd, m.event, m.ring = -1, -1, nil
	return err
}
