package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/internal/clock"
)

var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bench is a queue that runs in a test.
type bench struct {
	*testing.T
	s     *store.Store
	clock *clock.Fake
	stop  func()
	mu    sync.Mutex
	log   []string // what ran
}

func suite(t *testing.T, fn func(b *bench)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		fn(&bench{T: t, s: s, clock: clock.NewFake(start)})
	}, job.Schema())
}

func (b *bench) queue(cfg job.Config) *job.Queue {
	cfg.Store, cfg.Clock, cfg.Poll = b.s, b.clock, 5*time.Millisecond
	return job.New(cfg)
}

// run starts q; b.stop stops it and waits.
func (b *bench) run(q *job.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(b.stop)
}

func (b *bench) enqueue(tenant string, jobs ...job.Job) {
	b.Helper()
	must(b.T, b.s.Write(b.Context(), tenant, func(tx *store.Tx) error {
		for _, j := range jobs {
			if err := job.Enqueue(tx, j); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (b *bench) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, s)
}

func (b *bench) ran() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.log)
}

// until waits for a condition with a deadline.
func (b *bench) until(what string, ok func() bool) {
	b.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			b.Fatalf("never came: %s; ran %v", what, b.ran())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (b *bench) count(q *job.Queue) job.Counts {
	b.Helper()
	c, err := q.Counts(b.Context())
	must(b.T, err)
	return c
}

func (b *bench) idle(q *job.Queue) {
	b.Helper()
	b.until("empty queue", func() bool { return b.count(q) == job.Counts{} })
}

func (b *bench) noteHandler(_ context.Context, tenant string, args json.RawMessage) error {
	b.note(tenant + string(args))
	return nil
}

func TestRunsWithItsTenantAndArgs(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		q.Handle("mail", b.noteHandler)
		b.run(q)
		b.enqueue("acme", job.Job{Kind: "mail", Args: map[string]string{"alert": "1-2"}})
		b.idle(q)
		if got := b.ran(); !slices.Equal(got, []string{`acme{"alert":"1-2"}`}) {
			b.Errorf("ran %v", got)
		}
	})
}

func TestUndoneTransactionLeavesNoJob(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		_ = b.s.Write(b.Context(), "acme", func(tx *store.Tx) error {
			must(b.T, job.Enqueue(tx, job.Job{Kind: "mail"}))
			return errors.New("undo")
		})
		if c := b.count(q); c != (job.Counts{}) {
			b.Errorf("left behind: %+v", c)
		}
	})
}

func TestWaitsForItsTime(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		q.Handle("mail", b.noteHandler)
		b.run(q)
		b.enqueue("acme", job.Job{Kind: "mail", Args: "later", RunAt: start.Add(time.Hour)}, job.Job{Kind: "mail", Args: "now"})
		b.until("first job", func() bool { return b.count(q) == job.Counts{Waiting: 1} })
		b.clock.Advance(time.Hour)
		b.idle(q)
		if got := b.ran(); !slices.Equal(got, []string{`acme"now"`, `acme"later"`}) {
			b.Errorf("ran %v", got)
		}
	})
}

func TestUniqueTakesTheEarlierTime(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		one := func(args string, in time.Duration) job.Job {
			return job.Job{Kind: "mail", Unique: "1-2", Args: args, RunAt: start.Add(in)}
		}
		b.enqueue("acme", one("a", time.Hour), one("b", time.Minute), one("c", 2*time.Hour))
		b.enqueue("decoy", one("other", 3*time.Hour))
		if c := b.count(q); c.Waiting != 2 {
			b.Errorf("%d waiting, want one for each tenant", c.Waiting)
		}
		q.Handle("mail", b.noteHandler)
		b.run(q)
		b.clock.Advance(time.Minute)
		b.until("the earlier time", func() bool { return len(b.ran()) == 1 })
		if got := b.ran()[0]; got != `acme"a"` {
			b.Errorf("ran %s", got)
		}
	})
}

func TestFailureIsTriedAgainWithBackoff(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		q.Handle("mail", func(context.Context, string, json.RawMessage) error {
			b.note("try")
			if len(b.ran()) == 2 {
				panic("bug in a handler")
			}
			if len(b.ran()) < 3 {
				return errors.New("mail server away")
			}
			return nil
		})
		b.run(q)
		b.enqueue("acme", job.Job{Kind: "mail"})
		for i, wait := range []time.Duration{time.Second, 2 * time.Second} {
			b.until("failed try", func() bool { return len(b.ran()) == i+1 && b.count(q).Waiting == 1 })
			b.clock.Advance(wait - time.Millisecond)
			if c := b.count(q); c.Waiting != 1 || !c.Oldest.IsZero() {
				b.Errorf("due before its back-off was over: %+v", c)
			}
			b.clock.Advance(time.Millisecond)
		}
		b.idle(q)
		if got := len(b.ran()); got != 3 {
			b.Errorf("%d tries, want 3", got)
		}
	})
}

func TestGivesUp(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		q.Handle("hopeless", func(context.Context, string, json.RawMessage) error {
			b.note("x")
			return fmt.Errorf("no such alert: %w", job.ErrGiveUp)
		})
		b.run(q)
		b.enqueue("acme", job.Job{Kind: "hopeless"}, job.Job{Kind: "nobody handles this", Attempts: 1})
		b.until("both failed", func() bool { return b.count(q).Failed == 2 })
		if got := len(b.ran()); got != 1 {
			b.Errorf("%d tries, want 1", got)
		}
	})
}

// TestCrash: the process dies in a job; the next one runs it again.
func TestCrash(t *testing.T) {
	suite(t, func(b *bench) {
		dead := b.queue(job.Config{Workers: 1}) // has no hand free to run it again itself
		begun, release := make(chan struct{}), make(chan struct{})
		dead.Handle("mail", func(context.Context, string, json.RawMessage) error {
			close(begun)
			<-release // and never comes back while the next process lives
			return nil
		})
		b.enqueue("acme", job.Job{Kind: "mail"})
		b.run(dead)
		<-begun
		killed := b.stop
		defer func() { close(release); killed() }()

		next := b.queue(job.Config{})
		next.Handle("mail", b.noteHandler)
		if b.s.Engine() == store.Postgres {
			b.clock.Advance(2 * time.Minute) // the lease runs out
		}
		b.run(next)
		b.until("second run", func() bool { return len(b.ran()) == 1 })
		b.idle(next)
		b.stop()
	})
}

func TestStopGivesTheJobBack(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		begun := make(chan struct{})
		q.Handle("mail", func(ctx context.Context, _ string, _ json.RawMessage) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		})
		b.enqueue("acme", job.Job{Kind: "mail"})
		b.run(q)
		<-begun
		b.stop()
		if c := b.count(q); c.Waiting != 1 || c.Running != 0 {
			b.Errorf("after a stop: %+v, want the job waiting", c)
		}
	})
}

func TestBusyTenantDoesNotCrowdOutOthers(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{Workers: 1})
		q.Handle("mail", b.noteHandler)
		for i := range 30 {
			b.enqueue("busy", job.Job{Kind: "mail", Args: i})
		}
		b.enqueue("small", job.Job{Kind: "mail", Args: "one", RunAt: start})
		b.run(q)
		b.idle(q)
		if at := slices.Index(b.ran(), `small"one"`); at > 2 {
			b.Errorf("the small tenant's job was number %d", at)
		}
	})
}

// TestTwoProcessesShareWithoutDoubling: two queues on one database, each job once. A
// SQLite file has one process by design: whoever starts takes over what was running.
func TestTwoProcessesShareWithoutDoubling(t *testing.T) {
	suite(t, func(b *bench) {
		queues := make([]*job.Queue, 2)
		if b.s.Engine() == store.SQLite {
			queues = queues[:1]
		}
		for i := range queues {
			queues[i] = b.queue(job.Config{})
			queues[i].Handle("mail", b.noteHandler)
			b.run(queues[i])
		}
		const jobs = 60
		var group sync.WaitGroup
		for w := range 4 {
			group.Go(func() {
				for i := range jobs / 4 {
					err := b.s.Write(b.Context(), fmt.Sprint("t", i%5), func(tx *store.Tx) error {
						return job.Enqueue(tx, job.Job{Kind: "mail", Args: w*100 + i})
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
		b.idle(queues[0])
		got := b.ran()
		slices.Sort(got)
		if len(got) != jobs || len(slices.Compact(got)) != jobs {
			b.Errorf("%d runs of %d different jobs, want %d of each", len(b.ran()), len(slices.Compact(got)), jobs)
		}
	})
}
