package literal

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFewPatterns: sets of a few patterns find what stands anywhere in their data, at its
// end too. Version 5.4.9 of vectorscan by itself misses one in a few hundred.
func TestFewPatterns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 3))
	for _, count := range []int{1, 2, 3, 5, 9, 17, 40, 63, 64, 100} {
		for round := range 2000/count + 20 {
			patterns := make([]Pattern, count)
			for k := range patterns {
				b := make([]byte, 2+r.IntN(4))
				for i := range b {
					b[i] = "Zab/cdefghijklmnop"[r.IntN(18)]
				}
				if round%2 == 1 && k == 0 {
					b[0] = 0
				}
				patterns[k] = Pattern{b, round%4 > 1 && r.IntN(2) == 0}
			}
			db, err := Compile(patterns)
			if err != nil {
				t.Fatal(err)
			}
			sc, err := NewScratch(db)
			if err != nil {
				t.Fatal(err)
			}
			for range 30 {
				d := make([]byte, 1+r.IntN(1000))
				for i := range d {
					d[i] = "xyzwvutABC"[r.IntN(10)]
				}
				for range r.IntN(4) {
					if q := patterns[r.IntN(count)].Bytes; len(q) <= len(d) {
						copy(d[r.IntN(len(d)-len(q)+1):], q)
					}
				}
				d = d[r.IntN(len(d)):]
				got := sc.Scan(db, d)
				for i, q := range patterns {
					in, word := d, q.Bytes
					if q.Nocase {
						in, word = bytes.ToLower(in), bytes.ToLower(word)
					}
					if bytes.Contains(in, word) && !slices.Contains(got, uint32(i)) {
						t.Fatalf("%d patterns: %q (nocase %v) is missed in %q", count, q.Bytes, q.Nocase, d)
					}
				}
			}
			sc.Close()
			db.Close()
		}
	}
}
