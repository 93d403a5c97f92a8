package store_test

import (
	"slices"
	"testing"

	"otasuke/centre/internal/store"
)

// Whatever the number of rows, all come once and in order, in statements of a few lengths.
func TestSeveral(t *testing.T) {
	t.Parallel()
	if got, want := store.Values(2, 3), "($1, $2, $3), ($1, $4, $5)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var all, got []int
	lengths := map[int]bool{}
	for n := range 200 {
		got = got[:0]
		if err := store.Several(all, func(piece []int) error {
			lengths[len(piece)] = true
			got = append(got, piece...)
			return nil
		}); err != nil || !slices.Equal(got, all) {
			t.Fatalf("%d: %v %v", n, got, err)
		}
		all = append(all, n)
	}
	if len(lengths) > 4 {
		t.Errorf("%d texts", len(lengths))
	}
}
