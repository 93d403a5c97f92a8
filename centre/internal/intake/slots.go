package intake

import (
	"context"
	"sync"
)

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

// take waits for the box's turn and then for a slot; done gives both back.
func (s *slots) take(ctx context.Context, box string) (done func(), err error) {
	own := s.enter(box)
	select {
	case own.free <- struct{}{}:
	case <-ctx.Done():
		s.leave(box)
		return nil, ctx.Err()
	}
	select {
	case s.all <- struct{}{}:
	case <-ctx.Done():
		<-own.free
		s.leave(box)
		return nil, ctx.Err()
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
