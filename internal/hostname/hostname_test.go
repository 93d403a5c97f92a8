package hostname_test

import (
	"errors"
	"strings"
	"testing"

	"otasuke/internal/hostname"
)

func TestClean(t *testing.T) {
	t.Parallel()
	f := func(in, want string, why error) {
		t.Helper()
		if got, err := hostname.Clean(in); got != want || !errors.Is(err, why) {
			t.Errorf("%q: %q, %v; want %q, %v", in, got, err, want, why)
		}
	}
	f("Evil.Example", "evil.example", nil)
	f(" evil.example. ", "evil.example", nil)
	f("日本語.jp", "xn--wgv71a119e.jp", nil)
	f("a_b.example.co.jp", "a_b.example.co.jp", nil)
	f("github.io", "github.io", nil)
	f("co.jp", "", hostname.ErrSuffix)
	f("みほん", "", hostname.ErrName)
	f("localhost", "", hostname.ErrName)
	f("192.0.2.1", "", hostname.ErrName)
	f("evil..example", "", hostname.ErrName)
	f("*.example.com", "", hostname.ErrName)
	f("evil.example/path", "", hostname.ErrName)
	f("evil.example\nother.example", "", hostname.ErrName)
	f("", "", hostname.ErrName)
	f(strings.Repeat("a", 64)+".example", "", hostname.ErrName)
	f(strings.Repeat("a.", 140)+"example", "", hostname.ErrName)
	f("\x00evil.example", "", hostname.ErrName)
}

// What is clean stays as it is: a box must find the name that the centre has shown.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"evil.example", "日本語.jp", "a.b.c.d.e", "ＡＢＣ.example", "xn--a.example", "ß.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := hostname.Clean(s)
		if err != nil {
			return
		}
		if twice, err := hostname.Clean(once); err != nil || twice != once {
			t.Errorf("%q, then %q: %v", once, twice, err)
		}
	})
}
