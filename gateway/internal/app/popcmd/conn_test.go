package popcmd

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

var session = told.Talk{
	{Dir: server, B: "+OK POP server ready\r\n"},
	{Dir: client, B: "AUTH\r\nCAPA\r\n"},
	{Dir: server, B: "-ERR 1 argument required\r\n+OK list follows\r\nTOP\r\n.\r\n"},
	{Dir: client, B: "AUTH PLAIN\r\n"},
	{Dir: server, B: "+ \r\n"},
	{Dir: client, B: "AGRpZ2l0\r\n"},
	{Dir: server, B: "+OK mailbox\r\n"},
	{Dir: client, B: "LIST\r\n"},
	{Dir: server, B: "+OK\r\n1 120\r\n"},
	{Dir: server, B: ".\r\n"},
	{Dir: client, B: "list\r\n"},
	{Dir: server, B: "-ERR what\r\n"},
	{Dir: client, B: "QUIT\r\n"},
}

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s, Config{Files: true}) }).Lines
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
	if d := cmp.Diff(want, tell(session, 0)); d != "" {
		t.Error(d)
	}
	for _, n := range []int{1, 2, 3, 7} {
		if d := cmp.Diff(want, tell(session, n)); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"endless command":   {told.Talk{{Dir: client, B: strings.Repeat("A", 10*MaxCommand) + "\r\n"}}, "request_too_long"},
		"endless reply":     {told.Talk{{Dir: client, B: "NOOP\r\n"}, {Dir: server, B: "+OK " + strings.Repeat("x", 10*MaxReply)}}, "response_too_long"},
		"empty command":     {told.Talk{{Dir: client, B: "\r\n"}}, "unknown_command"},
		"commands no reply": {told.Talk{{Dir: client, B: strings.Repeat("NOOP\r\n", MaxOpen+1)}}, "too_many_transactions"},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(c.talk, 0), "\n")
			if !strings.Contains(all, `0 app-layer-event="pop3.`+c.want) || !strings.Contains(all, `1 app-layer-event="pop3.`+c.want) {
				t.Error(c.want, "is missing")
			}
		})
	}
}

func TestSecure(t *testing.T) {
	lines := tell(told.Talk{{Dir: client, B: "STLS\r\n"}, {Dir: server, B: "+OK go\r\n\x16\x03"}, {Dir: client, B: "QUIT\r\n"}}, 0)
	if got := lines[len(lines)-1]; got != `become tls 1 "\x16\x03"` {
		t.Error(got)
	}
}

const letterText = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n..\r\n" +
	"--x\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nREVG\r\n" +
	"--x\r\nContent-Type: application/octet-stream\r\n\r\n..dots\r\n--x--\r\n.\r\n"

// Attachments of mails that are fetched are files, also without a name and however the
// client writes its commands.
func TestAttachments(t *testing.T) {
	for _, command := range []string{"RETR 1", "retr 1", "Top 1 99", "RETR  1 "} {
		for _, n := range []int{0, 1, 2, 3, 7, 50} {
			lines := tell(told.Talk{{Dir: server, B: "+OK hi\r\n"}, {Dir: client, B: command + "\r\nDELE 1\r\n"},
				{Dir: server, B: "+OK 120 octets\r\n" + letterText + "+OK gone\r\n"}}, n)
			var files []string
			for _, l := range lines {
				if strings.HasPrefix(l, "file") {
					files = append(files, l)
				}
			}
			want := []string{`file tx1 1 "a.zip" "ABCDEF" cut=false`, `file tx1 1 "application/octet-stream" ".dots" cut=false`}
			if d := cmp.Diff(want, files); d != "" {
				t.Error(command, n, d)
			}
			if !strings.Contains(strings.Join(lines, "\n"), `"header":"gone"`) {
				t.Error(command, n, "what follows the mail is not read")
			}
		}
	}
}

// A mail that is not whole is told as cut.
func TestCutAttachment(t *testing.T) {
	half, _, _ := strings.Cut(letterText, "REVG")
	lines := strings.Join(tell(told.Talk{{Dir: client, B: "RETR 1\r\n"}, {Dir: server, B: "+OK\r\n" + half}}, 0), "\n")
	if !strings.Contains(lines, `file tx0 1 "a.zip" "ABC" cut=true`) {
		t.Error(lines)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("AUTH PLAIN\r\nxx\r\nRETR 1\r\n"), []byte("+OK\r\n+ \r\n+OK\r\nx\r\n.\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := told.Talk{{Dir: server, B: "+OK\r\n"}, {Dir: client, B: string(a)}, {Dir: server, B: string(b)}, {Dir: client, B: string(a)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}
