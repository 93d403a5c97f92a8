package popcmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
)

const (
	client = app.ToServer
	server = app.ToClient
)

var session = talk{
	{server, "+OK POP server ready\r\n"},
	{client, "AUTH\r\nCAPA\r\n"},
	{server, "-ERR 1 argument required\r\n+OK list follows\r\nTOP\r\n.\r\n"},
	{client, "AUTH PLAIN\r\n"},
	{server, "+ \r\n"},
	{client, "AGRpZ2l0\r\n"},
	{server, "+OK mailbox\r\n"},
	{client, "LIST\r\n"},
	{server, "+OK\r\n1 120\r\n"},
	{server, ".\r\n"},
	{client, "list\r\n"},
	{server, "-ERR what\r\n"},
	{client, "QUIT\r\n"},
}

func tell(t talk, cut func(int) int) []string {
	var s told
	read(New(&s), t, cut)
	return s.lines
}

func TestSession(t *testing.T) {
	want := []string{
		`log pop3 tx0 pop3={"response":{"success":true,"status":"OK","header":"POP server ready","data":[]}}`,
		`tx1 0 app-layer-event="pop3.incorrect_argument_count"`,
		`tx1 1 app-layer-event="pop3.incorrect_argument_count"`,
		`log pop3 tx1 pop3={"request":{"command":"AUTH","args":[]},"response":{"success":false,"status":"ERR","header":"1 argument required","data":[]}}`,
		`log pop3 tx2 pop3={"request":{"command":"CAPA","args":[]},"response":{"success":true,"status":"OK","header":"list follows","data":["TOP"]}}`,
		`log pop3 tx3 pop3={"request":{"command":"AUTH","args":["PLAIN"]},"response":{"success":true,"status":"OK","header":"mailbox","data":[]}}`,
		`log pop3 tx4 pop3={"request":{"command":"LIST","args":[]},"response":{"success":true,"status":"OK","data":["1 120"]}}`,
		`tx5 0 app-layer-event="pop3.unknown_command"`,
		`tx5 1 app-layer-event="pop3.unknown_command"`,
		`log pop3 tx5 pop3={"request":{"command":"list","args":[]},"response":{"success":false,"status":"ERR","header":"what","data":[]}}`,
		`log pop3 tx6 pop3={"request":{"command":"QUIT","args":[]}}`,
	}
	if d := cmp.Diff(want, tell(session, whole)); d != "" {
		t.Error(d)
	}
	for _, n := range []int{1, 2, 3, 7} {
		if d := cmp.Diff(want, tell(session, func(int) int { return n })); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		talk talk
		want string
	}{
		"endless command":   {talk{{client, strings.Repeat("A", 10*MaxCommand) + "\r\n"}}, "request_too_long"},
		"endless reply":     {talk{{client, "NOOP\r\n"}, {server, "+OK " + strings.Repeat("x", 10*MaxReply)}}, "response_too_long"},
		"empty command":     {talk{{client, "\r\n"}}, "unknown_command"},
		"commands no reply": {talk{{client, strings.Repeat("NOOP\r\n", MaxOpen+1)}}, "too_many_transactions"},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(c.talk, whole), "\n")
			if !strings.Contains(all, `0 app-layer-event="pop3.`+c.want) || !strings.Contains(all, `1 app-layer-event="pop3.`+c.want) {
				t.Error(c.want, "is missing")
			}
		})
	}
}

func TestSecure(t *testing.T) {
	lines := tell(talk{{client, "STLS\r\n"}, {server, "+OK go\r\n\x16\x03"}, {client, "QUIT\r\n"}}, whole)
	if got := lines[len(lines)-1]; got != `become tls 1 "\x16\x03"` {
		t.Error(got)
	}
}

func TestProbe(t *testing.T) {
	if Probe(server, []byte("+OK x")) != Yes || Probe(server, []byte("+")) != More || Probe(client, []byte("GET")) != No ||
		Probe(client, []byte("CAPA\r\n")) != Yes {
		t.Error("recognition")
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("AUTH PLAIN\r\nxx\r\nRETR 1\r\n"), []byte("+OK\r\n+ \r\n+OK\r\nx\r\n.\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := talk{{server, "+OK\r\n"}, {client, string(a)}, {server, string(b)}, {client, string(a)}}
		if d := cmp.Diff(tell(c, whole), tell(c, func(int) int { return int(cut) })); d != "" {
			t.Error(d)
		}
	})
}
