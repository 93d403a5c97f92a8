package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/gateway/internal/packet"
)

// Sizes of the queue.
const (
	// recvBytes holds the largest bundle (64 KiB) with its attributes.
	recvBytes = 72 << 10
	// socketBytes of kernel memory for packets on their way to us: about 200
	// bundles, 2 ms of a 10 Gbit/s line and more.
	socketBytes = 32 << 20
	// queueLength is how many packets may wait for a verdict, held ones included.
	// It is larger than what fits into the socket, so that every packet that the
	// kernel passes without us (fail-open) is one that the socket had no room for:
	// those leave a gap in the numbers and are counted.
	queueLength = 1 << 17
	// maxBatch verdicts wait at most: half a bundle's time on the wire each.
	maxBatch = 32
	// maxDelay is how long they do while others are judged: the ends of the connection are
	// waiting, and a page takes as long as thirty packets of a download.
	maxDelay = 100 * time.Microsecond
)

// QueueConfig says how to listen.
type QueueConfig struct {
	Number uint16 // netfilter queue number
	// Segmented asks the kernel for packets in wire size instead of bundles; only for measurements.
	Segmented bool
	// Quiet is the index of an interface where nothing is sent, 0 for none: outside a router's
	// NAT nobody knows the addresses of packets of ours.
	Quiet int
	// Ends is shared by the queues of one engine; nil for one of its own.
	Ends *Ends
}

// Queue is one netfilter queue.
type Queue struct {
	cfg   QueueConfig
	fd    int
	event int // eventfd of Wake, -1 when closed; guarded by mu
	mu    sync.Mutex
	raw   int // packet socket of Send, -1 until used

	// Packets counts what the kernel gave us; Missed what it passed without us
	// because we were too slow.
	Packets, Missed atomic.Uint64
	// Turns counts how often Run went round: while it works, several times a second.
	Turns atomic.Uint64

	last uint32 // number of the packet before

	out   []byte // verdicts to send
	batch struct {
		n    int
		id   uint32
		mark uint32
	}
	since  time.Time // there are verdicts to send, zero for none
	held   int       // packets on hold: batch verdicts would decide them too
	frames outgoing
	macs   map[int][6]byte // of ports, asked anew after each tick

	packet Packet // the one being judged
}

// NewQueue binds the queue. It wants CAP_NET_ADMIN in the network namespace of
// the calling thread.
func NewQueue(cfg QueueConfig) (*Queue, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("capture: netlink socket: %w", err)
	}
	if cfg.Ends == nil {
		cfg.Ends = new(Ends)
	}
	q := &Queue{cfg: cfg, fd: fd, event: -1, raw: -1, out: make([]byte, 0, 4096), macs: make(map[int][6]byte)}
	if err := q.setup(); err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (q *Queue) setup() error {
	if err := unix.Bind(q.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("capture: bind: %w", err)
	}
	if err := unix.SetsockoptInt(q.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBytes); err != nil {
		return fmt.Errorf("capture: receive buffer: %w", err)
	}
	// An overrun must not be an error of the next read: fail-open has passed the packet already.
	if err := unix.SetsockoptInt(q.fd, unix.SOL_NETLINK, unix.NETLINK_NO_ENOBUFS, 1); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	flags := uint32(flagFailOpen | flagGSO)
	if q.cfg.Segmented {
		flags = flagFailOpen
	}
	n := q.cfg.Number
	for _, m := range [][]byte{
		configMessage(n, cfgCmd, []byte{cmdBind, 0, 0, 0}),
		configMessage(n, cfgParams, append(be32(0xffff), copyPacket)),
		configMessage(n, cfgMaxLen, be32(queueLength)),
		flagsMessage(n, flags),
	} {
		if err := q.ask(m); err != nil {
			return fmt.Errorf("capture: queue %d: %w", n, err)
		}
	}
	var err error
	if q.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("capture: eventfd: %w", err)
	}
	return nil
}

// ask sends a configuration message and waits for its acknowledgement.
func (q *Queue) ask(m []byte) error {
	if err := unix.Sendto(q.fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, recvBytes)
	for {
		fds := []unix.PollFd{{Fd: int32(q.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, 2000); n == 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return errors.Join(errors.New("no answer from the kernel"), err)
		}
		n, _, err := unix.Recvfrom(q.fd, buf, 0)
		if err != nil || n < nlHeader+4 {
			continue
		}
		// Where the rule that feeds us is there already (we were restarted), packets
		// come before the acknowledgement. Nobody can judge them yet.
		if binary.NativeEndian.Uint16(buf[4:]) != unix.NLMSG_ERROR {
			q.pass(buf[:n])
			continue
		}
		if code := int32(binary.NativeEndian.Uint32(buf[nlHeader:])); code != 0 {
			return unix.Errno(-code)
		}
		return nil
	}
}

// pass accepts the packets of one datagram of the socket.
func (q *Queue) pass(b []byte) {
	var p Packet
	for m := range messages(b) {
		if p = (Packet{Link: packet.LinkRaw}); parse(m, &p) {
			q.out = appendVerdict(q.out[:0], msgVerdict, q.cfg.Number, p.ID, nfAccept, 0)
			_ = send(q.fd, q.out)
		}
	}
	q.out = q.out[:0]
}

// Run gives packets to h until ctx ends. It takes a thread for itself.
func (q *Queue) Run(ctx context.Context, h Handler) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stop := context.AfterFunc(ctx, q.Wake)
	defer stop()
	buf := make([]byte, recvBytes)
	var last time.Time
	for ctx.Err() == nil {
		q.Turns.Add(1)
		if err := q.drain(buf, h); err != nil {
			return err
		}
		q.flush()
		h.Rest()
		woken, err := q.wait()
		if err != nil {
			return err
		}
		if now := time.Now(); woken || now.Sub(last) >= TickEvery {
			last = now
			clear(q.macs)
			h.Tick(now.UnixMicro())
			q.flush()
		}
	}
	return nil
}

// drain reads until the socket is empty, but no longer than a tick.
func (q *Queue) drain(buf []byte, h Handler) error {
	p := &q.packet      // a handler could keep it, so on the stack it would be one allocation for each turn
	began := time.Now() // in a flood the socket is never empty; a clock that is put back is no reason to go on
	now := began.UnixMicro()
	for i := 1; ; i++ {
		n, err := recv(q.fd, buf)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
			continue
		case err == unix.ENOBUFS:
			continue
		case err != 0:
			return fmt.Errorf("capture: read: %w", err)
		}
		if i%16 == 0 {
			t := time.Now()
			if now = t.UnixMicro(); t.Sub(began) > TickEvery {
				q.read(buf[:n], now, p, h)
				return nil
			}
		}
		q.read(buf[:n], now, p, h)
	}
}

// read judges the packets of one datagram of the socket.
func (q *Queue) read(b []byte, now int64, p *Packet, h Handler) {
	for m := range messages(b) {
		*p = Packet{Time: now, Link: packet.LinkRaw}
		if !parse(m, p) {
			continue
		}
		q.Packets.Add(1)
		if gap := p.ID - q.last - 1; gap > 0 && q.last != 0 {
			q.Missed.Add(uint64(gap))
		}
		q.last = p.ID
		q.cfg.Ends.saw(p)
		var v Verdict // without contents there is nothing to judge, but the kernel waits
		if p.Data != nil {
			v = h.Packet(p)
		}
		q.answer(p.ID, v)
		if q.batch.n+len(q.out) == 0 {
			continue
		}
		if t := time.Now(); q.since.IsZero() {
			q.since = t
		} else if t.Sub(q.since) > maxDelay {
			q.flush()
		}
	}
}

// messages gives the bodies of the packet messages in a datagram of the socket.
func messages(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) >= nlHeader {
			size := int(binary.NativeEndian.Uint32(b))
			if size < nlHeader || size > len(b) {
				return
			}
			if binary.NativeEndian.Uint16(b[4:]) == subsysQueue<<8|msgPacket && !yield(b[nlHeader:size]) {
				return
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}

// answer queues a verdict. Plain accepts in a row become one batch message,
// unless a held packet with a lower number would be decided with it.
func (q *Queue) answer(id uint32, v Verdict) {
	if v.Action == Hold {
		q.flush()
		q.held++
		return
	}
	if v.Action == Accept && q.held == 0 && (q.batch.n == 0 || q.batch.mark == v.Mark) {
		q.batch.n++
		q.batch.id, q.batch.mark = id, v.Mark
		if q.batch.n >= maxBatch {
			q.flush()
		}
		return
	}
	q.endBatch()
	verdict := uint32(nfAccept)
	if v.Action == Drop {
		verdict = nfDrop
	}
	q.out = appendVerdict(q.out, msgVerdict, q.cfg.Number, id, verdict, v.Mark)
	if len(q.out) > cap(q.out)-64 {
		q.flush()
	}
}

func (q *Queue) endBatch() {
	if q.batch.n == 0 {
		return
	}
	kind := uint16(msgBatch)
	if q.batch.n == 1 {
		kind = msgVerdict
	}
	q.out = appendVerdict(q.out, kind, q.cfg.Number, q.batch.id, nfAccept, q.batch.mark)
	q.batch.n = 0
}

// flush sends verdicts and then frames: a reset must not overtake the bytes that it counts. A
// verdict that cannot be sent is a packet that the kernel forgot already (queue unbound), so
// there is nothing to repeat.
func (q *Queue) flush() {
	q.endBatch()
	q.since = time.Time{}
	if len(q.out) > 0 {
		_ = send(q.fd, q.out)
		q.out = q.out[:0]
	}
	q.frames.flush(q.raw)
}

// Decide ends a hold.
func (q *Queue) Decide(id uint32, v Verdict) {
	q.endBatch()
	q.held = max(0, q.held-1)
	verdict := uint32(nfAccept)
	if v.Action == Drop {
		verdict = nfDrop
	}
	q.out = appendVerdict(q.out, msgVerdict, q.cfg.Number, id, verdict, v.Mark)
	q.flush()
}

// wait blocks until a packet, a Wake or the next tick.
func (q *Queue) wait() (woken bool, err error) {
	fds := [2]unix.PollFd{{Fd: int32(q.fd), Events: unix.POLLIN}, {Fd: int32(q.event), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds[:], int(TickEvery.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("capture: poll: %w", err)
	}
	if fds[1].Revents&unix.POLLIN == 0 {
		return false, nil
	}
	var b [8]byte
	_, _ = unix.Read(q.event, b[:])
	return true, nil
}

// Counts are how often Run went round, and what was missed.
func (q *Queue) Counts() (turns, missed *atomic.Uint64) { return &q.Turns, &q.Missed }

// Wake asks for a Tick.
func (q *Queue) Wake() {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.event >= 0 { // the number of a closed one may be somebody else's file by now
		_, _ = unix.Write(q.event, b[:])
	}
}

// Close gives the queue back; the kernel then passes its packets without us.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fd < 0 {
		return nil
	}
	for _, fd := range []int{q.event, q.raw} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	err := unix.Close(q.fd)
	q.fd, q.event, q.raw = -1, -1, -1
	return err
}
