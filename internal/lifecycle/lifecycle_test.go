package lifecycle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, s)
}

func (d *diary) part(name string) Part {
	return Part{
		Name:  name,
		Start: func(context.Context) error { d.add("start " + name); return nil },
		Run:   func(ctx context.Context) error { <-ctx.Done(); d.add("end " + name); return ctx.Err() },
		Stop:  func() error { d.add("stop " + name); return nil },
	}
}

var full = []string{"start store", "start jobs", "start pages",
	"end pages", "stop pages", "end jobs", "stop jobs", "end store", "stop store"}

func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		err := Run(ctx, Config{Parts: []Part{d.part("store"), d.part("jobs"), d.part("pages")}})
		if err != nil {
			t.Errorf("a clean stop gave %v", err)
		}
		if diff := cmp.Diff(full, d.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFailureStopsAllAndIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		broken := errors.New("disk is full")
		jobs := d.part("jobs")
		jobs.Run = func(context.Context) error { time.Sleep(time.Second); return broken }
		err := Run(t.Context(), Config{Parts: []Part{d.part("store"), jobs, d.part("pages")}})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "jobs") {
			t.Errorf("error %v does not say what failed", err)
		}
		want := []string{"start store", "start jobs", "start pages", "end pages", "stop pages", "stop jobs", "end store", "stop store"}
		if diff := cmp.Diff(want, d.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFailedStartStopsEarlierParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		taken := errors.New("port is taken")
		pages := d.part("pages")
		pages.Start = func(context.Context) error { return taken }
		err := Run(t.Context(), Config{Parts: []Part{d.part("store"), pages, d.part("never")}})
		if !errors.Is(err, taken) {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff([]string{"start store", "end store", "stop store"}, d.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEndingByItselfIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		err := Run(t.Context(), Config{Parts: []Part{{Name: "quitter", Run: func(context.Context) error { return nil }}}})
		if !errors.Is(err, ErrEnded) {
			t.Errorf("got %v, want ErrEnded", err)
		}
	})
}

func TestStuckPartDoesNotHoldTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		release := make(chan struct{})
		defer close(release)
		stuck := Part{Name: "stuck", Run: func(context.Context) error { <-release; return nil }}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := Run(ctx, Config{Parts: []Part{d.part("store"), stuck}})
		if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("got %v, want ErrStuck", err)
		}
		if last := d.lines[len(d.lines)-1]; last != "stop store" {
			t.Errorf("the store was not stopped: %v", d.lines)
		}
	})
}

// TestParentsCauseIsNotAFailure: signal.NotifyContext ends a context with a cause of
// its own, and that is a clean stop.
func TestParentsCauseIsNotAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errors.New("interrupt signal received")) })
		if err := Run(ctx, Config{Parts: []Part{d.part("store")}}); err != nil {
			t.Errorf("a clean stop gave %v", err)
		}
	})
}
