package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/e2e/lab"
)

const (
	// newThreads open connections, and as many answer: each is a thread that waits in
	// the kernel, so that no scheduler of ours stands between two packets.
	newThreads = 16
	// newAnswer bounds the wait for one connection. The kernel sends a lost SYN again
	// after 1, 3 and 7 seconds: a connection that does not come in this time was refused
	// by silence.
	newAnswer = 10 * time.Second
	// newLate is when a connection is said to be late: a packet of it had to be sent again.
	newLate = 900 * time.Millisecond
)

// opening is what became of connections that were opened one after the other.
type opening struct {
	done, failed uint64
	took         durations
	seconds      float64
	err          error // the first failure, for people
}

// newConnections opens a connection for each small page, for so long.
func (t *traffic) newConnections(ctx context.Context, hold time.Duration) (*opening, error) {
	addrs, err := t.servers(80)
	if err := errors.Join(err, t.lab.PC1.Do(widePorts)); err != nil {
		return nil, err
	}
	// A thread in the kernel holds its processor of Go's until somebody notices: there
	// is one for each.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2*newThreads + runtime.NumCPU()))
	s := newSite(smallPage, true)
	l, err := listenRaw(t.lab.Internet)
	if err != nil {
		return nil, err
	}
	var servers, clients sync.WaitGroup
	for range newThreads {
		servers.Go(func() { _ = t.lab.Internet.Visit(func() error { s.answerRaw(l); return nil }) })
	}
	var stop atomic.Bool
	all := make([]opening, newThreads)
	began := time.Now()
	for i := range all {
		clients.Go(func() {
			_ = t.lab.PC1.Visit(func() error { s.openRaw(&all[i], addrs, i, &stop); return nil })
		})
	}
	select {
	case <-ctx.Done():
	case <-time.After(hold):
	}
	stop.Store(true)
	clients.Wait()
	sum := &opening{seconds: time.Since(began).Seconds()}
	_ = unix.Shutdown(l, unix.SHUT_RDWR) // wakes those who wait for a connection
	servers.Wait()
	_ = unix.Close(l)
	for i := range all {
		sum.done, sum.failed, sum.err = sum.done+all[i].done, sum.failed+all[i].failed, errors.Join(sum.err, all[i].err)
		sum.took.merge(&all[i].took)
	}
	return sum, ctx.Err()
}

// widePorts lets the host's clients use nearly all ports.
func widePorts() error {
	return os.WriteFile("/proc/thread-self/root/proc/sys/net/ipv4/ip_local_port_range", []byte("1024 65535\n"), 0o644)
}

func listenRaw(n *lab.Namespace) (fd int, err error) {
	err = n.Do(func() error {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.Bind(fd, &unix.SockaddrInet4{Port: 80}), unix.Listen(fd, 4096))
	})
	if err != nil {
		return -1, fmt.Errorf("bench: server: %w", err)
	}
	return fd, nil
}

// answerRaw serves one connection after the other.
func (s *site) answerRaw(l int) {
	buf := make([]byte, webHead)
	for n := 0; ; n++ {
		c, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNABORTED) {
			continue
		}
		if err != nil {
			return
		}
		if k, err := again(func() (int, error) { return unix.Read(c, buf) }); err == nil && k > 0 {
			_, _ = again(func() (int, error) { return unix.Write(c, s.replies[n%len(s.replies)]) })
		}
		_ = unix.Close(c)
	}
}

// openRaw opens one connection after the other, at each address in turn.
func (s *site) openRaw(o *opening, addrs []netip.AddrPort, n int, stop *atomic.Bool) {
	buf := make([]byte, len(s.replies[0])+1)
	for ; !stop.Load(); n++ {
		start := time.Now()
		if err := s.page(addrs[n%len(addrs)], n, buf); err != nil {
			if o.failed++; o.err == nil {
				o.err = fmt.Errorf("after %d connections: %w", o.done, err)
			}
			continue
		}
		o.took.add(time.Since(start))
		o.done++
	}
}

// errShort is a page that ended too soon.
var errShort = errors.New("the page is not whole")

// page fetches one page over a connection of its own.
func (s *site) page(to netip.AddrPort, n int, buf []byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	wait := unix.NsecToTimeval(newAnswer.Nanoseconds())
	if err := errors.Join(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &wait)); err != nil {
		return err
	}
	if err := connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return err
	}
	if _, err := again(func() (int, error) { return unix.Write(fd, s.requests[n%len(s.requests)]) }); err != nil {
		return err
	}
	for have := 0; have < len(buf); {
		k, err := again(func() (int, error) { return unix.Read(fd, buf[have:]) })
		switch {
		case err != nil:
			return err
		case k == 0 && have == len(buf)-1:
			return nil
		case k == 0:
			return errShort
		}
		have += k
	}
	return errShort
}

// connect waits for the connection also when a signal of the runtime comes in between.
func connect(fd int, to unix.Sockaddr) error {
	err := unix.Connect(fd, to)
	if !errors.Is(err, unix.EINTR) {
		return err
	}
	deadline := time.Now().Add(newAnswer)
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for time.Now().Before(deadline) {
		if k, err := unix.Poll(poll, int(time.Until(deadline).Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		} else if k > 0 {
			code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			return err
		}
	}
	return unix.ETIMEDOUT
}

// again repeats a call that a signal ended.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
