package rfbmsg

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

func reader(s app.Sink) app.Reader { return New(s) }

func screenOf(name string) string {
	return "\x03\x20\x02\x58" + "\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00" + told.BE(4, uint64(len(name))) + name
}

var asked, answered = strings.Repeat("\x26", 16), strings.Repeat("\x3f", 16)

var modern = told.Talk{
	{Dir: server, B: "RFB 003.008\n"}, {Dir: client, B: "RFB 003.008\n"}, {Dir: server, B: "\x02\x01\x02"}, {Dir: client, B: "\x02"},
	{Dir: server, B: asked}, {Dir: client, B: answered}, {Dir: server, B: "\x00\x00\x00\x00"}, {Dir: client, B: "\x01"},
	{Dir: server, B: screenOf("office\xa0")}, {Dir: client, B: "pictures"},
}

func TestModern(t *testing.T) {
	want := []string{
		`tx0 0 rfb.sectype=2`, `tx0 1 rfb.secresult=0`, `tx0 1 rfb.name="office\xa0"`,
		`log rfb tx0 rfb={"server_protocol_version":{"major":"003","minor":"008"},"client_protocol_version":{"major":"003","minor":"008"},` +
			`"authentication":{"security_type":2,"vnc":{"challenge":"` + strings.Repeat("26", 16) + `","response":"` + strings.Repeat("3f", 16) + `"},"security_result":"OK"},` +
			`"screen_shared":true,"framebuffer":{"width":800,"height":600,"name":"office\\xa0","pixel_format":{"bits_per_pixel":32,"depth":24,"big_endian":false,` +
			`"true_color":true,"red_max":255,"green_max":255,"blue_max":255,"red_shift":16,"green_shift":8,"blue_shift":0}}}`,
	}
	if d := cmp.Diff(want, told.Of(modern, 0, reader).Lines); d != "" {
		t.Error(d)
	}
	for _, n := range told.Cuts {
		if d := cmp.Diff(want, told.Of(modern, n, reader).Lines); d != "" {
			t.Error(n, d)
		}
	}
	// A side that speaks ahead of its turn is heard in its turn.
	var ahead told.Talk
	for _, dir := range []int{client, server} {
		all := ""
		for _, p := range modern {
			if p.Dir == dir {
				all += p.B
			}
		}
		ahead = append(ahead, told.Part{Dir: dir, B: all})
	}
	if d := cmp.Diff(want[1:], told.Of(ahead, 0, reader).Lines[1:]); d != "" {
		t.Error(d)
	}
}

func TestVersions(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"3.3 without password": {told.Talk{{Dir: server, B: "RFB 003.003\n"}, {Dir: client, B: "RFB 003.003\n"}, {Dir: server, B: "\x00\x00\x00\x01"}, {Dir: client, B: "\x00"},
			{Dir: server, B: screenOf("x")}}, `"security_type":1},"screen_shared":false,"framebuffer":{"width":800`},
		"3.7 without password": {told.Talk{{Dir: server, B: "RFB 003.007\n"}, {Dir: client, B: "RFB 003.007\n"}, {Dir: server, B: "\x01\x01"}, {Dir: client, B: "\x01\x00"},
			{Dir: server, B: screenOf("x")}}, `"security_type":1},"screen_shared":false,"framebuffer":{"width":800`},
		"3.8 without password": {told.Talk{{Dir: server, B: "RFB 003.008\n"}, {Dir: client, B: "RFB 003.008\n"}, {Dir: server, B: "\x01\x01"}, {Dir: client, B: "\x01"},
			{Dir: server, B: "\x00\x00\x00\x00"}, {Dir: client, B: "\x00"}, {Dir: server, B: screenOf("x")}}, `"security_result":"OK"},"screen_shared":false,"framebuffer"`},
		"refused":         {told.Talk{{Dir: server, B: "RFB 003.008\n"}, {Dir: client, B: "RFB 003.008\n"}, {Dir: server, B: "\x00\x00\x00\x00\x02no"}}, `"security_failure_reason":"no"`},
		"wrong password":  {append(modern[:6:6], told.Part{Dir: server, B: "\x00\x00\x00\x01\x00\x00\x00\x03bad"}), `"security_result":"FAIL","security_failure_reason":"bad"`},
		"too many":        {append(modern[:6:6], told.Part{Dir: server, B: "\x00\x00\x00\x02\x00\x00\x00\x00"}), `"security_result":"TOOMANY"`},
		"no message":      {told.Talk{{Dir: server, B: "RFB 003008!!\n"}}, "rfb.malformed_message"},
		"own type":        {append(modern[:3:3], told.Part{Dir: client, B: "\x1e"}), "rfb.unimplemented_security_type"},
		"result unknown":  {append(modern[:6:6], told.Part{Dir: server, B: "\x00\x00\x00\x09"}), "rfb.unknown_security_result"},
		"who never waits": {told.Talk{{Dir: server, B: "RFB 003.008\n"}, {Dir: server, B: strings.Repeat("x", maxWaiting+1)}}, "rfb.confused_state"},
		"endless name":    {append(modern[:8:8], told.Part{Dir: server, B: screenOf("")[:20] + "\xff\xff\xff\xff" + strings.Repeat("x", 2*MaxMessage)}), `"screen_shared":true}`},
	} {
		log := told.Of(c.talk, 0, reader)
		if !log.Has(c.want) || strings.Count(log.String(), "log rfb") != 1 {
			t.Error(name, log)
		}
		if d := cmp.Diff(log.Lines, told.Of(c.talk, 1, reader).Lines); d != "" {
			t.Error(name, d)
		}
	}
}

func TestReset(t *testing.T) {
	var first, second told.Log
	c := New(&first)
	c.Push(server, []byte(modern[0].B+"x"))
	c.Reset(&second)
	modern.Cut(c, 0)
	if d := cmp.Diff(told.Of(modern, 0, reader).Lines, second.Lines); d != "" {
		t.Error(d)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("RFB 003.008\n\x02\x01\x02"+asked+"\x00\x00\x00\x00"+screenOf("x")), []byte("RFB 003.008\n\x02"+answered+"\x01"), uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		talk := told.Talk{{Dir: server, B: string(a)}, {Dir: client, B: string(b)}}
		if d := cmp.Diff(told.Of(talk, 0, reader).Lines, told.Of(talk, int(cut), reader).Lines); d != "" {
			t.Error(d)
		}
	})
}
