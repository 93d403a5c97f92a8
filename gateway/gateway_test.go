package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/eve"
)

var fingerprint = strings.Repeat("ab", 32)

func testBox(t testing.TB, cfg Config) *Box {
	t.Helper()
	cfg.StateDir = t.TempDir()
	cfg.Ports = []string{"", ""}
	if err := cfg.Complete(); err != nil {
		t.Fatal(err)
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.journal.Close() })
	return b
}

func alert(sid uint32) []byte {
	line, err := eve.Append(nil, &eve.Record{Timestamp: 1_800_000_000_000_000, EventType: eve.TypeAlert, SrcIP: eve.Addr{Addr: netip.MustParseAddr("203.0.113.5")}, DestIP: eve.Addr{Addr: netip.MustParseAddr("192.168.1.12")}, Proto: "TCP",
		Alert: &eve.Alert{Action: "blocked", SignatureID: sid, Signature: "x"}})
	if err != nil {
		panic(err)
	}
	return line
}

// Every whole line of the engine is kept, in order, whatever comes between.
func TestEngineLines(t *testing.T) {
	t.Parallel()
	b := testBox(t, Config{})
	var in bytes.Buffer
	for i := range 5000 {
		in.Write(alert(uint32(i + 1)))
		if i%100 == 0 {
			fmt.Fprintf(&in, "{\"event_type\":%q,\"rules\":7,\"scanner\":\"off\"}\n", typeStatus)
		}
	}
	in.WriteString("\n" + strings.Repeat("x", 2*maxLine) + "\n")
	in.Write(alert(5001))
	in.Write(alert(5002)[:40]) // the engine died here
	alive := 0
	b.read(&in, func() { alive++ })
	records, err := b.journal.Read(10_000)
	if err != nil || len(records) != 5001 || alive != 50 {
		t.Fatalf("%d records, %d signs of life, %v", len(records), alive, err)
	}
	for i, r := range records {
		if e, err := b.decode(r.Data); err != nil || e.Rule.SID != uint32(i+1) {
			t.Fatalf("record %d: %+v %v", i, e, err)
		}
	}
	if h := b.report(); h.Rules != 7 || !h.Protecting || h.Pending != 5001 {
		t.Errorf("health: %+v", h)
	}
}

// A line that is there alone is kept at once, not with the next one.
func TestEngineLineAlone(t *testing.T) {
	t.Parallel()
	b := testBox(t, Config{})
	r, w := io.Pipe()
	done := make(chan bool)
	go func() { b.read(r, func() {}); close(done) }()
	for i := 1; i <= 3; i++ {
		if _, err := w.Write(alert(uint32(i))); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { n, _ := b.journal.Pending(); return n == i })
	}
	w.Close()
	<-done
}

func waitFor(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("did not happen within 10 s")
		}
	}
}

// The alerts of a Suricata reach the journal once, without what they carry of the
// packet, over restarts and rotation.
func TestRelay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "eve.json")
	cfg := Config{EVEInput: path, CentreURL: "https://127.0.0.1:1", CentreFingerprint: fingerprint, Log: slog.New(slog.DiscardHandler)}
	b := testBox(t, cfg)
	line := func(sid int) string {
		return fmt.Sprintf(`{"timestamp":"2026-11-21T14:06:07.123456+0900","event_type":"alert","src_ip":"203.0.113.5","dest_ip":"192.168.1.12","proto":"TCP","payload":"c2VjcmV0","alert":{"action":"allowed","gid":1,"signature_id":%d,"rev":1,"signature":"s"}}`, sid) + "\n"
	}
	if err := os.WriteFile(path, []byte(line(1)+"{\"event_type\":\"stats\"}\ngarbage\n"+line(2)+line(3)[:30]), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(b *Box, want int) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		waitFor(t, func() bool { n, _ := b.journal.Pending(); return n == want })
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	run(b, 2)
	if h := b.report(); !h.Protecting {
		t.Error("the box says that nobody watches")
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(line(4)), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := New(b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	run(again, 3)
	last, err := New(b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer last.journal.Close()
	records, err := last.journal.Read(10)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint32
	for _, r := range records {
		if bytes.Contains(r.Data, []byte("c2VjcmV0")) {
			t.Error("the payload was kept")
		}
		e, err := last.decode(r.Data)
		if err != nil || e.Check() != nil {
			t.Fatal(err, e.Check())
		}
		got = append(got, e.Rule.SID)
	}
	if d := cmp.Diff([]uint32{1, 2, 4}, got); d != "" {
		t.Error(d)
	}
}

// The same through a socket to which the sensor connects.
func TestRelaySocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "eve.sock")
	b := testBox(t, Config{EVEInput: "unix:" + path, CentreURL: "https://127.0.0.1:1", CentreFingerprint: fingerprint, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	var c net.Conn
	waitFor(t, func() bool {
		var err error
		c, err = net.Dial("unix", path)
		return err == nil
	})
	defer c.Close()
	line := `{"timestamp":"2026-11-21T14:06:07.123456+0900","event_type":"alert","src_ip":"203.0.113.5","dest_ip":"192.168.1.12","proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"s"}}`
	if _, err := io.WriteString(c, line+"\n{\"event_type\":\"stats\"}\n"+line+"\n"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { n, _ := b.journal.Pending(); return n == 2 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
