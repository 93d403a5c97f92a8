package listfile

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
	"time"

	"otasuke/gateway/internal/filter"
)

func read(t testing.TB, list filter.List, format Format, text string) (*filter.Lists, Report) {
	t.Helper()
	b := filter.NewBuilder(nil)
	rep, err := Read(b, list, format, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	return l, rep
}

// listed asks for a name, "address:port" or "host/path".
func listed(l *filter.Lists, what string) bool {
	var ok bool
	if ap, err := netip.ParseAddrPort(what); err == nil {
		_, ok = l.Addr(filter.Device{}, ap.Addr(), ap.Port())
	} else if a, err := netip.ParseAddr(what); err == nil {
		_, ok = l.Addr(filter.Device{}, a, 443)
	} else if host, path, page := strings.Cut(what, "/"); page {
		_, ok = l.URL(filter.Device{}, []byte(host), []byte("/"+path))
	} else {
		_, ok = l.Name(filter.Device{}, []byte(what))
	}
	return ok
}

const zoneHead = "$TTL 300\n@ SOA localhost. root.localhost. (\n 2026112801 ; serial\n 3600 600 86400 300 )\n NS localhost.\n"

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		format     Format // that is recognised
		entries    int
		left       int
		first      string // part of the first reason
		yes, no    string // what is listed and what is not
	}{
		{"plain", "a.example\nb.example\n", Plain, 2, 0, "", "b.example x.a.example", "c.example example"},
		{"no newline at the end", "a.example\nb.example", Plain, 2, 0, "", "b.example", ""},
		{"windows", "\ufeffa.example\r\nb.example\r\n", Plain, 2, 0, "", "a.example b.example", ""},
		{"comments", "# x\n! y\n\n   \na.example # z\n", Plain, 1, 0, "", "a.example", "z"},
		{"wildcards", "*.a.example\n.b.example\n", Plain, 2, 0, "", "a.example x.a.example b.example", ""},
		{"international", "日本語.jp\nBÜCHER.example\nxn--r8jz45g.example\n", Plain, 3, 0, "", "xn--wgv71a119e.jp 日本語.jp xn--bcher-kva.example 例え.example", ""},
		{"ipsum", "# IP number\n192.0.2.7\t10\n", Plain, 1, 0, "", "192.0.2.7", "192.0.2.8"},
		{"networks", "192.0.2.0/24 \n2001:db8::/32\n", Plain, 2, 0, "", "192.0.2.9 2001:db8::1", "192.0.3.1"},
		{"ports", "192.0.2.1:8443\n[2001:db8::1]:53\n", Plain, 2, 0, "", "192.0.2.1:8443 [2001:db8::1]:53", "192.0.2.1:443"},
		{"too wide", "0.0.0.0/0\n::/0\n10.0.0.0/7\n", Plain, 0, 3, "line 1: 0.0.0.0/0: the network is wider", "", "192.0.2.1"},
		{"too high", "com\nco.jp\na.co.jp\n", Plain, 1, 2, `line 1: "com" is neither`, "a.co.jp", "b.co.jp"},
		{"bad port", "a.example:80\n192.0.2.1:0\n192.0.2.1:99999\n", Plain, 0, 3, "line 1", "", "a.example 192.0.2.1"},
		{"looks of a page", "bank.example##.advert\nbank.example#@#.advert\n", Plain, 0, 2, "line 1", "", "bank.example"},
		{"garbage", "\x00\x01\x02\na..example\n-\n" + strings.Repeat("a", 64) + ".example\n", Plain, 0, 4, "line 1", "", ""},
		{"a long line", "a.example\n" + strings.Repeat("x", 3*maxLine) + "\nb.example\n", Plain, 2, 1, "line 2: the line is too long", "b.example", ""},
		{"a long last line", "a.example\n" + strings.Repeat("x", 3*maxLine), Plain, 1, 1, "line 2", "a.example", ""},
		{"empty", "", Plain, 0, 0, "", "", ""},

		{"hosts", "127.0.0.1 localhost\n0.0.0.0\ta.example\n0.0.0.0 b.example c.example # two\n::1 d.example\n", Hosts, 4, 1, `line 1: "localhost"`, "a.example c.example d.example", "x.a.example"},
		{"hosts of this host", "0.0.0.0 0.0.0.0\nfe80::1%lo0 localhost\n255.255.255.255 broadcasthost\n", Hosts, 0, 3, "line 1", "", ""},
		{"hosts that point elsewhere", "192.168.1.1 a.example\n", Plain, 0, 1, "line 1", "", "a.example 192.168.1.1"},

		{"ad blocker", "[Adblock Plus]\n! x\n||a.example^\n@@||ok.a.example^\n||192.0.2.1^\n", Adblock, 3, 0, "", "a.example x.a.example 192.0.2.1", "ok.a.example x.ok.a.example"},
		{"ad blocker: the rest", "||a.example^$third-party\n||b.example\n||c.example/x^\n|https://d.example|\n@@e.example\n||f*.example^\n/ads[0-9]/\n||com^\nexample##.x\n", Adblock, 0, 9, "line 1: \"||a.example^$third-party\": of ad-blocker rules", "", "a.example b.example c.example d.example e.example"},

		{"urls", "http://a.example/x?y=1#z\nhttps://B.example:8443/%7Euser/./a//b\nc.example/x\nhttp://192.0.2.1/x\n", Plain, 4, 0, "", "a.example/x?y=1 b.example/~user/a/b c.example/x 192.0.2.1/x", "a.example a.example/x c.example 192.0.2.1:80"},
		{"urls without a path", "http://a.example\nhttps://b.example/\nhttp://192.0.2.1:8080/\nhttps://192.0.2.2\nhttp://user:secret@c.example\n", Plain, 5, 0, "", "a.example b.example 192.0.2.1:8080 192.0.2.2:443 c.example", "x.a.example 192.0.2.1:80 192.0.2.2:80"},
		{"bad urls", "ftp://a.example/x\nhttp:///x\nhttp://a.example:99999/x\nhttp://127.0.0.1/\nhttp://a_/x\nhttp://co.jp/\n", Plain, 0, 6, "line 1: \"ftp://a.example/x\": only pages", "", "a.example"},
		{"urlhaus", "####\r\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n" +
			`"3000001","2026-11-01 00:00:00","http://192.0.2.1:4000/bin.sh","online","","malware_download","elf,mozi","https://urlhaus.abuse.ch/url/1/","x"` + "\r\n" +
			`"3000002","2026-11-01 00:00:00","https://files.example/a,b.exe","offline","","malware_download","exe","https://urlhaus.abuse.ch/url/2/","x"` + "\r\n", URLhaus, 2, 0, "", "192.0.2.1/bin.sh files.example/a,b.exe", "urlhaus.abuse.ch files.example"},
		{"urlhaus, other columns", "# dateadded,url,threat\n\"2026\",\"http://a.example/x\",\"m\"\n", URLhaus, 1, 0, "", "a.example/x", ""},
		{"urlhaus, broken", "\"1\",\"2\",\"http://a.example/x\",\"\"\n\"1\",\"2\"\n\"1\",\"2\",\"http://b.example/x\n1,2,http://c.example/x,\n\"1\",\"2\",\"\",\"\"\n", URLhaus, 2, 3, "line 2", "a.example/x c.example/x", "b.example/x"},

		{"zone", zoneHead + "a.example CNAME .\n*.a.example CNAME .\nb.example 60 IN CNAME *.\n*.c.example IN 60 CNAME rpz-drop.\n*.d.example CNAME .\nok.d.example CNAME rpz-passthru. ; fine\n24.0.2.0.192.rpz-ip CNAME .\n32.9.2.0.192.rpz-ip CNAME rpz-passthru.\n128.1.zz.db8.2001.rpz-ip CNAME .\n",
			RPZ, 9, 0, "", "a.example x.a.example b.example x.c.example x.d.example 192.0.2.1 2001:db8::1", "x.b.example c.example ok.d.example 192.0.2.9 2001:db8::2"},
		{"zone with names in full", "$ORIGIN rpz.example.\n@ 60 IN SOA a. b. 1 2 3 4 5\na.example.rpz.example. CNAME .\nB.EXAMPLE.RPZ.example. CNAME b.example.\nc.example. CNAME .\n", RPZ, 2, 1, "line 5: \"c.example.\": the name is outside the zone", "a.example", "b.example c.example"},
		{"zone named by its first record", "rpz.example. 60 IN SOA a. b. 1 2 3 4 5\na.example.rpz.example. 60 IN CNAME .\n", RPZ, 1, 0, "", "a.example", ""},
		{"zone without a name", "; x\na.example.rpz.example. CNAME .\n", RPZ, 0, 1, "outside the zone, or", "", "a.example"},
		{"zone, owner of the line before", zoneHead + "a.example TXT \"why; (not\"\n CNAME .\n", RPZ, 1, 0, "", "a.example", ""},
		{"zone, other actions", zoneHead + "a.example A 192.0.2.1\nb.example CNAME walled.example.\nc.example CNAME rpz-tcp-only.\nd.example CNAME . extra\nns.e.example.rpz-nsdname CNAME .\n32.1.2.0.192.rpz-client-ip CNAME .\n$INCLUDE /etc/passwd\n* CNAME .\n*.com CNAME .\n",
			RPZ, 0, 9, "line 6: \"a.example A 192.0.2.1\": an answer of its own", "", "a.example b.example c.example d.example"},
		{"zone, bad addresses", zoneHead + "33.1.2.0.192.rpz-ip CNAME .\n24.1.2.0.192.rpz-ip CNAME .\nx.rpz-ip CNAME .\nrpz-ip CNAME .\n32.1.2.192.rpz-ip CNAME .\n1.0.0.0.0.rpz-ip CNAME .\n", RPZ, 0, 6, "line 6: \"33.1.2.0.192.rpz-ip\": no address", "", "192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, rep := read(t, filter.List{Name: "l"}, Auto, tt.text)
			if rep.Format != tt.format || rep.Entries != tt.entries || rep.LeftOut != tt.left || !strings.Contains(strings.Join(rep.Reasons, "\n"), tt.first) {
				t.Errorf("got %+v", rep)
			}
			for _, s := range strings.Fields(tt.yes) {
				if !listed(l, s) {
					t.Errorf("%s is not listed", s)
				}
			}
			for _, s := range strings.Fields(tt.no) {
				if listed(l, s) {
					t.Errorf("%s is listed", s)
				}
			}
		})
	}
}

// Everything in a list of what is allowed is allowed, exceptions too.
func TestAllow(t *testing.T) {
	t.Parallel()
	b := filter.NewBuilder(nil)
	for _, l := range []struct {
		list filter.List
		text string
	}{
		{filter.List{Name: "bad"}, "a.example\nb.example\n192.0.2.0/24\n"},
		{filter.List{Name: "ok", Action: filter.Allow}, "||a.example^\n@@||b.example^\n||co.jp^\n||192.0.2.1^\n"},
	} {
		if rep, err := Read(b, l.list, Auto, strings.NewReader(l.text)); err != nil || rep.LeftOut > 0 {
			t.Fatal(rep, err)
		}
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a.example", "b.example", "192.0.2.1"} {
		if listed(l, s) {
			t.Errorf("%s is blocked", s)
		}
	}
	if !listed(l, "192.0.2.2") {
		t.Error("192.0.2.2 is not blocked")
	}
}

// A named format counts, whatever the contents look like.
func TestNamed(t *testing.T) {
	t.Parallel()
	if l, rep := read(t, filter.List{}, RPZ, "a.example CNAME .\n"); rep.Entries != 1 || !listed(l, "a.example") {
		t.Errorf("%+v", rep)
	}
	if _, rep := read(t, filter.List{}, URLhaus, "a.example\n"); rep.Entries != 0 || rep.LeftOut != 1 {
		t.Errorf("%+v", rep)
	}
	if Format("squid").Check() == nil || Auto.Check() != nil || URLhaus.Check() != nil {
		t.Error("formats are not checked")
	}
}

func TestFewReasons(t *testing.T) {
	t.Parallel()
	_, rep := read(t, filter.List{}, Auto, strings.Repeat("-\n", 1000))
	if rep.LeftOut != 1000 || len(rep.Reasons) != maxNamed || !strings.HasPrefix(rep.Reasons[4], "line 5: ") {
		t.Errorf("%+v", rep)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	b := filter.NewBuilder(nil)
	broken := errors.New("disk")
	rep, err := Read(b, filter.List{Name: "x"}, Auto, io.MultiReader(strings.NewReader("a.example\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || rep.Entries != 1 {
		t.Errorf("%+v %v", rep, err)
	}
	for i := 1; i < filter.MaxLists; i++ {
		if _, err := Read(b, filter.List{}, Auto, strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(b, filter.List{}, Auto, strings.NewReader("")); !errors.Is(err, filter.ErrTooMany) {
		t.Errorf("one list too many: %v", err)
	}
}

// The public lists load; what is left out of them is printed.
func TestPublicLists(t *testing.T) {
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	b := filter.NewBuilder(nil)
	var files []string
	for _, pattern := range []string{"malicious/*.txt", "categories/*.txt", "categories/ut1/*"} {
		more, _ := filepath.Glob(filepath.Join(dir, pattern))
		files = append(files, more...)
	}
	if len(files) < 20 {
		t.Fatal("no lists there")
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := Read(b, filter.List{Name: filepath.Base(name)}, Auto, f)
		f.Close()
		// Most of what is left out are comments behind names and words that are no names.
		if err != nil || rep.Entries < rep.LeftOut*20 && rep.LeftOut > 3 {
			t.Errorf("%s: %+v %v", name, rep, err)
		}
		t.Logf("%-40s %-7s %7d entries, %5d left out %q", filepath.Base(name), rep.Format, rep.Entries, rep.LeftOut, rep.Reasons)
	}
	l, err := b.Lists()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries", l.Len())
}

// The form of five million lines costs no memory of its own, and seconds.
func BenchmarkRead(b *testing.B) {
	const n = 5_000_000
	name := filepath.Join(b.TempDir(), "list")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		fmt.Fprintf(f, "www.host-%x.site%d.example\n", i*2654435761%(1<<32), i%1000)
	}
	f.Close()
	for b.Loop() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		bl := filter.NewBuilder(nil)
		rep, err := Read(bl, filter.List{Name: "x"}, Auto, f)
		f.Close()
		if err != nil || rep.Entries != n {
			b.Fatal(rep, err)
		}
		l, err := bl.Lists()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/time.Since(start).Seconds(), "entries/s")
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(l)
	}
}

// FuzzRead: no input is a panic, nothing would block a whole top-level domain or most of
// the world, and lines that are read by themselves say the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"a.example\n0.0.0.0 b.example\n||c.example^\n192.0.2.0/24\n# x\r\n", "\ufeff日本語.jp\n", "::ffff:1.2.3.4/97\n", "0.0.0.0/0\n", "fe80::1%eth0\n", "192.0.2.7\t10\n",
		"http://a.example:80/x?y#z\nhttps://[::1]:443/\n", "\"1\",\"2\",\"http://a.example/x\",\"y\"\n", zoneHead + "*.a.example CNAME .\n32.1.2.0.192.rpz-ip CNAME .\n", "@@||a.example^\n", "$ORIGIN .\n. CNAME .\n", "a CNAME zz.rpz-ip", "128.zz.zz.rpz-ip CNAME .\n",
	} {
		for i := range 6 {
			f.Add([]byte(s), uint8(i))
		}
	}
	formats := []Format{Auto, Plain, Hosts, Adblock, URLhaus, RPZ}
	f.Fuzz(func(t *testing.T, text []byte, format uint8) {
		l, rep := read(t, filter.List{Name: "fuzz"}, formats[int(format)%len(formats)], string(text))
		if l.Len() > rep.Entries {
			t.Errorf("%d entries, %d counted", l.Len(), rep.Entries)
		}
		if rep.LeftOut > 0 != (len(rep.Reasons) > 0) || len(rep.Reasons) > maxNamed {
			t.Errorf("%+v", rep)
		}
		for _, s := range []string{"x.com", "y.co.jp", "com", "co.jp"} {
			if listed(l, s) && !strings.Contains(strings.ToLower(string(text)), s) {
				t.Errorf("%s is listed", s)
			}
		}
	})
}
