package http1

import (
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// quiet is a sink that keeps nothing.
type quiet struct{ file app.File }

func (*quiet) Step(*app.Tx, int)        {}
func (*quiet) Log(*app.Tx, int, string) {}
func (*quiet) Event(int, string)        {}
func (q *quiet) OpenFile(*app.Tx, int, []byte) *app.File {
	q.file = app.File{}
	return &q.file
}
func (*quiet) WriteFile(*app.File, []byte)    {}
func (*quiet) GapFile(*app.File, int)         {}
func (*quiet) CloseFile(*app.File, bool)      {}
func (*quiet) Become(rule.Proto, int, []byte) {}
func (*quiet) Expect(app.Expected)            {}

func ordinary(tb testing.TB) (request, response []byte) {
	request = []byte("GET /images/logo.png?v=%20123 HTTP/1.1\r\nHost: www.example.jp\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept: text/html,application/xhtml+xml;q=0.9\r\nAccept-Language: ja,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nReferer: http://www.example.jp/\r\nCookie: a=b; c=d\r\n\r\n")
	body := coded(tb, "gzip", strings.Repeat("<p>The quick brown fox</p>\n", 150))
	response = []byte("HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n" +
		"Connection: keep-alive\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n\r\n" + "50\r\n" + body[:0x50] + "\r\n0\r\n\r\n")
	return request, response
}

// TestNoAllocations: an ordinary request and its answer allocate nothing in the
// steady state, on one conversation or on one after the other.
func TestNoAllocations(t *testing.T) {
	request, response := ordinary(t)
	q := new(quiet)
	c := New(q, Config{Want: new(everything())})
	for name, reset := range map[string]bool{"one conversation": false, "many": true} {
		one := func() {
			c.Push(app.ToServer, request)
			c.Push(app.ToClient, response)
			if reset {
				c.Close(app.ToServer)
				c.Close(app.ToClient)
				c.Reset(q)
			}
		}
		one()
		if n := testing.AllocsPerRun(100, one); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkTransaction(b *testing.B) {
	request, response := ordinary(b)
	for name, cfg := range map[string]Config{"all": {Want: new(everything())}, "none": {}} {
		b.Run(name, func(b *testing.B) {
			c := New(new(quiet), cfg)
			b.SetBytes(int64(len(request) + len(response)))
			for b.Loop() {
				c.Push(app.ToServer, request)
				c.Push(app.ToClient, response)
			}
		})
	}
}

func BenchmarkBody(b *testing.B) {
	q := new(quiet)
	c := New(q, Config{Want: new(everything())})
	packet := make([]byte, 1400)
	c.Push(app.ToServer, []byte(get))
	c.Push(app.ToClient, []byte(ok+"\r\n"))
	b.SetBytes(int64(len(packet)))
	for b.Loop() {
		c.Push(app.ToClient, packet)
	}
}
