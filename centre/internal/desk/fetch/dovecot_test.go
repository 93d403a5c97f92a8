package fetch_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	random "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"otasuke/centre/internal/desk/fetch"
)

// dovecotConf is the server that most providers of mailboxes run, as small as it can be, with TLS required.
const dovecotConf = `base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
mail_location = maildir:%[1]s/mail
first_valid_uid = 1
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = %[3]d
  }
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=%[4]s gid=%[5]s home=%[1]s/mail
}
`

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// port is one that nobody listens on, and that the kernel gives to nobody who asks for any (ip_local_port_range).
func port(t *testing.T) int {
	t.Helper()
	for {
		n := 10_000 + random.IntN(20_000)
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", n))
		if err == nil {
			ok(t, l.Close())
			return n
		}
	}
}

// identity writes a certificate for 127.0.0.1 and its key, and returns who trusts it.
func identity(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	ok(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	ok(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	cert, err := x509.ParseCertificate(der)
	ok(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

// dovecot runs a server, and returns its folder and ports: for STARTTLS, and for TLS from the first byte.
func dovecot(t *testing.T) (dir string, start, implicit int, trust *x509.CertPool) {
	t.Helper()
	exe, err := exec.LookPath("dovecot")
	if err != nil || os.Getuid() != 0 {
		t.Skip("dovecot-imapd is not installed, or not root: the mailbox is not fetched over TLS from a real server")
	}
	owner, err := user.Lookup("dovecot")
	ok(t, err)
	dir, err = os.MkdirTemp("", "desk-mailbox-") // short: sockets lie in it
	ok(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ok(t, os.Chmod(dir, 0o755))
	trust, start, implicit = identity(t, dir), port(t), port(t)
	for _, name := range []string{"", "new", "cur", "tmp"} {
		ok(t, os.MkdirAll(filepath.Join(dir, "mail", name), 0o700))
		uid, _ := strconv.Atoi(owner.Uid)
		gid, _ := strconv.Atoi(owner.Gid)
		ok(t, os.Chown(filepath.Join(dir, "mail", name), uid, gid))
	}
	conf := filepath.Join(dir, "dovecot.conf")
	ok(t, os.WriteFile(conf, fmt.Appendf(nil, dovecotConf, dir, start, implicit, owner.Uid, owner.Gid), 0o644))
	cmd := exec.Command(exe, "-F", "-c", conf)
	ok(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if said, err := os.ReadFile(filepath.Join(dir, "log")); err == nil && t.Failed() {
			t.Logf("dovecot: %s", said)
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", implicit))
		if err == nil {
			ok(t, c.Close())
			return dir, start, implicit, trust
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
		<-tick.C
	}
}

// A mailbox on the server that most providers run is fetched with both ways of TLS; a server that nobody trusts gets no password, and
// nothing leaves the mailbox.
func TestDovecotOverTLS(t *testing.T) {
	t.Parallel()
	dir, start, implicit, trust := dovecot(t)
	owner, err := os.Stat(filepath.Join(dir, "mail"))
	ok(t, err)
	st := owner.Sys().(*syscall.Stat_t)
	comes := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, "mail", "new", name)
		ok(t, os.WriteFile(file, []byte(text), 0o600))
		ok(t, os.Chown(file, int(st.Uid), int(st.Gid)))
	}
	look := func(way string, port int, trust *x509.CertPool) (got []string, err error) {
		t.Helper()
		f, err := fetch.New(fetch.Config{Addr: fmt.Sprint("127.0.0.1:", port), TLS: way, TLSConfig: &tls.Config{RootCAs: trust}, Username: "desk", Password: "secret", Take: func(_ context.Context, raw []byte, _ bool) error {
			got = append(got, string(raw))
			return nil
		}})
		ok(t, err)
		_, err = f.Look(t.Context())
		return got, err
	}
	for i, way := range []string{fetch.TLSImplicit, fetch.TLSStart} {
		at := []int{implicit, start}[i]
		comes(way, "Subject: "+way+"\r\n\r\n画面が固まりました。\r\n")
		if got, err := look(way, at, x509.NewCertPool()); err == nil || len(got) != 0 {
			t.Errorf("%s: nobody trusts the server, and %q was fetched: %v", way, got, err)
		}
		got, err := look(way, at, trust)
		if err != nil || len(got) != 1 || got[0] != "Subject: "+way+"\r\n\r\n画面が固まりました。\r\n" {
			t.Errorf("%s: %q, %v", way, got, err)
		}
		if again, err := look(way, at, trust); err != nil || len(again) != 0 {
			t.Errorf("%s, once more: %q, %v", way, again, err)
		}
		done, err := filepath.Glob(filepath.Join(dir, "mail", ".Otasuke", "*", "*"))
		kept := 0
		for _, name := range done {
			if b := filepath.Base(filepath.Dir(name)); b == "cur" || b == "new" {
				kept++
			}
		}
		if err != nil || kept != i+1 {
			t.Errorf("%s: %d mails in the folder for what was taken: %v", way, kept, done)
		}
	}
}

// line is between a fetcher and the server, to be cut; it counts connections and what the server was asked.
type line struct {
	mu    sync.Mutex
	conns []net.Conn
	made  int
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

func (l *line) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made
}

// through listens for a fetcher and connects it with the server.
func through(t *testing.T, to int) (*line, string) {
	t.Helper()
	l := &line{}
	in, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = in.Close(); l.cut() })
	go func() {
		for {
			a, err := in.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", to))
			if err != nil {
				_ = a.Close()
				continue
			}
			l.mu.Lock()
			l.conns, l.made = append(l.conns, a, b), l.made+1
			l.mu.Unlock()
			go func() { _, _ = io.Copy(a, b); _ = a.Close(); _ = b.Close() }()
			go func() { _, _ = io.Copy(b, a); _ = a.Close(); _ = b.Close() }()
		}
	}()
	return l, in.Addr().String()
}

// The server tells of a mail at once, on one connection; when the line breaks it is made again, and what came meanwhile is fetched.
// Without its word the mailbox is looked at every so often.
func TestDovecotTellsOfMails(t *testing.T) {
	t.Parallel()
	dir, _, implicit, trust := dovecot(t)
	owner, err := os.Stat(filepath.Join(dir, "mail"))
	ok(t, err)
	st := owner.Sys().(*syscall.Stat_t)
	n := 0
	comes := func() string {
		t.Helper()
		n++
		// As mail servers deliver: written beside, then moved in whole.
		name, text := fmt.Sprintf("%d.mail", n), fmt.Sprintf("Subject: %d\r\n\r\n至急\r\n", n)
		beside := filepath.Join(dir, "mail", "tmp", name)
		ok(t, os.WriteFile(beside, []byte(text), 0o600))
		ok(t, os.Chown(beside, int(st.Uid), int(st.Gid)))
		ok(t, os.Rename(beside, filepath.Join(dir, "mail", "new", name)))
		return text
	}
	l, addr := through(t, implicit)
	got := make(chan string, 10)
	run := func(change func(*fetch.Config)) (stop func()) {
		t.Helper()
		cfg := fetch.Config{Addr: addr, TLSConfig: &tls.Config{RootCAs: trust}, Username: "desk", Password: "secret", Every: 50 * time.Millisecond, Rest: time.Hour, Take: func(_ context.Context, raw []byte, _ bool) error {
			got <- string(raw)
			return nil
		}}
		change(&cfg)
		f, err := fetch.New(cfg)
		ok(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	want := func(text string) {
		t.Helper()
		select {
		case s := <-got:
			if s != text {
				t.Errorf("%q came, want %q", s, text)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%q never came", text)
		}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for until := time.Now().Add(30 * time.Second); ; <-tick.C { // moved away: what is cut off before comes again
			left, err := filepath.Glob(filepath.Join(dir, "mail", "[cn]*", "*.mail*"))
			ok(t, err)
			if len(left) == 0 {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("%q stays", left)
			}
		}
	}
	stop := run(func(*fetch.Config) {})
	for range 3 {
		want(comes())
	}
	if n := l.connections(); n != 1 {
		t.Errorf("%d connections for three mails: the server's word is not waited for", n)
	}
	l.cut()
	want(comes())
	want(comes())
	if n := l.connections(); n != 2 {
		t.Errorf("%d connections after the line broke once", n)
	}
	stop()
	before := l.connections()
	stop = run(func(c *fetch.Config) { c.Poll = true })
	want(comes())
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(30 * time.Second); l.connections() < before+3; <-tick.C {
		if time.Now().After(until) {
			t.Fatal("the mailbox is not looked at again and again")
		}
	}
	want(comes())
	stop()
	// A server that falls silent: after a rest one looks anyway.
	stop = run(func(c *fetch.Config) { c.Rest = 10 * time.Millisecond })
	want(comes())
	stop()
	select {
	case s := <-got:
		t.Errorf("%q came twice", s)
	default:
	}
}
