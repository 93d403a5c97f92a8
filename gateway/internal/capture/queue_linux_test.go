package capture

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"otasuke/e2e/lab"
	"otasuke/gateway/internal/enforce"
	"otasuke/gateway/internal/packet"
)

const (
	clientAddr = "10.9.0.1"
	serverAddr = "10.9.0.2"
	serverPort = serverAddr + ":7777"
)

// bench is two hosts with a bridge between them whose packets go to queue 0.
type bench struct{ client, box, server *lab.Namespace }

func newBench(t *testing.T) *bench {
	t.Helper()
	if err := lab.Available(); err != nil {
		t.Skipf("the packet queue is not tested: %v", err)
	}
	b := new(bench)
	for name, to := range map[string]**lab.Namespace{"client": &b.client, "box": &b.box, "server": &b.server} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Close() })
		if err := n.Do(quiet); err != nil {
			t.Fatal(err)
		}
		*to = n
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(lab.Cable(b.client, "eth0", b.box, "lan0", 0x11))
	must(lab.Cable(b.server, "eth0", b.box, "wan0", 0x12))
	must(b.client.Do(func() error { return address(clientAddr) }))
	must(b.server.Do(func() error { return address(serverAddr) }))
	must(b.box.Do(func() error {
		m, err := enforce.Up(enforce.Config{Bridge: "br0", Ports: []string{"lan0", "wan0"}, Queues: 1})
		t.Logf("packets come by %s", m)
		return err
	}))
	return b
}

// quiet keeps a host from sending packets of its own, which come at any time.
func quiet() error {
	for _, name := range []string{"all", "default"} {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0); err != nil {
			return err
		}
	}
	return nil
}

func address(addr string) error {
	link, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(addr + "/24")
	if err != nil {
		return err
	}
	return netlink.AddrAdd(link, a)
}

// boxed runs a queue on the box's thread, where a process of the product lives.
type boxed struct {
	*Queue
	box *lab.Namespace
}

func (b boxed) Run(ctx context.Context, h Handler) error {
	return b.box.Do(func() error { return b.Queue.Run(ctx, h) })
}

func (b *bench) queue(t *testing.T, cfg QueueConfig) boxed {
	t.Helper()
	q := boxed{box: b.box}
	if err := b.box.Do(func() (err error) { q.Queue, err = NewQueue(cfg); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// waiting is how many packets the kernel holds for a verdict.
func (b *bench) waiting(t *testing.T) string {
	t.Helper()
	out, _, err := b.box.Run(context.Background(), "cat", "/proc/self/net/netfilter/nfnetlink_queue")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return "no queue"
	}
	return fields[2]
}

// wire gives sender and receiver of datagrams, and the queue between them.
func (b *bench) wire(t *testing.T) *wire {
	t.Helper()
	l, err := b.server.ListenPacket(serverPort)
	if err != nil {
		t.Fatal(err)
	}
	c := b.dial(t)
	t.Cleanup(func() { _ = l.Close() })
	q := b.queue(t, QueueConfig{})
	return &wire{source: q, endless: true,
		send: func(texts ...string) {
			for _, s := range texts {
				if _, err := io.WriteString(c, s); err != nil {
					t.Error(err)
				}
			}
		},
		received: func(wait time.Duration) (string, bool) {
			buf := make([]byte, 100)
			_ = l.SetReadDeadline(time.Now().Add(wait))
			n, _, err := l.ReadFrom(buf)
			return string(buf[:n]), err == nil
		},
	}
}

func (b *bench) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := b.client.Dial(t.Context(), "udp", serverPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestQueueConforms(t *testing.T) {
	b := newBench(t)
	conform(t, func(t *testing.T) *wire {
		w := b.wire(t)
		q := w.source.(boxed)
		t.Cleanup(func() {
			if n := b.waiting(t); n != "0" && !strings.Contains(t.Name(), "context") {
				t.Errorf("%s packets never got a verdict", n)
			}
			_ = q.Close()
		})
		return w
	})
}

func TestQueue(t *testing.T) {
	b := newBench(t)
	t.Run("drop", func(t *testing.T) {
		w := b.wire(t)
		j := &judge{packet: func(_ *Packet, text string) Verdict {
			if text == "bad" {
				return Verdict{Action: Drop}
			}
			return Verdict{}
		}}
		play(t, w, j, func() {
			w.send("one", "bad", "two")
			for _, want := range []string{"one", "two"} {
				if got, _ := w.received(30 * time.Second); got != want {
					t.Errorf("received %q, want %q", got, want)
				}
			}
		})
		if len(j.seen) != 3 {
			t.Errorf("seen %q", j.seen)
		}
	})
	t.Run("a held packet is dropped", func(t *testing.T) {
		w := b.wire(t)
		var held []uint32
		j := &judge{packet: func(p *Packet, text string) Verdict {
			if text == "bad" {
				held = append(held, p.ID)
				return Verdict{Action: Hold}
			}
			for _, id := range held { // from within Packet as well
				w.source.Decide(id, Verdict{Action: Drop})
			}
			held = nil
			return Verdict{}
		}}
		play(t, w, j, func() {
			w.send("bad", "bad", "good")
			if got, _ := w.received(30 * time.Second); got != "good" {
				t.Errorf("received %q", got)
			}
		})
	})
	t.Run("a verdict does not wait until all are judged", func(t *testing.T) {
		w := b.wire(t)
		sent, arrived := make(chan bool), make(chan bool)
		j := &judge{packet: func(_ *Packet, text string) Verdict {
			switch text {
			case "one":
				<-sent
			case "long":
				for began := time.Now(); time.Since(began) <= maxDelay; {
				}
			case "last":
				select {
				case <-arrived:
				case <-time.After(30 * time.Second):
					t.Error("the first packet waits for the last")
				}
			}
			return Verdict{}
		}}
		play(t, w, j, func() {
			w.send("one", "long", "last")
			close(sent)
			for _, want := range []string{"one", "long", "last"} {
				if got, _ := w.received(30 * time.Second); got != want {
					t.Errorf("received %q, want %q", got, want)
				}
				if want == "one" {
					close(arrived)
				}
			}
		})
	})
	t.Run("mark lands on the connection", func(t *testing.T) {
		w := b.wire(t)
		j := &judge{packet: func(*Packet, string) Verdict { return Verdict{Mark: enforce.BypassMark} }}
		play(t, w, j, func() {
			for _, s := range []string{"first", "second", "third"} {
				w.send(s)
				if got, _ := w.received(30 * time.Second); got != s {
					t.Errorf("received %q", got)
				}
			}
		})
		if len(j.seen) != 1 {
			t.Errorf("packets of a marked connection still come: %q", j.seen)
		}
	})
	t.Run("where a packet comes from", func(t *testing.T) {
		w := b.wire(t)
		var got Packet
		j := &judge{packet: func(p *Packet, _ string) Verdict { got = *p; return Verdict{} }}
		play(t, w, j, func() { w.send("x"); w.received(30 * time.Second) })
		if got.InPort == 0 || got.OutPort == 0 || got.InPort == got.OutPort || got.MAC != [6]byte{2, 0, 0, 0, 0, 0x11} {
			t.Errorf("%+v", got)
		}
		if d := time.Now().UnixMicro() - got.Time; d < 0 || d > 60e6 {
			t.Errorf("time is %d µs off", d)
		}
	})
	t.Run("send", func(t *testing.T) { b.sends(t) })
	t.Run("bundles", func(t *testing.T) { b.bundles(t) })
	t.Run("without queue traffic passes", func(t *testing.T) {
		w := b.wire(t)
		_ = w.source.(boxed).Close()
		w.send("passes")
		if got, _ := w.received(30 * time.Second); got != "passes" {
			t.Errorf("received %q", got)
		}
		w.source.Wake() // harmless after Close
		if err := w.source.(boxed).Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
	t.Run("a new queue under traffic", func(t *testing.T) { b.restarts(t) })
	t.Run("no allocation per packet", func(t *testing.T) { b.allocations(t) })
}

func (b *bench) sends(t *testing.T) {
	w := b.wire(t)
	q := w.source.(boxed)
	c := b.dial(t)
	from := netip.MustParseAddrPort(serverPort)
	j := &judge{packet: func(p *Packet, _ string) Verdict {
		d := new(packet.Decoder).Frame(packet.LinkRaw, p.Data, p.Time)[0]
		if len(d.Events) > 0 {
			t.Error(d.Events)
		}
		var answer []byte
		for i := range 2*maxFrames + 3 { // several calls of the kernel, the last not full
			answer = packet.AppendUDP(nil, from, netip.AddrPortFrom(d.Src, d.SrcPort), fmt.Appendf(nil, "blocked %d", i))
			if err := q.Send(&Place{Port: int32(p.InPort), MAC: p.MAC}, answer); err != nil {
				t.Errorf("Send: %v", err)
			}
		}
		if q.Send(&Place{MAC: p.MAC}, answer) == nil || q.Send(&Place{Port: int32(p.InPort)}, answer) == nil || q.Send(&Place{Port: 99999, MAC: p.MAC}, answer) == nil {
			t.Error("sent to nowhere")
		}
		return Verdict{Action: Drop}
	}}
	play(t, w, j, func() {
		if _, err := io.WriteString(c, "question"); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		for i := range 2*maxFrames + 3 {
			if n, err := c.Read(buf); string(buf[:n]) != fmt.Sprintf("blocked %d", i) {
				t.Fatalf("received %q as number %d (%v)", buf[:n], i, err)
			}
		}
	})
}

// largest notes the largest packet.
type largest struct {
	judge
	size int
}

func (l *largest) Packet(p *Packet) Verdict { l.size = max(l.size, len(p.Data)); return Verdict{} }

func (b *bench) bundles(t *testing.T) {
	l, err := b.server.Listen(serverPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	q := b.queue(t, QueueConfig{})
	h := new(largest)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, h) }()
	const size = 4 << 20
	go func() {
		c, err := b.client.Dial(ctx, "tcp", serverPort)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if _, err := c.Write(make([]byte, size)); err != nil {
			t.Error(err)
		}
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := io.Copy(io.Discard, c); n != size {
		t.Errorf("%d bytes arrived: %v", n, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if h.size <= 1500 {
		t.Errorf("largest packet is of %d bytes: the kernel cuts bundles before us", h.size)
	}
}

// restarts binds queues while packets come: none may wait for a verdict for ever.
func (b *bench) restarts(t *testing.T) {
	c := b.dial(t)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = c.Write([]byte("x")) // refused when nobody listens
				runtime.Gosched()
			}
		}
	}()
	for range 10 {
		q := b.queue(t, QueueConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		j := new(judge)
		done := make(chan error, 1)
		go func() { done <- q.Run(ctx, j) }()
		until(t, "packets", func() bool { n, _ := j.count(); return n > 100 })
		cancel()
		<-done
		_ = q.Close()
	}
	q := b.queue(t, QueueConfig{}) // bound under traffic, read when it is over
	close(stop)
	<-ended
	ctx, cancel := context.WithCancel(t.Context())
	j := new(judge)
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, j) }()
	until(t, "two ticks", func() bool { _, n := j.count(); return n > 2 })
	cancel()
	<-done
	if n := b.waiting(t); n != "0" {
		t.Errorf("%s packets never got a verdict", n)
	}
}

// meter counts allocations between two packets.
type meter struct {
	judge
	n             int
	before, after runtime.MemStats
	done          chan struct{}
}

const metered = 20000

func (m *meter) Packet(*Packet) Verdict {
	m.n++
	switch m.n {
	case 1000:
		runtime.ReadMemStats(&m.before)
	case 1000 + metered:
		runtime.ReadMemStats(&m.after)
		close(m.done)
	}
	return Verdict{Action: Action(m.n & 1)}
}

func (b *bench) allocations(t *testing.T) {
	l, err := b.server.ListenPacket(serverPort) // without one the sender's errors allocate
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	q := b.queue(t, QueueConfig{})
	c := b.dial(t)
	m := &meter{done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, m) }()
	text := []byte("a packet")
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		_, _ = c.Write(text)
		select {
		case <-m.done:
			end = time.Time{}
		default:
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if m.after.Mallocs == 0 {
		t.Fatalf("%d packets came", m.n)
	}
	// The runtime allocates as well: a few hundred in all are none of ours.
	n := float64(m.after.Mallocs-m.before.Mallocs) / metered
	t.Logf("%.4f allocations per packet", n)
	if n > 0.05 {
		t.Errorf("%.2f allocations per packet", n)
	}
}
