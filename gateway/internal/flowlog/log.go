package flowlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"otasuke/gateway/internal/journal"
	"otasuke/gateway/internal/traffic"
)

const (
	// segmentRows fill a segment: an hour or two of an office of 100 PCs, 30 MiB of memory.
	segmentRows = 1 << 17
	// sealEvery is how long rows wait at most for a segment of their own. They are safe and
	// found before, too: it bounds what is read at a start.
	sealEvery = 4 * time.Hour
	// maxRows wait at most while no segment can be written; what comes then is lost.
	maxRows = 3 * segmentRows
	// journalBytes hold twice as many rows of the longest usual size.
	journalBytes = 256 << 20
	// DefaultBytes and DefaultAge are the budget when nothing is said: 90 days of a million
	// flows take 2 GiB.
	DefaultBytes = 6 << 30
	DefaultAge   = 90 * 24 * time.Hour
)

// Config of a log.
type Config struct {
	Dir string // made if missing
	// MaxBytes and MaxAge bound what is kept; the defaults when 0.
	MaxBytes int64
	MaxAge   time.Duration
	Log      *slog.Logger // nil for none
}

// Log is safe for concurrent use.
type Log struct {
	cfg     Config
	journal *journal.Journal
	sealing sync.Mutex // held by who writes a segment

	mu     sync.Mutex
	rows   []traffic.Flow // that no segment has, by arrival
	since  time.Time      // of the first of them
	seq    uint64         // of the newest journal record
	segs   []segment      // by time
	lost   uint64
	failed bool // a segment could not be written; said once
}

// Open reads what is there.
func Open(cfg Config) (*Log, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultBytes
	}
	if cfg.MaxAge == 0 {
		cfg.MaxAge = DefaultAge
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("flowlog: %w", err)
	}
	l := &Log{cfg: cfg}
	names, err := filepath.Glob(filepath.Join(cfg.Dir, "*"+ext))
	if err != nil {
		return nil, fmt.Errorf("flowlog: %w", err)
	}
	for _, name := range names {
		s, ok := segmentOf(name)
		info, err := os.Stat(name)
		if !ok || err != nil {
			continue
		}
		s.size = info.Size()
		l.segs = append(l.segs, s)
		l.seq = max(l.seq, s.seq)
	}
	l.sort()
	if l.journal, err = journal.Open(journal.Config{Dir: filepath.Join(cfg.Dir, "new"), MaxBytes: journalBytes, Safe: l.seq}); err != nil {
		return nil, err
	}
	if err := l.replay(); err != nil {
		return nil, errors.Join(err, l.journal.Close())
	}
	return l, nil
}

func (l *Log) sort() {
	slices.SortFunc(l.segs, func(a, b segment) int { return int(a.to - b.to) })
}

// replay takes the rows that no segment has from the journal.
func (l *Log) replay() error {
	records, err := l.journal.Read(math.MaxInt)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Data != nil {
			l.take(r.Data)
		}
	}
	l.seq = l.journal.Last()
	return nil
}

// take adds rows to those in memory.
func (l *Log) take(batch []byte) {
	if len(l.rows) == 0 {
		l.since = time.Now()
	}
	if err := traffic.Rows(batch, func(f *traffic.Flow) {
		if len(l.rows) >= maxRows {
			l.lost++
			return
		}
		l.rows = append(l.rows, *f)
	}); err != nil {
		l.cfg.Log.Error("rows of the traffic log are lost", "err", err)
	}
}

// Append keeps batches of rows; they are on the disk when it returns.
func (l *Log) Append(batches ...[]byte) error {
	if len(batches) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.journal.Append(batches...); err != nil {
		return err
	}
	l.seq = l.journal.Last()
	for _, b := range batches {
		l.take(b)
	}
	return nil
}

// Keep writes segments when it is time, and removes what is too old or too much, until ctx
// ends. What has no segment then is in the journal.
func (l *Log) Keep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			l.mu.Lock()
			old := len(l.rows) > 0 && now.Sub(l.since) >= sealEvery
			l.mu.Unlock()
			if old {
				l.told(l.Seal())
			} else {
				l.told(l.SealFull())
			}
			l.trim(now)
		}
	}
}

// told says that segments cannot be written, once until they can.
func (l *Log) told(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && !l.failed {
		l.cfg.Log.Error("the traffic log cannot be written: it is kept in memory as far as there is room", "err", err)
	}
	l.failed = err != nil
}

// SealFull makes a segment when there are rows enough for one.
func (l *Log) SealFull() error {
	l.mu.Lock()
	full := len(l.rows) >= segmentRows
	l.mu.Unlock()
	if !full {
		return nil
	}
	return l.Seal()
}

// Seal makes a segment of the rows in memory.
func (l *Log) Seal() error {
	l.sealing.Lock()
	defer l.sealing.Unlock()
	l.mu.Lock()
	seq, n := l.seq, len(l.rows)
	rows := slices.Clone(l.rows)
	l.mu.Unlock()
	if n == 0 {
		return nil
	}
	s, err := writeSegment(l.cfg.Dir, rows, seq)
	for errors.Is(err, syscall.ENOSPC) && l.removeOldest() {
		s, err = writeSegment(l.cfg.Dir, rows, seq)
	}
	if err != nil {
		return fmt.Errorf("flowlog: %w", err)
	}
	l.mu.Lock()
	l.rows = slices.Delete(l.rows, 0, n)
	l.since = time.Now()
	l.segs = append(l.segs, s)
	l.sort()
	l.mu.Unlock()
	return l.journal.Ack(seq)
}

// removeOldest gives up the oldest segment; false when there is none.
func (l *Log) removeOldest() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segs) == 0 {
		return false
	}
	if err := os.Remove(l.segs[0].path); err != nil {
		l.cfg.Log.Error("the traffic log cannot be shortened", "err", err)
		return false
	}
	l.segs = l.segs[1:]
	return true
}

// trim removes what is over the budget.
func (l *Log) trim(now time.Time) {
	for {
		l.mu.Lock()
		size, old := int64(0), false
		for i := range l.segs {
			size += l.segs[i].size
		}
		if len(l.segs) > 0 {
			old = now.Unix()-l.segs[0].to > int64(l.cfg.MaxAge/time.Second)
		}
		l.mu.Unlock()
		if size <= l.cfg.MaxBytes && !old || !l.removeOldest() {
			return
		}
	}
}

// Each calls each with the flows that match, the newest segments first, within one in no
// order, until it returns false. Its argument is good until the next call, and has what want
// names; that of a flow which has no segment yet has everything. A segment that cannot be
// read is left out and told of by the error.
func (l *Log) Each(ctx context.Context, q *Query, want Columns, each func(*traffic.Flow) bool) (err error) {
	l.mu.Lock()
	rows, segs := slices.Clone(l.rows), slices.Clone(l.segs)
	l.mu.Unlock()
	tests := q.tests()
	for i := len(rows) - 1; i >= 0; i-- {
		if q.matches(tests, &rows[i]) && !each(&rows[i]) {
			return nil
		}
	}
	more := true
	for i := len(segs) - 1; i >= 0 && more; i-- {
		s := &segs[i]
		if s.to*second < q.From || q.To != 0 && s.from*second >= q.To {
			continue
		}
		e := s.scan(ctx, q, want, func(f *traffic.Flow) bool {
			more = each(f)
			return more
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(e, os.ErrNotExist) { // it was removed meanwhile
			err = errors.Join(err, e)
		}
	}
	return err
}

// Stats are figures of the log.
type Stats struct {
	// Oldest is when the first flow began, zero for an empty log.
	Oldest time.Time
	// Bytes on disk without the journal, Segments their number, Waiting rows without one, and
	// Lost rows for which there was no room.
	Bytes    int64
	Segments int
	Waiting  int
	Lost     uint64
}

// Stats counts.
func (l *Log) Stats() (s Stats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s = Stats{Segments: len(l.segs), Waiting: len(l.rows), Lost: l.lost}
	oldest := int64(0)
	for i := range l.segs {
		s.Bytes += l.segs[i].size
		if oldest == 0 || l.segs[i].from*second < oldest {
			oldest = l.segs[i].from * second
		}
	}
	for i := range l.rows {
		if oldest == 0 || l.rows[i].Start < oldest {
			oldest = l.rows[i].Start
		}
	}
	if oldest != 0 {
		s.Oldest = time.UnixMicro(oldest).UTC()
	}
	return s
}

// Close leaves everything on the disk.
func (l *Log) Close() error {
	l.sealing.Lock()
	defer l.sealing.Unlock()
	return l.journal.Close()
}
