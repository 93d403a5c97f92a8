package uri

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
		u := Split([]byte(raw))
		if got := string(u.Append([]byte("before "))); got != "before "+want {
			t.Errorf("%q is read as %q, want %q", raw, got, want)
		}
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{"/a%41": true, "/%%41": true, "/a": false, "/%": false, "/%zz%a": false, "/%u0041": true} {
		if Twice([]byte(uri)) != want {
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
		host, port := HostPort([]byte(raw))
		if got := string(AppendHost(nil, host)); got != want.host || ParsePort(port) != want.port || GoodHost(host) != want.good {
			t.Errorf("%q: host %q, port %q, good %v", raw, got, port, GoodHost(host))
		}
	}
	u := Split([]byte("http://user:pass@bad.example:81/"))
	if string(u.Host) != "bad.example" || string(u.Port) != "81" {
		t.Errorf("%q %q", u.Host, u.Port)
	}
}

// FuzzTarget reads any target. What comes out is never longer.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"http://user@Host:80/a/../%2e/b?c=%41#d", "/%u0041/%c0%af/..%5c", "[::1]:80", "\xf0\x9f\x98\x84/ｅ", "../..", "%%%2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u := Split(b)
		out := u.Append(nil)
		if len(out) > len(b) {
			t.Errorf("%q grows to %q", b, out)
		}
		Twice(out)
		host, port := HostPort(b)
		GoodHost(host)
		ParsePort(port)
		AppendHost(nil, host)
	})
}
