package intake

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Who would wait for so long that nobody waits for the answer any more is sent away at once.
func TestABusyCentreSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		done, err := s.take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := s.take(t.Context(), "two"); !errors.Is(err, errBusy) || time.Since(began) != slotWait {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		done()
		if again, err := s.take(t.Context(), "two"); err != nil {
			t.Error(err)
		} else {
			again()
		}
		if len(s.box) != 0 || len(s.all) != 0 {
			t.Errorf("left behind: %d boxes, %d slots", len(s.box), len(s.all))
		}
	})
}

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
