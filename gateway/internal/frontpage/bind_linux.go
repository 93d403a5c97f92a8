package frontpage

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bind keeps a socket to one interface: other networks of the machine do not see the page.
func bind(device string) func(string, string, syscall.RawConn) error {
	if device == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), device) }); e != nil {
			return e
		}
		return err
	}
}
