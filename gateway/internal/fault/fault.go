// Package fault keeps what made the inspection of a conversation fail, for the makers: the
// packet at hand as a capture file, and where the program was. It stays on the box.
//
// A [Store] takes faults from the packet path without making it wait, keeps one of each
// kind, and is bounded. The engine process makes it.
package fault

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/internal/atomicfile"
)

// Limits.
const (
	// maxKinds of faults are kept; a program with more of them is known to be broken.
	maxKinds = 16
	// waiting faults; further ones are only counted: they come from one cause.
	waiting = 8
	// maxStack bytes tell where the program was.
	maxStack = 16 << 10
)

// Fault is one failure.
type Fault struct {
	Time   int64  // microseconds since 1970
	Reason string // what the program says
	Flow   string // whose inspection ended; "" for a packet alone
	Stack  []byte
	Link   uint32 // type of the packet's first header, as in capture files
	Packet []byte
}

// Of describes a panic that was recovered on this goroutine, at a time in microseconds. The
// packet at hand is nil and the conversation "" where there are none.
func Of(reason any, now int64, p *capture.Packet, conversation string) Fault {
	f := Fault{Time: now, Reason: fmt.Sprint(reason), Flow: conversation, Stack: debug.Stack()}
	if p != nil {
		f.Link, f.Packet = p.Link, slices.Clone(p.Data)
	}
	return f
}

// Store keeps faults in a folder.
type Store struct {
	dir   string
	log   *slog.Logger
	queue chan Fault
	// Dropped counts faults that came while others were being written.
	Dropped atomic.Uint64
}

// New makes a store; the folder is made with the first fault.
func New(dir string, log *slog.Logger) *Store {
	return &Store{dir: dir, log: log, queue: make(chan Fault, waiting)}
}

// Take takes a fault and never waits. The fault is the store's then.
func (s *Store) Take(f Fault) {
	select {
	case s.queue <- f:
	default:
		s.Dropped.Add(1)
	}
}

// Run writes faults until ctx ends, and those that wait then.
func (s *Store) Run(ctx context.Context) {
	for {
		select {
		case f := <-s.queue:
			s.keep(&f)
		case <-ctx.Done():
			for len(s.queue) > 0 {
				f := <-s.queue
				s.keep(&f)
			}
			return
		}
	}
}

func (s *Store) keep(f *Fault) {
	name, err := s.write(f)
	switch {
	case err != nil:
		s.log.Error("a fault of this program cost a conversation its inspection, and cannot be kept", "fault", f.Reason, "err", err)
	case name == "":
		s.log.Error("a fault of this program cost a conversation its inspection, as before", "fault", f.Reason)
	default:
		s.log.Error("a fault of this program cost a conversation its inspection: please send the files to its makers, after a look at what the packet holds", "fault", f.Reason, "file", name)
	}
}

// write keeps a fault of a new kind and returns the name of its files, without ending.
func (s *Store) write(f *Fault) (name string, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", fmt.Errorf("fault: %w", err)
	}
	name = filepath.Join(s.dir, "fault-"+kind(f))
	if _, err := os.Stat(name + ".txt"); err == nil {
		return "", nil
	}
	if err := s.makeRoom(); err != nil {
		return "", err
	}
	text := fmt.Sprintf("time: %s\nfault: %s\nconversation: %s\n\n%s\n", time.UnixMicro(f.Time).UTC().Format(time.RFC3339Nano), f.Reason, f.Flow, f.Stack[:min(len(f.Stack), maxStack)])
	if err := atomicfile.Write(name+".pcap", captureFile(f), 0o600); err != nil {
		return "", fmt.Errorf("fault: %w", err)
	}
	if err := atomicfile.Write(name+".txt", []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("fault: %w", err)
	}
	return name, nil
}

// makeRoom removes the oldest of too many.
func (s *Store) makeRoom() error {
	names, err := filepath.Glob(filepath.Join(s.dir, "fault-*.txt"))
	if err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	age := func(name string) time.Time {
		info, err := os.Stat(name)
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	slices.SortFunc(names, func(a, b string) int { return age(a).Compare(age(b)) })
	for ; len(names) >= maxKinds; names = names[1:] {
		for _, name := range []string{names[0], strings.TrimSuffix(names[0], ".txt") + ".pcap"} {
			if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("fault: %w", err)
			}
		}
	}
	return nil
}

// kind names a fault by where the program was: the lines of the stack that name files,
// without addresses.
func kind(f *Fault) string {
	h := fnv.New64a()
	for line := range bytes.Lines(f.Stack) {
		if place, ok := bytes.CutPrefix(line, []byte("\t")); ok {
			place, _, _ = bytes.Cut(place, []byte(" +0x"))
			h.Write(place)
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
