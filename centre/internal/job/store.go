package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"otasuke/centre/internal/store"
)

// taken is a job that this process runs. attempt fences it: when the lease was
// lost and someone else began, the number is no longer ours.
type taken struct {
	id, tenant, kind  string
	args              json.RawMessage
	attempt, attempts int
}

// candidates is how many due jobs are looked at to choose the next: the first of
// that many tenants.
const candidates = 64

// maxServed bounds the memory of who was served when; forgetting costs one unfair turn.
const maxServed = 10_000

type due struct {
	id, tenant string
	mass       int // 1 for one of [Config.Mass]
	turn       int // 1 for the tenant's most urgent job
}

// claim takes up to n due jobs, and those whose lease ran out. The tenant that
// was served the longest time ago comes first.
func (q *Queue) claim(ctx context.Context, n int) (jobs []*taken, err error) {
	now := q.cfg.Clock.Now()
	next, err := q.due(ctx, now)
	if err != nil || len(next) == 0 {
		return nil, err
	}
	slices.SortStableFunc(next, func(a, b due) int {
		return cmp.Or(cmp.Compare(a.mass, b.mass), cmp.Compare(a.turn, b.turn), cmp.Compare(q.served[a.tenant], q.served[b.tenant]))
	})
	err = q.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		jobs = jobs[:0]
		for _, d := range next {
			if len(jobs) == n || d.mass > 0 && n-len(jobs) <= q.spare() {
				break
			}
			j, err := q.take(tx, d.id, now, now.Add(q.cfg.Lease))
			if errors.Is(err, store.ErrNotFound) { // another process was faster
				continue
			}
			if err == nil && j.attempt > j.attempts {
				if err = q.bury(tx, j); err == nil {
					continue
				}
			}
			if err != nil {
				return err
			}
			jobs = append(jobs, j)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(q.served) > maxServed {
		clear(q.served)
	}
	for _, j := range jobs {
		q.turns++
		q.served[j.tenant] = q.turns
	}
	return jobs, nil
}

func (q *Queue) due(ctx context.Context, now time.Time) (next []due, err error) {
	args, mass := []any{store.Micros(now), candidates}, "0"
	for _, kind := range q.cfg.Mass {
		args = append(args, kind)
		mass += fmt.Sprintf(" + CASE WHEN kind = $%d THEN 1 ELSE 0 END", len(args))
	}
	err = q.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		next, err = store.Collect[due](tx.Query(`SELECT id, owner, mass, row_number() OVER (PARTITION BY owner, mass ORDER BY run_at, id) AS turn FROM (
				SELECT id, owner, run_at, `+mass+` AS mass FROM job WHERE state IN ('waiting', 'running') AND run_at <= $1) AS due
			ORDER BY mass, turn, run_at, id LIMIT $2`, args...))(func(scan func(...any) error) (d due, err error) {
			err = scan(&d.id, &d.tenant, &d.mass, &d.turn)
			return d, err
		})
		return err
	})
	return next, err
}

// spare is how many workers are not for masses.
func (q *Queue) spare() int { return cap(q.slots) - q.cfg.Workers }

// take makes one due job ours until the given time. What another process is taking is not waited for.
func (q *Queue) take(tx *store.GlobalTx, id string, now, until time.Time) (*taken, error) {
	j := &taken{id: id}
	var args, locked string
	if q.cfg.Store.Engine() == store.Postgres {
		locked = " FOR UPDATE SKIP LOCKED"
	}
	err := tx.QueryRow(`UPDATE job SET state = 'running', run_at = $2, attempt = attempt + 1
		WHERE id = (SELECT id FROM job WHERE id = $1 AND state IN ('waiting', 'running') AND run_at <= $3`+locked+`)
		RETURNING owner, kind, args, attempt, attempts`,
		id, store.Micros(until), store.Micros(now)).Scan(&j.tenant, &j.kind, &args, &j.attempt, &j.attempts)
	j.args = json.RawMessage(args)
	return j, err
}

// bury sets aside a job whose every try ended with its process: it may be what
// ends them.
func (q *Queue) bury(tx *store.GlobalTx, j *taken) error {
	q.cfg.Log.Error("job ended its process at every try", "kind", j.kind, "job", j.id, "tenant", j.tenant, "attempts", j.attempts)
	_, err := tx.Exec(`UPDATE job SET state = 'failed', run_at = $2, last_error = 'process ended' WHERE id = $1`, j.id, store.Micros(q.cfg.Clock.Now()))
	return err
}

func (q *Queue) prolong(ctx context.Context, j *taken) error {
	return q.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		n, err := tx.Exec(`UPDATE job SET run_at = $3 WHERE id = $1 AND state = 'running' AND attempt = $2`,
			j.id, j.attempt, store.Micros(q.cfg.Clock.Now().Add(q.cfg.Lease)))
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
}

// finish records the end of a try: done jobs go, failed ones wait or stay for
// the operator to see.
func (q *Queue) finish(ctx context.Context, j *taken, failure error) error {
	if failure == nil {
		return q.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
			_, err := tx.Exec(`DELETE FROM job WHERE id = $1 AND state = 'running' AND attempt = $2`, j.id, j.attempt)
			return err
		})
	}
	if errors.Is(failure, ErrGiveUp) || j.attempt >= j.attempts {
		q.cfg.Log.Error("job failed for good", "kind", j.kind, "job", j.id, "tenant", j.tenant, "attempt", j.attempt, "err", failure)
		return q.end(ctx, j, ending{state: "failed", at: q.cfg.Clock.Now(), text: failure.Error()})
	}
	wait := backoff(j.attempt)
	q.cfg.Log.Warn("job failed", "kind", j.kind, "job", j.id, "tenant", j.tenant, "attempt", j.attempt, "again", wait, "err", failure)
	return q.end(ctx, j, ending{state: "waiting", at: q.cfg.Clock.Now().Add(wait), text: failure.Error()})
}

// release gives back a job that was cut off because the queue stops.
func (q *Queue) release(ctx context.Context, j *taken) error {
	return q.end(ctx, j, ending{state: "waiting", at: q.cfg.Clock.Now(), text: "interrupted", unspent: 1})
}

// ending is how a try ended without doing its job.
type ending struct {
	state   string
	at      time.Time // when it is due again
	text    string
	unspent int // 1 when the try does not count
}

func (q *Queue) end(ctx context.Context, j *taken, e ending) error {
	text := e.text
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return q.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		// When the same job was enqueued while this one ran, that one stands for both.
		n, err := tx.Exec(`DELETE FROM job WHERE id = $1 AND state = 'running' AND attempt = $2 AND dedupe <> '' AND EXISTS (
			SELECT 1 FROM job other WHERE other.owner = job.owner AND other.kind = job.kind
			AND other.dedupe = job.dedupe AND other.state = 'waiting')`, j.id, j.attempt)
		if err != nil || n > 0 {
			return err
		}
		_, err = tx.Exec(`UPDATE job SET state = $3, run_at = $4, last_error = $5, attempt = attempt - $6
			WHERE id = $1 AND state = 'running' AND attempt = $2`, j.id, j.attempt, e.state, store.Micros(e.at), text, e.unspent)
		return err
	})
}

// takeBack makes all running jobs due.
func (q *Queue) takeBack(ctx context.Context) error {
	return q.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		_, err := tx.Exec(`UPDATE job SET run_at = 0 WHERE state = 'running'`)
		return err
	})
}

// Counts says how many jobs stand where, for the operator's health page.
type Counts struct {
	Waiting, Running, Failed int
	// Oldest is the due time of the job that is waiting the longest past it; zero
	// when none is late.
	Oldest time.Time
}

// Counts looks at the whole queue.
func (q *Queue) Counts(ctx context.Context) (c Counts, err error) {
	err = q.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
		var oldest int64
		err := tx.QueryRow(`SELECT coalesce(sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0),
			coalesce(min(CASE WHEN state = 'waiting' AND run_at > 0 AND run_at <= $1 THEN run_at END), 0) FROM job`,
			store.Micros(q.cfg.Clock.Now())).Scan(&c.Waiting, &c.Running, &c.Failed, &oldest)
		c.Oldest = store.Time(oldest)
		return err
	})
	return c, err
}

// Forget takes away whatever waits, of everybody.
func Forget(tx *store.GlobalTx) error {
	_, err := tx.Exec(`DELETE FROM job WHERE state = 'waiting'`)
	return err
}
