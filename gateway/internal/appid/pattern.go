package appid

import (
	"bytes"

	"otasuke/internal/ascii"
	"otasuke/rule"
)

// pattern is what a protocol's first bytes look like at any port.
type pattern struct {
	proto  rule.Proto
	udp    bool
	dirs   uint8 // bit 0 to the server, bit 1 to the client
	text   string
	nocase bool
	offset int
	depth  int // the pattern ends before this place
	// final tells that the search ends when also does not hold.
	final bool
	// also must hold of the bytes, when not nil.
	also func(dir int, b []byte) answer
	// given must hold of what else is known, when not nil.
	given func(t *Track) bool
}

const (
	server  = 1 // sent to the server
	client  = 2
	anyside = server | client
)

// searchDepth is how many bytes of a TCP direction are waited for before it is given up:
// longer than all patterns, since short commands may come first.
const searchDepth = 32

// depth is how many bytes of a direction patterns look at.
func depth(udp bool, dir int) int {
	if !udp {
		return searchDepth
	}
	return depths[index(udp)][dir]
}

func index(udp bool) int {
	if udp {
		return 1
	}
	return 0
}

var depths = func() (d [2][2]int) {
	for _, p := range patterns {
		for dir := range 2 {
			if p.dirs&(1<<dir) != 0 {
				d[index(p.udp)][dir] = max(d[index(p.udp)][dir], p.depth)
			}
		}
	}
	return d
}()

// methods of HTTP that begin a conversation: RFC 9110, WebDAV (RFC 4918, 3253) and the
// versioning extensions.
var methods = []string{"GET", "PUT", "POST", "HEAD", "TRACE", "OPTIONS", "CONNECT", "DELETE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE",
	"LOCK", "UNLOCK", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "MERGE", "INVALID",
	"VERSION-CONTROL", "BASELINE-CONTROL"}

// sipMethods of RFC 3261 and its extensions.
var sipMethods = []string{"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"}

var patterns = makePatterns()

func makePatterns() []pattern {
	var list []pattern
	add := func(p pattern) {
		if p.depth == 0 {
			p.depth = p.offset + len(p.text)
		}
		list = append(list, p)
	}
	for _, m := range methods {
		for _, space := range []string{" ", "\t"} {
			add(pattern{proto: rule.ProtoHTTP, dirs: server, text: m + space})
		}
	}
	for _, v := range []string{"HTTP/0.9", "HTTP/1.0", "HTTP/1.1"} {
		add(pattern{proto: rule.ProtoHTTP, dirs: client, text: v, nocase: true})
	}
	add(pattern{proto: rule.ProtoHTTP2, dirs: server, text: "PRI * HTTP/2.0\r\n"})
	add(pattern{proto: rule.ProtoHTTP2, dirs: client, text: "\x00\x00", also: http2Settings, depth: 2})
	for _, v := range []string{"\x01\x00\x02", "\x01\x03\x00", "\x01\x03\x01", "\x01\x03\x02", "\x01\x03\x03"} {
		add(pattern{proto: rule.ProtoTLS, dirs: server, text: v, offset: 2})
	}
	for _, v := range []string{"\x16\x03\x00", "\x16\x03\x01", "\x16\x03\x02", "\x16\x03\x03"} {
		add(pattern{proto: rule.ProtoTLS, dirs: anyside, text: v})
	}
	for _, v := range []string{"\x15\x03\x00", "\x15\x03\x01", "\x15\x03\x02", "\x15\x03\x03", "\x17\x03\x00", "\x17\x03\x01", "\x17\x03\x02", "\x17\x03\x03"} {
		add(pattern{proto: rule.ProtoTLS, dirs: client, text: v})
	}
	for _, v := range []string{"EHLO", "HELO", "QUIT"} {
		add(pattern{proto: rule.ProtoSMTP, dirs: server, text: v, nocase: true})
	}
	add(pattern{proto: rule.ProtoSMTP, dirs: client, text: "220", also: greets, given: func(t *Track) bool { return t.By[0] == rule.ProtoSMTP }})
	for _, v := range []string{"PASS ", "PORT ", "FEAT", "AUTH SSL", "AUTH TLS"} {
		add(pattern{proto: rule.ProtoFTP, dirs: server, text: v, nocase: true})
	}
	// A mail program collects mail with the same command.
	add(pattern{proto: rule.ProtoFTP, dirs: server, text: "USER ", nocase: true, given: func(t *Track) bool { return t.By[1] != rule.ProtoPOP3 }})
	add(pattern{proto: rule.ProtoFTP, dirs: client, text: "220 ("})
	add(pattern{proto: rule.ProtoPOP3, dirs: client, text: "+OK "})
	for _, v := range []string{"CAPA\r\n", "APOP ", "STLS\r\n"} {
		add(pattern{proto: rule.ProtoPOP3, dirs: server, text: v})
	}
	add(pattern{proto: rule.ProtoSSH, dirs: anyside, text: "SSH-"})
	for _, v := range []string{"\xffSMB", "\xfeSMB", "\xfdSMB"} {
		add(pattern{proto: rule.ProtoSMB, dirs: anyside, text: v, offset: 4})
	}
	add(pattern{proto: rule.ProtoDCERPC, dirs: anyside, text: "\x05\x00", also: dceHeader})
	add(pattern{proto: rule.ProtoRFB, dirs: anyside, text: "RFB "})
	add(pattern{proto: rule.ProtoIMAP, dirs: client, text: "* OK ", nocase: true})
	add(pattern{proto: rule.ProtoIMAP, dirs: server, text: "1 capability", nocase: true})
	add(pattern{proto: rule.ProtoSIP, dirs: client, text: "SIP/2.0 ", depth: 9})
	for _, m := range sipMethods {
		add(pattern{proto: rule.ProtoSIP, dirs: server, text: m, also: noHTTP, final: true})
		add(pattern{proto: rule.ProtoSIP, udp: true, dirs: server, text: m})
	}
	add(pattern{proto: rule.ProtoSIP, udp: true, dirs: client, text: "SIP/2.0 "})
	for _, v := range []string{"d1:ad2:id20:", "d1:rd2:id20:", "d2:ip", "d1:el", "d1:eli20"} {
		add(pattern{proto: rule.ProtoBitTorrent, udp: true, dirs: anyside, text: v})
	}
	add(pattern{proto: rule.ProtoDCERPC, udp: true, dirs: anyside, text: "\x04\x00", also: dceUDP})
	return list
}

// starting are the patterns that bytes may fit, by transport, direction and first byte, in
// the order in which they are asked.
var starting = func() (s [2][2][256][]*pattern) {
	for i := range patterns {
		p := &patterns[i]
		for dir := range 2 {
			for first := range 256 {
				if p.dirs&(1<<dir) != 0 && p.startsWith(byte(first)) {
					l := &s[index(p.udp)][dir][first]
					*l = append(*l, p)
				}
			}
		}
	}
	return s
}()

// startsWith tells that what fits may begin with a byte.
func (p *pattern) startsWith(first byte) bool {
	return p.offset > 0 || p.depth > len(p.text) || p.text[0] == first || p.nocase && ascii.EqualFold([]byte(p.text[:1]), []byte{first})
}

// byPattern names the protocol whose pattern fits. open tells that another one may fit
// once there are more bytes: what is decided before that would depend on how they are cut.
func (c *Config) byPattern(t *Track, udp bool, dir int, b []byte) (found rule.Proto, open bool) {
	if len(b) == 0 {
		return rule.ProtoUnknown, true
	}
	for _, p := range starting[index(udp)][dir][b[0]] {
		if !c.Enabled(p.proto) || p.given != nil && !p.given(t) {
			continue
		}
		if !p.fits(b) {
			open = open || p.begins(b)
			continue
		}
		if p.also == nil {
			return p.proto, false
		}
		switch p.also(dir, b) {
		case yes:
			return p.proto, false
		case more:
			open = true
		case no:
			if p.final {
				return rule.ProtoFailed, false
			}
		}
	}
	return rule.ProtoUnknown, open
}

// begins tells that b, which is too short, may become what fits. Patterns that do not stand
// at the beginning are not waited for: short messages of other protocols would have to.
func (p *pattern) begins(b []byte) bool {
	if p.offset > 0 || len(b) >= len(p.text) {
		return false
	}
	return string(b) == p.text[:len(b)] || p.nocase && ascii.EqualFold(b, p.text[:len(b)])
}

func (p *pattern) fits(b []byte) bool {
	if len(b) < p.offset+len(p.text) {
		return false
	}
	b = b[p.offset:min(len(b), p.depth)]
	if p.depth > p.offset+len(p.text) {
		return bytes.Contains(b, []byte(p.text))
	}
	if !p.nocase {
		return string(b[:len(p.text)]) == p.text
	}
	return ascii.EqualFold(b[:len(p.text)], p.text)
}
