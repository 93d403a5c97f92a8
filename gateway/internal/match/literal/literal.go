package literal

import "errors"

// Pattern is one byte string to look for.
type Pattern struct {
	Bytes  []byte // not empty
	Nocase bool   // ASCII letters match in either case
}

var (
	errNoPatterns   = errors.New("literal: no patterns")
	errEmptyPattern = errors.New("literal: empty pattern")
)

func check(patterns []Pattern) error {
	if len(patterns) == 0 {
		return errNoPatterns
	}
	for _, p := range patterns {
		if len(p.Bytes) == 0 {
			return errEmptyPattern
		}
	}
	return nil
}
