package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"otasuke/centre/internal/job"
)

// An alert comes while a piece of news goes to everybody: it does not wait for the end of that, nor for a mail server that has all
// other workers waiting.
func TestMassesGiveWay(t *testing.T) {
	suite(t, func(b *bench) {
		q := b.queue(job.Config{Workers: 2, Mass: []string{"news"}})
		slow := make(chan struct{})
		q.Handle("news", func(ctx context.Context, tenant string, args json.RawMessage) error {
			b.note("news")
			<-slow
			return nil
		})
		q.Handle("alert", b.noteHandler)
		for i := range 33 { // more than are looked at for the next
			b.enqueue(fmt.Sprint("c", i), job.Job{Kind: "news"}, job.Job{Kind: "news"})
		}
		b.run(q)
		b.until("the workers are busy", func() bool { return len(b.ran()) == 2 })
		b.enqueue("c0", job.Job{Kind: "alert", Args: 3, RunAt: start.Add(time.Second)})
		b.clock.Advance(2 * time.Second)
		b.until("the alert is told", func() bool { return slices.Contains(b.ran(), "c03") })
		if n := len(b.ran()); n != 3 {
			b.Errorf("%d jobs ran", n)
		}
		b.enqueue("c1", job.Job{Kind: "alert", Args: 4, RunAt: start.Add(time.Second)})
		close(slow)
		b.until("the second alert is told", func() bool { return slices.Contains(b.ran(), "c14") })
		if at := slices.Index(b.ran(), "c14"); at > 6 {
			b.Errorf("the second alert was number %d", at)
		}
	})
}
