package stream

import "testing"

// What a guard lets pass; the numbers are those of the client's and the server's first byte.
func TestGuard(t *testing.T) {
	t.Parallel()
	const client, server = 1000, 5000
	data := func(dir int, seq, ack uint32) Segment {
		return Segment{Dir: dir, Seq: seq, Ack: ack, Flags: ackFlag, Len: 4}
	}
	answer := func(isn uint32) Segment { return Segment{Dir: 1, Seq: isn, Ack: client, Flags: synFlag | ackFlag} }
	for name, c := range map[string]struct {
		segs []Segment
		end  uint32 // of the client's direction, 0 for none
		want []bool
	}{
		"plain":                          {[]Segment{answer(server - 1), data(0, client, server), data(1, server, client)}, 0, []bool{false, false, false}},
		"behind the end":                 {[]Segment{answer(server - 1), data(0, client, server), data(0, client+1, server)}, client + 4, []bool{false, false, true}},
		"two answers, not acknowledged":  {[]Segment{answer(server - 1), answer(server + 99), data(1, server, client)}, 0, []bool{false, false, true}},
		"two answers, the second counts": {[]Segment{answer(server - 1), answer(server + 99), data(0, client, server+100), data(1, server+100, client)}, 0, []bool{false, false, false, false}},
	} {
		var g Guard
		var half [2]Half
		half[0].Start(client)
		if c.end > 0 {
			g.Finish(0, &half[0], c.end)
			g.Finish(0, &half[0], c.end+50)   // a later one changes nothing
			g.Finish(0, &half[0], c.end-1000) // nor one before what was judged
		}
		for i, s := range c.segs {
			if s.Flags&synFlag != 0 {
				half[s.Dir].Start(s.Seq + 1)
			}
			if got := g.Contradicts(&half, &s, s.Seq); got != c.want[i] {
				t.Errorf("%s: segment %d: %v", name, i, got)
			}
		}
	}
	var g Guard
	var half [2]Half
	half[0].Start(client)
	before := data(0, client, server)
	before.Replaced = true
	if !g.Contradicts(&half, &before, client) {
		t.Error("data before an answer passes in a connection that replaces another one")
	}
}
