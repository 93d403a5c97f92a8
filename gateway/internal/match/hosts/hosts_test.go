package hosts

import (
	"net/netip"
	"slices"
	"testing"

	"otasuke/rule"
)

func ends(src byte, second int64) *Ends {
	return &Ends{Src: netip.AddrFrom4([4]byte{192, 0, 2, src}), Dst: netip.MustParseAddr("198.51.100.1"), SrcPort: 4000, DstPort: 80, Now: second * 1_000_000}
}

// The numbers of the matches that are told, of ten in consecutive seconds.
func TestThresholds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		t    rule.Threshold
		want []int
	}{
		"limit: the first two of a minute":      {rule.Threshold{Type: rule.ThresholdLimit, Count: 2, Seconds: 60}, []int{1, 2}},
		"limit: begins again after its time":    {rule.Threshold{Type: rule.ThresholdLimit, Count: 1, Seconds: 5}, []int{1, 6}},
		"threshold: every third":                {rule.Threshold{Type: rule.ThresholdEvery, Count: 3, Seconds: 60}, []int{3, 6, 9}},
		"both: once, at the third":              {rule.Threshold{Type: rule.ThresholdBoth, Count: 3, Seconds: 60}, []int{3}},
		"detection_filter: behind the third":    {rule.Threshold{Type: rule.ThresholdFilter, Count: 3, Seconds: 60}, []int{4, 5, 6, 7, 8, 9, 10}},
		"backoff: at 1, 2, 4, 8 and never ends": {rule.Threshold{Type: rule.ThresholdBackoff, Count: 1, Multiplier: 2}, []int{1, 2, 4, 8}},
	} {
		c.t.Track = rule.TrackSrc
		h, r := New(), &rule.Rule{SID: 1, Threshold: &c.t}
		var told []int
		for i := 1; i <= 10; i++ {
			h.Threshold(r, ends(200, int64(i))) // another host has counts of its own
			if _, tell := h.Threshold(r, ends(1, int64(i))); tell {
				told = append(told, i)
			}
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("%s: told %v, want %v", name, told, c.want)
		}
	}
}

// A limit that is used up silences a rule, not its action.
func TestLimitKeepsCounting(t *testing.T) {
	t.Parallel()
	h, r := New(), &rule.Rule{SID: 1, Threshold: &rule.Threshold{Type: rule.ThresholdLimit, Track: rule.TrackSrc, Count: 1, Seconds: 60}}
	h.Threshold(r, ends(1, 0))
	if counts, told := h.Threshold(r, ends(1, 1)); !counts || told {
		t.Errorf("the second: counts %v, told %v", counts, told)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	h, r := New(), &rule.Rule{SID: 1, RateFilter: &rule.RateFilter{Threshold: rule.Threshold{Track: rule.TrackSrc, Count: 2, Seconds: 10}, Timeout: 5, Action: rule.Drop}}
	var on []int
	for i := range 20 {
		if h.Rate(r, ends(1, int64(i))) {
			on = append(on, i)
		}
	}
	// The third within ten seconds turns it on for five; then counting begins anew.
	if want := []int{2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19}; !slices.Equal(on, want) {
		t.Errorf("on at %v, want %v", on, want)
	}
}

func TestBits(t *testing.T) {
	t.Parallel()
	bit := func(op rule.BitOp, track rule.Track) Bit {
		return BitOf(rule.Xbit{Op: op, Name: "seen", Track: track, Expire: 10})
	}
	there := ends(1, 0)
	back := &Ends{Src: there.Dst, Dst: there.Src, SrcPort: 80, DstPort: 4000}
	later := ends(1, 10)
	for _, c := range []struct {
		name  string
		track rule.Track
		ask   *Ends
		want  bool
	}{
		{"by source, same direction", rule.TrackSrc, there, true},
		{"by source, other host", rule.TrackSrc, ends(2, 0), false},
		{"by pair, the way back", rule.TrackPair, back, true},
		{"by flow, the way back", rule.TrackFlow, back, true},
		{"by flow, another port", rule.TrackFlow, &Ends{Src: there.Src, Dst: there.Dst, SrcPort: 4001, DstPort: 80}, false},
		{"after its time", rule.TrackSrc, later, false},
	} {
		h := New()
		h.ChangeBit(bit(rule.BitSet, c.track), there)
		if got := h.HasBit(bit(rule.BitIsSet, c.track), c.ask); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	h := New()
	for i, want := range []bool{true, false, true} {
		h.ChangeBit(bit(rule.BitToggle, rule.TrackSrc), there)
		if h.HasBit(bit(rule.BitIsSet, rule.TrackSrc), there) != want {
			t.Errorf("toggled %d times: %v", i+1, !want)
		}
	}
	h.ChangeBit(bit(rule.BitUnset, rule.TrackSrc), there)
	if h.HasBit(bit(rule.BitIsSet, rule.TrackSrc), there) {
		t.Error("unset: still there")
	}
}

// Whoever sends from many addresses does not fill the memory.
func TestBounded(t *testing.T) {
	t.Parallel()
	h, r := New(), &rule.Rule{SID: 1, Threshold: &rule.Threshold{Type: rule.ThresholdLimit, Track: rule.TrackSrc, Count: 1, Seconds: 60}}
	for i := range shards*maxPerShard + 5000 {
		h.Threshold(r, &Ends{Src: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})})
	}
	total := 0
	for i := range h.shards {
		total += len(h.shards[i].m)
	}
	if total > shards*maxPerShard {
		t.Errorf("%d counters kept, want at most %d", total, shards*maxPerShard)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	l := ListOf(&rule.List{Name: "bad", Kind: "string", Entries: map[string]int64{"evil": 7}})
	h := New()
	for _, c := range []struct {
		op   rule.BitOp
		word string
		want bool
	}{
		{rule.BitIsSet, "evil", true},
		{rule.BitIsSet, "good", false},
		{rule.BitIsNotSet, "good", true},
		{rule.BitSet, "good", true},
		{rule.BitSet, "good", false}, // it is there already
		{rule.BitIsSet, "good", true},
		{rule.BitUnset, "evil", true},
		{rule.BitIsSet, "evil", false},
	} {
		if got := l.Apply(h, c.op, []byte(c.word)); got != c.want {
			t.Errorf("%v %s: %v", c.op, c.word, got)
		}
	}
	if !l.Apply(New(), rule.BitIsSet, []byte("evil")) {
		t.Error("a change of one state shows in another")
	}
	if v, ok := l.Reputation([]byte("evil")); !ok || v != 7 {
		t.Errorf("reputation %d %v", v, ok)
	}
}

// Addresses are the same in both of their forms; what is no address is in no list.
func TestListKinds(t *testing.T) {
	t.Parallel()
	v4 := netip.MustParseAddr("192.0.2.1")
	mapped := v4.As16()
	for _, c := range []struct {
		kind  string
		entry []byte
		want  bool
	}{
		{"ip", v4.AsSlice(), true},
		{"ip", mapped[:], true},
		{"ip", []byte{1, 2, 3}, false},
		{"ipv4", netip.MustParseAddr("2001:db8::1").AsSlice(), false},
		{"md5", make([]byte, 15), false},
		{"sha256", make([]byte, 16), false},
	} {
		l := ListOf(&rule.List{Name: c.kind, Kind: c.kind, Entries: map[string]int64{string(v4.AsSlice()): 1}})
		if got := l.Apply(nil, rule.BitIsSet, c.entry); got != c.want {
			t.Errorf("%s %x: %v", c.kind, c.entry, got)
		}
	}
}

// A clock that is put back by a year does not silence rules for that long.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * 3600
	h, r := New(), &rule.Rule{SID: 1, Threshold: &rule.Threshold{Type: rule.ThresholdLimit, Track: rule.TrackSrc, Count: 1, Seconds: 60}}
	h.Threshold(r, ends(1, year))
	if _, told := h.Threshold(r, &Ends{Src: ends(1, 0).Src, Dst: ends(1, 0).Dst, Now: year*1_000_000 - 1000}); told {
		t.Error("workers that differ by a millisecond begin anew")
	}
	if _, told := h.Threshold(r, ends(1, 5)); !told {
		t.Error("silent")
	}
	q := &rule.Rule{SID: 2, RateFilter: &rule.RateFilter{Threshold: rule.Threshold{Track: rule.TrackSrc, Count: 1, Seconds: 10}, Timeout: 5, Action: rule.Drop}}
	for i := range int64(4) {
		h.Rate(q, ends(1, year+i))
	}
	if !h.Rate(q, ends(1, year+4)) || h.Rate(q, ends(1, 5)) {
		t.Error("a rate filter stays on")
	}
}
