package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/wire"
)

const (
	// Every is the least time between two tests: a test writes to the disk and waits for the engine, and one a minute
	// tells as much as ten.
	Every = time.Minute
	// engineWait is how long the engine may take to say that it inspects: it does each second.
	engineWait = 3 * time.Second
	// slow is when a disk is of no use any more: some hundred events can come in that time.
	slow = 2 * time.Second
	// sampleSize is what the disk must keep: a few batches of events.
	sampleSize = 64 << 10
	// sampleName is its file, gone after the test.
	sampleName = "selftest.sample"
)

var errSample = errors.New("selftest: the disk gives back something else")

// Config says what is tested.
type Config struct {
	Report func() wire.Health
	// Next is closed when the engine tells how it is the next time.
	Next    func() <-chan struct{}
	Bundles func() []wire.BundleState
	Dir     string // must keep files
}

// Tests tests the box when the centre asks for it, one at a time.
type Tests struct {
	cfg Config

	mu   sync.Mutex
	id   string // of the question that was answered last by a test
	at   time.Time
	last wire.TestAnswer
}

// New makes it.
func New(c Config) *Tests { return &Tests{cfg: c} }

// Alone is for a box without an engine that tells by itself how it is.
func (t *Tests) Alone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cfg.Next = nil
}

// Answer tests the box, or says when it may be asked again. A question that comes once more, because its answer got lost,
// has the same answer.
func (t *Tests) Answer(ctx context.Context, q *wire.Question) wire.Answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, now := wire.Answer{Version: wire.Version, ID: q.ID}, time.Now()
	if t.id != q.ID || t.at.IsZero() {
		if left := Every - now.Sub(t.at); !t.at.IsZero() && left > 0 {
			again := int((left + time.Second - 1) / time.Second)
			h := t.cfg.Report()
			a.Failed = fmt.Sprintf("selftest: the box was tested a moment ago, and is at most once in %v: ask again in %d s", Every, again)
			a.Test = &wire.TestAnswer{At: now.UTC(), Software: h.Software, Mode: h.Mode, Uptime: h.Uptime, Again: again}
			return a
		}
		t.id, t.at = q.ID, now
		t.last = t.run(ctx, now)
	}
	last := t.last
	a.Test = &last
	return a
}

// run tests.
func (t *Tests) run(ctx context.Context, began time.Time) wire.TestAnswer {
	told, waited := t.engine(ctx)
	took, disk := t.disk()
	h := t.cfg.Report()
	a := wire.TestAnswer{At: began.UTC(), Software: h.Software, Mode: h.Mode, Uptime: max(h.Uptime, 0)}
	add := func(name string, s wire.State, value int64) {
		if s != "" {
			a.Points = append(a.Points, wire.TestPoint{Name: name, State: s, Value: min(max(value, 0), wire.MaxTestValue)})
		}
	}
	works := told && h.Protecting
	add(wire.PointInspection, state(works), waited.Milliseconds())
	add(wire.PartTest, h.Parts[wire.PartTest], 0)
	rules := state(h.Rules > 0)
	if h.Rules == 0 && t.cfg.Next == nil {
		rules = wire.StateOff // another sensor's
	}
	add(wire.PointRules, rules, int64(h.Rules))
	add(wire.PointSites, h.Parts["sites"], int64(h.Sites))
	add(wire.PointVirus, h.Parts["virus"], 0)
	if !h.Signatures.IsZero() && h.Parts["virus"] == wire.StateOK {
		age := began.Sub(h.Signatures)
		add(wire.PointSignatures, state(age <= wire.SignaturesOld), int64(age/(24*time.Hour)))
	}
	add(wire.PartRouter, h.Parts[wire.PartRouter], 0)
	add(wire.PartOffice, h.Parts[wire.PartOffice], 0)
	add(wire.PartClock, h.Parts[wire.PartClock], 0)
	add(wire.PointDisk, state(disk == nil && took <= slow), took.Milliseconds())
	add(wire.PointJournal, h.Parts["journal"], int64(h.Pending))
	add(wire.PointUpdates, t.updates(), t.active())
	a.Took = int(time.Since(began).Milliseconds())
	return a
}

// engine waits until the engine says how it is.
func (t *Tests) engine(ctx context.Context) (told bool, waited time.Duration) {
	if t.cfg.Next == nil {
		return true, 0
	}
	began, limit := time.Now(), time.NewTimer(engineWait)
	defer limit.Stop()
	select {
	case <-t.cfg.Next():
		told = true
	case <-limit.C:
	case <-ctx.Done():
	}
	return told, time.Since(began)
}

// disk tells whether a file that is written is on the disk and is what was written.
func (t *Tests) disk() (took time.Duration, err error) {
	began := time.Now()
	defer func() { took = time.Since(began) }()
	want := bytes.Repeat([]byte(began.String()), 1+sampleSize/len(began.String()))[:sampleSize]
	path := filepath.Join(t.cfg.Dir, sampleName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("selftest: %w", err)
	}
	defer os.Remove(path)
	_, err = f.Write(want)
	err = errors.Join(err, f.Sync())
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) // else memory answers for the disk
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("selftest: %w", err)
	}
	got, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(got, want) {
		err = errSample
	}
	return 0, err
}

// updates tells whether something that the centre wanted here could not be used.
func (t *Tests) updates() wire.State {
	all := t.cfg.Bundles()
	if len(all) == 0 {
		return wire.StateOff
	}
	for i := range all {
		if s := all[i].State; s == wire.BundleReturned || s == wire.BundleRefused {
			return wire.StateDown
		}
	}
	return wire.StateOK
}

// active counts the kinds of bundles in use.
func (t *Tests) active() (n int64) {
	for _, b := range t.cfg.Bundles() {
		if b.Active > 0 {
			n++
		}
	}
	return n
}

func state(ok bool) wire.State {
	if ok {
		return wire.StateOK
	}
	return wire.StateDown
}
