package scan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
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
	// maxSilent checks in a row without an answer, some seconds, and no file waits any more
	// until there is one: each would wait for as long as Timeout.
	maxSilent = 3
	// MaxKept bytes of one file are kept so that it can be scanned before its end is known:
	// all that is scanned. MaxKeptAll of all files: an office copies a few at a time.
	MaxKept    = MaxFile
	MaxKeptAll = 96 << 20
	// askTimeout of a question to clamd itself.
	askTimeout = time.Second
)

// Reasons why a file was not scanned.
var (
	ErrDown     = errors.New("scan: the scanner does not answer")
	ErrTooLarge = errors.New("scan: the file is larger than the limit")
	ErrBusy     = errors.New("scan: too many files at a time")
	ErrSlow     = errors.New("scan: the scanner did not answer in time")
	ErrDeep     = errors.New("scan: the file is packed deeper or larger than the limits")
	ErrGaps     = errors.New("scan: parts of the file were not seen")
	ErrEnded    = errors.New("scan: the conversation ended before the answer")
)

// Result of a file.
type Result struct {
	// Virus is its name, "" when none was found.
	Virus string
	// Flag tells what makes a file suspicious that is no virus, in the scanner's words.
	Flag string
	// Err tells why the file was not scanned.
	Err error
	// SHA256 in hexadecimal digits, "" where not all of the file was seen.
	SHA256 string
	// Remembered tells that the same file was scanned before.
	Remembered bool
}

// Bad is the name of what a file is stopped for, "" for none; flagged stops also what is only
// suspicious.
func (r *Result) Bad(flagged bool) string {
	if r.Virus == "" && flagged {
		return r.Flag
	}
	return r.Virus
}

// Wants is how many bytes of a file readers must show: one more than it scans, so that it
// knows. 0 without a scanner.
func (s *Scanner) Wants() int {
	if s == nil {
		return 0
	}
	return MaxFile + 1
}

// Scanner talks to one clamd.
type Scanner struct {
	// Socket is the path of clamd's Unix socket.
	Socket string
	// Done is called, on any goroutine, each time a result came or a full buffer
	// has room again.
	Done func()
	// Database is clamd's folder of signatures, "" when it is not known; only its dates
	// are read.
	Database string

	open    atomic.Int32
	silent  atomic.Int32 // checks without an answer, one after the other
	mu      sync.Mutex
	files   map[*File]struct{} // that wait for an answer
	waiting atomic.Int64       // bytes in memory for all files
	kept    atomic.Int64       // of them for scanning again
	memory  memory
	counts  counts
	stops   atomic.Pointer[stops]
}

// Ping asks whether clamd answers.
func (s *Scanner) Ping(ctx context.Context) error {
	answer, err := s.ask(ctx, "PING")
	if err == nil && answer != "PONG" {
		err = fmt.Errorf("%w: answered %q", ErrDown, answer)
	}
	return err
}

// Reload asks clamd to read its signatures anew; it goes on with the old ones until then.
func (s *Scanner) Reload(ctx context.Context) error {
	_, err := s.ask(ctx, "RELOAD")
	return err
}

// ask gives clamd a command that it answers with a line.
func (s *Scanner) ask(ctx context.Context, command string) (string, error) {
	end := time.Now().Add(askTimeout)
	c, err := s.dial(func() bool { return ctx.Err() == nil && time.Now().Before(end) })
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrDown, err)
	}
	defer c.Close()
	_ = c.SetDeadline(end)
	if _, err := c.Write([]byte("z" + command + "\x00")); err != nil {
		return "", fmt.Errorf("%w: %v", ErrDown, err)
	}
	b, err := io.ReadAll(io.LimitReader(c, maxAnswer))
	if len(b) == 0 {
		return "", fmt.Errorf("%w: %v", ErrDown, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	return strings.TrimRight(string(b), "\x00\n "), nil
}

// File is one file on its way.
type File struct {
	s      *Scanner
	mu     sync.Mutex
	more   *sync.Cond
	queue  queue // what waits
	size   int64
	closed bool
	gaps   bool
	keep   bool
	kept   []byte // all of it so far
	result *Result
	conn   net.Conn // closed with the result, so that nobody waits for it
	era    uint64   // of the scanner's signatures when it began
	digest hash.Hash
}

// Open starts a file. keep keeps its bytes as far as [MaxKept] allows, for [File.Snapshot].
func (s *Scanner) Open(keep bool) *File {
	f := &File{s: s, keep: keep, era: s.memory.era(), digest: sha256.New()}
	f.more = sync.NewCond(&f.mu)
	if s.open.Add(1) > MaxOpen {
		f.finish(Result{Err: ErrBusy})
		return f
	}
	if s.silent.Load() >= maxSilent {
		f.finish(Result{Err: ErrDown})
		return f
	}
	s.mu.Lock()
	if s.files == nil {
		s.files = make(map[*File]struct{})
	}
	s.files[f] = struct{}{}
	s.mu.Unlock()
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
	f.queue.add(b)
	f.keepLocked(b)
	f.more.Signal()
	return f.queue.size > MaxBuffer
}

// keepLocked keeps the next bytes; what is too large is not kept at all.
func (f *File) keepLocked(b []byte) {
	if !f.keep {
		return
	}
	if n := int64(len(b)); len(f.kept)+len(b) <= MaxKept && f.s.kept.Add(n) <= MaxKeptAll {
		f.kept = append(f.kept, b...)
		return
	} else if len(f.kept)+len(b) <= MaxKept {
		f.s.kept.Add(-n)
	}
	f.s.counts.notKept.Add(1)
	f.forgetLocked()
}

func (f *File) forgetLocked() {
	f.s.kept.Add(-int64(len(f.kept)))
	f.keep, f.kept = false, nil
}

// Snapshot has what was written so far scanned as a file of its own, while this one goes
// on; nil where its bytes are not kept.
func (f *File) Snapshot() *File {
	f.mu.Lock()
	b := f.kept
	ok := f.keep && f.result == nil && f.s.waiting.Load()+int64(len(b)) <= MaxWaiting
	f.mu.Unlock()
	if !ok {
		return nil
	}
	s := f.s.Open(false)
	s.Write(b)
	s.Close()
	return s
}

// Unguarded counts a pause behind which the file may have ended and was not scanned.
func (f *File) Unguarded() { f.s.counts.unguarded.Add(1) }

// Gap tells that bytes of the file were not seen here.
func (f *File) Gap() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gaps = true
	f.forgetLocked()
}

// Full tells whether the buffer has no room.
func (f *File) Full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.result == nil && f.queue.size > MaxBuffer
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
	f.s.waiting.Add(-int64(f.queue.size))
	f.forgetLocked()
	f.s.counts.add(&r)
	f.result = &r
	f.queue.forget()
	f.s.open.Add(-1)
	f.s.mu.Lock()
	delete(f.s.files, f)
	f.s.mu.Unlock()
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
	c, err := f.dial()
	if err != nil {
		f.finish(Result{Err: fmt.Errorf("%w: %v", ErrDown, err)})
		return
	}
	defer c.Close()
	if !f.connected(c) {
		return
	}
	r := f.talk(c)
	if r.Err != nil && !errors.Is(r.Err, ErrTooLarge) && !errors.Is(r.Err, ErrDeep) {
		r.Err = fmt.Errorf("%w: %w", ErrDown, r.Err)
	}
	f.finish(f.known(r))
}

// known completes a result with what is known of the file, and remembers it.
func (f *File) known(r Result) Result {
	f.mu.Lock()
	whole := f.closed && !f.gaps
	f.mu.Unlock()
	switch {
	case r.Err != nil || r.Remembered:
	case !whole && r.Virus == "" && r.Flag == "":
		r.Err = ErrGaps
	case whole:
		var key [sha256.Size]byte
		f.digest.Sum(key[:0])
		r.SHA256 = hex.EncodeToString(key[:])
		f.s.memory.put(key, f.era, &r) // without what is stopped, which may be taken back
		if name := f.s.stopped(key); name != "" && r.Virus == "" {
			r.Virus = name
		}
	}
	return r
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
func (f *File) talk(c net.Conn) Result {
	before, sent := f.send(c)
	if before != nil {
		return *before
	}
	_ = c.SetReadDeadline(time.Now().Add(Timeout))
	answer, err := io.ReadAll(io.LimitReader(c, maxAnswer))
	if len(answer) == 0 {
		return Result{Err: cmp.Or(sent, err, io.ErrUnexpectedEOF)}
	}
	return verdict(string(answer))
}

// send speaks INSTREAM: chunks with a four-byte length, then a zero length, which is left
// out when the file was scanned before: clamd begins only then.
func (f *File) send(c net.Conn) (before *Result, err error) {
	_ = c.SetWriteDeadline(time.Now().Add(Timeout))
	if _, err := c.Write([]byte("zINSTREAM\x00")); err != nil {
		return nil, err
	}
	for last := false; !last; {
		var b *block
		if b, last = f.next(); b == nil {
			continue
		}
		chunk := b.bytes()
		f.digest.Write(chunk)
		_ = c.SetWriteDeadline(time.Now().Add(Timeout))
		head := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)))
		_, err := (&net.Buffers{head, chunk}).WriteTo(c)
		f.s.waiting.Add(-int64(len(chunk)))
		if b.free(); err != nil {
			return nil, err
		}
	}
	if before := f.before(); before != nil {
		return before, nil
	}
	_ = c.SetWriteDeadline(time.Now().Add(Timeout))
	_, err = c.Write([]byte{0, 0, 0, 0})
	return nil, err
}

// before is what was said about the same file, nil when it is new.
func (f *File) before() *Result {
	f.mu.Lock()
	whole := f.closed && !f.gaps && f.result == nil
	f.mu.Unlock()
	if !whole {
		return nil
	}
	var key [sha256.Size]byte
	f.digest.Sum(key[:0])
	if name := f.s.stopped(key); name != "" {
		return &Result{Virus: name, SHA256: hex.EncodeToString(key[:]), Remembered: true}
	}
	return f.s.memory.get(key)
}

// next waits for bytes and takes some; last tells that no more come.
func (f *File) next() (b *block, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.queue.size == 0 && !f.closed && f.result == nil {
		f.more.Wait()
	}
	wasFull := f.queue.size > MaxBuffer
	b = f.queue.take()
	if wasFull && f.queue.size <= MaxBuffer && f.s.Done != nil {
		go f.s.Done()
	}
	return b, f.queue.size == 0 && (f.closed || f.result != nil)
}

// Names under which clamd reports what is no virus: the first two are files that nobody can
// look into or that may act by themselves, the last is a limit of its configuration.
const (
	Encrypted = "Heuristics.Encrypted."
	Macros    = "Heuristics.OLE2.ContainsMacros"
	exceeded  = "Heuristics.Limits.Exceeded"
)

// verdict reads clamd's answer: "stream: NAME FOUND", "stream: OK", or an error.
func verdict(answer string) Result {
	answer = strings.TrimRight(answer, "\x00\n ")
	result, ok := strings.CutPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(result, " FOUND")
	switch {
	case ok && result == "OK":
		return Result{}
	case ok && found && strings.HasPrefix(name, exceeded):
		return Result{Err: ErrDeep}
	case ok && found && (strings.HasPrefix(name, Encrypted) || strings.HasPrefix(name, Macros)):
		return Result{Flag: name}
	case ok && found && name != "":
		return Result{Virus: name}
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"):
		return Result{Err: ErrTooLarge}
	}
	return Result{Err: fmt.Errorf("answered %q", answer)}
}
