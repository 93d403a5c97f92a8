package httpmsg

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"net/url"
	"path"
	"strings"
	"testing"
)

func TestURI(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/":                                    "/",
		"/a%20b%2Fc":                           "/a b/c",
		"/a%2":                                 "/a%2",
		"/a%zz%":                               "/a%zz%",
		"/a%2541":                              "/a%41",
		"/a/./b/../c":                          "/a/c",
		"/a/%2e%2e/%2E%2E/etc/passwd":          "/etc/passwd",
		"/../../x":                             "/x",
		"/a/..":                                "/",
		"/a/.":                                 "/a/",
		"/a//b":                                "/a//b",
		"/..a/.b/c..":                          "/..a/.b/c..",
		"/a?b=/../c%20d":                       "/a?b=/../c d",
		"http://host/a/../b?c":                 "/b?c",
		"http://host":                          "",
		"http://host?q":                        "?q",
		"*":                                    "*",
		"/?u=://hidden/cmd":                    "/?u=://hidden/cmd",
		"/x://y/cmd":                           "/x://y/cmd",
		"/login?next=http://elsewhere.example": "/login?next=http://elsewhere.example",
	} {
		m := Message{Target: []byte(target)}
		if got := string(m.AppendURI([]byte("before "))); got != "before "+want {
			t.Errorf("%s is read as %q, want %q", target, got, want)
		}
	}
}

// TestURIAgainstStandardLibrary: paths of segments resolve as net/url and path do.
func TestURIAgainstStandardLibrary(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		target := ""
		for range 1 + rng.IntN(8) {
			target += "/" + []string{"a", "b%41", "..", ".", "%2e%2e", "c.d", "..x"}[rng.IntN(7)]
		}
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		want := path.Clean(u.Path)
		m := Message{Target: []byte(target)}
		if got := path.Clean(string(m.AppendURI(nil))); got != want {
			t.Fatalf("%s is read as %q, want %q", target, got, want)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	f := func(line, host, want string) {
		t.Helper()
		m := request(t, line+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if got := string(m.AppendHost(nil)); got != want {
			t.Errorf("%s of %s is %q, want %q", line, host, got, want)
		}
	}
	f("GET /", "WWW.Example.JP", "www.example.jp")
	f("GET /", "www.example.jp:8080", "www.example.jp")
	f("GET /", "www.example.jp.", "www.example.jp")
	f("GET /", "www.example.jp.:80", "www.example.jp")
	f("GET /", "[2001:db8::1]:80", "[2001:db8::1]")
	f("GET /", "[2001:db8::1", "[2001:db8::1")
	f("GET /", "", "")
	f("GET http://other.example:80/x", "www.example.jp", "other.example")
	f("GET http://other.example?x", "www.example.jp", "other.example")
	f("GET http://good.example:x@bad.example/", "www.example.jp", "bad.example")
	f("GET /?u=://good.example/", "bad.example", "bad.example")
	f("GET /x://good.example/", "bad.example", "bad.example")
	f("CONNECT other.example:443", "www.example.jp", "other.example")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	m := request(t, "GET /a HTTP/1.1\r\nHost: h\r\nCookie: secret\r\nAccept:  x \r\n\r\n")
	for what, c := range map[string]struct{ got, want string }{
		"headers":    {string(m.AppendHeader(nil)), "Host: h\r\nAccept: x\r\n"},
		"names":      {string(m.AppendNames(nil)), "\r\nHost\r\nCookie\r\nAccept\r\n\r\n"},
		"start":      {string(m.AppendStart(nil)), "GET /a HTTP/1.1\r\nHost: h\r\nCookie: secret\r\nAccept:  x \r\n\r\n"},
		"no such":    {string(m.Header("x")), ""},
		"some value": {string(m.Header("accept")), "x"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", what, c.got, c.want)
		}
	}
}

// coded is a body with a content coding.
func coded(t testing.TB, coding, text string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "X-GZIP":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, -1)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPlain(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("the plain text 0123456789 ", 200)
	f := func(name, coding string, body []byte, want string) {
		t.Helper()
		m := Message{Body: body, Headers: []Header{{[]byte("Content-Encoding"), []byte(coding)}}}
		if got := string(m.AppendPlain([]byte("before "))); got != "before "+want {
			t.Errorf("%s: %d bytes %.60q", name, len(got), got)
		}
	}
	f("gzip", "gzip", coded(t, "gzip", text), text)
	f("old name", "X-GZIP", coded(t, "gzip", text), text)
	f("deflate", "deflate", coded(t, "deflate", text), text)
	f("deflate without its header", "deflate", coded(t, "raw", text), text)
	f("none", "", []byte(text), text)
	f("unknown", "zstd", []byte("abc"), "abc")
	f("not gzip at all", "gzip", []byte("plain after all"), "plain after all")
	f("empty", "gzip", nil, "")
	bomb := strings.Repeat("\x00", 8<<20)
	f("bomb", "gzip", coded(t, "gzip", bomb), bomb[:MaxDecoded])
	g := coded(t, "gzip", text)
	m := Message{Body: g[:len(g)-9], Headers: []Header{{[]byte("Content-Encoding"), []byte("gzip")}}}
	if got := string(m.AppendPlain(nil)); len(got) == 0 || !strings.HasPrefix(text, got) {
		t.Errorf("cut body: %d bytes", len(got))
	}
}

func FuzzBuffers(f *testing.F) {
	f.Add([]byte("GET http://h/a/../%2e/b?c=%41 HTTP/1.1\r\nHost: x:80\r\nContent-Encoding: gzip\r\n\r\n"), coded(f, "gzip", "text"))
	f.Add([]byte("POST /..//.. HTTP/1.1\r\nHost: [::1]:80\r\nContent-Encoding: deflate\r\n\r\n"), coded(f, "deflate", "text"))
	f.Fuzz(func(t *testing.T, head, body []byte) {
		c := new(Conn[int])
		c.Reset(first(func(tx *Tx[int]) {
			m := &tx.Req
			m.Body = append(m.Body, body...)
			if got := m.AppendURI(nil); len(got) > len(m.Target) {
				t.Errorf("%q grows to %q", m.Target, got)
			}
			m.AppendHost(nil)
			if got := m.AppendPlain(nil); len(got) > max(MaxDecoded, len(m.Body)) {
				t.Errorf("%d bytes decoded", len(got))
			}
			m.AppendHeader(nil)
			m.AppendNames(nil)
			m.AppendStart(nil)
			m.Body = m.Body[:0]
		}))
		c.Push(ToServer, head)
	})
}
