package engine

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

const fileRule = `smtp file.data; content:"` + bad + `";`

// mail sends a message; the server answers as it should.
func mail(message func(word string) string) func(string) []string {
	return func(w string) []string {
		return []string{"<220 mx ESMTP\r\n", ">EHLO a\r\n", "<250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n", ">MAIL FROM:<a@a.example>\r\n", "<250 ok\r\n",
			">RCPT TO:<b@b.example>\r\n", "<250 ok\r\n", ">DATA\r\n", "<354 go\r\n", ">" + message(w) + "\r\n.\r\n", "<250 ok\r\n"}
	}
}

// multipart is a message with an attachment, whose head and body a trick makes.
func multipart(head, boundary string, body func(word string) string) func(string) []string {
	return mail(func(w string) string {
		return "From: a\r\nMIME-Version: 1.0\r\n" + head + "\r\n\r\npreamble\r\n--" + boundary + "\r\nContent-Type: text/plain\r\n\r\nhello\r\n--" + boundary + "\r\n" + body(w) + "\r\n--" + boundary + "--\r\n"
	})
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

const attached = "Content-Type: application/octet-stream; name=\"a.bin\"\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\n"

func TestMailTricks(t *testing.T) {
	t.Parallel()
	mx := func() *ends { return between("198.51.100.7:40000", "192.168.1.25:25") }
	mixed := `Content-Type: multipart/mixed; boundary="b1"`
	coded := func(how string, code func(string) string) func(string) string {
		return func(w string) string {
			return attached + "Content-Transfer-Encoding: " + how + "\r\n\r\n" + code("text "+w+" text")
		}
	}
	all := []speech{
		{name: "attachment", rule: fileRule, say: multipart(mixed, "b1", coded("7bit", strings.Clone))},
		{name: "base64", rule: fileRule, say: multipart(mixed, "b1", coded("base64", b64))},
		{name: "base64 in capital letters", rule: fileRule, say: multipart(mixed, "b1", coded("BASE64", b64))},
		{name: "base64 with junk", rule: fileRule, say: multipart(mixed, "b1", coded("base64", func(s string) string {
			return strings.ReplaceAll(b64(s), "Y", "Y!*")
		}))},
		{name: "base64 with spaces and short lines", rule: fileRule, say: multipart(mixed, "b1", coded("base64", func(s string) string {
			var b strings.Builder
			for i, c := range b64(s) {
				b.WriteRune(c)
				if i%3 == 2 {
					b.WriteString(" \r\n")
				}
			}
			return b.String()
		}))},
		{name: "base64 padded in the middle", rule: fileRule, say: multipart(mixed, "b1", coded("base64", func(s string) string {
			return b64(s[:7]) + "\r\n" + b64(s[7:])
		}))},
		{name: "quoted-printable soft breaks", rule: fileRule, say: multipart(mixed, "b1", coded("quoted-printable", func(s string) string {
			return s[:8] + "=\r\n" + s[8:10] + "=  \r\n" + s[10:]
		}))},
		{name: "quoted-printable letters", rule: fileRule, say: multipart(mixed, "b1", coded("quoted-printable", func(s string) string {
			return strings.NewReplacer("/", "=2F", "s", "=73").Replace(s)
		}))},
		{name: "dot-stuffing", rule: fileRule, say: multipart(mixed, "b1", coded("7bit", func(s string) string {
			return "\r\n..\r\n..a\r\n" + s
		}))},
		{name: "words behind a dot that is stuffed", rule: `smtp file.data; content:"|0d 0a|./"; content:"bin/sh"; distance:0;`, say: multipart(mixed, "b1", coded("7bit", func(s string) string {
			return "x\r\n.." + strings.Fields(s)[1]
		}))},
		{name: "boundary without quotes", rule: fileRule, say: multipart("Content-Type: multipart/mixed; boundary=b1", "b1", coded("base64", b64))},
		{name: "boundary in a folded line", rule: fileRule, say: multipart("Content-Type: multipart/mixed;\r\n\tboundary=\"b1\"", "b1", coded("base64", b64))},
		{name: "boundary in pieces (RFC 2231)", rule: fileRule, say: multipart("Content-Type: multipart/mixed; boundary*0=\"b\"; boundary*1=\"1\"", "b1", coded("base64", b64))},
		{name: "boundary that begins with another one", rule: fileRule, say: multipart(`Content-Type: multipart/mixed; boundary="b1"`, "b1", func(w string) string {
			return "Content-Type: multipart/mixed; boundary=\"b11\"\r\n\r\n--b11\r\n" + coded("base64", b64)(w) + "\r\n--b11--\r\n"
		})},
		{name: "MIME nesting", rule: fileRule, say: multipart(mixed, "b1", func(w string) string {
			body := coded("base64", b64)(w)
			for i := range 4 {
				body = fmt.Sprintf("Content-Type: multipart/mixed; boundary=\"n%d\"\r\n\r\n--n%d\r\n%s\r\n--n%d--\r\n", i, i, body, i)
			}
			return body
		})},
		{name: "a mail within a mail", rule: fileRule, say: multipart(mixed, "b1", func(w string) string {
			return "Content-Type: message/rfc822\r\n\r\nFrom: c\r\nContent-Type: multipart/mixed; boundary=\"c1\"\r\n\r\n--c1\r\n" + coded("base64", b64)(w) + "\r\n--c1--\r\n"
		})},
		{name: "no last boundary", rule: fileRule, say: mail(func(w string) string {
			return "From: a\r\n" + mixed + "\r\n\r\n--b1\r\n" + coded("base64", b64)(w)
		})},
		{name: "lines that end with LF alone", rule: fileRule, say: mail(func(w string) string {
			return "From: a\n" + mixed + "\n\n--b1\n" + strings.ReplaceAll(coded("base64", b64)(w), "\r\n", "\n") + "\n--b1--\n"
		})},
		{name: "header splitting", rule: fileRule, say: mail(func(w string) string {
			return "From: a\r\nSubject: x\r\n  y\r\nContent-Type\r\n : x\r\n" + mixed + "\r\n\r\n--b1\r\n" + coded("base64", b64)(w) + "\r\n--b1--\r\n"
		})},
		{name: "pipelining", rule: fileRule, say: func(w string) []string {
			return []string{"<220 mx ESMTP\r\n", ">EHLO a\r\n", "<250-mx\r\n250 PIPELINING\r\n", ">MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n", "<250 ok\r\n250 ok\r\n354 go\r\n",
				">From: a\r\n" + mixed + "\r\n\r\n--b1\r\n" + coded("base64", b64)(w) + "\r\n--b1--\r\n.\r\nQUIT\r\n", "<250 ok\r\n221 bye\r\n"}
		}},
		{name: "BDAT", rule: fileRule, say: func(w string) []string {
			body := "From: a\r\n" + mixed + "\r\n\r\n--b1\r\n" + coded("base64", b64)(w) + "\r\n--b1--\r\n"
			at := len(body) - 24
			return []string{"<220 mx ESMTP\r\n", ">EHLO a\r\n", "<250-mx\r\n250 CHUNKING\r\n", ">MAIL FROM:<a@a.example>\r\n", "<250 ok\r\n", ">RCPT TO:<b@b.example>\r\n", "<250 ok\r\n",
				fmt.Sprintf(">BDAT %d\r\n%s", at, body[:at]), "<250 ok\r\n", fmt.Sprintf(">BDAT %d LAST\r\n%s", len(body)-at, body[at:]), "<250 ok\r\n"}
		}},
	}
	for i := range all {
		all[i].between = mx
	}
	playSpeeches(t, all)
}
