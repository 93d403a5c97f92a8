package sitelist

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"

	"otasuke/e2e/lab"
)

// pcs are addresses of the office that ask in turn: a box shares its work by who talks to whom.
var pcs = []string{"192.168.1.21", "192.168.1.22", "192.168.1.23", "192.168.1.24", "192.168.1.25", "192.168.1.26", "192.168.1.27", "192.168.1.28"}

const (
	// askers ask side by side, each with so many questions on their way: together fewer
	// than the queues and sockets in between hold.
	askers, window = 8, 32
	// patience with the answers of a window; what has not come then is lost.
	patience = 250 * time.Millisecond
	// warmUp fills caches and opens the conversations.
	warmUp = 500 * time.Millisecond
	// startLimit bounds the wait for a resolver's first answer.
	startLimit = time.Minute
)

// rcodeNXDomain says that a name does not exist (RFC 1035 section 4.1.1).
const rcodeNXDomain = 3

// question makes the i-th question for a blocked name.
func question(b []byte, i int) []byte {
	b = binary.BigEndian.AppendUint16(b[:0], uint16(i))
	b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	at := len(b)
	b = append(b, 0)
	b = name(b, i%blocked)
	for end := at + 1; ; end++ {
		if end == len(b) || b[end] == '.' {
			b[at] = byte(end - at - 1)
			if at = end; end == len(b) {
				break
			}
		}
	}
	return append(b, 0, 0, 1, 0, 1)
}

// counted is what became of questions.
type counted struct {
	asked, answered int
	err             error
}

// ask asks to for blocked names from host for a time, as fast as answers come.
func ask(ctx context.Context, host *lab.Namespace, to netip.AddrPort, each time.Duration) (perSecond, lost float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, warmUp+each)
	defer cancel()
	began := time.Now().Add(warmUp)
	var wg sync.WaitGroup
	all := make([]counted, askers)
	for i := range all {
		c, err := host.ListenPacket(pcs[i%len(pcs)] + ":0")
		if err != nil {
			return 0, 0, err
		}
		defer c.Close()
		wg.Go(func() { all[i] = askOne(ctx, c, to, i*blocked/askers, began) })
	}
	wg.Wait()
	var sum counted
	for _, c := range all {
		sum.asked, sum.answered, sum.err = sum.asked+c.asked, sum.answered+c.answered, errors.Join(sum.err, c.err)
	}
	if sum.err == nil && sum.answered == 0 {
		sum.err = errors.New("no answer")
	}
	return float64(sum.answered) / time.Since(began).Seconds(), max(0, 1-float64(sum.answered)/float64(max(sum.asked, 1))), sum.err // what was late counts in the next window
}

// askOne is one asker; it counts from began on.
func askOne(ctx context.Context, c net.PacketConn, to netip.AddrPort, next int, began time.Time) (n counted) {
	p := ipv4.NewPacketConn(c)
	addr := net.UDPAddrFromAddrPort(to)
	out, in := make([]ipv4.Message, window), make([]ipv4.Message, window)
	for i := range out {
		out[i] = ipv4.Message{Buffers: [][]byte{nil}, Addr: addr}
		in[i].Buffers = [][]byte{make([]byte, 512)}
	}
	for ctx.Err() == nil {
		counts := time.Now().After(began)
		for i := range out {
			out[i].Buffers[0] = question(out[i].Buffers[0], next)
			next++
		}
		for sent := 0; sent < window; {
			k, err := p.WriteBatch(out[sent:], 0)
			if err != nil {
				n.err = err
				return n
			}
			sent += k
		}
		got := 0
		_ = c.SetReadDeadline(time.Now().Add(patience))
		for got < window {
			k, err := p.ReadBatch(in, 0)
			if err != nil {
				break // it was late
			}
			for _, m := range in[:k] {
				if m.N > 3 && m.Buffers[0][3]&15 == rcodeNXDomain {
					got++
				}
			}
		}
		if counts {
			n.asked, n.answered = n.asked+window, n.answered+got
		}
	}
	return n
}

// ready waits for the first answer.
func ready(ctx context.Context, host *lab.Namespace, to netip.AddrPort) error {
	c, err := host.ListenPacket("0.0.0.0:0")
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, 512)
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline) && ctx.Err() == nil; {
		if _, err := c.WriteTo(question(nil, 0), net.UDPAddrFromAddrPort(to)); err != nil {
			time.Sleep(patience) // nobody listens yet
			continue
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if k, _, err := c.ReadFrom(buf); err == nil && k > 3 && buf[3]&15 == rcodeNXDomain {
			return nil
		}
	}
	return errors.Join(errors.New("no answer to the first question"), ctx.Err())
}
