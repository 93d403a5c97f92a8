package capture

import "sync"

// Wakers wakes every source that may hold a packet for the same answer. Its zero value is
// ready; it is safe for concurrent use.
type Wakers struct {
	mu   sync.Mutex
	list []Source
}

// Add adds a source.
func (w *Wakers) Add(s Source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, s)
}

// Wake wakes all.
func (w *Wakers) Wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.list {
		s.Wake()
	}
}
