package lab

import (
	"fmt"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Ear hears every frame that comes in on a cable.
type Ear struct{ fd int }

// Overhear listens at an interface of the host, from now on. Close it.
func (n *Namespace) Overhear(name string) (*Ear, error) {
	e := new(Ear)
	err := n.Do(func() (err error) {
		if e.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return hear(e.fd, name)
	})
	if err != nil {
		return nil, fmt.Errorf("lab: %s of %s: %w", name, n.Name, err)
	}
	return e, nil
}

// Until gives what was heard, frame by frame with their tags, until yes says that it was the
// one, or the time is over: then it is false.
func (e *Ear) Until(within time.Duration, yes func(frame []byte) bool) bool {
	b, aux := make([]byte, maxFrame), make([]byte, 256)
	for end := time.Now().Add(within); ; {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		fds := []unix.PollFd{{Fd: int32(e.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, int(left.Milliseconds())+1); n == 0 || err != nil {
			continue
		}
		n, oob, _, _, err := unix.Recvmsg(e.fd, b, aux, unix.MSG_DONTWAIT)
		if err == nil && yes(withTag(b[:n], aux[:oob])) {
			return true
		}
	}
}

// Close ends it.
func (e *Ear) Close() error { return unix.Close(e.fd) }

// Mirror makes a port of the host's switch a mirror port: it gets a copy of what comes in at others.
func (n *Namespace) Mirror(to string, from ...string) error {
	text := "table netdev mirror {\n"
	for i, name := range from {
		text += fmt.Sprintf("chain c%d { type filter hook ingress device %q priority 0; policy accept; dup to %q\n}\n", i, name, to)
	}
	return n.Do(func() error {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(text + "}\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("lab: mirror port: %w: %s", err, out)
		}
		return nil
	})
}
