package job

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

//go:embed migrate
var migrations embed.FS

// Schema is the queue's table.
func Schema() store.Schema { return store.Sub("job", migrations) }

// DefaultAttempts is how often a job is tried: with the back-off of [Queue] the
// last try is about 30 hours after the first, longer than a night's outage.
const DefaultAttempts = 40

// topic wakes the queue of this process after a commit.
const topic = "job"

// errArgs: the arguments cannot be written as JSON.
var errArgs = errors.New("job: bad arguments")

// Job is work for one tenant.
type Job struct {
	// Kind chooses the handler: "notify".
	Kind string
	// Args is kept as JSON and given to the handler. Keep it to ids.
	Args any
	// RunAt is the earliest time to run; zero is at once.
	RunAt time.Time
	// Unique, when not "", allows only one waiting job of this tenant and kind
	// with the same value. A second Enqueue changes nothing, except that the
	// earlier of the two times counts.
	Unique string
	// Attempts is how often to try; zero is [DefaultAttempts].
	Attempts int
}

// Enqueue adds a job for the transaction's tenant. It will run if and only if
// the transaction commits.
func Enqueue(tx *store.Tx, j Job) error {
	args, err := json.Marshal(j.Args)
	if err != nil {
		return fmt.Errorf("%w: %w", errArgs, err)
	}
	if j.Attempts == 0 {
		j.Attempts = DefaultAttempts
	}
	_, err = tx.Exec(`INSERT INTO job (id, owner, kind, args, dedupe, state, run_at, attempt, attempts, last_error)
		VALUES ($2, $1, $3, $4, $5, 'waiting', $6, 0, $7, '')
		ON CONFLICT (owner, kind, dedupe) WHERE state = 'waiting' AND dedupe <> ''
		DO UPDATE SET run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END`,
		rand.Text(), j.Kind, string(args), j.Unique, store.Micros(j.RunAt), j.Attempts)
	if err != nil {
		return err
	}
	tx.Wake(topic)
	return nil
}
