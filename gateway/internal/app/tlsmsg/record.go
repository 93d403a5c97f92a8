package tlsmsg

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Content types of records (RFC 8446 section 5.1, RFC 6520 section 6).
const (
	recordChange    = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
	recordHeartbeat = 24
)

const recordHead = 5

// record reads the record at the start of b and returns its size, which may be more than
// there is when the rest is of no use; 0 when more is needed.
func (c *Conn) record(dir int, b []byte) int {
	h := &c.half[dir]
	if b[0]&0xc0 != 0 {
		return c.record2(dir, b)
	}
	if len(b) < recordHead {
		return 0
	}
	kind, before, size := b[0], h.version, int(binary.BigEndian.Uint16(b[3:]))
	if !h.hello {
		h.version = binary.BigEndian.Uint16(b[1:])
	}
	if kind < recordChange || kind > recordHeartbeat {
		return c.unknown(dir, before, len(b))
	}
	switch {
	case size == 0:
		c.fail(dir, "invalid_tls_header")
		return 0
	case !h.hello && !validVersion(h.version):
		c.fail(dir, "invalid_record_version")
		return 0
	case kind != recordData && len(b) < recordHead+size:
		return 0
	}
	end := min(recordHead+size, len(b))
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameTLSPDU, b[:end])
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameTLSHdr, b[:recordHead])
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameTLSData, b[recordHead:end])
	c.content(dir, kind, size, b[recordHead:end])
	return recordHead + size
}

// unknown passes over what is at hand of a conversation that was good so far.
func (c *Conn) unknown(dir int, before uint16, n int) int {
	const event = "invalid_record_type"
	if versionTLS10 <= before && before <= versionTLS12 {
		c.half[dir].version = before
		c.raise(dir, event)
		c.sink.Step(&c.tx, dir)
		return n
	}
	// What never was TLS is nothing to rules of the other side.
	c.tx.Sides[dir].Event("tls." + event)
	c.sink.Step(&c.tx, dir)
	c.end()
	return 0
}

// content reads what a record holds.
func (c *Conn) content(dir int, kind byte, size int, b []byte) {
	h, other := &c.half[dir], &c.half[1-dir]
	switch kind {
	case recordChange:
		if !h.changed {
			h.changed = true
			c.encrypts(dir)
		}
	case recordAlert:
		c.alert(dir, b)
	case recordData:
		if c.early() && !c.half[1].hello || h.data {
			return
		}
		h.data = true
		c.encrypts(dir)
		c.finish()
	case recordHandshake:
		// Behind ChangeCipherSpec it is encrypted, but for the one of TLS 1.3 that means
		// nothing (RFC 8446 appendix D.4).
		if (h.changed || other.changed) && !(c.half[0].version > versionTLS12 && !c.half[1].hello) {
			return
		}
		if size < messageHead && len(h.hand) == 0 && h.drop == 0 {
			c.raise(dir, "invalid_tls_header")
			c.sink.Step(&c.tx, dir)
		}
		c.handshake(dir, b)
	case recordHeartbeat:
		c.heartbeat(dir, b)
	}
}

// early tells that the client sends data with its hello.
func (c *Conn) early() bool { return c.half[0].hello && c.hello.EarlyData }

// alert checks an alert (RFC 8446 section 6); longer ones are encrypted.
func (c *Conn) alert(dir int, b []byte) {
	if len(b) == 1 || len(b) == 2 && b[0] != 1 && b[0] != 2 {
		c.fail(dir, "invalid_alert_message")
	}
}

// Messages of SSL 2 ("The SSL Protocol", Hickman 1995).
const (
	ssl2Error       = 0
	ssl2ClientHello = 1
	ssl2MasterKey   = 2
	ssl2ServerHello = 4
)

// record2 reads a record of SSL 2, which has a length of two or three bytes.
func (c *Conn) record2(dir int, b []byte) int {
	head, mask := 2, byte(0x7f)
	if b[0]&0x80 == 0 {
		head, mask = 3, 0x3f
	}
	if len(b) < head+1 {
		return 0
	}
	size := int(b[0]&mask)<<8 | int(b[1])
	if size == 0 {
		c.fail(dir, "invalid_sslv2_header")
		return 0
	}
	if len(b) < head+size {
		return 0
	}
	h := &c.half[dir]
	if h.version == 0 {
		h.version = versionSSL2
		c.number(dir, versionBuffer, versionSSL2)
	}
	state := uint64(0)
	switch b[head] {
	case ssl2Error:
		c.raise(dir, "error_message_encountered")
	case ssl2ClientHello:
		state = stateClientHello
	case ssl2MasterKey:
		state = stateClientKey
	case ssl2ServerHello:
		state = stateServerHello
	}
	if state != 0 {
		c.number(dir, stateBuffer, state)
	}
	c.sink.Step(&c.tx, dir)
	return head + size
}
