package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// Limits of one message.
const (
	// MaxSubject in characters: phones show about 40, archives cut at 255.
	MaxSubject = 200
	// MaxAddress in bytes is the longest path of RFC 5321 §4.5.3.1.3 without its brackets.
	MaxAddress = 254
	// MaxName in characters keeps a display name on one line.
	MaxName = 120
	// MaxPart in bytes bounds each part; real ones are under 30 KiB.
	MaxPart = 256 << 10
	// MaxReferences is how much of a thread is named; clients need the first and the last.
	MaxReferences = 20
	// maxUnsubscribe in bytes keeps the header below the longest line of RFC 5322 §2.1.1.
	maxUnsubscribe = 900
)

// ErrMessage marks a message that is not well formed; sending it again is useless.
var ErrMessage = errors.New("mail: bad message")

// Address is a mailbox with an optional display name.
type Address struct{ Name, Email string }

// Message is one mail to one person.
type Message struct {
	To      Address
	Subject string
	Text    string // complete by itself
	HTML    string // "" for text only
	// ID is the Message-ID without brackets, for example "a-1.p2.new@alert.example.jp".
	ID string
	// References are the ids of the thread so far, oldest first; the last one is replied to.
	References []string
	Date       time.Time
	// Personal: somebody wrote it, no program did.
	Personal bool
	// Unsubscribe is the https address that takes a POST for "no more of these" (RFC 8058); "" for mails that are no promotion.
	Unsubscribe string
	// Took, if set, is called with the bytes of the message as the server took them (RFC 5322, signatures and all), once it did.
	Took func(raw []byte)
}

// check says what is wrong with a message, before anything is sent.
func (m *Message) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrMessage, what) }
	if err := checkAddress(m.To); err != nil {
		return err
	}
	if m.Subject == "" || utf8.RuneCountInString(m.Subject) > MaxSubject || hasControl(m.Subject) {
		return bad("subject is empty, too long, or has a control character")
	}
	if m.Text == "" || len(m.Text) > MaxPart || len(m.HTML) > MaxPart {
		return bad("a part is empty or too long")
	}
	if !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) || !utf8.ValidString(m.Subject) {
		return bad("not UTF-8")
	}
	if len(m.References) > MaxReferences {
		return bad("too many references")
	}
	for _, id := range append([]string{m.ID}, m.References...) {
		if !ValidID(id) {
			return bad(fmt.Sprintf("message id %q", id))
		}
	}
	if m.Date.IsZero() {
		return bad("no date")
	}
	if u := m.Unsubscribe; u != "" && (len(u) > maxUnsubscribe || !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://") ||
		strings.ContainsFunc(u, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' || r == ',' })) {
		return bad("unsubscribe address")
	}
	return nil
}

func checkAddress(a Address) error {
	if len(a.Email) > MaxAddress || hasControl(a.Email) || utf8.RuneCountInString(a.Name) > MaxName || hasControl(a.Name) || !utf8.ValidString(a.Name) {
		return fmt.Errorf("%w: address too long or with a control character", ErrMessage)
	}
	parsed, err := mail.ParseAddress(a.Email)
	if err != nil || parsed.Address != a.Email {
		return fmt.Errorf("%w: %q is not a plain mail address", ErrMessage, a.Email)
	}
	return nil
}

// ValidID wants the form of RFC 5322 §3.6.4 without quotes: dot-atoms of §3.2.3 around an @, or a domain literal behind it.
func ValidID(id string) bool {
	left, right, ok := strings.Cut(id, "@")
	ok = ok && left != "" && right != "" && len(id) <= MaxAddress
	return ok && !strings.ContainsFunc(left+right, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~[]:", r))
	})
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// compose builds the MIME message.
func (s *Sender) compose(m *Message) (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	err := errors.Join(msg.FromFormat(s.cfg.From.Name, s.cfg.From.Email), msg.AddToFormat(m.To.Name, m.To.Email))
	if s.cfg.ReplyTo.Email != "" {
		err = errors.Join(err, msg.ReplyToFormat(s.cfg.ReplyTo.Name, s.cfg.ReplyTo.Email))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.ID)
	if !m.Personal { // RFC 3834 §5: holiday responders stay quiet.
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	if n := len(m.References); n > 0 {
		msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, "<"+m.References[n-1]+">")
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, "<"+strings.Join(m.References, ">\r\n <")+">")
	}
	if m.Unsubscribe != "" {
		msg.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		msg.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}
