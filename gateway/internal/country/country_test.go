package country

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const list = "country,cidr\n# a comment\nJP,203.0.113.0/24\nUS,203.0.112.0/20\nDE,2001:db8::/32\n\nFR, 2001:db8:1::/48\r\n"

func of(l *List, a string) string { return l.Of(netip.MustParseAddr(a)) }

func TestOf(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(list)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for _, text := range []string{list, zipped.String()} {
		l, err := Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for a, want := range map[string]string{"203.0.113.9": "JP", "::ffff:203.0.113.9": "JP", "203.0.114.1": "US", "203.0.128.0": "", "2001:db8:2::1": "DE", "2001:db8:1::1": "FR", "fe80::1%eth0": "", "192.168.1.1": ""} {
			if got := of(l, a); got != want {
				t.Errorf("%s is in %q, want %q", a, got, want)
			}
		}
		if l.Len() != 4 {
			t.Error(l.Len())
		}
	}
	if (*List)(nil).Of(netip.MustParseAddr("192.0.2.1")) != "" || (*List)(nil).Len() != 0 || new(List).Of(netip.Addr{}) != "" {
		t.Error("nobody knows something")
	}
}

func TestNoList(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"empty": "", "another file": strings.Repeat("some text\n", 20), "turned": "203.0.113.0/24,JP\n198.51.100.0/24,US\n", "a code of three": "JPN,203.0.113.0/24\n",
		"small letters": "jp,203.0.113.0/24\n", "a line without end": "JP,203.0.113.0/24\n" + strings.Repeat("x", 2*maxLine), "cut gzip": "\x1f\x8b\x08\x00", "half of it wrong": strings.Repeat("JP,203.0.113.0/24\nnonsense\n", 50),
	} {
		if _, err := Parse(strings.NewReader(text)); !errors.Is(err, ErrList) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The registries' own list, where it is there.
func TestRegistries(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(os.Getenv("OTASUKE_DATA"), "geo", "*.csv.gz"))
	if os.Getenv("OTASUKE_DATA") == "" || err != nil || len(names) == 0 {
		t.Skip("OTASUKE_DATA names no list of countries")
	}
	l, err := Read(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if l.Len() < 200_000 || of(l, "133.1.2.3") != "JP" || of(l, "8.8.8.8") != "US" {
		t.Errorf("%d, %q %q", l.Len(), of(l, "133.1.2.3"), of(l, "8.8.8.8"))
	}
}

func TestNoAllocs(t *testing.T) {
	l, err := Parse(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	a, b := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8:1::1")
	if n := testing.AllocsPerRun(100, func() { l.Of(a); l.Of(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(list))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := Parse(bytes.NewReader(b)); err == nil && l.Len() == 0 {
			t.Error("an empty list is one")
		}
	})
}
