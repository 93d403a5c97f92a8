package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Namespace is one host. A thread of its own lives in it: what runs by Do, and
// every process and socket that is started there, belongs to the host.
type Namespace struct {
	Name  string
	fd    int
	tasks chan func()
}

// NewNamespace makes a host with its loopback up.
func NewNamespace(name string) (*Namespace, error) {
	n := &Namespace{Name: name, tasks: make(chan func())}
	ready := make(chan error)
	go n.live(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("lab: namespace %s: %w", name, err)
	}
	return n, n.Do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(lo)
	})
}

// live is the host's thread. It is never unlocked: a thread that has left its
// namespace must not be used for anything else.
func (n *Namespace) live(ready chan<- error) {
	runtime.LockOSThread()
	err := unix.Unshare(unix.CLONE_NEWNET)
	if err == nil {
		n.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	ready <- err
	if err != nil {
		return
	}
	for f := range n.tasks {
		f()
	}
}

// Do runs f on the host's thread. f must not wait for long: the thread is one.
func (n *Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	n.tasks <- func() { done <- f() }
	return <-done
}

// Close ends the host's thread; processes that were started in it are killed.
func (n *Namespace) Close() error {
	close(n.tasks)
	return unix.Close(n.fd)
}

// Listen opens a listener on the host.
func (n *Namespace) Listen(address string) (l net.Listener, err error) {
	err = n.Do(func() error {
		l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		return err
	})
	return l, err
}

// ListenPacket opens a UDP socket on the host.
func (n *Namespace) ListenPacket(address string) (c net.PacketConn, err error) {
	err = n.Do(func() error {
		c, err = (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", address)
		return err
	})
	return c, err
}

// Dial connects from the host to an address with a literal IP.
func (n *Namespace) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n.dial(ctx, net.Dialer{}, network, address)
}

func (n *Namespace) dial(ctx context.Context, d net.Dialer, network, address string) (c net.Conn, err error) {
	// A dial may wait: it gets a thread of its own that visits the namespace.
	err = n.Visit(func() error {
		c, err = d.DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// Visit runs f on a thread of its own that belongs to the host, and waits for it. Sockets
// that f opens are the host's; f may take as long as it likes.
func (n *Namespace) Visit(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// Start starts a command on the host. It ends with our process at the latest.
func (n *Namespace) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return n.Do(cmd.Start)
}

// Run runs a command on the host and returns its output and exit status.
func (n *Namespace) Run(ctx context.Context, name string, args ...string) (out []byte, code int, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, -1, err
	}
	defer r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	err = n.Start(cmd)
	w.Close()
	if err != nil {
		return nil, -1, fmt.Errorf("lab: %s: %w", name, err)
	}
	out = readAll(r)
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out, exit.ExitCode(), nil
	}
	return out, 0, err
}

// maxOutput of a command that is kept; the rest is read and thrown away.
const maxOutput = 1 << 20

func readAll(r *os.File) (out []byte) {
	buf := make([]byte, 64<<10)
	for {
		k, err := r.Read(buf)
		if len(out) < maxOutput {
			out = append(out, buf[:k]...)
		}
		if err != nil {
			return out
		}
	}
}

// DialFrom is Dial with a source address; "" lets the host choose.
func (n *Namespace) DialFrom(ctx context.Context, from, address string) (net.Conn, error) {
	d := net.Dialer{}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	return n.dial(ctx, d, "tcp", address)
}

// Enter runs f on a thread of its own in the host: what f dials or opens itself belongs
// there. f may wait.
func (n *Namespace) Enter(f func()) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		err := unix.Setns(n.fd, unix.CLONE_NEWNET)
		if err == nil {
			f()
		}
		done <- err
	}()
	return <-done
}

// SaidBack says words over a connection whose other end says back what it hears and ends; an
// error tells that they did not come back.
func SaidBack(c net.Conn, words string, within time.Duration) error {
	_ = c.SetDeadline(time.Now().Add(within))
	if _, err := io.WriteString(c, words); err != nil {
		return err
	}
	got, err := io.ReadAll(c)
	if err == nil && string(got) != words {
		err = fmt.Errorf("%q came back", got)
	}
	return err
}
