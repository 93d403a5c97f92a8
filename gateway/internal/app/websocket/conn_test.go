package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

// framed makes a frame; mask 0 is none.
func framed(first byte, mask uint32, payload string) string {
	b := []byte{first}
	bit := byte(0)
	if mask != 0 {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, bit|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	}
	if mask == 0 {
		return string(b) + payload
	}
	b = binary.BigEndian.AppendUint32(b, mask)
	for i, c := range []byte(payload) {
		b = append(b, c^byte(mask>>(24-8*(i&3))))
	}
	return string(b)
}

// compressed makes messages that share a window, as browsers do.
func compressed(t testing.TB, messages ...string) (out []string) {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		b.Reset()
		if _, err := w.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(b.String(), "\x00\x00\xff\xff"))
	}
	return out
}

func TestFrames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long message ", 20)
	z := compressed(t, "the same words", "the same words again")
	for what, c := range map[string]struct {
		talk told.Talk
		want []string
	}{
		"masked": {told.Talk{{Dir: 0, B: framed(0x81, 0x01020304, "Hello")}}, []string{`tx0 0 websocket.payload="Hello"`, "tx0 0 websocket.opcode=1", "tx0 0 websocket.mask=16909060",
			"tx0 0 websocket.flags=128", `log websocket tx0 websocket={"fin":true,"mask":16909060,"opcode":"text"}`}},
		"16 bits of length":    {told.Talk{{Dir: 1, B: framed(0x82, 0, long)}}, []string{`tx0 1 websocket.payload="` + long + `"`, `{"fin":true,"opcode":"binary"}`}},
		"parts of a message":   {told.Talk{{Dir: 1, B: framed(0x01, 0, "one ") + framed(0x89, 0, "ping") + framed(0x80, 0, "two")}}, []string{`tx0 1 websocket.payload="one "`, `tx1 1 websocket.payload="ping"`, `tx2 1 websocket.payload="one two"`, `"continuation"`}},
		"compressed":           {told.Talk{{Dir: 0, B: framed(0xc1, 7, z[0]) + framed(0xc1, 7, z[1])}}, []string{`tx0 0 websocket.payload="the same words"`, `tx1 0 websocket.payload="the same words again"`, "websocket.flags=192"}},
		"compressed, in parts": {told.Talk{{Dir: 0, B: framed(0x41, 7, z[0][:3]) + framed(0x80, 7, z[0][3:])}}, []string{`tx1 0 websocket.payload="the same words"`}},
		"empty":                {told.Talk{{Dir: 0, B: framed(0x8a, 0, "")}}, []string{`tx0 0 websocket.payload=""`, `"pong"`}},
		"unknown opcode":       {told.Talk{{Dir: 0, B: framed(0x83, 0, "")}}, []string{`"unknown-3"`}},
		"longer than is kept":  {told.Talk{{Dir: 0, B: framed(0x82, 0, strings.Repeat("x", maxPayload+5)) + framed(0x81, 0, "next")}}, []string{`tx0 0 app-layer-event="websocket.skip_end_of_payload"`, `tx1 0 websocket.payload="next"`}},
		"message too long": {told.Talk{{Dir: 0, B: framed(0x02, 0, strings.Repeat("x", maxPayload-1)) + framed(0x00, 0, "yyy") + framed(0x80, 0, "zzz")}},
			[]string{`tx1 0 app-layer-event="websocket.reassembly_limit_reached"`, `tx2 0 websocket.payload="` + strings.Repeat("x", maxPayload-1) + `y"`}},
	} {
		got := told.Of(c.talk, 0, reader)
		for _, w := range c.want {
			if !got.Has(w) {
				t.Errorf("%s: %.80s is missing in %.500s", what, w, got)
			}
		}
		for _, n := range told.Cuts[3:] {
			if again := told.Of(c.talk, n, reader); again.String() != got.String() {
				t.Errorf("%s in parts of %d: %.500s", what, n, again)
				break
			}
		}
	}
}

// TestHostile: nothing in frames makes the reader fail, wait for ever or work for long.
func TestHostile(t *testing.T) {
	t.Parallel()
	bomb := compressed(t, strings.Repeat("\x00", 8<<20))[0]
	for what, c := range map[string]struct {
		in, has, lack string
	}{
		"head cut":            {"\x81", "", "tx0"},
		"length cut":          {"\x81\x7f\x00\x00", "", "tx0"},
		"mask cut":            {"\x81\x81\x00\x00", "", "tx0"},
		"payload cut":         {"\x81\x05abc", "", "tx0"},
		"length of 64 bits":   {"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff" + strings.Repeat("x", 2*maxPayload), "skip_end_of_payload", "tx1"},
		"broken compression":  {framed(0xc1, 0, "\xff\xff\xff") + framed(0xc1, 0, "abc"), `tx1 0 websocket.payload="abc"`, ""},
		"bomb":                {framed(0xc2, 0, bomb) + framed(0xc1, 0, "abc"), `tx1 0 websocket.payload="abc"`, ""},
		"continuation of any": {framed(0x80, 0, "abc"), `tx0 0 websocket.payload="abc"`, ""},
	} {
		got := told.Of(told.Talk{{Dir: 0, B: c.in}}, 0, reader)
		if !got.Has(c.has) || c.lack != "" && got.Has(c.lack) {
			t.Errorf("%s: %.300s", what, got)
		}
	}
}

func TestGapAndReset(t *testing.T) {
	t.Parallel()
	l := &told.Log{}
	c := New(l)
	b := framed(0x82, 0, strings.Repeat("x", maxPayload+100))
	c.Push(0, []byte(b[:len(b)-60]))
	c.Gap(0, 50)
	c.Push(0, []byte(b[len(b)-10:]+framed(0x81, 0, "next")))
	if !l.Has(`"next"`) {
		t.Errorf("a gap in what is passed over: %.200s", l.String()[len(l.String())-200:])
	}
	c.Push(0, []byte("\x81\x05ab"))
	c.Gap(0, 3)
	c.Push(0, []byte(framed(0x81, 0, "lost")))
	if l.Has(`"lost"`) {
		t.Error("behind a gap in a frame nothing is known")
	}
	c.Reset(l)
	l.Lines = nil
	c.Push(0, []byte(framed(0x81, 0, "again")))
	if !l.Has(`tx0 0 websocket.payload="again"`) {
		t.Error(l)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(framed(0xc1, 7, compressed(f, "words")[0])+framed(0x01, 0, "a")+framed(0x80, 1, "b")), byte(3))
	f.Fuzz(func(t *testing.T, b []byte, n byte) {
		talk := told.Talk{{Dir: 0, B: string(b)}}
		whole, parts := told.Of(talk, 0, reader), told.Of(talk, 1+int(n), reader)
		if whole.String() != parts.String() {
			t.Errorf("%s\nin parts of %d: %s", whole, 1+int(n), parts)
		}
	})
}
