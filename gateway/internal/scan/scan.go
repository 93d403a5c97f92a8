package scan

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits.
const (
	// MaxFile bytes are scanned of a file; larger ones pass unscanned. It is what
	// clamd is asked to accept in one stream.
	MaxFile = 24 << 20
	// MaxBuffer bytes of one file wait for the scanner.
	MaxBuffer = 256 << 10
	// MaxWaiting bytes of all files wait for the scanner: a packet that is held does
	// not stop those behind it, so a full buffer of one file still grows by a window.
	MaxWaiting = 128 << 20
	// maxAnswer of clamd: one line with a virus name.
	maxAnswer = 4096
	// MaxOpen files at a time; further ones pass unscanned.
	MaxOpen = 512
	// Timeout of the scanner for one file after its last byte.
	Timeout = 10 * time.Second
	// dialTimeout of a local socket: it answers at once or is not there.
	dialTimeout = time.Second
)

// Reasons why a file was not scanned.
var (
	ErrDown     = errors.New("scan: the scanner does not answer")
	ErrTooLarge = errors.New("scan: the file is larger than the limit")
	ErrBusy     = errors.New("scan: too many files at a time")
	ErrSlow     = errors.New("scan: the scanner did not answer in time")
)

// Result of a file.
type Result struct {
	// Virus is its name, "" when none was found.
	Virus string
	// Err tells why the file was not scanned.
	Err error
}

// Scanner talks to one clamd.
type Scanner struct {
	// Socket is the path of clamd's Unix socket.
	Socket string
	// Done is called, on any goroutine, each time a result came or a full buffer
	// has room again.
	Done func()

	open    atomic.Int32
	waiting atomic.Int64 // bytes in memory for all files
}

// Ping asks whether clamd answers.
func (s *Scanner) Ping(ctx context.Context) error {
	c, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", s.Socket)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrDown, err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(dialTimeout))
	if _, err := c.Write([]byte("zPING\x00")); err != nil {
		return fmt.Errorf("%w: %v", ErrDown, err)
	}
	b := make([]byte, 16)
	if n, err := c.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "PONG") {
		return fmt.Errorf("%w: answered %q", ErrDown, b[:n])
	}
	return nil
}

// File is one file on its way.
type File struct {
	s      *Scanner
	mu     sync.Mutex
	more   *sync.Cond
	buf    []byte
	size   int64
	closed bool
	result *Result
	conn   net.Conn // closed with the result, so that nobody waits for it
}

// Open starts a file.
func (s *Scanner) Open() *File {
	f := &File{s: s}
	f.more = sync.NewCond(&f.mu)
	if s.open.Add(1) > MaxOpen {
		f.finish(Result{Err: ErrBusy})
		return f
	}
	go f.run()
	return f
}

// Write takes the next bytes. full tells that the scanner is behind: hold the
// packet until Full is false.
func (f *File) Write(b []byte) (full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.result != nil || f.closed {
		return false
	}
	if f.size += int64(len(b)); f.size > MaxFile {
		f.finishLocked(Result{Err: ErrTooLarge})
		return false
	}
	if f.s.waiting.Load()+int64(len(b)) > MaxWaiting {
		f.finishLocked(Result{Err: ErrBusy})
		return false
	}
	f.s.waiting.Add(int64(len(b)))
	f.buf = append(f.buf, b...)
	f.more.Signal()
	return len(f.buf) > MaxBuffer
}

// Full tells whether the buffer has no room.
func (f *File) Full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.result == nil && len(f.buf) > MaxBuffer
}

// Close tells that the last byte was written. Scanner.Done is called when the
// result is there.
func (f *File) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.more.Signal()
}

// Abort gives a file up; why becomes the reason in its result.
func (f *File) Abort(why error) { f.finish(Result{Err: why}) }

// Result returns the answer, or nil as long as there is none.
func (f *File) Result() *Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.result
}

// Size is the number of bytes seen.
func (f *File) Size() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.size
}

func (f *File) finish(r Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finishLocked(r)
}

func (f *File) finishLocked(r Result) {
	if f.result != nil {
		return
	}
	f.s.waiting.Add(-int64(len(f.buf)))
	f.result, f.buf = &r, nil
	f.s.open.Add(-1)
	if f.conn != nil {
		_ = f.conn.Close()
	}
	f.more.Broadcast()
	if f.s.Done != nil {
		go f.s.Done()
	}
}

// run carries the file to clamd.
func (f *File) run() {
	c, err := net.DialTimeout("unix", f.s.Socket, dialTimeout)
	if err != nil {
		f.finish(Result{Err: fmt.Errorf("%w: %v", ErrDown, err)})
		return
	}
	defer c.Close()
	if !f.connected(c) {
		return
	}
	virus, err := f.talk(c)
	if err != nil && !errors.Is(err, ErrTooLarge) {
		err = fmt.Errorf("%w: %w", ErrDown, err)
	}
	f.finish(Result{Virus: virus, Err: err})
}

// connected notes the connection; false when nobody wants an answer any more.
func (f *File) connected(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conn = c
	return f.result == nil
}

// talk sends the file and reads the answer. clamd may answer and hang up before the
// end, so a failed write is not the last word.
func (f *File) talk(c net.Conn) (virus string, err error) {
	sent := f.send(c)
	_ = c.SetReadDeadline(time.Now().Add(Timeout))
	answer, err := io.ReadAll(io.LimitReader(c, maxAnswer))
	if len(answer) == 0 {
		return "", cmp.Or(sent, err, io.ErrUnexpectedEOF)
	}
	return verdict(string(answer))
}

// send speaks INSTREAM: chunks with a four-byte length, then a zero length.
func (f *File) send(c net.Conn) error {
	_ = c.SetWriteDeadline(time.Now().Add(Timeout))
	if _, err := c.Write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	var chunk []byte
	defer func() { f.s.waiting.Add(-int64(len(chunk))) }()
	for last := false; !last; {
		if chunk, last = f.next(chunk); len(chunk) == 0 {
			continue
		}
		_ = c.SetWriteDeadline(time.Now().Add(Timeout))
		head := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)))
		if _, err := (&net.Buffers{head, chunk}).WriteTo(c); err != nil {
			return err
		}
	}
	_ = c.SetWriteDeadline(time.Now().Add(Timeout))
	_, err := c.Write([]byte{0, 0, 0, 0})
	return err
}

// next waits for bytes and takes them in place of those that were sent; last tells
// that no more come.
func (f *File) next(sent []byte) (b []byte, last bool) {
	f.s.waiting.Add(-int64(len(sent)))
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.buf) == 0 && !f.closed && f.result == nil {
		f.more.Wait()
	}
	wasFull := len(f.buf) > MaxBuffer
	b, f.buf = f.buf, sent[:0]
	if wasFull && f.s.Done != nil {
		go f.s.Done()
	}
	return b, f.closed || f.result != nil
}

// verdict reads clamd's answer: "stream: NAME FOUND", "stream: OK", or an error.
func verdict(answer string) (virus string, err error) {
	answer = strings.TrimRight(answer, "\x00\n ")
	result, ok := strings.CutPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(result, " FOUND")
	switch {
	case ok && result == "OK":
		return "", nil
	case ok && found && name != "":
		return name, nil
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"):
		return "", ErrTooLarge
	}
	return "", fmt.Errorf("answered %q", answer)
}
