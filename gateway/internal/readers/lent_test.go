package readers

import (
	"slices"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
	"otasuke/rule"
)

// counted notes the numbers of transactions.
type counted struct {
	app.Sink
	ids []uint64
}

func (c *counted) Step(tx *app.Tx, _ int) {
	if !slices.Contains(c.ids, tx.ID) {
		c.ids = append(c.ids, tx.ID)
	}
}

// talker is a conversation that is read by whatever reader it is lent.
type talker struct {
	Lent
	sink counted
}

func (c *talker) say(p *Pool, dir int, text string) {
	p.Wake(&c.Lent, &c.sink).Push(dir, []byte(text))
	p.Rest(&c.Lent)
}

const (
	webRequest  = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
	webResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	dnsQuestion = "\x12\x34\x01\x20\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
)

// Between messages one reader serves many conversations, each with its own numbers; in the
// middle of a message nobody else gets it.
func TestRest(t *testing.T) {
	for _, c := range []struct {
		proto    rule.Proto
		stream   bool
		ask, say string
		cut      int // bytes of a message that is not whole, 0 where all are
	}{
		{rule.ProtoHTTP, true, webRequest, webResponse, 9},
		{rule.ProtoDNS, false, dnsQuestion, "", 0},
		{rule.ProtoDNS, true, "\x00\x13" + dnsQuestion, "", 9},
	} {
		p := NewPool(Config{})
		talkers := [3]talker{}
		for i := range talkers {
			talkers[i].sink.Sink = &told.Log{}
			p.Lend(&talkers[i].Lent, &talkers[i].sink, c.proto, c.stream)
		}
		for range 3 {
			for i := range talkers {
				talkers[i].say(p, app.ToServer, c.ask[:c.cut])
			}
			for i := range talkers {
				if rests := talkers[i].rests; rests != (c.cut == 0) {
					t.Errorf("%v: in the middle of a message: rests is %v", c.proto, rests)
				}
				talkers[i].say(p, app.ToServer, c.ask[c.cut:])
			}
			for i := range talkers {
				if c.say != "" {
					talkers[i].say(p, app.ToClient, c.say)
				}
				if !talkers[i].rests || talkers[i].None() || !talkers[i].Reads(c.proto) {
					t.Errorf("%v: does not rest after a message", c.proto)
				}
			}
		}
		for i := range talkers {
			if want := []uint64{0, 1, 2}; !slices.Equal(talkers[i].sink.ids, want) {
				t.Errorf("%v: transactions %v, want %v", c.proto, talkers[i].sink.ids, want)
			}
			p.Take(&talkers[i].Lent)
			if !talkers[i].None() {
				t.Error("taken back, and still there")
			}
		}
		if n := testing.AllocsPerRun(100, func() {
			p.Lend(&talkers[0].Lent, &talkers[0].sink, c.proto, c.stream)
			p.Rest(&talkers[0].Lent)
			p.Wake(&talkers[0].Lent, &talkers[0].sink)
			p.Take(&talkers[0].Lent)
		}); n > 0 {
			t.Errorf("%v: %v allocations for a reader that was there", c.proto, n)
		}
	}
}
