package throttle

import (
	"net/netip"
	"sync"
	"time"

	"otasuke/internal/clock"
)

// MaxKeys bounds the memory of one Limiter: about 10 MiB with 64-byte keys.
const MaxKeys = 1 << 16

// Config says how much is allowed.
type Config struct {
	// Burst is how many requests a fresh key may make at once; at least 1.
	Burst int
	// Every is how long a key waits for one more permit.
	Every time.Duration
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
}

// Limiter gives permits by key. It is safe for concurrent use.
type Limiter struct {
	cfg  Config
	mu   sync.Mutex
	full map[string]time.Time // when the key's bucket is full again
}

// New makes a Limiter.
func New(cfg Config) *Limiter {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	cfg.Burst = max(cfg.Burst, 1)
	return &Limiter{cfg: cfg, full: map[string]time.Time{}}
}

// Take takes a permit of key. When there is none it answers false and how long
// to wait for the next; a refused request costs nothing more.
func (l *Limiter) Take(key string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.cfg.Clock.Now()
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.cfg.Every)
	if over := full.Sub(now) - time.Duration(l.cfg.Burst)*l.cfg.Every; over > 0 {
		return over, false
	}
	if _, known := l.full[key]; !known && len(l.full) >= MaxKeys {
		l.evict(now)
	}
	l.full[key] = full
	return 0, true
}

// Forgive gives key all its permits back, after it has proved honest.
func (l *Limiter) Forgive(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.full, key)
}

// evict drops the keys whose buckets are full, and when that is none, the
// quarter that a map walk meets first: forgetting some guesser is better than
// growing without end or refusing everyone.
func (l *Limiter) evict(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
	for key := range l.full {
		if len(l.full) <= MaxKeys*3/4 {
			return
		}
		delete(l.full, key)
	}
}

// Address makes the key of a network peer out of "host:port" or an address:
// an IPv4 address, or the /64 of an IPv6 one, since one customer holds a whole /64.
// What is not an address is its own key.
func Address(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		port, err := netip.ParseAddrPort(remote)
		if err != nil {
			return remote
		}
		addr = port.Addr()
	}
	addr = addr.Unmap()
	if addr.Is6() {
		if net, err := addr.WithZone("").Prefix(64); err == nil {
			return net.String()
		}
	}
	return addr.String()
}
