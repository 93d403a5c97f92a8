package engine

import (
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

// morph says a conversation in another way that its receivers cannot tell from the plain
// one. The zero value is the plain one.
type morph struct {
	r *rand.Rand // nil for the plain way
	// largest piece of a message, and how often out of 100 a piece is repeated, reaches
	// back over bytes that were sent, changes places with a neighbour, or is fragmented.
	largest, again, overlap, swap, fragment int
	put                                     *envelope
	isn                                     [2]uint32
	id                                      uint16
}

// newMorph chooses a way by a seed.
func newMorph(seed uint64) *morph {
	r := rand.New(rand.NewPCG(seed, 77))
	chance := func() int { return []int{0, 0, 10, 30, 60}[r.IntN(5)] }
	m := &morph{r: r, largest: []int{1, 3, 11, 60, 400, 1400}[r.IntN(6)], again: chance(), overlap: chance(), swap: chance(), fragment: chance(),
		isn: [2]uint32{r.Uint32(), r.Uint32()}}
	if r.IntN(2) == 0 {
		m.put = &envelopes[r.IntN(len(envelopes))]
	}
	return m
}

func (m *morph) String() string {
	name := "nothing"
	if m.put != nil {
		name = m.put.name
	}
	return fmt.Sprintf("pieces up to %d, repeated %d%%, overlapping %d%%, swapped %d%%, fragmented %d%%, in %s, from %#x", m.largest, m.again, m.overlap, m.swap, m.fragment, name, m.isn)
}

func (m *morph) does(percent int) bool { return m.r != nil && m.r.IntN(100) < percent }

// pieces of a message in the order of sending.
func (m *morph) pieces(msg []byte) (out []piece) {
	if m.r == nil {
		return fixed(1400)(nil, msg)
	}
	largest := max(m.largest, len(msg)/200) // so that what waits stays within what is allowed
	for off := 0; off < len(msg); {
		n := min(1+m.r.IntN(largest), len(msg)-off)
		from := off
		if m.does(m.overlap) {
			from -= min(off, m.r.IntN(20))
		}
		out = append(out, piece{from, msg[from : off+n]})
		off += n
	}
	for i := 1; i < len(out); i++ {
		if m.does(m.swap) {
			k := max(0, i-1-m.r.IntN(3))
			out[i], out[k] = out[k], out[i]
		}
	}
	for i := 0; i < len(out); i++ {
		if m.does(m.again) {
			out = slices.Insert(out, min(len(out), i+1+m.r.IntN(3)), out[i])
			i++
		}
	}
	return out
}

// give sends an IP packet, whole or in fragments, in its envelope.
func (m *morph) give(b *box, ip []byte) (dropped bool) {
	parts := [][]byte{ip}
	if d := datagramOf(ip); m.does(m.fragment) && d.n > 16 {
		m.id++
		parts = nil
		for from := 0; from < d.n; {
			to := min(d.n, from+8*(1+m.r.IntN(max(2, d.n/16))))
			parts = append(parts, fragmentOf(ip, uint32(m.id), from, to, to < d.n))
			from = to
		}
		m.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	for _, p := range parts {
		link := uint32(packet.LinkRaw)
		if m.put != nil {
			link, p = m.put.link, m.put.put(p)
		}
		b.id++
		b.now += 100
		v := b.w.Packet(&capture.Packet{Link: link, Data: p, Time: b.now, ID: b.id, InPort: 1})
		dropped = dropped || v.Action == capture.Drop
	}
	return dropped
}

// say plays a conversation and tells what was found, with directions.
func (m *morph) say(b *box, c *talk.Conversation) (found []string, dropped bool) {
	for i := range c.Flows {
		f := &c.Flows[i]
		b.now += f.Wait.Microseconds()
		e := &ends{f.Client, f.Server, m.isn}
		give := func(ip []byte) { dropped = m.give(b, ip) || dropped }
		if f.Proto == "tcp" {
			give(e.segment(0, e.seq[0], 0, packet.SYN, nil))
			e.seq[0]++
			give(e.next(1, packet.SYN, ""))
			give(e.next(0, 0, ""))
		}
		for _, turn := range f.Turns {
			b.now += turn.Wait.Microseconds()
			dir := 1
			if turn.ToServer {
				dir = 0
			}
			if f.Proto != "tcp" {
				src, dst := f.Client, f.Server
				if dir == 1 {
					src, dst = dst, src
				}
				give(packet.AppendUDP(nil, src, dst, turn.Data))
				continue
			}
			for data := turn.Data; len(data) > 0; { // no more than a window at a time
				part := data[:min(len(data), 30_000)]
				data = data[len(part):]
				for _, p := range m.pieces(part) {
					give(e.segment(dir, e.seq[dir]+uint32(p.off), e.seq[1-dir], packet.ACK|packet.PSH, p.data))
				}
				e.seq[dir] += uint32(len(part))
				give(e.next(1-dir, 0, ""))
			}
		}
		if f.Proto == "tcp" {
			give(e.next(0, packet.FIN, ""))
			give(e.next(1, packet.FIN, ""))
			give(e.next(0, 0, ""))
		}
	}
	b.w.flows.EndAll()
	for _, r := range b.records {
		if r.Alert != nil {
			found = append(found, fmt.Sprintf("%s %s>%s", r.Alert.Signature, r.SrcIP, r.DestIP))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), dropped
}

// Metamorphic: the same stream in any segmentation, repeated, mixed, fragmented and in any
// tunnel gives the same result, for every conversation of the starter rules.
func TestAnySegmentationSameResult(t *testing.T) {
	t.Parallel()
	set := starterSet(t)
	n := 0
	for _, name := range conversations(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []string{"fires", "quiet"} {
			c, err := talk.Parse(talk.Sections(string(text))[section])
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Flows) > 50 {
				continue // floods and scans: their packets are what counts
			}
			n++
			sameResult(t, set, strings.TrimSuffix(filepath.Base(name), ".txtar")+" "+section, c, uint64(n)*100)
		}
	}
	if n < 50 {
		t.Errorf("only %d conversations", n)
	}
}

func sameResult(t *testing.T, set *match.Set, name string, c *talk.Conversation, from uint64) {
	t.Helper()
	for _, inline := range []bool{false, true} {
		play := func(m *morph) ([]string, bool) {
			b := newWatch(t, Config{Rules: set, Inline: inline})
			defer func() {
				if n := b.e.Stats.Panics.Load(); n > 0 {
					t.Errorf("%s: %d panics", name, n)
				}
			}()
			return m.say(b, c)
		}
		want, drops := play(&morph{isn: [2]uint32{1000, 5000}})
		for seed := from; seed < from+waysEach; seed++ {
			m := newMorph(seed)
			got, dropped := play(m)
			// Inline the first finding may end the conversation before the next one.
			same := slices.Equal(want, got) || inline && drops && len(got) > 0
			if !same || dropped != drops {
				t.Errorf("%s, inline %v, seed %d (%v):\ngot  %v, dropped %v\nwant %v, dropped %v", name, inline, seed, m, got, dropped, want, drops)
				break
			}
		}
	}
}
