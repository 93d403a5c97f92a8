package engine

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// hello is the first flight of a TLS client.
func hello(t testing.TB, name string) []byte {
	t.Helper()
	a, b := net.Pipe()
	go func() { _ = tls.Client(a, &tls.Config{ServerName: name}).Handshake() }()
	defer a.Close()
	defer b.Close()
	head := make([]byte, 5)
	if _, err := io.ReadFull(b, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(b, body); err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

const (
	serverHello = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr" + "\x00\x13\x01\x00"
	change      = "\x14\x03\x03\x00\x01\x01"
	application = "\x17\x03\x03\x00\x10" + "eeeeeeeeeeeeeeee"
)

// A connection is let go only after both sides encrypt; until then it is judged.
func TestTLSBypass(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{BypassMark: 77})
	e := between("192.168.1.12:50000", "198.51.100.80:443")
	b.open(e)
	steps := []struct {
		dir  int
		data string
		mark uint32
	}{{0, string(hello(t, "good.example")), 0}, {1, serverHello, 0}, {1, change, 0}, {1, application, 0}, {0, change, 77}, {0, application, 77}, {1, application, 77}}
	for i, s := range steps {
		if v, _ := b.give(e.next(s.dir, packet.PSH, s.data)); v.Action != capture.Accept || v.Mark != s.mark {
			t.Errorf("step %d: verdict %+v, want mark %d", i, v, s.mark)
		}
	}
	if b.e.Stats.Bypassed.Load() != 1 {
		t.Errorf("%d bypassed", b.e.Stats.Bypassed.Load())
	}
}

// A dangerous name in a TLS hello stops the connection at the hello, however cut.
func TestTLSBlocked(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 5, 100, 5000} {
		b := newBox(t, Config{Lists: listsOf(t, "evil.example\n"), BypassMark: 77})
		e := between("192.168.1.12:50000", "198.51.100.80:443")
		b.open(e)
		last := capture.Accept
		for _, p := range fixed(size)(nil, hello(t, "www.evil.example")) {
			last = b.say(e, 0, string(p.data))
		}
		if last != capture.Drop || len(b.alerts()) != 1 || len(b.c.sent) != 2 {
			t.Errorf("pieces of %d: verdict %d, alerts %v, %d sent", size, last, b.alerts(), len(b.c.sent))
		}
	}
}

// An unknown protocol is let go after the budget, not before.
func TestBudgetBypass(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{BypassMark: 77, Budget: 10_000})
	e := between("192.168.1.12:50000", "198.51.100.80:7777")
	b.open(e)
	for sent := 1000; sent <= 13_000; sent += 1000 {
		v, _ := b.give(e.next(0, packet.PSH, strings.Repeat("\x01", 1000)))
		if want := sent > 10_000; (v.Mark == 77) != want {
			t.Errorf("after %d bytes: mark %d", sent, v.Mark)
		}
	}
}

// initials are the first datagrams of a QUIC client.
func initials(t testing.TB, name string) (out [][]byte) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	go func() {
		_, _ = quic.DialAddr(ctx, c.LocalAddr().String(), &tls.Config{ServerName: name, NextProtos: []string{"h3"}}, nil)
	}()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	for len(out) < 2 {
		b := make([]byte, 2000)
		n, _, err := c.ReadFrom(b)
		if err != nil {
			break
		}
		out = append(out, b[:n])
	}
	return out
}

// A dangerous name in a QUIC hello stops the flow; a harmless one passes and is let
// go once the server has answered.
func TestQUIC(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]bool{"www.evil.example": true, "good.example": false} {
		b := newBox(t, Config{Lists: listsOf(t, "evil.example\n"), BypassMark: 77})
		e := between("192.168.1.12:50000", "198.51.100.80:443")
		last := capture.Verdict{}
		for _, d := range initials(t, name) {
			last, _ = b.give(packet.AppendUDP(nil, e.client, e.server, d))
		}
		if (last.Action == capture.Drop) != bad || (len(b.alerts()) == 1) != bad {
			t.Errorf("%s: verdict %+v, alerts %v", name, last, b.alerts())
		}
		answer, _ := b.give(packet.AppendUDP(nil, e.server, e.client, make([]byte, 1200)))
		if (answer.Action == capture.Drop) != bad || (answer.Mark == 77) == bad {
			t.Errorf("%s: answer %+v", name, answer)
		}
	}
}

// What only begins like TLS is not let go, and its bytes are matched.
func TestNotTLSAfterHello(t *testing.T) {
	t.Parallel()
	set := rulesOf(t, `drop tcp any any -> any any (msg:"late"; flow:established; content:"attack-at-dawn"; sid:7;)`)
	b := newBox(t, Config{Rules: set, BypassMark: 77})
	e := between("192.168.1.12:50000", "198.51.100.80:443")
	b.open(e)
	b.say(e, 0, string(hello(t, "good.example")))
	b.say(e, 1, serverHello)
	for _, dir := range []int{0, 1, 0, 1} {
		if v, _ := b.give(e.next(dir, packet.PSH, "no record at all")); v.Mark != 0 {
			t.Fatalf("let go in direction %d", dir)
		}
	}
	if b.say(e, 0, "attack-at-dawn") != capture.Drop {
		t.Error("not matched behind the false handshake")
	}
}

// An inside client of a dangerous address is told at once.
func TestAddressRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "198.51.100.80\n")})
	e := between("192.168.1.12:50000", "198.51.100.80:443")
	v, _ := b.give(e.segment(0, 1000, 0, packet.SYN, nil))
	if v.Action != capture.Drop || len(b.c.sent) != 1 {
		t.Fatalf("verdict %+v, %d sent", v, len(b.c.sent))
	}
	_, tcp := parsed(t, b.c.sent[0])
	if !tcp.RST || !tcp.ACK || tcp.SrcPort != 443 || tcp.DstPort != 50000 {
		t.Errorf("answer %+v", tcp)
	}
}
