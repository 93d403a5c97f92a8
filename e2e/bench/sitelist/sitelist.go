// Package sitelist measures lists of dangerous sites: how they load, what they weigh, how fast
// a name is looked up and a question answered, and the same list in the resolvers that
// offices use for it, in the same run.
//
// Only the bench calls it, and says how a box is started.
package sitelist

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/gateway"
)

const (
	// many names are more than all public lists have together; blocked are what the
	// figures of other resolvers were taken with.
	many, blocked = 5_000_000, 140_000
	// lookups are made of names that are spread over the whole list, so that the caches
	// of the processor do not have them.
	lookups = 1 << 22
)

// Figure is one that is published: docs/performance.md explains its name.
type Figure struct{ Name, Unit string }

// Figures in the order in which they are shown.
func Figures() []Figure {
	f := []Figure{{"sites.load", "s"}, {"sites.memory", "MiB"}, {"sites.lookup", "ns"}}
	for _, how := range []string{"dns.", "dns.apart."} {
		for _, p := range []string{"p50", "p99"} {
			f = append(f, Figure{"kernel." + how + p, "ms"}, Figure{"sites." + how + p, "ms"}, Figure{"sites." + how + "added." + p, "ms"})
		}
		f = append(f, Figure{"sites." + how + "unanswered", "of questions"})
	}
	for _, who := range []string{"sites", "sites.logged", "dnsmasq", "unbound"} {
		f = append(f, Figure{who + ".dns.blocked", "answers/s"}, Figure{who + ".dns.lost", "of questions"}, Figure{who + ".dns.memory", "MiB"})
	}
	return append(f, Figure{"sites.dns.rows", "rows/s"}, Figure{"sites.logged.dns.rows", "rows/s"})
}

// words that names are made of, as those that people register.
var words = [...]string{"mail", "login", "secure", "cloud", "update", "bank", "photo", "shop", "news", "file", "parcel"}

// name is the i-th of a list.
func name(b []byte, i int) []byte {
	return fmt.Appendf(b, "%s-%x.%s%d.example", words[i%len(words)], i, words[i/7%len(words)], i%997)
}

// write makes a list of n names in a form that fits the reader, line by line.
func write(path string, n int, form func(w *bufio.Writer, name []byte)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	var b []byte
	for i := range n {
		b = name(b[:0], i)
		form(w, b)
	}
	return errors.Join(w.Flush(), f.Close())
}

// plain is the form of the box.
func plain(w *bufio.Writer, name []byte) { _, _ = w.Write(append(name, '\n')) }

// Lists measures a list of five million names in this process.
func Lists(ctx context.Context, dir string, add func(name string, v float64)) error {
	path := filepath.Join(dir, "many.txt")
	if err := write(path, many, plain); err != nil {
		return err
	}
	defer os.Remove(path)
	before := heap()
	start := time.Now()
	l, err := gateway.ReadSites(path)
	if err != nil {
		return err
	}
	add("sites.load", time.Since(start).Seconds())
	if l.Len() != many {
		return fmt.Errorf("%d names of %d", l.Len(), many)
	}
	add("sites.memory", heap()-before)
	r := rand.New(rand.NewPCG(20261121, 5))
	const some = 1 << 16
	var asked [some][]byte
	for i := range asked {
		asked[i] = append([]byte("www."), name(nil, r.IntN(2*many))...) // every second is listed
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, found := ownTime(), 0
	for i := range lookups {
		if l.Has(asked[i%some]) {
			found++
		}
	}
	add("sites.lookup", float64((ownTime()-began).Nanoseconds())/lookups)
	if found < lookups*2/5 || found > lookups*3/5 {
		return fmt.Errorf("%d of %d names were found, expected were half", found, lookups)
	}
	return ctx.Err()
}

// ownTime is what the calling thread has used of a processor: who else wants it does not
// count.
func ownTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails for no clock that exists
	return time.Duration(t.Nano())
}

// heap in use, in MiB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
