package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// conversation plays a body that is a file, as the engine does, and collects what is told.
type conversation struct {
	set          *Set
	sc           *Scratch
	flow         FlowState
	tx           TxState
	file         File
	values       []app.Value
	stream, data []byte
	judged       int
	told         []uint32
}

const keptTail = 2 << 10

func (c *conversation) inspect(in Input) {
	in.IPProto, in.App, in.Established, in.Flow = rule.IPProtoTCP, rule.ProtoHTTP, true, &c.flow
	for _, h := range c.set.Inspect(c.sc, &in) {
		c.told = append(c.told, h.Rule.SID)
	}
}

// step judges the transaction.
func (c *conversation) step(file *File, done bool) {
	c.inspect(Input{Tx: &c.tx, Values: c.values, Complete: done, File: file})
	for i := range c.values {
		c.values[i].Fresh, c.values[i].Searched = false, len(c.values[i].Data)
	}
}

func (c *conversation) value(b rule.Buffer, data []byte, partial bool) {
	v := app.Value{Buffer: b, Data: data, Partial: partial, Fresh: true}
	if i := slices.IndexFunc(c.values, func(v app.Value) bool { return v.Buffer == b }); i >= 0 {
		v.Searched = c.values[i].Searched
		c.values[i] = v
		return
	}
	c.values = append(c.values, v)
}

// packet brings fresh bytes, of which those behind head are the body's; ahead searches them
// with the stream, others stand for a body that is coded. every is how many bytes of the file
// are waited for.
func (c *conversation) packet(fresh []byte, head int, ahead bool, every int, last bool) {
	old := c.stream[max(0, len(c.stream)-keptTail):]
	window := append(slices.Clone(old), fresh...)
	c.stream = append(c.stream, fresh...)
	offset := uint64(len(c.stream) - len(window))
	c.sc.NewBytes()
	if body := fresh[head:]; len(body) > 0 {
		if !ahead {
			body = slices.Clone(body)
		}
		c.set.Ahead(c.sc, &Stream{Flow: &c.flow, Window: window, New: fresh, Offset: offset}, &c.file, body, len(c.data) == 0)
		c.data = append(c.data, body...)
		if len(c.data)-c.judged >= every {
			c.judged = len(c.data)
			c.value(rule.FileData, c.data, true)
			c.step(&c.file, false)
		}
	}
	if last {
		c.value(rule.HTTPResponseBody, slices.Clone(c.data), false)
		c.step(nil, false)
		c.value(rule.FileData, c.data, false)
		c.step(&c.file, true)
	}
	c.inspect(Input{Stream: window, StreamNew: len(fresh), StreamOffset: offset})
}

// What is searched once for stream, file and body finds what three searches find, wherever
// the bytes are cut and whichever part of them is searched with the stream.
func TestSearchedOnce(t *testing.T) {
	t.Parallel()
	words := []string{"evil-file", "evil-body", "evil-stream", "both-of-them", "late-word", "quite-another"}
	var text strings.Builder
	for i, w := range words {
		for j, buf := range []string{"file_data; ", "http.response_body; ", ""} {
			fmt.Fprintf(&text, "alert http any any -> any any (msg:\"%s\"; flow:to_client; %scontent:\"%s\"; sid:%d;)\n", w, buf, w, 10*i+j+1)
		}
	}
	text.WriteString(`alert http any any -> any any (msg:"two"; flow:to_client; file_data; content:"evil-file"; content:"late-word"; distance:0; sid:101;)
alert http any any -> any any (msg:"two buffers"; flow:to_client; file_data; content:"evil-file"; http.response_body; content:"late-word"; sid:102;)
`)
	set := compile(t, text.String())
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		head := []byte("HTTP/1.1 200 OK\r\nX-Says: " + words[r.IntN(len(words))] + "\r\n\r\n")
		body := bytes.Repeat([]byte("nothing of it is bad "), 40+r.IntN(200))
		for range r.IntN(5) {
			copy(body[r.IntN(len(body)-20):], words[r.IntN(len(words))])
		}
		every := 1 + r.IntN(3000)
		var cuts []int
		for at := 0; at < len(body); {
			at = min(len(body), at+1+r.IntN(1500))
			cuts = append(cuts, at)
		}
		play := func(ahead func(i int) bool) []uint32 {
			sc, err := set.NewScratch()
			if err != nil {
				t.Fatal(err)
			}
			defer sc.Close()
			c := &conversation{set: set, sc: sc}
			from := 0
			for i, to := range cuts {
				fresh, n := slices.Clone(body[from:to]), 0
				if i == 0 {
					fresh, n = append(slices.Clone(head), fresh...), len(head)
				}
				c.packet(fresh, n, ahead(i), every, to == len(body))
				from = to
			}
			slices.Sort(c.told)
			return slices.Compact(c.told)
		}
		want := play(func(int) bool { return false })
		if got := play(func(int) bool { return true }); !slices.Equal(got, want) {
			t.Fatalf("seed %d: with the stream %v, by itself %v", seed, got, want)
		}
		mixed := make([]bool, len(cuts))
		for i := range mixed {
			mixed[i] = r.IntN(2) == 0
		}
		if got := play(func(i int) bool { return mixed[i] }); !slices.Equal(got, want) {
			t.Fatalf("seed %d: partly with the stream %v, by itself %v", seed, got, want)
		}
		var plain []uint32
		for i, w := range words {
			if bytes.Contains(body, []byte(w)) {
				plain = append(plain, uint32(10*i+1), uint32(10*i+2))
			}
			if bytes.Contains(append(slices.Clone(head), body...), []byte(w)) {
				plain = append(plain, uint32(10*i+3))
			}
		}
		slices.Sort(plain)
		if got := slices.DeleteFunc(slices.Clone(want), func(sid uint32) bool { return sid > 100 }); !slices.Equal(got, plain) {
			t.Fatalf("seed %d: %v, want %v", seed, got, plain)
		}
	}
}
