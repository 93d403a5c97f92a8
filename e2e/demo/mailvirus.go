package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

const (
	infectedName = "seikyusho.com"
	letterText   = "請求書をお送りします。ご確認ください。"
)

// infectedMail is a letter in Japanese with a file in which clamd finds the test virus.
func infectedMail() []byte {
	cut := "=_infected"
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: kato@kokyaku.example\r\nTo: %s\r\nSubject: =?UTF-8?B?%s?=\r\nMessage-ID: <infected@kokyaku.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=%q\r\n\r\n", ownerEmail, base64.StdEncoding.EncodeToString([]byte("請求書")), cut)
	part := func(kind string, content []byte) {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n", cut, kind)
		for text := base64.StdEncoding.EncodeToString(content); text != ""; {
			n := min(76, len(text))
			b.WriteString(text[:n] + "\r\n")
			text = text[n:]
		}
	}
	part("text/plain; charset=UTF-8", []byte(letterText))
	// As long as a real file: a part of a few bytes has no room for the text that takes its place.
	part(fmt.Sprintf("application/octet-stream; name=%q", infectedName), append(lab.EICAR(), bytes.Repeat([]byte("\r\n"), 4<<10)...))
	b.WriteString("--" + cut + "--\r\n")
	return b.Bytes()
}

// mailVirus is step 18: a mail with a virus lies in the mailbox already. It is not stopped: only the infected file is
// taken out of it. What the mail program has half of cannot be taken back, so it gets nothing the first time and asks again.
func (d *demo) mailVirus(ctx context.Context) {
	defer d.recording("18")()
	start, before := time.Now(), len(d.sink.Mails())
	s := Step{ID: "18", Expected: "the letter arrives, in the place of the infected file a text that says why"}
	if err := os.WriteFile(d.path("infected.eml"), infectedMail(), 0o600); err != nil {
		s.Seen = err.Error()
		d.say(s, "A mail with a virus is fetched")
		return
	}
	// From outside to the mail server: this does not pass the box.
	d.curl(ctx, d.lab.Internet, "--mail-from", "kato@kokyaku.example", "--mail-rcpt", ownerEmail, "-T", d.path("infected.eml"), "smtp://"+lab.MailHost)
	at, to := fmt.Sprintf("pop3://%s/%d", lab.MailHost, d.internet.Mail.Count()), d.path("infected-fetched.eml")
	fetch := func() (int, []byte) {
		_ = os.Remove(to)
		code, _ := d.curl(ctx, d.lab.PC2, "-u", "sato:secret", "-o", to, at)
		got, _ := os.ReadFile(to)
		return code, got
	}
	first, half := fetch()
	again, got := fetch()
	text, why, err := letter(got)
	switch {
	case bytes.Contains(half, []byte(base64.StdEncoding.EncodeToString(lab.EICAR()[:60]))) && first == 0:
		s.Seen = "the virus arrived"
	case again != 0 || err != nil:
		s.Seen = fmt.Sprintf("the mail does not arrive: curl ended with %d, then %d; %v", first, again, err)
	case text != letterText:
		s.Seen = "the letter itself is another one: " + text
	case strings.Contains(why, "STANDARD-ANTIVIRUS") || !strings.Contains(why, infectedName):
		s.Seen = "in the place of the file: " + why
	default:
		s.Seen = s.Expected
	}
	s.MS = time.Since(start).Milliseconds()
	d.report(ctx, &s, start, before, 2, func(a Alert) bool { return a.Stars == 2 && a.Device == lab.PC2 && a.Family == "virus-mail" }, 1)
	d.say(s, "A mail with a virus is fetched")
}

// letter returns the two parts of a mail as a mail program shows them.
func letter(raw []byte) (text, file string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", "", err
	}
	r := multipart.NewReader(m.Body, "=_infected")
	var parts [2]string
	for i := range parts {
		p, err := r.NextPart()
		if err != nil {
			return "", "", err
		}
		raw, err := io.ReadAll(p)
		if err != nil {
			return "", "", err
		}
		// The text is shorter than the file was; blanks fill the rest, which RFC 2045 6.8 has programs overlook.
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(raw)), ""))
		if err != nil {
			return "", "", err
		}
		parts[i] = string(b)
	}
	return parts[0], parts[1], nil
}
