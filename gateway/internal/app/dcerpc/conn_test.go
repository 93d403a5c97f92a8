package dcerpc

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

// svcctl is an interface as it stands in little-endian PDUs.
const svcctl = "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"

func pdu(kind, flags byte, call uint32, body string) string {
	b := []byte{5, 0, kind, flags, 0x10, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(HeaderSize+len(body)))
	b = binary.LittleEndian.AppendUint16(b, 0)
	return string(binary.LittleEndian.AppendUint32(b, call)) + body
}

func bind(kind, flags byte, call uint32, context byte) string {
	return pdu(kind, flags, call, "\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00"+
		string([]byte{context})+"\x00\x01\x00"+svcctl+"\x02\x00\x00\x00"+strings.Repeat("n", 20))
}

func ack(kind byte, call uint32, result string) string {
	return pdu(kind, 3, call, "\xb8\x10\xb8\x10\x9a\x06\x00\x00\x04\x00135\x00\x00\x00\x01\x00\x00\x00"+result+"\x00\x00\x00"+strings.Repeat("n", 20))
}

func request(flags byte, call uint32, context byte, stub string) string {
	return pdu(Request, flags, call, "\x00\x00\x00\x00"+string([]byte{context})+"\x00\x0f\x00"+stub)
}

func response(flags byte, call uint32, stub string) string {
	return pdu(Response, flags, call, "\x00\x00\x00\x00\x00\x00\x00\x00"+stub)
}

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s) }).Lines
}

var calls = told.Talk{
	{Dir: client, B: bind(Bind, 3, 1, 0)},
	{Dir: server, B: ack(BindAck, 1, "\x00")},
	{Dir: client, B: request(1, 2, 0, "first ") + request(2, 2, 0, "last")},
	{Dir: server, B: response(3, 2, "answer")},
}

const (
	iface = `dcerpc.iface="6z\xbb\x81\x98D5\xf1\xad2\x98\xf08\x00\x10\x03\x00\x02\x00\x00\x01"`
	bound = `"interfaces":[{"uuid":"367abb81-9844-35f1-ad32-98f038001003","version":"2.0","ack_result":0}]`
)

func TestCalls(t *testing.T) {
	want := []string{
		`log dcerpc tx0 dcerpc={"request":"BIND",` + bound + `,"response":"BINDACK","call_id":1,"rpc_version":"5.0"}`,
		`tx1 0 dcerpc.opnum=15`,
		`tx1 0 ` + iface,
		`tx1 0 dcerpc.stub_data="first "`,
		`tx1 0 dcerpc.stub_data="first last"`,
		`tx1 1 dcerpc.opnum=15`,
		`tx1 1 ` + iface,
		`tx1 1 dcerpc.stub_data="\x00\x00\x00\x00\x00\x00\x00\x00answer"`,
		`log dcerpc tx1 dcerpc={"request":"REQUEST",` + bound + `,"req":{"opnum":15,"frag_cnt":2,"stub_data_size":10},` +
			`"response":"RESPONSE","res":{"frag_cnt":1,"stub_data_size":14},"call_id":2,"rpc_version":"5.0"}`,
	}
	for _, n := range []int{1 << 20, 1, 3, 17} {
		if d := cmp.Diff(want, tell(calls, n)); d != "" {
			t.Error(n, d)
		}
	}
}

// TestInterface: a rule's interface holds only for contexts that the server accepted, and
// one not asked for in a first fragment is marked.
func TestInterface(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string // "" for no interface
	}{
		"refused":         {told.Talk{{Dir: client, B: bind(Bind, 3, 1, 0)}, {Dir: server, B: ack(BindAck, 1, "\x02")}, {Dir: client, B: request(3, 2, 0, "")}}, ""},
		"another context": {told.Talk{{Dir: client, B: bind(Bind, 3, 1, 0)}, {Dir: server, B: ack(BindAck, 1, "\x00")}, {Dir: client, B: request(3, 2, 1, "")}}, ""},
		"not answered":    {told.Talk{{Dir: client, B: bind(Bind, 3, 1, 0)}, {Dir: client, B: request(3, 2, 0, "")}}, ""},
		"no first fragment": {told.Talk{{Dir: client, B: bind(Bind, 0, 1, 0)}, {Dir: server, B: ack(BindAck, 1, "\x00")}, {Dir: client, B: request(3, 2, 0, "")}},
			`\x03\x00\x02\x00\x00\x00"`},
		"altered": {told.Talk{{Dir: client, B: bind(AlterContext, 3, 1, 7)}, {Dir: server, B: ack(AlterResp, 1, "\x00")}, {Dir: client, B: request(3, 2, 7, "")}},
			`\x03\x00\x02\x00\x00\x01"`},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(c.talk, 0), "\n")
			if c.want == "" && strings.Contains(all, "dcerpc.iface") || !strings.Contains(all, c.want) {
				t.Error(all)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string]string{
		"no version":          "GET / HTTP/1.1\r\n\r\n",
		"length under header": "\x05\x00\x00\x03\x10\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00",
		"request too short":   pdu(Request, 3, 1, "\x00"),
		"bind too short":      pdu(Bind, 3, 1, "\x00"),
		"contexts missing":    pdu(Bind, 3, 1, "\x00\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00"),
		"ack too short":       pdu(BindAck, 3, 1, "\x00"),
		"ack address outside": pdu(BindAck, 3, 1, "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			lines := tell(told.Talk{{Dir: client, B: b}, {Dir: server, B: b}, {Dir: client, B: request(3, 9, 0, "x")}}, 0)
			for _, l := range lines {
				if strings.Contains(l, "iface") {
					t.Error(l)
				}
			}
		})
	}
}

// TestBounded: calls without an answer and endless stub data cost bounded memory.
func TestBounded(t *testing.T) {
	var s told.Log
	c := New(&s)
	for i := range uint32(4 * MaxCalls) {
		c.Push(client, []byte(request(1, i, 0, strings.Repeat("x", 60000))))
		if len(c.assoc.calls) > MaxCalls || c.assoc.kept > MaxKept {
			t.Fatal(len(c.assoc.calls), c.assoc.kept)
		}
	}
	c.Close(client)
	c.Close(server)
	if c.assoc.kept != 0 {
		t.Error("not all given back:", c.assoc.kept)
	}
}

func TestGap(t *testing.T) {
	var s told.Log
	c := New(&s)
	c.Push(client, []byte(bind(Bind, 3, 1, 0))[:30])
	c.Gap(client, 42)
	c.Push(client, []byte("rest of it"+request(3, 2, 0, "found")))
	if !strings.Contains(strings.Join(s.Lines, "\n"), `dcerpc.stub_data="found"`) {
		t.Error(s.Lines)
	}
}

func TestDatagrams(t *testing.T) {
	head := func(kind, flags byte) string {
		b := make([]byte, datagramHeader)
		b[0], b[1], b[2], b[4] = 4, kind, flags, 0x10
		copy(b[24:], svcctl)
		b[60], b[68], b[64], b[74] = 2, 15, 9, 4
		return string(b)
	}
	var s told.Log
	told.Talk{{Dir: client, B: head(Request, 0) + "stub"}, {Dir: client, B: "\x04short"}, {Dir: server, B: head(Response, 0) + "back"}}.Cut(NewDatagrams(&s), 0)
	all := strings.Join(s.Lines, "\n")
	for _, want := range []string{
		`tx0 0 ` + iface, `tx0 0 dcerpc.stub_data="stub"`, `tx0 1 dcerpc.stub_data="back"`,
		`"seqnum":9,"rpc_version":"4.0"`, `"req":{"opnum":15,"frag_cnt":1,"stub_data_size":4}`,
	} {
		if !strings.Contains(all, want) {
			t.Error("no", want, "in", all)
		}
	}
}

func FuzzConn(f *testing.F) {
	for _, m := range calls {
		f.Add([]byte(m.B), uint8(5))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		c := told.Talk{{Dir: client, B: bind(Bind, 3, 1, 0)}, {Dir: server, B: string(b)}, {Dir: client, B: string(b)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}

func FuzzDatagrams(f *testing.F) {
	f.Add([]byte(strings.Repeat("\x04\x00", 60)))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var s told.Log
		told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}.Cut(NewDatagrams(&s), 0)
	})
}
