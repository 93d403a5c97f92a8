package filter

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// maxLine bounds a line of a list; host and URL lists have lines under 2 KiB.
const maxLine = 64 << 10

// Report counts what Read found.
type Report struct {
	Entries int
	Refused int    // lines that are neither a name, an address nor a comment
	First   string // the first refused line with its number and the reason
}

// Read adds the entries of a list in one of the usual plain formats, one entry a
// line: a domain, "0.0.0.0 domain" as in hosts files, an address, a network in CIDR
// notation, or "||domain^". "#" and "!" start comments. International names may be
// written as such. A bad line is counted and skipped.
func (l *Lists) Read(list List, r io.Reader) (rep Report, err error) {
	number, err := l.Open(list)
	if err != nil {
		return rep, err
	}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), maxLine)
	for n := 1; s.Scan(); n++ {
		entry := strings.TrimSpace(s.Text())
		if entry == "" || entry[0] == '#' || entry[0] == '!' {
			continue
		}
		if err := l.line(number, entry); err != nil {
			if rep.Refused++; rep.First == "" {
				rep.First = fmt.Sprintf("line %d: %v", n, err)
			}
			continue
		}
		rep.Entries++
	}
	if err := s.Err(); err != nil {
		return rep, fmt.Errorf("filter: list %q: %w", list.Name, err)
	}
	return rep, nil
}

func (l *Lists) line(number uint8, entry string) error {
	if i := strings.IndexAny(entry, "#"); i > 0 {
		entry = strings.TrimSpace(entry[:i])
	}
	if first, rest, ok := strings.Cut(entry, " "); ok || strings.ContainsRune(entry, '\t') {
		if !ok {
			first, rest, _ = strings.Cut(entry, "\t")
		}
		if a, err := netip.ParseAddr(first); err == nil && (a.IsUnspecified() || a.IsLoopback()) {
			entry = strings.TrimSpace(rest)
		}
	}
	entry = strings.TrimSuffix(strings.TrimPrefix(entry, "||"), "^")
	if a, err := netip.ParseAddr(entry); err == nil {
		l.AddAddr(number, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	if p, err := netip.ParsePrefix(entry); err == nil {
		l.AddAddr(number, p)
		return nil
	}
	entry = strings.TrimPrefix(entry, "*.")
	if ascii, err := idna.Lookup.ToASCII(entry); err == nil {
		entry = ascii
	}
	return l.AddName(number, entry)
}
