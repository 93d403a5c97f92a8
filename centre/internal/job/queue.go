package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
)

// Defaults of [Config].
const (
	defaultWorkers = 4                      // handlers mostly wait for mail servers
	defaultPoll    = 200 * time.Millisecond // jobs of other processes, and those whose time comes
	defaultLease   = time.Minute            // how long a crashed process's jobs wait on PostgreSQL
)

// Back-off between tries: 1 s, 2 s, 4 s … up to an hour.
const (
	firstBackoff = time.Second
	maxBackoff   = time.Hour
)

// maxErrorText bounds what is kept of a failure.
const maxErrorText = 1000

// Handler does one job. ctx ends when the queue stops. An error means: again
// later; [ErrGiveUp] in its chain means: never again.
type Handler func(ctx context.Context, tenant string, args json.RawMessage) error

// Errors.
var (
	// ErrGiveUp is for handlers: trying again would not help.
	ErrGiveUp = errors.New("job: give up")

	errPanic     = errors.New("job: handler panicked")
	errNoHandler = errors.New("job: no handler for this kind")
	errLost      = errors.New("job: lease was lost")
)

// Config says how to work.
type Config struct {
	Store *store.Store
	// Clock decides what is due. Default: the machine's.
	Clock clock.Clock
	// Log gets failures. Default: discarded.
	Log *slog.Logger
	// Workers is how many jobs run at once. Default 4.
	Workers int
	// Mass are kinds of which there may be thousands at once, such as mails to everybody. All others go before them, and have one
	// worker more, for when the workers wait for a mail server.
	Mass []string
	// Poll is how often to look for due jobs. Default 200 ms.
	Poll time.Duration
	// Lease is how long a job stays taken without a sign of life. Default 1 min.
	Lease time.Duration
}

// Queue runs jobs.
type Queue struct {
	cfg      Config
	handlers map[string]Handler
	slots    chan struct{}
	group    sync.WaitGroup

	// Only Run's goroutine touches these: when each tenant was last served.
	served map[string]int64
	turns  int64
}

// New makes a queue. Register the handlers before Run.
func New(cfg Config) *Queue {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Workers == 0 {
		cfg.Workers = defaultWorkers
	}
	if cfg.Poll == 0 {
		cfg.Poll = defaultPoll
	}
	if cfg.Lease == 0 {
		cfg.Lease = defaultLease
	}
	slots := cfg.Workers
	if len(cfg.Mass) > 0 {
		slots++
	}
	return &Queue{cfg: cfg, handlers: map[string]Handler{}, served: map[string]int64{}, slots: make(chan struct{}, slots)}
}

// Handle makes fn the handler of kind. Not to be called after Run.
func (q *Queue) Handle(kind string, fn Handler) { q.handlers[kind] = fn }

// Run works until ctx ends, then waits for the handlers that are running.
// Errors of the database are logged and tried again: a queue does not stop
// because the database had a bad minute.
func (q *Queue) Run(ctx context.Context) error {
	defer q.group.Wait()
	if q.cfg.Store.Engine() == store.SQLite {
		// The file has one process, so whoever ran these is gone.
		if err := q.takeBack(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	tick := time.NewTicker(q.cfg.Poll)
	defer tick.Stop()
	for {
		woken := q.cfg.Store.Woken(topic)
		more, err := q.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			q.cfg.Log.Error("job queue cannot read the database", "err", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-woken:
		}
	}
}

// round starts as many due jobs as there are free slots and says whether it
// started any.
func (q *Queue) round(ctx context.Context) (bool, error) {
	free := cap(q.slots) - len(q.slots)
	if free == 0 {
		return false, nil
	}
	jobs, err := q.claim(ctx, free)
	for _, j := range jobs {
		q.slots <- struct{}{}
		q.group.Go(func() {
			defer func() {
				<-q.slots
				q.cfg.Store.WakeNow(topic)
			}()
			q.work(ctx, j)
		})
	}
	return len(jobs) > 0, err
}

// work runs one job under its lease and writes down how it ended.
func (q *Queue) work(ctx context.Context, j *taken) {
	lease, cancel := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		q.keep(lease, cancel, j)
	}()
	err := q.call(lease, j)
	cancel(nil)
	<-kept
	// The end must be written even when the queue is stopping.
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), q.cfg.Lease)
	defer stop()
	if ctx.Err() != nil && err != nil {
		err = q.release(end, j)
	} else {
		err = q.finish(end, j, err)
	}
	if err != nil {
		q.cfg.Log.Error("job's end not recorded: it will run again", "kind", j.kind, "job", j.id, "err", err)
	}
}

func (q *Queue) call(ctx context.Context, j *taken) (err error) {
	defer func() {
		if r := recover(); r != nil {
			q.cfg.Log.Error("job handler panicked", "kind", j.kind, "job", j.id, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	handler := q.handlers[j.kind]
	if handler == nil {
		return fmt.Errorf("%w: %s", errNoHandler, j.kind)
	}
	return handler(ctx, j.tenant, j.args)
}

// keep prolongs the lease until ctx ends; a handler whose lease is lost is told
// to stop, since another process runs the job by then.
func (q *Queue) keep(ctx context.Context, lost context.CancelCauseFunc, j *taken) {
	tick := time.NewTicker(q.cfg.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := q.prolong(ctx, j); errors.Is(err, errLost) {
				lost(err)
				return
			}
		}
	}
}

// backoff is the wait before the try after attempt.
func backoff(attempt int) time.Duration {
	if attempt > 12 { // 2^12 s is over an hour
		return maxBackoff
	}
	return min(firstBackoff<<(max(attempt, 1)-1), maxBackoff)
}
