package redact

import (
	"encoding/binary"

	"otasuke/gateway/internal/packet"
)

const (
	// whole packets are not cut: they came so over the wire.
	wholePacket = 1500
	// pieceSize of longer ones, which were put together from several: with the longest
	// headers it fits every path (RFC 8200 section 5).
	pieceSize = 1160
)

// Can tells that other packets can be sent in the place of p, the only one of its frame.
func Can(p *packet.Packet, alone bool) bool {
	return alone && p.Proto == packet.TCP && p.Level == 0 && !p.Reassembled && p.TransportHeader() != nil && !p.HasMAC && len(p.VLANs[:p.VLANLayers]) == 0 &&
		(p.Version == 4 || p.IP == 40) && len(p.Data) == p.IP+p.TCPHeader+len(p.Payload)
}

// Segments makes the packets that go in the place of p, with another payload of the same
// length.
func Segments(p *packet.Packet, payload []byte) (list [][]byte) {
	head := p.Data[:p.IP+p.TCPHeader]
	size := len(payload)
	if len(head)+size > wholePacket {
		size = pieceSize
	}
	for at := 0; at < len(payload); at += size {
		piece := payload[at:min(at+size, len(payload))]
		b := append(append(make([]byte, 0, len(head)+len(piece)), head...), piece...)
		if p.Version == 4 {
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			binary.BigEndian.PutUint16(b[4:], uint16(p.ID)+uint16(len(list)))
			b[10], b[11] = 0, 0
		} else {
			binary.BigEndian.PutUint16(b[4:], uint16(len(b)-p.IP))
		}
		tcp := b[p.IP:]
		binary.BigEndian.PutUint32(tcp[4:], p.Seq+uint32(at))
		if at+size < len(payload) {
			tcp[13] &^= packet.FIN | packet.PSH
		}
		tcp[16], tcp[17] = 0, 0
		list = append(list, packet.Seal(b, 0, p.IP, p.IP+16))
	}
	return list
}
