package readers

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
	"otasuke/rule"
)

// framed writes down the frames that it is shown.
type framed struct {
	app.Sink
	frames []string
}

// Frame implements [app.Framer].
func (f *framed) Frame(_ *app.Tx, dir int, b rule.Buffer, data []byte) {
	f.frames = append(f.frames, fmt.Sprintf("%d %s=%q", dir, b.Frame(), data))
}

// Readers show the pieces of messages as they were sent, however they came.
func TestFrames(t *testing.T) {
	t.Parallel()
	const invite = "REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/TCP b\r\nContent-Length: 2\r\n\r\nhi"
	question := "\x12\x34\x01\x20\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
	connect := "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
	hello := "\x16\x03\x01\x00\x01\x01"
	bind := told.TLV(0x30, told.TLV(2, "\x01"), told.TLV(0x60, told.TLV(2, "\x03"), told.TLV(4, ""), told.TLV(0x80, "")))
	for _, c := range []struct {
		proto  rule.Proto
		stream bool
		text   string
		want   []string
	}{
		{rule.ProtoHTTP, true, "GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx",
			[]string{`0 request="GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx"`}},
		{rule.ProtoDNS, false, question, []string{fmt.Sprintf("0 pdu=%q", question)}},
		{rule.ProtoSIP, true, invite, []string{fmt.Sprintf("0 pdu=%q", invite), `0 request.line="REGISTER sip:a SIP/2.0\r\n"`,
			`0 request.headers="Via: SIP/2.0/TCP b\r\nContent-Length: 2\r\n"`, `0 request.body="hi"`}},
		{rule.ProtoWebSocket, true, "\x81\x02hi", []string{`0 header="\x81\x02"`, `0 pdu="\x81\x02hi"`, `0 data="hi"`}},
		{rule.ProtoMQTT, true, connect, []string{fmt.Sprintf("0 pdu=%q", connect), `0 header="\x10\r"`, fmt.Sprintf("0 data=%q", connect[2:])}},
		{rule.ProtoTLS, true, hello, []string{fmt.Sprintf("0 pdu=%q", hello), `0 hdr="\x16\x03\x01\x00\x01"`, `0 data="\x01"`}},
		{rule.ProtoLDAP, true, bind, []string{fmt.Sprintf("0 pdu=%q", bind)}},
		{rule.ProtoSMTP, true, "EHLO a\r\n", []string{`0 command_line="EHLO a\r\n"`}},
		{rule.ProtoDCERPC, true, "\x05\x00\x0b\x03\x10\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00abcd",
			[]string{`0 hdr="\x05\x00\v\x03\x10\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00"`, `0 data="abcd"`,
				`0 pdu="\x05\x00\v\x03\x10\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00abcd"`}},
	} {
		cuts := []int{len(c.text)}
		if c.stream {
			cuts = append(cuts, 1, 3)
		}
		for _, n := range cuts {
			sink := framed{Sink: &told.Log{}}
			pool := NewPool(Config{})
			pool.Want(rule.SetOf(rule.FrameHTTP1Request))
			r := pool.make(&sink, c.proto, c.stream)
			for piece := range slices.Chunk([]byte(c.text), n) {
				r.Push(app.ToServer, bytes.Clone(piece))
			}
			r.Close(app.ToServer)
			r.Close(app.ToClient)
			if !slices.Equal(sink.frames, c.want) {
				t.Errorf("%v in pieces of %d:\n%q, want\n%q", c.proto, n, sink.frames, c.want)
			}
		}
	}
}
