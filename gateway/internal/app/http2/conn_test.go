package http2

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
	"otasuke/rule"
)

// all wants every buffer.
func all() Config {
	var want rule.BufferSet
	for b := range rule.NumBuffers {
		want.Add(rule.Buffer(b))
	}
	return Config{Want: &want}
}

func reader(s app.Sink) app.Reader { return New(s, all()) }

// peer writes the frames of one direction with another implementation.
type peer struct {
	t   testing.TB
	out bytes.Buffer
	f   *http2.Framer
	enc *hpack.Encoder
	blk bytes.Buffer
}

func newPeer(t testing.TB, client bool) *peer {
	p := &peer{t: t}
	if client {
		p.out.Write(preface)
	}
	p.f = http2.NewFramer(&p.out, nil)
	p.f.AllowIllegalWrites = true
	p.enc = hpack.NewEncoder(&p.blk)
	return p
}

func (p *peer) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) block(fields ...string) []byte {
	p.blk.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.ok(p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return bytes.Clone(p.blk.Bytes())
}

func (p *peer) headers(id uint32, end bool, fields ...string) {
	p.ok(p.f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(fields...), EndHeaders: true, EndStream: end}))
}

// take returns what was written since.
func (p *peer) take() string {
	defer p.out.Reset()
	return p.out.String()
}

func request(path string) []string {
	return []string{":method", "GET", ":scheme", "https", ":authority", "www.Example.jp:8443", ":path", path, "user-agent", "test/1", "cookie", "a=b"}
}

// conversation is a request and its answer, with frames of the connection around.
func conversation(t testing.TB) told.Talk {
	c, s := newPeer(t, true), newPeer(t, false)
	c.ok(c.f.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100}))
	c.headers(1, true, request("/index.html?x=1")...)
	first := c.take()
	s.ok(s.f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535}))
	s.ok(s.f.WriteSettingsAck())
	s.headers(1, false, ":status", "200", "content-type", "text/html; charset=x", "content-length", "10", "server", "test")
	s.ok(s.f.WriteDataPadded(1, false, []byte("hello"), make([]byte, 7)))
	s.ok(s.f.WriteData(1, true, []byte("world")))
	s.ok(s.f.WritePing(false, [8]byte{}))
	answer := s.take()
	c.ok(c.f.WriteWindowUpdate(0, 34634))
	c.ok(c.f.WriteGoAway(1, http2.ErrCodeInternal, nil))
	return told.Talk{{Dir: 0, B: first}, {Dir: 1, B: answer}, {Dir: 0, B: c.take()}}
}

// TestConversation: what rules and records see, in any cut.
func TestConversation(t *testing.T) {
	t.Parallel()
	talk := conversation(t)
	whole := told.Of(talk, 0, reader)
	for _, want := range []string{
		`0 http.uri="/index.html?x=1"`, `0 http.method="GET"`, `0 http.host="www.example.jp"`, `0 http.host.raw="www.Example.jp:8443"`, `0 http.user_agent="test/1"`, `0 http.cookie="a=b"`,
		`0 http.protocol="HTTP/2"`, `0 http.request_line="GET /index.html?x=1 HTTP/2\r\n"`, `0 http.request_header="user-agent: test/1"`, `0 http2.header_name=":path"`,
		`:path: /index.html?x=1\r\nuser-agent: test/1\r\n"`, `0 http.header_names="\r\n:method\r\n:scheme\r\n:authority\r\n:path\r\nuser-agent\r\ncookie\r\n\r\n"`,
		`1 http.stat_code="200"`, `1 http.stat_msg=""`, `1 http.server="test"`, `1 http.response_line="HTTP/2 200\r\n"`, `1 http.response_body="helloworld"`, `1 http.content_len="10"`,
		"0 http2.frametype=4", "0 http2.frametype=1", "1 http2.frametype=0", "1 http2.frametype=6", "0 http2.window=34634", "0 http2.errorcode=2",
		`"/index.html" "helloworld" cut=false`, `"http_content_type":"text/html"`, `"status":200,"length":10,"http2":{"stream_id":1`,
		`{"settings":[{"settings_id":"SETTINGSMAXCONCURRENTSTREAMS","settings_value":100}]}`, `"request":{"error_code":"INTERNALERROR"}`,
	} {
		if !whole.Has(want) {
			t.Errorf("%s is missing in %s", want, whole)
		}
	}
	if whole.Has("app-layer-event") || whole.Has("<") {
		t.Error(whole)
	}
	for _, n := range told.Cuts {
		if got := told.Of(talk, n, reader); got.String() != whole.String() {
			t.Fatalf("%s\nin parts of %d: %s", whole, n, got)
		}
	}
	l := &told.Log{}
	c := New(l, all())
	talk.Cut(c, 0)
	l.Lines = nil
	c.Reset(l)
	if talk.Cut(c, 0); l.String() != whole.String() {
		t.Errorf("after Reset: %s", l)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPeer(t, true)
	block := p.block(append(request("/parts"), "x-long", strings.Repeat("v", 300))...)
	p.ok(p.f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:20], PadLength: 3, Priority: http2.PriorityParam{StreamDep: 0, Weight: 254}}))
	p.ok(p.f.WriteContinuation(1, false, block[20:40]))
	p.ok(p.f.WriteContinuation(1, true, block[40:]))
	p.enc.SetMaxDynamicTableSize(100)
	p.headers(3, true, ":method", "GET", ":authority", "user@a.jp", "host", "b.jp")
	p.ok(p.f.WritePriority(5, http2.PriorityParam{Weight: 7}))
	p.ok(p.f.WriteRSTStream(3, http2.ErrCodeCancel))
	got := told.Of(told.Talk{{Dir: 0, B: p.take()}}, 0, reader)
	for _, want := range []string{`http.uri="/parts"`, "http2.priority=254", "http2.priority=7", "http2.size_update=100", "http2.userinfo_in_uri", "http2.authority_host_mismatch",
		`http.host="a.jp"`, `"table_size_update":100`, `"error_code":"CANCEL"`, `"priority":254`} {
		if !got.Has(want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	s := newPeer(t, false)
	s.ok(s.f.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: s.block(request("/pushed")...), EndHeaders: true}))
	if got := told.Of(told.Talk{{Dir: 1, B: s.take()}}, 0, reader); !got.Has(`"stream_id":2`) || !got.Has("/pushed") {
		t.Error(got)
	}
}

func zipped(t testing.TB, b string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(b)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBodies(t *testing.T) {
	t.Parallel()
	send := func(cfg Config, coding, body string) *told.Log {
		s := newPeer(t, false)
		s.headers(1, false, ":status", "200", "content-encoding", coding)
		for b := []byte(body); ; {
			n := min(len(b), 16000)
			s.ok(s.f.WriteData(1, n == len(b), b[:n]))
			if b = b[n:]; len(b) == 0 {
				break
			}
		}
		return told.Of(told.Talk{{Dir: 1, B: s.take()}}, 0, func(k app.Sink) app.Reader { return New(k, cfg) })
	}
	if got := send(all(), "gzip", zipped(t, "plain words")); !got.Has(`http.response_body="plain words"`) || !got.Has(`"plain words" cut=false`) {
		t.Error(got)
	}
	if got := send(all(), "gzip, gzip", zipped(t, zipped(t, strings.Repeat("\x00", 8<<20)))); !got.Has("compression_bomb") {
		t.Errorf("%.300s", got)
	}
	short := all()
	short.ResponseBody, short.Files = 5, 8
	if got := send(short, "identity", "more than that"); !got.Has(`http.response_body="more "`) || !got.Has(`"more tha" cut=true`) {
		t.Error(got)
	}
	upload := newPeer(t, true)
	upload.headers(1, false, ":method", "POST", ":path", "/up")
	upload.ok(upload.f.WriteData(1, false, []byte("half of it")))
	if got := told.Of(told.Talk{{Dir: 0, B: upload.take()}}, 0, reader); !got.Has(`http.request_body="half of it"`) || !got.Has(`cut=true`) {
		t.Error(got)
	}
}

// TestDNS: questions in the path or the body, and their answers.
func TestDNS(t *testing.T) {
	t.Parallel()
	m := new(dns.Msg)
	m.SetQuestion("www.example.jp.", dns.TypeA)
	q, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	m.Response = true
	rr, err := dns.NewRR("www.example.jp. 60 IN A 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	m.Answer = []dns.RR{rr}
	a, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	for what, ask := range map[string]func(*peer){
		"path": func(c *peer) {
			c.headers(1, true, ":method", "GET", "accept", "application/dns-message", ":path", "/q?dns="+base64.RawURLEncoding.EncodeToString(q)+"&x=1")
		},
		"body": func(c *peer) {
			c.headers(1, false, ":method", "POST", ":path", "/q", "content-type", "application/dns-message")
			c.ok(c.f.WriteData(1, false, q[:7]))
			c.ok(c.f.WriteData(1, true, q[7:]))
		},
	} {
		c, s := newPeer(t, true), newPeer(t, false)
		ask(c)
		s.headers(1, false, ":status", "200", "content-type", "application/dns-message")
		s.ok(s.f.WriteData(1, true, a))
		got := told.Of(told.Talk{{Dir: 0, B: c.take()}, {Dir: 1, B: s.take()}}, 0, reader)
		for _, want := range []string{`0 dns.query="www.example.jp"`, "0 dns.rrtype=1", `1 dns.answers.rrname="www.example.jp"`, `log dns tx0 http={`, `dns={"version":3,"type":"response"`, `"rdata":"192.0.2.1"`} {
			if !got.Has(want) {
				t.Errorf("%s: %s is missing in %s", what, want, got)
			}
		}
	}
	long := newPeer(t, true)
	long.headers(1, false, ":method", "POST", "content-type", "application/dns-message")
	for range 6 {
		long.ok(long.f.WriteData(1, false, make([]byte, 16000)))
	}
	if got := told.Of(told.Talk{{Dir: 0, B: long.take()}}, 0, reader); !got.Has("http2.dns_request_too_long") {
		t.Errorf("%.300s", got)
	}
}

// raw makes a frame.
func raw(kind, flags byte, id uint32, data string) string {
	n := len(data)
	return string(binary.BigEndian.AppendUint32([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}, id)) + data
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	start := string(preface)
	for what, c := range map[string]struct{ in, event string }{
		"preface cut":             {start[:20], ""},
		"other preface":           {strings.Repeat("x", 15) + raw(6, 0, 0, "12345678"), ""},
		"head of a frame cut":     {start + "\x00\x00", ""},
		"ping":                    {start + raw(6, 0, 0, "12345678"), ""},
		"unknown type":            {start + raw(99, 0, 1, "x"), ""},
		"settings, odd length":    {start + raw(4, 0, 0, "1234567"), "invalid_frame_length"},
		"reset, short":            {start + raw(3, 0, 1, "123"), "invalid_frame_length"},
		"priority, short":         {start + raw(2, 0, 1, "123"), "invalid_frame_length"},
		"goaway, short":           {start + raw(7, 0, 0, "1234567"), "invalid_frame_length"},
		"window, long":            {start + raw(8, 0, 0, "12345"), "invalid_frame_length"},
		"data on stream 0":        {start + raw(0, 0, 0, "x"), "data_stream_zero"},
		"headers, padding only":   {start + raw(1, 0x0c, 1, "\x05abc"), "invalid_frame_data"},
		"headers, priority cut":   {start + raw(1, 0x24, 1, "abc"), "invalid_frame_data"},
		"promise cut":             {start + raw(5, 4, 1, "ab"), "invalid_frame_data"},
		"headers of nothing":      {start + raw(1, 4, 1, ""), ""},
		"index that is not there": {start + raw(1, 4, 1, "\xff\xff\xff\x7f"), "invalid_header"},
		"name cut":                {start + raw(1, 4, 1, "\x40\x0aabc"), "invalid_header"},
		"number without end":      {start + raw(1, 4, 1, "\x3f"+strings.Repeat("\xff", 20)), "invalid_header"},
		"long frame":              {start + "\x02\x00\x00\x00\x00\x00\x00\x00\x01" + strings.Repeat("x", 300), "long_frame_data"},
		"continuation alone":      {start + raw(9, 4, 1, "\x82"), ""},
		"data, padding only":      {start + raw(0, 8, 1, "\xffabc"), ""},
		"broken coding":           {start + raw(1, 4, 1, "\x40\x10content-encoding\x04gzip") + raw(0, 1, 1, zipped(t, strings.Repeat("words and words ", 900))[:40]+strings.Repeat("\xff", 5000)), ""},
	} {
		got := told.Of(told.Talk{{Dir: 0, B: c.in}}, 0, reader)
		if got.Has("app-layer-event") != (c.event != "") || c.event != "" && !got.Has("http2."+c.event) {
			t.Errorf("%s: %.500s, want %q", what, got, c.event)
		}
	}
}

// TestBounds: endless streams, headers and frames fill neither memory nor time.
func TestBounds(t *testing.T) {
	t.Parallel()
	p := newPeer(t, true)
	for i := range maxStreams + 10 {
		p.headers(uint32(2*i+1), false, ":method", "GET")
	}
	l := &told.Log{}
	New(l, Config{}).Push(0, []byte(p.take()))
	if n := strings.Count(l.String(), "too_many_streams"); n != maxStreams {
		t.Errorf("%d of the streams are told", n)
	}

	p = newPeer(t, true)
	fields := []string{"x", strings.Repeat("v", 4000)}
	for range 5000 {
		fields = append(fields, fields[:2]...)
	}
	block := p.block(fields...)
	c := New(&told.Log{}, all())
	c.Push(0, preface)
	for i := range 200 {
		p.ok(p.f.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: block, EndHeaders: true}))
		c.Push(0, []byte(p.take()))
		if c.held > maxHeld+2*maxHeaders {
			t.Fatalf("%d bytes are held", c.held)
		}
	}

	p = newPeer(t, true)
	p.headers(1, false, ":method", "GET")
	for range 10000 {
		p.ok(p.f.WriteWindowUpdate(1, 1))
	}
	c = New(&told.Log{}, all())
	c.Push(0, []byte(p.take()))
	if n := len(c.streams[1].tx.Sides[0].Values); n > 2*maxNumbers {
		t.Errorf("%d values", n)
	}

	for i := range 2 * manyStreams {
		p.headers(uint32(2*i+3), true, ":method", "GET")
		p.ok(p.f.WriteRSTStream(uint32(2*i+3), http2.ErrCodeCancel))
	}
	c.Push(0, []byte(p.take()))
	if len(c.order) > manyStreams {
		t.Errorf("%d streams that were reset are kept", len(c.order))
	}
}

func TestGap(t *testing.T) {
	t.Parallel()
	p := newPeer(t, true)
	p.headers(1, false, request("/")...)
	l := &told.Log{}
	c := New(l, all())
	c.Push(0, []byte(p.take()))
	c.Gap(0, 5)
	p.headers(3, false, request("/lost")...)
	c.Push(0, []byte(p.take()))
	if l.Has("/lost") || !l.Has("log http tx0") {
		t.Error(l)
	}
}

// TestLongFrames: bodies are read to their end, however long their frames are.
func TestLongFrames(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("0123456789abcdef", 3*maxFrame/16) + "the end"
	want := all()
	want.RequestBody = 8
	for name, write := range map[string]func(p *peer){
		"plain":      func(p *peer) { p.ok(p.f.WriteData(1, true, []byte(body))) },
		"padded":     func(p *peer) { p.ok(p.f.WriteDataPadded(1, true, []byte(body), make([]byte, 255))) },
		"end behind": func(p *peer) { p.ok(p.f.WriteData(1, false, []byte(body))); p.ok(p.f.WriteData(1, true, nil)) },
	} {
		p := newPeer(t, true)
		p.headers(1, false, ":method", "PUT", ":path", "/up")
		write(p)
		p.headers(3, true, request("/next")...)
		for _, n := range []int{1460, 60000, 65536 + 9, 1 << 20} {
			got := told.Of(told.Talk{{Dir: 0, B: p.out.String()}}, n, func(k app.Sink) app.Reader { return New(k, want) })
			if !got.Has(body[len(body)-1000:]+`" cut=false`) || !got.Has("/next") {
				t.Errorf("%s in pieces of %d: %d bytes told, next request: %v", name, n, len(got.String()), got.Has("/next"))
			}
		}
	}
	over := newPeer(t, true)
	over.headers(1, false, ":method", "PUT", ":path", "/up")
	over.ok(over.f.WriteData(1, false, []byte(body)))
	text := over.take()
	if got := told.Of(told.Talk{{Dir: 0, B: text[:len(text)-7]}}, 1460, reader); !got.Has("cut=true") {
		t.Error("a body that breaks off in a long frame is whole")
	}
}

// TestMissed: bytes of a body that were not seen are told of, and what comes behind is read.
func TestMissed(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2000, 2 * maxFrame} {
		p := newPeer(t, true)
		p.headers(1, false, ":method", "PUT", ":path", "/up", "content-length", "99")
		begin := p.take()
		p.ok(p.f.WriteData(1, true, []byte(strings.Repeat("x", size)+"the end")))
		text := p.take()
		p.headers(3, true, request("/next")...)
		next := p.take()
		l := &told.Log{}
		c := New(l, all())
		c.Push(0, []byte(begin+text[:500]))
		c.Gap(0, 700)
		c.Push(0, []byte(text[1200:]+next))
		if !l.Has("<700 missing>") || !l.Has(`xthe end" cut=true`) || !l.Has("/next") {
			t.Errorf("of %d: %.300s", size, l)
		}
	}
	p := newPeer(t, true)
	p.headers(1, false, ":method", "PUT", ":path", "/up")
	p.ok(p.f.WriteData(1, false, []byte("begun")))
	l := &told.Log{}
	c := New(l, all())
	c.Push(0, []byte(p.take()))
	if c.Gap(0, 10); !l.Has("missing>") {
		t.Errorf("a file whose end cannot be read is told as seen: %s", l)
	}
}

func FuzzConn(f *testing.F) {
	talk := conversation(f)
	f.Add([]byte(talk[0].B), []byte(talk[1].B), byte(7))
	f.Add([]byte(string(preface)+raw(1, 4, 1, "\x3f\xe1\x1f\x82")+raw(9, 4, 1, "\x84")), []byte(raw(5, 4, 1, "\x00\x00\x00\x02\x82")), byte(1))
	f.Fuzz(func(t *testing.T, client, server []byte, n byte) {
		talk := told.Talk{{Dir: 0, B: string(client)}, {Dir: 1, B: string(server)}}
		whole, parts := told.Of(talk, 0, reader), told.Of(talk, 1+int(n), reader)
		if whole.Has("long_frame_data") {
			return // what is read of it depends on the cut
		}
		if whole.String() != parts.String() {
			t.Errorf("%s\nin parts of %d: %s", whole, 1+int(n), parts)
		}
	})
}
