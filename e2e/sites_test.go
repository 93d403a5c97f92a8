package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// Lists of an office, as its configuration names them, decide over names, pages, addresses
// and ports, for everybody or for one device; a change counts without a gap.
func TestSites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zone.rpz")
	zone := func(names ...string) {
		t.Helper()
		text := "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n"
		for _, n := range names {
			text += n + " CNAME .\n*." + n + " CNAME .\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zone("always.example", "first.example")
	b := startBox(t, "", fmt.Sprintf(`encrypted_dns = "block"
[groups]
pc2 = ["02:00:00:00:00:11"]
[[list]]
name = "zone"
category = "phishing"
file = %q
[[list]]
name = "pages"
category = "malware"
entries = ["http://%s/drop/a.exe", "%s:8080", "needed.example"]
[[list]]
name = "games"
category = "games"
groups = ["pc2"]
entries = ["play.example"]
[[list]]
name = "ours"
allow = true
entries = ["needed.example"]
`, file, lab.GoodName, lab.Good), nil)
	answerHarmless(t, b.lab)

	ask := func(pc *lab.Namespace, network, name string) bool { return exists(t, pc, network, name) }
	for _, network := range []string{"udp", "tcp"} {
		for name, want := range map[string]bool{"www.always.example": false, "always.example": false, "harmless.example": true, "needed.example": true,
			"dns.google": false, "use-application-dns.net": false, "play.example": true} {
			if got := ask(b.lab.PC1, network, name); got != want {
				t.Errorf("%s: %s exists: %v, want %v", network, name, got, want)
			}
		}
		if ask(b.lab.PC2, network, "play.example") {
			t.Errorf("%s: a list does not count for its device", network)
		}
	}
	for url, want := range map[string]int{"/drop/a.exe": http.StatusForbidden, "/drop/%61.exe?x=1": http.StatusForbidden, "/drop/b.exe": http.StatusOK, ":8080/": 0, ":8081/": http.StatusOK} {
		if got := status(b.lab.PC1, url); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	says(t, b.lab.PC1)
	// A name that stands on the old and on the new list never exists meanwhile.
	var asked, seen atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if asked.Add(1); exists(t, b.lab.PC1, "udp", "x.always.example") {
				seen.Add(1)
			}
		}
	}()
	zone("always.example", "second.example")
	for n := 1; n <= 3; n++ {
		if err := b.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		b.log.await(t, "rules and lists were read anew", n)
	}
	close(stop)
	<-done
	if seen.Load() != 0 || asked.Load() == 0 {
		t.Errorf("%d of %d questions found a name that is on all lists", seen.Load(), asked.Load())
	}
	if !ask(b.lab.PC1, "udp", "first.example") || ask(b.lab.PC1, "udp", "second.example") {
		t.Error("the new list does not count")
	}
	b.stop()
	eve, err := os.ReadFile(b.eve)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"site":"www.always.example"`, `"category":"encrypted-dns"`, `"list":"games"`, `"list":"pages"`, `"kind":"appeal"`, `"reason":"work"`} {
		if !strings.Contains(string(eve), want) {
			t.Errorf("no record has %s", want)
		}
	}
	if strings.Contains(string(eve), `"site":"use-application-dns.net"`) {
		t.Error("a browser's own question is told of")
	}
}

// says presses the button of a block page: the box takes it, and the site hears nothing.
func says(t *testing.T, pc *lab.Namespace) {
	t.Helper()
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return pc.Dial(ctx, network, lab.Good+":80")
		}}}
	read := func(resp *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		return string(page)
	}
	page := read(c.Get("http://always.example/login"))
	_, rest, _ := strings.Cut(page, `formaction="`)
	button, _, ok := strings.Cut(rest, `"`)
	if !ok || !strings.HasPrefix(button, "/.otasuke/wrong/") {
		t.Fatalf("no button: %s", page)
	}
	press := "http://always.example" + strings.TrimSuffix(strings.TrimSuffix(button, "known"), "work") + "work"
	for _, want := range []string{"お預かりしました", "今日すでに"} {
		if said := read(c.Post(press, "application/x-www-form-urlencoded", nil)); !strings.Contains(said, want) {
			t.Errorf("the box does not say %q: %s", want, said)
		}
	}
}

// answerHarmless makes the internet answer every question and serve every page.
func answerHarmless(t *testing.T, l *lab.Lab) {
	t.Helper()
	pc, err1 := l.Internet.ListenPacket(lab.Good + ":53")
	stream, err2 := l.Internet.Listen(lab.Good + ":53")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close(); stream.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(found(b[:n]), from)
		}
	}()
	go func() {
		for {
			c, err := stream.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 1500)
				if n, err := c.Read(b); err == nil && n > 2 {
					a := found(b[2:n])
					_, _ = c.Write(append([]byte{byte(len(a) >> 8), byte(len(a))}, a...))
				}
			}()
		}
	}()
	for _, port := range []string{"80", "8080", "8081"} {
		web, err := l.Internet.Listen(net.JoinHostPort(lab.Good, port))
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "harmless") })}
		t.Cleanup(func() { s.Close() })
		go func() { _ = s.Serve(web) }()
	}
}

// found answers a question with one question: the name is at 203.0.113.10, or has no address
// of another kind.
func found(q []byte) []byte {
	end := 12
	for end < len(q) && q[end] != 0 {
		end += 1 + int(q[end])
	}
	end += 5
	if end > len(q) {
		return nil
	}
	a := append([]byte(nil), q[:end]...)
	a[2], a[3] = 0x81, 0x80
	copy(a[6:12], make([]byte, 6)) // no records of the question beside it
	if q[end-3] == 1 {
		a[7] = 1
		a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 203, 0, 113, 10)
	}
	return a
}

// exists asks for a name over "udp" or "tcp".
func exists(t *testing.T, pc *lab.Namespace, network, name string) bool {
	r := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return pc.Dial(ctx, network, lab.Good+":53") }}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := r.LookupNetIP(ctx, "ip4", name+".")
	var none *net.DNSError
	if err != nil && (!errors.As(err, &none) || !none.IsNotFound) {
		t.Errorf("%s: %s: no answer: %v", network, name, err)
	}
	return err == nil
}

// status asks the harmless server for a page; 0 is no answer.
func status(pc *lab.Namespace, path string) int {
	at := lab.Good + ":80"
	if port, rest, ok := strings.Cut(strings.TrimPrefix(path, ":"), "/"); ok && strings.HasPrefix(path, ":") {
		at, path = net.JoinHostPort(lab.Good, port), "/"+rest
	}
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { return pc.Dial(ctx, network, at) }}}
	resp, err := c.Get("http://" + lab.GoodName + path)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
