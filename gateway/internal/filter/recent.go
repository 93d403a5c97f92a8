package filter

// Recent remembers what was reported, so that a client that asks again and again is one
// record a minute. The zero value is ready.
type Recent struct{ seen map[string]int64 }

const (
	recentTime = 60_000_000 // microseconds
	recentMax  = 4096
)

// First tells that key was not reported within the last minute. now is in microseconds.
func (r *Recent) First(key string, now int64) bool {
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
	if r.seen == nil {
		r.seen = make(map[string]int64)
	}
	r.seen[key] = now
	return true
}
