package engine

import (
	"encoding/binary"
	"strings"
	"testing"
)

const nameRule = `dns dns.query; content:"evil.example"; nocase;`

func nameOf(w string) string {
	if w == bad {
		return "www.evil.example"
	}
	return "www.good.example"
}

// labels is a name on the wire (RFC 1035 section 3.1).
func labels(name string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(name, ".") {
		b.WriteByte(byte(len(l)))
		b.WriteString(l)
	}
	return b.String() + "\x00"
}

// question is a message with what stands behind its head.
func question(counts string, rest string) string {
	return "\x12\x34\x01\x00" + counts + rest
}

const oneQuestion = "\x00\x01\x00\x00\x00\x00\x00\x00"

func plainQuestion(name string) string { return question(oneQuestion, labels(name)+"\x00\x01\x00\x01") }

func prefixed(m string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(m)))) + m
}

func TestDNSTricks(t *testing.T) {
	t.Parallel()
	resolver := func() *ends { return between("192.168.1.12:5353", "198.51.100.53:53") }
	ask := func(m func(name string) string) func(string) []string {
		return func(w string) []string { return []string{">" + m(nameOf(w))} }
	}
	second := func(rest string) func(string) []string { // what no server can read, behind what one can
		return func(string) []string {
			return []string{">" + plainQuestion("a.example"), ">" + question(oneQuestion, rest)}
		}
	}
	all := []speech{
		{name: "plain", udp: true, rule: nameRule, say: ask(plainQuestion)},
		{name: "0x20: letters of any case", udp: true, rule: nameRule, say: ask(func(n string) string {
			return plainQuestion(strings.NewReplacer("v", "V", "x", "X", "o", "O").Replace(n))
		})},
		{name: "EDNS", udp: true, rule: nameRule, say: ask(func(n string) string {
			return question("\x00\x01\x00\x00\x00\x00\x00\x01", labels(n)+"\x00\x01\x00\x01"+"\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00")
		})},
		{name: "compression: the name points to itself behind", udp: true, rule: nameRule, say: ask(func(n string) string {
			first, rest, _ := strings.Cut(n, ".")
			return question("\x00\x02\x00\x00\x00\x00\x00\x00", labels(rest)+"\x00\x01\x00\x01"+string(byte(len(first)))+first+"\xc0\x0c\x00\x01\x00\x01")
		})},
		{name: "compression loop", udp: true, rule: nameRule, ends: true, say: second("\x03www\xc0\x0c\x00\x01\x00\x01")},
		{name: "compression pointer forward", udp: true, rule: nameRule, ends: true, say: ask(func(n string) string {
			return question(oneQuestion, "\xc0\x20\x00\x01\x00\x01"+strings.Repeat("\x00", 14)+labels(n))
		})},
		{name: "pointer behind the message", udp: true, rule: nameRule, ends: true, say: second("\xc3\xff\x00\x01\x00\x01")},
		{name: "second question", udp: true, rule: nameRule, say: ask(func(n string) string {
			return question("\x00\x02\x00\x00\x00\x00\x00\x00", labels("a.example")+"\x00\x01\x00\x01"+labels(n)+"\x00\x01\x00\x01")
		})},
		{name: "bytes behind the message", udp: true, rule: nameRule, say: ask(func(n string) string { return plainQuestion(n) + "garbage" })},
		{name: "TCP: one message over segments", rule: nameRule, say: ask(func(n string) string { return prefixed(plainQuestion(n)) })},
		{name: "TCP: two messages in a segment", rule: nameRule, say: ask(func(n string) string {
			return prefixed(plainQuestion("a.example")) + prefixed(plainQuestion(n))
		})},
	}
	for i := range all {
		all[i].between = resolver
	}
	playSpeeches(t, all)
}
