// Package hosts remembers what rules count and note by address: thresholds, bits of hosts,
// and what rules have added to lists.
//
// One [State] serves all workers and rule sets; it is safe for concurrent use and
// bounded. Only match calls it; the engine makes it.
package hosts

import (
	"hash/fnv"
	"math"
	"net/netip"
	"sync"

	"otasuke/rule"
)

const (
	// shards spreads the counters over locks, so that workers seldom wait.
	shards = 16
	// maxPerShard bounds the counters: 16 * 8192 need about 16 MiB. When a shard
	// is full an old one goes.
	maxPerShard = 8192
)

// State counts matches by address for thresholds and keeps the bits of addresses and the
// changes of lists. Make it with [New].
type State struct {
	shards [shards]shard
	mu     sync.Mutex
	lists  map[string]*changes // by name
}

type shard struct {
	sync.Mutex
	m map[key]entry
}

type key struct {
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

type entry struct {
	start, expires int64 // microseconds
	count, next    int64 // next is the count at which a backing-off rule is told again, or until when a rate filter is on
}

// Ends are the addresses and ports of what has matched, as sent, and its time in
// microseconds.
type Ends struct {
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	Now              int64
}

// New makes an empty state.
func New() *State {
	h := &State{lists: map[string]*changes{}}
	for i := range h.shards {
		h.shards[i].m = map[key]entry{}
	}
	return h
}

func keyOf(kind uint8, id uint64, track rule.Track, in *Ends) key {
	k := key{kind: kind, id: id, track: track}
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

func (h *State) shardOf(k key) *shard {
	x := k.id * 0x9e3779b97f4a7c15
	if k.a.IsValid() {
		b := k.a.As16()
		x ^= uint64(b[15])<<56 | uint64(b[14])<<48
	}
	return &h.shards[x>>32%shards]
}

// sample is how many entries are looked at to find one to give up. A full shard
// must stay cheap: an attacker can fill it.
const sample = 8

// put stores an entry. In a full shard the one that expires first of a few takes
// its leave.
func (s *shard) put(k key, e entry) {
	if _, ok := s.m[k]; !ok && len(s.m) >= maxPerShard {
		var first key
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

// over tells that the time of an entry has passed, or that the clock was put back behind its
// beginning, by more than workers differ: else a rule would be silent until it is that late again.
func (e *entry) over(now int64) bool { return now >= e.expires || now < e.start-second }

// Threshold counts a match and says whether it counts at all yet and whether it is
// to be told. A limit that is used up silences a rule but not its action.
func (h *State) Threshold(r *rule.Rule, in *Ends) (counts, told bool) {
	return h.tell(kindThreshold, r.Threshold, r, in)
}

// Filter counts a match for the rule's detection filter and says whether it counts.
func (h *State) Filter(r *rule.Rule, in *Ends) bool {
	counts, _ := h.tell(kindFilter, r.DetectionFilter, r, in)
	return counts
}

func (h *State) tell(kind uint8, t *rule.Threshold, r *rule.Rule, in *Ends) (counts, told bool) {
	k := keyOf(kind, uint64(r.GID)<<32|uint64(r.SID), t.Track, in)
	s := h.shardOf(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	if !ok || e.over(in.Now) {
		e = entry{start: in.Now, expires: in.Now + t.Seconds*second}
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

// Rate tells whether a rule matches so often that its rate filter's action holds.
func (h *State) Rate(r *rule.Rule, in *Ends) bool {
	f := r.RateFilter
	k := keyOf(kindRate, uint64(r.GID)<<32|uint64(r.SID), f.Track, in)
	s := h.shardOf(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	switch {
	case ok && in.Now < e.next && !e.over(in.Now): // the filter is on
		return true
	case !ok || e.over(in.Now):
		e = entry{start: in.Now, expires: in.Now + f.Seconds*second}
	}
	if e.count++; e.count > f.Count {
		e.next = in.Now + f.Timeout*second
		e.count, e.expires = 0, e.next
	}
	on := in.Now < e.next
	s.put(k, e)
	return on
}

// Bit is one use of a bit of hosts by a rule, made ready.
type Bit struct {
	rule.Xbit
	id uint64
}

// BitOf makes a use ready.
func BitOf(x rule.Xbit) Bit {
	h := fnv.New64a()
	h.Write([]byte(x.Name))
	return Bit{x, h.Sum64()}
}

// HasBit tells whether a bit of hosts is set.
func (h *State) HasBit(x Bit, in *Ends) bool {
	k := keyOf(kindXbit, x.id, x.Track, in)
	s := h.shardOf(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	return ok && in.Now < e.expires
}

// ChangeBit does what a rule wants done to a bit of hosts.
func (h *State) ChangeBit(x Bit, in *Ends) {
	k := keyOf(kindXbit, x.id, x.Track, in)
	s := h.shardOf(k)
	s.Lock()
	defer s.Unlock()
	e, ok := s.m[k]
	set := ok && in.Now < e.expires
	if x.Op == rule.BitUnset || x.Op == rule.BitToggle && set {
		delete(s.m, k)
		return
	}
	s.put(k, entry{start: in.Now, expires: in.Now + x.Expire*second})
}
