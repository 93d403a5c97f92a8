package listfile

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"otasuke/gateway/internal/filter"
)

var errOptions = errors.New("of ad-blocker rules only ||name^ and @@||name^ are understood")

// line reads a line of a plain, hosts or ad-blocker list.
func (r *reader) line(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] == '!' {
		return nil
	}
	if text[0] == '[' && text[len(text)-1] == ']' {
		return nil // the heading of an ad-blocker list
	}
	if bytes.HasPrefix(text, []byte("||")) || bytes.HasPrefix(text, []byte("@@")) {
		return r.adblock(text)
	}
	f := split(r.fields[:0], uncomment(text))
	r.fields = f
	switch {
	case len(f) == 0:
		return nil
	case len(f) == 1:
		return r.entry(f[0])
	}
	a, ok := address(f[0])
	switch {
	case !ok:
		return fmt.Errorf("%q is %w", cut(text), filter.ErrName)
	case filter.Here(a):
		return r.hosts(f[1:])
	case digits(f[1]): // an address and how often it was seen (IPsum)
		return r.entry(f[0])
	}
	return fmt.Errorf("%q is %w", cut(text), filter.ErrName)
}

// uncomment cuts a comment off. A sign within a word begins none: "bank.example##.ad" is a
// rule about a page's looks.
func uncomment(text []byte) []byte {
	for i, c := range text {
		if c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i]
		}
	}
	return text
}

// hosts adds the names behind an address of a hosts file: these names, none below them.
func (r *reader) hosts(names [][]byte) (err error) {
	for _, name := range names {
		if bad := r.added(r.b.Name(r.mark(filter.Exact, false), name)); bad != nil {
			err = bad
		}
	}
	return err
}

// adblock reads ||name^ and @@||name^.
func (r *reader) adblock(text []byte) error {
	name, except := bytes.CutPrefix(text, []byte("@@"))
	name, ok := bytes.CutPrefix(name, []byte("||"))
	name, end := bytes.CutSuffix(name, []byte("^"))
	if !ok || !end || bytes.ContainsAny(name, "/*^$|:") {
		return fmt.Errorf("%q: %w", cut(text), errOptions)
	}
	if a, ok := address(name); ok {
		return r.network(netip.PrefixFrom(a, a.BitLen()), except)
	}
	return r.added(r.b.Name(r.mark(filter.Exact|filter.Below, except), name))
}

// entry adds what stands on a line for itself.
func (r *reader) entry(text []byte) error {
	if numeric(text) {
		s := string(text)
		if a, err := netip.ParseAddr(s); err == nil {
			return r.network(netip.PrefixFrom(a.WithZone(""), a.BitLen()), false)
		}
		if p, err := netip.ParsePrefix(s); err == nil {
			return r.network(p, false)
		}
		if ap, err := netip.ParseAddrPort(s); err == nil && ap.Port() != 0 {
			return r.added(r.b.Endpoint(r.mark(filter.Exact, false), ap))
		}
	}
	if bytes.IndexByte(text, '/') >= 0 {
		return r.url(text)
	}
	scope := filter.Exact | filter.Below
	switch {
	case bytes.HasPrefix(text, []byte("*.")):
		text = text[2:]
	case text[0] == '.': // as squid writes it
		text = text[1:]
	}
	return r.added(r.b.Name(r.mark(scope, false), text))
}

func (r *reader) network(p netip.Prefix, except bool) error {
	return r.added(r.b.Network(r.mark(filter.Exact, except), p))
}

// numeric tells what may be an address: it is parsed as one only then.
func numeric(s []byte) bool {
	return bytes.IndexByte(s, ':') >= 0 || len(bytes.Trim(s, "0123456789./")) == 0
}

func digits(s []byte) bool { return len(bytes.Trim(s, "0123456789")) == 0 }

// address reads an address; one with a zone is that of the host itself.
func address(s []byte) (netip.Addr, bool) {
	if len(s) == 0 || !numeric(s) && bytes.IndexByte(s, '%') < 0 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(string(s))
	return a.WithZone(""), err == nil
}

// split parts a line at white space.
func split(to [][]byte, s []byte) [][]byte {
	for {
		s = bytes.TrimLeft(s, " \t\r\n\v\f")
		if len(s) == 0 {
			return to
		}
		i := bytes.IndexAny(s, " \t\r\n\v\f")
		if i < 0 {
			return append(to, s)
		}
		to, s = append(to, s[:i]), s[i:]
	}
}

// cut shortens a line for a message.
func cut(s []byte) string {
	const most = 80
	if len(s) > most {
		return string(s[:most]) + "…"
	}
	return string(s)
}
