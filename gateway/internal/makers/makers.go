// Package makers knows whom the IEEE gave a hardware address to. The lists are not shipped:
// the operator's system has them (Debian's ieee-data or arp-scan), or fetches them from
// standards-oui.ieee.org.
//
// Called by gateway; a [List] does not change and may be shared.
package makers

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxBytes of a list: the largest has 6 MiB, with addresses of streets.
	maxBytes = 32 << 20
	// maxPrefixes of all: the IEEE has given out 55,000.
	maxPrefixes = 1 << 18
	// maxLine of a list.
	maxLine = 4096
	// maxMaker bounds a name, in bytes.
	maxMaker = 80
)

// Known are the places where systems keep the lists; those that are there are read.
var Known = []string{
	"/usr/share/ieee-data/oui.txt", "/usr/share/ieee-data/mam.txt", "/usr/share/ieee-data/oui36.txt",
	"/usr/share/arp-scan/ieee-oui.txt",
}

// ErrEmpty tells that a file has no prefix in a form that is known.
var ErrEmpty = errors.New("makers: no prefixes in the forms of the IEEE or arp-scan")

// List is prefixes of hardware addresses. Its zero value knows nobody.
type List struct {
	keys  []uint64 // prefix << 8 | its bits, sorted
	names []string
	sizes []uint // in bits, the longest first
}

// Len counts prefixes.
func (l *List) Len() int { return len(l.keys) }

// Of names the maker of an address by the longest prefix (MA-S before MA-M before MA-L), ""
// when nobody knows.
func (l *List) Of(mac [6]byte) string {
	if l == nil {
		return ""
	}
	n := uint64(0)
	for _, b := range mac {
		n = n<<8 | uint64(b)
	}
	for _, bits := range l.sizes {
		if i, ok := slices.BinarySearch(l.keys, n>>(48-bits)<<8|uint64(bits)); ok {
			return l.names[i]
		}
	}
	return ""
}

// Read reads files. Without any, those of [Known] that are there.
func Read(files []string) (*List, error) {
	b := builder{of: map[uint64]string{}, shared: map[string]string{}}
	must := len(files) > 0
	if !must {
		files = Known
	}
	for _, name := range files {
		f, err := os.Open(name)
		if !must && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("makers: %w", err)
		}
		n := len(b.of)
		err = b.read(f)
		f.Close()
		if err == nil && must && len(b.of) == n {
			err = ErrEmpty
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return b.list(), nil
}

type builder struct {
	of     map[uint64]string
	shared map[string]string // the same name once
	prefix string            // of the IEEE's text: ranges below follow their block
}

func (b *builder) list() *List {
	l := new(List)
	for k := range b.of {
		l.keys = append(l.keys, k)
	}
	slices.Sort(l.keys)
	for _, k := range l.keys {
		l.names = append(l.names, b.of[k])
		if bits := uint(k & 0xff); !slices.Contains(l.sizes, bits) {
			l.sizes = append(l.sizes, bits)
		}
	}
	slices.SortFunc(l.sizes, func(x, y uint) int { return cmp.Compare(y, x) })
	return l
}

// read takes the lines of a list in one of three forms:
//
//	28-6F-B9   (hex)    Nokia Shanghai Bell Co., Ltd.         the IEEE's text
//	E00000-EFFFFF (base 16)  Private                          … below a block of its own
//	MA-L,286FB9,"Nokia Shanghai Bell Co., Ltd.",…             the IEEE's table
//	40D8550D7<tab>Avant Technologies                          arp-scan's
func (b *builder) read(r io.Reader) error {
	in := bufio.NewScanner(io.LimitReader(r, maxBytes))
	in.Buffer(make([]byte, maxLine), maxLine)
	for in.Scan() {
		line := strings.TrimRight(in.Text(), "\r ")
		if line == "" || line[0] == '#' {
			continue
		}
		if head, name, ok := strings.Cut(line, "(hex)"); ok {
			b.prefix = plain(head)
			b.add(b.prefix, name)
		} else if head, name, ok := strings.Cut(line, "(base 16)"); ok {
			b.block(strings.TrimSpace(head), name)
		} else if strings.HasPrefix(line, "MA-") {
			b.row(line)
		} else if head, name, ok := strings.Cut(line, "\t"); ok {
			b.add(plain(head), name)
		}
		if len(b.of) > maxPrefixes {
			return fmt.Errorf("makers: more than %d prefixes", maxPrefixes)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("makers: %w", err)
	}
	return nil
}

// block is a range of a block: what both ends have in common.
func (b *builder) block(head, name string) {
	from, to, ok := strings.Cut(head, "-")
	if !ok || len(b.prefix) != 6 || len(from) != 6 || len(to) != 6 {
		return
	}
	same := 0
	for same < 6 && from[same] == to[same] {
		same++
	}
	if same > 0 {
		delete(b.of, key(b.prefix)) // the block is shared: nobody's
		b.add(b.prefix+from[:same], name)
	}
}

// row is one of the IEEE's tables.
func (b *builder) row(line string) {
	_, rest, _ := strings.Cut(line, ",")
	head, rest, ok := strings.Cut(rest, ",")
	if !ok {
		return
	}
	name, _, _ := strings.Cut(rest, ",")
	if quoted, yes := strings.CutPrefix(rest, `"`); yes {
		name, _, _ = strings.Cut(quoted, `"`)
	}
	b.add(plain(head), name)
}

// plain leaves the digits of a prefix.
func plain(s string) string {
	return strings.NewReplacer("-", "", ":", "", " ", "", "\t", "").Replace(s)
}

func key(prefix string) uint64 {
	n, err := strconv.ParseUint(prefix, 16, 64)
	if err != nil || len(prefix) < 6 || len(prefix) > 10 {
		return 0
	}
	return n<<8 | uint64(4*len(prefix))
}

func (b *builder) add(prefix, name string) {
	k := key(prefix)
	if name = strings.ToValidUTF8(strings.TrimSpace(name), ""); k == 0 || name == "" {
		return
	}
	if len(name) > maxMaker {
		name = strings.ToValidUTF8(name[:maxMaker], "")
	}
	if s, ok := b.shared[name]; ok {
		name = s
	} else {
		b.shared[name] = name
	}
	b.of[k] = name
}
