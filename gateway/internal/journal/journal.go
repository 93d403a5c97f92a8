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
	"syscall"

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
	// Safe is the number up to which records are safe elsewhere, whatever the folder says: no
	// record gets such a number again.
	Safe uint64
}

// Record is one kept record.
type Record struct {
	Seq  uint64 // counts from 1
	Data []byte // nil for a record that the disk has damaged
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
	torn bool // the newest segment has bytes past its size
}

// maxSeq keeps sums of numbers in range whatever a damaged file says.
const maxSeq = 1 << 62

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
	// An unreadable number counts as none: records go out twice rather than never.
	if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && n < maxSeq {
		j.ack = n
	}
	j.ack = max(j.ack, min(j.cfg.Safe, maxSeq))
	names, err := filepath.Glob(filepath.Join(j.cfg.Dir, "*.seg"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		first, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".seg"), 10, 64)
		s := segment{first: first}
		if err != nil || first == 0 || first >= maxSeq || filepath.Base(j.path(s)) != filepath.Base(name) {
			continue // not ours
		}
		if len(j.segs) > 0 {
			if first < j.end() {
				continue // numbers that stand in the segment before
			}
			j.lost += first - max(j.end(), min(j.ack+1, first))
		}
		if err := s.scan(name); err != nil {
			return err
		}
		j.segs = append(j.segs, s)
	}
	return j.roll()
}

// end is the number of the next record.
func (j *Journal) end() uint64 {
	n := len(j.segs)
	if n == 0 {
		return j.ack + 1
	}
	return j.segs[n-1].first + j.segs[n-1].count
}

// scan counts the records of a segment and cuts off what is not whole.
func (s *segment) scan(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for {
		size, _, ok := next(b[s.size:])
		if !ok {
			break
		}
		s.size += int64(size)
		s.count++
	}
	if s.size < int64(len(b)) {
		return os.Truncate(name, s.size)
	}
	return nil
}

// next reads the record at the start of b: the bytes that it takes, and its data,
// nil when they are damaged but a whole record follows.
func next(b []byte) (size int, data []byte, ok bool) {
	size, data = whole(b)
	if size == 0 {
		return 0, nil, false
	}
	if data == nil {
		_, after := whole(b[size:])
		return size, nil, after != nil
	}
	return size, data, true
}

// whole reads the frame at the start of b; size is 0 when it cannot be one, data
// nil when the checksum is wrong.
func whole(b []byte) (size int, data []byte) {
	if len(b) < headBytes {
		return 0, nil
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n == 0 || n > MaxRecord || len(b) < headBytes+n {
		return 0, nil
	}
	data = b[headBytes : headBytes+n]
	if crc32.Checksum(data, table) != binary.LittleEndian.Uint32(b[4:]) {
		data = nil
	}
	return headBytes + n, data
}

func (j *Journal) path(s segment) string {
	return filepath.Join(j.cfg.Dir, fmt.Sprintf("%020d.seg", s.first))
}

// roll opens the newest segment for writing, or a new one when it is full or ends
// before what was acknowledged: a number is never used for a second record.
func (j *Journal) roll() error {
	n := len(j.segs)
	if n > 0 && j.segs[n-1].size < segmentBytes && j.end() > j.ack {
		return j.open(j.segs[n-1])
	}
	s := segment{first: max(j.end(), j.ack+1)}
	if err := j.open(s); err != nil {
		return err
	}
	j.segs = append(j.segs, s)
	return nil
}

// open makes a segment the one that is written to.
func (j *Journal) open(s segment) error {
	out, err := os.OpenFile(j.path(s), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syncDir(j.cfg.Dir); err != nil {
		return errors.Join(err, out.Close())
	}
	if j.out != nil {
		err = j.out.Close()
	}
	j.out = out
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Append keeps records; they are on the disk when it returns. All or none are kept;
// those that were not count as lost.
func (j *Journal) Append(records ...[]byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.out == nil {
		return ErrClosed
	}
	var b []byte
	for _, r := range records {
		if len(r) > MaxRecord || len(r) == 0 {
			j.lost += uint64(len(records))
			return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(r))
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(len(r)))
		b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(r, table))
		b = append(b, r...)
	}
	err := j.write(b)
	for errors.Is(err, syscall.ENOSPC) && j.makeRoom() {
		err = j.write(b)
	}
	if err != nil {
		j.lost += uint64(len(records))
		return fmt.Errorf("journal: %w", err)
	}
	s := &j.segs[len(j.segs)-1]
	s.size += int64(len(b))
	s.count += uint64(len(records))
	return j.trim()
}

// makeRoom removes the oldest segment from a full disk, as past the budget: what is new is
// worth more. The one that is written to goes only when all of it is safe elsewhere.
func (j *Journal) makeRoom() bool {
	if len(j.segs) == 1 {
		s := segment{first: j.end()}
		if j.segs[0].count == 0 || j.end() > j.ack+1 || j.open(s) != nil {
			return false
		}
		j.segs, j.torn = append(j.segs, s), false
	}
	return j.drop() == nil
}

// write appends b whole or not at all.
func (j *Journal) write(b []byte) error {
	if j.torn {
		if err := j.out.Truncate(j.segs[len(j.segs)-1].size); err != nil {
			return err
		}
		j.torn = false
	}
	if j.segs[len(j.segs)-1].size >= segmentBytes {
		if err := j.roll(); err != nil {
			return err
		}
	}
	_, err := j.out.Write(b)
	if err == nil {
		err = j.out.Sync()
	}
	if err != nil { // disk full: take back what was written in part
		back := j.out.Truncate(j.segs[len(j.segs)-1].size)
		j.torn = back != nil
		return errors.Join(err, back)
	}
	return nil
}

// trim drops segments that are acknowledged, and the oldest ones past the budget.
func (j *Journal) trim() error {
	for len(j.segs) > 1 {
		s := j.segs[0]
		if s.first+s.count > j.ack+1 && j.bytes() <= j.cfg.MaxBytes {
			return nil
		}
		if err := j.drop(); err != nil {
			return err
		}
	}
	return nil
}

// drop removes the oldest segment; what of it was not acknowledged is lost.
func (j *Journal) drop() error {
	s := j.segs[0]
	if err := os.Remove(j.path(s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	if end := s.first + s.count; end > j.ack+1 {
		j.lost += end - max(s.first, j.ack+1)
	}
	j.segs = j.segs[1:]
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
		for size, data, ok := next(b); ok && len(out) < max; size, data, ok = next(b) {
			if seq > j.ack {
				out = append(out, Record{seq, slices.Clone(data)})
			}
			b = b[size:]
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
	if seq = min(seq, j.end()-1); seq <= j.ack {
		return nil
	}
	j.ack = seq
	// Room first: on a full disk there is none for the number.
	if err := j.trim(); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(j.cfg.Dir, "acked"), []byte(strconv.FormatUint(seq, 10)), 0o600); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Last is the number of the newest record, or of the last one there ever was.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.end() - 1
}

// Pending counts records that were not acknowledged; lost those that were given up
// since Open: past the budget, on a full disk, in a damaged file.
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
