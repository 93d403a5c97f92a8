package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
)

// TestFailureTextOfAnyBytes: a mail server answers in any encoding, and a text is
// cut in the middle of a character.
func TestFailureTextOfAnyBytes(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{})
		for _, text := range []string{"550 \x83\x81\x00", strings.Repeat("x", 999) + "猫"} {
			q.Handle("kind"+text[:1], func(context.Context, string, json.RawMessage) error {
				return errors.Join(job.ErrGiveUp, errors.New(text))
			})
			b.enqueue("a", job.Job{Kind: "kind" + text[:1]})
		}
		b.run(q)
		b.until("both failures are recorded", func() bool { return b.count(q).Failed == 2 })
	})
}

// TestStopDoesNotSpendATry: a restart of the centre is not the job's fault.
func TestStopDoesNotSpendATry(t *testing.T) {
	suite(t, func(b *bench) {
		b.enqueue("a", job.Job{Kind: "once", Attempts: 1})
		for range 3 {
			q := b.queue(job.Config{})
			begun := make(chan struct{})
			q.Handle("once", func(ctx context.Context, _ string, _ json.RawMessage) error {
				close(begun)
				<-ctx.Done()
				return ctx.Err()
			})
			b.run(q)
			<-begun
			b.stop()
		}
		q := b.queue(job.Config{})
		q.Handle("once", b.noteHandler)
		b.run(q)
		b.until("it ran at last", func() bool { return len(b.ran()) == 1 })
	})
}

// TestJobThatKillsItsProcess is not tried for ever: nobody is left to count the
// failure, so the next process does.
func TestJobThatKillsItsProcess(t *testing.T) {
	suite(t, func(b *bench) {
		b.enqueue("a", job.Job{Kind: "note", Attempts: 2, Args: "poison"}, job.Job{Kind: "note", RunAt: start.Add(time.Hour), Args: "later"})
		for range 2 { // two processes took it and died
			must(b.T, b.s.Global(b.Context(), func(tx *store.GlobalTx) error {
				_, err := tx.Exec(`UPDATE job SET state = 'running', run_at = 1, attempt = attempt + 1 WHERE args = $1`, `"poison"`)
				return err
			}))
		}
		q := b.queue(job.Config{})
		q.Handle("note", b.noteHandler)
		b.run(q)
		b.clock.Advance(2 * time.Hour)
		b.until("the poison is set aside", func() bool { c := b.count(q); return c.Failed == 1 && c.Waiting+c.Running == 0 })
		if ran := strings.Join(b.ran(), " "); strings.Contains(ran, "poison") {
			b.Errorf("ran %s", ran)
		}
	})
}
