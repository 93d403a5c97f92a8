package mail

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"strconv"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Ways of using TLS towards the SMTP server.
const (
	// TLSRequired refuses to speak without STARTTLS and a good certificate.
	TLSRequired = "required"
	// TLSOpportunistic uses STARTTLS, with a good certificate, when it is offered.
	TLSOpportunistic = "opportunistic"
	// TLSImplicit speaks TLS from the first byte (port 465).
	TLSImplicit = "implicit"
	// TLSNone never uses it: for a relay on the same machine.
	TLSNone = "none"
)

// DefaultTimeout bounds dialling and then the whole conversation; RFC 5321
// §4.5.3.2 lets servers take minutes, but a job that waits tries again anyway.
const DefaultTimeout = 60 * time.Second

// DefaultPatience is for the answer to the end of the data: the server has the mail by then, and who comes again sends it once more.
// RFC 5321 §4.5.3.2.6 has ten minutes; filters give up before five, and a worker of the queue waits.
const DefaultPatience = 5 * time.Minute

// stopTimeout is what is left of it while being stopped, within what lifecycle allows, and for the goodbye.
const stopTimeout = 5 * time.Second

// Errors of [Sender.Send]; see the package comment.
var (
	ErrTemporary = errors.New("mail: not accepted for now")
	ErrPermanent = errors.New("mail: refused for good")
	errConfig    = errors.New("mail: bad config")
)

// DKIM is the key that signs (RFC 6376).
type DKIM struct {
	Domain   string // d=, the domain of From or above it
	Selector string // s=
	Key      crypto.Signer
}

// ParseKey reads an RSA or Ed25519 private key from PEM.
func ParseKey(pem []byte) (crypto.Signer, error) {
	key, err := gomail.PrivKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("%w: DKIM key: %w", errConfig, err)
	}
	return key, nil
}

// Config is how to reach the SMTP server and who we are.
type Config struct {
	// Addr is host:port of the SMTP server.
	Addr string
	// TLS is one of the TLS… words; "" is TLSRequired.
	TLS string
	// TLSConfig may add roots; nil uses the system's. ServerName is set from Addr.
	TLSConfig *tls.Config
	// Username and Password log in when Username is not "" (over TLS only).
	Username, Password string
	// Hello is the name we greet with; "" is the domain of From.
	Hello string
	// From is the sender; its domain should have SPF, DKIM and DMARC.
	From Address
	// ReplyTo receives answers, normally the desk; zero is From.
	ReplyTo Address
	// DKIM signs every message when it is not nil.
	DKIM *DKIM
	// SMIME signs every message for those who read it, when it is not nil and valid; DKIM signs over the result.
	SMIME *SMIME
	// Timeout is DefaultTimeout when 0.
	Timeout time.Duration
	// Patience is DefaultPatience when 0.
	Patience time.Duration
	Log      *slog.Logger
}

// Sender sends messages, each over a connection of its own. It may be used by
// several goroutines.
type Sender struct {
	cfg     Config
	options []gomail.Option
	host    string
}

// New checks the config; it does not connect.
func New(cfg Config) (*Sender, error) {
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: address %q: %w", errConfig, cfg.Addr, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: port: %w", errConfig, err)
	}
	if err := checkAddress(cfg.From); err != nil {
		return nil, fmt.Errorf("%w: from: %w", errConfig, err)
	}
	if cfg.ReplyTo.Email != "" {
		if err := checkAddress(cfg.ReplyTo); err != nil {
			return nil, fmt.Errorf("%w: reply-to: %w", errConfig, err)
		}
	}
	if cfg.SMIME != nil {
		if err := cfg.SMIME.fits(cfg.From.Email); err != nil {
			return nil, err
		}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Patience == 0 {
		cfg.Patience = DefaultPatience
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Hello == "" {
		cfg.Hello = Domain(cfg.From.Email)
	}
	s := &Sender{cfg: cfg, host: host}
	s.options, err = s.clientOptions(int(port))
	return s, err
}

// Domain is what follows the @.
func Domain(email string) string {
	for i := len(email) - 1; i >= 0; i-- {
		if email[i] == '@' {
			return email[i+1:]
		}
	}
	return email
}

func (s *Sender) clientOptions(port int) ([]gomail.Option, error) {
	cfg := s.cfg
	conf := &tls.Config{}
	if cfg.TLSConfig != nil {
		conf = cfg.TLSConfig.Clone()
	}
	conf.ServerName, conf.MinVersion = s.host, tls.VersionTLS12
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(cfg.Timeout), gomail.WithHELO(cfg.Hello), gomail.WithTLSConfig(conf),
		// One message a connection: NOOP and RSET would only add round trips and ways to fail.
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	switch cfg.TLS {
	case TLSRequired, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSOpportunistic:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case TLSImplicit:
		options = append(options, gomail.WithSSL())
	default:
		return nil, fmt.Errorf("%w: unknown TLS policy %q", errConfig, cfg.TLS)
	}
	if cfg.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(cfg.Username), gomail.WithPassword(cfg.Password))
	}
	if cfg.DKIM != nil {
		if cfg.DKIM.Key == nil || cfg.DKIM.Domain == "" || cfg.DKIM.Selector == "" {
			return nil, fmt.Errorf("%w: DKIM needs domain, selector and key", errConfig)
		}
	}
	return options, nil
}

// Send offers the message to the server and returns nil once the server has
// taken responsibility for it (its 250 after DATA).
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(&m)
	if err != nil {
		return err
	}
	if err := s.sign(msg); err != nil {
		return err
	}
	if s.cfg.DKIM != nil {
		signer := gomail.NewDKIMSigner(s.cfg.DKIM.Domain, s.cfg.DKIM.Selector, s.cfg.DKIM.Key)
		if m.Unsubscribe != "" { // RFC 8058 §4: else no mail program offers the button
			// The library breaks a longer list in the middle of a name, which no verifier puts together again: without Content-Type
			// and MIME-Version it fits on a line.
			signer.SignHeaders("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
		}
		msg.SetDKIM(signer)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var whole atomic.Bool // the server has all of the mail
	client, err := gomail.NewClient(s.host, append(s.options[:len(s.options):len(s.options)], gomail.WithDialContextFunc(s.dial(ctx, &whole)))...)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	var raw bytes.Buffer // composed once: a signature has its own time, so a second writing would be another mail
	if _, err := msg.WriteTo(&raw); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		// Also a refused login: that is our config and not this message's fault.
		return fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	err = s.offer(conn, m.To.Email, raw.Bytes(), &whole)
	if quit := client.CloseWithSMTPClient(conn); quit != nil && err == nil {
		s.cfg.Log.Debug("mail: server did not say goodbye", "error", quit)
	}
	if err == nil && m.Took != nil {
		m.Took(raw.Bytes())
	}
	return classify(err)
}

// offer is one transaction of RFC 5321 §3.3; nil once the server said yes to the end of the data.
func (s *Sender) offer(conn *smtp.Client, to string, raw []byte, whole *atomic.Bool) error {
	if err := conn.Mail(s.cfg.From.Email); err != nil {
		// Also a code that means "never": it is about us and our account there, not about who is to get this mail.
		return fmt.Errorf("the server takes no mail from us: %s", err.Error()) // classify must not see the code
	}
	if err := conn.Rcpt(to); err != nil {
		return err
	}
	w, err := conn.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	whole.Store(true)
	if err := conn.UpdateDeadline(s.cfg.Patience); err != nil {
		return err
	}
	err = w.Close()
	_ = conn.UpdateDeadline(stopTimeout) // for the goodbye, which changes nothing any more
	return err
}

// dial makes connections that end with ctx, because the library looks at ctx
// only while dialling. One that has brought a whole mail is left a moment for the answer.
func (s *Sender) dial(ctx context.Context, whole *atomic.Bool) gomail.DialContextFunc {
	return func(dialCtx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: s.cfg.Timeout}
		conn, err := d.DialContext(dialCtx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() {
			if whole.Load() {
				time.AfterFunc(stopTimeout, func() { _ = conn.Close() })
				return
			}
			_ = conn.Close()
		})
		if s.cfg.TLS == TLSImplicit {
			conf := &tls.Config{}
			if s.cfg.TLSConfig != nil {
				conf = s.cfg.TLSConfig.Clone()
			}
			conf.ServerName, conf.MinVersion = s.host, tls.VersionTLS12
			return tls.Client(conn, conf), nil
		}
		return conn, nil
	}
}

// classify sorts an error of the conversation. Without any answer nobody knows whether the message is sent: that counts as
// temporary, and the same Message-ID makes a repeat harmless.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 && said.Code <= 599 {
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	return fmt.Errorf("%w: %w", ErrTemporary, err)
}
