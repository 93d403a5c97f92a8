package imapcmd

import (
	"fmt"
	"slices"
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

const mail = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n\r\nhello\r\n" +
	"--x\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nREVG\r\n--x--\r\n"

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s) }).Lines
}

// files are the files that a talk tells of, by name and contents.
func files(t told.Talk, n int) (out []string) {
	for _, l := range tell(t, n) {
		if rest, ok := strings.CutPrefix(l, "file "); ok {
			out = append(out, rest)
		}
	}
	return out
}

func literal(s string) string { return fmt.Sprintf("{%d}\r\n%s", len(s), s) }

// fetch is a talk in which the server answers so.
func fetch(answer string) told.Talk {
	return told.Talk{
		{Dir: server, B: "* OK [CAPABILITY IMAP4rev1] ready\r\n"}, {Dir: client, B: "a1 LOGIN x y\r\n"}, {Dir: server, B: "a1 OK welcome\r\n"},
		{Dir: client, B: "a2 UID FETCH 7 (UID BODY.PEEK[])\r\n"}, {Dir: server, B: answer + "\r\na2 OK done\r\n"},
	}
}

// Mails and parts of mails in all forms in which a server sends them and a client stores
// them, whatever pieces they come in.
func TestMails(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(mail, "\r\n\r\n")
	const zip = `"a.zip" "ABCDEF" cut=false`
	for name, c := range map[string]struct {
		talk told.Talk
		want string
	}{
		"whole":             {fetch("* 12 FETCH (UID 7 BODY[] " + literal(mail) + ")"), "0 1 " + zip},
		"lower case":        {fetch("* 12 fetch (body[] " + literal(mail) + ")"), "0 1 " + zip},
		"RFC822":            {fetch("* 12 FETCH (FLAGS (\\Seen) RFC822 " + literal(mail) + " UID 7)"), "0 1 " + zip},
		"behind a literal":  {fetch("* 12 FETCH (ENVELOPE (NIL " + literal("a {5} b") + ") BODY[] " + literal(mail) + ")"), "0 1 " + zip},
		"binary literal":    {fetch("* 12 FETCH (BINARY[] ~" + literal(mail) + ")"), "0 1 " + zip},
		"empty before":      {fetch("* 12 FETCH (BODY[HEADER] {0}\r\n BODY[] " + literal(mail) + ")"), "1 1 " + zip},
		"pieces":            {fetch("* 12 FETCH (BODY[]<0> " + literal(mail[:150]) + ")\r\n* 12 FETCH (BODY[]<150> " + literal(mail[150:]) + ")"), "0 1 " + zip},
		"text alone":        {fetch("* 12 FETCH (BODY[TEXT] " + literal(text) + ")"), "0 1 " + zip},
		"RFC822.TEXT":       {fetch("* 12 FETCH (RFC822.TEXT " + literal(text) + ")"), "0 1 " + zip},
		"part":              {fetch("* 12 FETCH (BODY[2] " + literal("QUJD\r\nREVG\r\n") + ")"), `0 1 "part 2" "ABCDEF" cut=false`},
		"part with rubbish": {fetch("* 12 FETCH (BODY[2.1] " + literal("!!\r\nQUJD\r\nREVG\r\n") + ")"), `0 1 "part 2.1" "ABCDEF" cut=false`},
		"part, quoted":      {fetch("* 12 FETCH (BODY[1] " + literal("A=42C\r\n") + ")"), `0 1 "part 1" "ABC" cut=false`},
		"part, decoded":     {fetch("* 12 FETCH (BINARY[2] ~" + literal("A=42C") + ")"), `0 1 "part 2" "A=42C" cut=false`},
		"quoted string":     {fetch(`* 12 FETCH (BODY[2] "QUJD\"REVG" UID 7)`), `0 1 "part 2" "ABCDEF" cut=false`},
		"two mails":         {fetch("* 1 FETCH (BODY[] " + literal("A: b\r\n\r\nhi") + ")\r\n* 2 FETCH (BODY[] " + literal(mail) + ")"), "1 1 " + zip},
		"append":            {told.Talk{{Dir: client, B: "a APPEND Sent (\\Seen) \"1-Jan-2026 00:00:00 +0000\" " + literal(mail) + "\r\n"}}, "0 0 " + zip},
		"append at once":    {told.Talk{{Dir: client, B: fmt.Sprintf("a append Sent {%d+}\r\n%s\r\n", len(mail), mail)}}, "0 0 " + zip},
		"mailbox literal":   {told.Talk{{Dir: client, B: "a APPEND " + literal("Sent") + " " + literal(mail) + "\r\n"}}, "0 0 " + zip},
		"refused before": {told.Talk{{Dir: client, B: "a APPEND Sent {4000}\r\n"}, {Dir: server, B: "a NO too large\r\n"},
			{Dir: client, B: "b APPEND Sent " + literal(mail) + "\r\n"}}, "1 0 " + zip},
	} {
		for _, n := range append([]int{0}, told.Cuts...) {
			if got := files(c.talk, n); !slices.ContainsFunc(got, func(l string) bool { return strings.HasSuffix("tx"+c.want, l) || strings.HasPrefix(l, "tx"+c.want) }) {
				t.Errorf("%s, in pieces of %d: %q, want %q", name, n, got, c.want)
			}
		}
	}
}

// What is not a mail is none, and what is not whole is told so.
func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		talk told.Talk
		want string // in what is told; nothing when empty
	}{
		"cut":             {told.Talk{{Dir: server, B: "* 1 FETCH (BODY[] {9999}\r\n" + mail[:len(mail)-13]}}, `"a.zip" "ABC" cut=true`},
		"piece missing":   {fetch("* 12 FETCH (BODY[]<150> " + literal(mail) + ")"), `cut=true`},
		"endless line":    {fetch("* 12 FETCH (" + strings.Repeat("x", 3*MaxLine) + " BODY[] " + literal(mail) + ")"), `"a.zip" "ABCDEF" cut=false`},
		"huge literal":    {fetch("* 12 FETCH (BODY[] {99999999999999999999}\r\n" + mail), ""},
		"negative":        {fetch("* 12 FETCH (BODY[] {-5}\r\n" + mail), ""},
		"no number":       {fetch("* 12 FETCH (BODY[] {}\r\n" + mail), ""},
		"other literal":   {fetch("* 12 FETCH (ENVELOPE " + literal(mail) + ")"), ""},
		"login literal":   {told.Talk{{Dir: client, B: "a LOGIN " + literal(mail) + " " + literal("secret") + "\r\n"}}, ""},
		"behind STARTTLS": {told.Talk{{Dir: client, B: "a starttls\r\n"}, {Dir: server, B: "a OK go\r\n\x16\x03"}}, `become tls 1`},
		"STARTTLS refused": {told.Talk{{Dir: client, B: "a starttls\r\n"}, {Dir: server, B: "a NO\r\n"}, {Dir: client, B: "b APPEND x () " + literal(mail) + "\r\n"}},
			`"a.zip" "ABCDEF" cut=false`},
		"behind COMPRESS": {told.Talk{{Dir: client, B: "a COMPRESS DEFLATE\r\n"}, {Dir: server, B: "a OK go\r\n* 1 FETCH (BODY[] " + literal(mail) + ")\r\n"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{0, 1, 7} {
				all := strings.Join(tell(c.talk, n), "\n")
				if !strings.Contains(all, c.want) || c.want == "" && strings.Contains(all, "file") {
					t.Errorf("in pieces of %d: no %s in %.500s", n, c.want, all)
				}
			}
		})
	}
}

// Behind missing bytes reading goes on.
func TestGap(t *testing.T) {
	t.Parallel()
	answer := "* 12 FETCH (BODY[] " + literal(mail) + ")\r\n"
	at := strings.Index(answer, "REVG")
	log := &told.Log{}
	c := New(log)
	c.Push(server, []byte(answer[:at]))
	c.Gap(server, 4)
	c.Push(server, []byte(answer[at+4:]+"* 13 FETCH (BODY[] "+literal(mail)+")\r\n"))
	c.Gap(server, 1000)
	c.Push(server, []byte("rest of a line\r\n* 14 FETCH (BODY[] "+literal(mail)+")\r\n"))
	c.Close(client)
	c.Close(server)
	all := log.String()
	if !strings.Contains(all, "cut=true") || !strings.Contains(all, `tx1 1 "a.zip" "ABCDEF" cut=false`) || !strings.Contains(all, `tx2 1 "a.zip" "ABCDEF" cut=false`) {
		t.Error(all)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte("a APPEND x () {4}\r\nA: b\r\nb STARTTLS\r\n"), []byte("* 1 FETCH (BODY[2]<5> {3}\r\nabc BODY[1] \"x\\\"\")\r\na OK\r\n"), uint8(3))
	f.Add([]byte("a UID FETCH 1 BODY[]\r\n"), []byte("* 1 FETCH (BODY[] "+literal(mail)+")\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		c := told.Talk{{Dir: server, B: "* OK\r\n"}, {Dir: client, B: string(a)}, {Dir: server, B: string(b)}, {Dir: client, B: string(a)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}
