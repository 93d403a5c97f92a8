package quichello

import (
	"crypto/md5" // the fingerprint's definition, not protection
	"encoding/hex"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/tlsmsg"
	"otasuke/rule"
)

// maxAgain packets are tried for another connection between the same ports, once a hello
// has been seen: a hello fits in two or three.
const maxAgain = 8

// maxPackets of a direction are read before its hello is given up: real ones need three.
const maxPackets = 1000

// Handshake message types (RFC 8446 section 4).
const (
	typeClientHello = 1
	typeServerHello = 2
)

// Conn reads the conversations between two ports.
type Conn struct {
	sink   app.Sink
	tx     app.Tx
	next   uint64
	keys   *pair
	dcid   []byte // what keys come from
	half   [2]half
	client tlsmsg.ClientHello
	again  int
	at     packet // the one at hand, for its record
}

// half is one direction.
type half struct {
	crypto  crypto
	hello   bool // has been seen: what follows cannot be read
	packets int
}

// packet is what one packet has told.
type packet struct {
	fromClient bool
	version    string
	sni, ua    []byte
	cyu        []cyu
	ja3, ja4   []byte
	ja3Hash    []byte
	extensions []extension
}

// New makes a reader.
func New(sink app.Sink) *Conn { return &Conn{sink: sink} }

// Reset makes c ready for other ports.
func (c *Conn) Reset(sink app.Sink) {
	tx, client := c.tx, c.client
	*c = Conn{sink: sink, tx: tx, client: client}
}

// Done tells that the client has said what can be read.
func (c *Conn) Done() bool { return c.half[app.ToServer].hello }

// Push reads a datagram, which may hold several packets.
func (c *Conn) Push(dir int, b []byte) {
	for len(b) > 0 {
		h, ok := parseHeader(b)
		if !ok {
			return
		}
		if c.half[dir].hello {
			if dir == app.ToServer {
				c.another(b, &h)
			}
			return
		}
		if c.half[dir].packets++; h.kind == kindShort || c.half[dir].packets > maxPackets {
			return
		}
		if !c.packet(dir, b, &h) {
			return
		}
		b = b[h.size+h.length:]
	}
}

// Gap does nothing: datagrams stand alone.
func (c *Conn) Gap(int, int) {}

// Close does nothing.
func (c *Conn) Close(int) {}

// packet reads one packet. False ends the datagram.
func (c *Conn) packet(dir int, b []byte, h *header) bool {
	if c.keys == nil && h.kind == kindInitial {
		c.keys, c.dcid = initialKeys(h.version, h.dcid), append(c.dcid[:0], h.dcid...)
	} else if dir == app.ToClient && h.kind == kindRetry {
		// The client begins anew, with other keys (RFC 9001 section 5.2).
		c.keys, c.half[app.ToServer].hello = nil, false
		c.half[app.ToServer].crypto.reset()
	}
	c.begin(dir, h)
	payload := b[h.size : h.size+h.length]
	if c.keys != nil && h.kind == kindInitial && len(payload) > 0 {
		plain, err := c.open(dir, b, h)
		if err != nil {
			c.tell(dir, "quic.failed_decrypt")
			return false
		}
		payload = plain
	}
	if h.kind != kindInitial {
		c.tell(dir, "")
		return true
	}
	f := frameSink{crypto: &c.half[dir].crypto}
	if !f.frames(payload) {
		c.tell(dir, "quic.error_on_data")
		return false
	}
	c.hello(dir, h, &f)
	event := ""
	if f.long {
		event = "quic.crypto_frag_too_long"
	}
	c.tell(dir, event)
	return true
}

// open opens a packet. One of the client that opens with keys of its own begins a
// connection: anyone can send a packet before that does not open.
func (c *Conn) open(dir int, b []byte, h *header) ([]byte, error) {
	plain, err := c.keys[dir].open(b, h)
	if err == nil || dir != app.ToServer || h.kind != kindInitial || string(h.dcid) == string(c.dcid) {
		return plain, err
	}
	k := initialKeys(h.version, h.dcid)
	if k == nil {
		return nil, err
	}
	if plain, err = k[dir].open(b, h); err == nil {
		c.keys, c.dcid = k, append(c.dcid[:0], h.dcid...)
		c.half[dir].crypto.reset()
	}
	return plain, err
}

// another looks for a connection that the client begins between the same ports.
func (c *Conn) another(b []byte, h *header) {
	if c.again >= maxAgain || h.kind != kindInitial || string(h.dcid) == string(c.dcid) {
		return
	}
	c.again++
	k := initialKeys(h.version, h.dcid)
	if k == nil {
		return
	}
	if _, err := k[app.ToServer].open(b, h); err != nil {
		return
	}
	c.keys, c.dcid, c.half = k, append(c.dcid[:0], h.dcid...), [2]half{}
	c.Push(app.ToServer, b)
}

// begin starts the transaction of a packet.
func (c *Conn) begin(dir int, h *header) {
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder = rule.ProtoQUIC, c
	c.at = packet{fromClient: dir == app.ToServer, version: versionName(h.version)}
}

// hello takes what the frames have told.
func (c *Conn) hello(dir int, h *header, f *frameSink) {
	for _, tags := range f.tags {
		c.at.tags(h.version, tags)
	}
	kind, body := c.half[dir].crypto.whole()
	switch {
	case kind == typeClientHello && body != nil:
		if fault, _ := c.client.Parse(body); fault != "" {
			return
		}
		p, s := &c.at, &c.tx.Sides[dir]
		p.sni = s.Keep(c.client.ServerName)
		p.ja3 = c.client.AppendJA3(nil)
		if dir == app.ToServer {
			p.ja4 = c.client.AppendJA4(nil, true)
		}
		p.extend(c.client.Extensions())
	case kind == typeServerHello && body != nil:
		var hello tlsmsg.ServerHello
		if hello.Parse(body) != "" {
			return
		}
		c.at.ja3 = hello.AppendJA3S(nil)
		c.at.extend(hello.Extensions())
	default:
		return
	}
	c.half[dir].hello = true
	c.half[dir].crypto = crypto{}
}

// tell shows the packet to rules and writes its record.
func (c *Conn) tell(dir int, event string) {
	p, s := &c.at, &c.tx.Sides[dir]
	if event != "" {
		s.Event(event)
	}
	s.Put(rule.QUICVersion, []byte(p.version))
	if len(p.sni) > 0 {
		s.Put(rule.QUICSNI, p.sni)
	}
	if len(p.ua) > 0 {
		s.Put(rule.QUICUserAgent, p.ua)
	}
	for _, y := range p.cyu {
		s.Put(rule.QUICCyuString, []byte(y.text))
		s.Put(rule.QUICCyuHash, []byte(y.hash))
	}
	if p.ja3 != nil {
		p.ja3Hash = tlsmsg.AppendMD5(nil, p.ja3)
		if p.fromClient {
			s.Put(rule.JA3String, p.ja3)
			s.Put(rule.JA3Hash, p.ja3Hash)
		} else {
			s.Put(rule.JA3SString, p.ja3)
			s.Put(rule.JA3SHash, p.ja3Hash)
		}
	}
	s.Put(rule.JA4Hash, p.ja4)
	s.Done, c.tx.Sides[1-dir].Done = true, true
	c.sink.Step(&c.tx, dir)
	c.sink.Log(&c.tx, dir, "quic")
}

// cyu is a fingerprint of a hello of Google's QUIC: its version and the names of its tags.
type cyu struct{ text, hash string }

// tags takes those of a hello.
func (p *packet) tags(version uint32, tags []tag) {
	text := ""
	for _, t := range tags {
		switch t.name {
		case "SNI":
			p.sni = t.value
		case "UAID":
			p.ua = t.value
		}
		if text != "" {
			text += "-"
		}
		text += t.name
	}
	switch version {
	case google43, google44, google45, google46:
		text = string([]byte{byte(version >> 8), byte(version)}) + "," + text
		sum := md5.Sum([]byte(text))
		p.cyu = append(p.cyu, cyu{text, hex.EncodeToString(sum[:])})
	}
}
