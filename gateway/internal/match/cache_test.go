package match

import (
	"fmt"
	"testing"

	"otasuke/rule/parse"
)

// A set from the cache answers as one that was compiled.
func TestCompileFromCache(t *testing.T) {
	t.Parallel()
	var text []byte
	for i := range 60 {
		text = fmt.Appendf(text, `alert udp any any -> any any (msg:"w"; flow:to_server; content:"word-%d-here"; sid:%d; rev:1;)`+"\n", i, i+1)
	}
	rules, _ := parse.Rules("t.rules", text, parse.Options{})
	dir := t.TempDir()
	var sets [3]*Set
	for i := range sets {
		opt := Options{Trouble: func(err error) { t.Error(err) }}
		if i > 0 {
			opt.Cache = dir
		}
		set, refused, err := Compile(rules, opt)
		if err != nil || len(refused) > 0 {
			t.Fatal(err, refused)
		}
		t.Cleanup(set.Close)
		sets[i] = set
	}
	first, second := sets[1].Stats(), sets[2].Stats()
	if first.Engine == "vectorscan" && (first.Cached != 0 || second.Cached == 0) {
		t.Errorf("found %d, then %d databases; want none, then some", first.Cached, second.Cached)
	}
	second.Cached = 0
	if plain := sets[0].Stats(); plain != second {
		t.Errorf("from the cache %+v, compiled %+v", second, plain)
	}
	for text, want := range map[string]bool{"the word-7-here": true, "nothing": false, "word-59-here word-0-here": true} {
		for i, set := range sets {
			if got := newFeeder(t, set).packet(text); got != want {
				t.Errorf("set %d: %q matches: %v, want %v", i, text, got, want)
			}
		}
	}
}
