package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"otasuke/e2e/lab"
)

// clamVirus is what the clamd of these tests calls a virus.
const clamVirus = "a pattern that only these tests call a virus"

// startClamd starts a real clamd with one signature and returns its socket.
func startClamd(t *testing.T) string {
	t.Helper()
	const exe = "/usr/sbin/clamd"
	if _, err := os.Stat(exe); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	dir := t.TempDir()
	db, conf, socket := filepath.Join(dir, "db"), filepath.Join(dir, "conf"), filepath.Join(dir, "s")
	text := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 32M\n", socket, db, dir)
	if err := errors.Join(os.Mkdir(db, 0o755), os.WriteFile(filepath.Join(db, "t.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(clamVirus))+"\n"), 0o644),
		os.WriteFile(conf, []byte(text), 0o644), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--config-file="+conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := net.Dial("unix", socket)
		if err == nil {
			c.Close()
			return socket
		}
		if time.Now().After(end) {
			t.Fatal("clamd does not answer")
		}
		runtime.Gosched()
	}
}

// mailbox is a mail server: SMTP puts mails in, POP3 gives them out.
type mailbox struct {
	mu    sync.Mutex
	mails [][]byte
}

func (m *mailbox) all() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mails
}

type mailSession struct{ m *mailbox }

func (mailSession) Reset()                                 {}
func (mailSession) Logout() error                          { return nil }
func (mailSession) Mail(string, *gosmtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (s mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err == nil {
		s.m.mu.Lock()
		s.m.mails = append(s.m.mails, b)
		s.m.mu.Unlock()
	}
	return err
}

// serve takes mails at port 25 and gives the first of them out at 110, in the namespace.
func (m *mailbox) serve(t *testing.T, ns *lab.Namespace) {
	t.Helper()
	in, err := ns.Listen(net.JoinHostPort(lab.Good, "25"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := ns.Listen(net.JoinHostPort(lab.Good, "110"))
	if err != nil {
		t.Fatal(err)
	}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return mailSession{m}, nil }))
	s.ErrorLog = quietLog{}
	go func() { _ = s.Serve(in) }()
	t.Cleanup(func() { s.Close(); out.Close() })
	go func() {
		for {
			c, err := out.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				p := textproto.NewConn(c)
				_ = p.PrintfLine("+OK ready")
				for {
					line, err := p.ReadLine()
					if err != nil {
						return
					}
					_ = p.PrintfLine("+OK ready")
					if strings.HasPrefix(line, "RETR") {
						w := p.DotWriter()
						_, _ = w.Write(m.all()[0])
						_ = w.Close()
					}
				}
			}()
		}
	}()
}

type quietLog struct{}

func (quietLog) Printf(string, ...any) {}
func (quietLog) Println(...any)        {}

// infectedMail has a letter, a file with a virus and one without.
func infectedMail() []byte {
	var b bytes.Buffer
	b.WriteString("From: a@b.example\r\nTo: c@d.example\r\nSubject: papers\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_cut\"\r\n\r\n--=_cut\r\nContent-Type: text/plain\r\n\r\nPlease see below.\r\n")
	for _, name := range []string{"invoice.zip", "clean.bin"} {
		content := bytes.Repeat([]byte("harmless words of "+name+". "), 20_000)
		if name == "invoice.zip" {
			content = append(content, clamVirus...)
		}
		text := base64.StdEncoding.EncodeToString(content)
		fmt.Fprintf(&b, "--=_cut\r\nContent-Type: application/octet-stream; name=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", name)
		for ; len(text) > 76; text = text[76:] {
			b.WriteString(text[:76] + "\r\n")
		}
		b.WriteString(text + "\r\n")
	}
	b.WriteString("--=_cut--\r\n")
	return b.Bytes()
}

// patience with a mail, on a machine that does much else.
const patience = 2 * time.Minute

// Over a real wire, with packets as the kernel bundles them: an infected mail is asked for
// again by SMTP and broken off by POP3, once; then it arrives with a text in the place of the
// infected file, and every other byte as it was sent.
func TestInfectedMail(t *testing.T) {
	b := startBox(t, "", fmt.Sprintf("clamd_socket = %q\n", startClamd(t)), nil)
	var server mailbox
	server.serve(t, b.lab.Internet)
	sent := infectedMail()

	send := func() error {
		conn, err := b.lab.PC1.Dial(t.Context(), "tcp", net.JoinHostPort(lab.Good, "25"))
		if err != nil {
			return err
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		c, err := smtp.NewClient(conn, "mail")
		if err != nil {
			return err
		}
		defer c.Close()
		if err := errors.Join(c.Mail("a@b.example"), c.Rcpt("c@d.example")); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		_, err = w.Write(sent)
		return errors.Join(err, w.Close())
	}
	err := send()
	var said *textproto.Error
	if !errors.As(err, &said) || said.Code != 451 || !strings.Contains(said.Msg, "virus") || len(server.all()) != 0 {
		t.Fatalf("the first time: %v, %d mails", err, len(server.all()))
	}
	// Of what is sent again some is lost, and sent once more.
	if out, code, err := b.lab.Internet.Run(t.Context(), "iptables", "-A", "INPUT", "-p", "tcp", "--dport", "25", "-m", "statistic", "--mode", "nth", "--every", "13", "--packet", "0", "-j", "DROP"); err != nil || code != 0 {
		t.Logf("nothing is lost: %d %v %s", code, err, out)
	}
	if err := send(); err != nil || len(server.all()) != 1 {
		t.Fatalf("the second time: %v, %d mails", err, len(server.all()))
	}
	withText(t, "SMTP", sent, server.all()[0])

	// A mail that is in the mailbox already, and another one for this box.
	sent = bytes.Replace(sent, []byte("<1@b"), []byte("<2@b"), 1)
	server.mu.Lock()
	server.mails = [][]byte{sent}
	server.mu.Unlock()
	fetch := func() ([]byte, error) {
		conn, err := b.lab.PC2.Dial(t.Context(), "tcp", net.JoinHostPort(lab.Good, "110"))
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		p := textproto.NewConn(conn)
		if _, err := p.ReadLine(); err != nil {
			return nil, err
		}
		for _, line := range []string{"USER a", "PASS b", "RETR 1"} {
			_ = p.PrintfLine("%s", line)
			if _, err := p.ReadLine(); err != nil {
				return nil, err
			}
		}
		return p.ReadDotBytes()
	}
	if got, err := fetch(); err == nil {
		t.Fatalf("the first time all %d bytes can be fetched", len(got))
	}
	got, err := fetch()
	if err != nil {
		t.Fatalf("the second time: %v", err)
	}
	withText(t, "POP3", sent, bytes.ReplaceAll(got, []byte("\n"), []byte("\r\n")))

	b.stop()
	eve, err := os.ReadFile(b.eve)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"virus":"Test.Pattern.UNOFFICIAL"`, `"action":"blocked"`, `"app_proto":"smtp"`, `"app_proto":"pop3"`} {
		if !strings.Contains(string(eve), want) {
			t.Errorf("no record has %s", want)
		}
	}
}

// withText checks that a mail has a text for people in the place of invoice.zip only.
func withText(t *testing.T, how string, sent, got []byte) {
	t.Helper()
	from, to := bytes.Index(sent, []byte("Content-Type: application")), bytes.Index(sent, []byte("\r\n--=_cut\r\nContent-Type: application/octet-stream; name=\"clean.bin\""))
	if len(got) != len(sent) || !bytes.Equal(got[:from], sent[:from]) || !bytes.Equal(got[to:], sent[to:]) {
		t.Errorf("%s: %d bytes arrive, %d were sent; before the part they are the same: %v", how, len(got), len(sent), len(got) > from && bytes.Equal(got[:from], sent[:from]))
		return
	}
	m, err := mail.ReadMessage(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, "=_cut")
	if _, err := r.NextPart(); err != nil {
		t.Fatal(err)
	}
	p, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(p)
	text, err2 := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(raw)), ""))
	if err != nil || err2 != nil || !strings.Contains(string(text), "「invoice.zip」") || !strings.Contains(string(text), "DKIM") || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%s: %v %v, in the place of the file: %q", how, err, err2, text)
	}
}
