package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/e2e/lab"
)

const (
	// flowBatch conversations go on side by side, one packet each: fewer than fit into
	// the kernel's queues, so that none passes unseen.
	flowBatch = 256
	// flowWait bounds the wait for the engine after each packet of a batch.
	flowWait = 10 * time.Second
	// flowClients computers of flowNets networks each.
	flowClients, flowNets = 200, 64
	ackFlag, synFlag      = 0x10, 0x02
	pushFlag              = 0x08
)

// opener opens conversations that stay open: a handshake, a small page and its answer, from
// frames that are put on the cables of both ends. No computer knows of them but the box.
type opener struct {
	client, server int // raw sockets
	engine         int // process id
	next           int // number of the next conversation
	request, reply []byte
	frame          []byte
}

func newOpener(l *lab.Lab, engine int) (*opener, error) {
	client, err := l.PC1.Wire()
	if err != nil {
		return nil, err
	}
	server, err := l.Internet.Wire()
	if err != nil {
		return nil, errors.Join(err, unix.Close(client))
	}
	r := rand.New(rand.NewPCG(20261121, 3))
	return &opener{client: client, server: server, engine: engine, request: httpRequest(r),
		reply: httpResponse(htmlPage(r, smallPage), "text/html; charset=utf-8", "")}, nil
}

func (o *opener) close() { _, _ = unix.Close(o.client), unix.Close(o.server) }

// open opens conversations until so many were opened, and waits until the box has seen them.
func (o *opener) open(ctx context.Context, until int) error {
	const isn, peer = 1000, 5000
	asked, told := uint32(len(o.request)), uint32(len(o.reply))
	for ; o.next < until; o.next += flowBatch {
		for _, p := range []struct {
			toServer bool
			flags    byte
			seq, ack uint32
			data     []byte
		}{
			{true, synFlag, isn, 0, nil},
			{false, synFlag | ackFlag, peer, isn + 1, nil},
			{true, ackFlag, isn + 1, peer + 1, nil},
			{true, ackFlag | pushFlag, isn + 1, peer + 1, o.request},
			{false, ackFlag | pushFlag, peer + 1, isn + 1 + asked, o.reply},
			{true, ackFlag, isn + 1 + asked, peer + 1 + told, nil},
		} {
			for n := o.next; n < min(o.next+flowBatch, until); n++ {
				client, server := flowEnds(n)
				fd, from, to := o.client, client, server
				if !p.toServer {
					fd, from, to = o.server, server, client
				}
				o.frame = tcpFrame(o.frame[:0], from, to, p.flags, p.seq, p.ack, p.data)
				if _, err := unix.Write(fd, o.frame); err != nil {
					return fmt.Errorf("bench: frame: %w", err)
				}
			}
			if err := drained(ctx, o.engine); err != nil {
				return err
			}
		}
	}
	o.next = min(o.next, until)
	return nil
}

// flowEnds are those of the n-th conversation: computers of the office, servers of RFC 2544.
func flowEnds(n int) (client, server netip.AddrPort) {
	host := n / flowNets
	c := netip.AddrFrom4([4]byte{192, 168, byte(2 + n%flowNets), byte(2 + host%flowClients)})
	s := netip.AddrFrom4([4]byte{198, 19, byte(n >> 8), byte(1 + n%250)})
	return netip.AddrPortFrom(c, uint16(20000+host/flowClients)), netip.AddrPortFrom(s, 80)
}

// tcpFrame appends an Ethernet frame with an IPv4 packet with a TCP segment. Its hardware
// addresses are nobody's: switches flood it and computers leave it alone.
func tcpFrame(b []byte, from, to netip.AddrPort, flags byte, seq, ack uint32, data []byte) []byte {
	end := byte(0x71)
	if from.Port() == 80 {
		end = 0x72
	}
	b = append(b, 2, 0, 0, 0, 0, end^3, 2, 0, 0, 0, 0, end, 8, 0)
	src, dst := from.Addr().As4(), to.Addr().As4()
	at := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(40+len(data)))
	b = append(b, 0, 0, 0x40, 0, 64, 6, 0, 0)
	b = append(append(b, src[:]...), dst[:]...)
	binary.BigEndian.PutUint16(b[at+10:], onesSum(0, b[at:at+20]))
	at += 20
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	b = append(b, data...)
	pseudo := uint32(6 + len(b) - at)
	for _, a := range [][4]byte{src, dst} {
		pseudo += uint32(binary.BigEndian.Uint16(a[:])) + uint32(binary.BigEndian.Uint16(a[2:]))
	}
	binary.BigEndian.PutUint16(b[at+16:], onesSum(pseudo, b[at:]))
	return b
}

// onesSum is the checksum of RFC 1071.
func onesSum(sum uint32, b []byte) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// queued are the packets that wait in the queues of a process's network and those that ever
// were handed to it.
func queued(pid int) (waiting, ever int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/netfilter/nfnetlink_queue", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		// queue, process, waiting, mode, range, dropped by the kernel, by the process, last number, 1
		if f := strings.Fields(line); len(f) >= 8 {
			w, _ := strconv.Atoi(f[2])
			n, _ := strconv.Atoi(f[7])
			waiting, ever = waiting+w, ever+n
		}
	}
	return waiting, ever
}

// drained waits until no packet waits for the engine.
func drained(ctx context.Context, pid int) error {
	deadline := time.Now().Add(flowWait)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if waiting, _ := queued(pid); waiting == 0 {
			return nil
		}
		time.Sleep(100 * time.Microsecond)
	}
	return errors.Join(errors.New("bench: the engine does not take its packets"), ctx.Err())
}
