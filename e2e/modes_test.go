package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// pathRules and pathLists are what answers on each path are tested with.
const (
	pathRules = `reject tcp any any -> any any (msg:"ended"; content:"words that end it"; sid:31;)
drop udp any any -> any any (msg:"forbidden"; content:"forbidden words"; sid:32;)`
	pathLists = "eve_log_bytes = -1\n[[list]]\nname = \"dangerous\"\ncategory = \"phishing\"\nentries = [\"blocked.example\"]\n"
)

// A box stands wherever the cable goes: what passes is inspected whatever stands before the
// packets, and who asks for something dangerous gets the answer that others get.
func TestBridgeEverywhere(t *testing.T) {
	b := startBox(t, pathRules, pathLists, nil)
	serveAll(t, b.lab.Internet)
	l := b.lab
	mac := func(n *lab.Namespace) net.HardwareAddr {
		t.Helper()
		m, err := n.HardwareAddr("eth0")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	router, pc := mac(l.Internet), mac(l.PC1)
	for _, err := range []error{
		l.Internet.AddAddress("eth0", "fd00:1::1/64"), l.PC1.AddAddress("eth0", "fd00:1::11/64"),
		l.Internet.Tagged("vlan", lab.Tagged{VLANs: []uint16{10}}, 1500, "192.168.10.1/24", "fd00:10::1/64"),
		l.PC1.Tagged("vlan", lab.Tagged{VLANs: []uint16{10}}, 1500, "192.168.10.11/24", "fd00:10::11/64"),
		l.Internet.Tagged("ppp", lab.Tagged{Session: 0x1234, Peer: pc}, 1492, "192.168.20.1/24", "fd00:20::1/64"),
		l.PC1.Tagged("ppp", lab.Tagged{Session: 0x1234, Peer: router}, 1492, "192.168.20.11/24", "fd00:20::11/64"),
		l.Internet.Tagged("qinq", lab.Tagged{VLANs: []uint16{30, 31}}, 1496, "192.168.30.1/24"),
		l.PC1.Tagged("qinq", lab.Tagged{VLANs: []uint16{30, 31}}, 1496, "192.168.30.11/24"),
		l.Internet.Tagged("both", lab.Tagged{VLANs: []uint16{40}, Session: 0x77, Peer: pc}, 1492, "192.168.40.1/24"),
		l.PC1.Tagged("both", lab.Tagged{VLANs: []uint16{40}, Session: 0x77, Peer: router}, 1492, "192.168.40.11/24"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []struct{ name, at string }{
		{"IPv4", lab.Router}, {"IPv6", "fd00:1::1"}, {"VLAN", "192.168.10.1"}, {"VLAN, IPv6", "fd00:10::1"},
		{"PPPoE", "192.168.20.1"}, {"PPPoE, IPv6", "fd00:20::1"},
	} {
		t.Run(path.name, func(t *testing.T) { inspected(t, l.PC1, path.at) })
	}
	t.Run("QinQ", func(t *testing.T) { carries(t, l.PC1, "192.168.30.1") })
	t.Run("PPPoE in a VLAN", func(t *testing.T) {
		carries(t, l.PC1, "192.168.40.1")
		if err := l.PC1.Enter(func() {
			if saidBack("192.168.40.1:9000", forbidden, 2*time.Second) == nil {
				t.Error("what is forbidden passes")
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
	b.stop()
	if text := everything(t, b.eve); !strings.Contains(text, `"vlan":[10]`) {
		t.Error("no record tells the VLAN")
	}
}

// Jumbo frames go through where the cables carry them, and are inspected.
func TestBridgeJumbo(t *testing.T) {
	b := startBox(t, pathRules, "mtu = 9000\n"+pathLists, nil)
	l := b.lab
	for _, err := range []error{l.Internet.SetMTU("eth0", 9000), l.PC1.SetMTU("eth0", 9000), l.Office.SetMTU("port16", 9000), l.Office.SetMTU("uplink", 9000)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	serveAll(t, l.Internet)
	inspected(t, l.PC1, lab.Router)
	pc, err := l.Internet.ListenPacket(lab.Router + ":9000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		b := make([]byte, 9000)
		for {
			k, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(b[:k], from)
		}
	}()
	for words, want := range map[string]bool{"harmless words": true, forbidden: false} {
		c, err := l.PC1.Dial(t.Context(), "udp", lab.Router+":9000")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, strings.Repeat("x", 8900)+words); err != nil {
			t.Fatal(err)
		}
		patience := time.Second // nothing comes
		if want {
			patience = 10 * time.Second
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 9000)); (err == nil) != want {
			t.Errorf("a datagram of 8,900 bytes with %q: %v", words, err)
		}
	}
}

// A box at a mirror port tells of what it sees, in both directions and with VLANs, stops
// nothing, and is noticed by nobody.
func TestTap(t *testing.T) {
	l := newLab(t)
	if err := l.JoinBox(); err != nil {
		t.Fatal(err)
	}
	if err := lab.Cable(l.Office, "mirror", l.Box, "mon0", 0x78); err != nil {
		t.Fatal(err)
	}
	if err := l.Office.Mirror("mirror", "uplink", "port16"); err != nil {
		t.Skipf("no mirror port here: %v", err)
	}
	for _, n := range []struct {
		host *lab.Namespace
		at   string
	}{{l.Internet, "192.168.10.1/24"}, {l.PC1, "192.168.10.11/24"}} {
		if err := n.host.Tagged("vlan", lab.Tagged{VLANs: []uint16{10}}, 1500, n.at); err != nil {
			t.Fatal(err)
		}
	}
	serveAll(t, l.Internet)
	b := startIn(t, l, pathRules, "mode = \"tap\"\nports = [\"mon0\"]\n"+pathLists, nil)
	ear, err := l.Office.Overhear("mirror")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ear.Close() })
	for _, at := range []string{lab.Router, "192.168.10.1"} {
		if err := l.PC1.Enter(func() {
			if err := saidBackEnd(net.JoinHostPort(at, "9000"), forbidden); err != nil {
				t.Errorf("%s: what is forbidden is stopped: %v", at, err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		carries(t, l.PC1, at)
	}
	b.stop()
	text := everything(t, b.eve)
	alerts, tagged := 0, false
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"event_type":"alert"`) && strings.Contains(line, `"signature":"forbidden"`) {
			alerts++
			tagged = tagged || strings.Contains(line, `"vlan":[10]`)
			if !strings.Contains(line, `"action":"allowed"`) || strings.Contains(line, `"action":"blocked"`) {
				t.Errorf("an alert says that something was stopped: %s", line)
			}
		}
	}
	if alerts < 2 || !tagged {
		t.Errorf("%d alerts, of the VLAN: %v", alerts, tagged)
	}
	if c := lastCounts(t, b.eve); c.Otasuke.Counts["uninspected"] != 0 || c.Otasuke.Counts["blocked"] != 0 {
		t.Errorf("counts %v", c.Otasuke.Counts)
	}
	ear.Until(100*time.Millisecond, func(f []byte) bool {
		t.Errorf("the box says %x", f)
		return true
	})
}

// saidBackEnd says words to a server of serveAll and waits for all of them and the end.
func saidBackEnd(at, words string) error {
	c, err := net.DialTimeout("tcp", at, 5*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c, words); err != nil {
		return err
	}
	_ = c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if err == nil && string(got) != words {
		err = fmt.Errorf("%q came back", got)
	}
	return err
}

// serveAll starts servers on every address of a host: of names, pages, and one that says back.
func serveAll(t *testing.T, n *lab.Namespace) {
	t.Helper()
	pc, err1 := n.ListenPacket("[::]:53")
	web, err2 := n.Listen("[::]:80")
	back, err3 := n.Listen("[::]:9000")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "harmless") })}
	t.Cleanup(func() { pc.Close(); back.Close(); s.Close() })
	go func() { _ = s.Serve(web) }()
	go func() {
		b := make([]byte, 1500)
		for {
			k, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(found(b[:k]), from)
		}
	}()
	go func() {
		for {
			c, err := back.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
}

// carries fails when a harmless transfer does not get there and back.
func carries(t *testing.T, pc *lab.Namespace, at string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := pc.Dial(ctx, "tcp", net.JoinHostPort(at, "9000"))
	if err != nil {
		t.Fatalf("harmless: %v", err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	want := bytes.Repeat([]byte("nothing that a rule looks for. "), 16<<10)
	go func() {
		_, _ = c.Write(want)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, want) {
		t.Errorf("harmless: %d of %d bytes came back: %v", len(got), len(want), err)
	}
}

// inspected fails when a path to a server of serveAll is not inspected, or when what the box
// answers in its place does not arrive.
func inspected(t *testing.T, pc *lab.Namespace, at string) {
	t.Helper()
	carries(t, pc, at)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		port := "80"
		if network == "udp" {
			port = "53"
		}
		return pc.Dial(ctx, network, net.JoinHostPort(at, port))
	}
	say := func(words string) error {
		c, err := pc.Dial(ctx, "tcp", net.JoinHostPort(at, "9000"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		if _, err := io.WriteString(c, words); err != nil {
			return err
		}
		_, err = c.Read(make([]byte, 100))
		return err
	}
	if say(forbidden) == nil {
		t.Error("what is forbidden passes")
	}
	if err := say("words that end it"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the reset does not arrive: %v", err)
	}
	web := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	for host, want := range map[string]int{"harmless.example": http.StatusOK, "blocked.example": http.StatusForbidden} {
		resp, err := web.Get("http://" + host + "/")
		if err != nil {
			t.Errorf("%s: no page: %v", host, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, resp.StatusCode, want)
		}
	}
	names := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, "udp", "") }}
	if _, err := names.LookupNetIP(ctx, "ip4", "harmless.example."); err != nil {
		t.Errorf("a harmless name: %v", err)
	}
	var none *net.DNSError
	if _, err := names.LookupNetIP(ctx, "ip4", "blocked.example."); !errors.As(err, &none) || !none.IsNotFound {
		t.Errorf("no answer that the name does not exist: %v", err)
	}
}

// everything that a file holds.
func everything(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
