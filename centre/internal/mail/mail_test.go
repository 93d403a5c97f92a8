package mail

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
)

func message() Message {
	return Message{
		To:      Address{Name: "佐藤 花子, 総務", Email: "hanako@sato.example.jp"},
		Subject: "【★★★ 本日中にお願いします】「経理のパソコン」がウイルスに操作された疑い（外への通信は止めました）①㈱髙",
		Text:    "佐藤製作所 様\n\n「経理のパソコン」が…\n.\n行頭の点\n" + strings.Repeat("長い行", 400) + "\n",
		HTML:    "<p>「経理のパソコン」</p>",
		ID:      "1795237521-1652.p1.new@alert.example.jp",
		Date:    time.Date(2026, 11, 21, 5, 5, 21, 0, time.UTC),
	}
}

func sender(t *testing.T, addr string, change func(*Config)) *Sender {
	t.Helper()
	cfg := Config{Addr: addr, TLS: TLSNone, From: Address{Name: "お助けセンター", Email: "alert@alert.example.jp"},
		ReplyTo: Address{Name: "相談窓口", Email: "desk@example.jp"}, Timeout: 20 * time.Second}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSentArrives(t *testing.T) {
	t.Parallel()
	box := &sink{}
	m := message()
	m.References = []string{"a.1@alert.example.jp", "a.2@alert.example.jp"}
	var took []byte
	m.Took = func(raw []byte) { took = raw }
	if err := sender(t, box.start(t, nil), nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := box.all()[0]
	if !bytes.Equal(took, got.raw) {
		t.Error("what is told to have been sent is not what arrived")
	}
	if got.from != "alert@alert.example.jp" || got.to != "hanako@sato.example.jp" {
		t.Errorf("envelope %q → %q", got.from, got.to)
	}
	read, err := mail.ReadMessage(bytes.NewReader(got.raw))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Subject": m.Subject, "Message-Id": "<" + m.ID + ">", "In-Reply-To": "<a.2@alert.example.jp>",
		"References": "<a.1@alert.example.jp> <a.2@alert.example.jp>", "Auto-Submitted": "auto-generated",
	} {
		h, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get(key))
		if err != nil || h != want {
			t.Errorf("%s is %q (%v), want %q", key, h, err, want)
		}
	}
	to, err := read.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != m.To.Name {
		t.Errorf("To: %v, %v", to, err)
	}
	if text, html := parts(t, read); strings.ReplaceAll(text, "\r\n", "\n") != m.Text || html != m.HTML {
		t.Errorf("parts differ: %q %q", text, html)
	}
	for line := range strings.Lines(string(got.raw)) {
		if len(line) > 1000 { // RFC 5322 §2.1.1
			t.Errorf("line of %d bytes", len(line))
		}
	}
}

// parts gives the decoded text and HTML parts.
func parts(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", kind, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			text = string(b)
		} else {
			html = string(b)
		}
	}
}

func TestSignatureIsGood(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, d *DKIM, record string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := &sink{}
			s := sender(t, box.start(t, nil), func(c *Config) { c.DKIM = d })
			m := message()
			m.Unsubscribe = "https://portal.example.jp/n/leave/abc"
			if err := s.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			lookup := func(name string) ([]string, error) {
				if name != "s2026._domainkey.alert.example.jp" {
					t.Errorf("key asked at %q", name)
				}
				return []string{record}, nil
			}
			verify := func(raw []byte) error {
				v, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
				if err != nil || len(v) != 1 {
					t.Fatalf("%d signatures, %v", len(v), err)
				}
				for _, want := range []string{"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} {
					if !strings.Contains(strings.ToLower(strings.Join(v[0].HeaderKeys, " ")), want) {
						t.Errorf("%s is not signed: %v", want, v[0].HeaderKeys)
					}
				}
				return v[0].Err
			}
			raw := box.all()[0].raw
			if err := verify(raw); err != nil {
				t.Errorf("signature: %v", err)
			}
			if verify(bytes.Replace(raw, []byte("Subject:"), []byte("Subject: x"), 1)) == nil {
				t.Error("a changed subject still verifies")
			}
		})
	}
	f("rsa", &DKIM{"alert.example.jp", "s2026", rsaKey}, "v=DKIM1; k=rsa; p="+base64.StdEncoding.EncodeToString(der))
	f("ed25519", &DKIM{"alert.example.jp", "s2026", edKey}, "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(edPub))
}

func TestErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	reply := func(code int) func(int) error {
		return func(int) error { return &smtp.SMTPError{Code: code, Message: "no"} }
	}
	f := func(name string, box *sink, want error) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := sender(t, box.start(t, nil), func(c *Config) {
				if box.hang != nil {
					c.Patience = 300 * time.Millisecond
				}
			}).Send(t.Context(), message())
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if len(box.all()) != 0 {
				t.Error("a message was kept")
			}
		})
	}
	f("unknown person", &sink{onRcpt: reply(550)}, ErrPermanent)
	f("mailbox full for now", &sink{onRcpt: reply(452)}, ErrTemporary)
	f("greylisted", &sink{onRcpt: reply(451)}, ErrTemporary)
	f("refused as spam", &sink{onData: reply(554)}, ErrPermanent)
	f("busy after data", &sink{onData: reply(421)}, ErrTemporary)
	f("dropped in data", &sink{dropInData: true}, ErrTemporary)
	f("slow", &sink{hang: make(chan struct{})}, ErrTemporary)
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		if err := sender(t, "127.0.0.1:1", nil).Send(t.Context(), message()); !errors.Is(err, ErrTemporary) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		box := &sink{hang: make(chan struct{})}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := sender(t, box.start(t, nil), nil).Send(ctx, message()); !errors.Is(err, ErrTemporary) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTemporaryTroublePasses(t *testing.T) {
	t.Parallel()
	box := &sink{onRcpt: func(n int) error {
		if n == 0 {
			return &smtp.SMTPError{Code: 451, Message: "come back later"}
		}
		return nil
	}}
	s := sender(t, box.start(t, nil), nil)
	if err := s.Send(t.Context(), message()); !errors.Is(err, ErrTemporary) {
		t.Fatalf("first try: %v", err)
	}
	if err := s.Send(t.Context(), message()); err != nil {
		t.Fatalf("second try: %v", err)
	}
	if n := len(box.all()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestTLSPolicy(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	plain, secure := &sink{}, &sink{}
	plainAddr, secureAddr := plain.start(t, nil), secure.start(t, cert)
	trust := func(policy string) func(*Config) {
		return func(c *Config) { c.TLS, c.TLSConfig = policy, &tls.Config{RootCAs: pool} }
	}
	if err := sender(t, plainAddr, trust(TLSRequired)).Send(t.Context(), message()); !errors.Is(err, ErrTemporary) {
		t.Errorf("required, not offered: %v", err)
	}
	if err := sender(t, plainAddr, trust(TLSOpportunistic)).Send(t.Context(), message()); err != nil {
		t.Errorf("opportunistic, not offered: %v", err)
	}
	for _, policy := range []string{TLSRequired, TLSOpportunistic} {
		if err := sender(t, secureAddr, trust(policy)).Send(t.Context(), message()); err != nil {
			t.Errorf("%s: %v", policy, err)
		}
	}
	for _, m := range secure.all() {
		if !m.tls {
			t.Error("TLS was offered and not used")
		}
	}
	stranger := func(c *Config) { c.TLS = TLSRequired }
	if err := sender(t, secureAddr, stranger).Send(t.Context(), message()); !errors.Is(err, ErrTemporary) {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	s := sender(t, "127.0.0.1:1", nil)
	f := func(name string, change func(*Message)) {
		t.Helper()
		m := message()
		change(&m)
		if err := s.Send(t.Context(), m); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("subject CRLF", func(m *Message) { m.Subject = "a\r\nBcc: x@example.com" })
	f("subject LF", func(m *Message) { m.Subject = "a\nb" })
	f("subject NUL", func(m *Message) { m.Subject = "a\x00" })
	f("subject C1", func(m *Message) { m.Subject = "a\u0085b" })
	f("subject long", func(m *Message) { m.Subject = strings.Repeat("長", MaxSubject+1) })
	f("name CRLF", func(m *Message) { m.To.Name = "a\r\nBcc: x@example.com" })
	f("address CRLF", func(m *Message) { m.To.Email = "a@example.com\r\nBcc: x@example.com" })
	f("two addresses", func(m *Message) { m.To.Email = "a@example.com, b@example.com" })
	f("address with a name", func(m *Message) { m.To.Email = "A <a@example.com>" })
	f("address long", func(m *Message) { m.To.Email = strings.Repeat("a", 250) + "@example.com" })
	f("no address", func(m *Message) { m.To.Email = "" })
	f("id CRLF", func(m *Message) { m.ID = "a\r\nX: y@example.com" })
	f("id bracket", func(m *Message) { m.ID = "a>b@example.com" })
	f("reference", func(m *Message) { m.References = []string{"a b@example.com"} })
	f("thread long", func(m *Message) { m.References = make([]string, MaxReferences+1) })
	f("not UTF-8", func(m *Message) { m.Text = "\xff" })
	f("no text", func(m *Message) { m.Text = "" })
	f("too much", func(m *Message) { m.HTML = strings.Repeat("a", MaxPart+1) })
	f("unsubscribe CRLF", func(m *Message) { m.Unsubscribe = "https://a.example/x\r\nBcc: x@example.com" })
	f("unsubscribe two", func(m *Message) { m.Unsubscribe = "https://a.example/x>, <mailto:x@example.com" })
	f("unsubscribe script", func(m *Message) { m.Unsubscribe = "javascript:alert(1)" })
	f("no date", func(m *Message) { m.Date = time.Time{} })
}

func FuzzMessage(f *testing.F) {
	m := message()
	f.Add(m.Subject, m.To.Name, m.To.Email, m.ID)
	f.Add("a\r\nBcc: x@y", "=?utf-8?q?=0d=0aBcc:?=", "a@b", "x@y")
	s, err := New(Config{Addr: "127.0.0.1:25", TLS: TLSNone, From: Address{Email: "alert@example.jp"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, subject, name, email, id string) {
		m := Message{To: Address{Name: name, Email: email}, Subject: subject, Text: "x", ID: id, Date: time.Unix(0, 0)}
		msg, err := s.compose(&m)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		read, err := mail.ReadMessage(&b)
		if err != nil {
			t.Fatalf("unreadable message: %v", err)
		}
		for key := range read.Header {
			if !strings.Contains(" Subject To From Date Message-Id Mime-Version Auto-Submitted Content-Type Content-Transfer-Encoding ", " "+key+" ") {
				t.Errorf("header %q was injected", key)
			}
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := Config{Addr: "mail.example.jp:587", From: Address{Email: "a@example.jp"}}
	f := func(name string, change func(*Config)) {
		t.Helper()
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	f("no port", func(c *Config) { c.Addr = "mail.example.jp" })
	f("bad port", func(c *Config) { c.Addr = "mail.example.jp:99999" })
	f("no sender", func(c *Config) { c.From = Address{} })
	f("reply-to", func(c *Config) { c.ReplyTo = Address{Email: "x"} })
	f("policy", func(c *Config) { c.TLS = "maybe" })
	f("DKIM without key", func(c *Config) { c.DKIM = &DKIM{Domain: "example.jp", Selector: "s"} })
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	if _, err := ParseKey([]byte("no key")); err == nil {
		t.Error("a key that is none was accepted")
	}
}
