package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// webConns is the number of connections that are kept alive: a few browsers at work.
	webConns = 32
	// webPages are different, so that nothing is judged by its likeness to the last one.
	webPages   = 32
	webServers = 8
	// webAnswer bounds the wait for one page: past it the box would have broken the web.
	webAnswer = 10 * time.Second
	smallPage = 1 << 10
	// webHead bounds a request.
	webHead = 4 << 10
)

// site is a web server and what its clients ask, as bytes that were made before.
type site struct {
	requests [][]byte
	replies  [][]byte // all of the same length
	last     bool     // the server ends each connection after one page
}

func newSite(size int, last bool) *site {
	r := rand.New(rand.NewPCG(20261121, 2))
	s := &site{last: last}
	for range webPages {
		request, reply := httpRequest(r), httpResponse(htmlPage(r, size), "text/html; charset=utf-8", "")
		if last {
			request = bytes.Replace(request, []byte("keep-alive"), []byte("close"), 1)
			reply = bytes.Replace(reply, []byte("keep-alive"), []byte("close"), 1)
		}
		s.requests, s.replies = append(s.requests, request), append(s.replies, reply)
	}
	return s
}

// serve answers until the listener is closed.
func (s *site) serve(l net.Listener) {
	for n := 0; ; n++ {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.answer(c, n)
	}
}

func (s *site) answer(c net.Conn, n int) {
	defer c.Close()
	buf := make([]byte, webHead)
	have := 0
	for have < len(buf) {
		k, err := c.Read(buf[have:])
		if err != nil {
			return
		}
		if have += k; !bytes.HasSuffix(buf[:have], []byte("\r\n\r\n")) {
			continue
		}
		if _, err := c.Write(s.replies[n%len(s.replies)]); err != nil || s.last {
			return
		}
		n, have = n+1, 0
	}
}

// client asks for pages over one connection until stop; each page begins pace after the
// one before, or at once when the pages are late or pace is 0.
func (s *site) client(c net.Conn, n int, pace time.Duration, asked *atomic.Int64, took *durations, stop <-chan struct{}) error {
	buf := make([]byte, len(s.replies[0]))
	next := time.Now()
	for ; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		if pace > 0 {
			time.Sleep(time.Until(next))
			next = next.Add(pace)
		}
		start := time.Now()
		if err := c.SetDeadline(start.Add(webAnswer)); err != nil {
			return err
		}
		if _, err := c.Write(s.requests[n%len(s.requests)]); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return err
		}
		took.add(time.Since(start))
		asked.Add(1)
	}
}

// browsing is load of a site that goes on until it is ended.
type browsing struct {
	listener net.Listener
	asked    atomic.Int64
	took     []durations
	errs     []error
	stop     chan struct{}
	wg       sync.WaitGroup
}

// servers are the addresses at which an office finds the web, as many as give every queue
// its share: the kernel chooses queues by addresses. They are nobody's but benchmarks'
// (RFC 2544). The client's ports last for 64,000 connections to each.
func (t *traffic) servers(port uint16) (addrs []netip.AddrPort, err error) {
	var names []string
	for i := range webServers {
		a := netip.AddrFrom4([4]byte{198, 18, 0, byte(1 + i)})
		addrs, names = append(addrs, netip.AddrPortFrom(a, port)), append(names, a.String())
	}
	if !t.open {
		t.open = true
		err = t.lab.OpenInternet(names...)
	}
	return addrs, err
}

// browse opens connections to a site at a port; rate is in pages per second, 0 for as many
// as there can be.
func (t *traffic) browse(ctx context.Context, s *site, port int, rate float64) (*browsing, error) {
	addrs, err := t.servers(uint16(port))
	if err != nil {
		return nil, err
	}
	l, err := t.lab.Internet.Listen(fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return nil, err
	}
	go s.serve(l)
	b := &browsing{listener: l, took: make([]durations, webConns), errs: make([]error, webConns), stop: make(chan struct{})}
	var pace time.Duration
	if rate > 0 {
		pace = time.Duration(webConns / rate * float64(time.Second))
	}
	for i := range webConns {
		c, err := t.lab.PC1.Dial(ctx, "tcp", addrs[i%len(addrs)].String())
		if err != nil {
			return nil, errors.Join(err, b.end())
		}
		b.wg.Go(func() {
			defer c.Close()
			b.errs[i] = s.client(c, i, pace, &b.asked, &b.took[i], b.stop)
		})
	}
	return b, nil
}

// end stops the load; an error means that a page did not come.
func (b *browsing) end() error {
	close(b.stop)
	b.wg.Wait()
	return errors.Join(append(b.errs, b.listener.Close())...)
}

// keepAlive returns pages per second over many connections and the 99th percentile of
// the wait for one in milliseconds.
func (t *traffic) keepAlive(ctx context.Context) (rate, p99 float64, err error) {
	b, err := t.browse(ctx, newSite(webPageBytes, false), 80, 0)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(warmUp)
	before, start := b.asked.Load(), time.Now()
	time.Sleep(t.each)
	rate = float64(b.asked.Load()-before) / time.Since(start).Seconds()
	if err := b.end(); err != nil {
		return 0, 0, err
	}
	var all durations
	for i := range b.took {
		all.merge(&b.took[i])
	}
	return rate, all.percentile(99), nil
}

// latencyAt is [traffic.latency] while other connections ask for so many pages per second.
func (t *traffic) latencyAt(ctx context.Context, rate float64) (p50, p99 float64, err error) {
	b, err := t.browse(ctx, newSite(webPageBytes, false), 8080, rate)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(warmUp)
	p50, p99, err = t.latency(ctx)
	return p50, p99, errors.Join(err, b.end())
}
