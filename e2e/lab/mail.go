package lab

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/crypto/ssh"
)

// MailServer is the provider's mail server: SMTP takes mails, POP3 gives them out.
type MailServer struct {
	mu    sync.Mutex
	mails [][]byte
}

type mailSession struct{ m *MailServer }

func (s mailSession) Reset()                               {}
func (s mailSession) Logout() error                        { return nil }
func (s mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.mails = append(s.m.mails, b)
	return nil
}

// Count says how many mails lie there.
func (m *MailServer) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mails)
}

// mail starts the mail server.
func (in *Internet) mail() error {
	in.Mail = new(MailServer)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return mailSession{in.Mail}, nil }))
	s.Domain, s.ErrorLog = "mail.harmless.example", quiet
	l, err := in.ns.Listen(net.JoinHostPort(MailHost, "25"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.closers = append(in.closers, s)
	in.handlers.Go(func() { _ = s.Serve(l) })
	pop3, err := in.ns.Listen(net.JoinHostPort(MailHost, "110"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.accept(pop3, in.Mail.pop3)
	return nil
}

// pop3 speaks as much of RFC 1939 as a mail program uses.
func (m *MailServer) pop3(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	t := textproto.NewConn(c)
	_ = t.PrintfLine("+OK ready")
	for {
		line, err := t.ReadLine()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(line, " ")
		m.mu.Lock()
		mails := m.mails
		m.mu.Unlock()
		switch strings.ToUpper(verb) {
		case "QUIT":
			_ = t.PrintfLine("+OK")
			return
		case "STAT":
			_ = t.PrintfLine("+OK %d 0", len(mails))
		case "LIST":
			_ = t.PrintfLine("+OK")
			for i, b := range mails {
				_ = t.PrintfLine("%d %d", i+1, len(b))
			}
			_ = t.PrintfLine(".")
		case "RETR":
			var n int
			if _, err := fmt.Sscan(arg, &n); err != nil || n < 1 || n > len(mails) {
				_ = t.PrintfLine("-ERR no such message")
				continue
			}
			_ = t.PrintfLine("+OK")
			w := t.DotWriter()
			_, _ = io.Copy(w, bytes.NewReader(mails[n-1]))
			_ = w.Close()
		case "USER", "PASS", "NOOP", "DELE":
			_ = t.PrintfLine("+OK")
		default:
			_ = t.PrintfLine("-ERR not known")
		}
	}
}

// ssh is a server with one command: it gives back what it is sent.
func (in *Internet) ssh() error {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return err
	}
	public, err := ssh.NewPublicKey(pub)
	if err != nil {
		return err
	}
	in.HostKey = SSHHost + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
	cfg := &ssh.ServerConfig{NoClientAuth: true}
	cfg.AddHostKey(signer)
	l, err := in.ns.Listen(net.JoinHostPort(SSHHost, "22"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.accept(l, func(c net.Conn) { serveSSH(c, cfg) })
	return nil
}

func serveSSH(c net.Conn, cfg *ssh.ServerConfig) {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	conn, channels, requests, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for ch := range channels {
		if ch.ChannelType() != "session" {
			_ = ch.Reject(ssh.UnknownChannelType, "")
			continue
		}
		s, reqs, err := ch.Accept()
		if err != nil {
			return
		}
		for r := range reqs {
			_ = r.Reply(r.Type == "exec", nil)
			if r.Type == "exec" {
				_, _ = io.Copy(s, bufio.NewReader(s))
				_, _ = s.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
				_ = s.Close()
			}
		}
	}
}
