package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/wire"
)

// An upload to a generative AI over TLS is counted with all its bytes, although the kernel
// forwards most of them by itself; a category that is switched off gets no answer.
func TestApplications(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.toml")
	name := func(id string) {
		t.Helper()
		text := fmt.Sprintf("[[app]]\nid = %q\nja = \"受発注\"\ncategory = \"business\"\nnames = [\"%s.example\"]\n", id, id)
		if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name("orders")
	b := startBox(t, "", fmt.Sprintf("applications = %q\n[[block]]\ncategories = [\"gambling\"]\n", own), nil)
	sites := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "thanks")
	}))
	l, err := b.lab.Internet.Listen(net.JoinHostPort(lab.Good, "443"))
	if err != nil {
		t.Fatal(err)
	}
	sites.Listener.Close()
	sites.Listener = l
	sites.StartTLS()
	t.Cleanup(sites.Close)
	visit := func(pc *lab.Namespace, name string, body int) error {
		c := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return pc.Dial(ctx, network, net.JoinHostPort(lab.Good, "443"))
			}}}
		defer c.CloseIdleConnections()
		resp, err := c.Post("https://"+name+"/", "application/octet-stream", bytes.NewReader(make([]byte, body)))
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	const upload = 20 << 20
	if err := visit(b.lab.PC1, "chatgpt.com", upload); err != nil {
		t.Fatal(err)
	}
	if err := visit(b.lab.PC1, "www.jra.go.jp", 10); err == nil {
		t.Error("a category that is switched off answers")
	}
	if err := visit(b.lab.PC2, "www.example.com", 10); err != nil {
		t.Error(err)
	}
	// A PC that takes the ports of a refused connection again is not kept waiting.
	from := func(name string) error {
		var c net.Conn
		err := b.lab.PC1.Visit(func() (err error) {
			d := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(lab.PC1), Port: 20_443}}
			c, err = d.Dial("tcp", net.JoinHostPort(lab.Good, "443"))
			return err
		})
		if err != nil {
			return fmt.Errorf("no connection: %w", err)
		}
		defer c.Close()
		if err := c.(*net.TCPConn).SetLinger(0); err != nil { // the ports are free at once
			t.Error(err)
		}
		return tls.Client(c, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake()
	}
	for range 2 {
		if err := from("www.jra.go.jp"); !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
	}
	if err := from("www.example.com"); err != nil {
		t.Error(err)
	}
	// The company's own file and its wishes are read anew under way.
	if err := visit(b.lab.PC2, "www.orders.example", 10); err != nil {
		t.Error(err)
	}
	name("stock")
	conf := filepath.Join(filepath.Dir(b.rules), "box.toml")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, bytes.ReplaceAll(text, []byte("gambling"), []byte("meeting")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "rules and lists were read anew", 1)
	if err := visit(b.lab.PC2, "www.stock.example", 10); err != nil {
		t.Error(err)
	}
	if err := visit(b.lab.PC2, "zoom.us", 10); err == nil {
		t.Error("a category that was switched off under way answers")
	}
	if err := visit(b.lab.PC2, "www.jra.go.jp", 10); err != nil {
		t.Errorf("a category that was switched on again: %v", err)
	}
	b.stop()
	used := reported(t, filepath.Join(filepath.Dir(b.eve), "journal"))
	if gpt := used["chatgpt"]; gpt.Up < upload || gpt.Up > upload*11/10 || gpt.Category != "ai" || gpt.Flows != 1 || gpt.Minutes < 1 {
		t.Errorf("of an upload of %d bytes the report says %+v", upload, gpt)
	}
	if jra := used["jra"]; jra.Blocked != 3 {
		t.Errorf("%+v", jra)
	}
	if used["orders"].Flows != 1 || used["stock"].Flows != 1 {
		t.Errorf("the company's own: %+v %+v", used["orders"], used["stock"])
	}
	if other := used[""]; other.Flows == 0 {
		t.Errorf("what has no name is not counted: %+v", used)
	}
	eve, err := os.ReadFile(b.eve)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"application":"chatgpt"`, `OTASUKE application (gambling, jra)`} {
		if !strings.Contains(string(eve), want) {
			t.Errorf("no record has %s", want)
		}
	}
}

// reported adds up what a box has told in its journal, by application.
func reported(t *testing.T, journal string) map[string]wire.AppUse {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(journal, "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no journal: %v", err)
	}
	used := map[string]wire.AppUse{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for {
			i := bytes.Index(text, []byte(`{"event_type":"otasuke-event"`))
			if i < 0 {
				break
			}
			text = text[i:]
			var line struct {
				Event wire.Event `json:"event"`
			}
			d := json.NewDecoder(bytes.NewReader(text))
			if err := d.Decode(&line); err != nil {
				t.Fatal(err)
			}
			text = text[d.InputOffset():]
			if u := line.Event.Usage; u != nil {
				for _, a := range u.Apps {
					sum := used[a.App]
					sum.App, sum.Category, sum.Up, sum.Down, sum.Minutes, sum.Flows, sum.Blocked = a.App, a.Category, sum.Up+a.Up, sum.Down+a.Down, sum.Minutes+a.Minutes, sum.Flows+a.Flows, sum.Blocked+a.Blocked
					used[a.App] = sum
				}
			}
		}
	}
	return used
}
