package scan

import (
	"crypto/sha256"
	"encoding/hex"
)

// stops are files that are stopped whatever the scanner says of them.
type stops struct {
	name  string
	files map[[sha256.Size]byte]struct{}
}

// Stop has files of these digests, in hexadecimal, stopped under the name of a virus, and no others any more. What is no
// digest is passed over. A nil scanner does nothing.
func (s *Scanner) Stop(name string, digests []string) {
	if s == nil {
		return
	}
	all := &stops{name: name, files: make(map[[sha256.Size]byte]struct{}, len(digests))}
	for _, d := range digests {
		var key [sha256.Size]byte
		if n, err := hex.Decode(key[:], []byte(d)); err == nil && n == len(key) {
			all.files[key] = struct{}{}
		}
	}
	s.stops.Store(all)
}

// stopped is the name that a file is stopped under, "" for none.
func (s *Scanner) stopped(key [sha256.Size]byte) string {
	if all := s.stops.Load(); all != nil {
		if _, ok := all.files[key]; ok {
			return all.name
		}
	}
	return ""
}
