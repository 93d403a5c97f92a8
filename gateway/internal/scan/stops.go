package scan

import (
	"crypto/sha256"
	"encoding/hex"

	"otasuke/wire"
)

// stops are files that are stopped whatever the scanner says of them, as wire.FileStopped.
type stops map[[sha256.Size]byte]struct{}

// Stop has files of these digests, in hexadecimal, stopped, and no others any more. What is no digest is passed over. A nil
// scanner does nothing.
func (s *Scanner) Stop(digests []string) {
	if s == nil {
		return
	}
	all := make(stops, len(digests))
	for _, d := range digests {
		var key [sha256.Size]byte
		if n, err := hex.Decode(key[:], []byte(d)); err == nil && n == len(key) {
			all[key] = struct{}{}
		}
	}
	s.stops.Store(&all)
}

// stopped is the name that a file is stopped under, "" for none.
func (s *Scanner) stopped(key [sha256.Size]byte) string {
	if all := s.stops.Load(); all != nil {
		if _, ok := (*all)[key]; ok {
			return wire.FileStopped
		}
	}
	return ""
}
