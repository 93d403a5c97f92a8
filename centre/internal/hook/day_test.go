package hook_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"otasuke/centre/internal/hook"
	"otasuke/centre/internal/job"
)

// A chat program that is away for the day gets its messages in the evening, as is promised; after more than a day nobody tries.
func TestADeliveryIsTriedForADay(t *testing.T) {
	suite(t, true, func(o *office) {
		o.add(hook.Webhook)
		o.ear.mu.Lock()
		o.ear.status = 503
		o.ear.mu.Unlock()
		q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
		var last atomic.Int64
		q.Handle(hook.KindSend, func(ctx context.Context, tenantID string, raw json.RawMessage) error {
			last.Store(o.clock.Now().UnixMicro())
			return o.svc.Handle(ctx, tenantID, raw)
		})
		ctx, cancel := context.WithCancel(o.Context())
		done := make(chan error, 1)
		go func() { done <- q.Run(ctx) }()
		began := o.clock.Now()
		for step := time.Minute; o.clock.Now().Sub(began) < 40*time.Hour; o.clock.Advance(step) {
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				c, err := q.Counts(o.Context())
				must(o.T, err)
				if c.Running == 0 && c.Oldest.IsZero() && last.Load() > 0 {
					break
				}
				if time.Now().After(deadline) {
					o.Fatalf("jobs never ended: %+v", c)
				}
			}
			if o.clock.Now().Sub(began) > 2*time.Hour { // by then it is tried each hour
				step = time.Hour
			}
		}
		cancel()
		must(o.T, <-done)
		if tried := time.UnixMicro(last.Load()).Sub(began); tried < 23*time.Hour || tried > 30*time.Hour {
			o.Errorf("tried for %v", tried)
		}
	})
}
