package popcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
)

// Answer is what recognition says of the first bytes of a direction.
type Answer uint8

// Answers.
const (
	No Answer = iota
	More
	Yes
)

// Probe judges the first bytes that dir sent: the greeting, or a command with which
// clients begin.
func Probe(dir int, b []byte) Answer {
	marks := []string{"+OK", "-ERR"}
	if dir == app.ToServer {
		marks = []string{"CAPA\r\n", "APOP ", "STLS\r\n"}
	}
	answer := No
	for _, s := range marks {
		if bytes.HasPrefix(b, []byte(s)) {
			return Yes
		}
		if bytes.HasPrefix([]byte(s), b) {
			answer = More
		}
	}
	return answer
}
