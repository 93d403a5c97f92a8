package centre

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/tenant"
	"otasuke/e2e/mailsink"
)

func asks(from string, n int) string {
	return fmt.Sprintf("From: %s\r\nSubject: question %d\r\nMessage-ID: <%d.%s>\r\n\r\nhello\r\n", from, n, n, from)
}

type appended struct{ *strings.Reader }

func (l appended) Size() int64 { return int64(l.Len()) }

// mailbox is a real IMAP server with mails in it.
func mailbox(t *testing.T, mails ...string) string {
	t.Helper()
	user := imapmemserver.NewUser("desk", "secret")
	ok(t, user.Create("INBOX", nil))
	for _, m := range mails {
		_, err := user.Append("INBOX", appended{strings.NewReader(m)}, &imap.AppendOptions{})
		ok(t, err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String()
}

// Real programs, killed again and again: what brings mails in, and the centre that reads them. As a mail server does, a mail
// is brought once more until it was taken. Each becomes one ticket, and each sender hears of it.
func TestDeskLosesNoMailWhenKilled(t *testing.T) {
	t.Parallel()
	const piped, fetched = 8, 4
	dir := t.TempDir()
	program := filepath.Join(dir, "otasuke")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "otasuke").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sink := &mailsink.Sink{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	go func() { _ = sink.Serve(l) }()
	t.Cleanup(func() { _ = sink.Close() })
	var box []string
	for i := range fetched {
		box = append(box, asks(fmt.Sprintf("box%d@x.example", i), i))
	}
	cfg := testConfig(t, "sqlite://"+filepath.Join(dir, "centre.db"))
	cfg.StateDir, cfg.Mail.Server = filepath.Join(dir, "state"), l.Addr().String()
	ok(t, os.WriteFile(filepath.Join(dir, "password"), []byte("secret\n"), 0o600))
	config := filepath.Join(dir, "centre.toml")
	ok(t, os.WriteFile(config, fmt.Appendf(nil, "name = %q\ndatabase = %q\nstate_dir = %q\nphone = %q\n[portal]\nlisten = %q\nurl = %q\n[console]\nlisten = %q\nurl = %q\n[boxes]\nlisten = %q\nnames = [\"127.0.0.1\"]\n[mail]\nserver = %q\ntls = \"none\"\nfrom = %q\n[desk]\naddress = \"desk@alert.example\"\n[desk.imap]\nserver = %q\ntls = \"none\"\nusername = \"desk\"\npassword_file = %q\nevery = \"200ms\"\n",
		cfg.Name, cfg.Database, cfg.StateDir, cfg.Phone, cfg.Portal.Listen, cfg.Portal.URL, cfg.Console.Listen, cfg.Console.URL, cfg.Boxes.Listen, cfg.Mail.Server, cfg.Mail.From, mailbox(t, box...), filepath.Join(dir, "password")), 0o600))

	centre := func() *exec.Cmd {
		cmd := exec.Command(program, "centre", "-config", config)
		ok(t, cmd.Start())
		return cmd
	}
	running := centre()
	defer func() { _ = running.Process.Kill(); _ = running.Wait() }()
	// bring pipes a mail in; it is killed after patience.
	bring := func(mail string, patience time.Duration) int {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, "centre", "desk-mail", "-config", config)
		cmd.Stdin = strings.NewReader(mail)
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	for i := range piped {
		mail := asks(fmt.Sprintf("pipe%d@x.example", i), i)
		for try := 0; bring(mail, time.Duration(20+rand.IntN(150)+try*100)*time.Millisecond) != 0; try++ {
			if try > 200 {
				t.Fatal("never taken")
			}
		}
		if i%3 == 2 {
			ok(t, running.Process.Kill())
			_ = running.Wait()
			running = centre()
		}
	}
	if code := bring(strings.Repeat("x", 31<<20), time.Minute); code != exitData {
		t.Errorf("a mail of 31 MiB: %d", code)
	}
	heard := func() map[string]map[string]bool { // senders, and the ids of what they got
		all := map[string]map[string]bool{}
		for _, m := range sink.Mails() {
			if all[m.To] == nil {
				all[m.To] = map[string]bool{}
			}
			all[m.To][m.ID] = true
			if !bytes.Contains(m.Raw, []byte("desk@alert.example")) {
				t.Errorf("nobody can answer %s", m.Raw)
			}
		}
		return all
	}
	for end := time.Now().Add(time.Minute); len(heard()) < piped+fetched; time.Sleep(50 * time.Millisecond) { // another process: nothing to wait for but what it does
		if time.Now().After(end) {
			t.Fatalf("%d of %d senders heard that their mail came", len(heard()), piped+fetched)
		}
	}
	for who, ids := range heard() {
		if len(ids) != 1 {
			t.Errorf("%s got %d acknowledgements", who, len(ids))
		}
	}
	ok(t, running.Process.Kill())
	_ = running.Wait()
	c, err := New(t.Context(), cfg)
	ok(t, err)
	defer c.Close()
	all, err := c.desk.Tickets(t.Context(), tenant.House)
	ok(t, err)
	from := map[string]int{}
	for _, one := range all {
		from[one.Email]++
	}
	if len(all) != piped+fetched || len(from) != piped+fetched {
		t.Errorf("%d tickets of %d senders, want %d", len(all), len(from), piped+fetched)
	}
}

func TestExitCodesForMailServers(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{nil: 0, desk.ErrLarge: 65, desk.ErrEmpty: 65, ErrConfig: 75, errors.New("database is away"): 75} {
		if got := MailExit(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
