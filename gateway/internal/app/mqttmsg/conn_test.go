package mqttmsg

import (
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

func s(text string) string { return told.BE(2, uint64(len(text))) + text }

func pkt(first byte, parts ...string) string {
	body := strings.Join(parts, "")
	n := len(body)
	out := []byte{first}
	for {
		b := byte(n & 0x7f)
		if n >>= 7; n > 0 {
			b |= 0x80
		}
		out = append(out, b)
		if n == 0 {
			return string(out) + body
		}
	}
}

func reader(sink app.Sink) app.Reader { return New(sink, Config{MaxMessage: 400, MaxLog: 8}) }

var hello = told.Talk{
	{Dir: client, B: pkt(0x10, s("MQTT"), "\x05", "\xee", "\x00\x3c", "\x03\x21\x00\x14", s("me"), "\x02\x01\x01", s("gone"), s("bye"), s("user"), s("pass"))},
	{Dir: server, B: pkt(0x20, "\x01\x00", "\x00")},
}

func TestSession(t *testing.T) {
	talk := append(hello[:2:2], told.Talk{
		{Dir: client, B: pkt(0x82, "\x00\x01", "\x00", s("a/b"), "\x01", s("c"), "\x00")},
		{Dir: server, B: pkt(0x90, "\x00\x01", "\x00", "\x01\x80")},
		{Dir: client, B: pkt(0x34, s("t"), "\x00\x07", "\x0d\x26"+s("key")+s("value"), "hello")},
		{Dir: server, B: pkt(0x50, "\x00\x07")},
		{Dir: client, B: pkt(0x62, "\x00\x07")},
		{Dir: server, B: pkt(0x70, "\x00\x07", "\x10")},
		{Dir: client, B: pkt(0x31, s("long topic"), "\x00", "x")},
		{Dir: client, B: pkt(0xa2, "\x00\x02", "\x00", s("c"))},
		{Dir: server, B: pkt(0xb0, "\x00\x02", "\x00", "\x11")},
		{Dir: client, B: pkt(0xc0)},
		{Dir: server, B: pkt(0xd0)},
		{Dir: client, B: pkt(0xe0, "\x04\x00")},
	}...)
	want := []string{
		`tx0 0 mqtt.type=1`, `tx0 0 mqtt.flags=0`, `tx0 0 mqtt.qos=0`, `tx0 0 mqtt.protocol_version=5`, `tx0 0 mqtt.connect.flags=238`,
		`tx0 0 mqtt.connect.protocol_string="MQTT"`, `tx0 0 mqtt.connect.clientid="me"`, `tx0 0 mqtt.connect.willtopic="gone"`,
		`tx0 0 mqtt.connect.willmessage="bye"`, `tx0 0 mqtt.connect.username="user"`, `tx0 0 mqtt.connect.password="pass"`,
		`tx0 0 mqtt.type=2`, `tx0 0 mqtt.flags=0`, `tx0 0 mqtt.qos=0`, `tx0 0 mqtt.reason_code=0`, `tx0 0 mqtt.connack.session_present=1`,
		`log mqtt tx0 mqtt={"connack":{"qos":0,"retain":false,"dup":false,"return_code":0,"session_present":true},` +
			`"connect":{"qos":0,"retain":false,"dup":false,"protocol_string":"MQTT","protocol_version":5,` +
			`"flags":{"username":true,"password":true,"will_retain":true,"will":true,"clean_session":true},"client_id":"me",` +
			`"will":{"topic":"gone","message":"bye","properties":{"payload_format_indicator":1}},"username":"user","password":"pass","properties":{"receive_maximum":20}}}`,
		`tx1 0 mqtt.type=8`, `tx1 0 mqtt.flags=0`, `tx1 0 mqtt.qos=1`, `tx1 0 mqtt.protocol_version=5`, `tx1 0 mqtt.subscribe.topic="a/b"`, `tx1 0 mqtt.subscribe.topic="c"`,
		`tx1 0 mqtt.type=9`, `tx1 0 mqtt.flags=0`, `tx1 0 mqtt.qos=0`, `tx1 0 mqtt.reason_code=1`, `tx1 0 mqtt.reason_code=128`,
		`log mqtt tx1 mqtt={"suback":{"qos":0,"retain":false,"dup":false,"message_id":1,"qos_granted":[1,128]},` +
			`"subscribe":{"qos":1,"retain":false,"dup":false,"message_id":1,"topics":[{"topic":"a/b","qos":1},{"topic":"c","qos":0}]}}`,
	}
	got := told.Of(talk, 0, reader).Lines
	if d := cmp.Diff(want, got[:len(want)]); d != "" {
		t.Error(d)
	}
	all := strings.Join(got, "\n")
	for _, line := range []string{
		`log mqtt tx2 mqtt={"pubcomp":{"qos":0,"retain":false,"dup":false,"message_id":7,"reason_code":16},` +
			`"publish":{"qos":2,"retain":false,"dup":false,"message_id":7,"topic":"t","message":"hello","properties":{"key":"value"}},` +
			`"pubrec":{"qos":0,"retain":false,"dup":false,"message_id":7,"reason_code":0},"pubrel":{"qos":1,"retain":false,"dup":false,"message_id":7,"reason_code":0}}`,
		`log mqtt tx3 mqtt={"publish":{"qos":0,"retain":true,"dup":false,"topic":"long top[truncated 2 additional bytes]","message":"x"}}`,
		`"unsuback":{"qos":0,"retain":false,"dup":false,"message_id":2,"reason_codes":[17]}`,
		`log mqtt tx5 mqtt={"pingreq":{"qos":0,"retain":false,"dup":false}}`,
		`log mqtt tx6 mqtt={"pingresp":{"qos":0,"retain":false,"dup":false}}`,
		`log mqtt tx7 mqtt={"disconnect":{"qos":0,"retain":false,"dup":false,"reason_code":4}}`,
	} {
		if !strings.Contains(all, line) {
			t.Error("no", line, "in", all)
		}
	}
	if strings.Contains(all, "app-layer-event") {
		t.Error(all)
	}
	for _, n := range told.Cuts {
		if d := cmp.Diff(got, told.Of(talk, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func TestEvents(t *testing.T) {
	publish := pkt(0x32, s("t"), "\x00\x09", "x")
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"answer without CONNECT":  {told.Talk{{Dir: server, B: pkt(0x20, "\x00\x00")}}, "missing_connect"},
		"second CONNECT":          {append(hello[:2:2], hello[0]), "double_connect"},
		"before CONNECT":          {told.Talk{{Dir: client, B: pkt(0x30, s("t"), "x")}}, "unintroduced_message"},
		"PUBACK of nothing":       {told.Talk{{Dir: server, B: pkt(0x40, "\x00\x01")}}, "missing_publish"},
		"SUBACK of nothing":       {told.Talk{{Dir: server, B: pkt(0x90, "\x00\x01", "\x00")}}, "missing_subscribe"},
		"UNSUBACK of nothing":     {told.Talk{{Dir: server, B: pkt(0xb0, "\x00\x01")}}, "missing_unsubscribe"},
		"quality of service 3":    {told.Talk{{Dir: client, B: pkt(0x36, s("t"), "\x00\x09", "x")}}, "invalid_qos_level"},
		"no type":                 {told.Talk{{Dir: client, B: pkt(0x00)}}, "unassigned_msg_type"},
		"length without end":      {told.Talk{{Dir: client, B: "\x10\xff\xff\xff\xff\x01"}}, "malformed_traffic"},
		"packet that is cut":      {told.Talk{{Dir: client, B: pkt(0x82, "\x00\x01", "\x00\x09", "a")}}, "malformed_traffic"},
		"property that is none":   {append(hello[:2:2], told.Part{Dir: client, B: pkt(0x30, s("t"), "\x02\x04\x00")}), "malformed_traffic"},
		"too many transactions":   {told.Talk{{Dir: client, B: manyIDs(MaxTx + 1)}}, "too_many_transactions"},
		"answers without measure": {told.Talk{{Dir: client, B: publish}, {Dir: server, B: strings.Repeat(pkt(0x50, "\x00\x09"), MaxPackets)}}, "too_many_messages"},
	} {
		log := told.Of(c.talk, 0, reader)
		if !log.Has("mqtt." + c.want) {
			t.Error(name, log)
		}
		if d := cmp.Diff(log.Lines, told.Of(c.talk, 1, reader).Lines); d != "" {
			t.Error(name, d)
		}
	}
}

func manyIDs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(pkt(0x32, s("t"), told.BE(2, uint64(i)), "x"))
	}
	return b.String()
}

// TestLong: a packet that is too long is passed over, and what follows is read, also when
// it is the missing part that was passed over.
func TestLong(t *testing.T) {
	long := pkt(0x30, s("t"), strings.Repeat("x", 1000))
	talk := append(hello[:2:2], told.Part{Dir: client, B: long + pkt(0xc0)})
	want := told.Of(talk, 0, reader)
	if !want.Has(`"publish":{"qos":0,"retain":false,"dup":false,"truncated":true,"skipped_length":1006}`) || !want.Has("pingreq") {
		t.Error(want)
	}
	for _, n := range told.Cuts {
		if d := cmp.Diff(want.Lines, told.Of(talk, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
	var log told.Log
	c := reader(&log)
	c.Push(client, []byte(long[:500]))
	c.Gap(client, 506)
	c.Push(client, []byte(pkt(0xc0)))
	if !log.Has("pingreq") {
		t.Error(&log)
	}
	c.Gap(client, 1)
	c.Push(client, []byte(pkt(0xe0)))
	if log.Has("disconnect") {
		t.Error("read behind a gap")
	}
}

func TestReset(t *testing.T) {
	var first, second told.Log
	c := New(&first, Config{MaxMessage: 400, MaxLog: 8})
	c.Push(client, []byte(hello[0].B+"\x10"))
	c.Reset(&second)
	hello.Cut(c, 0)
	if d := cmp.Diff(told.Of(hello, 0, reader).Lines, second.Lines); d != "" {
		t.Error(d)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range hello {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Add([]byte(pkt(0x34, s("t"), "\x00\x07", "\x0d\x26"+s("key")+s("value"), "hello")+pkt(0x70, "\x00\x07", "\x10")), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := append(hello[:2:2], told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}...)
		if d := cmp.Diff(told.Of(talk, 0, reader).Lines, told.Of(talk, int(cut), reader).Lines); d != "" {
			t.Error(d)
		}
	})
}
