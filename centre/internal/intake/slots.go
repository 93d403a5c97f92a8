package intake

import (
	"context"
	"errors"
	"sync"
	"time"
)

// slotWait is how long a batch may wait for a slot. A box gives up after half a minute: what would begin at the end of that is
// work for nothing, and with ten thousand boxes that come back at once nothing else would be done.
const slotWait = 5 * time.Second

var errBusy = errors.New("intake: too much is in work")

// slots bounds how many batches are in work, and lets each box have only one of
// them: a box that sends slowly over many connections keeps nobody else waiting.
type slots struct {
	all chan struct{}
	mu  sync.Mutex
	box map[string]*boxSlot
}

type boxSlot struct {
	free  chan struct{} // holds one while the slot is taken
	users int           // who have it or wait for it
}

func newSlots(n int) *slots {
	return &slots{all: make(chan struct{}, n), box: map[string]*boxSlot{}}
}

// take waits for the box's turn and then, not for long, for a slot; done gives both back. Without one it is errBusy.
func (s *slots) take(ctx context.Context, box string) (done func(), err error) {
	own := s.enter(box)
	select {
	case own.free <- struct{}{}:
	case <-ctx.Done():
		s.leave(box)
		return nil, ctx.Err()
	}
	wait := time.NewTimer(slotWait)
	defer wait.Stop()
	select {
	case s.all <- struct{}{}:
		err = nil
	case <-wait.C:
		err = errBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		<-own.free
		s.leave(box)
		return nil, err
	}
	return func() {
		<-s.all
		<-own.free
		s.leave(box)
	}, nil
}

func (s *slots) enter(box string) *boxSlot {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.box[box]
	if own == nil {
		own = &boxSlot{free: make(chan struct{}, 1)}
		s.box[box] = own
	}
	own.users++
	return own
}

func (s *slots) leave(box string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own := s.box[box]; own.users > 1 {
		own.users--
	} else {
		delete(s.box, box)
	}
}
