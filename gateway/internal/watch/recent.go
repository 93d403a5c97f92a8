package watch

// Recent remembers what was told, because a program that is cut off tries again and again.
// Its zero value is ready.
type Recent struct{ told map[string]int64 }

const (
	// recentTime is how long the same thing is not told again, in microseconds.
	recentTime = 60_000_000
	// recentMax things are remembered.
	recentMax = 1024
)

// First tells that key was not told within the last minute. now is in microseconds.
func (r *Recent) First(key string, now int64) bool {
	if t, ok := r.told[key]; ok && now-t < recentTime && t-now < recentTime {
		return false
	}
	if len(r.told) >= recentMax || r.told == nil {
		r.told = map[string]int64{}
	}
	r.told[key] = now
	return true
}
