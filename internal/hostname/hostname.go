// Package hostname says which names a list of sites may have, and in which form: what the box, the centre and the messages
// between them all go by, so that a person hears at once of a name that no box would take.
//
// Pure. Callers: filter on the box, wire, policy at the centre.
package hostname

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

const (
	// MaxName bytes has a name (RFC 1035 section 2.3.4), without its last dot.
	MaxName = 253
	// maxLabel bytes has one of its labels.
	maxLabel = 63
)

// Reasons why a name is refused.
var (
	ErrName   = errors.New("not a domain name")
	ErrSuffix = errors.New("everybody's names end so; it would block a whole top-level domain")
)

// Clean gives a name in the form in which lists have it: small letters, no last dot, labels of other writing in their ASCII
// form (RFC 5890). A name below which a registry gives names to everybody is [ErrSuffix].
func Clean(s string) (string, error) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if !plain(s) {
		a, err := idna.Lookup.ToASCII(s)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrName, err)
		}
		s = a
	}
	s = strings.ToLower(s)
	switch n := []byte(s); {
	case len(n) > MaxName || !Domain(n):
		return "", ErrName
	case Public(n):
		return "", ErrSuffix
	}
	return s, nil
}

// Shown is a clean name as people write it.
func Shown(name string) string {
	if u, err := idna.Display.ToUnicode(name); err == nil {
		return u
	}
	return name
}

// Within tells that a clean name is another one, or below it.
func Within(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Domain tells a name of two labels or more (RFC 1035 section 2.3.4), the last not a
// number (RFC 3696 section 2); underscores are used in practice.
func Domain(name []byte) bool {
	label, dots, number := 0, 0, true
	for _, c := range name {
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label, dots, number = 0, dots+1, true
			continue
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'z', c == '-', c == '_':
			number = false
		default:
			return false
		}
		if label++; label > maxLabel {
			return false
		}
	}
	return dots > 0 && label > 0 && !number
}

// publicLabels is the most labels that a suffix of a registry has ("pvt.k12.ma.us").
const publicLabels = 4

// Public tells names below which a registry gives names to everybody. Suffixes of firms
// ("github.io") are not meant: a list may well name one.
func Public(name []byte) bool {
	dots, last := 0, 0
	for i, c := range name {
		if c == '.' {
			dots, last = dots+1, i+1
		}
	}
	if top := name[last:]; dots >= publicLabels || dots > 1 && len(top) > 2 && !bytes.HasPrefix(top, []byte("xn--")) {
		return false // only countries give names out below more than two labels
	}
	suffix, registry := publicsuffix.PublicSuffix(string(name))
	return registry && len(suffix) == len(name)
}
