package smtpcmd

import "otasuke/gateway/internal/app"

// Answer is what recognition says of the first bytes of a direction.
type Answer uint8

// Answers.
const (
	No Answer = iota
	More
	Yes
	// Perhaps: a greeting that FTP servers give as well; it counts when the client
	// spoke and nothing else was recognised.
	Perhaps
)

// Probe judges the first bytes that dir sent.
func Probe(dir int, b []byte) Answer {
	if dir == app.ToServer {
		for _, s := range []string{"ehlo", "helo", "quit"} {
			if hasFold(b, s) {
				return Yes
			}
			if len(b) < len(s) && hasFold([]byte(s), string(lower(b))) {
				return More
			}
		}
		return No
	}
	if len(b) < 4 {
		if string(b) == "220"[:min(len(b), 3)] {
			return More
		}
		return No
	}
	if string(b[:3]) == "220" && (b[3] == ' ' || b[3] == '-') {
		return Perhaps
	}
	return No
}

func lower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}
