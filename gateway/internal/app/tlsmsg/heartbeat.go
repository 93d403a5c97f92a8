package tlsmsg

import "encoding/binary"

// minPadding of a heartbeat (RFC 6520 section 4).
const minPadding = 16

// heartbeats follows requests and responses (RFC 6520), of which responses that are
// longer than what was asked for give memory away (CVE-2014-0160).
type heartbeats struct {
	asked bool
	by    int // who asked
	size  int // of the encrypted request
}

// heartbeat reads a record.
func (c *Conn) heartbeat(dir int, b []byte) {
	t := &c.beat
	encrypted := c.half[0].changed || c.half[1].changed
	switch {
	case len(b) < 3:
		c.fail(dir)
	case !encrypted && b[0] != 1 && b[0] != 2:
		c.fail(dir, "invalid_heartbeat_message")
	case !t.asked:
		*t = heartbeats{asked: true, by: dir}
		if encrypted {
			t.size = len(b)
			return
		}
		c.request(dir, b)
	case t.by == dir:
		c.fail(dir, "invalid_heartbeat_message")
	case encrypted && t.size > 0 && t.size < len(b):
		*t = heartbeats{}
		c.fail(dir, "dataleak_heartbeat_mismatch")
	default:
		*t = heartbeats{}
	}
}

// request checks one that is not encrypted.
func (c *Conn) request(dir int, b []byte) {
	size := int(binary.BigEndian.Uint16(b[1:])) + 3
	if size > len(b) {
		c.fail(dir, "overflow_heartbeat_message", "invalid_heartbeat_message")
	} else if len(b)-size < minPadding {
		c.fail(dir, "invalid_heartbeat_message")
	}
}
