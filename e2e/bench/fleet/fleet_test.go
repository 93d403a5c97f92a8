package fleet

import (
	"testing"
	"time"
)

// What the centre is compared with takes full batches, all of them.
func TestBareServerReads(t *testing.T) {
	t.Parallel()
	n, err := read(t.Context(), 500*time.Millisecond)
	if err != nil || n < 1000 {
		t.Errorf("%.0f events/s, %v", n, err)
	}
}
