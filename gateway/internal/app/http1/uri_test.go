package http1

import "testing"

func TestURI(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/":                         "/",
		"/a%20b%2Fc":                "/a b/c",
		"/a%2":                      "/a%2",
		"/a%zz%":                    "/a%zz%",
		"/a%2541":                   "/a%41",
		"/a/./b/../c":               "/a/c",
		"/a/%2e%2e/%2E%2E/etc":      "/etc",
		"/../../x":                  "/x",
		"/a/..":                     "/",
		"/a/.":                      "/a/",
		"/a//b///c":                 "/a/b/c",
		`/a\b\..\c`:                 "/a/c",
		"/..a/.b/c..":               "/..a/.b/c..",
		"../a":                      "a",
		"..":                        "",
		"/a+b":                      "/a+b",
		"/a?b=/..//c%20d+e\\":       "/a?b=/..//c d+e\\",
		"/a?b#c%20":                 "/a?b#c%20",
		"/a#b?c":                    "/a#b?c",
		"http://host/a/../b?c":      "/b?c",
		"http://host":               "",
		"http://host?q":             "?q",
		"*":                         "*",
		"/%u0041%uff21%u0100":       "/AAA",
		"/%u00":                     "/%u00",
		"/caf\xc3\xa9":              "/caf\xe9",
		"/%ef%bc%8fetc":             "//etc",
		"/a/%c0%ae%c0%ae/b":         "/b",
		"/a%c0%afb":                 "/a/b",
		"/\xf0\x9f\x98\x84":         "/?",
		"/\xc3":                     "/\xc3",
		"/a%00b":                    "/a\x00b",
		"/login?next=http://e.test": "/login?next=http://e.test",
		"/?u=://hidden/cmd":         "/?u=://hidden/cmd",
		"x:/a?b":                    "/a?b",
		"http:///a":                 "/a",
	} {
		u := split([]byte(raw))
		if got := string(u.appendURI([]byte("before "))); got != "before "+want {
			t.Errorf("%q is read as %q, want %q", raw, got, want)
		}
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{"/a%41": true, "/%%41": true, "/a": false, "/%": false, "/%zz%a": false, "/%u0041": true} {
		if twice([]byte(uri)) != want {
			t.Errorf("%s", uri)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		host string
		port int
		good bool
	}{
		"WWW.Example.JP":      {"www.example.jp", -1, true},
		"www.example.jp:8080": {"www.example.jp", 8080, true},
		"a_b.example":         {"a_b.example", -1, true},
		"a..b":                {"a..b", -1, false},
		"a b":                 {"a b", -1, false},
		"a:0":                 {"a", -1, true},
		"a:65536":             {"a", -1, true},
		"[2001:db8::1]:80":    {"[2001:db8::1]", 80, true},
		"[::1":                {"[::1", -1, false},
		"[x]":                 {"[x]", -1, false},
		" h ":                 {"h", -1, true},
		"":                    {"", -1, false},
	} {
		host, port := hostPort([]byte(raw))
		if got := string(appendHost(nil, host)); got != want.host || parsePort(port) != want.port || goodHost(host) != want.good {
			t.Errorf("%q: host %q, port %q, good %v", raw, got, port, goodHost(host))
		}
	}
	u := split([]byte("http://user:pass@bad.example:81/"))
	if string(u.host) != "bad.example" || string(u.port) != "81" {
		t.Errorf("%q %q", u.host, u.port)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]struct {
		r  byteRange
		ok bool
	}{
		"bytes 0-9/100":                  {byteRange{0, 9, 100}, true},
		"Bytes=5-9/*":                    {byteRange{}, false},
		"bytes 5-9/*":                    {byteRange{5, 9, -1}, true},
		"bytes */100":                    {byteRange{-1, -1, 100}, true},
		"bytes 0--5/*":                   {byteRange{}, false},
		"bytes foo-bar/baz":              {byteRange{}, false},
		"bytes 0-9":                      {byteRange{}, false},
		"bytes 0-9/99999999999999999999": {byteRange{}, false},
	} {
		if r, ok := parseRange([]byte(v)); ok != want.ok || ok && r != want.r {
			t.Errorf("%q: %v %v", v, r, ok)
		}
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]protocol{
		"HTTP/1.1": http11, "http/1.0": http10, "HTTP/0.9": http09, " HTTP / 1.1 ": http11, "HTTP/01.1": http11,
		"HTTP/1.10": httpInvalid, "HTTP/2.0": httpInvalid, "HTTP": httpInvalid, "": httpInvalid, "HTTP/1.1x": httpInvalid,
	} {
		if got := parseProtocol([]byte(v)); got != want {
			t.Errorf("%q is %d", v, got)
		}
	}
}
