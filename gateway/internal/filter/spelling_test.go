package filter

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// spelled is what read does for ASCII, byte by byte.
func spelled(name string) (n string, at []int) {
	n = strings.TrimSuffix(name, ".")
	if len(n) > maxName {
		n = n[len(n)-maxName:]
	}
	b := []byte(n)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
		if i == 0 || b[i-1] == '.' {
			at = append(at, i)
		}
	}
	if len(b) > 0 && b[len(b)-1] == '.' {
		at = append(at, len(b))
	}
	kept := at[:0]
	for i, from := range at {
		if i+1 < len(at) && at[i+1] == from+1 {
			continue // an empty label
		}
		kept = append(kept, from)
	}
	return string(b), kept
}

func checkSpelling(t *testing.T, name string) {
	t.Helper()
	var s spelling
	n, whole := s.read([]byte(name))
	want, at := spelled(name)
	if string(n) != want || whole != (len(strings.TrimSuffix(name, ".")) <= maxName) || fmt.Sprint(s.at[:s.labels]) != fmt.Sprint(at) {
		t.Errorf("%q: %q %v, want %q %v", name, n, s.at[:s.labels], want, at)
	}
}

func TestSpelling(t *testing.T) {
	t.Parallel()
	all := make([]byte, 128)
	for i := range all {
		all[i] = byte(i)
	}
	for _, name := range []string{"", ".", "..", "a", "A.", "www.EXAMPLE.com.", "@[`{Zz.aA", string(all), strings.Repeat(".", 400), strings.Repeat("a.", 200), strings.Repeat("X", 300), ".evil.example", "evil..example", "evil.example.."} {
		checkSpelling(t, name)
	}
	for i := range 300 {
		checkSpelling(t, strings.Repeat("aB.c", 100)[:i])
	}
}

func FuzzSpelling(f *testing.F) {
	f.Add("www.Evil.example.")
	f.Add(strings.Repeat(".", 300))
	f.Fuzz(func(t *testing.T, name string) {
		var s spelling
		if _, _, plain := s.copy([]byte(name)); plain {
			checkSpelling(t, name)
			return
		}
		if n, _ := s.read([]byte(name)); bytes.ContainsAny(n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || s.labels > maxLabels {
			t.Errorf("%q: %q", name, n)
		}
	})
}

// No number of labels, dots or letters hides a listed name.
func TestManyLabels(t *testing.T) {
	t.Parallel()
	b := NewBuilder(nil)
	n, _ := b.Open(List{Name: "x", Category: "c"})
	if err := b.Name(Mark{List: n, Scope: Exact | Below}, []byte("evil.example")); err != nil {
		t.Fatal(err)
	}
	if err := b.Name(Mark{List: n, Scope: Exact}, []byte("only.example")); err != nil {
		t.Fatal(err)
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	for labels := range 200 {
		for _, dot := range []string{".", "..", "."} {
			name := strings.Repeat("A"+dot, labels) + "eVil.Example"
			if _, ok := l.Name(Device{}, []byte(name)); !ok {
				t.Errorf("%d labels hide it", labels)
			}
		}
	}
	for name, want := range map[string]bool{"only.example": true, "x.only.example": false, "xevil.example": false, ".evil.example": true, strings.Repeat(".", 250) + "evil.example": true, "example": false, "": false} {
		if _, ok := l.Name(Device{}, []byte(name)); ok != want {
			t.Errorf("%.20q: %v", name, ok)
		}
	}
}

// The sieve lets everything through that is there, and little else.
func TestSieve(t *testing.T) {
	t.Parallel()
	l := fill(t, 100_000)
	passed, asked := 0, 0
	for i := range 100_000 {
		if l.table.may(max(l.nameHash(fmt.Appendf(nil, "host-%d.site%d.example", i/10, i%10)), 1)) == 0 {
			t.Fatalf("%d is kept back", i)
		}
		asked++
		passed += int(l.table.may(max(l.nameHash(fmt.Appendf(nil, "harmless-%d.example", i)), 1)))
	}
	if passed*40 > asked {
		t.Errorf("%d of %d pass that are not there", passed, asked)
	}
}
