package option

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/rule"
)

// reads checks what a keyword makes of its value.
func reads(t *testing.T, name string, set func(*rule.Rule, string) error, v string, want rule.Rule) {
	t.Helper()
	var got rule.Rule
	if err := set(&got, v); err != nil {
		t.Errorf("%s:%s: %v", name, v, err)
	} else if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s:%s: %s", name, v, d)
	}
}

// refuses checks that values are refused for a reason that says what to do.
func refuses(t *testing.T, set func(*rule.Rule, string) error, values map[string]string) {
	t.Helper()
	for name, v := range values {
		var r rule.Rule
		switch err := set(&r, v); {
		case err == nil:
			t.Errorf("%s: %q is taken for %+v", name, v, r)
		case len(err.Error()) < 10:
			t.Errorf("%s: %q is refused without a reason: %v", name, v, err)
		}
	}
}

func TestBits(t *testing.T) {
	t.Parallel()
	bit := func(op rule.BitOp, names ...string) rule.Rule {
		return rule.Rule{Flowbits: []rule.Flowbit{{Op: op, Names: names}}}
	}
	reads(t, "flowbits", Flowbits, "set,a.b", bit(rule.BitSet, "a.b"))
	reads(t, "flowbits", Flowbits, " isset , a | b ", bit(rule.BitIsSet, "a", "b"))
	reads(t, "flowbits", Flowbits, "isnotset,a", bit(rule.BitIsNotSet, "a"))
	reads(t, "flowbits", Flowbits, "unset,a", bit(rule.BitUnset, "a"))
	reads(t, "flowbits", Flowbits, "toggle,a", bit(rule.BitToggle, "a"))
	reads(t, "flowbits", Flowbits, "noalert", rule.Rule{NoAlert: true})
	refuses(t, Flowbits, map[string]string{"nothing": "", "no word": "jump,a", "no name": "set", "empty name": "set,", "one name is empty": "isset,a||b", "sets alternatives": "set,a|b"})

	x := func(x rule.Xbit) rule.Rule { return rule.Rule{Xbits: []rule.Xbit{x}} }
	reads(t, "xbits", Xbits, "set,a,track ip_src,expire 60", x(rule.Xbit{Op: rule.BitSet, Name: "a", Expire: 60}))
	reads(t, "xbits", Xbits, "isset, a, track ip_dst", x(rule.Xbit{Op: rule.BitIsSet, Name: "a", Track: rule.TrackDst, Expire: 30}))
	reads(t, "xbits", Xbits, "toggle,a,track ip_pair", x(rule.Xbit{Op: rule.BitToggle, Name: "a", Track: rule.TrackPair, Expire: 30}))
	reads(t, "xbits", Xbits, "set,a,track tx", x(rule.Xbit{Op: rule.BitSet, Name: "a", Track: rule.TrackTx, Expire: 30}))
	reads(t, "xbits", Xbits, "noalert", rule.Rule{NoAlert: true})
	refuses(t, Xbits, map[string]string{"nothing": "", "no name": "set", "no track": "set,a", "track is missing": "set,a,expire 5", "track of nothing": "set,a,track ip_any",
		"expires at once": "set,a,track ip_src,expire 0", "expires before": "set,a,track ip_src,expire -1", "expires never": "set,a,track ip_src,expire x", "another word": "set,a,track ip_src,for 60"})

	reads(t, "hostbits", Hostbits, "set,a,src", x(rule.Xbit{Op: rule.BitSet, Name: "a", Expire: 300}))
	reads(t, "hostbits", Hostbits, "isset,a", x(rule.Xbit{Op: rule.BitIsSet, Name: "a", Expire: 300}))
	reads(t, "hostbits", Hostbits, "unset,a,dst", x(rule.Xbit{Op: rule.BitUnset, Name: "a", Track: rule.TrackDst, Expire: 300}))
	reads(t, "hostbits", Hostbits, "noalert", rule.Rule{NoAlert: true})
	refuses(t, Hostbits, map[string]string{"nothing": "", "no name": "set,", "no word": "put,a", "both ends": "set,a,both", "too many words": "set,a,src,dst"})
}

func TestFlowint(t *testing.T) {
	t.Parallel()
	n := func(x rule.Flowint) rule.Rule { return rule.Rule{Flowints: []rule.Flowint{x}} }
	reads(t, "flowint", Flowint, "a,+,1", n(rule.Flowint{Name: "a", Op: "+", Value: 1}))
	reads(t, "flowint", Flowint, "a, >=, 0x10", n(rule.Flowint{Name: "a", Op: ">=", Value: 16}))
	reads(t, "flowint", Flowint, "a,=,b", n(rule.Flowint{Name: "a", Op: "=", Other: "b"}))
	reads(t, "flowint", Flowint, "a,isset", n(rule.Flowint{Name: "a", Op: "isset"}))
	reads(t, "flowint", Flowint, "a,isnotset", n(rule.Flowint{Name: "a", Op: "notset"}))
	refuses(t, Flowint, map[string]string{"nothing": "", "name only": "a", "no name": ",+,1", "no operation": "a,*,1", "no value": "a,+", "empty value": "a,+,", "two values": "a,+,1,2"})
}

func TestThreshold(t *testing.T) {
	t.Parallel()
	reads(t, "threshold", Threshold, "type limit, track by_src, count 1, seconds 60",
		rule.Rule{Threshold: &rule.Threshold{Type: rule.ThresholdLimit, Track: rule.TrackSrc, Count: 1, Seconds: 60}})
	reads(t, "threshold", Threshold, "seconds 5,count 3,track by_both,type both,",
		rule.Rule{Threshold: &rule.Threshold{Type: rule.ThresholdBoth, Track: rule.TrackPair, Count: 3, Seconds: 5}})
	reads(t, "threshold", Threshold, "type threshold,track by_rule,count 3,seconds 5",
		rule.Rule{Threshold: &rule.Threshold{Type: rule.ThresholdEvery, Track: rule.TrackRule, Count: 3, Seconds: 5}})
	reads(t, "threshold", Threshold, "type backoff,track by_flow,count 1,multiplier 10",
		rule.Rule{Threshold: &rule.Threshold{Type: rule.ThresholdBackoff, Track: rule.TrackFlow, Count: 1, Multiplier: 10}})
	refuses(t, Threshold, map[string]string{"nothing": "", "no type": "track by_src,count 1,seconds 60", "no such type": "type often,track by_src,count 1,seconds 60",
		"no track": "type limit,count 1,seconds 60", "no such track": "type limit,track by_net,count 1,seconds 60", "no count": "type limit,track by_src,seconds 60",
		"no seconds": "type limit,track by_src,count 1", "count 0": "type limit,track by_src,count 0,seconds 60", "count of words": "type limit,track by_src,count one,seconds 60",
		"another word": "type limit,track by_src,count 1,seconds 60,until 5", "backoff of hosts": "type backoff,track by_src,count 1,multiplier 10",
		"backoff that does not grow": "type backoff,track by_flow,count 1,multiplier 1", "a comma forgotten": "type limit,track by_src reference:url,count 1,seconds 60"})

	reads(t, "detection_filter", DetectionFilter, "track by_dst,count 10,seconds 60",
		rule.Rule{DetectionFilter: &rule.Threshold{Type: rule.ThresholdFilter, Track: rule.TrackDst, Count: 10, Seconds: 60}})
	refuses(t, DetectionFilter, map[string]string{"nothing": "", "no seconds": "track by_dst,count 10", "a type": "type limit,track by_dst,count 10,seconds 60",
		"backoff needs no seconds": "type backoff,track by_flow,count 1,multiplier 2"})
}

func TestEnds(t *testing.T) {
	t.Parallel()
	reads(t, "stream_size", StreamSize, "server,<,5", rule.Rule{StreamSizes: []rule.StreamSize{{Side: "server", Compare: rule.Compare{Op: rule.OpLess, A: 5}}}})
	refuses(t, StreamSize, map[string]string{"nothing": "", "no size": "server,<", "no operator": "server,5,5", "a mask": "server,&,5", "no side": "left,<,5", "no number": "server,<,x"})

	reads(t, "iprep", Reputation, "dst,CnC,>=,30", rule.Rule{Reputations: []rule.Reputation{{End: rule.DestinationEnd, Category: "CnC", Compare: rule.Compare{Op: rule.OpGreaterEqual, A: 30}}}})
	reads(t, "iprep", Reputation, "any,CnC,isset", rule.Rule{Reputations: []rule.Reputation{{Category: "CnC", Present: 1}}})
	reads(t, "iprep", Reputation, "both,CnC,isnotset", rule.Rule{Reputations: []rule.Reputation{{End: rule.BothEnds, Category: "CnC", Present: -1}}})
	refuses(t, Reputation, map[string]string{"nothing": "", "no end": "up,CnC,>,30", "no number": "src,CnC,>", "more than there is": "src,CnC,>,128", "below": "src,CnC,<,-1", "a mask": "src,CnC,&,3"})

	reads(t, "geoip", Country, "src,jp,US", rule.Rule{Countries: []rule.Country{{End: rule.SourceEnd, Codes: []string{"JP", "US"}}}})
	reads(t, "geoip", Country, "!JP", rule.Rule{Countries: []rule.Country{{Negated: true, Codes: []string{"JP"}}}})
	refuses(t, Country, map[string]string{"nothing": "", "an end only": "src", "a name": "Japan", "digits": "src,12", "not nothing": "!"})
}

func TestTag(t *testing.T) {
	t.Parallel()
	reads(t, "tag", Tag, "", rule.Rule{Tags: []rule.Tag{{Count: 256, Unit: "packets"}}})
	reads(t, "tag", Tag, "session,5,bytes", rule.Rule{Tags: []rule.Tag{{Count: 5, Unit: "bytes"}}})
	reads(t, "tag", Tag, "host,100,seconds,src", rule.Rule{Tags: []rule.Tag{{Host: true, Count: 100, Unit: "seconds"}}})
	reads(t, "tag", Tag, "host,100,seconds,dst", rule.Rule{Tags: []rule.Tag{{Host: true, Count: 100, Unit: "seconds", ByTarget: true}}})
	refuses(t, Tag, map[string]string{"no such": "net,10", "none": "session,0,packets", "number behind its unit": "session,packets,10", "another word": "session,10,hours"})
	reads(t, "config", Config, "logging disable, type tx, scope tx",
		rule.Rule{NoAlert: true, Config: map[string]string{"logging": "disable", "type": "tx", "scope": "tx"}})
	refuses(t, Config, map[string]string{"nothing": "", "no scope": "logging disable,type tx", "no type": "logging disable,scope tx"})
}

func TestTransform(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]rule.Transform{
		`"0d0a"`: {Kind: rule.XOR, Key: "\r\n"}, `bytes 12, offset 3, mode strict`: {Kind: rule.FromBase64, Bytes: 12, Offset: 3, Mode: "strict"},
		` max-size 4kb`: {Kind: rule.Gunzip, Bytes: 4096}, `"a(b)"`: {Kind: rule.Rewrite, Key: "a(b)"}, "": {Kind: rule.ToLower},
	} {
		if got, err := Transform(want.Kind, v); err != nil || got != want {
			t.Errorf("%q: %+v, %v", v, got, err)
		}
	}
	for name, c := range map[string]struct {
		kind rule.TransformKind
		v    string
	}{
		"no key": {rule.XOR, ""}, "a key of the traffic": {rule.XOR, "offset 4,extract 4 0"}, "half a digit pair": {rule.XOR, `"0d0"`}, "no such mode": {rule.FromBase64, "mode loose"},
		"before the buffer": {rule.FromBase64, "offset -1"}, "no bytes": {rule.FromBase64, "bytes 0"}, "no size": {rule.Gunzip, "max-size"}, "size below zero": {rule.Inflate, "max-size -5"},
		"another word": {rule.Gunzip, "size 5"}, "no expression": {rule.Rewrite, ""}, "expression not closed": {rule.Rewrite, `"(a"`}, "a value where none is": {rule.ToLower, "x"},
	} {
		if got, err := Transform(c.kind, c.v); err == nil {
			t.Errorf("%s: %q is taken for %+v", name, c.v, got)
		}
	}
}

func TestThresholdFile(t *testing.T) {
	t.Parallel()
	rules := func() []*rule.Rule {
		return []*rule.Rule{{GID: 1, SID: 1}, {GID: 1, SID: 2}, {GID: 3, SID: 2}}
	}
	vars := map[string]string{"HOME": "10.0.0.0/8"}
	got := rules()
	text := "# remark\r\n\n" +
		"suppress gen_id 1, sig_id 1\n" +
		"suppress\tgen_id 1,  sig_id 2,\ttrack by_src, ip [192.0.2.1, $HOME]\n" +
		"threshold gen_id 1, sig_id 1, \\\n  type limit, track by_src, \\\n  count 1, seconds 60\n" +
		"event_filter gen_id 3, sig_id 0, type both, track by_dst, count 2, seconds 5\n" +
		"rate_filter gen_id 0, sig_id 2, track by_rule, count 9, seconds 8, new_action drop, timeout 0\n" +
		"suppress gen_id 3, sig_id 2, track by_either, ip 192.0.2.7 \\"
	if errs := Thresholds(text, got, vars); len(errs) > 0 {
		t.Fatal(errs)
	}
	some := func(texts ...string) *rule.AddrSet {
		s := &rule.AddrSet{}
		for _, p := range texts {
			lo, hi, _ := strings.Cut(p, "-")
			s.Ranges = append(s.Ranges, rule.AddrRange{Lo: netip.MustParseAddr(lo), Hi: netip.MustParseAddr(hi)})
		}
		return s
	}
	rate := &rule.RateFilter{Threshold: rule.Threshold{Type: rule.ThresholdFilter, Track: rule.TrackRule, Count: 9, Seconds: 8}, Action: rule.Drop}
	want := rules()
	want[0].Suppress = []rule.Suppress{{Track: rule.TrackRule}}
	want[0].Threshold = &rule.Threshold{Type: rule.ThresholdLimit, Track: rule.TrackSrc, Count: 1, Seconds: 60}
	want[1].Suppress = []rule.Suppress{{Track: rule.TrackSrc, Addrs: some("10.0.0.0-10.255.255.255", "192.0.2.1-192.0.2.1")}}
	want[1].RateFilter = rate
	want[2].Threshold = &rule.Threshold{Type: rule.ThresholdBoth, Track: rule.TrackDst, Count: 2, Seconds: 5}
	want[2].Suppress = []rule.Suppress{{Track: rule.TrackPair, Addrs: some("192.0.2.7-192.0.2.7")}}
	want[2].RateFilter = rate
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}

// One wrong line is named; the others count.
func TestThresholdFileErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ line, why string }{
		"no such word":        {"silence gen_id 1, sig_id 1", "not known"},
		"no numbers":          {"suppress track by_src, ip 192.0.2.1", "gen_id"},
		"number of words":     {"suppress gen_id one, sig_id 1", "gen_id"},
		"no address":          {"suppress gen_id 1, sig_id 1, track by_src", "address"},
		"no such address":     {"suppress gen_id 1, sig_id 1, track by_src, ip 192.0.2", "address"},
		"no such variable":    {"suppress gen_id 1, sig_id 1, track by_src, ip $AWAY", "AWAY"},
		"no such track":       {"suppress gen_id 1, sig_id 1, track by_rule, ip 192.0.2.1", "track"},
		"brackets":            {"suppress gen_id 1, sig_id 1, track by_src, ip ]192.0.2.1[", "address"},
		"threshold, no count": {"threshold gen_id 1, sig_id 1, type limit, track by_src, seconds 60", "needed"},
		"rate, no action":     {"rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 1, timeout 1", "by_src"},
		"rate, count 0":       {"rate_filter gen_id 1, sig_id 1, track by_src, count 0, seconds 1, new_action drop, timeout 1", "count"},
		"rate, no seconds":    {"rate_filter gen_id 1, sig_id 1, track by_src, count 1, new_action drop, timeout 1", "seconds"},
		"rate, timeout below": {"rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 1, new_action drop, timeout -1", "timeout"},
	} {
		r := []*rule.Rule{{GID: 1, SID: 1}}
		errs := Thresholds("\n"+c.line+"\nsuppress gen_id 1, sig_id 1", r, nil)
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "line 2: ") || !strings.Contains(errs[0].Error(), c.why) || len(r[0].Suppress) != 1 {
			t.Errorf("%s: %v, %+v", name, errs, r[0])
		}
	}
}

// FuzzOptions: no value panics, and what a rule says of itself can be counted with.
func FuzzOptions(f *testing.F) {
	for _, seed := range []string{"set,a|b", "a,+,1", "set,a,track ip_src,expire 60", "type backoff,track by_flow,count 1,multiplier 10", "server,<,5", "src,CnC,>,30",
		"!JP,US", "host,100,seconds,src", "logging disable, type tx, scope tx", "bytes 12, offset 3, mode strict", `"0d0a"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, v string) {
		for _, set := range []func(*rule.Rule, string) error{Flowbits, Flowint, Xbits, Hostbits, Threshold, DetectionFilter, StreamSize, Reputation, Country, Tag, Config} {
			var r rule.Rule
			if set(&r, v) != nil {
				continue
			}
			for _, h := range []*rule.Threshold{r.Threshold, r.DetectionFilter} {
				if h != nil && (h.Count < 1 || h.Seconds < 1 && h.Type != rule.ThresholdBackoff) {
					t.Errorf("%q counts nothing: %+v", v, h)
				}
			}
			for _, b := range r.Flowbits {
				if len(b.Names) == 0 || len(b.Names) > 1 && !b.Op.Condition() {
					t.Errorf("%q: %+v", v, b)
				}
			}
		}
		for k := rule.DotPrefix; k <= rule.Rewrite; k++ {
			if tr, err := Transform(k, v); err == nil && (tr.Bytes < 0 || tr.Offset < 0) {
				t.Errorf("%q: %+v", v, tr)
			}
		}
	})
}

// FuzzThresholds: no file panics, and no line is counted that is wrong.
func FuzzThresholds(f *testing.F) {
	f.Add("suppress gen_id 1, sig_id 1, track by_src, ip [192.0.2.1,!192.0.2.0/24]\n")
	f.Add("rate_filter gen_id 0, sig_id 0, track by_rule, count 9, seconds 8, \\\nnew_action drop, timeout 0")
	f.Add("threshold gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60")
	f.Fuzz(func(t *testing.T, text string) {
		r := &rule.Rule{GID: 1, SID: 1}
		for _, err := range Thresholds(text, []*rule.Rule{r}, nil) {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("%v names no line", err)
			}
		}
		for _, s := range r.Suppress {
			if s.Addrs == nil && s.Track != rule.TrackRule {
				t.Errorf("%+v is silent for nobody", s)
			}
		}
		if r.RateFilter != nil && (r.RateFilter.Count < 1 || r.RateFilter.Seconds < 1) {
			t.Errorf("%+v", r.RateFilter)
		}
	})
}
