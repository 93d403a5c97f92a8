package fetch_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"otasuke/centre/internal/desk/fetch"
)

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

// mailbox is a real server with one user.
func mailbox(t *testing.T, mails ...string) (addr string, user *imapmemserver.User) {
	t.Helper()
	user = imapmemserver.NewUser("desk", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	put(t, user, mails...)
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String(), user
}

func put(t *testing.T, user *imapmemserver.User, mails ...string) {
	t.Helper()
	for _, m := range mails {
		if _, err := user.Append("INBOX", literal{strings.NewReader(m)}, &imap.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func count(t *testing.T, user *imapmemserver.User, folder string) int {
	t.Helper()
	s, err := user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		return 0
	}
	return int(*s.NumMessages)
}

// A mail leaves the mailbox when it was taken, and not before.
func TestTakenBeforeItLeaves(t *testing.T) {
	t.Parallel()
	addr, user := mailbox(t, "Subject: one\r\n\r\na", "Subject: two\r\n\r\nb")
	var got []string
	broken := errors.New("database is away")
	f, err := fetch.New(fetch.Config{Addr: addr, TLS: fetch.TLSNone, Username: "desk", Password: "secret", Take: func(_ context.Context, raw []byte, _ bool) error {
		if broken != nil {
			return broken
		}
		got = append(got, string(raw))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.Look(t.Context()); n != 0 || !errors.Is(err, broken) || count(t, user, "INBOX") != 2 {
		t.Errorf("%d taken, %v, %d left", n, err, count(t, user, "INBOX"))
	}
	broken = nil
	if n, err := f.Look(t.Context()); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := f.Look(t.Context()); n != 0 || err != nil {
		t.Errorf("once more: %d, %v", n, err)
	}
	if !slices.Equal(got, []string{"Subject: one\r\n\r\na", "Subject: two\r\n\r\nb"}) || count(t, user, "INBOX") != 0 || count(t, user, "Otasuke") != 2 {
		t.Errorf("%q, %d left, %d moved", got, count(t, user, "INBOX"), count(t, user, "Otasuke"))
	}
}

// Of a mail that is too large at least the header comes.
func TestLargeMail(t *testing.T) {
	t.Parallel()
	addr, _ := mailbox(t, "From: a@a.example\r\nSubject: large\r\n\r\n"+strings.Repeat("x", 5000))
	f, err := fetch.New(fetch.Config{Addr: addr, TLS: fetch.TLSNone, Username: "desk", Password: "secret", MaxSize: 1000, Take: func(_ context.Context, raw []byte, cut bool) error {
		if !cut || !strings.Contains(string(raw), "Subject: large") || strings.Contains(string(raw), "xxx") {
			t.Errorf("cut %v: %q", cut, raw)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.Look(t.Context()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	addr, user := mailbox(t)
	var mu sync.Mutex
	n := 0
	f, err := fetch.New(fetch.Config{Addr: addr, TLS: fetch.TLSNone, Username: "desk", Password: "secret", Every: 10 * time.Millisecond, Take: func(context.Context, []byte, bool) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	put(t, user, "Subject: one\r\n\r\na")
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		mu.Lock()
		done := n == 1
		mu.Unlock()
		if done {
			break
		}
		if time.Now().After(end) {
			t.Fatal("never came")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	addr, _ := mailbox(t)
	if _, err := fetch.New(fetch.Config{Addr: "nowhere"}); !errors.Is(err, fetch.ErrConfig) {
		t.Error(err)
	}
	if _, err := fetch.New(fetch.Config{Addr: addr, TLS: "maybe"}); !errors.Is(err, fetch.ErrConfig) {
		t.Error(err)
	}
	for what, cfg := range map[string]fetch.Config{"wrong password": {Addr: addr, TLS: fetch.TLSNone, Username: "desk", Password: "x"}, "TLS where there is none": {Addr: addr}} {
		f, err := fetch.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := f.Look(ctx); err == nil {
			t.Errorf("%s: no error", what)
		}
		cancel()
	}
}
