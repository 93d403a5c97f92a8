package sipmsg

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

func datagrams(s app.Sink) app.Reader { return New(s, false) }
func stream(s app.Sink) app.Reader    { return New(s, true) }

const (
	sdp = "v=0\r\no=taro 1 2 IN IP4 192.0.2.1\r\ns=call\r\ni=info\r\nu=http://example.jp/\r\ne=t@example.jp\r\np=+81\r\nc=IN IP4 192.0.2.1\r\nb=AS:64\r\n" +
		"t=1 2\r\nr=7d 1h 0\r\nz=0 0\r\nk=prompt\r\na=sendrecv\r\nm=audio 30000 RTP/AVP 0\r\ni=voice\r\nc=IN IP4 192.0.2.2\r\nb=AS:32\r\nk=clear:x\r\na=rtpmap:0 PCMU/8000\r\n"
	ok = "SIP/2.0 200 All right\r\nVia: SIP/2.0/UDP a\r\nl: 0\r\n\r\n"
)

var invite = "INVITE sip:hanako@example.jp SIP/2.0\r\nVia: SIP/2.0/UDP a;\r\n branch=1\r\nv: SIP/2.0/UDP b\r\nf: <sip:taro@example.jp>\r\nTo : <sip:hanako@example.jp>\r\n" +
	"User-Agent: test\r\nc: application/sdp; x=y\r\nContent-Length: " + itoa(len(sdp)) + "\r\n\r\n" + sdp

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

var call = told.Talk{{Dir: client, B: invite}, {Dir: server, B: ok}}

func TestCall(t *testing.T) {
	want := []string{
		`tx0 0 sip.method="INVITE"`, `tx0 0 sip.uri="sip:hanako@example.jp"`, `tx0 0 sip.request_line="INVITE sip:hanako@example.jp SIP/2.0"`, `tx0 0 sip.protocol="SIP/2.0"`,
		`tx0 0 sip.via="SIP/2.0/UDP a;\r\n branch=1"`, `tx0 0 sip.via="SIP/2.0/UDP b"`, `tx0 0 sip.from="<sip:taro@example.jp>"`, `tx0 0 sip.to="<sip:hanako@example.jp>"`,
		`tx0 0 sip.user_agent="test"`, `tx0 0 sip.content_type="application/sdp; x=y"`, `tx0 0 sip.content_length="` + itoa(len(sdp)) + `"`,
		`tx0 0 sdp.origin="taro 1 2 IN IP4 192.0.2.1"`, `tx0 0 sdp.session_name="call"`, `tx0 0 sdp.session_info="info"`, `tx0 0 sdp.uri="http://example.jp/"`,
		`tx0 0 sdp.email="t@example.jp"`, `tx0 0 sdp.phone_number="+81"`, `tx0 0 sdp.connection_data="IN IP4 192.0.2.1"`, `tx0 0 sdp.timezone="0 0"`,
		`tx0 0 sdp.encryption_key="prompt"`, `tx0 0 sdp.time="1 2"`, `tx0 0 sdp.repeat_time="7d 1h 0"`, `tx0 0 sdp.bandwidth="AS:64"`, `tx0 0 sdp.attribute="sendrecv"`,
		`tx0 0 sdp.media.media="audio 30000 RTP/AVP 0"`, `tx0 0 sdp.media.media_info="voice"`, `tx0 0 sdp.media.connection_data="IN IP4 192.0.2.2"`,
		`tx0 0 sdp.media.encryption_key="clear:x"`, `tx0 0 sdp.bandwidth="AS:32"`, `tx0 0 sdp.attribute="rtpmap:0 PCMU/8000"`,
		`log sip tx0 sip={"method":"INVITE","uri":"sip:hanako@example.jp","version":"SIP/2.0","request_line":"INVITE sip:hanako@example.jp SIP/2.0","sdp":{"version":0,` +
			`"origin":"taro 1 2 IN IP4 192.0.2.1","session_name":"call","session_info":"info","uri":"http://example.jp/","email":"t@example.jp","phone_number":"+81",` +
			`"connection_data":"IN IP4 192.0.2.1","bandwidths":["AS:64"],"time_descriptions":[{"time":"1 2","repeat_time":"7d 1h 0"}],"timezone":"0 0","encryption_key":"prompt",` +
			`"attributes":["sendrecv"],"media_descriptions":[{"media":"audio 30000 RTP/AVP 0","media_info":"voice","bandwidths":["AS:32"],"connection_data":"IN IP4 192.0.2.2",` +
			`"encryption_key":"clear:x","attributes":["rtpmap:0 PCMU/8000"]}]}}`,
		`tx1 1 sip.stat_code="200"`, `tx1 1 sip.stat_msg="All right"`, `tx1 1 sip.response_line="SIP/2.0 200 All right"`, `tx1 1 sip.protocol="SIP/2.0"`,
		`tx1 1 sip.via="SIP/2.0/UDP a"`, `tx1 1 sip.content_length="0"`,
		`log sip tx1 sip={"version":"SIP/2.0","code":"200","reason":"All right","response_line":"SIP/2.0 200 All right"}`,
	}
	if d := cmp.Diff(want, told.Of(call, 0, datagrams).Lines); d != "" {
		t.Error(d)
	}
	for _, n := range append(told.Cuts, 0) {
		if d := cmp.Diff(want, told.Of(call, n, stream).Lines); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string]string{
		"no end": "INVITE sip:a SIP/2.0\r\nVia: x\r\n", "no URI": "INVITE  SIP/2.0\r\n\r\n", "no version": "INVITE sip:a\r\n\r\n", "another version": "INVITE sip:a HTTP/1.1\r\n\r\n",
		"digits in the method": "INV1TE sip:a SIP/2.0\r\n\r\n", "header without colon": "INVITE sip:a SIP/2.0\r\nVia x\r\n\r\n", "header without name": "INVITE sip:a SIP/2.0\r\n: x\r\n\r\n",
		"space in a name": "INVITE sip:a SIP/2.0\r\nV a: x\r\n\r\n", "zero in a value": "INVITE sip:a SIP/2.0\r\nVia: x\x00\r\n\r\n", "no UTF-8": "INVITE sip:a SIP/2.0\r\nVia: \xe8\r\n\r\n",
		"bare line feeds": "INVITE sip:a SIP/2.0\nVia: x\n\n", "response to the server": ok,
	} {
		if log := told.Of(told.Talk{{Dir: client, B: b}}, 0, datagrams); len(log.Lines) > 0 {
			t.Error(name, log)
		}
		if log := told.Of(told.Talk{{Dir: client, B: b + "\r\n\r\n"}, {Dir: client, B: invite}}, 0, stream); len(log.Lines) > 0 && name != "no end" {
			t.Error(name, "is not the end of TCP:", log)
		}
	}
	for name, b := range map[string]string{"not v first": "s=x\r\n", "no origin": "v=0\r\ns=x\r\n", "no letter": "v=0\r\no=x\r\n=x\r\n", "another letter": "v=0\r\no=x\r\nx=1\r\n", "another letter of media": "v=0\r\no=x\r\nm=a\r\nt=1\r\n"} {
		talk := told.Talk{{Dir: client, B: "INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n" + b}}
		if log := told.Of(talk, 0, datagrams); log.Has("sdp") && !log.Has(`sip.content_type="application/sdp"`) || log.Has("sdp.") {
			t.Error(name, log)
		}
	}
}

// TestLong: a long body is passed over, and a head without end ends the reading.
func TestLong(t *testing.T) {
	long := "INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\nContent-Length: " + itoa(MaxBody+1) + "\r\n\r\n"
	talk := told.Talk{{Dir: client, B: long + strings.Repeat("x", MaxBody+1) + "\r\n" + invite}}
	for _, n := range []int{0, 1000} {
		if log := told.Of(talk, n, stream); strings.Count(log.String(), "log sip") != 2 {
			t.Error(n, log)
		}
	}
	var log told.Log
	c := New(&log, true)
	c.Push(client, []byte(long))
	c.Gap(client, MaxBody+1)
	c.Push(client, []byte(invite))
	if strings.Count(log.String(), "log sip") != 2 {
		t.Error("gap in a body:", &log)
	}
	c.Gap(client, 1)
	c.Push(client, []byte(invite))
	if strings.Count(log.String(), "log sip") != 2 {
		t.Error("gap in a head:", &log)
	}
	endless := told.Talk{{Dir: client, B: "INVITE sip:a SIP/2.0\r\nVia: " + strings.Repeat("x", MaxHead)}, {Dir: client, B: "\r\n\r\n" + invite}}
	if log := told.Of(endless, 0, stream); len(log.Lines) > 0 {
		t.Error(log)
	}
}

func FuzzConn(f *testing.F) {
	for _, p := range call {
		f.Add([]byte(p.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		talk := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}
		if d := cmp.Diff(told.Of(talk, 0, stream).Lines, told.Of(talk, int(cut), stream).Lines); d != "" {
			t.Error(d)
		}
		told.Of(talk, 0, datagrams)
	})
}
