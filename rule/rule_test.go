package rule

import "testing"

// TestTables keeps the tables whole.
func TestTables(t *testing.T) {
	t.Parallel()
	for b := range NumBuffers {
		if buffers[b].name == "" || buffers[b].dir == 0 {
			t.Errorf("buffer %d has no name or direction", b)
		}
	}
	for p := range NumProtos {
		if protoNames[p] == "" {
			t.Errorf("protocol %d has no name", p)
		}
	}
}
