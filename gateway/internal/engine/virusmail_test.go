package engine

import (
	"encoding/base64"
	"fmt"
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

func imapAppend(mail string) []message {
	talk := imap("A: b\r\n\r\nhello")
	return append(talk, message{dir: 0, data: fmt.Sprintf("5 APPEND Sent (\\Seen) {%d}\r\n", len(mail))}, message{dir: 1, data: "+ go on\r\n"},
		message{dir: 0, data: mail + "\r\n"}, message{dir: 1, data: "5 OK done\r\n"})
}

// Mail with a virus is told of, with a word that it went through, and arrives as it was
// sent, without waiting.
func TestVirusMail(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	filler := strings.Repeat("harmless words of a letter. ", 1000)
	for _, c := range []struct {
		proto, port string
		talk        func(mail string) []message
	}{{"smtp", "25", smtp}, {"pop3", "110", pop}, {"imap", "143", imap}, {"imap", "143", imapAppend}} {
		for _, coding := range []string{"base64", "quoted-printable", "8bit"} {
			for _, content := range []string{filler, filler + virus + filler, virus} {
				infected := strings.Contains(content, virus)
				name := fmt.Sprintf("%s, %s, %d bytes, infected %v", c.proto, coding, len(content), infected)
				b := newBox(t, Config{Scanner: s, LogApps: true})
				talk := c.talk(mailWith(content, coding))
				p := b.play(between("192.168.1.12:50000", "198.51.100.25:"+c.port), talk)
				for dir := range 2 {
					if p.got[dir] != all(talk, dir) {
						t.Errorf("%s: %d of %d bytes arrive", name, len(p.got[dir]), len(all(talk, dir)))
					}
				}
				for end := time.Now().Add(10 * time.Second); b.word() == "" && time.Now().Before(end); runtime.Gosched() {
					b.w.Tick(b.now)
				}
				rec, want := b.found(), "clean"
				if infected {
					want = "infected"
				}
				switch {
				case p.held > 0 || p.reset || b.word() != want || (rec != nil) != infected:
					t.Errorf("%s: %d packets held, reset %v, the record says %q, alert %v", name, p.held, p.reset, b.word(), rec)
				case infected && (rec.Fileinfo.Filename != "invoice.doc" || rec.AppProto != c.proto || rec.Otasuke.Device != "192.168.1.12" ||
					rec.Alert.Action != "allowed" || rec.Otasuke.Kind != "virus" || len(rec.Fileinfo.SHA256) != 64):
					t.Errorf("%s: %+v %+v %+v", name, rec.Fileinfo, rec.Otasuke, rec.Alert)
				}
			}
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
