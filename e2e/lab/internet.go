package lab

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/miekg/dns"
	"github.com/quic-go/quic-go"
)

// Addresses on the internet (RFC 5737 documentation networks).
const (
	Good     = "203.0.113.10" // harmless web server
	SSHHost  = "203.0.113.22"
	MailHost = "203.0.113.25"
	DNSHost  = "203.0.113.53"
	C2       = "203.0.113.66" // the attacker's control server
	Phish    = "203.0.113.77" // look-alike of a bank
	Malware  = "203.0.113.88" // gives out infected files
	Attacker = "198.51.100.66"
)

// Names of the hosts.
const (
	GoodName    = "www.harmless.example"
	PhishName   = "login.bank-example.test"
	MalwareName = "files.download-example.test"
)

// Internet is the servers out there.
type Internet struct {
	ns   *Namespace
	Root *x509.Certificate // signs every server's certificate
	key  *ecdsa.PrivateKey
	// Reached counts what got through to a hostile server, by name.
	Reached  Tally
	closers  []io.Closer
	Mail     *MailServer
	HostKey  string // of the SSH server, as known_hosts writes it
	handlers sync.WaitGroup
}

// Tally counts by name.
type Tally struct {
	mu sync.Mutex
	n  map[string]int
}

// Add counts one.
func (t *Tally) Add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = make(map[string]int)
	}
	t.n[name]++
}

// Get returns the count.
func (t *Tally) Get(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n[name]
}

// Serve starts all servers.
func (l *Lab) Serve(big int64) (*Internet, error) {
	if err := l.OpenInternet(Good, SSHHost, MailHost, DNSHost, C2, Phish, Malware, Attacker); err != nil {
		return nil, err
	}
	in := &Internet{ns: l.Internet}
	if err := in.authority(); err != nil {
		return nil, err
	}
	for _, start := range []func() error{
		func() error { return in.web(Good, GoodName, goodSite(big), true) },
		func() error { return in.web(Phish, PhishName, in.hostile("phish"), true) },
		func() error { return in.web(C2, "", in.hostile("c2"), false) },
		func() error { return in.web(Malware, MalwareName, in.files(), false) },
		func() error { return in.rawC2() },
		func() error { return in.quic() },
		func() error { return in.names() },
		func() error { return in.mail() },
		func() error { return in.ssh() },
	} {
		if err := start(); err != nil {
			return nil, errors.Join(err, in.Close())
		}
	}
	return in, nil
}

// Close stops the servers.
func (in *Internet) Close() error {
	var errs []error
	for _, c := range in.closers {
		if err := c.Close(); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	in.handlers.Wait()
	return errors.Join(errs...)
}

// authority makes the certificate that the office's clients trust.
func (in *Internet) authority() (err error) {
	if in.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, in.key.Public(), in.key)
	if err != nil {
		return err
	}
	in.Root, err = x509.ParseCertificate(der)
	return err
}

// config is a server's TLS configuration for a name.
func (in *Internet) config(name string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, in.Root, key.Public(), in.key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}}, nil
}

// web serves a site on port 80 and, if secure, on 443.
func (in *Internet) web(addr, name string, h http.Handler, secure bool) error {
	l, err := in.ns.Listen(net.JoinHostPort(addr, "80"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.serve(l, h)
	if !secure {
		return nil
	}
	cfg, err := in.config(name)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if l, err = in.ns.Listen(net.JoinHostPort(addr, "443")); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.serve(tls.NewListener(l, cfg), h)
	return nil
}

func (in *Internet) serve(l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second}
	in.closers = append(in.closers, s)
	in.handlers.Go(func() { _ = s.Serve(l) })
}

// hostile counts who reached it: nobody should.
func (in *Internet) hostile(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.Reached.Add(name)
		fmt.Fprintln(w, "<html><form method=post>password <input name=p></form></html>")
	})
}

// rawC2 is a control server with a protocol of its own: it answers a beacon with a command.
func (in *Internet) rawC2() error {
	l, err := in.ns.Listen(net.JoinHostPort(C2, "8443"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	in.accept(l, func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 1024)
		if n, _ := c.Read(b); n > 0 {
			in.Reached.Add("c2-raw")
			_, _ = c.Write([]byte("run\n"))
		}
	})
	return nil
}

// accept serves each connection of a listener until Close.
func (in *Internet) accept(l net.Listener, serve func(net.Conn)) {
	in.closers = append(in.closers, l)
	in.handlers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in.handlers.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
}

// quic serves the look-alike over QUIC as browsers would use it.
func (in *Internet) quic() error {
	cfg, err := in.config(PhishName)
	if err != nil {
		return err
	}
	cfg.NextProtos = []string{"h3"}
	pc, err := in.ns.ListenPacket(net.JoinHostPort(Phish, "443"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	l, err := quic.Listen(pc, cfg, nil)
	if err != nil {
		return fmt.Errorf("lab: quic: %w", err)
	}
	in.closers = append(in.closers, l, pc)
	in.handlers.Go(func() {
		for {
			c, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			in.Reached.Add("phish-quic")
			_ = c.CloseWithError(0, "")
		}
	})
	return nil
}

// DialQUIC tries the look-alike over QUIC from a host.
func (in *Internet) DialQUIC(ctx context.Context, from *Namespace) error {
	pc, err := from.ListenPacket("0.0.0.0:0")
	if err != nil {
		return err
	}
	defer pc.Close()
	roots := x509.NewCertPool()
	roots.AddCert(in.Root)
	to := net.UDPAddrFromAddrPort(addrPort(Phish, 443))
	c, err := quic.Dial(ctx, pc, to, &tls.Config{ServerName: PhishName, RootCAs: roots, NextProtos: []string{"h3"}}, nil)
	if err != nil {
		return err
	}
	return c.CloseWithError(0, "")
}

// names is the authoritative DNS server of every name here.
func (in *Internet) names() error {
	zone := map[string]string{GoodName + ".": Good, PhishName + ".": Phish, MalwareName + ".": Malware, "mail.harmless.example.": MailHost}
	h := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		m.Authoritative = true
		for _, question := range q.Question {
			addr, ok := zone[question.Name]
			if !ok {
				m.Rcode = dns.RcodeNameError
				continue
			}
			if question.Name == PhishName+"." {
				in.Reached.Add("phish-dns")
			}
			if question.Qtype == dns.TypeA {
				m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(addr)})
			}
		}
		_ = w.WriteMsg(m)
	})
	pc, err1 := in.ns.ListenPacket(net.JoinHostPort(DNSHost, "53"))
	l, err2 := in.ns.Listen(net.JoinHostPort(DNSHost, "53"))
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: h}, {Listener: l, Handler: h}} {
		in.handlers.Go(func() { _ = s.ActivateAndServe() })
	}
	in.closers = append(in.closers, pc, l)
	return nil
}
