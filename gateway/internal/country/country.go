// Package country tells in which country a block of addresses is registered, from a list
// that the operator fetches: lines "CODE,PREFIX", plain or gzipped. It says where an address
// belongs on paper, not where its machine stands.
//
// Callers: gateway.
package country

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/gaissmai/bart"
)

// ErrList tells of a file that is no such list.
var ErrList = errors.New("country: not a list of countries")

const (
	// maxEntries is ten times what the registries give out.
	maxEntries = 4_000_000
	// maxLine in bytes.
	maxLine = 1 << 10
	// maxBad lines in a hundred: more, and it is something else.
	maxBad = 1
)

// List of countries. Nil knows nothing. It is safe for concurrent use.
type List struct{ table bart.Table[[2]byte] }

// Read reads a file.
func Read(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("country: %w", err)
	}
	defer f.Close()
	l, err := Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// Parse reads a list. A few lines may be something else, like a heading.
func Parse(r io.Reader) (*List, error) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrList, err)
		}
		in = bufio.NewReader(z)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	l, bad := new(List), 0
	for lines.Scan() {
		if l.table.Size() >= maxEntries {
			return nil, fmt.Errorf("%w: more than %d entries", ErrList, maxEntries)
		}
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		code, net, _ := strings.Cut(text, ",")
		p, err := netip.ParsePrefix(strings.TrimSpace(net))
		if code = strings.TrimSpace(code); err != nil || !isCode(code) {
			bad++
			continue
		}
		l.table.Insert(p.Masked(), [2]byte{code[0], code[1]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	if n := l.table.Size(); n == 0 || bad > 1+n*maxBad/100 {
		return nil, fmt.Errorf("%w: %d lines are of the form JP,203.0.113.0/24, %d are not", ErrList, n, bad)
	}
	return l, nil
}

// isCode tells that a text may be a code of ISO 3166-1 alpha-2.
func isCode(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

// Len is the number of entries.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return l.table.Size()
}

// codes are all texts of two capitals, so that none is made for an answer.
var codes = func() (all [26][26]string) {
	for i := range all {
		for j := range all[i] {
			all[i][j] = string([]byte{byte('A' + i), byte('A' + j)})
		}
	}
	return all
}()

// Of returns the ISO 3166-1 alpha-2 code of an address, "" when it is not known.
func (l *List) Of(a netip.Addr) string {
	if l == nil {
		return ""
	}
	c, ok := l.table.Lookup(a.Unmap().WithZone(""))
	if !ok {
		return ""
	}
	return codes[c[0]-'A'][c[1]-'A']
}
