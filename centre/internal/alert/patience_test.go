package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/wire"
)

// A mail server is away from Friday to Tuesday: what happened meanwhile is told then.
func TestPeopleAreToldAfterALongWeekend(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
		back := o.clock.Now().Add(4 * 24 * time.Hour)
		var tries, told atomic.Int32
		q.Handle(alert.KindNotify, func(_ context.Context, tenantID string, _ json.RawMessage) error {
			if tenantID != o.own {
				return nil
			}
			tries.Add(1)
			if o.clock.Now().Before(back) {
				return errors.New("the mail server is away")
			}
			told.Add(1)
			return nil
		})
		ctx, cancel := context.WithCancel(o.Context())
		done := make(chan error, 1)
		go func() { done <- q.Run(ctx) }()
		for o.clock.Now().Before(back.Add(3 * time.Hour)) {
			o.clock.Advance(time.Hour)
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				c, err := q.Counts(o.Context())
				must(o.T, err)
				if c.Running == 0 && c.Oldest.IsZero() {
					break
				}
				if time.Now().After(deadline) {
					o.Fatalf("jobs never ended: %+v", c)
				}
			}
		}
		cancel()
		must(o.T, <-done)
		if told.Load() != 1 {
			o.Errorf("told %d times after %d tries", told.Load(), tries.Load())
		}
	})
}
