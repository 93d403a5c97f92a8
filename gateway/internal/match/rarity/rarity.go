// Package rarity tells how seldom bytes are seen in ordinary traffic.
//
// Literal searches cost what they find: a pattern whose last bytes stand on every page is
// looked at again and again. [Window] cuts out of a rule's content the few bytes by which
// it is searched best. The counts are those of ordinary.txt, a sample of the traffic of
// offices, and of what binary protocols have most: zeros and small numbers.
//
// Pure, built once. Only match calls it, while rules are compiled.
package rarity

import (
	"bytes"
	_ "embed"
	"math"
	"sync"
)

//go:embed ordinary.txt
var ordinary []byte

// MaxWindow is the most bytes of a window: longer ones are hardly found less often. What is
// cut off for a better end leaves minWindow at least.
const (
	MaxWindow = 32
	minWindow = 8
)

// gram is the number of bytes whose place behind one another is counted.
const gram = 3

// Weights, chosen by the rules that pages, handshakes and questions have tried in vain.
const (
	found   = 10    // what is found and must be judged, against what is only looked at
	ofText  = 0.7   // share of text in traffic
	unseen  = 0.001 // share of bytes that stand where the sample has others
	unknown = 1e-7
	// ofHeaders is what the bytes that binary messages begin with count for.
	ofHeaders = 40
)

// headers are beginnings of messages of binary protocols, which are always there: DNS, TLS,
// SMB, DCERPC, NetBIOS, NTP.
var headers = []string{
	"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", "\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00", "\x00\x04", "\x03com\x00\x00\x01\x00\x01",
	"\x03net\x00\x00\x1c\x00\x01", "\x02jp\x00\x00\x41\x00\x01", "\x03www\x06", "\x00\x00\x29\x04\xd0\x00\x00\x00\x00",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", "\x14\x03\x03\x00\x01\x01\x17\x03\x03", "\x00\x00\x00", "\x02h2\x08http/1.1", "\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30",
	"\x00\x17\x00\x00\xff\x01\x00\x01\x00\x00\x0a\x00", "\x00\x0b\x00\x02\x01\x00\x00\x23\x00\x00", "0\x82\x01\x0a\x02\x82\x01\x01\x00", "\x06\x03U\x04\x03\x0c", "\x06\x09*\x86H\x86\xf7\x0d\x01\x01\x0b\x05\x00",
	"\x00\x00\x00\x85\xffSMB", "\xfeSMB@\x00\x00\x00\x00\x00\x00\x00", "\x05\x00\x00\x03\x10\x00\x00\x00", "\x05\x00\x0b\x03\x10\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff", "\x01\x10\x00\x01\x00\x00", "\x1b\x00\x00\x00",
}

// model counts what follows what, in lower case, as shares of all places.
type model struct {
	one   [256]float64
	two   [256 * 256]float64
	three map[[gram]byte]float64
}

var counts = sync.OnceValue(func() *model {
	m := &model{three: map[[gram]byte]float64{}}
	each := ofText / float64(len(ordinary))
	m.read(bytes.ReplaceAll(ordinary, []byte("\n"), []byte("\r\n")), each)
	for _, h := range headers {
		m.read([]byte(h), ofHeaders*each)
	}
	return m
})

// read counts a text.
func (m *model) read(text []byte, each float64) {
	for i := range text {
		c := lower(text[i])
		m.one[c] += each
		if i > 0 {
			m.two[int(lower(text[i-1]))<<8|int(c)] += each
		}
		if i > 1 {
			m.three[[gram]byte{lower(text[i-2]), lower(text[i-1]), c}] += each
		}
	}
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// binary is how likely a byte is in what is no text.
func binary(c byte, behindZero bool) float64 {
	switch {
	case c == 0 && behindZero:
		return 0.5
	case c == 0:
		return 0.15
	case c == 0xff:
		return 0.03
	case c <= 16:
		return 0.012
	}
	return 0.003
}

// pair and triple are the shares of places in traffic that bytes stand at, in lower case.
func (m *model) pair(a, b byte) float64 {
	noText := (1 - ofText) * binary(a, false) * binary(b, a == 0)
	return m.two[int(a)<<8|int(b)] + unseen*m.one[b] + noText + unknown
}

func (m *model) triple(a, b, c byte) float64 {
	noText := (1 - ofText) * binary(a, false) * binary(b, a == 0) * binary(c, b == 0)
	return m.three[[gram]byte{a, b, c}] + unseen*m.pair(b, c) + noText
}

// Window chooses the bytes of a content, two at least, by which it is searched: side by
// side, [MaxWindow] at most, with an end that is seldom met. The cost tells how much work
// they are, for a comparison with other contents: how often the search stops, which looks at
// ends first, and how often they are found.
func Window(p []byte) (window []byte, cost float64) {
	m := counts()
	if len(p) < gram {
		return p, (1 + found) * m.pair(lower(p[0]), lower(p[1]))
	}
	end, cost := 0, math.Inf(1)
	// chance[i] is the logarithm of how often byte i follows those before.
	var chance [MaxWindow]float64
	b, c := lower(p[0]), lower(p[1])
	pair := m.pair(b, c)
	chance[1] = math.Log(pair)
	whole := chance[1]
	for i := gram - 1; i < len(p); i++ {
		a := b
		b, c = c, lower(p[i])
		triple := m.triple(a, b, c)
		if i >= MaxWindow {
			whole -= chance[i%MaxWindow]
		}
		chance[i%MaxWindow] = min(0, math.Log(triple/pair))
		whole += chance[i%MaxWindow]
		pair = m.pair(b, c)
		if i+1 < min(len(p), minWindow) {
			continue
		}
		// Words of the sample stand behind one another more often than their letters tell.
		if v := triple + found*math.Exp(whole/2); v < cost {
			end, cost = i+1, v
		}
	}
	return p[max(0, end-MaxWindow):end], cost
}
