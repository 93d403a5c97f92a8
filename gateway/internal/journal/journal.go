package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"otasuke/internal/atomicfile"
)

// Sizes.
const (
	// segmentBytes is small enough that dropping one loses little, large enough
	// that a month of alerts is a few files.
	segmentBytes = 1 << 20
	// MaxRecord bounds one record: the largest event is under 8 KiB.
	MaxRecord = 64 << 10
	// DefaultBytes holds 30 days of 1,000 alerts a day at 1 KiB.
	DefaultBytes = 64 << 20
	headBytes    = 8
)

// Errors.
var (
	ErrTooLarge = errors.New("journal: record too large")
	ErrClosed   = errors.New("journal: closed")
)

// Config of a journal.
type Config struct {
	Dir string // made if missing
	// MaxBytes is the disk budget, DefaultBytes when 0.
	MaxBytes int64
}

// Record is one kept record.
type Record struct {
	Seq  uint64 // counts from 1
	Data []byte
}

type segment struct {
	first uint64
	count uint64
	size  int64
}

// Journal is safe for concurrent use.
type Journal struct {
	cfg  Config
	mu   sync.Mutex
	segs []segment // oldest first; the last one is written to
	out  *os.File
	ack  uint64
	lost uint64
}

var table = crc32.MakeTable(crc32.Castagnoli)

// Open reads what is there and cuts off a torn end.
func Open(cfg Config) (*Journal, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultBytes
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{cfg: cfg}
	if err := j.load(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return j, nil
}

func (j *Journal) load() error {
	text, err := os.ReadFile(filepath.Join(j.cfg.Dir, "acked"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	j.ack, _ = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	names, err := filepath.Glob(filepath.Join(j.cfg.Dir, "*.seg"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		first, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".seg"), 10, 64)
		if err != nil {
			continue // not ours
		}
		s := segment{first: first}
		if err := s.scan(name); err != nil {
			return err
		}
		j.segs = append(j.segs, s)
	}
	return j.roll()
}

// scan counts the records of a segment and cuts off what is not whole.
func (s *segment) scan(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for {
		data, ok := next(b[s.size:])
		if !ok {
			break
		}
		s.size += int64(headBytes + len(data))
		s.count++
	}
	if s.size < int64(len(b)) {
		return os.Truncate(name, s.size)
	}
	return nil
}

// next reads the record at the start of b.
func next(b []byte) (data []byte, ok bool) {
	if len(b) < headBytes {
		return nil, false
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n == 0 || n > MaxRecord || len(b) < headBytes+n {
		return nil, false
	}
	data = b[headBytes : headBytes+n]
	return data, crc32.Checksum(data, table) == binary.LittleEndian.Uint32(b[4:])
}

func (j *Journal) path(s segment) string {
	return filepath.Join(j.cfg.Dir, fmt.Sprintf("%020d.seg", s.first))
}

// roll opens the newest segment for writing, or a new one when it is full.
func (j *Journal) roll() error {
	n := len(j.segs)
	if n == 0 || j.segs[n-1].size >= segmentBytes {
		first := j.ack + 1
		if n > 0 {
			first = j.segs[n-1].first + j.segs[n-1].count
		}
		j.segs = append(j.segs, segment{first: first})
	}
	if j.out != nil {
		if err := j.out.Close(); err != nil {
			return err
		}
	}
	var err error
	j.out, err = os.OpenFile(j.path(j.segs[len(j.segs)-1]), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return syncDir(j.cfg.Dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Append keeps records; they are on the disk when it returns.
func (j *Journal) Append(records ...[]byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.out == nil {
		return ErrClosed
	}
	var b []byte
	for _, r := range records {
		if len(r) > MaxRecord || len(r) == 0 {
			return ErrTooLarge
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(len(r)))
		b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(r, table))
		b = append(b, r...)
	}
	s := &j.segs[len(j.segs)-1]
	if err := j.write(s, b); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	s.size += int64(len(b))
	s.count += uint64(len(records))
	if s.size >= segmentBytes {
		if err := j.roll(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return j.trim()
}

// write appends b whole or not at all.
func (j *Journal) write(s *segment, b []byte) error {
	_, err := j.out.Write(b)
	if err == nil {
		err = j.out.Sync()
	}
	if err != nil { // disk full: take back what was written in part
		return errors.Join(err, j.out.Truncate(s.size))
	}
	return nil
}

// trim drops segments that are acknowledged, and the oldest ones past the budget.
func (j *Journal) trim() error {
	for len(j.segs) > 1 {
		s := j.segs[0]
		end := s.first + s.count
		if end > j.ack+1 {
			if j.bytes() <= j.cfg.MaxBytes {
				return nil
			}
			j.lost += end - max(s.first, j.ack+1)
		}
		if err := os.Remove(j.path(s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("journal: %w", err)
		}
		j.segs = j.segs[1:]
	}
	return nil
}

func (j *Journal) bytes() (n int64) {
	for _, s := range j.segs {
		n += s.size
	}
	return n
}

// Read returns up to max records that were not acknowledged, oldest first.
func (j *Journal) Read(max int) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []Record
	for _, s := range j.segs {
		if s.first+s.count <= j.ack+1 {
			continue
		}
		b, err := os.ReadFile(j.path(s))
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		seq := s.first
		for data, ok := next(b); ok && len(out) < max; data, ok = next(b) {
			if seq > j.ack {
				out = append(out, Record{seq, slices.Clone(data)})
			}
			b = b[headBytes+len(data):]
			seq++
		}
		if len(out) >= max {
			break
		}
	}
	return out, nil
}

// Ack tells that records up to seq are safe elsewhere.
func (j *Journal) Ack(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq <= j.ack {
		return nil
	}
	if err := atomicfile.Write(filepath.Join(j.cfg.Dir, "acked"), []byte(strconv.FormatUint(seq, 10)), 0o600); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.ack = seq
	return j.trim()
}

// Pending counts records that were not acknowledged; lost those that the budget cost.
func (j *Journal) Pending() (pending int, lost uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segs {
		if end := s.first + s.count; end > j.ack+1 {
			pending += int(end - max(s.first, j.ack+1))
		}
	}
	return pending, j.lost
}

// Close ends writing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.out == nil {
		return nil
	}
	err := j.out.Close()
	j.out = nil
	return err
}
