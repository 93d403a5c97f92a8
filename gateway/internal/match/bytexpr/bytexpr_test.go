package bytexpr

import (
	"strings"
	"sync"
	"testing"

	"otasuke/rule"
)

func TestFind(t *testing.T) {
	t.Parallel()
	check := func(m rule.PCRE, subject string, from, end int) {
		t.Helper()
		e, err := Compile(&m)
		if err != nil {
			t.Errorf("%s: %v", m.Pattern, err)
			return
		}
		f, n, ok := e.Find(&Scratch{}, []byte(subject))
		if !ok {
			f, n = -1, -1
		}
		if f != from || n != end {
			t.Errorf("/%s/ in %q: %d to %d, want %d to %d", m.Pattern, subject, f, n, from, end)
		}
	}
	check(rule.PCRE{Pattern: `b+`}, "abbc", 1, 3)
	check(rule.PCRE{Pattern: `\xff.`, DotAll: true}, "\xe3\x81\xff\x82", 2, 4)
	check(rule.PCRE{Pattern: "\xe3[\x80-\x9f]"}, "a\xe3\x81", 1, 3)
	check(rule.PCRE{Pattern: `[^\x00-\x7f]{2}`}, "a\xe3\x81", 1, 3)
	check(rule.PCRE{Pattern: `a$`}, "ba\n", 1, 3)
	check(rule.PCRE{Pattern: `a$`}, "ba\nb", -1, -1)
	check(rule.PCRE{Pattern: `\x4A\x4a\x9`}, "JJ\t", 0, 3)
	check(rule.PCRE{Pattern: `a$`, DollarEnd: true}, "ba\n", -1, -1)
	check(rule.PCRE{Pattern: `^b`, Multiline: true}, "a\nb", 2, 3)
	check(rule.PCRE{Pattern: `b`, Anchored: true}, "ab", -1, -1)
	check(rule.PCRE{Pattern: `a\sb`}, "a\x0bb", 0, 3)
	check(rule.PCRE{Pattern: `[\s]b`}, "a\x0bb", 1, 3)
	check(rule.PCRE{Pattern: `\/\_\-\i`}, "/_-i", 0, 4)
	check(rule.PCRE{Pattern: `[]a[]+`}, "x]a[", 1, 4)
	check(rule.PCRE{Pattern: `[[:digit:]a]+`}, "x1a2", 1, 4)
	check(rule.PCRE{Pattern: `a(?=c)`}, "abac", 2, 3)
	check(rule.PCRE{Pattern: `(?<!x)b`}, "xbb", 2, 3)
	check(rule.PCRE{Pattern: `(?P<q>.)(?P=q)`}, "ab\xff\xff", 2, 4)
	check(rule.PCRE{Pattern: `a++b`}, "aab", 0, 3)
	check(rule.PCRE{Pattern: `A # remark`, Extended: true, Nocase: true}, "xa", 1, 2)
	check(rule.PCRE{Pattern: `a+`, Ungreedy: true}, "aaa", 0, 1)
	check(rule.PCRE{Pattern: `.{1001}`}, "short", -1, -1)
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{`(`, `a{2,1}(?=b)`, `[z-a]`} {
		if _, err := Compile(&rule.PCRE{Pattern: pattern}); err == nil {
			t.Errorf("/%s/ was taken", pattern)
		}
	}
}

// TestExplosion gives an exponential expression a hard text: it must come to an
// end, without a match.
func TestExplosion(t *testing.T) {
	t.Parallel()
	e, err := Compile(&rule.PCRE{Pattern: `(?=a)(a+)+$`})
	if err != nil {
		t.Fatal(err)
	}
	subject := make([]byte, 1<<16)
	for i := range subject {
		subject[i] = 'a'
	}
	subject[len(subject)-1] = 'b'
	if _, _, ok := e.Find(&Scratch{}, subject); ok {
		t.Error("matched")
	}
}

// TestExplosionsAreBounded: who sends what expressions explode on gets a part of a second of
// work for each second of traffic; then they are tried again.
func TestExplosionsAreBounded(t *testing.T) {
	t.Parallel()
	bad, err := Compile(&rule.PCRE{Pattern: `(?=a)(a+)+$`})
	if err != nil {
		t.Fatal(err)
	}
	good, err := Compile(&rule.PCRE{Pattern: `(?=wor)word`})
	if err != nil {
		t.Fatal(err)
	}
	explosive := []byte(strings.Repeat("a", 60) + "b")
	sc := Scratch{Now: 5_000_000}
	const tries = 1000
	for range tries {
		if _, _, ok := bad.Find(&sc, explosive); ok {
			t.Fatal("matched")
		}
	}
	if sc.GaveUp != tries || sc.spent != maxGaveUp {
		t.Errorf("given up %d times, %d of them after all their time", sc.GaveUp, sc.spent)
	}
	if _, _, ok := good.Find(&sc, []byte("a word")); ok {
		t.Error("tried although the second is used up")
	}
	sc.Now += second
	if _, _, ok := good.Find(&sc, []byte("a word")); !ok {
		t.Error("not tried in the next second")
	}
}

func FuzzFind(f *testing.F) {
	f.Add(`^a[^\x00]+(?=b)$`, "axb", true)
	f.Add(`[]\s]\x{41}\_`, "\xffA", false)
	f.Fuzz(func(t *testing.T, pattern, subject string, nocase bool) {
		if len(pattern) > 200 || len(subject) > 2000 {
			return
		}
		e, err := Compile(&rule.PCRE{Pattern: pattern, Nocase: nocase})
		if err != nil {
			return
		}
		if from, end, ok := e.Find(&Scratch{}, []byte(subject)); ok && (from < 0 || end < from || end > len(subject)) {
			t.Errorf("/%q/ in %q: %d to %d", pattern, subject, from, end)
		}
	})
}

// An expression is made by the first search, of several goroutines at once too, and only checked before.
func TestMadeWhenNeeded(t *testing.T) {
	t.Parallel()
	e, err := Compile(&rule.PCRE{Pattern: `^a(b+)$`, Captures: []rule.Capture{{Group: 1, Name: "x"}}})
	if err != nil || e.linear.Load() != nil {
		t.Fatalf("made at once, or %v", err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			kept := ""
			e.Keep(&Scratch{}, []byte("abb"), func(_ *rule.Capture, text []byte) { kept = string(text) })
			if _, _, ok := e.Find(&Scratch{}, []byte("abb")); !ok || kept != "bb" {
				t.Errorf("found %v, kept %q", ok, kept)
			}
		})
	}
	all.Wait()
	made := e.linear.Load()
	if e.Find(&Scratch{}, []byte("ac")); made == nil || e.linear.Load() != made {
		t.Error("made again")
	}
	for _, bad := range []string{`a(`, `a{2,1}`, `[z-a]`} {
		if _, err := Compile(&rule.PCRE{Pattern: bad}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
