package discovery

import (
	"errors"
	"strings"
	"testing"

	"otasuke/content/apps"
	"otasuke/internal/hostname"
	"otasuke/wire"
)

func guard(t testing.TB) *Guard {
	t.Helper()
	known, err := apps.Load()
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGuard(known, "https://portal.minato.example/", "centre.boxes.example", "198.51.100.7", "mail.minato.example:25", "[2001:db8::25]:25", "")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Nothing that people need can be stopped for all, whoever wants it; what attacks can.
func TestGuard(t *testing.T) {
	t.Parallel()
	g := guard(t)
	for _, c := range []struct{ kind, typed, want, reason string }{
		{wire.StopName, " https://Login.Evil.example/bank?x=1 ", "login.evil.example", ""},
		{wire.StopName, "*.evil.example.", "evil.example", ""},
		{wire.StopName, "日本語.jp", "xn--wgv71a119e.jp", ""},
		{wire.StopName, "bucket.s3.amazonaws.com", "bucket.s3.amazonaws.com", ""},
		{wire.StopName, "one-of-many.github.io", "one-of-many.github.io", ""},
		{wire.StopName, "evil.web.core.windows.net", "evil.web.core.windows.net", ""},
		{wire.StopName, "co.jp", "", NotSuffix},
		{wire.StopName, "jp", "", NotName},
		{wire.StopName, "github.io", "", NotShared},
		{wire.StopName, "s3.amazonaws.com", "", NotShared},
		{wire.StopName, "google.co.jp", "", NotEveryday},
		{wire.StopName, "mail.google.com", "", NotEveryday},
		{wire.StopName, "www.mhlw.go.jp", "", NotEveryday},
		{wire.StopName, "www.yahoo.co.jp", "", NotEveryday},
		{wire.StopName, "amazonaws.com", "", NotEveryday},
		{wire.StopName, "line.me", "", NotApp},
		{wire.StopName, "www.chatgpt.com", "", NotApp},
		{wire.StopName, "minato.example", "", NotOurs},
		{wire.StopName, "portal.minato.example", "", NotOurs},
		{wire.StopName, "boxes.example", "", NotOurs},
		{wire.StopName, "mail.minato.example", "", NotOurs},
		{wire.StopName, "shop.minato.example", "shop.minato.example", ""},
		{wire.StopName, "203.0.113.9", "", NotName},
		{wire.StopName, "a b.example", "", NotName},
		{wire.StopName, "evil.example\nother.example", "", NotName},
		{wire.StopName, strings.Repeat("a.", 200) + "example", "", NotName},
		{wire.StopName, strings.Repeat("a", 5000), "", NotName},
		{wire.StopAddr, "203.0.113.9", "203.0.113.9", ""},
		{wire.StopAddr, "[2001:DB8:0::1]", "2001:db8::1", ""},
		{wire.StopAddr, "::ffff:203.0.113.9", "203.0.113.9", ""},
		{wire.StopAddr, "192.168.1.1", "", NotInside},
		{wire.StopAddr, "::ffff:10.0.0.1", "", NotInside},
		{wire.StopAddr, "100.64.0.1", "", NotInside},
		{wire.StopAddr, "127.0.0.1", "", NotInside},
		{wire.StopAddr, "0.0.0.1", "", NotInside},
		{wire.StopAddr, "255.255.255.255", "", NotInside},
		{wire.StopAddr, "fe80::1", "", NotInside},
		{wire.StopAddr, "fd00::1", "", NotInside},
		{wire.StopAddr, "64:ff9b::8.8.8.8", "", NotInside},
		{wire.StopAddr, "fe80::1%eth0", "", NotAddr},
		{wire.StopAddr, "203.0.113.0/24", "", NotAddr},
		{wire.StopAddr, "8.8.8.8", "", NotResolver},
		{wire.StopAddr, "198.51.100.7", "", NotOurs},
		{wire.StopAddr, "2001:db8::25", "", NotOurs},
		{wire.StopPage, "shop.example/wp-content/x.php?id=1#top", "http://shop.example/wp-content/x.php?id=1", ""},
		{wire.StopPage, "http://Shop.example:80/a", "http://shop.example/a", ""},
		{wire.StopPage, "https://shop.example/a", "", NotSecret},
		{wire.StopPage, "http://shop.example/", "", NotWhole},
		{wire.StopPage, "http://shop.example:8080/a", "", NotPage},
		{wire.StopPage, "http://u:p@shop.example/a", "", NotPage},
		{wire.StopPage, "ftp://shop.example/a", "", NotPage},
		{wire.StopPage, "http://portal.minato.example/alerts", "", NotOurs},
		{KindFile, strings.Repeat("AB", 32), strings.Repeat("ab", 32), ""},
		{KindFile, strings.Repeat("a", 63), "", NotDigest},
		{KindFile, strings.Repeat("g", 64), "", NotDigest},
		{KindFile, emptyFile, "", NotEmpty},
		{"everything", "evil.example", "", NotKind},
		{"", "", "", NotKind},
	} {
		got, err := g.Check(c.kind, c.typed)
		var refused *Refusal
		if errors.As(err, &refused) != (c.reason != "") || refused != nil && refused.Reason != c.reason || got != c.want {
			t.Errorf("%s %.60q: %q, %v, want %q %s", c.kind, c.typed, got, err, c.want, c.reason)
		}
	}
}

// What everybody needs is written as lists have it: a line with a mistake would guard nothing.
func TestEveryday(t *testing.T) {
	t.Parallel()
	g := guard(t)
	if len(g.below) < 20 || len(g.exact) < 40 {
		t.Fatalf("%d and %d names", len(g.below), len(g.exact))
	}
	for _, list := range []map[string]bool{g.exact, g.below} {
		for name := range list {
			if clean, err := hostname.Clean(name); clean != name && !errors.Is(err, hostname.ErrSuffix) && strings.Contains(name, ".") {
				t.Errorf("%q: %q %v", name, clean, err)
			}
			if _, err := g.Check(wire.StopName, name); err == nil {
				t.Errorf("%s can be stopped", name)
			}
		}
	}
}

// Whatever is typed: what comes out a box takes, and typing it again changes nothing.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"evil.example", "https://evil.example/a", "203.0.113.9", "::ffff:1.2.3.4", "http://a.example/%2f?x#y", "http://[::1]/a", strings.Repeat("0", 64), "xn--a.jp", "http://a.example/\x00"} {
		for _, kind := range Kinds {
			f.Add(kind, s)
		}
	}
	g := guard(f)
	f.Fuzz(func(t *testing.T, kind, typed string) {
		value, err := g.Check(kind, typed)
		if err != nil {
			return
		}
		p := wire.Policy{ID: strings.Repeat("0", 32)}
		if kind == KindFile {
			p.StopFiles = []wire.StopFile{{SHA256: value, Until: farAway}}
		} else {
			p.Stops = []wire.Stop{{Kind: kind, Value: value, Category: "c2", Until: farAway}}
		}
		if err := p.Check(); err != nil {
			t.Errorf("%s %q became %q, which no box takes: %v", kind, typed, value, err)
		}
		if again, err := g.Check(kind, value); err != nil || again != value {
			t.Errorf("%s %q became %q, then %q, %v", kind, typed, value, again, err)
		}
	})
}
