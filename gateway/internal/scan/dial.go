package scan

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// dialAgain is how long it takes until a scanner whose queue is full is tried again.
const dialAgain = 20 * time.Millisecond

// dial reaches clamd for as long as wanted says so. Its socket refuses at once where nobody
// listens, and, as connect(2) says of EAGAIN, also while its queue is full: then clamd is
// there, and only busy. There is no other limit: who waits for a processor does not wait for
// clamd.
func (s *Scanner) dial(wanted func() bool) (net.Conn, error) {
	for {
		c, err := net.Dial("unix", s.Socket)
		if !errors.Is(err, syscall.EAGAIN) || !wanted() {
			return c, err
		}
		time.Sleep(dialAgain)
	}
}

// dial reaches clamd for a file.
func (f *File) dial() (net.Conn, error) {
	end := time.Now().Add(Timeout)
	return f.s.dial(func() bool { return f.Result() == nil && time.Now().Before(end) })
}
