package apps

import (
	"bytes"
	"encoding/binary"
)

// Protocols that are told by their first bytes, in the order of apps.Signed.
const (
	signNone = iota
	signBitTorrent
	signOpenVPN
	signWireGuard
	signSTUN
	signGnutella
	signBitcoin
	numSigns
)

var (
	peerHello     = []byte("\x13BitTorrent protocol") // BEP 3, "peer protocol"
	gnutellaHello = []byte("GNUTELLA CONNECT/")       // Gnutella protocol specification 0.4
	bitcoinHello  = []byte("\xf9\xbe\xb4\xd9version\x00")
)

// Stun's magic number (RFC 8489 section 5).
const stunCookie = 0x2112a442

// sign tells a protocol by the first bytes that one end sends.
func sign(b []byte, udp bool) int {
	if udp {
		switch {
		case wireGuard(b):
			return signWireGuard
		case stun(b):
			return signSTUN
		case openVPN(b):
			return signOpenVPN
		case utp(b):
			return signBitTorrent
		}
		return signNone
	}
	switch {
	case bytes.HasPrefix(b, peerHello):
		return signBitTorrent
	case bytes.HasPrefix(b, gnutellaHello):
		return signGnutella
	case bytes.HasPrefix(b, bitcoinHello):
		return signBitcoin
	case len(b) > 2 && int(binary.BigEndian.Uint16(b)) == len(b)-2 && openVPN(b[2:]): // over TCP its length stands before
		return signOpenVPN
	}
	return signNone
}

// wireGuard tells the two messages of a handshake ("WireGuard", section 5.4).
func wireGuard(b []byte) bool {
	return len(b) == 148 && binary.LittleEndian.Uint32(b) == 1 || len(b) == 92 && binary.LittleEndian.Uint32(b) == 2
}

// stun tells a message of RFC 8489 section 5.
func stun(b []byte) bool {
	return len(b) >= 20 && b[0] < 4 && binary.BigEndian.Uint32(b[4:]) == stunCookie && int(binary.BigEndian.Uint16(b[2:])) == len(b)-20
}

// openVPN tells a client's first message (OpenVPN protocol, "P_CONTROL_HARD_RESET_CLIENT"),
// plain or signed by HMAC of usual lengths; the packet is the first.
func openVPN(b []byte) bool {
	if len(b) < 14 || b[0]>>3 != 7 && b[0]>>3 != 10 || b[0]&7 != 0 {
		return false
	}
	first := func(at int) bool { return binary.BigEndian.Uint32(b[at:]) == 1 }
	switch len(b) {
	case 14:
		return b[9] == 0 && binary.BigEndian.Uint32(b[10:]) == 0
	case 42: // SHA-1
		return first(29)
	case 54: // SHA-256, or encrypted
		return first(41) || first(9)
	case 86: // SHA-512
		return first(73)
	}
	return false
}

// utp tells the first packet of BEP 29: nothing was received yet.
func utp(b []byte) bool {
	return len(b) == 20 && b[0] == 0x41 && b[1] == 0 && binary.BigEndian.Uint32(b[8:]) == 0 && binary.BigEndian.Uint16(b[18:]) == 0 && binary.BigEndian.Uint32(b[12:]) != 0
}
