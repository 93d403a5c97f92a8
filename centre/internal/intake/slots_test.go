package intake

import (
	"context"
	"errors"
	"testing"
)

// TestOneBoxCannotTakeAllSlots: what one box sends over many connections waits
// behind its own first batch.
func TestOneBoxCannotTakeAllSlots(t *testing.T) {
	t.Parallel()
	s := newSlots(2)
	first, err := s.take(t.Context(), "greedy")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 5 {
		if _, err := s.take(gone, "greedy"); !errors.Is(err, context.Canceled) {
			t.Errorf("a second batch of the same box: %v", err)
		}
	}
	other, err := s.take(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(gone, "third"); !errors.Is(err, context.Canceled) {
		t.Errorf("a third box of two slots: %v", err)
	}
	first()
	other()
	again, err := s.take(t.Context(), "greedy")
	if err != nil {
		t.Fatal(err)
	}
	again()
	if len(s.box) != 0 || len(s.all) != 0 {
		t.Errorf("left behind: %d boxes, %d slots", len(s.box), len(s.all))
	}
}
