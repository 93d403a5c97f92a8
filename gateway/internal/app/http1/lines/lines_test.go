package lines

import (
	"fmt"
	"strings"
	"testing"
)

// kinds are the ways to find a line.
var kinds = map[string]func(*Scanner, []byte, bool) (Line, bool){
	"request": (*Scanner).Request, "start": (*Scanner).Start, "response": (*Scanner).Response,
}

// scan finds all lines of text, of which n bytes more are there each time.
func scan(kind, text string, n int) string {
	var out strings.Builder
	var s Scanner
	for have := 0; ; {
		have = min(have+n, len(text))
		eof := have == len(text)
		for {
			f, ok := kinds[kind](&s, []byte(text[:have]), eof)
			if !ok {
				break
			}
			fmt.Fprintf(&out, "%q", text[f.From:f.To])
			if f.Last {
				return out.String() + "."
			}
		}
		if eof {
			return out.String()
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, text, want string }{
		{"request", "a\r\nb\nc\r\n\r\nbody", `"a""b""c""".`},
		{"request", "a\rb\r\n\n", `"a\rb""".`},
		{"request", "\r\nbody", `"".`},
		{"request", "\na\n\n", `"""a""".`},
		{"request", "a\n \nb", `"a"" ""b"`},
		{"start", "a\rb\r\nc\nd", `"a""b""c""d"`},
		{"start", "\r\n\n", `""""`},
		{"response", "a\r\nb\nc\rd\r\n\r\nbody", `"a""b""c""d""".`},
		{"response", "a\n\rb\n\r\r\n\r\nbody", `"a""b""".`},
		{"response", "a\n\nbody", `"a""".`},
		{"response", "a\n\r\nbody", `"a""".`},
		{"response", "a\n \nbody", `"a"" ".`},
		{"response", "a\r\n\r\r\nb\r\n\r\n", `"a""\r""b""".`},
		{"response", "\r\r\n\r\n", `"""".`},
	} {
		for _, n := range []int{1, 2, 3, 100} {
			if got := scan(c.kind, c.text, n); got != c.want {
				t.Errorf("%s %q, %d at a time: %s", c.kind, c.text, n, got)
			}
		}
	}
}

// FuzzScanner: lines follow each other, inside of what is there, and end.
func FuzzScanner(f *testing.F) {
	f.Add("a\r\nb\n\rc\r\r\n \n\n", 1)
	f.Add("\r\n\r\n", 2)
	f.Fuzz(func(t *testing.T, text string, n int) {
		for kind, next := range kinds {
			var s Scanner
			for have := 0; have < len(text); {
				have = min(have+max(1, n&0xff), len(text))
				for {
					at := s.At
					l, ok := next(&s, []byte(text[:have]), have == len(text))
					if !ok {
						break
					}
					if s.At <= at || s.At > have || l.From != at || l.To < l.From || l.To > s.At {
						t.Fatalf("%s: %+v at %d, then %d of %d", kind, l, at, s.At, have)
					}
				}
			}
			if s.At != len(text) {
				t.Errorf("%s: %q stays", kind, text[s.At:])
			}
		}
	})
}
