package httpmsg

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// diary writes down what a Conn tells. Bodies are joined, since their cuts are
// those of the packets.
type diary struct {
	events []string
	bodies map[string]*strings.Builder
	n      int
}

func (d *diary) Head(tx *Tx[int], dir int) {
	if dir == ToServer || tx.User == 0 {
		d.n++
		tx.User = d.n
	}
	m := &tx.Req
	first := fmt.Sprintf("%s %s %s", m.Method, m.Target, m.Protocol)
	if dir == ToClient {
		m = &tx.Resp
		first = strconv.Itoa(m.Status)
	}
	for _, h := range m.Headers {
		first += fmt.Sprintf(" [%s=%s]", h.Name, h.Value)
	}
	if m.Odd {
		first += " odd"
	}
	d.add(tx, dir, "head "+first)
	d.bodies[d.key(tx, dir)] = new(strings.Builder)
}

func (d *diary) key(tx *Tx[int], dir int) string {
	return fmt.Sprintf("%d%s", tx.User, "><"[dir:dir+1])
}

func (d *diary) add(tx *Tx[int], dir int, text string) {
	d.events = append(d.events, d.key(tx, dir)+" "+text)
}

func (d *diary) Body(tx *Tx[int], dir int, b []byte) {
	w := d.bodies[d.key(tx, dir)]
	if w == nil {
		d.add(tx, dir, "body without a head")
		return
	}
	w.Write(b)
}

func (d *diary) Done(tx *Tx[int], dir int) {
	m := &tx.Req
	if dir == ToClient {
		m = &tx.Resp
	}
	w := d.bodies[d.key(tx, dir)]
	if w == nil || int64(w.Len()) != m.BodySize || !strings.HasPrefix(w.String(), string(m.Body)) {
		d.add(tx, dir, "body is not what was told")
		return
	}
	d.add(tx, dir, "done "+w.String())
}

// turn is what one side says.
type turn struct {
	dir  int
	text string
}

func play(turns []turn, cuts func(n int) int) (*diary, *Conn[int]) {
	d := &diary{bodies: map[string]*strings.Builder{}}
	c := new(Conn[int])
	c.Reset(d)
	for _, t := range turns {
		if t.text == "FIN" {
			c.Close(t.dir)
			continue
		}
		for b := []byte(t.text); len(b) > 0; {
			n := cuts(len(b))
			part := bytes.Clone(b[:n])
			c.Push(t.dir, part)
			for i := range part { // the buffer is used again after the call
				part[i] = '#'
			}
			b = b[n:]
		}
	}
	return d, c
}

func all(n int) int { return n }

const okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

var conversations = []struct {
	name  string
	turns []turn
	want  []string
}{
	{"plain", []turn{{0, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"}, {1, okay}},
		[]string{"1> head GET /a HTTP/1.1 [Host=x]", "1> done ", "1< head 200 [Content-Length=2]", "1< done ok"}},
	{"two in a row", []turn{{0, "GET /a HTTP/1.1\r\n\r\n"}, {1, okay}, {0, "GET /b HTTP/1.1\r\n\r\n"}, {1, okay}},
		[]string{"1> head GET /a HTTP/1.1", "1> done ", "1< head 200 [Content-Length=2]", "1< done ok",
			"2> head GET /b HTTP/1.1", "2> done ", "2< head 200 [Content-Length=2]", "2< done ok"}},
	{"pipelining", []turn{{0, "POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n"}, {1, okay + okay}},
		[]string{"1> head POST /a HTTP/1.1 [Content-Length=1]", "1> done x", "2> head GET /b HTTP/1.1", "2> done ",
			"1< head 200 [Content-Length=2]", "1< done ok", "2< head 200 [Content-Length=2]", "2< done ok"}},
	{"chunks, extension and trailer", []turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n01\r\nd\r\n0;last\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=chunked]", "1> done abcd", "2> head GET /b HTTP/1.1", "2> done "}},
	{"chunks with bare LF", []turn{{0, "POST / HTTP/1.1\nTransfer-Encoding: Chunked\n\n3\nabc\n0\n\n"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=Chunked]", "1> done abc"}},
	{"bare LF", []turn{{0, "GET /a HTTP/1.1\nHost: x\n\n"}, {1, "HTTP/1.1 204 None\n\n"}},
		[]string{"1> head GET /a HTTP/1.1 [Host=x]", "1> done ", "1< head 204", "1< done "}},
	{"folded header", []turn{{0, "GET / HTTP/1.1\r\nX: a\r\n\t b\r\n  c\r\nHost : h\r\n\r\n"}},
		[]string{"1> head GET / HTTP/1.1 [X=a b c] [Host=h]", "1> done "}},
	{"empty lines first", []turn{{0, "\r\n\r\nGET / HTTP/1.1\r\n\r\n"}}, []string{"1> head GET / HTTP/1.1", "1> done "}},
	{"lower-case method", []turn{{0, "get /x.php HTTP/1.1\r\n\r\n"}}, []string{"1> head get /x.php HTTP/1.1", "1> done "}},
	{"short method", []turn{{0, "X / HTTP/1.1\r\n\r\n"}}, []string{"1> head X / HTTP/1.1", "1> done "}},
	{"blanks in the target", []turn{{0, "GET  /a b?c d  HTTP/1.1\r\n\r\n"}}, []string{"1> head GET /a b?c d HTTP/1.1", "1> done "}},
	{"HTTP/0.9", []turn{{0, "GET /cgi-bin/x?a=b\r\n"}, {1, "<html>"}}, []string{"1> head GET /cgi-bin/x?a=b ", "1> done "}},
	{"until close", []turn{{0, "GET / HTTP/1.0\r\n\r\n"}, {1, "HTTP/1.0 200 OK\r\n\r\nall of it"}, {1, "FIN"}},
		[]string{"1> head GET / HTTP/1.0", "1> done ", "1< head 200", "1< done all of it"}},
	{"cut by close", []turn{{0, "GET / HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"}, {1, "FIN"}},
		[]string{"1> head GET / HTTP/1.1", "1> done ", "1< head 200 [Content-Length=9]"}},
	{"HEAD", []turn{{0, "HEAD / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + okay}},
		[]string{"1> head HEAD / HTTP/1.1", "1> done ", "2> head GET /b HTTP/1.1", "2> done ", "1< head 200 [Content-Length=5]", "1< done ", "2< head 200 [Content-Length=2]", "2< done ok"}},
	{"304 has no body", []turn{{0, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n" + okay}},
		[]string{"1> head GET / HTTP/1.1", "1> done ", "2> head GET / HTTP/1.1", "2> done ", "1< head 304 [Content-Length=5]", "1< done ", "2< head 200 [Content-Length=2]", "2< done ok"}},
	{"interim answers", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"}, {1, "HTTP/1.1 100 Continue\r\n\r\n"}, {0, "ab"}, {1, "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + okay}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=2] [Expect=100-continue]", "1< head 100", "1> done ab", "1< head 103 [Link=x]", "1< head 200 [Content-Length=2]", "1< done ok"}},
	{"CONNECT", []turn{{0, "CONNECT h:443 HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01"}, {0, "GET / HTTP/1.1\r\n\r\n"}},
		[]string{"1> head CONNECT h:443 HTTP/1.1", "1> done ", "1< head 200", "1< done "}},
	{"CONNECT that is refused", []turn{{0, "CONNECT h:443 HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"}, {0, "GET / HTTP/1.1\r\n\r\n"}},
		[]string{"1> head CONNECT h:443 HTTP/1.1", "1> done ", "1< head 403 [Content-Length=2]", "1< done no", "2> head GET / HTTP/1.1", "2> done "}},
	{"upgrade", []turn{{0, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"}, {1, "HTTP/1.1 101 Switching\r\n\r\n\x81\x02hi"}, {0, "\x81\x82...."}},
		[]string{"1> head GET /ws HTTP/1.1 [Upgrade=websocket]", "1> done ", "1< head 101", "1< done "}},
	{"answer before the request ends", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"}, {1, okay}, {0, "cdGET /b HTTP/1.1\r\n\r\n"}, {1, okay}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=4]", "1< head 200 [Content-Length=2]", "1< done ok", "2> head GET /b HTTP/1.1", "2> done ", "2< head 200 [Content-Length=2]", "2< done ok"}},
	{"two answers before the request ends", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"}, {1, okay + "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}, {0, "cdGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=4]", "1< head 200 [Content-Length=2]", "1< done ok", "2< head 200 [Content-Length=9]", "3> head GET /b HTTP/1.1", "3> done "}},
	{"answer seen from the middle", []turn{{1, okay}, {0, "GET / HTTP/1.1\r\n\r\n"}, {1, okay}},
		[]string{"1< head 200 [Content-Length=2]", "1< done ok", "2> head GET / HTTP/1.1", "2> done ", "2< head 200 [Content-Length=2]", "2< done ok"}},

	// Request smuggling: messages that two servers read differently.
	{"length and chunks", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=3] [Transfer-Encoding=chunked]", "1> done x", "2> head GET /b HTTP/1.1", "2> done "}},
	{"two lengths", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nxGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=1] [Content-Length=5]", "1> done x", "2> head GET /b HTTP/1.1", "2> done "}},
	{"list of the same length", []turn{{0, "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Content-Length=1, 1]", "1> done x", "2> head GET /b HTTP/1.1", "2> done "}},
	{"chunked in a second field", []turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=gzip] [Transfer-Encoding=chunked]", "1> done x", "2> head GET /b HTTP/1.1", "2> done "}},
	{"coding that only ends like chunked", []turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=xchunked] [Content-Length=1]", "1> done x", "2> head GET /b HTTP/1.1", "2> done "}},
	{"coding behind chunked", []turn{{0, "GET / HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n1\r\nx\r\n0\r\n\r\n"}, {1, "FIN"}},
		[]string{"1> head GET / HTTP/1.1", "1> done ", "1< head 200 [Transfer-Encoding=chunked] [Transfer-Encoding=gzip]", "1< done 1\r\nx\r\n0\r\n\r\n"}},
	{"chunk size is no number", []turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=chunked]"}},
	{"chunk is longer than it says", []turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"}},
		[]string{"1> head POST / HTTP/1.1 [Transfer-Encoding=chunked]"}},
	{"not HTTP", []turn{{0, "\x16\x03\x01\x00\x05hello"}, {0, "GET / HTTP/1.1\r\n\r\n"}}, nil},
	{"other text protocol", []turn{{0, "EHLO mail.example\r\nGET / HTTP/1.1\r\n\r\n"}}, nil},
	{"answer without a number", []turn{{1, "HTTP/1.1 abc\r\n\r\n"}}, nil},
	{"method too long", []turn{{0, strings.Repeat("M", 21) + " / HTTP/1.1\r\n\r\n"}}, nil},
}

func TestConversations(t *testing.T) {
	t.Parallel()
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, _ := play(c.turns, all)
			if diff := cmp.Diff(c.want, d.events); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			rng := rand.New(rand.NewPCG(1, 1))
			for size := 1; size < 40; size++ { // however it is cut, the same is read
				cut := func(n int) int { return min(n, size) }
				if size > 30 {
					cut = func(n int) int { return 1 + rng.IntN(n) }
				}
				if again, _ := play(c.turns, cut); !slices.Equal(d.events, again.events) {
					t.Fatalf("in parts of %d bytes (-whole +parts):\n%s", size, cmp.Diff(d.events, again.events))
				}
			}
		})
	}
}

// head reads one request and returns what the reader says of it.
func request(t *testing.T, text string) *Message {
	t.Helper()
	var m *Message
	c := new(Conn[int])
	c.Reset(first(func(tx *Tx[int]) { m = &tx.Req }))
	c.Push(ToServer, []byte(text))
	if m == nil {
		t.Fatalf("%.200q is not read", text)
	}
	return m
}

type first func(*Tx[int])

func (f first) Head(tx *Tx[int], _ int)    { f(tx) }
func (f first) Body(*Tx[int], int, []byte) {}
func (f first) Done(_ *Tx[int], _ int)     {}

func TestOdd(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]bool{
		"Content-Length: 5":                                          false,
		"Content-Length: 5\r\nContent-Length: 5":                     false,
		"Content-Length: 5, 5":                                       false,
		"Transfer-Encoding: gzip, chunked":                           false,
		"Content-Length: 5\r\nContent-Length: 6":                     true,
		"Content-Length: 5, 6":                                       true,
		"Content-Length: +5":                                         true,
		"Content-Length: -5":                                         true,
		"Content-Length: 0x5":                                        true,
		"Content-Length:":                                            true,
		"Content-Length: 99999999999999999999":                       true,
		"Content-Length: 5\r\nTransfer-Encoding: chunked":            true,
		"Content-Length: 5\r\nTransfer-Encoding: identity":           true,
		"Transfer-Encoding: chunked, gzip":                           true,
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity":  true,
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked":   true,
		strings.Repeat("X: y\r\n", maxHeaders) + "Content-Length: 5": true,
	} {
		// Without a body announced the Done has come already, so Odd is looked at in Head.
		odd := false
		c := new(Conn[int])
		var tx *Tx[int]
		c.Reset(first(func(x *Tx[int]) { tx = x }))
		c.Push(ToServer, []byte("POST / HTTP/1.1\r\n"+head+"\r\n\r\n"))
		if tx != nil {
			odd = tx.Req.Odd
		}
		if odd != want {
			t.Errorf("%.80q: odd is %v", head, odd)
		}
	}
}

// TestHeaderFlood: headers past the limit are not kept, but the one that says
// where the body ends is found.
func TestHeaderFlood(t *testing.T) {
	t.Parallel()
	text := "POST / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", 5000) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + "GET /b HTTP/1.1\r\n\r\n"
	d, _ := play([]turn{{0, text}}, all)
	if n := len(d.events); n != 4 || !strings.HasPrefix(d.events[2], "2> head GET /b") {
		t.Errorf("%d events", n)
	}
	if m := request(t, text); len(m.Headers) > 2*maxHeaders {
		t.Errorf("%d headers are kept", len(m.Headers))
	}
	m := request(t, "POST / HTTP/1.1\r\n"+strings.Repeat("Content-Length: 0\r\n", 3000)+"\r\n")
	if len(m.Headers) > 2*maxHeaders {
		t.Errorf("%d headers are kept", len(m.Headers))
	}
}

func TestHeadTooLarge(t *testing.T) {
	t.Parallel()
	for _, fill := range []string{strings.Repeat("A: b\r\n", MaxHead/6+1), "A: " + strings.Repeat("b", MaxHead), "A: b" + strings.Repeat("\r\n c", MaxHead/4)} {
		for _, size := range []int{1 << 20, 1400, 1} {
			d, c := play([]turn{{0, "GET / HTTP/1.1\r\n" + fill + "\r\n\r\n"}}, func(n int) int { return min(n, size) })
			if len(d.events) != 0 || !c.Broken(ToServer) {
				t.Errorf("in parts of %d: %d events", size, len(d.events))
			}
		}
	}
	big := strings.Repeat("b", MaxHead-100)
	if m := request(t, "GET / HTTP/1.1\r\nA: "+big+"\r\n\r\n"); string(m.Header("a")) != big {
		t.Error("a head of nearly the limit is read")
	}
}

func TestChunkLineTooLong(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1 << 20, 1400, 1} {
		d, c := play([]turn{{0, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", maxChunkLine) + "\r\na\r\n0\r\n\r\n"}}, func(n int) int { return min(n, size) })
		if len(d.events) != 1 || !c.Broken(ToServer) || len(c.dirs[0].line) > maxChunkLine {
			t.Errorf("in parts of %d: %v", size, d.events)
		}
	}
}

func TestBodyBounded(t *testing.T) {
	t.Parallel()
	const size = 3 * MaxBody
	c := new(Conn[int])
	var tx *Tx[int]
	c.Reset(first(func(x *Tx[int]) { tx = x }))
	c.Push(ToServer, fmt.Appendf(nil, "POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n", size))
	if c.Opaque(ToServer, 0) {
		t.Error("the start of a body is looked at")
	}
	c.Push(ToServer, make([]byte, 2*MaxBody))
	if len(tx.Req.Body) != MaxBody || tx.Req.BodySize != 2*MaxBody || tx.Req.Complete {
		t.Errorf("%d bytes kept of %d", len(tx.Req.Body), tx.Req.BodySize)
	}
	if !c.Opaque(ToServer, MaxBody) || c.Opaque(ToServer, MaxBody+1) || c.Opaque(ToClient, 0) {
		t.Error("the rest is not looked at, as far as it goes")
	}
	c.Push(ToServer, make([]byte, MaxBody))
	if !tx.Req.Complete || tx.Req.Length != size {
		t.Error("the end was not seen")
	}
}

func TestPipeliningBounded(t *testing.T) {
	t.Parallel()
	d, c := play([]turn{{0, strings.Repeat("GET /a HTTP/1.1\r\n\r\n", 5)}, {1, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"}, {0, strings.Repeat("GET /a HTTP/1.1\r\n\r\n", 3*MaxTransactions)}, {1, "cd" + okay}}, all)
	if len(c.open) > MaxTransactions || c.Current(ToServer).User != 5+3*MaxTransactions {
		t.Errorf("%d transactions wait", len(c.open))
	}
	if e := d.events[len(d.events)-3]; e != "1< done abcd" {
		t.Errorf("the answer that was being read ends with %q", e)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	d, c := play([]turn{{0, "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"}, {1, "HTTP/1.1 20"}}, all)
	c.Reset(d)
	c.Push(ToServer, []byte("GET /new HTTP/1.1\r\n\r\n"))
	c.Push(ToClient, []byte(okay))
	if got := d.events[len(d.events)-1]; got != "2< done ok" {
		t.Errorf("after Reset: %q", d.events)
	}
	if c.Current(ToServer) != nil || c.Current(ToClient) != nil {
		t.Error("something is open")
	}
}

func TestLooksLike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir  int
		in   string
		want bool
	}{
		{0, "", false}, {0, "G", true}, {0, "GE", true}, {0, "GET ", true}, {0, "GET / HT", true}, {0, "GET / HTTP/1.1\r\n", true},
		{0, "GET /old\r\n", true}, {0, "GET key\r\n", false}, {0, "EHLO x\r\n", false}, {0, " GET", false}, {0, "\x16\x03\x01", false},
		{0, "SSH-2.0-x", false}, {0, strings.Repeat("A", 20), true}, {0, strings.Repeat("A", 21), false}, {0, strings.Repeat("A", 21) + " / HTTP/1.1", false},
		{1, "", false}, {1, "H", true}, {1, "HTTP/1.1 200", true}, {1, "HTTQ", false}, {1, "220 mail", false},
	} {
		if got := LooksLike(c.dir, []byte(c.in)); got != c.want {
			t.Errorf("LooksLike(%d, %q) = %v", c.dir, c.in, got)
		}
	}
}

// TestAgainstStandardLibrary: well-formed messages are read as net/http reads them.
func TestAgainstStandardLibrary(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		body := strings.Repeat("body ", rng.IntN(300))
		req, err := http.NewRequest([]string{"GET", "POST", "PUT", "DELETE", "PATCH"}[rng.IntN(5)], "http://host.example/p/"+strconv.Itoa(rng.IntN(1000))+"?q=%20x", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rng.IntN(8) {
			req.Header.Add("X-"+strconv.Itoa(i), strings.Repeat("v", rng.IntN(50)))
		}
		resp := &http.Response{ProtoMajor: 1, ProtoMinor: 1, StatusCode: []int{200, 404, 500, 206}[rng.IntN(4)], Header: http.Header{"X-A": {"b"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req}
		if rng.IntN(2) == 0 {
			req.TransferEncoding, req.ContentLength = []string{"chunked"}, -1
			resp.TransferEncoding, resp.ContentLength = []string{"chunked"}, -1
		} else {
			req.ContentLength = int64(len(body))
		}
		if len(body) > 0 {
			req.Body = io.NopCloser(strings.NewReader(body))
		}
		var out, in bytes.Buffer
		if err := req.Write(&out); err != nil {
			t.Fatal(err)
		}
		if err := resp.Write(&in); err != nil {
			t.Fatal(err)
		}
		compareStd(t, out.Bytes(), in.Bytes())
	}
}

func compareStd(t *testing.T, out, in []byte) {
	t.Helper()
	std, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out)))
	if err != nil {
		t.Fatal(err)
	}
	var reqBody, respBody []byte
	var done int
	c := new(Conn[int])
	c.Reset(whole{func(tx *Tx[int], dir int) {
		done++
		if dir == ToClient {
			respBody = bytes.Clone(tx.Resp.Body)
			return
		}
		reqBody = bytes.Clone(tx.Req.Body)
		if string(tx.Req.Method) != std.Method || string(tx.Req.Target) != std.RequestURI || string(tx.Req.Protocol) != std.Proto || string(tx.Req.AppendHost(nil)) != std.Host || tx.Req.Odd {
			t.Errorf("request %q", tx.Req.Line)
		}
		for name, v := range std.Header {
			if got := tx.Req.Header(strings.ToLower(name)); string(got) != v[0] {
				t.Errorf("%s: %q, want %q", name, got, v[0])
			}
		}
	}})
	c.Push(ToServer, out)
	c.Push(ToClient, in)
	want, _ := io.ReadAll(std.Body)
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(in)), std)
	if err != nil {
		t.Fatal(err)
	}
	wantResp, _ := io.ReadAll(resp.Body)
	if done != 2 || !bytes.Equal(reqBody, want) || !bytes.Equal(respBody, wantResp) {
		t.Fatalf("%d messages of\n%q\n%q", done, out, in)
	}
}

type whole struct{ done func(*Tx[int], int) }

func (whole) Head(*Tx[int], int)          {}
func (whole) Body(*Tx[int], int, []byte)  {}
func (w whole) Done(tx *Tx[int], dir int) { w.done(tx, dir) }

// FuzzStream: a conversation read whole and read in parts is the same one, and
// memory stays bounded.
func FuzzStream(f *testing.F) {
	for i, c := range conversations {
		var to, from string
		for _, t := range c.turns {
			if t.text == "FIN" {
				continue
			}
			if t.dir == ToServer {
				to += t.text
			} else {
				from += t.text
			}
		}
		f.Add([]byte(to), []byte(from), byte(i))
	}
	f.Fuzz(func(t *testing.T, to, from []byte, size byte) {
		turns := []turn{{0, string(to)}, {1, string(from)}, {1, "FIN"}, {0, "FIN"}}
		d, c := play(turns, all)
		again, _ := play(turns, func(n int) int { return min(n, 1+int(size)) })
		if !slices.Equal(d.events, again.events) {
			t.Fatalf("(-whole +parts of %d):\n%s", 1+int(size), cmp.Diff(d.events, again.events))
		}
		for _, e := range d.events {
			if strings.HasSuffix(e, "body without a head") || strings.HasSuffix(e, "body is not what was told") {
				t.Fatal(d.events)
			}
		}
		if len(c.open) > MaxTransactions+1 {
			t.Fatalf("%d transactions", len(c.open))
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	c := new(Conn[int])
	c.Reset(whole{func(*Tx[int], int) {}})
	out := []byte("GET /index.html HTTP/1.1\r\nHost: www.example.jp\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nAccept-Language: ja\r\n\r\n")
	in := []byte(okay)
	b.ReportAllocs()
	b.SetBytes(int64(len(out) + len(in)))
	for b.Loop() {
		c.Push(ToServer, out)
		c.Push(ToClient, in)
	}
}
