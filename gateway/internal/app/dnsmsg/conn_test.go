package dnsmsg

import (
	"encoding/binary"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func framed(b []byte) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(b)))) + string(b)
}

func reader(cfg Config) func(app.Sink) app.Reader {
	return func(s app.Sink) app.Reader { return New(s, cfg) }
}

// TestConversation: what rules see of a question and its answer, in any cut.
func TestConversation(t *testing.T) {
	t.Parallel()
	q, a := query(t, "WWW.example.jp.", 1, false), response(t)
	stream := told.Talk{{Dir: 0, B: framed(q) + "\x00\x00" + framed(query(t, "b.jp.", 28, false))}, {Dir: 1, B: framed(a)}}
	whole := told.Of(stream, 0, reader(Config{Stream: true}))
	for _, want := range []string{
		`tx0 0 dns.query="WWW.example.jp"`, `tx0 0 dns.queries.rrname="WWW.example.jp"`, "tx0 0 dns.rrtype=1", "tx0 0 dns.opcode=0", "tx0 0 dns.rcode=0", `tx1 0 dns.query="b.jp"`,
		`tx2 1 dns.queries.rrname="www.example.jp"`, `tx2 1 dns.answers.rrname="example.jp"`, `tx2 1 dns.authorities.rrname="example.jp"`,
		`tx2 1 dns.additionals.rrname="ns.example.jp"`, `tx2 1 dns.response.rrname="host.example.jp"`, `tx2 1 dns.response.rrname="mx.example.jp"`,
		`tx2 1 dns.response.rrname="ns.example.jp"`, "tx2 1 dns.rrtype=15", `log dns tx0 dns={"version":3,"type":"request"`, `log dns tx2 dns={"version":3,"type":"response"`,
	} {
		if !whole.Has(want) {
			t.Errorf("%s is missing", want)
		}
	}
	if whole.Has("tx2 1 dns.query=") || whole.Has("sip.example.jp\"\ntx2") {
		t.Errorf("a response has no query: %s", whole)
	}
	for _, n := range told.Cuts {
		if got := told.Of(stream, n, reader(Config{Stream: true})); got.String() != whole.String() {
			t.Errorf("in parts of %d: %s", n, got)
		}
	}
	datagrams := told.Of(told.Talk{{Dir: 0, B: string(q)}, {Dir: 1, B: string(a)}}, 0, reader(Config{}))
	if !datagrams.Has("log dns tx1") {
		t.Error(datagrams)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	q := query(t, "a.jp.", 1, false)
	bad := append(head(0, 1), 0xc0)
	odd := append(head(0x8000|9<<11|FlagZ, 1), "\x01a\x00\x00\x01\x00\x01"...)
	for what, c := range map[string]struct {
		talk      told.Talk
		cfg       Config
		has, lack string
	}{
		"opcode and reserved bit":         {told.Talk{{Dir: 1, B: string(odd)}}, Config{}, "tx0 1 app-layer-event=\"dns.z_flag_set\"\ntx0 1 app-layer-event=\"dns.invalid_opcode\"", "not_response"},
		"malformed alone is not told":     {told.Talk{{Dir: 0, B: string(bad)}}, Config{}, "", "app-layer-event"},
		"malformed behind a message":      {told.Talk{{Dir: 0, B: framed(q) + framed(bad) + framed(q)}}, Config{Stream: true}, `tx0 0 app-layer-event="dns.malformed_data"`, "tx1"},
		"a response of the client":        {told.Talk{{Dir: 0, B: framed(q) + framed(odd)}}, Config{Stream: true}, `tx0 0 app-layer-event="dns.not_request"`, "tx1"},
		"a request of the server":         {told.Talk{{Dir: 1, B: string(q)}}, Config{}, `tx0 1 app-layer-event="dns.not_response"`, ""},
		"no DNS in a stream":              {told.Talk{{Dir: 0, B: framed([]byte("hello")) + framed(q)}}, Config{Stream: true}, "", "tx0"},
		"no DNS in a datagram":            {told.Talk{{Dir: 0, B: "hello"}, {Dir: 0, B: string(q)}}, Config{}, "tx0 0 dns.query", ""},
		"multicast: either may respond":   {told.Talk{{Dir: 0, B: string(odd)}}, Config{MDNS: true}, "mdns.queries.rrname=\"a\"\ntx0 0 mdns.response.rrname=\"a\"", "not_request"},
		"multicast: events of its own":    {told.Talk{{Dir: 0, B: string(odd)}}, Config{MDNS: true}, "mdns.z_flag_set", "dns.z_flag_set\"\ntx1"},
		"responses may be left out":       {told.Talk{{Dir: 0, B: string(q)}, {Dir: 1, B: string(response(t))}}, Config{Log: Log{NoResponses: true}}, "log dns tx0", "log dns tx1"},
		"only some types may be written":  {told.Talk{{Dir: 0, B: string(q)}}, Config{Log: Log{Types: []uint16{TypeMX}}}, "dns.query", "log dns"},
		"multicast: records of their own": {told.Talk{{Dir: 0, B: string(response(t))}}, Config{MDNS: true}, `log mdns tx0 mdns={"additionals":`, ""},
	} {
		got := told.Of(c.talk, 0, reader(c.cfg))
		if !got.Has(c.has) || c.lack != "" && got.Has(c.lack) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestMulticastRecord(t *testing.T) {
	t.Parallel()
	got := told.Of(told.Talk{{Dir: 0, B: string(response(t))}}, 0, reader(Config{MDNS: true})).String()
	for _, want := range []string{`"txt":["x","yz"]`, `"ptr":"host.example.jp"`, `"type":"response"`, `"queries":[{"rrname":"www.example.jp","rrtype":"a"}]`, `"flags":["rd","ra"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

// TestGap: reading goes on with the next message behind bytes that were never seen.
func TestGap(t *testing.T) {
	t.Parallel()
	l := &told.Log{}
	c := New(l, Config{Stream: true})
	q := framed(query(t, "a.jp.", 1, false))
	c.Push(0, []byte(q[:10]))
	c.Gap(0, 100)
	c.Push(0, []byte("in the middle of a message, nothing of use"))
	c.Push(0, []byte(q))
	if got := l.String(); strings.Count(got, "dns.query=") != 1 {
		t.Error(got)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(framed(response(f))+framed(query(f, "a.jp.", 1, true))), byte(3))
	f.Fuzz(func(t *testing.T, b []byte, n byte) {
		talk := told.Talk{{Dir: 1, B: string(b)}}
		messages := func(l *told.Log) int { return strings.Count(l.String(), "\nlog ") }
		whole, parts := told.Of(talk, 0, reader(Config{Stream: true})), told.Of(talk, 1+int(n), reader(Config{Stream: true}))
		if messages(whole) != messages(parts) {
			t.Errorf("%s\nin parts of %d: %s", whole, 1+int(n), parts)
		}
	})
}
