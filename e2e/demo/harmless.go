package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// harmless is step 5: ordinary work, byte for byte.
func (d *demo) harmless(ctx context.Context) {
	defer d.recording("5")()
	start := time.Now()
	before, mails, eve := d.alerts(ctx), len(d.sink.Mails()), d.eveAlerts()
	var wrong []string
	for _, t := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"large download", func(ctx context.Context) error { return d.same(ctx, "http://"+lab.Good+"/big", d.Big) }},
		{"large download over TLS", func(ctx context.Context) error { return d.same(ctx, "https://"+lab.GoodName+"/big", d.Big) }},
		{"web pages", d.pages}, {"names", d.lookups}, {"mail", d.mailing}, {"SSH", d.secureShell},
	} {
		if err := t.do(ctx); err != nil {
			wrong = append(wrong, t.name+": "+err.Error())
		}
	}
	s := Step{ID: "5", Expected: "byte-identical, nothing blocked, no alert", MS: time.Since(start).Milliseconds()}
	// What would be reported is on its way within a second.
	_ = eventually(ctx, 3*time.Second, func() bool { return d.eveAlerts() > eve })
	if n := d.eveAlerts() - eve; n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d alerts in the box", n))
	}
	if n := len(d.alerts(ctx)) - len(before); n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d alerts in the centre", n))
	}
	if n := len(d.sink.Mails()) - mails; n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d mails", n))
	}
	s.Seen, s.OK = s.Expected, len(wrong) == 0
	if !s.OK {
		s.Seen = strings.Join(wrong, "; ")
	}
	s.Note = fmt.Sprintf("2 × %d MB, %d pages, names, mail with attachment by SMTP and POP3, SSH", d.Big>>20, lab.Pages)
	d.say(s, "Ordinary work")
}

// same downloads and compares with what the server has.
func (d *demo) same(ctx context.Context, url string, size int64) error {
	cmd := exec.CommandContext(ctx, "curl", "-s", "-S", "-m", "120", "--cacert", d.path("lab-ca.pem"),
		"--resolve", lab.GoodName+":443:"+lab.Good, "--resolve", lab.GoodName+":80:"+lab.Good, url)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &said
	err = d.lab.PC1.Start(cmd)
	w.Close()
	if err != nil {
		return err
	}
	got, want := sha256.New(), sha256.New()
	n, _ := io.Copy(got, r)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w after %d bytes: %s", err, n, strings.TrimSpace(said.String()))
	}
	if _, err := io.Copy(want, lab.Bulk(size)); err != nil {
		return err
	}
	if !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		return fmt.Errorf("%d bytes came, and they differ", n)
	}
	return nil
}

// pages opens the pages of a site one after the other, half of them compressed,
// over a connection that stays open.
func (d *demo) pages(ctx context.Context) error {
	for _, scheme := range []string{"http", "https"} {
		args := []string{"--resolve", lab.GoodName + ":443:" + lab.Good, "--resolve", lab.GoodName + ":80:" + lab.Good}
		if scheme == "http" {
			args = append(args, "--compressed")
		}
		var want bytes.Buffer
		for i := range lab.Pages / 2 {
			args = append(args, fmt.Sprintf("%s://%s/page/%d", scheme, lab.GoodName, i))
			want.Write(lab.Page(i))
		}
		code, out := d.curl(ctx, d.lab.PC2, append([]string{"-m", "60"}, args...)...)
		if code != 0 || len(out) < 1000 {
			return fmt.Errorf("%s: curl ended with %d: %.200s", scheme, code, out)
		}
		if n := min(len(out), want.Len()); out[:n] != want.String()[:n] {
			return fmt.Errorf("%s: pages differ", scheme)
		}
	}
	return nil
}

func (d *demo) lookups(ctx context.Context) error {
	for _, args := range [][]string{{}, {"+tcp"}} {
		out, code, err := d.lab.PC3.Run(ctx, "dig", append([]string{"+short", "+time=2", "+tries=1", "@" + lab.DNSHost, lab.GoodName}, args...)...)
		if err != nil || code != 0 || strings.TrimSpace(string(out)) != lab.Good {
			return fmt.Errorf("dig %v: %d %s", args, code, out)
		}
	}
	return nil
}

// mailing sends a mail with an attachment and fetches it again.
func (d *demo) mailing(ctx context.Context) error {
	code, out := d.curl(ctx, d.lab.PC1, "--mail-from", "kato@kokyaku.example", "--mail-rcpt", ownerEmail, "-T", d.path("mail.eml"), "smtp://"+lab.MailHost)
	if code != 0 {
		return fmt.Errorf("SMTP: curl ended with %d: %s", code, out)
	}
	to := d.path("fetched.eml")
	if code, out = d.curl(ctx, d.lab.PC3, "-u", "sato:secret", "-o", to, "pop3://"+lab.MailHost+"/1"); code != 0 {
		return fmt.Errorf("POP3: curl ended with %d: %s", code, out)
	}
	got, err := os.ReadFile(to)
	if err != nil {
		return err
	}
	plain := func(b []byte) string { return strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n")) }
	if plain(got) != plain(mailWithAttachment()) {
		return fmt.Errorf("the mail that came back differs (%d bytes of %d)", len(got), len(mailWithAttachment()))
	}
	return nil
}

func (d *demo) secureShell(ctx context.Context) error {
	const text = "3.14159265358979323846"
	cmd := exec.CommandContext(ctx, "ssh", "-o", "UserKnownHostsFile="+d.path("known_hosts"), "-o", "PreferredAuthentications=none", "-o", "ConnectTimeout=5", "sato@"+lab.SSHHost, "cat")
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := d.lab.PC2.Start(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil || strings.TrimSpace(out.String()) != text {
		return fmt.Errorf("%v: %.200s", err, out.String())
	}
	return nil
}
