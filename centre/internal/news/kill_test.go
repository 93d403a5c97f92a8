package news_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	netmail "net/mail"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

// What a child process is told: the database and the mail server.
const childDatabase, childServer = "NEWS_TEST_DATABASE", "NEWS_TEST_SERVER"

func TestMain(m *testing.M) {
	if url := os.Getenv(childDatabase); url != "" {
		if err := child(url, os.Getenv(childServer)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// workers of a child's queue: so many mails are under way when it is killed.
const workers = 4

// child is a centre's process that does nothing but news, until no job is left.
func child(url, server string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: url})
	if err != nil {
		return err
	}
	sender, err := mail.New(mail.Config{Addr: server, TLS: mail.TLSNone, From: mail.Address{Email: "news@news.example.jp"}})
	if err != nil {
		return err
	}
	texts, err := text.Load()
	if err != nil {
		return err
	}
	svc := news.New(news.Config{Store: s, Companies: tenant.New(tenant.Config{Store: s}), Contracts: noContracts{}, Texts: texts, Sender: sender, Domain: "news.example.jp", Provider: "みほん商工会議所", Address: "大阪府", Contact: "050-0000-0000", Phone: "050-0000-0000", Portal: "https://portal.example.jp"})
	q := job.New(job.Config{Store: s, Poll: 5 * time.Millisecond, Workers: workers, Lease: 500 * time.Millisecond})
	q.Handle(news.KindSpread, svc.HandleSpread)
	q.Handle(news.KindMail, svc.HandleMail)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	for left := 1; left > 0; <-time.After(20 * time.Millisecond) {
		if err := s.GlobalRead(ctx, func(tx *store.GlobalTx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE state IN ('running', 'waiting')`).Scan(&left)
		}); err != nil {
			cancel()
			return err
		}
	}
	cancel()
	return <-done
}

// postbox is a mail server that kills who talks to it, in the moment in which it has the whole mail and did not say so yet.
type postbox struct {
	mu    sync.Mutex
	got   map[string][]string // Message-IDs by address
	all   int
	at    map[int]bool // after so many mails
	child *os.Process
}

type session struct {
	*postbox
	to string
}

func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{postbox: p}, nil }

func (*session) Reset()                                      {}
func (*session) Logout() error                               { return nil }
func (*session) Mail(string, *smtp.MailOptions) error        { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[s.to] = append(s.got[s.to], m.Header.Get("Message-ID"))
	if s.all++; s.at[s.all] && s.child != nil {
		err = s.child.Kill() // SIGKILL
	}
	return err
}

// A process is killed with -9 in the middle of sending, three times, and started again: each address has a warning, and one that
// came twice has the same Message-ID, so that it is shown once; nobody gets a promotion twice.
func TestKilledWhileSending(t *testing.T) {
	t.Parallel()
	for _, kind := range []news.Kind{news.Warning, news.Offer} {
		for name, url := range map[string]string{"sqlite": storetest.SQLiteURL(t), "postgres": storetest.PostgresURL(t)} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				killed(t, url, kind)
			})
		}
	}
}

func killed(t *testing.T, url string, kind news.Kind) {
	const addresses, kills = 60, 3
	ctx := t.Context()
	s, err := store.Open(ctx, store.Config{URL: url})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	must(t, s.Migrate(ctx, tenant.Schema(), job.Schema(), device.Schema(), attach.Schema(), news.Schema()))
	tenants := tenant.New(tenant.Config{Store: s})
	must(t, tenants.EnsureHouse(ctx, "みほん商工会議所"))
	c := &centre{T: t, s: s, tenants: tenants}
	c.add(0, addresses)
	texts, err := text.Load()
	must(t, err)
	svc := news.New(news.Config{Store: s, Companies: tenants, Contracts: noContracts{}, Texts: texts, Address: "大阪府", Contact: "050-0000-0000"})
	p, err := svc.Write(ctx, "noda", piece(kind))
	must(t, err)
	must(t, svc.Send(ctx, "noda", p.ID, p.Revision))

	box := &postbox{got: map[string][]string{}, at: map[int]bool{5: true, 20: true, 40: true}}
	server := smtp.NewServer(box)
	server.Domain, server.ErrorLog = "mx.example", log.New(io.Discard, "", 0)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	deaths := 0
	for run := 0; ; run++ {
		if run > kills {
			t.Fatalf("still not done after %d starts", run)
		}
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), childDatabase+"="+url, childServer+"="+l.Addr().String())
		var said bytes.Buffer
		cmd.Stderr = &said
		box.mu.Lock()
		must(t, cmd.Start())
		box.child = cmd.Process
		box.mu.Unlock()
		err := cmd.Wait()
		if err == nil {
			break
		}
		if cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%v %s", err, said.String())
		}
		deaths++
	}
	if deaths != kills {
		t.Fatalf("killed %d times", deaths)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	d, err := svc.Delivery(ctx, "noda", p.ID)
	must(t, err)
	unknown := map[string]bool{}
	for _, x := range d.Troubled {
		unknown[x.Email] = x.State == "unknown"
	}
	again := 0
	for i := range addresses {
		email := fmt.Sprintf("owner@c%d.example", i)
		ids := box.got[email]
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("%s got two mails: %v", email, ids)
			}
		}
		switch {
		case len(ids) == 0 && !unknown[email]:
			t.Errorf("%s got nothing", email)
		case len(ids) > 1 && kind == news.Offer:
			t.Errorf("%s got a promotion %d times", email, len(ids))
		case len(ids) > 1:
			again += len(ids) - 1
		}
	}
	// What each killed process had under way may go out once more, or is not known of.
	if again > kills*workers || len(unknown) > kills*workers || kind == news.Warning && len(unknown) > 0 || kind == news.Offer && len(unknown) == 0 {
		t.Errorf("%d again, %d unknown", again, len(unknown))
	}
	if d.States["sent"]+len(unknown) != addresses {
		t.Errorf("%v", d.States)
	}
	t.Logf("%d killed, %d again under the same Message-ID, %d unknown", deaths, again, len(unknown))
}
