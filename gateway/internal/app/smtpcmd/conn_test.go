package smtpcmd

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
)

const (
	client = app.ToServer
	server = app.ToClient
)

// mail is a conversation with an attachment in each coding.
var mail = talk{
	{server, "220-mx.example ESMTP\r\n220 ready\r\n"},
	{client, "EHLO client.example\r\n"},
	{server, "250-mx.example\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"},
	{client, "MAIL FROM:<a@example.com> SIZE=10\r\n"},
	{server, "250 ok\r\n"},
	{client, "rcpt to: <b@example.jp>\r\n"},
	{server, "250 ok\r\n"},
	{client, "DATA\r\n"},
	{server, "354 go\r\n"},
	{client, "Received: from x\r\n by y\r\nFrom: \"A, B\" <a@example.com>\r\nTo: b@example.jp, \"C, D\" <c@example.jp>\r\n" +
		"Subject: =?utf-8?q?hi?=\r\nContent-Type: multipart/mixed;\r\n boundary=\"xx\"\r\n\r\npreamble\r\n" +
		"--xx\r\nContent-Type: text/plain\r\n\r\nsee http://evil.example/a?b=c now\r\n..dot\r\n" +
		"--xx\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8=\r\n" +
		"--xx\r\nContent-Disposition: attachment; filename*0=re; filename*1=port.txt\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\nlast\r\n--xx--\r\n.\r\n"},
	{server, "250 queued\r\n"},
	{client, "QUIT\r\n"},
	{server, "221 bye\r\n"},
}

func tell(t talk, cut func(int) int) []string {
	var s told
	read(New(&s, Config{}), t, cut)
	return s.lines
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
	if d := cmp.Diff(want, tell(mail, whole)); d != "" {
		t.Error(d)
	}
}

func TestAnyCut(t *testing.T) {
	long := talk{{server, "220 hi\r\n"}, {client, "HELO " + strings.Repeat("x", 2*MaxLine) + "\r\nDATA\r\n"}, {server, "354 go\r\n"},
		{client, "Content-Disposition: attachment; filename=f\r\n\r\n" + strings.Repeat("y", 3*MaxPiece+7) + "\r\n.\r\n"}}
	for _, c := range []talk{mail, long} {
		want := tell(c, whole)
		r := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			if d := cmp.Diff(want, tell(c, func(n int) int { return 1 + r.IntN(min(n, 900)) })); d != "" {
				t.Fatal(d)
			}
		}
		if d := cmp.Diff(want, tell(c, func(int) int { return 1 })); d != "" {
			t.Error("single bytes:", d)
		}
	}
}

func TestEvents(t *testing.T) {
	start := talk{{server, "220 hi\r\n"}, {client, "EHLO a\r\n"}, {server, "250-a\r\n250 b\r\n"}}
	for name, c := range map[string]struct {
		talk talk
		want string // an event, or the start of a line
	}{
		"no greeting":           {talk{{client, "EHLO a\r\n"}}, "no_server_welcome_message"},
		"greeting refuses":      {talk{{client, "EHLO a\r\n"}, {server, "999 no\r\n"}}, "invalid_reply"},
		"reply too short":       {append(start[:3:3], talk{{client, "NOOP\r\n"}, {server, "2\r\n"}}...), "invalid_reply"},
		"twice HELO":            {append(start[:3:3], talk{{client, "HELO b\r\n"}}...), "duplicate_fields"},
		"twice MAIL":            {append(start[:3:3], talk{{client, "MAIL FROM:<a>\r\nMAIL FROM:<b>\r\n"}}...), "duplicate_fields"},
		"DATA refused":          {append(start[:3:3], talk{{client, "DATA\r\n"}, {server, "550 no\r\n"}}...), "data_command_rejected"},
		"DATA again":            {append(start[:3:3], talk{{client, "DATA\r\n"}, {server, "550 no\r\n"}, {client, "DATA\r\n"}}...), "unparsable_content"},
		"pipelined behind DATA": {append(start[:3:3], talk{{client, "DATA\r\nNOOP\r\n"}}...), "invalid_pipelined_sequence"},
		"STARTTLS refused":      {append(start[:3:3], talk{{client, "STARTTLS\r\n"}, {server, "454 no\r\n"}}...), "tls_rejected"},
		"BDAT too long":         {append(start[:3:3], talk{{client, "BDAT 3 LAST\r\nabcdef\r\n"}}...), "bdat_chunk_len_exceeded"},
		"long boundary": {append(start[:3:3], talk{{client, "DATA\r\n"}, {server, "354 go\r\n"},
			{client, "Content-Type: multipart/mixed; boundary=" + strings.Repeat("b", 300) + "\r\n\r\n.\r\n"}}...), "mime_long_boundary"},
		"long file name": {append(start[:3:3], talk{{client, "DATA\r\n"}, {server, "354 go\r\n"},
			{client, "Content-Type: a/b; name=" + strings.Repeat("n", 300) + "\r\n\r\n.\r\n"}}...), "mime_long_filename"},
		"endless command": {append(start[:3:3], talk{{client, strings.Repeat("A", 3*MaxLine)}}...), "truncated_line"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := tell(c.talk, whole)
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
	lines := tell(talk{{server, "220 hi\r\n"}, {client, "STARTTLS\r\n"}, {server, "220 go\r\n\x16\x03"}, {client, "NOOP\r\n"}}, whole)
	if got := lines[len(lines)-1]; got != `become tls 1 "\x16\x03"` {
		t.Error(got)
	}
}

// TestPipelining: with a server that allows it a message may come before the consent.
func TestPipelining(t *testing.T) {
	lines := tell(talk{{server, "220 hi\r\n"}, {client, "EHLO a\r\n"}, {server, "250-PIPELINING\r\n250 ok\r\n"},
		{client, "MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n"},
		{server, "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n"}}, whole)
	if !has(lines, `tx0 0 email.subject="x"`) || strings.Contains(strings.Join(lines, "\n"), "rejected") {
		t.Error(strings.Join(lines, "\n"))
	}
}

func TestGapEnds(t *testing.T) {
	var s told
	c := New(&s, Config{})
	c.Push(server, []byte("220 hi\r\n"))
	c.Push(client, []byte("MAIL FROM:<a>\r\n"))
	c.Gap(client, 10)
	c.Push(client, []byte("MAIL FROM:<b>\r\n"))
	if got := s.lines[len(s.lines)-1]; got != `log smtp tx0 smtp={"mail_from":"\u003ca\u003e"}` {
		t.Error(got)
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		dir  int
		b    string
		want Answer
	}{
		{client, "EHLO x", Yes}, {client, "he", More}, {client, "GET /", No}, {client, "", More},
		{server, "220 x", Perhaps}, {server, "22", More}, {server, "421 x", No}, {server, "2200", No},
	} {
		if got := Probe(c.dir, []byte(c.b)); got != c.want {
			t.Errorf("%d %q: %v, want %v", c.dir, c.b, got, c.want)
		}
	}
}

func FuzzConn(f *testing.F) {
	for _, m := range mail {
		f.Add([]byte(m.b), []byte("250 ok\r\n354 go\r\n"), uint8(3))
	}
	f.Add([]byte("EHLO a\r\nBDAT 3\r\nabc\r\n"), []byte("220 x\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := talk{{server, "220 hi\r\n"}, {client, string(a)}, {server, string(b)}, {client, string(a)}}
		want := tell(c, whole)
		got := tell(c, func(int) int { return int(cut) })
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
