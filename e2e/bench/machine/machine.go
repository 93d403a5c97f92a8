// Package machine tells on what a bench runs, and how much of the time its cores stand still
// by themselves.
//
// Only the bench calls it.
package machine

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Figures are the rows of [Gaps], with their units.
func Figures() [][2]string {
	return [][2]string{{"machine.gaps", "% of time"}, {"machine.gap.longest", "ms"}}
}

const (
	// watched is how long cores are watched: long enough for some hundred gaps where they
	// are many.
	watched = 3 * time.Second
	// gap is what counts as one: the shortest wait that a goal of the bench names.
	gap = 300 * time.Microsecond
	// busy and idle take turns, as work on a network does: a core that is never idle gets
	// time from its host in another way than one that often is.
	busy, idle = 5 * time.Millisecond, 5 * time.Millisecond
	// urgent is a priority before which nothing else runs on a core, so that a gap is the
	// machine's own.
	urgent = 50
)

// Gaps watches each core that this process may use, all at once, and reports the share of
// the time in which it ran nothing, and the longest of those gaps. It wants root.
func Gaps(add func(name string, value float64)) error {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	var mu sync.Mutex
	var lost, longest, total time.Duration
	var wg sync.WaitGroup
	for core, left := 0, all.Count(); left > 0; core++ {
		if !all.IsSet(core) {
			continue
		}
		left--
		wg.Go(func() {
			l, most, of := watch(core)
			mu.Lock()
			defer mu.Unlock()
			lost, longest, total = lost+l, max(longest, most), total+of
		})
	}
	wg.Wait()
	add("machine.gaps", 100*float64(lost)/float64(max(total, 1)))
	add("machine.gap.longest", float64(longest)/float64(time.Millisecond))
	return nil
}

// watch asks a core for the time again and again.
func watch(core int) (lost, longest, total time.Duration) {
	runtime.LockOSThread() // and never given back: the thread ends with its priority
	var one unix.CPUSet
	one.Set(core)
	_ = unix.SchedSetaffinity(0, &one)
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: urgent}, 0)
	began := time.Now()
	for time.Since(began) < watched {
		last := time.Now()
		for turn := last; last.Sub(turn) < busy; {
			now := time.Now()
			if g := now.Sub(last); g > gap {
				lost, longest = lost+g, max(longest, g)
			}
			last = now
		}
		total += busy
		time.Sleep(idle)
	}
	return lost, longest, total
}

// Load is that of the last minute.
func Load() string {
	first, _, _ := strings.Cut(FirstLine("/proc/loadavg"), " ")
	return first
}

// FirstLine of a file; "" when there is none.
func FirstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// Field of a file with lines of the form "name : value".
func Field(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
