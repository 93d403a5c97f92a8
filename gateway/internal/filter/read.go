package filter

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

const (
	// maxLine bounds a line of a list; host and URL lists have lines under 2 KiB.
	maxLine = 64 << 10
	// widest4 and widest6 are the shortest prefixes that a blocking list may name:
	// registries give out nothing larger, so a shorter one is a mistake that would
	// cut the office off.
	widest4, widest6 = 8, 16
)

// Reasons why a line is left out.
var (
	errNotName = errors.New("neither a domain name, an address nor a network")
	errLong    = errors.New("the line is too long")
	errWide    = errors.New("the network is wider than any that a registry gives out")
	errOptions = errors.New("an ad-blocker rule with options or an exception; only ||name^ is understood")
	errPort    = errors.New("an address with a port; the whole address would be blocked, which other sites may share")
	errLocal   = errors.New("the address means this host itself")
)

// Report counts what Read found.
type Report struct {
	Entries int
	Refused int    // lines that are neither a name, an address nor a comment
	First   string // the first refused line with its number and the reason
}

func (r *Report) refuse(line int, err error) {
	if r.Refused++; r.First == "" {
		r.First = fmt.Sprintf("line %d: %v", line, err)
	}
}

// Read adds the entries of a list in one of the usual plain formats, one entry a
// line: a domain, "0.0.0.0 domain …" as in hosts files, an address, an address and a
// number (IPsum), a network in CIDR notation, or "||domain^". "#" and "!" start
// comments. International names may be written as such. A bad line is counted and
// skipped.
func (l *Lists) Read(list List, r io.Reader) (rep Report, err error) {
	number, err := l.Open(list)
	if err != nil {
		return rep, err
	}
	in := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			rep.refuse(n, errLong)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
		default:
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			added, bad := l.line(number, string(line))
			if rep.Entries += added; bad != nil {
				rep.refuse(n, bad)
			}
		}
		if errors.Is(err, io.EOF) {
			return rep, nil
		}
		if err != nil {
			return rep, fmt.Errorf("filter: list %q: %w", list.Name, err)
		}
	}
}

// line adds what one line names and returns how many entries that were.
func (l *Lists) line(number uint8, text string) (added int, err error) {
	text, _, _ = strings.Cut(text, "#")
	fields := strings.Fields(text)
	if len(fields) == 0 || fields[0][0] == '!' {
		return 0, nil
	}
	if len(fields) > 1 {
		a, err := netip.ParseAddr(fields[0])
		switch {
		case err != nil:
			return 0, fmt.Errorf("%q is %w", cut(strings.Join(fields, " ")), errNotName)
		case here(a):
			fields = fields[1:] // a hosts file
		case !digits(fields[1]):
			return 0, fmt.Errorf("%q is %w", cut(strings.Join(fields, " ")), errNotName)
		default:
			fields = fields[:1]
		}
	}
	for _, f := range fields {
		if e := l.entry(number, f); e != nil {
			err = errors.Join(err, e)
			continue
		}
		added++
	}
	return added, err
}

func (l *Lists) entry(number uint8, text string) error {
	if strings.HasPrefix(text, "@@") || strings.Contains(text, "$") {
		return fmt.Errorf("%q: %w", cut(text), errOptions)
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "||"), "^")
	if a, err := netip.ParseAddr(text); err == nil {
		return l.network(number, netip.PrefixFrom(a.WithZone(""), a.BitLen()))
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return l.network(number, p)
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return fmt.Errorf("%s: %w", text, errPort)
	}
	text = strings.TrimPrefix(text, "*.")
	if ascii, err := idna.Lookup.ToASCII(text); err == nil {
		text = ascii
	}
	return l.AddName(number, text)
}

func (l *Lists) network(number uint8, p netip.Prefix) error {
	least := widest4
	if p.Addr().Unmap().Is6() {
		least = widest6
	}
	switch {
	case here(p.Addr()) && p.IsSingleIP():
		return fmt.Errorf("%s: %w", p.Addr(), errLocal)
	case p.Bits() < least && !l.lists[number].Allow:
		return fmt.Errorf("%s: %w", p, errWide)
	}
	l.AddAddr(number, p)
	return nil
}

// here tells addresses that hosts files point at.
func here(a netip.Addr) bool { return a.IsUnspecified() || a.IsLoopback() }

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// cut shortens a line of a list for a message.
func cut(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
