package smbmsg

import "bytes"

// Answer is what recognition says of the first bytes of a direction.
type Answer uint8

// Answers.
const (
	No Answer = iota
	More
	Yes
)

// Probe judges the first bytes of a direction: a session service header with the
// signature of an SMB message, or a session request (RFC 1002 section 4.3.2), behind
// which one comes.
func Probe(b []byte) Answer {
	if len(b) == 0 {
		return More
	}
	switch {
	case b[0] == 0x81 || b[0] == 0x82:
		if len(b) < nbssHeader {
			return More
		}
		size := int(b[2])<<8 | int(b[3])
		if b[1]&0xfe != 0 || b[0] == 0x81 && size != 68 || b[0] == 0x82 && size != 0 {
			return No
		}
		if len(b) < nbssHeader+size+8 {
			return More
		}
		return Probe(b[nbssHeader+size:])
	case b[0] != nbssMessage:
		return No
	case len(b) < nbssHeader+4:
		return More
	}
	if b[4] >= 0xfc && bytes.Equal(b[5:8], []byte("SMB")) {
		return Yes
	}
	return No
}
