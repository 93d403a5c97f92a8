// Package reply makes the packets with which the box answers in place of an end: the reset
// of a connection, and the page in place of a blocked one.
//
// Pure. Only the engine calls it.
package reply

import (
	"encoding/binary"

	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
)

// segmentSize of our own segments fits every path (the IPv6 minimum less headers).
const segmentSize = 1200

// ends gives a segment the ends of a connection, towards the sender of direction dir.
func ends(k flow.Key, dir int) packet.Segment {
	if dir == 0 {
		return packet.Segment{Src: k.Server, Dst: k.Client, SrcPort: k.ServerPort, DstPort: k.ClientPort}
	}
	return packet.Segment{Src: k.Client, Dst: k.Server, SrcPort: k.ClientPort, DstPort: k.ServerPort}
}

// AppendReset appends the packet that ends a connection for the sender of direction dir. seq
// is the number that it expects next, ack what was received of it (RFC 5961 section 3).
func AppendReset(b []byte, k flow.Key, dir int, seq, ack uint32) []byte {
	s := ends(k, dir)
	s.Seq, s.Ack, s.Flags = seq, ack, packet.RST|packet.ACK
	return packet.AppendTCP(b, s)
}

// maxAgain resets go to one end of a connection: it gets them when it speaks, and takes the
// first that reaches it.
const maxAgain = 8

// Again is a reset for an end that has sent p behind its n-th one: that was lost, or came
// before bytes that were still on their way, and then an end that keeps to RFC 5961 section
// 3.2 asks for a better one. nil when none is due.
func Again(b []byte, k flow.Key, dir int, p *packet.Packet, n *uint8) []byte {
	if *n == 0 || *n >= maxAgain || p.Proto != packet.TCP || p.Flags&packet.ACK == 0 || p.Flags&packet.RST != 0 {
		return nil
	}
	*n++
	return AppendReset(b, k, dir, p.Ack, p.Seq+uint32(len(p.Payload)))
}

// Page answers the client of a connection with a response of [Blocked] or [Said], and ends
// its side; send gets the packets, made in b, one by one.
func Page(b []byte, k flow.Key, seq, ack uint32, response []byte, send func([]byte)) {
	last(b, k, seq, ack, response, send)
}

// DNS answers the client of a connection with a message, behind two bytes that are for its
// length (RFC 1035 section 4.2.2), and ends its side.
func DNS(b []byte, k flow.Key, seq, ack uint32, message []byte, send func([]byte)) {
	binary.BigEndian.PutUint16(message, uint16(len(message)-2))
	last(b, k, seq, ack, message, send)
}

// last says data to the client of a connection as the last of its server.
func last(b []byte, k flow.Key, seq, ack uint32, data []byte, send func([]byte)) {
	for len(data) > 0 {
		n := min(segmentSize, len(data))
		s := ends(k, 0)
		s.Seq, s.Ack, s.Flags, s.Payload = seq, ack, packet.ACK|packet.PSH, data[:n]
		if n == len(data) {
			s.Flags |= packet.FIN
		}
		send(packet.AppendTCP(b[:0], s))
		data, seq = data[n:], seq+uint32(n)
	}
}
