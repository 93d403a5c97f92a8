package letter

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestRead(t *testing.T) {
	t.Parallel()
	jis, err := japanese.ISO2022JP.NewEncoder().String("お世話になります。画面が固まりました。")
	if err != nil {
		t.Fatal(err)
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().String("請求書")
	if err != nil {
		t.Fatal(err)
	}
	raw := crlf("Return-Path: <hanako@sato.example>\nFrom: =?ISO-2022-JP?B?" + base64.StdEncoding.EncodeToString([]byte(jis[:0]+mustJIS(t, "佐藤 花子"))) + "?= <hanako@sato.example>\nTo: desk@centre.example\n" +
		"Subject: =?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte("Re: [相談 1234567] 画面について")) + "?=\nMessage-ID: <a.1@sato.example>\nIn-Reply-To: <b@centre.example>\nReferences: <first@sato.example>\n <b@centre.example>\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n\n" + jis + "\n" +
		"--x\nContent-Type: application/pdf; name=\"=?Shift_JIS?B?" + base64.StdEncoding.EncodeToString([]byte(sjis)) + "?=\"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 x")) + "\n" +
		"--x\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg\nContent-Transfer-Encoding: base64\n\n/9j/\n--x--\n")
	l := Read(raw)
	if l.Name != "佐藤 花子" || l.Address != "hanako@sato.example" || l.Subject != "Re: [相談 1234567] 画面について" || !slices.Equal(l.Numbers, []string{"1234567"}) || l.ID != "a.1@sato.example" || !slices.Equal(l.Refs, []string{"first@sato.example", "b@centre.example"}) {
		t.Errorf("%+v", l)
	}
	if l.Text != "お世話になります。画面が固まりました。" || l.Auto || l.Bounce || l.Cut || len(l.Files) != 2 {
		t.Fatalf("%+v", l)
	}
	if l.Files[0].Name != "請求書" || string(l.Files[0].Data) != "%PDF-1.7 x" || l.Files[1].Name != "写真.jpg" || string(l.Files[1].Data) != "\xff\xd8\xff" {
		t.Errorf("%+v", l.Files)
	}
}

func mustJIS(t *testing.T, s string) string {
	t.Helper()
	out, err := japanese.ISO2022JP.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHTMLIsOnlyText(t *testing.T) {
	t.Parallel()
	l := Read(crlf("From: a@a.example\nContent-Type: text/html; charset=utf-8\n\n<html><head><title>t</title><style>p{}</style><body onload=x()><p>一行目<br>二行目</p><script>alert(1)</script><img src=http://spy.example/x.png><p>&lt;b&gt; <a href=\"https://evil.example/login\">https://bank.example/</a> <a href='https://same.example'>https://same.example</a></p>"))
	if want := "一行目\n二行目\n\n<b> https://bank.example/ <https://evil.example/login> https://same.example"; l.Text != want {
		t.Errorf("%q, want %q", l.Text, want)
	}
	l = Read(crlf("From: a@a.example\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\nplain\n--x\nContent-Type: text/html\n\n<p>html\n--x--\n"))
	if l.Text != "plain" {
		t.Errorf("%q", l.Text)
	}
}

// Nobody answers what no person wrote.
func TestAutomaticMails(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"absence (RFC 3834)": "From: a@a.example\nAuto-Submitted: auto-replied", "generated": "From: a@a.example\nAuto-Submitted: auto-generated (daily)", "list": "From: a@a.example\nList-Id: <l.example>", "bulk": "From: a@a.example\nPrecedence: Bulk",
		"Outlook": "From: a@a.example\nX-Auto-Response-Suppress: All", "empty envelope": "From: a@a.example\nReturn-Path: <>", "daemon": "From: MAILER-DAEMON@a.example", "no sender": "Subject: x", "no reply": "From: no-reply@a.example",
		"report": "From: x@a.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x",
	} {
		if l := Read(crlf(head + "\n\n\n")); !l.Auto {
			t.Errorf("%s would be answered", name)
		}
	}
	if l := Read(crlf("From: a@a.example\nAuto-Submitted: no\nReturn-Path: <a@a.example>\n\nhi")); l.Auto {
		t.Error("a person's mail would not be answered")
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	nested := "From: a@a.example\nContent-Type: multipart/mixed; boundary=b0\n\n"
	for i := range 30 {
		nested += fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	many := "From: a@a.example\nContent-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\nContent-Disposition: attachment; filename=a\n\nx\n", 300) + "--x--\n"
	for _, c := range []struct {
		name, raw       string
		text            string
		from            string
		files           int
		cut, unanswered bool
	}{
		{"nothing", "", "", "", 0, false, true},
		{"no header", "\n\nhello", "hello", "", 0, false, true},
		{"no header at all", "hello there", "hello there", "", 0, false, true},
		{"header without an end", "From: a@a.example", "", "a@a.example", 0, false, false},
		{"a header of a megabyte", "From: a@a.example\nX: " + strings.Repeat("x", 1<<20) + "\n\nhello", "", "", 0, true, true},
		{"boundary that never comes", "From: a@a.example\nContent-Type: multipart/mixed; boundary=x\n\nhello", "", "a@a.example", 0, true, false},
		{"no boundary", "From: a@a.example\nContent-Type: multipart/mixed\n\nhello", "", "a@a.example", 0, true, false},
		{"thirty levels", nested, "", "a@a.example", 0, true, false},
		{"three hundred parts", many, "", "a@a.example", MaxFiles, true, false},
		{"unknown character set", "From: a@a.example\nContent-Type: text/plain; charset=klingon\n\nhello", "hello", "a@a.example", 0, false, false},
		{"unknown encoding", "From: a@a.example\nContent-Transfer-Encoding: rot13\n\nhello", "hello", "a@a.example", 0, false, false},
		{"broken base64", "From: a@a.example\nContent-Transfer-Encoding: base64\n\naGVsbG8=%%%", "hello", "a@a.example", 0, true, false},
		{"no UTF-8", "From: a@a.example\n\nhe\xffllo\x00", "he\uFFFDllo", "a@a.example", 0, false, false},
		{"two senders", "From: a@a.example, b@b.example\n\nx", "x", "a@a.example", 0, false, false},
		{"sender that is no address", "From: the boss\n\nx", "x", "", 0, false, true},
		{"quoted sender", "From: \"a b\"@a.example\n\nx", "x", "", 0, false, true},
		{"sender of other letters", "From: あ@a.example\n\nx", "x", "", 0, false, true},
		{"line of a mailbox", "From a@a.example Sat Nov 21\nFrom: a@a.example\n\nx", "x", "a@a.example", 0, false, false},
		{"empty file", "From: a@a.example\nContent-Type: application/pdf\n\n", "", "a@a.example", 0, true, false},
	} {
		l := Read(crlf(c.raw))
		if c.name == "a header of a megabyte" {
			if l.Text = ""; !l.Auto {
				t.Errorf("%s: answered", c.name)
			}
			continue
		}
		if c.name == "no boundary" || c.name == "boundary that never comes" || c.name == "thirty levels" {
			l.Text = ""
		}
		if l.Text != c.text || l.Address != c.from || len(l.Files) != c.files || l.Cut != c.cut || l.Auto != c.unanswered {
			t.Errorf("%s: %q from %q, %d files, cut %v, auto %v", c.name, l.Text, l.Address, len(l.Files), l.Cut, l.Auto)
		}
	}
}

// Nothing of a mail can become a header of ours.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	evil := base64.StdEncoding.EncodeToString([]byte("hi\r\nBcc: all@a.example\r\n\u202e\x00[相談 7654321]"))
	l := Read(crlf("From: =?UTF-8?B?" + evil + "?= <a@a.example>\nSubject: =?UTF-8?B?" + evil + "?=\nMessage-ID: <a\rb@c.example>\nReferences: <x@y.example>\n <bad id@y.example> <\u00e9@y.example>\n\nx"))
	if strings.ContainsFunc(l.Subject+l.Name, unicode.IsControl) || strings.ContainsRune(l.Subject, '\u202e') || l.ID != "" || !slices.Equal(l.Refs, []string{"x@y.example"}) || !slices.Equal(l.Numbers, []string{"7654321"}) {
		t.Errorf("%+v", l)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"From: a@a.example\nSubject: =?ISO-2022-JP?B?GyRC?=\n\nx", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n<a href=http://x>y</a>\n--x--", "From: a\nContent-Type: message/rfc822\n\nFrom: b\n\nx",
		"Content-Type: multipart/mixed; boundary=\"a\"\n\n--a\nContent-Disposition: attachment; filename*0=a; filename*1=b\nContent-Transfer-Encoding: quoted-printable\n\n=41=\n--a--", "From x\n\n"} {
		f.Add(crlf(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := Read(raw)
		if strings.ContainsFunc(l.Subject+l.Name+l.Address+strings.Join(l.Refs, "")+l.ID, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("headers: %+v", l)
		}
		if !utf8.ValidString(l.Text) || utf8.RuneCountInString(l.Text) > MaxText || strings.ContainsAny(l.Text, "\r\x00\x1b\u202e") || len(l.Files) > MaxFiles || len(l.Refs) > maxRefs {
			t.Errorf("%+v", l)
		}
	})
}
