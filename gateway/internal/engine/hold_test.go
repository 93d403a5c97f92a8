package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/watch"
)

// scanner is a clamd that finds "EVIL" and answers when gate is closed.
func scanner(t testing.TB, gate chan bool) *scan.Scanner {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				file := instream(c)
				<-gate
				answer := "stream: OK\x00"
				if strings.Contains(file, "EVIL") {
					answer = "stream: Test.Virus FOUND\x00"
				}
				_, _ = io.WriteString(c, answer)
			})
		}
	})
	return &scan.Scanner{Socket: path}
}

func instream(c net.Conn) string {
	r := bufio.NewReader(c)
	_, _ = r.ReadString(0)
	var out strings.Builder
	var head [4]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return out.String()
		}
		n := int64(binary.BigEndian.Uint32(head[:]))
		if n == 0 {
			return out.String()
		}
		_, _ = io.CopyN(&out, r, n)
	}
}

// ruled is the last word on a packet: v, or what its scanner says when it is held. An
// answer may be there before the packet has to be held.
func (b *box) ruled(v capture.Action, id uint32) capture.Action {
	b.t.Helper()
	if v == capture.Hold {
		return b.settled(id)
	}
	return v
}

// settled ticks until a packet is decided.
func (b *box) settled(id uint32) capture.Action {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		if v, ok := b.c.decided[id]; ok {
			return v.Action
		}
		if time.Now().After(end) {
			b.t.Fatal("a held packet is never decided")
		}
		b.w.Tick(b.now)
	}
}

const (
	request  = "GET /files/invoice.doc HTTP/1.1\r\nHost: files.example\r\n\r\n"
	response = "HTTP/1.1 200 OK\r\nContent-Type: application/msword\r\nContent-Length: %d\r\n\r\n"
)

// download opens a connection and gives all of a response but its last part; it
// returns that last packet's verdict, number and the sequence number before it.
func (b *box) download(e *ends, head, body, last string) (capture.Action, uint32, uint32) {
	b.t.Helper()
	b.open(e)
	b.say(e, 0, request)
	if head+body != "" && b.say(e, 1, head+body) != capture.Accept {
		b.t.Fatal("the beginning of a file does not pass")
	}
	before := e.seq[1]
	v, id := b.give(e.next(1, packet.PSH, last))
	return v.Action, id, before
}

func opened() chan bool { c := make(chan bool); close(c); return c }

func TestFileVerdicts(t *testing.T) {
	t.Parallel()
	sized := fmt.Sprintf(response, 24)
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	tests := []struct {
		name, head, body, last string
		want                   capture.Action
	}{
		{"clean", sized, "aaaaaaaaaaaaaaaaaaaa", "GOOD", capture.Accept},
		{"infected at the end", sized, "aaaaaaaaaaaaaaaaaaaa", "EVIL", capture.Drop},
		{"infected before", sized, "aaaaEVILaaaaaaaaaaaa", "GOOD", capture.Drop},
		{"infected, chunked", chunked, "4\r\nEVIL\r\n", "0\r\n\r\n", capture.Drop},
		{"clean, chunked", chunked, "4\r\nGOOD\r\n", "0\r\n\r\n", capture.Accept},
	}
	for _, tt := range tests {
		b := newBox(t, Config{Scanner: scanner(t, opened())})
		e := surf()
		v, id, before := b.download(e, tt.head, tt.body, tt.last)
		if v = b.ruled(v, id); v != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, v, tt.want)
		}
		if got := len(b.alerts()); got != int(tt.want) {
			t.Errorf("%s: %v", tt.name, b.alerts())
		}
		for _, ip := range b.c.sent {
			if _, tcp := parsed(t, ip); tcp.DstPort == 50000 && (!tcp.RST || tcp.Seq != before) {
				t.Errorf("%s: to the PC rst %v seq %d, want %d", tt.name, tcp.RST, tcp.Seq, before)
			}
		}
	}
}

// A whole infected file in one packet becomes a page that says so.
func TestVirusPage(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Scanner: scanner(t, opened())})
	e := surf()
	v, id, before := b.download(e, "", "", fmt.Sprintf(response, 4)+"EVIL")
	if got := b.ruled(v, id); got != capture.Drop || len(b.c.sent) == 0 {
		t.Fatalf("passes: %d at once, %d in the end, %d packets sent, %d files not seen, %v", v, got, len(b.c.sent), b.e.Stats.Uninspected.Load(), b.alerts())
	}
	page := ""
	for _, ip := range b.c.sent {
		if _, tcp := parsed(t, ip); tcp.DstPort == 50000 {
			if len(tcp.Payload) > 0 && tcp.Seq != before+uint32(len(page)) {
				t.Errorf("seq %d, want %d", tcp.Seq, before+uint32(len(page)))
			}
			page += string(tcp.Payload)
		}
	}
	if !strings.HasPrefix(page, "HTTP/1.1 403 ") || !strings.Contains(page, "invoice.doc") {
		t.Errorf("%.40q", page)
	}
}

// While a packet is held, no copy of its bytes passes, however it is cut, and what
// follows it may pass: the receiver cannot use it.
func TestNothingLeaksWhileHeld(t *testing.T) {
	t.Parallel()
	gate := make(chan bool)
	b := newBox(t, Config{Scanner: scanner(t, gate)})
	e := surf()
	last := "aaaaaaaaaaaaEVIL"
	v, id, before := b.download(e, fmt.Sprintf(response, 24), "aaaaaaaa", last)
	if v != capture.Hold {
		t.Fatal("not held")
	}
	for name, p := range map[string][]byte{
		"the same":              e.segment(1, before, e.seq[0], packet.ACK, []byte(last)),
		"its first half":        e.segment(1, before, e.seq[0], packet.ACK, []byte(last[:8])),
		"its second half":       e.segment(1, before+8, e.seq[0], packet.ACK, []byte(last[8:])),
		"with bytes before":     e.segment(1, before-4, e.seq[0], packet.ACK, []byte("aaaa"+last)),
		"with new bytes behind": e.segment(1, before, e.seq[0], packet.ACK, []byte(last+"HTTP/1.1 2")),
	} {
		if v, _ := b.give(p); v.Action == capture.Accept {
			t.Errorf("%s: passes", name)
		}
	}
	if v, _ := b.give(e.segment(0, e.seq[0], before, packet.ACK, nil)); v.Action != capture.Accept {
		t.Error("an acknowledgement does not pass")
	}
	close(gate)
	if b.settled(id) != capture.Drop {
		t.Error("the held packet passes")
	}
	for _, ip := range b.c.sent {
		if _, tcp := parsed(t, ip); tcp.DstPort == 50000 && tcp.Seq != before {
			t.Errorf("reset with seq %d, want %d", tcp.Seq, before)
		}
	}
}

// A file that ends with the connection is judged at its FIN, also when the FIN came
// before the last bytes, or before the announced length.
func TestFileEndsWithConnection(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"no length": "HTTP/1.1 200 OK\r\n\r\n", "a false length": fmt.Sprintf(response, 5000)} {
		b := newBox(t, Config{Scanner: scanner(t, opened())})
		e := surf()
		b.download(e, head, "some EV", "IL")
		fin := e.next(1, packet.FIN, "")
		v, id := b.give(fin)
		if b.ruled(v.Action, id) != capture.Drop {
			t.Errorf("%s: passes", name)
		}

		b = newBox(t, Config{Scanner: scanner(t, opened())})
		e = surf()
		b.open(e)
		b.say(e, 0, request)
		b.say(e, 1, head+"some EV")
		last := e.next(1, packet.PSH, "IL")
		b.give(e.next(1, packet.FIN, ""))
		v, id = b.give(last)
		if b.ruled(v.Action, id) != capture.Drop {
			t.Errorf("%s, FIN first: passes", name)
		}
	}
}

// A held FIN does not pass as a copy.
func TestHeldFINRepeats(t *testing.T) {
	t.Parallel()
	gate := make(chan bool)
	b := newBox(t, Config{Scanner: scanner(t, gate)})
	e := surf()
	b.download(e, "HTTP/1.1 200 OK\r\n\r\n", "some ", "EVIL")
	fin := e.next(1, packet.FIN, "")
	v, id := b.give(fin)
	if again, _ := b.give(fin); v.Action != capture.Hold || again.Action == capture.Accept {
		t.Error("the copy of a held FIN passes")
	}
	close(gate)
	b.settled(id)
}

// Without an answer the file passes after the time that is allowed, and is counted.
func TestScannerTooSlow(t *testing.T) {
	t.Parallel()
	gate := make(chan bool)
	defer close(gate)
	b := newBox(t, Config{Scanner: scanner(t, gate), LogApps: true})
	v, id, _ := b.download(surf(), fmt.Sprintf(response, 8), "EVIL", "EVIL")
	if v != capture.Hold {
		t.Fatal("not held")
	}
	b.w.Tick(b.now + watch.MaxWait)
	if _, ok := b.c.decided[id]; ok {
		t.Error("decided too early")
	}
	b.w.Tick(b.now + watch.MaxWait + 1000)
	if v, ok := b.c.decided[id]; !ok || v.Action != capture.Accept || b.e.Stats.Uninspected.Load() != 1 {
		t.Errorf("after the time: %v %v, %d counted", v, ok, b.e.Stats.Uninspected.Load())
	}
}

// Without a scanner files pass and are counted.
func TestScannerDown(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Scanner: &scan.Scanner{Socket: filepath.Join(t.TempDir(), "none")}})
	v, id, _ := b.download(surf(), fmt.Sprintf(response, 8), "EVIL", "EVIL")
	v = b.ruled(v, id)
	if v != capture.Accept || b.e.Stats.Uninspected.Load() != 1 {
		t.Errorf("%d, %d counted", v, b.e.Stats.Uninspected.Load())
	}
}

// A flow that ends or fails gives back the packets that it holds.
func TestHeldPacketsAreGivenBack(t *testing.T) {
	t.Parallel()
	gate := make(chan bool)
	defer close(gate)
	for name, end := range map[string]func(*box, *bool){
		"timeout": func(b *box, _ *bool) { b.w.flows.EndAll() },
		"panic": func(b *box, fail *bool) {
			*fail = true
			b.give(surf().segment(0, 1, 1, packet.ACK, nil))
		},
	} {
		fail := false
		b := newBox(t, Config{Scanner: scanner(t, gate), Probe: func() {
			if fail {
				panic("injected")
			}
		}})
		_, id, _ := b.download(surf(), fmt.Sprintf(response, 8), "EVIL", "EVIL")
		end(b, &fail)
		if v, ok := b.c.decided[id]; !ok || v.Action != capture.Accept {
			t.Errorf("%s: %v %v", name, v, ok)
		}
		b.w.Tick(b.now)
	}
}
