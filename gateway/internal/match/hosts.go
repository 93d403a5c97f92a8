package match

import (
	"math"
	"net/netip"
	"sync"

	"otasuke/rule"
)

const (
	// hostShards spreads the counters over locks, so that workers seldom wait.
	hostShards = 16
	// maxPerShard bounds the counters: 16 * 8192 need about 16 MiB. When a shard
	// is full an old one goes.
	maxPerShard = 8192
)

// HostState counts matches by address for thresholds and keeps the bits of
// addresses and the changes of lists. One serves all workers and rule sets; it is safe for concurrent
// use. Make it with [NewHostState].
type HostState struct {
	shards [hostShards]hostShard
	mu     sync.Mutex
	lists  map[string]*changes // by name
}

type hostShard struct {
	sync.Mutex
	m map[hostKey]hostEntry
}

type hostKey struct {
	kind  uint8
	track rule.Track
	ports uint32
	id    uint64
	a, b  netip.Addr
}

// Kinds of entries.
const (
	kindThreshold = iota
	kindFilter
	kindXbit
	kindRate
)

type hostEntry struct {
	start, expires int64 // microseconds
	count, next    int64 // next is the count at which a backing-off rule is told again, or until when a rate filter is on
}

// NewHostState makes an empty state.
func NewHostState() *HostState {
	h := &HostState{lists: map[string]*changes{}}
	for i := range h.shards {
		h.shards[i].m = map[hostKey]hostEntry{}
	}
	return h
}

func key(kind uint8, id uint64, track rule.Track, in *Input) hostKey {
	k := hostKey{kind: kind, id: id, track: track}
	switch track {
	case rule.TrackSrc:
		k.a = in.Src
	case rule.TrackDst:
		k.a = in.Dst
	case rule.TrackPair, rule.TrackFlow:
		k.a, k.b = in.Src, in.Dst
		low, high := in.SrcPort, in.DstPort
		if k.b.Less(k.a) {
			k.a, k.b, low, high = k.b, k.a, high, low
		}
		if track == rule.TrackFlow {
			k.ports = uint32(low)<<16 | uint32(high)
		}
	}
	return k
}

func (h *HostState) shard(k hostKey) *hostShard {
	x := k.id * 0x9e3779b97f4a7c15
	if k.a.IsValid() {
		b := k.a.As16()
		x ^= uint64(b[15])<<56 | uint64(b[14])<<48
	}
	return &h.shards[x>>32%hostShards]
}

// sample is how many entries are looked at to find one to give up. A full shard
// must stay cheap: an attacker can fill it.
const sample = 8

// put stores an entry. In a full shard the one that expires first of a few takes
// its leave.
func (s *hostShard) put(k hostKey, e hostEntry) {
	if _, ok := s.m[k]; !ok && len(s.m) >= maxPerShard {
		var first hostKey
		n, expires := 0, int64(math.MaxInt64)
		for old, oe := range s.m { // begins at a random entry
			if oe.expires < expires {
				first, expires = old, oe.expires
			}
			if n++; n == sample {
				break
			}
		}
		delete(s.m, first)
	}
	s.m[k] = e
}

const second = 1_000_000 // microseconds

// tell counts a match and says whether it counts at all yet and whether it is
// to be told. A limit that is used up silences a rule but not its action.
func (h *HostState) tell(kind uint8, t *rule.Threshold, r *rule.Rule, in *Input) (counts, told bool) {
	k := key(kind, uint64(r.GID)<<32|uint64(r.SID), t.Track, in)
	s := h.shard(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	if !ok || in.Now >= e.expires {
		e = hostEntry{start: in.Now, expires: in.Now + t.Seconds*second}
	}
	e.count++
	switch t.Type {
	case rule.ThresholdLimit:
		counts, told = true, e.count <= t.Count
	case rule.ThresholdEvery:
		if told = e.count >= t.Count; told {
			e.count = 0
		}
		counts = told
	case rule.ThresholdBoth:
		counts, told = e.count >= t.Count, e.count == t.Count
	case rule.ThresholdBackoff:
		e.expires = math.MaxInt64
		if e.next == 0 {
			e.next = t.Count
		}
		if told = e.count == e.next; told {
			e.next *= t.Multiplier
		}
		counts = true
	case rule.ThresholdFilter:
		told = e.count > t.Count
		counts = told
	}
	s.put(k, e)
	return counts, told
}

// rate tells whether a rule matches so often that its rate filter's action holds.
func (h *HostState) rate(f *rule.RateFilter, r *rule.Rule, in *Input) bool {
	k := key(kindRate, uint64(r.GID)<<32|uint64(r.SID), f.Track, in)
	s := h.shard(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	switch {
	case ok && in.Now < e.next: // the filter is on
		return true
	case !ok || in.Now >= e.expires:
		e = hostEntry{start: in.Now, expires: in.Now + f.Seconds*second}
	}
	if e.count++; e.count > f.Count {
		e.next = in.Now + f.Timeout*second
		e.count, e.expires = 0, e.next
	}
	on := in.Now < e.next
	s.put(k, e)
	return on
}

func (h *HostState) hasXbit(x xbit, in *Input) bool {
	k := key(kindXbit, x.id, x.Track, in)
	s := h.shard(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	return ok && in.Now < e.expires
}

func (h *HostState) changeXbit(x xbit, in *Input) {
	k := key(kindXbit, x.id, x.Track, in)
	s := h.shard(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	set := ok && in.Now < e.expires
	if x.Op == rule.BitUnset || x.Op == rule.BitToggle && set {
		delete(s.m, k)
		return
	}
	s.put(k, hostEntry{start: in.Now, expires: in.Now + x.Expire*second})
}
