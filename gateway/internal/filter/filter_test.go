package filter

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func read(t testing.TB, l *Lists, list List, text string) Report {
	t.Helper()
	rep, err := l.Read(list, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestName(t *testing.T) {
	t.Parallel()
	l := new(Lists)
	read(t, l, List{Name: "bad", Category: "malware"}, "evil.example\nphish.co.jp\n*.wild.example\nxn--r8jz45g.example\n日本語.jp\nunder_score.example\n")
	read(t, l, List{Name: "deeper", Category: "c2"}, "deep.evil.example\n")
	read(t, l, List{Name: "ok", Allow: true}, "good.evil.example\nfine.example\n")
	read(t, l, List{Name: "late", Category: "scam"}, "fine.example\nsub.good.evil.example\n")
	tests := []struct{ name, want string }{
		{"evil.example", "malware"},
		{"EVIL.Example", "malware"},
		{"evil.example.", "malware"},
		{"a.b.c.evil.example", "malware"},
		{"notevil.example", ""},
		{"evil.example.org", ""},
		{"example", ""},
		{"deep.evil.example", "c2"},
		{"x.deep.evil.example", "c2"},
		{"phish.co.jp", "malware"},
		{"co.jp", ""},
		{"other.co.jp", ""},
		{"wild.example", "malware"},
		{"x.wild.example", "malware"},
		{"xn--r8jz45g.example", "malware"},
		{"xn--wgv71a119e.jp", "malware"},
		{"www.under_score.example", "malware"},
		{"good.evil.example", ""},
		{"sub.good.evil.example", ""}, // allowed, although a later list names it
		{"fine.example", ""},
		{"", ""}, {".", ""}, {"..", ""}, {"..evil.example", "malware"}, {"evil.example..", ""},
		{strings.Repeat("a.", 5000) + "evil.example", "malware"},
	}
	for _, tt := range tests {
		if got, ok := l.Name([]byte(tt.name)); got.Category != tt.want || ok != (tt.want != "") {
			t.Errorf("%.40q: %q %v, want %q", tt.name, got.Category, ok, tt.want)
		}
	}
	var none *Lists
	if _, ok := none.Name([]byte("evil.example")); ok {
		t.Error("no lists block something")
	}
	if _, ok := none.Addr(netip.MustParseAddr("192.0.2.1")); ok {
		t.Error("no lists block an address")
	}
}

func TestAddr(t *testing.T) {
	t.Parallel()
	l := new(Lists)
	read(t, l, List{Name: "bad", Category: "malware"}, "192.0.2.0/24\n198.51.100.7\n2001:db8:1::/48\n2001:db8::7\n")
	read(t, l, List{Name: "deeper", Category: "c2"}, "192.0.2.128/25\n::ffff:203.0.113.9\n::ffff:203.0.113.64/122\n")
	read(t, l, List{Name: "ok", Allow: true}, "192.0.2.200\n2001:db8:1:2::/64\n198.18.0.0/15\n")
	read(t, l, List{Name: "late", Category: "scam"}, "192.0.2.200\n198.18.0.1\n")
	tests := []struct{ addr, want string }{
		{"192.0.2.1", "malware"}, {"192.0.2.129", "c2"}, {"192.0.2.200", ""}, {"192.0.3.1", ""},
		{"::ffff:192.0.2.1", "malware"}, {"198.51.100.7", "malware"}, {"198.51.100.8", ""},
		{"2001:db8:1:1::1", "malware"}, {"2001:db8:1:2::1", ""}, {"2001:db8::7", "malware"}, {"2001:db8::8", ""},
		{"203.0.113.9", "c2"}, {"203.0.113.65", "c2"}, {"203.0.113.128", ""}, {"198.18.0.1", ""},
	}
	for _, tt := range tests {
		if got, ok := l.Addr(netip.MustParseAddr(tt.addr)); got.Category != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q %v, want %q", tt.addr, got.Category, ok, tt.want)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		entries    int
		refused    int
		first      string // part of the message
		blocked    string // a name or address that must be found
	}{
		{"plain", "a.example\nb.example\n", 2, 0, "", "b.example"},
		{"no newline at the end", "a.example\nb.example", 2, 0, "", "b.example"},
		{"windows", "\ufeffa.example\r\nb.example\r\n", 2, 0, "", "a.example"},
		{"comments", "# x\n! y\n\n   \na.example # z\n", 1, 0, "", "a.example"},
		{"hosts", "127.0.0.1 localhost\n0.0.0.0\ta.example\n0.0.0.0 b.example c.example # two\n::1 d.example\n", 4, 1, `line 1: "localhost"`, "c.example"},
		{"hosts for itself", "0.0.0.0 0.0.0.0\n", 0, 1, "this host", ""},
		{"ad blocker", "[Adblock Plus]\n||a.example^\n||b.example^$third-party\n@@||c.example^\n", 1, 3, "line 1:", "a.example"},
		{"ipsum", "# IP number\n192.0.2.7\t10\n", 1, 0, "", "192.0.2.7"},
		{"networks", "192.0.2.0/24 \n2001:db8::/32\n", 2, 0, "", "192.0.2.9"},
		{"everything", "0.0.0.0/0\n::/0\n10.0.0.0/7\n", 0, 3, "line 1: 0.0.0.0/0", ""},
		{"hosts that point elsewhere", "192.168.1.1 a.example\n", 0, 1, "line 1", ""},
		{"urls", "http://a.example/x\na.example/x\na.example:80\n192.0.2.1:80\n", 0, 4, `line 1: "http://a.example/x" is neither`, ""},
		{"garbage", "\x00\x01\x02\na..example\n.a.example\n-\n" + strings.Repeat("a", 64) + ".example\n", 0, 5, "line 1", ""},
		{"a long line", "a.example\n" + strings.Repeat("x", 3*maxLine) + "\nb.example\n", 2, 1, "line 2: the line is too long", "b.example"},
		{"a long last line", "a.example\n" + strings.Repeat("x", 3*maxLine), 1, 1, "line 2", "a.example"},
		{"empty", "", 0, 0, "", ""},
		{"mixed case", "EVIL.Example\n", 1, 0, "", "evil.example"},
		{"one label", "com\n", 0, 1, "line 1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := new(Lists)
			rep := read(t, l, List{Name: "l"}, tt.text)
			if rep.Entries != tt.entries || rep.Refused != tt.refused || !strings.Contains(rep.First, tt.first) {
				t.Errorf("got %+v", rep)
			}
			if a, err := netip.ParseAddr(tt.blocked); err == nil {
				if _, ok := l.Addr(a); !ok {
					t.Errorf("%s is not found", a)
				}
			} else if _, ok := l.Name([]byte(tt.blocked)); tt.blocked != "" && !ok {
				t.Errorf("%s is not found", tt.blocked)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	l := new(Lists)
	broken := errors.New("disk")
	if _, err := l.Read(List{Name: "x"}, io.MultiReader(strings.NewReader("a.example\n"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for len(l.lists) < MaxLists {
		if _, err := l.Open(List{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Read(List{}, strings.NewReader("")); !errors.Is(err, ErrTooMany) {
		t.Errorf("one list too many: %v", err)
	}
}

// million makes lists of a million names.
func million(t testing.TB) *Lists {
	t.Helper()
	l := new(Lists)
	for i := range 10 {
		n, err := l.Open(List{Name: fmt.Sprint(i), Category: "malware"})
		if err != nil {
			t.Fatal(err)
		}
		for k := range 100_000 {
			if err := l.AddName(n, fmt.Sprintf("host-%d.site%d.example", k, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return l
}

// A million names are all found, none of a million others is, within 24 bytes each.
func TestMillion(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := million(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if l.Len() != 1_000_000 {
		t.Errorf("%d entries: names collide", l.Len())
	}
	size := float64(after.HeapAlloc-before.HeapAlloc) / float64(l.Len())
	t.Logf("%.1f bytes an entry", size)
	if size > 24 {
		t.Errorf("%.1f bytes an entry", size)
	}
	for k := range 100_000 {
		for i := range 10 {
			if _, ok := l.Name(fmt.Appendf(nil, "www.host-%d.site%d.example", k, i)); !ok {
				t.Fatalf("host-%d.site%d.example is not found", k, i)
			}
			if _, ok := l.Name(fmt.Appendf(nil, "host-%d.site%d.example", k+100_000, i)); ok {
				t.Fatalf("host-%d.site%d.example is found", k+100_000, i)
			}
		}
	}
}

func TestNoAllocs(t *testing.T) {
	l := million(t)
	read(t, l, List{}, "192.0.2.0/24\n2001:db8::/32\n")
	name, addr := []byte("some.Where.host-77.site3.example"), netip.MustParseAddr("2001:db8::1")
	if n := testing.AllocsPerRun(100, func() { l.Name(name); l.Addr(addr) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// The public lists load; what is left out of them is printed.
func TestPublicLists(t *testing.T) {
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	l := new(Lists)
	files, _ := filepath.Glob(filepath.Join(dir, "malicious/*.txt"))
	more, _ := filepath.Glob(filepath.Join(dir, "categories/*.txt"))
	if len(files) == 0 {
		t.Fatal("no lists there")
	}
	for _, name := range append(files, more...) {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := l.Read(List{Name: filepath.Base(name)}, f)
		f.Close()
		t.Logf("%-45s %7d entries, %6d refused (%s)", filepath.Base(name), rep.Entries, rep.Refused, rep.First)
		if err != nil || rep.Entries < 1000 {
			t.Errorf("%s: %+v %v", name, rep, err)
		}
	}
	for _, name := range []string{"www.google.com", "www.yahoo.co.jp", "github.com", "www.microsoft.com", "example.com"} {
		if list, ok := l.Name([]byte(name)); ok {
			t.Logf("%s stands on %s", name, list.Name)
		}
	}
}

func BenchmarkName(b *testing.B) {
	l := million(b)
	for _, name := range []string{"www.host-77.site3.example", "cdn.assets.some-harmless-site.co.jp"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := []byte(name)
			for b.Loop() {
				l.Name(n)
			}
		})
	}
}

func BenchmarkAddr(b *testing.B) {
	l := new(Lists)
	read(b, l, List{}, "192.0.2.0/24\n198.51.100.7\n203.0.113.0/28\n")
	a := netip.MustParseAddr("8.8.8.8")
	b.ReportAllocs()
	for b.Loop() {
		l.Addr(a)
	}
}

// FuzzRead: no input is a panic, and every entry that counts is found again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"a.example\n0.0.0.0 b.example\n||c.example^\n192.0.2.0/24\n# x\r\n", "\ufeff日本語.jp\n", "::ffff:1.2.3.4/97\n", "0.0.0.0/0\n", "fe80::1%eth0\n", "192.0.2.7\t10\n",
	} {
		f.Add([]byte(s), "a.example")
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		l := new(Lists)
		rep, err := l.Read(List{Name: "fuzz"}, strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		if l.Len() > rep.Entries {
			t.Errorf("%d entries, %d counted", l.Len(), rep.Entries)
		}
		l.Name([]byte(name))
		if number, err := l.Open(List{Name: "more"}); err == nil && l.AddName(number, name) == nil {
			if got, ok := l.Name([]byte(name)); !ok || got.Name != "more" {
				t.Errorf("%q was added and is not found: %v %v", name, got, ok)
			}
		}
		for p := range l.addrs {
			if _, ok := l.Addr(p.Addr()); !ok {
				t.Errorf("%s was added and is not found", p)
			}
		}
	})
}
