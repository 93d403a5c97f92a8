package session

import (
	"strconv"
	"strings"
	"testing"

	"otasuke/rule"
)

// A conversation in a test is a line for each segment and what is made of it:
//
//	> S 0 | syn_sent
//	< R 9 50 | closed, left out, rst_invalid_ack
//
// The direction (> to the server), the flags, the sequence number and the acknowledgement
// relative to the first of each side, and words such as len=5 win=0 scale=7 ts=9 at=60
// (seconds) tfo. Behind the bar: the state then, "left out" when the segment does not
// belong to the connection, "probe", and events without their layer.

// words of states, in order.
var words = []string{"none", "syn_sent", "syn_recv", "established", "fin_wait1", "fin_wait2", "time_wait", "last_ack", "close_wait", "closing", "closed"}

// isns are the first numbers of both sides with which every conversation is played: what is
// made of it does not depend on them, nor on where they wrap around.
var isns = [][2]uint32{{1000, 5000}, {0xffff_fff0, 0x7fff_fffa}, {0, 0xffff_ffff}}

func segment(t *testing.T, line string, isn [2]uint32) *Segment {
	t.Helper()
	f := strings.Fields(line)
	if len(f) < 3 {
		t.Fatalf("%q is no segment", line)
	}
	g := &Segment{Window: 8000, ArrivedSec: 1}
	if f[0] == "<" {
		g.Dir = 1
	}
	for _, c := range f[1] {
		g.Flags |= map[rune]uint8{'F': fin, 'S': syn, 'R': rst, 'A': ack}[c]
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return n
	}
	g.Seq = isn[g.Dir] + uint32(number(f[2]))
	rest := f[3:]
	if len(rest) > 0 && !strings.Contains(rest[0], "=") && rest[0] != "tfo" {
		g.Ack, rest = isn[1-g.Dir]+uint32(number(rest[0])), rest[1:]
	}
	for _, w := range rest {
		key, v, _ := strings.Cut(w, "=")
		switch key {
		case "len":
			g.Len = int(number(v))
		case "win":
			g.Window = uint16(number(v))
		case "scale":
			g.HasScale, g.Scale = true, uint8(number(v))
		case "ts":
			g.HasTime, g.Time = true, uint32(number(v))
		case "at":
			g.ArrivedSec = number(v)
		case "tfo":
			g.FastOpen = true
		default:
			t.Fatalf("%q: %s is not known", line, w)
		}
	}
	return g
}

// made says what was made of a segment.
func made(s *Session, ok bool) string {
	out := []string{words[s.State]}
	if !ok {
		out = append(out, "left out")
	}
	if s.Probe {
		out = append(out, "probe")
	}
	for _, e := range s.Events() {
		out = append(out, strings.TrimPrefix(e, "stream."))
	}
	return strings.Join(out, ", ")
}

// play plays a conversation with several first numbers.
func play(t *testing.T, c Config, talk string) {
	t.Helper()
	for _, isn := range isns {
		var s Session
		for line := range strings.Lines(talk) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			say, want, _ := strings.Cut(line, "|")
			ok := s.Segment(segment(t, say, isn), &c)
			if got := made(&s, ok); got != strings.TrimSpace(want) {
				t.Errorf("%s\n got %s (first numbers %#x)", line, got, isn)
				return
			}
			for _, e := range s.Events() {
				if !rule.KnownEvent(e) {
					t.Errorf("%s: rules cannot name the event %s", line, e)
				}
			}
		}
	}
}

// open is the handshake, then 10 bytes each way.
const open = `
	> S 0            | syn_sent
	< SA 0 1         | syn_recv
	> A 1 1          | established
	> A 1 1 len=10   | established
	< A 1 11 len=10  | established
	> A 11 11        | established
`

// conversations by name.
type conversations map[string]struct {
	c    Config
	talk string
}

func (list conversations) play(t *testing.T) {
	t.Helper()
	for name, c := range list {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, c.c, c.talk)
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	var s Session
	g := &Segment{Flags: syn, Seq: 1}
	if s.Known() || !s.Segment(g, &Config{}) || !s.Known() {
		t.Error("a SYN makes a connection known")
	}
	if s.Reset(); s.Known() {
		t.Error("after Reset nothing is known")
	}
}

func TestOpening(t *testing.T) {
	t.Parallel()
	conversations{
		"three segments":      {talk: open},
		"nothing before":      {talk: `> A 1 1 len=5 | none, left out`},
		"RST first":           {talk: `> R 0 | none, left out, rst_but_no_session`},
		"FIN first":           {talk: `> FA 0 1 | none, left out, fin_but_no_session`},
		"SYN and FIN":         {talk: `> SF 0 | none, left out, fin_syn, fin_but_no_session`},
		"number without flag": {talk: `> S 0 77 | syn_sent, pkt_broken_ack`},
		"SYN+ACK first":       {talk: `< SA 0 1 | none, left out`},
		"SYN of the side taken for the server": {talk: `
			< A 9 9  | none, left out
			< S 0    | syn_sent
			> SA 0 1 | syn_recv
			< A 1 1  | established
			< A 1 1 len=5 | established
			< FA 6 1 | close_wait`},
		"SYN again": {talk: "> S 0 | syn_sent\n> S 0 | syn_sent\n< SA 0 1 | syn_recv"},
		"SYN with other numbers, the last counts": {talk: `
			> S 0    | syn_sent
			> S 500  | syn_sent
			< SA 0 501 | syn_recv
			> A 501 1  | established`},
		"SYN with other numbers, the first counts": {talk: `
			> S 0    | syn_sent
			> S 500  | syn_sent
			< SA 0 1 | syn_recv
			> A 1 1  | established`},
		"SYN+ACK of something else": {talk: "> S 0 | syn_sent\n< SA 0 99 | syn_sent, left out, 3whs_synack_with_wrong_ack\n< SA 0 1 | syn_recv"},
		"SYN+ACK of the client":     {talk: "> S 0 | syn_sent\n> SA 0 1 | syn_sent, left out, 3whs_synack_in_wrong_direction"},
		"SYN+ACK again": {talk: `
			> S 0    | syn_sent
			< SA 0 1 | syn_recv
			< SA 0 1 | syn_recv
			> A 1 1  | established`},
		"SYN+ACK with other numbers, the client takes the first": {talk: `
			> S 0      | syn_sent
			< SA 0 1   | syn_recv
			< SA 700 1 | syn_recv
			< SA 0 1   | syn_recv
			> A 1 1    | established
			< A 1 1 len=5 | established`},
		"SYN+ACK with other numbers, the client takes the last": {talk: `
			> S 0      | syn_sent
			< SA 0 1   | syn_recv
			< SA 700 1 | syn_recv
			> A 1 701  | established
			< A 701 1 len=5 | established`},
		"SYN+ACK with another acknowledgement": {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n< SA 0 2 | syn_recv, left out, 3whs_synack_resend_with_different_ack"},
		"SYN+ACK of the client, later":         {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> SA 0 1 | syn_recv, left out, 3whs_synack_toserver_on_syn_recv"},
		"SYN after SYN+ACK": {talk: `
			> S 0    | syn_sent
			< SA 0 1 | syn_recv
			> S 0    | syn_recv
			> S 5    | syn_recv, left out, 3whs_syn_resend_diff_seq_on_syn_recv
			< S 0    | syn_recv, left out, 3whs_syn_toclient_on_syn_recv`},
		"right number, wrong acknowledgement": {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> A 1 9000 | syn_recv, left out, 3whs_right_seq_wrong_ack_evasion\n> A 1 1 | established"},
		"both wrong":                          {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> A 9000 9000 | syn_recv, left out, 3whs_wrong_seq_wrong_ack"},
		"no acknowledgement":                  {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> - 1 len=5 | syn_recv, left out\n> A 1 1 | established"},
		"the acknowledgement was lost":        {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> A 6 1 len=5 | established"},
		"the server acknowledges first":       {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n< A 1 1 | syn_recv, left out, 3whs_ack_in_wrong_dir"},
		"the server is too fast":              {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n< A 1 1 len=5 | established"},
		"the server is too fast, inline":      {c: Config{Inline: true}, talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n< A 1 1 len=5 | syn_recv, left out, 3whs_ack_data_inject"},
		"the server has more than we":         {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n< A 1 6 len=5 | established"},
		"data before the answer":              {talk: "> S 0 | syn_sent\n> A 1 1 len=5 | syn_sent, left out"},
		"FIN before the answer":               {talk: "> S 0 | syn_sent\n> FA 1 1 | syn_sent"},
		"FIN instead of the acknowledgement":  {talk: "> S 0 | syn_sent\n< SA 0 1 | syn_recv\n> FA 1 1 | close_wait"},
		"the server's acknowledgement was lost": {talk: `
			> S 0     | syn_sent
			< SA 0 1  | syn_recv
			> A 1 1   | established
			< SA 0 1  | syn_recv
			> A 1 1   | established`},
	}.play(t)
}

// A handshake with more segments is legal, and hides a conversation from who knows only the
// one with three.
func TestSplitHandshake(t *testing.T) {
	t.Parallel()
	data := `
			> A 1 1 len=10  | established
			< A 1 11 len=10 | established
			> FA 11 11      | close_wait`
	conversations{
		"both at once": {talk: `
			> S 0    | syn_sent
			< S 0    | syn_sent
			> SA 0 1 | syn_recv
			< SA 0 1 | syn_recv
			> A 1 1  | established` + data},
		"both at once, the server answers first": {talk: `
			> S 0    | syn_sent
			< S 0    | syn_sent
			< SA 0 1 | syn_recv
			> SA 0 1 | syn_recv
			> A 1 1  | established` + data},
		"four segments": {talk: `
			> S 0    | syn_sent
			< S 0    | syn_sent
			> SA 0 1 | syn_recv
			< A 1 1  | established` + data},
		"five segments": {talk: `
			> S 0    | syn_sent
			< A 1 1  | syn_sent
			< S 0    | syn_sent
			> SA 0 1 | syn_recv
			< A 1 1  | established` + data},
		"the server's SYN again":             {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n< S 0 | syn_sent\n> SA 0 1 | syn_recv\n< A 1 1 | established" + data},
		"two SYNs, the client has the first": {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n< S 500 | syn_sent\n> SA 0 1 | syn_recv\n< A 1 1 | established" + data},
		"SYN and another SYN+ACK":            {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n< SA 500 1 | syn_recv\n> SA 0 1 | syn_recv\n< A 1 1 | established" + data},
		"answer to nothing":                  {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n> SA 0 99 | syn_sent, left out, 4whs_synack_with_wrong_ack"},
		"answer of another SYN":              {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n> SA 9 1 | syn_sent, left out, 4whs_synack_with_wrong_syn"},
		"wrong last segment":                 {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n> SA 0 1 | syn_recv\n< A 9 1 | syn_recv, left out, 4whs_wrong_seq"},
		"acknowledges the unknown":           {talk: "> S 0 | syn_sent\n< S 0 | syn_sent\n> SA 0 1 | syn_recv\n< A 1 70000 | syn_recv, left out, pkt_invalid_ack, 4whs_invalid_ack"},
	}.play(t)
}

// Many attempts with other numbers are a flood. It neither costs memory nor hides which of
// them counted.
func TestHandshakeFloods(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("> S 0 | syn_sent\n")
	for i := range maxOthers {
		b.WriteString("> S " + strconv.Itoa(100*(i+1)) + " | syn_sent\n")
	}
	b.WriteString("> S 7777 | syn_sent, left out, 3whs_syn_flood\n< SA 0 7778 | syn_recv\n> A 7778 1 | established\n")
	play(t, Config{}, b.String())
	b.Reset()
	b.WriteString("> S 0 | syn_sent\n< SA 0 1 | syn_recv\n")
	for i := range maxOthers {
		b.WriteString("< SA " + strconv.Itoa(100*(i+1)) + " 1 | syn_recv\n")
	}
	b.WriteString("< SA 7777 1 | syn_recv, left out, 3whs_synack_flood\n> A 1 301 | established\n")
	play(t, Config{}, b.String())
}

func TestFastOpen(t *testing.T) {
	t.Parallel()
	conversations{
		"data in SYN, taken":              {talk: "> S 0 len=5 tfo | syn_sent\n< SA 0 6 | syn_recv\n> A 6 1 | established"},
		"data in SYN, ignored":            {talk: "> S 0 len=5 tfo | syn_sent\n< SA 0 1 | syn_recv, 3whs_synack_tfo_data_ignored\n> A 1 1 len=5 | established"},
		"data in SYN without the option":  {talk: "> S 0 len=5 | syn_sent\n< SA 0 6 | syn_sent, left out, 3whs_synack_with_wrong_ack\n< SA 0 1 | syn_recv\n> A 1 1 len=5 | established"},
		"more taken than sent":            {talk: "> S 0 len=5 tfo | syn_sent\n< SA 0 7 | syn_sent, left out, 3whs_synack_with_wrong_ack"},
		"answer before acknowledgement":   {talk: "> S 0 len=5 tfo | syn_sent\n< SA 0 6 | syn_recv\n< A 1 6 len=9 | established\n> A 6 10 | established"},
		"data again with acknowledgement": {talk: "> S 0 len=5 tfo | syn_sent\n< SA 0 6 | syn_recv\n> A 1 1 len=5 | established"},
	}.play(t)
}
