package form

import "testing"

func TestRanges(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]struct {
		r  Range
		ok bool
	}{
		"bytes 0-9/100":                  {Range{0, 9, 100}, true},
		"Bytes=5-9/*":                    {Range{}, false},
		"bytes 5-9/*":                    {Range{5, 9, -1}, true},
		"bytes */100":                    {Range{-1, -1, 100}, true},
		"bytes 0--5/*":                   {Range{}, false},
		"bytes foo-bar/baz":              {Range{}, false},
		"bytes 0-9":                      {Range{}, false},
		"bytes 0-9/99999999999999999999": {Range{}, false},
	} {
		if r, ok := ParseRange([]byte(v)); ok != want.ok || ok && r != want.r {
			t.Errorf("%q: %v %v", v, r, ok)
		}
	}
}
