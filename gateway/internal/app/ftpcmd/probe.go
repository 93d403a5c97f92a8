package ftpcmd

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

// Probe judges the first bytes that dir sent: a command with which clients begin. The
// greeting "220" is that of mail servers as well and says nothing alone.
func Probe(dir int, b []byte) Answer {
	if dir != app.ToServer {
		return No
	}
	answer := No
	for _, s := range []string{"USER ", "PASS ", "PORT ", "FEAT", "AUTH SSL", "AUTH TLS"} {
		if len(b) >= len(s) && bytes.EqualFold(b[:len(s)], []byte(s)) {
			return Yes
		}
		if len(b) < len(s) && bytes.EqualFold(b, []byte(s[:len(b)])) {
			answer = More
		}
	}
	return answer
}
