package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otasuke/e2e/talk"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
)

// receiver is an end as it sees the packets that passed: a byte that it has taken
// stays, whatever comes later.
type receiver struct {
	start uint32
	bytes map[uint32]byte
}

func (r *receiver) take(seq uint32, data []byte) {
	for i, c := range data {
		if _, ok := r.bytes[seq+uint32(i)]; !ok {
			r.bytes[seq+uint32(i)] = c
		}
	}
}

// read is what the application has got.
func (r *receiver) read() (out []byte) {
	for seq := r.start; ; seq++ {
		c, ok := r.bytes[seq]
		if !ok {
			return out
		}
		out = append(out, c)
	}
}

// piece of a message, as it is sent.
type piece struct {
	off  int
	data []byte
}

// cutting turns a message into pieces in the order of sending; all of them let the
// receiver read the message if everything passes.
type cutting struct {
	name string
	cut  func(r *rand.Rand, msg []byte) []piece
}

func fixed(n int) func(*rand.Rand, []byte) []piece {
	return func(_ *rand.Rand, msg []byte) (out []piece) {
		for off := 0; off < len(msg); off += n {
			out = append(out, piece{off, msg[off:min(off+n, len(msg))]})
		}
		return out
	}
}

// reordered sends all but the first piece in any order: nothing is known before the
// first byte.
func reordered(n int, order func(*rand.Rand, []piece)) func(*rand.Rand, []byte) []piece {
	return func(r *rand.Rand, msg []byte) []piece {
		p := fixed(n)(r, msg)
		order(r, p[1:])
		return p
	}
}

var cuttings = []cutting{
	{"whole", fixed(1 << 16)},
	{"segments of 1400", fixed(1400)},
	{"segments of 7", fixed(7)},
	{"single bytes", fixed(1)},
	{"reverse", reordered(11, func(_ *rand.Rand, p []piece) { slices.Reverse(p) })},
	{"shuffled", reordered(5, func(r *rand.Rand, p []piece) { r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] }) })},
	{"overlapping", func(_ *rand.Rand, msg []byte) (out []piece) {
		for off := 0; off < len(msg); off += 6 {
			from := max(0, off-5)
			out = append(out, piece{from, msg[from:min(off+6, len(msg))]})
		}
		return out
	}},
	{"everything twice", func(r *rand.Rand, msg []byte) (out []piece) {
		for _, p := range fixed(9)(r, msg) {
			out = append(out, p, p)
		}
		return out
	}},
	{"a harmless copy follows", func(r *rand.Rand, msg []byte) (out []piece) {
		for _, p := range fixed(8)(r, msg) {
			out = append(out, p, piece{p.off, bytes.Repeat([]byte("x"), len(p.data))})
		}
		return out
	}},
	{"a harmless copy waits behind a gap", func(r *rand.Rand, msg []byte) (out []piece) {
		p := fixed(8)(r, msg)
		out = append(out, p[0])
		for i := 1; i+1 < len(p); i += 2 {
			out = append(out, piece{p[i+1].off, bytes.Repeat([]byte("x"), len(p[i+1].data))}, p[i+1], p[i])
		}
		return append(append(out, p...), p...)
	}},
}

// attack plays a conversation with its client's messages cut, and returns what the
// server read of the last flow and all that was sent to it.
func attack(t *testing.T, b *box, c *talk.Conversation, dir int, cut func([]byte) []piece) (read, sent []byte) {
	t.Helper()
	for i := range c.Flows {
		f := &c.Flows[i]
		e := &ends{f.Client, f.Server, [2]uint32{1000, 5000}}
		b.now += f.Wait.Microseconds()
		b.open(e)
		to := &receiver{e.seq[dir], map[uint32]byte{}}
		sent = nil
		for _, turn := range f.Turns {
			b.now += turn.Wait.Microseconds()
			d := 1
			if turn.ToServer {
				d = 0
			}
			pieces := fixed(1400)(nil, turn.Data)
			if d == dir {
				pieces = cut(turn.Data)
				sent = append(sent, turn.Data...)
			}
			for _, p := range pieces {
				seq := e.seq[d] + uint32(p.off)
				if v, _ := b.give(e.segment(d, seq, e.seq[1-d], packet.ACK|packet.PSH, p.data)); v.Action == capture.Accept && d == dir {
					to.take(seq, p.data)
				}
			}
			e.seq[d] += uint32(len(turn.Data))
			b.give(e.segment(1-d, e.seq[1-d], e.seq[d], packet.ACK, nil))
		}
		read = to.read()
	}
	return read, sent
}

// tcpOnly conversations whose last message goes one way.
func conversation(t *testing.T, name, section string) (c *talk.Conversation, dir int) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = talk.Parse(talk.Sections(string(text))[section]); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Flows {
		if f.Proto != "tcp" {
			return nil, 0
		}
	}
	last := c.Flows[len(c.Flows)-1].Turns
	if len(last) > 0 && !last[len(last)-1].ToServer {
		dir = 1
	}
	return c, dir
}

func conversations(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../../../content/rules/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	return names
}

// However an attack is cut, mixed and repeated, the box stops it before the victim
// has read all of it, if it stops it in one piece. The first drop is of the packet
// that completes it: what passes before is never the whole.
func TestCutAttacksAreStopped(t *testing.T) {
	set := starterSet(t)
	tried := 0
	for _, name := range conversations(t) {
		c, dir := conversation(t, name, "fires")
		if c == nil {
			continue
		}
		sid := strings.TrimSuffix(filepath.Base(name), ".txtar")
		if !stops(t, set, c, dir) {
			continue // a rule that only tells
		}
		tried++
		for _, k := range cuttings {
			for seed := range uint64(2) {
				r := rand.New(rand.NewPCG(seed, 7))
				b := newBox(t, Config{Rules: set})
				read, sent := attack(t, b, c, dir, func(m []byte) []piece { return k.cut(r, m) })
				if bytes.HasPrefix(read, sent) {
					t.Errorf("%s, %s: the victim has read the whole attack; alerts %v", sid, k.name, b.alerts())
				}
				if b.e.Stats.Panics.Load() > 0 {
					t.Errorf("%s, %s: a panic", sid, k.name)
				}
			}
		}
	}
	if tried < 5 {
		t.Errorf("only %d attacks tried", tried)
	}
	t.Logf("%d attacks, %d ways each", tried, 2*len(cuttings))
}

// stops tells whether the attack is stopped when it comes in plain segments.
func stops(t *testing.T, set *match.Set, c *talk.Conversation, dir int) bool {
	t.Helper()
	b := newBox(t, Config{Rules: set})
	read, sent := attack(t, b, c, dir, func(m []byte) []piece { return fixed(1400)(nil, m) })
	return !bytes.HasPrefix(read, sent)
}

// Harmless conversations pass byte for byte, however they are cut.
func TestCutHarmlessPasses(t *testing.T) {
	set := starterSet(t)
	for _, name := range conversations(t) {
		c, dir := conversation(t, name, "quiet")
		if c == nil {
			continue
		}
		for _, k := range cuttings {
			if strings.HasPrefix(k.name, "a harmless copy") {
				continue // no honest sender does that
			}
			r := rand.New(rand.NewPCG(1, 2))
			b := newBox(t, Config{Rules: set})
			read, sent := attack(t, b, c, dir, func(m []byte) []piece { return k.cut(r, m) })
			if len(c.Flows) == 1 && !bytes.Equal(read, sent) {
				t.Errorf("%s, %s: %d of %d bytes arrive; alerts %v", filepath.Base(name), k.name, len(read), len(sent), b.alerts())
			}
			if n := b.e.Stats.Blocked.Load(); n > 0 && len(c.Flows) == 1 {
				t.Errorf("%s, %s: %d packets dropped", filepath.Base(name), k.name, n)
			}
		}
	}
}

// Only the packet that completes a finding is stopped, and all that follow.
func TestOnlyTheCompletingPacket(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, `drop http any any -> any any (msg:"shell"; http.uri; content:"/bin/sh"; sid:1;)`)})
	e := web()
	b.open(e)
	request := "GET /cgi?x=/bin/sh HTTP/1.1\r\nHost: a.example\r\n\r\n"
	end := strings.Index(request, "\r\n\r\n") + 4
	for i := range request {
		want := capture.Accept
		if i == end-1 {
			want = capture.Drop
		}
		if got := b.say(e, 0, request[i:i+1]); got != want {
			t.Fatalf("byte %d of %d: verdict %d", i, end, got)
		}
	}
	if got := b.say(e, 0, "x"); got != capture.Drop {
		t.Error("the flow goes on")
	}
	if got := b.say(e, 1, "HTTP/1.1 200 OK\r\n\r\n"); got != capture.Drop {
		t.Error("the other direction goes on")
	}
	if d := fmt.Sprint(b.alerts()); d != "[blocked shell]" {
		t.Error(d)
	}
	// Retransmissions of harmless beginnings do not revive it.
	if v, _ := b.give(e.segment(0, 1001, 5001, packet.ACK, []byte(request))); v.Action != capture.Drop {
		t.Error("a retransmission passes")
	}
}

// The kernel hands over segments that it has joined: what stands far behind the bytes by
// which the application is recognised is read as well, and nothing twice.
func TestFirstSegmentOfAnySize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{maxFirst - 300, maxFirst, maxFirst + 300, 20_000} {
		b := newBox(t, Config{Rules: rulesOf(t, `drop http any any -> any any (msg:"m"; http.request_body; content:"evil-script"; sid:1;)
alert http any any -> any any (msg:"n"; http.request_body; bsize:`+fmt.Sprint(size+11)+`; sid:2;)`)})
		e := surf()
		b.open(e)
		body := strings.Repeat("a", size) + "evil-script"
		if b.say(e, 0, fmt.Sprintf("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(body), body)) != capture.Drop {
			t.Errorf("%d bytes before it: it passes", size)
		}
		if got := fmt.Sprint(b.alerts()); !strings.Contains(got, "allowed n") {
			t.Errorf("%d: the body has another length: %s", size, got)
		}
	}
}
