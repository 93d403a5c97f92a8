package literal

import "errors"

// Pattern is one byte string to look for.
type Pattern struct {
	Bytes  []byte // two at least
	Nocase bool   // ASCII letters match in either case
}

var (
	errNoPatterns = errors.New("literal: no patterns")
	errShort      = errors.New("literal: pattern of less than two bytes")
)

func check(patterns []Pattern) error {
	if len(patterns) == 0 {
		return errNoPatterns
	}
	for _, p := range patterns {
		if len(p.Bytes) < shortGram {
			return errShort
		}
	}
	return nil
}
