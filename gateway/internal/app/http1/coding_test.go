package http1

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/rule"

	"github.com/andybalholm/brotli"
)

// coded is text in a content coding.
func coded(t testing.TB, coding, text string) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	default:
		w, _ = flate.NewWriter(&b, 9)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// answered is the file that a response with a content coding carries, and its events.
func answered(t testing.TB, cfg Config, coding, body string, cut func(int) int) (file, events string) {
	d := play(t, cfg, []turn{{0, get}, {1, fmt.Sprintf("%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", ok, coding, len(body), body)}}, cut)
	return d.lines[0], d.lines[len(d.lines)-1]
}

func TestCodings(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("the plain text 0123456789 ", 50)
	zip, zlibbed, raw := coded(t, "gzip", text), coded(t, "zlib", text), coded(t, "raw", text)
	flags := func(flags byte, more string) string {
		return zip[:3] + string(rune(flags)) + zip[4:10] + more + zip[10:]
	}
	for name, c := range map[string]struct{ coding, body, want string }{
		"gzip":                         {"gzip", zip, text},
		"old name":                     {"X-GZip", zip, text},
		"deflate with its header":      {"deflate", zlibbed, text},
		"deflate without":              {"deflate", raw, text},
		"gzip that is deflate":         {"gzip", raw, text},
		"gzip that is zlib":            {"gzip", zlibbed, text},
		"deflate that is gzip":         {"deflate", zip, text},
		"brotli":                       {"br", coded(t, "br", text), text},
		"name, comment, extra":         {"gzip", flags(4+8+16+2, "\x03\x00abcname\x00comment\x00\x12\x34"), text},
		"reserved flags":               {"gzip", zip[:3] + "\xe0" + zip[4:], text},
		"two members":                  {"gzip", zip + zip, text + text},
		"trailing garbage":             {"gzip", zip + "garbage behind the end", text},
		"no trailer":                   {"gzip", zip[:len(zip)-8], text},
		"wrong checksum":               {"gzip", zip[:len(zip)-8] + "xxxxxxxx", text},
		"not gzip at all":              {"gzip", "plain after all", "plain after all"},
		"not gzip, one byte":           {"gzip", "p", "p"},
		"not brotli":                   {"br", "\xff\xff\xff\xff plain", "\xff\xff\xff\xff plain"},
		"two codings":                  {"gzip, deflate", coded(t, "raw", zip), text},
		"two codings, other order":     {"deflate,gzip", coded(t, "gzip", raw), text},
		"two names, one coding":        {"gzip, gzip", zip, text},
		"one that is none":             {"identity, gzip", zip, text},
		"unknown":                      {"zstd", "abc", "abc"},
		"NUL in the name":              {"gz\x00ip", zip, text},
		"comma at the end":             {"deflate,", zlibbed, text},
		"more behind the name":         {"gzip;q=1", zip, text},
		"three of which two are taken": {"gzip, gzip, gzip", coded(t, "gzip", coded(t, "gzip", zip)), zip},
	} {
		for cutName, cut := range map[string]func(int) int{"whole": whole, "bytes": func(int) int { return 1 }} {
			file, _ := answered(t, Config{}, c.coding, c.body, cut)
			if want := fmt.Sprintf("0< file %q %q", "/a", c.want); file != want {
				t.Errorf("%s, %s: %.100s", name, cutName, file)
			}
		}
	}
}

// TestBroken: a coded body that breaks off or breaks gives what came out until then.
func TestBroken(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "%d and ", i*i)
	}
	zip := coded(t, "gzip", text.String())
	file, events := answered(t, Config{Want: new(rule.SetOf(rule.HTTPStatCode))}, "gzip", zip[:len(zip)/2], whole)
	if !strings.Contains(file, "100 and 121") || strings.Contains(events, "gzip") {
		t.Errorf("cut: %.100q %q", file, events)
	}
	bad := zip[:len(zip)/2] + strings.Repeat("\xff", 100)
	file, events = answered(t, Config{}, "gzip", bad, func(int) int { return 100 })
	if !strings.Contains(file, "100 and 121") || !strings.Contains(events, evGzip) {
		t.Errorf("broken: %.100q %q", file, events)
	}
}

func TestBomb(t *testing.T) {
	t.Parallel()
	bomb := coded(t, "gzip", strings.Repeat("\x00", 50<<20))
	twice := coded(t, "gzip", bomb)
	for names, body := range map[string]string{"gzip": bomb, "gzip, gzip": twice, "br": coded(t, "br", strings.Repeat("\x00", 20<<20))} {
		d := newDiary(t)
		c := New(d, Config{Want: new(rule.SetOf(rule.HTTPResponseBody))})
		playOn(c, []turn{{0, get}, {1, fmt.Sprintf("%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", ok, names, len(body), body)}, {0, get}, {1, hello}}, whole)
		if !strings.HasSuffix(d.lines[0], " cut") || len(d.lines[0]) > 5*defaultBody || !strings.Contains(d.lines[3], "hello") {
			t.Errorf("%s: %d bytes", names, len(d.lines[0]))
		}
	}
}

func TestTooManyLayers(t *testing.T) {
	t.Parallel()
	if _, events := answered(t, Config{}, "gzip, gzip, gzip", "x", whole); !strings.Contains(events, evTooManyLayers) {
		t.Errorf("%q", events)
	}
	if _, events := answered(t, Config{Layers: 3}, "gzip, gzip, gzip", "x", whole); strings.Contains(events, evTooManyLayers) {
		t.Errorf("%q", events)
	}
	if _, events := answered(t, Config{}, "gzip x", "x", whole); !strings.Contains(events, evAbnormalCE) {
		t.Errorf("%q", events)
	}
}

// TestPoolReturns: decoders come back, however the conversation ends.
func TestPoolReturns(t *testing.T) {
	t.Parallel()
	p := new(coding.Pool)
	zip := coded(t, "gzip", strings.Repeat("text", 1000))
	for range 3 {
		for _, end := range []turn{{1, "FIN"}, {1, "GAP"}, {0, "FIN"}} {
			for _, coding := range []string{"gzip", "br", "gzip, br, gzip"} {
				play(t, Config{Pool: p}, []turn{{0, get}, {1, ok + "Content-Encoding: " + coding + "\r\nContent-Length: 90\r\n\r\n" + zip[:20]}, end}, whole)
			}
		}
	}
	if inUse, kept := p.Count(); inUse != 0 || kept == 0 || kept > 4 {
		t.Errorf("%d in use, %d kept", inUse, kept)
	}
}
