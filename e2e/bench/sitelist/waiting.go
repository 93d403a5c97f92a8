package sitelist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"otasuke/e2e/bench/apart"
	"otasuke/e2e/lab"
)

const (
	// perSecond questions are an office of thousands at its busiest.
	perSecond = 20_000
	// beat is how often they are asked; so many of one beat go out together, from ports
	// of their own.
	beat = 250 * time.Microsecond
	// ports that ask are as many programs.
	ports = 64
	// rounds of kernel and box in turn.
	rounds = 3
	// rcodeOff is where an answer's flags with its code are.
	rcodeOff = 3
)

// Waiting measures how much longer an answer to a harmless question takes through a box with
// a list than through the kernel's bridge alone, at a steady rate: while all share the cores, and
// apart.
func (r *Run) Waiting(ctx context.Context) error {
	list := filepath.Join(r.Dir, "blocked.txt")
	if err := write(list, blocked, plain); err != nil {
		return err
	}
	for how, share := range map[string]func(pid int, f func() error) error{"dns.": func(_ int, f func() error) error { return f() }, "dns.apart.": apart.While} {
		got := map[string][]float64{}
		for range rounds {
			for _, who := range []string{"kernel", "sites"} {
				p50, p99, late, err := r.waits(ctx, list, who == "sites", share)
				if err != nil {
					return fmt.Errorf("%s: %w", who, err)
				}
				got[who+".p50"], got[who+".p99"], got[who+".late"] = append(got[who+".p50"], p50), append(got[who+".p99"], p99), append(got[who+".late"], late)
			}
		}
		median := func(key string) float64 {
			v := slices.Sorted(slices.Values(got[key]))
			return v[len(v)/2]
		}
		for _, p := range []string{"p50", "p99"} {
			r.Add("kernel."+how+p, median("kernel."+p))
			r.Add("sites."+how+p, median("sites."+p))
			r.Add("sites."+how+"added."+p, median("sites."+p)-median("kernel."+p))
		}
		r.Add("sites."+how+"unanswered", median("sites.late"))
	}
	return nil
}

// waits is one round: milliseconds, and the share of questions without an answer. share gives who asks and
// answers, and the box, their cores.
func (r *Run) waits(ctx context.Context, list string, box bool, share func(pid int, f func() error) error) (p50, p99, late float64, err error) {
	l, err := lab.New()
	if err != nil {
		return 0, 0, 0, err
	}
	defer l.Close()
	if err := errors.Join(l.OpenInternet(lab.Good), l.PC1.AddAddresses(pcs...)); err != nil {
		return 0, 0, 0, err
	}
	server, err := l.Internet.ListenPacket(lab.Good + ":53")
	if err != nil {
		return 0, 0, 0, err
	}
	defer server.Close()
	go echo(server)
	pid := 0
	if box {
		engine, stop, err := r.Box(ctx, l, list, false)
		if err != nil {
			return 0, 0, 0, err
		}
		defer stop()
		pid = engine
	} else if err := l.JoinBox(); err != nil {
		return 0, 0, 0, err
	}
	var took []time.Duration
	asked := 0
	if err := share(pid, func() (err error) {
		took, asked, err = steady(ctx, l.PC1, netip.AddrPortFrom(netip.MustParseAddr(lab.Good), 53), r.Each)
		return err
	}); err != nil {
		return 0, 0, 0, err
	}
	if len(took) == 0 {
		return 0, 0, 0, errors.New("no answer")
	}
	slices.Sort(took)
	at := func(p int) float64 { return float64(took[len(took)*p/100].Microseconds()) / 1000 }
	return at(50), at(99), max(0, 1-float64(len(took))/float64(asked)), nil
}

// echo answers every question with itself, as answered, many at a time.
func echo(c net.PacketConn) {
	p := ipv4.NewPacketConn(c)
	in := make([]ipv4.Message, window)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, 512)}
	}
	for {
		n, err := p.ReadBatch(in, 0)
		if err != nil {
			return
		}
		for i := range in[:n] {
			if b := in[i].Buffers[0]; in[i].N > rcodeOff {
				b[2], b[rcodeOff] = 0x81, 0x80
				_, _ = c.WriteTo(b[:in[i].N], in[i].Addr)
			}
		}
	}
}

// harmless makes the i-th question for a name that no list has.
func harmless(i int) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(i))
	b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for _, label := range []string{"www", fmt.Sprintf("site-%d", i%5000), "example"} {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0, 0, 1, 0, 1)
}

// asker is one port; questions are told apart by their number.
type asker struct {
	c    net.PacketConn
	mu   sync.Mutex
	sent [1 << 16]time.Time // zero is answered, or not asked in the time that counts
	took []time.Duration
}

// steady asks for a time and returns how long each answer took.
func steady(ctx context.Context, host *lab.Namespace, to netip.AddrPort, each time.Duration) (took []time.Duration, asked int, err error) {
	all := make([]*asker, ports)
	var wg sync.WaitGroup
	for i := range all {
		c, err := host.ListenPacket(pcs[i%len(pcs)] + ":0")
		if err != nil {
			return nil, 0, err
		}
		defer c.Close()
		if err := stamped(c); err != nil {
			return nil, 0, err
		}
		all[i] = &asker{c: c}
		wg.Go(all[i].listen)
	}
	addr := net.UDPAddrFromAddrPort(to)
	began := time.Now()
	counts, end := began.Add(warmUp), began.Add(warmUp+each)
	n := 0
	for now := began; now.Before(end) && ctx.Err() == nil; now = time.Now() {
		for due := int(now.Sub(began).Seconds() * perSecond); n < due; n++ {
			a := all[n%ports]
			q := harmless(n / ports)
			at := time.Now()
			if at.After(counts) {
				a.mu.Lock()
				a.sent[uint16(n/ports)] = at
				a.mu.Unlock()
				asked++
			}
			if _, err := a.c.WriteTo(q, addr); err != nil {
				return nil, 0, err
			}
		}
		time.Sleep(beat)
	}
	time.Sleep(patience) // for the last answers
	for _, a := range all {
		a.c.Close()
	}
	wg.Wait()
	for _, a := range all {
		took = append(took, a.took...)
	}
	return took, asked, ctx.Err()
}

// stamped has the kernel say of each answer when it came: when this program gets to read it is
// not the box's doing.
func stamped(c net.PacketConn) error {
	raw, err := c.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(fd uintptr) { refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	return errors.Join(err, refused)
}

// arrived is when the kernel says that a datagram came.
func arrived(control []byte) (time.Time, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), nil
		}
	}
	return time.Time{}, errors.New("the kernel gives no time")
}

// listen takes answers until its port is closed.
func (a *asker) listen() {
	buf, control := make([]byte, 512), make([]byte, 128)
	for {
		n, k, _, _, err := a.c.(*net.UDPConn).ReadMsgUDPAddrPort(buf, control)
		if err != nil {
			return
		}
		came, err := arrived(control[:k])
		if err != nil || n <= rcodeOff || buf[rcodeOff]&15 != 0 {
			continue // counted as unanswered
		}
		id := binary.BigEndian.Uint16(buf)
		a.mu.Lock()
		if at := a.sent[id]; !at.IsZero() {
			a.took, a.sent[id] = append(a.took, max(0, came.Sub(at.Round(0)))), time.Time{}
		}
		a.mu.Unlock()
	}
}
