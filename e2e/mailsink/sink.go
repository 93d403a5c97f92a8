// Package mailsink is a real SMTP server that keeps what it is given, and a small
// page to read it: the owner's mailbox of the demo and of end-to-end tests.
//
// It verifies DKIM signatures with the keys it is told, and misbehaves on demand
// (Refuse). It keeps MaxMails mails in memory and forgets the oldest.
package mailsink

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
)

// MaxMails that are kept, and MaxBytes of one.
const (
	MaxMails = 1000
	MaxBytes = 4 << 20
)

// Mail is one received mail.
type Mail struct {
	Number            int // counts from 1
	Received          time.Time
	From, To, Subject string
	Text, HTML        string
	ID, InReplyTo     string
	// Signed tells whether a DKIM signature was there and right.
	Signed bool
	Raw    []byte
}

// Shown is the page that a mail program shows: the mail's own, or the text with whom it is for and its subject.
func (m *Mail) Shown() string {
	if m.HTML != "" {
		return m.HTML
	}
	return `<!doctype html><meta name="viewport" content="width=device-width"><title>x</title><style>body{margin:16px;font:16px/1.7 sans-serif}h1{font-size:18px}p{color:#555;overflow-wrap:anywhere}pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}</style><p>` + html.EscapeString(m.To) + `</p><h1>` + html.EscapeString(m.Subject) + `</h1><pre>` + html.EscapeString(m.Text) + `</pre>`
}

// Sink is the server.
type Sink struct {
	// Keys are DKIM key records by name: "sel._domainkey.alert.example".
	Keys map[string]string
	// Refuse, if set, may answer a mail with an error (for example *smtp.SMTPError).
	Refuse func(to string) error

	mu    sync.Mutex
	mails []Mail
	smtp  *smtp.Server
}

type session struct {
	s        *Sink
	from, to string
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.s.Refuse != nil {
		if err := s.s.Refuse(to); err != nil {
			return err
		}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := s.s.parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	m.Received = time.Now()
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	s.s.mails = append(s.s.mails, m)
	if len(s.s.mails) > MaxMails {
		s.s.mails = s.s.mails[1:]
	}
	return nil
}

// Serve takes mails on l until Close.
func (s *Sink) Serve(l net.Listener) error {
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s: s}, nil }))
	srv.Domain, srv.MaxMessageBytes, srv.ErrorLog = "localhost", MaxBytes, log.New(io.Discard, "", 0)
	s.mu.Lock()
	s.smtp = srv
	s.mu.Unlock()
	if err := srv.Serve(l); !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("mailsink: %w", err)
	}
	return nil
}

// Close ends Serve.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.smtp == nil {
		return nil
	}
	return s.smtp.Close()
}

// Mails returns what came, oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	mails := append([]Mail(nil), s.mails...)
	for i := range mails {
		mails[i].Number = i + 1
	}
	return mails
}

func (s *Sink) parse(raw []byte) (Mail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("mailsink: %w", err)
	}
	word := new(mime.WordDecoder)
	head := func(name string) string {
		v, err := word.DecodeHeader(msg.Header.Get(name))
		if err != nil {
			return msg.Header.Get(name)
		}
		return v
	}
	m := Mail{From: head("From"), To: head("To"), Subject: head("Subject"), ID: head("Message-ID"), InReplyTo: head("In-Reply-To"), Raw: raw}
	m.Signed = s.verify(raw)
	return m, m.body(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
}

func (s *Sink) verify(raw []byte) bool {
	opts := &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if v, ok := s.Keys[name]; ok {
			return []string{v}, nil
		}
		return nil, errors.New("no such record")
	}}
	results, err := dkim.VerifyWithOptions(bytes.NewReader(raw), opts)
	return err == nil && len(results) > 0 && results[0].Err == nil
}

// body reads the parts of a message.
func (m *Mail) body(contentType, coding string, r io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(r, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("mailsink: %w", err)
			}
			if err := m.body(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	b, err := io.ReadAll(decode(coding, r))
	if err != nil {
		return fmt.Errorf("mailsink: %w", err)
	}
	switch kind {
	case "text/html":
		m.HTML = string(b)
	case "text/plain":
		m.Text = string(b)
	}
	return nil
}
