package listfile

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/gateway/internal/filter"
	"otasuke/internal/ascii"
)

// urlColumn is where URLhaus has its URL when no heading says otherwise.
const urlColumn = 2

var (
	errColumns = errors.New("no column with a URL")
	errScheme  = errors.New("only pages of http and https are understood")
	errHost    = errors.New("the URL names no host")
)

// csv reads a line of URLhaus: quoted fields, of which one is a URL, or a heading behind
// a comment's sign.
func (r *reader) csv(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil
	}
	if text[0] == '#' || bytes.HasPrefix(text, []byte("id,")) {
		for i, name := range bytes.Split(bytes.TrimLeft(text, "# "), []byte(",")) {
			if string(name) == "url" {
				r.column = i
			}
		}
		return nil
	}
	field, ok := column(text, r.column)
	if !ok {
		return fmt.Errorf("%q: %w", cut(text), errColumns)
	}
	return r.url(field)
}

// column returns a field of a line of CSV (RFC 4180). A quote inside a field is not looked
// for: no URL has one.
func column(text []byte, n int) ([]byte, bool) {
	for ; ; n-- {
		var field []byte
		var more bool
		if len(text) > 0 && text[0] == '"' {
			i := bytes.IndexByte(text[1:], '"')
			if i < 0 {
				return nil, false
			}
			field, text = text[1:1+i], text[2+i:]
			text, more = bytes.CutPrefix(text, []byte(","))
		} else {
			field, text, more = bytes.Cut(text, []byte(","))
		}
		if n == 0 {
			return field, len(field) > 0
		}
		if !more {
			return nil, false
		}
	}
}

// url adds a page. One without a path stands for its host, whose other pages are the same
// site's; with an address in place of a name, for this port of it.
func (r *reader) url(text []byte) error {
	scheme, rest, ok := bytes.Cut(text, []byte("://"))
	if !ok {
		scheme, rest = []byte("http"), text
	}
	secure := ascii.EqualFold(scheme, "https")
	if !secure && !ascii.EqualFold(scheme, "http") {
		return fmt.Errorf("%q: %w", cut(text), errScheme)
	}
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	host, portText := uri.HostPort(authority[bytes.LastIndexByte(authority, '@')+1:])
	port := uri.ParsePort(portText)
	if len(portText) > 0 && port < 0 || len(host) == 0 {
		return fmt.Errorf("%q: %w", cut(text), errHost)
	}
	if port < 0 {
		port = 80
		if secure {
			port = 443
		}
	}
	t := uri.Split(rest[end:])
	if len(t.Path) == 0 { // "host?query"
		t.Path = []byte("/")
	}
	t.Fragment = nil
	r.target = t.Append(r.target[:0])
	a, isAddr := address(bytes.Trim(host, "[]"))
	switch {
	case string(r.target) != "/":
		return r.page(text, host)
	case isAddr && filter.Here(a):
		return fmt.Errorf("%q: %w", cut(text), errHost)
	case isAddr:
		return r.added(r.b.Endpoint(r.mark(filter.Exact, false), netip.AddrPortFrom(a, uint16(port))))
	}
	return r.added(r.b.Name(r.mark(filter.Exact, false), host))
}

// page adds one page of a host.
func (r *reader) page(text, host []byte) error {
	name, ok := filter.Host(host)
	if !ok {
		return fmt.Errorf("%q: %w", cut(text), errHost)
	}
	return r.added(r.b.URL(r.mark(filter.Exact, false), name, r.target))
}
