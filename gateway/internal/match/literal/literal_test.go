package literal

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"otasuke/internal/ascii"
)

// occurs is the plain definition that both implementations must meet.
func occurs(p Pattern, data []byte) bool {
	if p.Nocase {
		return bytes.Contains(ascii.ToLower(data), ascii.ToLower(p.Bytes))
	}
	return bytes.Contains(data, p.Bytes)
}

func TestScanFindsWhatOccurs(t *testing.T) {
	t.Parallel()
	patterns := []Pattern{
		{[]byte("he"), false}, {[]byte("she"), true}, {[]byte("hers"), false}, {[]byte("his"), false},
		{[]byte("\x00\xff"), false}, {[]byte("ah"), false}, {[]byte("SHE"), false}, {[]byte("ushers"), true},
	}
	check2(t, patterns, []byte("UsHers and \x00\xff"))
	check2(t, patterns, []byte("ahishers"))
	check2(t, patterns, []byte{})
	check2(t, patterns, []byte("xyz"))
}

func check2(t *testing.T, patterns []Pattern, data []byte) {
	t.Helper()
	db, err := Compile(patterns)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sc, err := NewScratch(db)
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	// Short data and long are searched in different ways.
	for _, before := range []int{0, 700} {
		all := append(bytes.Repeat([]byte{'~'}, before), data...)
		found := slices.Clone(sc.Scan(db, all))
		for i, p := range patterns {
			if got, want := slices.Contains(found, uint32(i)), occurs(p, data); got != want {
				t.Errorf("%s: pattern %q in %q behind %d bytes: %v, want %v", Engine, p.Bytes, data, before, got, want)
			}
		}
		if slices.Sort(found); len(slices.Compact(found)) != len(found) {
			t.Errorf("a pattern was reported twice: %v", found)
		}
	}
}

func TestScanRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abABc\x00"[r.IntN(6)]
		}
		return b
	}
	for range 40 {
		var patterns []Pattern
		for range 1 + r.IntN(60) {
			patterns = append(patterns, Pattern{text(2 + r.IntN(8)), r.IntN(2) == 0})
		}
		for range 10 {
			check2(t, patterns, text(r.IntN(80)))
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	db, err := Compile([]Pattern{{[]byte("needle"), true}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sc, err := NewScratch(db)
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	data := bytes.Repeat([]byte("hay NEEDLE "), 100)
	if n := testing.AllocsPerRun(100, func() { sc.Scan(db, data) }); n != 0 {
		t.Errorf("a scan allocates %v times", n)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, patterns := range map[string][]Pattern{"none": nil, "short": {{Bytes: []byte("a")}}} {
		if _, err := Compile(patterns); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzGrams: short data is searched for whatever patterns there are as its definition says.
func FuzzGrams(f *testing.F) {
	f.Add([]byte("he\xffShe\xffhers\xff\x00\x00\xffABCDEFGH"), []byte("ushers and \x00\x00 abcdefgh"))
	f.Add([]byte("\x00\x00\x00\x00\xff  \xff@@@@\xff````"), []byte("\x00\x20\x00@@`@@@@````  "))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		var patterns []Pattern
		for i, b := range bytes.Split(text, []byte{0xff}) {
			if len(b) >= 2 {
				patterns = append(patterns, Pattern{b, i%2 == 1})
			}
		}
		m := newMarks(len(patterns))
		found := newGrams(patterns).scan(&m, data)
		for i, p := range patterns {
			if got := slices.Contains(found, uint32(i)); got != occurs(p, data) {
				t.Errorf("%q (nocase %v) in %q: %v", p.Bytes, p.Nocase, data, got)
			}
		}
	})
}
