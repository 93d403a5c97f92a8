package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is an SMTP server that keeps what it gets and misbehaves when told to.
type sink struct {
	mu       sync.Mutex
	received []received
	// onRcpt and onData answer in place of the server, if set; the number is how
	// many times they were asked before.
	onRcpt, onData func(n int) error
	onMail         error
	rcpts, datas   int
	dropInData     bool
	hang           chan struct{} // closed at the end of the test: DATA waits for it
	// read is told that a mail is there whole; the server then thinks about it until think is closed, and keeps it.
	read, think chan struct{}
}

type received struct {
	from, to string
	tls      bool
	raw      []byte
}

type sinkSession struct {
	sink *sink
	conn *smtp.Conn
	got  received
}

func (s *sinkSession) Reset()        {}
func (s *sinkSession) Logout() error { return nil }
func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error {
	s.got.from = from
	return s.sink.onMail
}

func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.got.to = to
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.rcpts++
	if s.sink.onRcpt != nil {
		return s.sink.onRcpt(s.sink.rcpts - 1)
	}
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	if s.sink.dropInData {
		return s.conn.Conn().Close()
	}
	if s.sink.hang != nil {
		<-s.sink.hang
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.sink.think != nil {
		s.sink.read <- struct{}{}
		<-s.sink.think
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.datas++
	if s.sink.onData != nil {
		if err := s.sink.onData(s.sink.datas - 1); err != nil {
			return err
		}
	}
	s.got.raw = raw
	_, s.got.tls = s.conn.TLSConnectionState()
	s.sink.received = append(s.sink.received, s.got)
	return nil
}

func (s *sink) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

// start serves on a loopback port; with a certificate it offers STARTTLS.
func (s *sink) start(t *testing.T, cert *tls.Certificate) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &sinkSession{sink: s, conn: c}, nil
	}))
	server.Domain = "sink.test"
	if cert != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		if s.hang != nil {
			close(s.hang)
		}
		_ = server.Close()
		<-done
	})
	return l.Addr().String()
}

// certificate is a self-signed one for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink.test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
