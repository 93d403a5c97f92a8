package form

import (
	"fmt"
	"strings"
	"testing"
)

// diary writes down what it is told.
type diary struct {
	t    testing.TB
	text strings.Builder
	open bool
}

func (d *diary) Open(name []byte) {
	if d.open {
		d.t.Error("two files at once")
	}
	d.open = true
	fmt.Fprintf(&d.text, "[%s:", name)
}

func (d *diary) Write(b []byte) {
	if !d.open {
		d.t.Error("bytes of no file")
	}
	d.text.Write(b)
}

func (d *diary) Close(cut bool) {
	if !d.open {
		d.t.Error("closed twice")
	}
	d.open = false
	d.text.WriteString(map[bool]string{false: "]", true: " cut]"}[cut])
}

func (d *diary) Odd(what Oddity) { fmt.Fprintf(&d.text, "{odd %d}", what) }

func read(t testing.TB, boundary, body string, cut int) string {
	d := &diary{t: t}
	r := New(d, []byte(boundary))
	for len(body) > 0 {
		n := min(cut, len(body))
		r.Write([]byte(body[:n]))
		body = body[n:]
	}
	r.End()
	r.Cut()
	if d.open {
		t.Error("a file stays open")
	}
	return d.text.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	file := func(name, text string) string {
		return "--xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\n\r\n" + text + "\r\n"
	}
	for name, c := range map[string]struct{ body, want string }{
		"two files":              {file("a", "one") + file("b", "two") + "--xx--\r\nafter", "[a:one][b:two]"},
		"empty":                  {file("a", "") + "--xx--", "[a:]"},
		"preamble":               {"before\r\n" + file("a", "x") + "--xx--", "[a:x]"},
		"field":                  {"--xx\r\nContent-Disposition: form-data; name=f\r\n\r\nvalue\r\n--xx--", ""},
		"bare LF":                {strings.ReplaceAll(file("a", "x\ny")+"--xx--", "\r", ""), "[a:x\ny]"},
		"almost a border":        {file("a", "\r\n--x\r\n-\r\r\n") + "--xx--", "[a:\r\n--x\r\n-\r\r\n]"},
		"cut in the file":        {"--xx\r\nContent-Disposition: x; filename=a\r\n\r\nhalf", "[a:half cut]"},
		"cut in the border":      {file("a", "x") + "--x", "[a:x\r\n--x cut]"},
		"nothing behind headers": {"--xx\r\nContent-Disposition: x; filename=a\r\n\r\n", "[a:{odd 2} cut]"},
		"header without a colon": {"--xx\r\nodd\r\nContent-Disposition: x; filename=a\r\n\r\nx\r\n--xx--", "{odd 1}[a:x]"},
		"endless header":         {"--xx\r\n" + strings.Repeat("a", 3*maxPartHead), "{odd 0}"},
		"no border":              {"just text", ""},
	} {
		for _, cut := range []int{1, 2, 5, 1 << 20} {
			if got := read(t, "xx", c.body, cut); got != c.want {
				t.Errorf("%s, cut at %d: %.100q", name, cut, got)
			}
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		`attachment; filename="a.txt"`: "a.txt", `filename=a`: "a", `x; FileName = "a;b"; y`: "a;b", `x; filename="a\"b"`: `a\"b`,
		`x; filename=`: "", `x; filename=""`: "", `x; filename*=a`: "", ``: "", `x; y="filename=a"; filename=b`: "b", `x; filename="open`: "open",
	} {
		if got := string(Parameter([]byte(v), "filename")); got != want {
			t.Errorf("%s: %q", v, got)
		}
	}
	for v, want := range map[string]string{
		"Multipart/Form-Data; boundary=xx": "xx", "multipart/form-data": "", "text/plain; boundary=xx": "",
		"multipart/form-data; boundary=" + strings.Repeat("x", 201): "",
	} {
		if got := string(Boundary([]byte(v))); got != want {
			t.Errorf("%s: %q", v, got)
		}
	}
}

// FuzzReader reads any body in two cuts alike.
func FuzzReader(f *testing.F) {
	f.Add("xx", "--xx\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\ntext\r\n--xx--\r\n", 3)
	f.Add("b", "\n--b\nContent-Disposition: x; filename=y\n\n\r\n--b\r\nodd\r\n\r\n", 1)
	f.Fuzz(func(t *testing.T, boundary, body string, cut int) {
		if len(boundary) == 0 || len(boundary) > maxBoundary || len(body) > maxPartHead {
			return
		}
		if a, b := read(t, boundary, body, max(1, cut&0xff)), read(t, boundary, body, len(body)+1); a != b {
			t.Errorf("%q or %q", a, b)
		}
		Parameter([]byte(body), boundary)
	})
}
