package engine

import (
	"encoding/base64"
	"fmt"
	"io"
	mimeparts "mime/multipart"
	netmail "net/mail"
	"runtime"
	"strings"
	"testing"
	"time"

	"otasuke/gateway/internal/eve"
)

// mailWith is a mail with an attachment.
func mailWith(content, coding string) string {
	body := content
	switch coding {
	case "base64":
		body = base64.StdEncoding.EncodeToString([]byte(content))
		var lines []string
		for len(body) > 76 {
			lines, body = append(lines, body[:76]), body[76:]
		}
		body = strings.Join(append(lines, body), "\r\n")
	case "quoted-printable":
		body = strings.ReplaceAll(content, "a", "=\r\n=61")
	}
	return "From: a@b.example\r\nTo: c@d.example\r\nSubject: invoice\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"--=x\"\r\n\r\n" +
		"----=x\r\nContent-Type: text/plain\r\n\r\nPlease see below.\r\n" +
		"----=x\r\nContent-Type: application/octet-stream; name=\"invoice.doc\"\r\nContent-Transfer-Encoding: " + coding + "\r\n\r\n" + body + "\r\n----=x--\r\n"
}

func smtp(mail string) []message {
	return []message{{dir: 1, data: "220 mx ESMTP\r\n"}, {dir: 0, data: "EHLO pc\r\n"}, {dir: 1, data: "250 mx\r\n"}, {dir: 0, data: "MAIL FROM:<a@b.example>\r\n"},
		{dir: 1, data: "250 ok\r\n"}, {dir: 0, data: "RCPT TO:<c@d.example>\r\n"}, {dir: 1, data: "250 ok\r\n"}, {dir: 0, data: "DATA\r\n"}, {dir: 1, data: "354 go\r\n"},
		{dir: 0, data: mail + ".\r\n"}, {dir: 1, data: "250 taken\r\n"}, {dir: 0, data: "QUIT\r\n"}, {dir: 1, data: "221 bye\r\n"}}
}

func pop(mail string) []message {
	return []message{{dir: 1, data: "+OK ready\r\n"}, {dir: 0, data: "USER a\r\n"}, {dir: 1, data: "+OK\r\n"}, {dir: 0, data: "PASS b\r\n"}, {dir: 1, data: "+OK\r\n"},
		{dir: 0, data: "RETR 1\r\n"}, {dir: 1, data: "+OK it comes\r\n" + mail + ".\r\n"}, {dir: 0, data: "QUIT\r\n"}, {dir: 1, data: "+OK bye\r\n"}}
}

func imap(mail string) []message {
	return []message{{dir: 1, data: "* OK [CAPABILITY IMAP4rev1] ready\r\n"}, {dir: 0, data: "1 capability\r\n"}, {dir: 1, data: "* CAPABILITY IMAP4rev1\r\n1 OK done\r\n"},
		{dir: 0, data: "2 LOGIN a b\r\n"}, {dir: 1, data: "2 OK welcome\r\n"}, {dir: 0, data: "3 SELECT INBOX\r\n"}, {dir: 1, data: "* 1 EXISTS\r\n3 OK done\r\n"},
		{dir: 0, data: "4 UID FETCH 1 (UID BODY.PEEK[])\r\n"}, {dir: 1, data: fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n4 OK done\r\n", len(mail), mail)}}
}

// pieceSize of mail that is fetched in pieces.
const pieceSize = 3001

// imapPieces fetches it as programs do that show how far they are.
func imapPieces(mail string) []message {
	talk := imap("A: b\r\n\r\nhello")
	for at := 0; at < len(mail); at += pieceSize {
		piece := mail[at:min(at+pieceSize, len(mail))]
		talk = append(talk, message{dir: 0, data: fmt.Sprintf("6 UID FETCH 2 (UID BODY.PEEK[]<%d.%d>)\r\n", at, pieceSize)},
			message{dir: 1, data: fmt.Sprintf("* 2 FETCH (UID 2 BODY[]<%d> {%d}\r\n%s)\r\n6 OK done\r\n", at, len(piece), piece)})
	}
	return append(talk, message{dir: 0, data: "7 LOGOUT\r\n"}, message{dir: 1, data: "* BYE\r\n7 OK done\r\n"})
}

func imapAppend(mail string) []message {
	talk := imap("A: b\r\n\r\nhello")
	return append(talk, message{dir: 0, data: fmt.Sprintf("5 APPEND Sent (\\Seen) {%d}\r\n", len(mail))}, message{dir: 1, data: "+ go on\r\n"},
		message{dir: 0, data: mail + "\r\n"}, message{dir: 1, data: "5 OK done\r\n"})
}

// A mail with a virus is broken off once, and asked for again; then it arrives with a text in
// the place of the infected part and all the rest as it was sent. Harmless mail arrives as it
// was sent.
func TestVirusMail(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	filler := strings.Repeat("harmless words of a letter. ", 1000)
	for _, c := range []struct {
		proto, port string
		dir         int
		talk        func(mail string) []message
	}{{"smtp", "25", 0, smtp}, {"pop3", "110", 1, pop}, {"imap", "143", 1, imap}, {"imap", "143", 1, imapPieces}, {"imap", "143", 0, imapAppend}} {
		for _, coding := range []string{"base64", "quoted-printable", "8bit"} {
			for _, content := range []string{filler, filler + virus + filler, virus, virus + filler} {
				infected := strings.Contains(content, virus)
				name := fmt.Sprintf("%s, %s, %d bytes, infected %v", c.proto, coding, len(content), infected)
				b := newBox(t, Config{Scanner: s, LogApps: true})
				sent := mailWith(content, coding)
				talk := c.talk(sent)
				p := b.play(between("192.168.1.12:50000", "198.51.100.25:"+c.port), talk)
				if !infected {
					for dir := range 2 {
						if p.got[dir] != all(talk, dir) || p.reset || b.word() != "clean" || b.found() != nil {
							t.Errorf("%s: %d of %d bytes arrive", name, len(p.got[dir]), len(all(talk, dir)))
						}
					}
					continue
				}
				broken := p.reset && p.ours == ""
				if c.proto == "smtp" {
					broken = strings.HasPrefix(p.ours, "451 4.7.1 ") && strings.HasSuffix(p.ours, "\r\n")
				}
				if !broken || strings.Contains(p.got[c.dir], "--=x--") {
					t.Errorf("%s: the first time %d of %d bytes arrive, reset %v, %q", name, len(p.got[c.dir]), len(all(talk, c.dir)), p.reset, p.ours)
				}
				rec := b.found()
				if rec == nil || rec.Fileinfo.Filename != "invoice.doc" || rec.AppProto != c.proto || rec.Otasuke.Device != "192.168.1.12" ||
					rec.Alert.Action != "blocked" || rec.Otasuke.Kind != "virus" || len(rec.Fileinfo.SHA256) != 64 || b.word() != "infected" {
					t.Errorf("%s: %+v, the record says %q", name, rec, b.word())
				}
				p = b.play(between("192.168.1.12:50001", "198.51.100.25:"+c.port), talk)
				if p.reset || p.ours != "" || p.got[1-c.dir] != all(talk, 1-c.dir) || len(p.got[c.dir]) != len(all(talk, c.dir)) {
					t.Errorf("%s: the second time %d of %d bytes arrive, reset %v, %q", name, len(p.got[c.dir]), len(all(talk, c.dir)), p.reset, p.ours)
					continue
				}
				replaced(t, name, sent, whole(p.got[c.dir], talk, c.dir, sent))
			}
		}
	}
}

// whole takes the mail out of what has arrived: from where it stood in what was sent.
func whole(got string, talk []message, dir int, mail string) (out string) {
	sent, at := all(talk, dir), 0
	for mail != "" {
		n := len(mail)
		for !strings.Contains(sent[at:], mail[:n]) { // it came in pieces
			n = min(n-1, pieceSize)
		}
		at += strings.Index(sent[at:], mail[:n])
		out, mail, at = out+got[at:at+n], mail[n:], at+n
	}
	return out
}

// replaced checks that a mail has a text for people in the place of its attachment, and nothing
// else has changed.
func replaced(t *testing.T, name, sent, got string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(got))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	r := mimeparts.NewReader(m.Body, "--=x")
	first, err := r.NextPart()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if text, _ := io.ReadAll(first); string(text) != "Please see below." || m.Header.Get("Subject") != "invoice" {
		t.Errorf("%s: the letter says %q", name, text)
	}
	second, err := r.NextPart()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	raw, err := io.ReadAll(second)
	text, err2 := raw, error(nil)
	if second.Header.Get("Content-Transfer-Encoding") == "base64" {
		text, err2 = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(raw)), ""))
	}
	if japanese := len(sent) > 500; err != nil || err2 != nil || japanese && !strings.Contains(string(text), "ウイルス") || !strings.Contains(string(text), "virus") || second.FileName() != "" {
		t.Errorf("%s: %v %v, in the place of the file %q", name, err, err2, text)
	}
	if _, err := r.NextPart(); err != io.EOF {
		t.Errorf("%s: behind it %v", name, err)
	}
	from := strings.Index(sent, "Content-Type: application")
	to := strings.LastIndex(sent, "\r\n----=x--")
	if got[:from] != sent[:from] || got[to:] != sent[to:] {
		t.Errorf("%s: more than the part has changed", name)
	}
}

// A mail that only has the name of an infected one is broken off once more, and then arrives as
// it was sent.
func TestVirusMailDeceives(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Scanner: realScanner(t)})
	filler := strings.Repeat("harmless words of a letter. ", 200)
	for i, c := range []struct {
		content string
		broken  bool
	}{{filler + virus, true}, {filler, true}, {filler, false}, {filler + virus, true}, {filler + virus, false}} {
		talk := pop(mailWith(c.content, "base64"))
		p := b.play(between(fmt.Sprintf("192.168.1.12:%d", 50000+i), "198.51.100.25:110"), talk)
		if whole := len(p.got[1]) == len(all(talk, 1)); p.reset != c.broken || whole == c.broken {
			t.Errorf("%d: broken off %v, all of it arrives %v", i, p.reset, whole)
		}
		if i == 2 && p.got[1] != all(talk, 1) {
			t.Error("a harmless mail is changed")
		}
	}
}

// What cannot be replaced, or shall not be, arrives as it was sent and is told of.
func TestVirusMailStays(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("harmless words of a letter. ", 200)
	alone := "Subject: a\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(virus)) + "\r\n"
	part := mailWith(filler+virus, "base64")
	_, part, _ = strings.Cut(part, "base64\r\n\r\n")
	part, _, _ = strings.Cut(part, "\r\n----=x--")
	single := imap("A: b\r\n\r\nhello")
	single = append(single, message{dir: 0, data: "5 FETCH 1 BODY[2]\r\n"}, message{dir: 1, data: fmt.Sprintf("* 1 FETCH (BODY[2] {%d}\r\n%s)\r\n5 OK done\r\n", len(part), part)})
	for name, c := range map[string]struct {
		port string
		cfg  Config
		talk []message
	}{
		"nothing but a file": {"110", Config{}, pop(alone)},
		"a part alone":       {"143", Config{}, single},
		"switched off":       {"25", Config{KeepMail: true}, smtp(mailWith(filler+virus, "base64"))},
	} {
		c.cfg.Scanner = realScanner(t) // of its own: one box's scans may go on while the next is made
		b := newBox(t, c.cfg)
		for i := range 2 {
			p := b.play(between(fmt.Sprintf("192.168.1.12:%d", 50000+i), "198.51.100.25:"+c.port), c.talk)
			if p.reset || p.got[0] != all(c.talk, 0) || p.got[1] != all(c.talk, 1) {
				t.Errorf("%s: it does not arrive as it was sent", name)
			}
		}
		for end := time.Now().Add(10 * time.Second); b.found() == nil && time.Now().Before(end); runtime.Gosched() {
			b.w.Tick(b.now)
		}
		if rec := b.found(); rec == nil || rec.Alert.Action != "allowed" {
			t.Errorf("%s: %+v", name, rec)
		}
	}
}

// A mail whose conversation has ended before the scanner's answer is told of all the same,
// and one without an answer is told to be not scanned.
func TestVirusMailEnds(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	b := newBox(t, Config{Scanner: s, LogApps: true})
	b.play(between("192.168.1.12:50000", "198.51.100.25:25"), smtp(mailWith(virus, "base64")))
	b.w.flows.EndAll()
	for end := time.Now().Add(10 * time.Second); b.found() == nil && time.Now().Before(end); runtime.Gosched() {
		b.w.Tick(b.now)
	}
	if b.found() == nil {
		t.Error("no alert after the end of the conversation")
	}
	gate := make(chan bool)
	defer close(gate)
	b = newBox(t, Config{Scanner: scanner(t, gate), LogApps: true})
	b.play(between("192.168.1.12:50000", "198.51.100.25:25"), smtp(mailWith("EVIL", "base64")))
	b.w.Close()
	told := ""
	for _, r := range b.records {
		if r.EventType == eve.TypeFileinfo {
			told += r.Otasuke.Scan
		}
	}
	if !strings.HasPrefix(told, "not scanned: ") || b.e.Stats.Uninspected.Load() != 1 {
		t.Errorf("%q, %d not inspected", told, b.e.Stats.Uninspected.Load())
	}
}
