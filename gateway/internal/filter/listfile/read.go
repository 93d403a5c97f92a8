package listfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"otasuke/gateway/internal/filter"
	"otasuke/internal/ascii"
)

const (
	// maxLine bounds a line of a list and is what the form is recognised by; lists of
	// hosts and URLs have lines under 2 KiB.
	maxLine = 64 << 10
	// maxNamed lines that are left out are told with their reasons: enough to see what
	// is wrong with a file.
	maxNamed = 5
)

// Format is the form of a list.
type Format string

// Formats. Lines may mix entries of the first three, as published lists do.
const (
	Auto    Format = ""        // what the contents look like
	Plain   Format = "plain"   // a domain, URL, address or network a line
	Hosts   Format = "hosts"   // "0.0.0.0 domain …"
	Adblock Format = "adblock" // "||domain^", "@@||domain^"
	URLhaus Format = "urlhaus" // CSV with a column of URLs
	RPZ     Format = "rpz"     // a zone of DNS with rules (draft-vixie-dnsop-dns-rpz)
)

// Check tells whether a format is known.
func (f Format) Check() error {
	switch f {
	case Auto, Plain, Hosts, Adblock, URLhaus, RPZ:
		return nil
	}
	return fmt.Errorf("%q is no format of lists: write plain, hosts, adblock, urlhaus or rpz, or leave it out", string(f))
}

// Reasons why a line is left out.
var (
	errLong = errors.New("the line is too long")
	errForm = errors.New("not understood")
)

// Report counts what Read found.
type Report struct {
	Format  Format
	Entries int
	LeftOut int      // lines with something that is not an entry of ours
	Reasons []string // the first of them, with their numbers
}

// reader reads one list.
type reader struct {
	b      *filter.Builder
	list   uint8
	allow  bool // everything in the list is allowed
	report Report
	zone   zone
	column int // of the URL in CSV
	fields [][]byte
	target []byte
}

// Read adds a list of the given format to b. The error is that of in.
func Read(b *filter.Builder, list filter.List, format Format, in io.Reader) (Report, error) {
	number, err := b.Open(list)
	if err != nil {
		return Report{}, err
	}
	r := &reader{b: b, list: number, allow: list.Action == filter.Allow, column: urlColumn}
	br := bufio.NewReaderSize(in, maxLine)
	if format == Auto {
		head, _ := br.Peek(maxLine) // an error comes again
		format = recognise(head)
	}
	r.report.Format = format
	line := map[Format]func([]byte) error{URLhaus: r.csv, RPZ: r.record}[format]
	if line == nil {
		line = r.line
	}
	for n := 1; ; n++ {
		text, err := br.ReadSlice('\n')
		bad := errLong
		if !errors.Is(err, bufio.ErrBufferFull) {
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff"))
			}
			bad = line(text)
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = br.ReadSlice('\n')
		}
		if bad != nil {
			r.leave(n, bad)
		}
		if errors.Is(err, io.EOF) {
			return r.report, nil
		}
		if err != nil {
			return r.report, fmt.Errorf("listfile: list %q: %w", list.Name, err)
		}
	}
}

// leave notes a line that is left out.
func (r *reader) leave(n int, why error) {
	if r.report.LeftOut++; len(r.report.Reasons) < maxNamed {
		r.report.Reasons = append(r.report.Reasons, fmt.Sprintf("line %d: %v", n, why))
	}
}

// added counts an entry that was added.
func (r *reader) added(err error) error {
	if err == nil {
		r.report.Entries++
	}
	return err
}

// mark is the mark of an entry of this list.
func (r *reader) mark(scope filter.Scope, except bool) filter.Mark {
	return filter.Mark{List: r.list, Scope: scope, Except: except && !r.allow}
}

// recognise finds out the format from the beginning of a list.
func recognise(head []byte) Format {
	for line := range bytes.Lines(bytes.TrimPrefix(head, []byte("\ufeff"))) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0 || line[0] == '#' || line[0] == '!':
			continue
		case line[0] == ';', bytes.HasPrefix(line, []byte("$TTL")), bytes.HasPrefix(line, []byte("$ORIGIN")), isRecord(line):
			return RPZ
		case line[0] == '"' && bytes.Contains(line, []byte(`","`)), bytes.HasPrefix(line, []byte("id,dateadded,url")):
			return URLhaus
		case line[0] == '[' && bytes.HasPrefix(ascii.ToLower(line), []byte("[adblock")), bytes.HasPrefix(line, []byte("||")), bytes.HasPrefix(line, []byte("@@")):
			return Adblock
		}
		if f := split(nil, line); len(f) > 1 {
			if a, ok := address(f[0]); ok && filter.Here(a) {
				return Hosts
			}
		}
		return Plain
	}
	return Plain
}
