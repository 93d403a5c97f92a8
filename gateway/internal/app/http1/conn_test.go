package http1

import (
	"math/rand/v2"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/rule"

	"github.com/google/go-cmp/cmp"
)

const (
	get   = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
	hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	post  = "POST /p HTTP/1.1\r\nHost: h\r\n"
	ok    = "HTTP/1.1 200 OK\r\n"
)

// conversations show what one buffer or the files and events of each turn into.
var conversations = []struct {
	name  string
	want  []rule.Buffer
	turns []turn
	lines []string
}{
	{"plain", []rule.Buffer{rule.HTTPURI, rule.HTTPStatCode, rule.HTTPResponseBody}, []turn{{0, get}, {1, hello}},
		[]string{`0< file "/a" "hello"`, `0> http.uri="/a"`, `0< http.response_body="hello" http.stat_code="200"`}},
	{"pipelining", []rule.Buffer{rule.HTTPURIRaw}, []turn{{0, get + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"}, {1, hello + hello}},
		[]string{`0< file "/a" "hello"`, `0> http.uri.raw="/a"`, `0< `, `1< file "/b" "hello"`, `1> http.uri.raw="/b"`, `1< `}},
	{"CL.TE: chunked wins", []rule.Buffer{rule.HTTPURIRaw},
		[]turn{{0, post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"}},
		[]string{`0> http.uri.raw="/p"`, `0< `, `1> http.uri.raw="/smuggled"`, `1< `}},
	{"TE.CL: chunked wins", []rule.Buffer{rule.HTTPRequestBody},
		[]turn{{0, post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n"}},
		[]string{`0> file "/p" "SMUGGLED"`, `0> http.request_body="SMUGGLED"`, `0< `}},
	{"two lengths: the first counts", []rule.Buffer{rule.HTTPRequestBody},
		[]turn{{0, post + "Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello"}},
		[]string{`0> file "/p" "hello"`, `0> app-layer-event="http.duplicate_content_length_field_in_request" app-layer-event="http.request_header_repetition" http.request_body="hello"`,
			`0< app-layer-event="http.duplicate_content_length_field_in_request" app-layer-event="http.request_header_repetition"`}},
	{"folded transfer encoding", []rule.Buffer{rule.HTTPRequestBody},
		[]turn{{0, post + "Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"}},
		[]string{`0> file "/p" "ab"`, `0> http.request_body="ab"`, `0< `}},
	{"folded header of a response is its own", []rule.Buffer{rule.HTTPHeader},
		[]turn{{0, get}, {1, ok + "X-A: b\r\n\tTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"}},
		[]string{`0< file "/a" "ab"`, `0> http.header="Host: h\r\n"`, `0< http.header="X-A: b\r\nTransfer-Encoding: chunked\r\n"`}},
	{"bare LF", []rule.Buffer{rule.HTTPHeader}, []turn{{0, "GET /a HTTP/1.1\nHost: h\nX: y\n\n"}, {1, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"}},
		[]string{`0< file "/a" "hello"`, `0> http.header="Host: h\r\nX: y\r\n"`, `0< http.header="Content-Length: 5\r\n"`}},
	{"bare CR splits headers of a response", []rule.Buffer{rule.HTTPLocation}, []turn{{0, get}, {1, ok + "X: y\rLocation: /evil\r\nContent-Length: 0\r\n\r\n"}},
		[]string{`0> `, `0< http.location="/evil"`}},
	{"bare CR does not split those of a request", []rule.Buffer{rule.HTTPCookie}, []turn{{0, "GET /a HTTP/1.1\r\nHost: h\r\nX: y\rCookie: c\r\n\r\n"}},
		[]string{`0> `, `0< `}},
	{"header splitting by an encoded end of line stays encoded", []rule.Buffer{rule.HTTPURIRaw, rule.HTTPHeader},
		[]turn{{0, "GET /a%0d%0aX:%20y HTTP/1.1\r\nHost: h\r\n\r\n"}},
		[]string{`0> http.header="Host: h\r\n" http.uri.raw="/a%0d%0aX:%20y"`, `0< `}},
	{"chunk extension", []rule.Buffer{rule.HTTPRequestBody}, []turn{{0, post + "Transfer-Encoding: chunked\r\n\r\n2;x=\"y\"\r\nab\r\n0;z\r\n\r\n"}},
		[]string{`0> file "/p" "ab"`, `0> app-layer-event="http.request_chunk_extension" http.request_body="ab"`, `0< app-layer-event="http.request_chunk_extension"`}},
	{"chunk size too large in a response: taken as it is", []rule.Buffer{rule.HTTPResponseBody},
		[]turn{{0, get}, {1, ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc"}, {1, "FIN"}},
		[]string{`0< file "/a" "fffffffffffffffff\r\nabc"`, `0> app-layer-event="http.invalid_response_chunk_len"`,
			`0< app-layer-event="http.invalid_response_chunk_len" http.response_body="fffffffffffffffff\r\nabc"`}},
	{"chunk size too large in a request: nothing more is read", []rule.Buffer{rule.HTTPURIRaw},
		[]turn{{0, post + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\nabc\r\n0\r\n\r\n" + get}},
		[]string{`0> app-layer-event="http.invalid_request_chunk_len" http.uri.raw="/p"`, `0< app-layer-event="http.invalid_request_chunk_len"`}},
	{"trailer", []rule.Buffer{rule.HTTPHeader, rule.HTTPHeaderNames, rule.HTTPHeaderRaw},
		[]turn{{0, post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"}},
		[]string{`0> file "/p" "a"`, `0> http.header.raw="Host: h\r\nTransfer-Encoding: chunked\r\n\r\nX: y\r\n\r\n" http.header="Host: h\r\nTransfer-Encoding: chunked\r\nX: y\r\n" http.header_names="\r\nHost\r\nTransfer-Encoding\r\nX\r\n\r\n"`, `0< `}},
	{"line without a colon", []rule.Buffer{rule.HTTPHeader}, []turn{{0, "GET /a HTTP/1.1\r\nHost: h\r\nnothing\r\n\r\n"}},
		[]string{`0> app-layer-event="http.request_field_missing_colon" http.header="Host: h\r\n: nothing\r\n"`, `0< app-layer-event="http.request_field_missing_colon"`}},
	{"repeated headers are joined, cookies apart", []rule.Buffer{rule.HTTPHeader, rule.HTTPCookie},
		[]turn{{0, "GET /a HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\nX: 1\r\nCookie: b=2\r\nx: 2\r\n\r\n"}},
		[]string{`0> app-layer-event="http.request_header_repetition" http.cookie="a=1, b=2" http.header="Host: h\r\nX: 1, 2\r\n"`, `0< app-layer-event="http.request_header_repetition"`}},
	{"response without a request", []rule.Buffer{rule.HTTPStatCode}, []turn{{1, hello}, {0, get}},
		[]string{`0< file "/libhtp::request_uri_not_seen" "hello"`, `0> app-layer-event="http.unable_to_match_response_to_request"`,
			`0< app-layer-event="http.unable_to_match_response_to_request" http.stat_code="200"`, `1> `, `1< `}},
	{"100 Continue", []rule.Buffer{rule.HTTPStatCode}, []turn{{0, get}, {1, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + hello}},
		[]string{`0< file "/a" "hello"`, `0> `, `0< http.stat_code="200"`}},
	{"no body for HEAD", []rule.Buffer{rule.HTTPStatCode}, []turn{{0, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get}, {1, ok + "Content-Length: 5\r\n\r\n" + hello}},
		[]string{`0> `, `0< http.stat_code="200"`, `1< file "/a" "hello"`, `1> `, `1< http.stat_code="200"`}},
	{"204 with a length has a body", []rule.Buffer{rule.HTTPResponseBody}, []turn{{0, get}, {1, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi"}},
		[]string{`0< file "/a" "hi"`, `0> `, `0< http.response_body="hi"`}},
	{"body until close", []rule.Buffer{rule.HTTPResponseBody}, []turn{{0, get}, {1, ok + "\r\nall of it"}, {1, "FIN"}},
		[]string{`0< file "/a" "all of it"`, `0> `, `0< http.response_body="all of it"`}},
	{"not a response: a body", []rule.Buffer{rule.HTTPResponseBody}, []turn{{0, get}, {1, "<html>"}, {1, "FIN"}},
		[]string{`0< file "/a" "<html>"`, `0> `, `0< http.response_body="<html>"`}},
	{"HTTP/0.9", []rule.Buffer{rule.HTTPURI, rule.HTTPResponseBody}, []turn{{0, "GET /old\r\n"}, {1, "<html>"}, {1, "FIN"}},
		[]string{`0< file "/old" "<html>"`, `0> http.uri="/old"`, `0< http.response_body="<html>"`}},
	{"version missing, headers there", []rule.Buffer{rule.HTTPHeader}, []turn{{0, "GET /old\r\nHost: h\r\n\r\n"}},
		[]string{`0> app-layer-event="http.request_line_missing_protocol" http.header="Host: h\r\n"`, `0< app-layer-event="http.request_line_missing_protocol"`}},
	{"space in the target", []rule.Buffer{rule.HTTPURI}, []turn{{0, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"}},
		[]string{`0> http.uri="/a b"`, `0< `}},
	{"range", []rule.Buffer{rule.HTTPStatCode}, []turn{{0, get}, {1, "HTTP/1.1 206 Part\r\nContent-Range: bytes foo/bar\r\nContent-Length: 2\r\n\r\nhi"}},
		[]string{`0< file "/a" "hi"`, `0> app-layer-event="http.range_invalid"`, `0< app-layer-event="http.range_invalid" http.stat_code="206"`}},
	{"authorization", nil, []turn{{0, "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: NTLM xyz\r\n\r\n"}},
		[]string{`0> app-layer-event="http.request_auth_unrecognized"`, `0< app-layer-event="http.request_auth_unrecognized"`}},
	{"two hosts", []rule.Buffer{rule.HTTPHost, rule.HTTPHostRaw}, []turn{{0, "GET http://Good.Example:80/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"}},
		[]string{`0> app-layer-event="http.host_header_ambiguous" http.host.raw="Good.Example" http.host="good.example"`, `0< app-layer-event="http.host_header_ambiguous"`}},
	{"gap in a body", []rule.Buffer{rule.HTTPStatCode}, []turn{{0, get}, {1, ok + "Content-Length: 15\r\n\r\nhello"}, {1, "GAP"}, {0, get}, {1, hello}},
		[]string{`0< file "/a" "hello<gap 10>" cut`, `0> `, `0< http.stat_code="200"`, `1< file "/a" "hello"`, `1> `, `1< http.stat_code="200"`}},
	{"gap beyond a body", []rule.Buffer{rule.HTTPStatCode}, []turn{{0, get}, {1, ok + "Content-Length: 9\r\n\r\nhello"}, {1, "GAP"}, {0, get}, {1, hello}},
		[]string{`0< file "/a" "hello<gap 4>" cut`, `0> `, `0< http.stat_code="200"`, `1> `, `1< `}},
	{"form with files", []rule.Buffer{rule.HTTPMethod},
		[]turn{{0, post + "Content-Type: multipart/form-data; boundary=xx\r\nContent-Length: 209\r\n\r\n--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nfield\r\n" +
			"--xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.exe\"\r\nContent-Type: x/y\r\n\r\nMZ\r\n--x\r\n\r\n--xx\r\n" + "Content-Disposition: x; filename=b\r\n\r\n\r\n--xx--\r\n"}},
		[]string{`0> file "a.exe" "MZ\r\n--x\r\n"`, `0> file "b" ""`, `0> http.method="POST"`, `0< `}},
	{"form that is cut", []rule.Buffer{rule.HTTPMethod},
		[]turn{{0, post + "Content-Type: multipart/form-data; boundary=\"xx\"\r\nContent-Length: 300\r\n\r\n--xx\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\nhalf"}},
		[]string{`0> file "a" "half" cut`, `0> http.method="POST"`, `0< `}},
	{"name of a file", nil, []turn{{0, get}, {1, ok + "Content-Disposition: attachment; x=\"a;b\"; FileName=\"c;d.exe\"\r\nContent-Length: 1\r\n\r\nx"}},
		[]string{`0< file "c;d.exe" "x"`, `0> `, `0< `}},
	{"connect that is refused", []rule.Buffer{rule.HTTPMethod}, []turn{{0, "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"}, {0, get}, {1, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"}},
		[]string{`0> http.method="CONNECT"`, `0< `, `1> http.method="GET"`, `1< `}},
}

func conversationConfig(want []rule.Buffer) Config {
	return Config{Want: new(rule.SetOf(want...))}
}

func TestConversations(t *testing.T) {
	t.Parallel()
	for _, c := range conversations {
		d := play(t, conversationConfig(c.want), c.turns, whole)
		if diff := cmp.Diff(c.lines, d.lines); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestCuts: the same conversation in any cut gives the same transactions, values,
// events and files.
func TestCuts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	cuts := []func(int) int{func(int) int { return 1 }, func(int) int { return 2 }}
	for range 20 {
		cuts = append(cuts, func(n int) int { return 1 + rng.IntN(n) })
	}
	for _, c := range conversations {
		if c.name == "version missing, headers there" {
			continue // what comes at once decides on HTTP/0.9, as in Suricata
		}
		cfg := Config{Want: new(everything())}
		want := play(t, cfg, c.turns, whole).lines
		for _, cut := range cuts {
			if diff := cmp.Diff(want, play(t, cfg, c.turns, cut).lines); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
				break
			}
		}
	}
}

// TestWant: buffers that nobody wants are not built.
func TestWant(t *testing.T) {
	t.Parallel()
	d := play(t, Config{}, []turn{{0, get}, {1, hello}}, whole)
	if diff := cmp.Diff([]string{`0< file "/a" "hello"`, "0> ", "0< "}, d.lines); diff != "" {
		t.Error(diff)
	}
}

func TestAllBuffers(t *testing.T) {
	t.Parallel()
	d := play(t, Config{Want: new(everything())}, []turn{
		{0, "POST /p%41?q=%20+ HTTP/1.1\r\nHost: H.Example:80\r\nUser-Agent: ua\r\nReferer: r\r\nAccept: a\r\nAccept-Encoding: e\r\nAccept-Language: l\r\nConnection: c\r\nContent-Type: t\r\nContent-Length: 2\r\nCookie: k\r\n\r\nhi"},
		{1, "HTTP/1.1 302 Found it\r\nServer: s\r\nLocation: /l\r\nContent-Type: t\r\nContent-Length: 1\r\nSet-Cookie: k\r\nConnection: c\r\n\r\nx"},
	}, whole)
	request := "POST /p%41?q=%20+ HTTP/1.1"
	head := `Host: H.Example:80\r\nUser-Agent: ua\r\nReferer: r\r\nAccept: a\r\nAccept-Encoding: e\r\nAccept-Language: l\r\nConnection: c\r\nContent-Type: t\r\nContent-Length: 2\r\n`
	want := []string{`0> file "/pA" "hi"`, `0< file "/pA" "x"`,
		`0> http.accept="a" http.accept_enc="e" http.accept_lang="l" http.connection="c" http.content_len="2" http.content_type="t" http.cookie="k" ` +
			`http.header.raw="` + head + `Cookie: k\r\n\r\n" http.header="` + head + `" ` +
			`http.header_names="\r\nHost\r\nUser-Agent\r\nReferer\r\nAccept\r\nAccept-Encoding\r\nAccept-Language\r\nConnection\r\nContent-Type\r\nContent-Length\r\nCookie\r\n\r\n" ` +
			`http.host.raw="H.Example:80" http.host="h.example" http.method="POST" http.protocol="HTTP/1.1" http.referer="r" http.request_body="hi" ` +
			`http.request_header="Accept-Encoding: e" http.request_header="Accept-Language: l" http.request_header="Accept: a" http.request_header="Connection: c" http.request_header="Content-Length: 2" http.request_header="Content-Type: t" http.request_header="Cookie: k" http.request_header="Host: H.Example:80" http.request_header="Referer: r" http.request_header="User-Agent: ua" ` +
			`http.request_line="` + request + `" http.start="` + request + `\r\n` + head + `Cookie: k\r\n\r\n" http.uri.raw="/p%41?q=%20+" http.uri="/pA?q= +" http.user_agent="ua"`,
		`0< http.connection="c" http.content_len="1" http.content_type="t" http.cookie="k" http.header.raw="Server: s\r\nLocation: /l\r\nContent-Type: t\r\nContent-Length: 1\r\nSet-Cookie: k\r\nConnection: c\r\n\r\n" ` +
			`http.header="Server: s\r\nLocation: /l\r\nContent-Type: t\r\nContent-Length: 1\r\nConnection: c\r\n" http.header_names="\r\nServer\r\nLocation\r\nContent-Type\r\nContent-Length\r\nSet-Cookie\r\nConnection\r\n\r\n" http.location="/l" http.protocol="HTTP/1.1" http.response_body="x" ` +
			`http.response_header="Connection: c" http.response_header="Content-Length: 1" http.response_header="Content-Type: t" http.response_header="Location: /l" http.response_header="Server: s" http.response_header="Set-Cookie: k" ` +
			`http.response_line="HTTP/1.1 302 Found it" http.server="s" http.start="HTTP/1.1 302 Found it\r\nServer: s\r\nLocation: /l\r\nContent-Type: t\r\nContent-Length: 1\r\nSet-Cookie: k\r\nConnection: c\r\n\r\n" http.stat_code="302" http.stat_msg="Found it"`,
	}
	if diff := cmp.Diff(want, d.lines); diff != "" {
		t.Error(diff)
	}
}

func TestBecomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request, response, rest string
		next                    rule.Proto
	}{
		"CONNECT":   {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 Established\r\n\r\n", "\x16\x03\x01", rule.ProtoUnknown},
		"WebSocket": {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 Switch\r\nUpgrade: WebSocket\r\n\r\n", "\x81\x01a", rule.ProtoWebSocket},
		"h2c":       {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n", "HTTP/1.1 101 Switch\r\nUpgrade: h2c\r\n\r\n", "\x00\x00\x00\x04", rule.ProtoHTTP2},
	} {
		d := play(t, Config{}, []turn{{0, c.request}, {1, c.response + c.rest}, {1, get}}, whole)
		if d.next != c.next || d.rest != c.rest || len(d.lines) != 2 {
			t.Errorf("%s becomes %v with %q: %q", name, d.next, d.rest, d.lines)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f := func(name, event string, turns ...turn) {
		t.Helper()
		d := play(t, Config{}, turns, whole)
		if all := strings.Join(d.news, "\n"); !strings.Contains(all, event) {
			t.Errorf("%s: %.200q", name, all)
		}
	}
	f("long line", "http.request_field_too_long", turn{0, "GET /" + strings.Repeat("a", maxLine+1)})
	f("long head", "http.request_field_too_long", turn{0, "GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("a", 9000)+"\r\n", 20)})
	f("many headers", "http.request_too_many_headers", turn{0, "GET / HTTP/1.1\r\n" + manyHeaders() + "\r\n"})
	f("long response line", "http.response_field_too_long", turn{0, get}, turn{1, "HTTP/1.1 200 " + strings.Repeat("a", maxLine+1)})
	big := strings.Repeat("0123456789", 20000)
	d := play(t, Config{Want: new(everything()), ResponseBody: 1000}, []turn{{0, get}, {1, ok + "Content-Length: 200000\r\n\r\n" + big}, {0, get}, {1, hello}}, whole)
	if !strings.HasSuffix(d.lines[0], `" cut`) || len(d.lines[0]) > 1100 || !strings.Contains(d.lines[3], "hello") {
		t.Errorf("large body: %.100q", d.lines)
	}
}

func manyHeaders() string {
	var b strings.Builder
	for i := range maxHeaders + 10 {
		b.WriteString("x" + strings.Repeat("y", i%50) + string(rune('a'+i/50)) + ": 1\r\n")
	}
	return b.String()
}

// TestPipelining: requests that nobody answers do not pile up, and all are logged.
func TestPipelining(t *testing.T) {
	t.Parallel()
	d := newDiary(t)
	c := New(d, Config{})
	for range 3 * maxOpen {
		c.Push(app.ToServer, []byte(get))
	}
	if len(c.open) > maxOpen {
		t.Errorf("%d transactions wait", len(c.open))
	}
	c.Close(app.ToServer)
	c.Close(app.ToClient)
	if len(d.lines) != 2*3*maxOpen {
		t.Errorf("%d lines", len(d.lines))
	}
}

// TestGrows: rules look at a large body while it grows, not at each packet.
func TestGrows(t *testing.T) {
	t.Parallel()
	d := newDiary(t)
	c := New(d, Config{Want: new(everything())})
	c.Push(app.ToServer, []byte(get))
	c.Push(app.ToClient, []byte(ok+"Content-Length: 90000\r\n\r\n"))
	before := d.steps
	for range 90 {
		c.Push(app.ToClient, make([]byte, 1000))
	}
	if n := d.steps - before; n != 3 { // at 40 and 80 KiB, and at the end
		t.Errorf("%d steps", n)
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	d := newDiary(t)
	c := New(d, Config{ResponseBody: 10})
	c.Push(app.ToServer, []byte(get))
	tx := c.Current(app.ToClient)
	if tx == nil || string(Host(tx)) != "h" || string(Target(tx)) != "/a" || c.Begun() {
		t.Fatal("the request that waits is not told")
	}
	c.Push(app.ToClient, []byte(ok+"Content-Length: 100\r\n\r\n"))
	if !c.Begun() || c.Opaque(app.ToClient) || c.Unread(app.ToClient) != 0 {
		t.Error("the response has begun and is looked at")
	}
	c.Push(app.ToClient, make([]byte, 20))
	if !c.Opaque(app.ToClient) || c.Unread(app.ToClient) != 80 {
		t.Errorf("behind the limit: %v %d", c.Opaque(app.ToClient), c.Unread(app.ToClient))
	}
	c.Push(app.ToClient, make([]byte, 80))
	if c.Begun() || c.Current(app.ToClient) != nil {
		t.Error("the transaction is over")
	}
}

// A scanner sees a file whole, however little of it rules look at.
func TestFilesLongerThanBodies(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("0123456789", 2000) + "the end"
	for coding, body := range map[string]string{"identity": big, "gzip": coded(t, "gzip", big)} {
		file, _ := answered(t, Config{Want: new(everything()), ResponseBody: 1000, Files: 1 << 20}, coding, body, whole)
		if !strings.Contains(file, "the end") || strings.HasSuffix(file, "cut") {
			t.Errorf("%s: the file ends early: %.60q … %q", coding, file, file[max(0, len(file)-60):])
		}
	}
	d := newDiary(t)
	c := New(d, Config{ResponseBody: 10, Files: 50})
	c.Push(app.ToServer, []byte(get))
	c.Push(app.ToClient, []byte(ok+"Content-Length: 100\r\n\r\n"+strings.Repeat("x", 20)))
	if !c.Opaque(app.ToClient) || c.Unread(app.ToClient) != 0 {
		t.Errorf("between the limits: opaque %v, unread %d", c.Opaque(app.ToClient), c.Unread(app.ToClient))
	}
	c.Push(app.ToClient, make([]byte, 40))
	if c.Unread(app.ToClient) != 40 {
		t.Errorf("behind both: unread %d", c.Unread(app.ToClient))
	}
}
