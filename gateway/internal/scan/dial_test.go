package scan

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A scanner whose queue is full is busy, not away: what comes then waits until it has room,
// and does not pass unseen for it.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	s := &Scanner{Socket: filepath.Join(t.TempDir(), "s")}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: s.Socket}), syscall.Listen(fd, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	socket := os.NewFile(uintptr(fd), s.Socket)
	l, err := net.FileListener(socket)
	if err := errors.Join(err, socket.Close()); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := net.Dial("unix", s.Socket)
		if err != nil {
			break // it is full
		}
		defer c.Close()
	}
	f, given := s.Open(false), s.Open(false)
	for _, f := range []*File{f, given} {
		f.Write([]byte("a letter"))
		f.Close()
	}
	if err := s.Ping(context.Background()); !errors.Is(err, ErrDown) {
		t.Errorf("a question waits for more than its time: %v", err)
	}
	if r := f.Result(); r != nil {
		t.Errorf("nobody can have seen it: %+v", r)
	}
	given.Abort(ErrEnded)
	answer(t, l, func(c net.Conn) { drain(c); _, _ = io.WriteString(c, "stream: Test.Virus FOUND\x00") })
	if r := await(t, f); r.Err != nil || r.Virus == "" {
		t.Errorf("%+v", r)
	}
	idle(t, s)
}
