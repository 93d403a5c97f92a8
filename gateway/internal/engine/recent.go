package engine

// recent remembers what was reported, so that a client that asks again and again
// is one record a minute.
type recent struct{ seen map[string]int64 }

const (
	recentTime = 60_000_000 // microseconds
	recentMax  = 4096
)

func (r *recent) init() { r.seen = make(map[string]int64) }

func (r *recent) first(key string, now int64) bool {
	if t, ok := r.seen[key]; ok && now-t < recentTime {
		return false
	}
	if len(r.seen) >= recentMax {
		for k, t := range r.seen {
			if now-t >= recentTime {
				delete(r.seen, k)
			}
		}
		if len(r.seen) >= recentMax {
			clear(r.seen)
		}
	}
	r.seen[key] = now
	return true
}
