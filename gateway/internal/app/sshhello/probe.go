package sshhello

import "bytes"

// Answer is what recognition says of the first bytes of a direction.
type Answer uint8

// Answers.
const (
	No Answer = iota
	More
	Yes
)

// Probe judges the first bytes that either direction sent.
func Probe(b []byte) Answer {
	mark := []byte("SSH-")
	switch {
	case bytes.HasPrefix(b, mark):
		return Yes
	case bytes.HasPrefix(mark, b):
		return More
	}
	return No
}
