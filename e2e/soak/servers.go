package soak

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"

	"otasuke/e2e/bench/papers"
	"otasuke/e2e/lab"
	"otasuke/e2e/talk"
)

// Addresses of the servers on the internet (RFC 5737).
const (
	webAddr  = "203.0.113.10" // pages, films, updates
	mailAddr = "203.0.113.25"
	nameAddr = "203.0.113.53"
	fileAddr = "203.0.113.31" // a file server at another office
	webName  = "www.harmless.example"
)

// Sizes of what is fetched.
const (
	filmBytes   = 24 << 20
	updateBytes = 8 << 20
	letterBytes = 150 << 10
	sheetBytes  = 400 << 10
	smbPiece    = 64 << 10
)

// servers are those that the office works with.
type servers struct {
	roots        *x509.CertPool
	film, update []byte
	letter       []talk.Turn
	sheet        []talk.Turn
	closers      []io.Closer
}

func openServers(l *lab.Lab) (*servers, error) {
	if err := l.OpenInternet(webAddr, mailAddr, nameAddr, fileAddr); err != nil {
		return nil, err
	}
	s := &servers{film: read(filmBytes), update: read(updateBytes), letter: papers.SMTPMail(read(letterBytes)), sheet: papers.SMBFile(read(sheetBytes), smbPiece, 1)}
	for _, start := range []func(*lab.Lab) error{s.web, s.names} {
		if err := start(l); err != nil {
			s.close()
			return nil, err
		}
	}
	for addr, turns := range map[string][]talk.Turn{mailAddr + ":25": s.letter, fileAddr + ":445": s.sheet} {
		in, err := l.Internet.Listen(addr)
		if err != nil {
			s.close()
			return nil, err
		}
		s.closers = append(s.closers, in)
		go serve(in, turns)
	}
	return s, nil
}

func (s *servers) close() {
	for _, c := range s.closers {
		_ = c.Close()
	}
}

// read is so much of the bytes that are the same each time.
func read(n int64) []byte {
	b, err := io.ReadAll(lab.Bulk(n))
	if err != nil {
		panic(err) // it comes from memory
	}
	return b
}

// web serves pages, and files with ranges, readable and encrypted.
func (s *servers) web(l *lab.Lab) error {
	cfg, err := s.certificate()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/page/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.PathValue("n"), &n)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(lab.Page(n))
	})
	for path, file := range map[string][]byte{"/film.mp4": s.film, "/update.cab": s.update} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, path, time.Time{}, bytes.NewReader(file))
		})
	}
	for port, secure := range map[string]bool{":80": false, ":443": true} {
		in, err := l.Internet.Listen(webAddr + port)
		if err != nil {
			return err
		}
		if secure {
			in = tls.NewListener(in, cfg)
		}
		h := &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
		s.closers = append(s.closers, h)
		go func() { _ = h.Serve(in) }()
	}
	return nil
}

func (s *servers) certificate() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: webName}, DNSNames: []string{webName}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}}, nil
}

// names answers each question with one address (RFC 1035 section 4.1).
func (s *servers) names(l *lab.Lab) error {
	c, err := l.Internet.ListenPacket(nameAddr + ":53")
	if err != nil {
		return err
	}
	s.closers = append(s.closers, c)
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 12 {
				_, _ = c.WriteTo(nameAnswer(b[:n]), from)
			}
		}
	}()
	return nil
}

// nameQuestion asks for the address of webName.
func nameQuestion(id uint16) []byte {
	q := []byte{byte(id >> 8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range []string{"www", "harmless", "example"} {
		q = append(append(q, byte(len(label))), label...)
	}
	return append(q, 0, 0, 1, 0, 1)
}

func nameAnswer(question []byte) []byte {
	a := bytes.Clone(question)
	a[2], a[3], a[7] = 0x85, 0x80, 1
	a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
	return append(a, net.ParseIP(webAddr).To4()...)
}

// serve says the server's part of a conversation to whoever comes.
func serve(l net.Listener, turns []talk.Turn) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(patience))
			_ = say(c, turns, false)
		}()
	}
}

var errOther = errors.New("other bytes came than were sent")

// say says one side's part of a conversation and compares the other's.
func say(c net.Conn, turns []talk.Turn, client bool) error {
	var buf []byte
	for i := range turns {
		t := &turns[i]
		if t.ToServer == client {
			if _, err := c.Write(t.Data); err != nil {
				return err
			}
			continue
		}
		if cap(buf) < len(t.Data) {
			buf = make([]byte, len(t.Data))
		}
		buf = buf[:len(t.Data)]
		if _, err := io.ReadFull(c, buf); err != nil {
			return err
		}
		if !bytes.Equal(buf, t.Data) {
			return errOther
		}
	}
	return nil
}
