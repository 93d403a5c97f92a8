package smtpcmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

// mail is a conversation with an attachment in each coding.
var mail = told.Talk{
	{Dir: server, B: "220-mx.example ESMTP\r\n220 ready\r\n"},
	{Dir: client, B: "EHLO client.example\r\n"},
	{Dir: server, B: "250-mx.example\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"},
	{Dir: client, B: "MAIL FROM:<a@example.com> SIZE=10\r\n"},
	{Dir: server, B: "250 ok\r\n"},
	{Dir: client, B: "rcpt to: <b@example.jp>\r\n"},
	{Dir: server, B: "250 ok\r\n"},
	{Dir: client, B: "DATA\r\n"},
	{Dir: server, B: "354 go\r\n"},
	{Dir: client, B: "Received: from x\r\n by y\r\nFrom: \"A, B\" <a@example.com>\r\nTo: b@example.jp, \"C, D\" <c@example.jp>\r\n" +
		"Subject: =?utf-8?q?hi?=\r\nContent-Type: multipart/mixed;\r\n boundary=\"xx\"\r\n\r\npreamble\r\n" +
		"--xx\r\nContent-Type: text/plain\r\n\r\nsee http://evil.example/a?b=c now\r\n..dot\r\n" +
		"--xx\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8=\r\n" +
		"--xx\r\nContent-Disposition: attachment; filename*0=re; filename*1=port.txt\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\nlast\r\n--xx--\r\n.\r\n"},
	{Dir: server, B: "250 queued\r\n"},
	{Dir: client, B: "QUIT\r\n"},
	{Dir: server, B: "221 bye\r\n"},
}

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s, Config{}) }).Lines
}

func TestMail(t *testing.T) {
	want := []string{
		`tx0 0 smtp.helo="client.example"`,
		`tx0 0 smtp.mail_from="<a@example.com>"`,
		`tx0 0 smtp.rcpt_to="<b@example.jp>"`,
		`tx0 0 email.received="from xby y"`,
		`tx0 0 email.from="\"A, B\" <a@example.com>"`,
		`tx0 0 email.to="b@example.jp, \"C, D\" <c@example.jp>"`,
		`tx0 0 email.subject="=?utf-8?q?hi?="`,
		`file tx0 0 "a.zip" "Hello" cut=false`,
		`file tx0 0 "report.txt" "a=bc\r\nlast" cut=false`,
		`tx0 0 email.url="evil.example/a?b=c"`,
		`log smtp tx0 smtp={"helo":"client.example","mail_from":"\u003ca@example.com\u003e","rcpt_to":["\u003cb@example.jp\u003e"]}` +
			` email={"status":"PARSE_DONE","from":"\"A, B\" \u003ca@example.com\u003e","to":["b@example.jp","\"C, D\" \u003cc@example.jp\u003e"],` +
			`"attachment":["a.zip","report.txt"],"url":["evil.example/a?b=c"]}`,
		`tx1 0 smtp.helo="client.example"`,
		`log smtp tx1 smtp={"helo":"client.example"}`,
	}
	if d := cmp.Diff(want, tell(mail, 0)); d != "" {
		t.Error(d)
	}
}

func TestAnyCut(t *testing.T) {
	long := told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: "HELO " + strings.Repeat("x", 2*MaxLine) + "\r\nDATA\r\n"}, {Dir: server, B: "354 go\r\n"},
		{Dir: client, B: "Content-Disposition: attachment; filename=f\r\n\r\n" + strings.Repeat("y", 3*MaxPiece+7) + "\r\n.\r\n"}}
	for _, c := range []told.Talk{mail, long} {
		want := tell(c, 0)
		for _, n := range append(told.Cuts, 900) {
			if d := cmp.Diff(want, tell(c, n)); d != "" {
				t.Fatal(n, d)
			}
		}
	}
}

func TestEvents(t *testing.T) {
	start := told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: "EHLO a\r\n"}, {Dir: server, B: "250-a\r\n250 b\r\n"}}
	for name, c := range map[string]struct {
		talk told.Talk
		want string // an event, or the start of a line
	}{
		"no greeting":           {told.Talk{{Dir: client, B: "EHLO a\r\n"}}, "no_server_welcome_message"},
		"greeting refuses":      {told.Talk{{Dir: client, B: "EHLO a\r\n"}, {Dir: server, B: "999 no\r\n"}}, "invalid_reply"},
		"reply too short":       {append(start[:3:3], told.Talk{{Dir: client, B: "NOOP\r\n"}, {Dir: server, B: "2\r\n"}}...), "invalid_reply"},
		"twice HELO":            {append(start[:3:3], told.Talk{{Dir: client, B: "HELO b\r\n"}}...), "duplicate_fields"},
		"twice MAIL":            {append(start[:3:3], told.Talk{{Dir: client, B: "MAIL FROM:<a>\r\nMAIL FROM:<b>\r\n"}}...), "duplicate_fields"},
		"DATA refused":          {append(start[:3:3], told.Talk{{Dir: client, B: "DATA\r\n"}, {Dir: server, B: "550 no\r\n"}}...), "data_command_rejected"},
		"DATA again":            {append(start[:3:3], told.Talk{{Dir: client, B: "DATA\r\n"}, {Dir: server, B: "550 no\r\n"}, {Dir: client, B: "DATA\r\n"}}...), "unparsable_content"},
		"pipelined behind DATA": {append(start[:3:3], told.Talk{{Dir: client, B: "DATA\r\nNOOP\r\n"}}...), "invalid_pipelined_sequence"},
		"STARTTLS refused":      {append(start[:3:3], told.Talk{{Dir: client, B: "STARTTLS\r\n"}, {Dir: server, B: "454 no\r\n"}}...), "tls_rejected"},
		"BDAT too long":         {append(start[:3:3], told.Talk{{Dir: client, B: "BDAT 3\r\nabcdef\r\n"}}...), "bdat_chunk_len_exceeded"},
		"long boundary": {append(start[:3:3], told.Talk{{Dir: client, B: "DATA\r\n"}, {Dir: server, B: "354 go\r\n"},
			{Dir: client, B: "Content-Type: multipart/mixed; boundary=" + strings.Repeat("b", 300) + "\r\n\r\n.\r\n"}}...), "mime_long_boundary"},
		"long file name": {append(start[:3:3], told.Talk{{Dir: client, B: "DATA\r\n"}, {Dir: server, B: "354 go\r\n"},
			{Dir: client, B: "Content-Type: a/b; name=" + strings.Repeat("n", 300) + "\r\n\r\n.\r\n"}}...), "mime_long_filename"},
		"endless command": {append(start[:3:3], told.Talk{{Dir: client, B: strings.Repeat("A", 3*MaxLine)}}...), "truncated_line"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := tell(c.talk, 0)
			for _, dir := range []string{"0", "1"} {
				want := `tx0 ` + dir + ` app-layer-event="smtp.` + c.want + `"`
				if !has(lines, want) {
					t.Errorf("no %s in\n%s", want, strings.Join(lines, "\n"))
				}
			}
		})
	}
}

func has(lines []string, want string) bool {
	for _, l := range lines {
		if l == want {
			return true
		}
	}
	return false
}

// TestStartTLS: what follows the server's consent is TLS, what was injected before is not
// taken for commands of the secured conversation.
func TestStartTLS(t *testing.T) {
	lines := tell(told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: "STARTTLS\r\n"}, {Dir: server, B: "220 go\r\n\x16\x03"}, {Dir: client, B: "NOOP\r\n"}}, 0)
	if got := lines[len(lines)-1]; got != `become tls 1 "\x16\x03"` {
		t.Error(got)
	}
}

// TestPipelining: with a server that allows it a message may come before the consent.
func TestPipelining(t *testing.T) {
	lines := tell(told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: "EHLO a\r\n"}, {Dir: server, B: "250-PIPELINING\r\n250 ok\r\n"},
		{Dir: client, B: "MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n"},
		{Dir: server, B: "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n"}}, 0)
	if !has(lines, `tx0 0 email.subject="x"`) || strings.Contains(strings.Join(lines, "\n"), "rejected") {
		t.Error(strings.Join(lines, "\n"))
	}
}

func TestGapEnds(t *testing.T) {
	var s told.Log
	c := New(&s, Config{})
	c.Push(server, []byte("220 hi\r\n"))
	c.Push(client, []byte("MAIL FROM:<a>\r\n"))
	c.Gap(client, 10)
	c.Push(client, []byte("MAIL FROM:<b>\r\n"))
	if got := s.Lines[len(s.Lines)-1]; got != `log smtp tx0 smtp={"mail_from":"\u003ca\u003e"}` {
		t.Error(got)
	}
}

func FuzzConn(f *testing.F) {
	for _, m := range mail {
		f.Add([]byte(m.B), []byte("250 ok\r\n354 go\r\n"), uint8(3))
	}
	f.Add([]byte("EHLO a\r\nBDAT 3\r\nabc\r\n"), []byte("220 x\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := told.Talk{{Dir: server, B: "220 hi\r\n"}, {Dir: client, B: string(a)}, {Dir: server, B: string(b)}, {Dir: client, B: string(a)}}
		want := tell(c, 0)
		got := tell(c, int(cut))
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// Records tell the headers that are asked for, all of those that stand more than once.
func TestHeadersInRecords(t *testing.T) {
	t.Parallel()
	m := mimemsg.New(new(transaction))
	for _, l := range []string{"Received: from a by b", "Received: from b by c", "X-Mailer: a program", "Bcc: a@example.com, b@example.com", "From: x"} {
		m.Line([]byte(l), []byte("\r\n"), false)
	}
	var e Email
	e.add(m, []string{"received", "x-mailer", "bcc", "no-such"})
	want := Email{Received: []string{"from a by b", "from b by c"}, XMailer: "a program", BCC: []string{"a@example.com", "b@example.com"}}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
}

// Chunks cut a message anywhere; the message is what they are together.
func TestChunks(t *testing.T) {
	t.Parallel()
	message := "Subject: one\r\nContent-Disposition: attachment; filename=a\r\n\r\nsome text\r\nand more"
	for cut := 1; cut < len(message); cut++ {
		say := told.Talk{{Dir: server, B: "220 x\r\n"}, {Dir: client, B: "EHLO a\r\nMAIL FROM:<a>\r\n"},
			{Dir: client, B: fmt.Sprintf("BDAT %d\r\n%sBDAT %d LAST\r\n%sQUIT\r\n", cut, message[:cut], len(message)-cut, message[cut:])}}
		got := strings.Join(tell(say, 0), "\n")
		if !strings.Contains(got, "some text\\r\\nand more") || strings.Contains(got, "bdat_chunk") {
			t.Fatalf("cut at %d:\n%s", cut, got)
		}
	}
}
