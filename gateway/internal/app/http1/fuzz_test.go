package http1

import (
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
)

// FuzzConn reads whatever two sides say, cut at n, with a gap.
func FuzzConn(f *testing.F) {
	for _, c := range conversations {
		var sides [2]string
		for _, turn := range c.turns {
			if turn.text != "FIN" && turn.text != "GAP" {
				sides[turn.dir] += turn.text
			}
		}
		f.Add([]byte(sides[0]), []byte(sides[1]), 7, false)
	}
	for _, coding := range []string{"gzip", "zlib", "br", "raw"} {
		f.Add([]byte(get), []byte(ok+"Content-Encoding: gzip, deflate, br\r\n\r\n"+coded(f, coding, strings.Repeat("text", 99))), 50, true)
	}
	f.Add([]byte(post+"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n--b\r\nContent-Disposition: x; filename=y\r\n\r\n"), []byte("HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n"), 3, false)
	f.Fuzz(func(t *testing.T, request, response []byte, n int, gap bool) {
		turns := []turn{{0, string(request)}, {1, string(response)}, {0, string(request)}}
		if gap {
			turns = append(turns, turn{1, "GAP"}, turn{0, "GAP"}, turn{1, string(response)})
		}
		n = max(1, n&0xfff)
		d := play(t, Config{Want: new(everything()), RequestBody: 2000, ResponseBody: 3000, DumpHeaders: true}, turns, func(int) int { return n })
		for _, line := range d.lines {
			if strings.Contains(line, " partial") {
				t.Errorf("a value stays partial: %.200q", line)
			}
		}
	})
}

// TestWork: hostile input costs no more than its size.
func TestWork(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"names": "a:b\r\n", "no colon": "a\r\n", "folds": " a\r\n", "same": "a: bbbbbbbb\r\n",
		"blank": "\r", "spaces": " ", "digits": "a", "lines": "\n", "NULs": "\x00", "header end": "x\r\n\r\n",
		"chunks": "1\r\na\r\n", "empty chunks": "\r\n", "percent": "%", "dots": "/..", "border": "\r\n--b", "quote": ";\"", "GET": "GET",
	} {
		for _, head := range []string{"", "GET /", "GET / HTTP/1.1\r\n", post + "Transfer-Encoding: chunked\r\n\r\n", post + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999999\r\n\r\n", post + "Content-Type: x; boundary"} {
			c := New(new(quiet), Config{Want: new(everything())})
			text := []byte(head + strings.Repeat(unit, 300_000/len(unit)))
			for i := range text { // byte by byte is the worst
				c.Push(app.ToServer, text[i:i+1])
				c.Push(app.ToClient, text[i:i+1])
			}
			c.Close(app.ToServer)
			c.Close(app.ToClient)
			if len(c.open) > 0 {
				t.Errorf("%s: %d transactions stay", name, len(c.open))
			}
		}
	}
}
