package gateway

import (
	"context"
	"errors"
	"sync"

	"otasuke/gateway/internal/capture"
)

// passer lets every packet pass.
type passer struct{}

func (passer) Packet(*capture.Packet) capture.Verdict { return capture.Verdict{} }
func (passer) Tick(int64)                             {}
func (passer) Rest()                                  {}

// NewPasser binds so many kernel queues in the network namespace of the calling thread. run
// lets their packets pass unseen until its context ends: what the way through a queue costs
// by itself, for the performance lab to compare with.
func NewPasser(queues int) (run func(context.Context) error, err error) {
	all, err := openQueues(Config{Queues: queues})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		errs := make([]error, len(all))
		var wg sync.WaitGroup
		for i, q := range all {
			wg.Go(func() {
				errs[i] = errors.Join(q.Run(ctx, passer{}), q.Close())
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}, nil
}
