// Package postcode finds the address of a Japanese postal code in the table that Japan Post publishes
// (utf_ken_all, https://www.post.japanpost.jp/zipcode/download.html): CSV in UTF-8, alone or in a ZIP file. The table is not part of
// this repository; who runs a centre fetches it, and without it people type their address.
package postcode

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Limits.
const (
	// maxFile in bytes, unpacked: the table has 18 MB.
	maxFile = 100 << 20
	// maxRows: it has 125,000.
	maxRows = 1_000_000
)

// Columns of the table.
const (
	columnCode = 2 // seven digits
	columnPref = 6
	columnCity = 7
	columnTown = 8
	columns    = 15
)

// ErrTable tells that a file is not the table.
var ErrTable = errors.New("postcode: not the table of Japan Post (utf_ken_all)")

// Table is addresses by code. It does not change, and may be read by many at once.
type Table struct{ of map[string]string }

// Open reads the table from a file, .csv or .zip.
func Open(file string) (*Table, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("postcode: %w", err)
	}
	if !bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		return Read(bytes.NewReader(raw))
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTable, err)
	}
	for _, f := range archive.File {
		if strings.EqualFold(f.Name, "utf_ken_all.csv") {
			r, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrTable, err)
			}
			defer r.Close()
			return Read(r)
		}
	}
	return nil, fmt.Errorf("%w: no utf_ken_all.csv in %s", ErrTable, file)
}

// Read reads the table. A code of several towns is known by what they have in common.
func Read(r io.Reader) (*Table, error) {
	t := &Table{map[string]string{}}
	rows := csv.NewReader(io.LimitReader(r, maxFile))
	rows.FieldsPerRecord, rows.ReuseRecord = columns, true
	for n := 0; ; n++ {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return t, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrTable, err)
		case n > maxRows:
			return nil, fmt.Errorf("%w: more than %d rows", ErrTable, maxRows)
		case len(row[columnCode]) != 7 || strings.Trim(row[columnCode], "0123456789") != "":
			return nil, fmt.Errorf("%w: row %d has no code of seven digits", ErrTable, n+1)
		}
		code, address := strings.Clone(row[columnCode]), row[columnPref]+row[columnCity]+town(row[columnTown])
		if before, ok := t.of[code]; ok {
			address = common(before, address)
		}
		t.of[code] = address
	}
}

// town without what is meant for the reader of the table and not for an envelope.
func town(s string) string {
	if s == "以下に掲載がない場合" || strings.HasSuffix(s, "の次に番地がくる場合") || strings.HasSuffix(s, "一円") && s != "一円" {
		return ""
	}
	s, _, _ = strings.Cut(s, "（")
	return s
}

// common is what two addresses begin with.
func common(a, b string) string {
	n := 0
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			break
		}
		n = i + len(string(r))
	}
	return a[:n]
}

// Find gives the address of seven digits.
func (t *Table) Find(code string) (address string, ok bool) {
	if t == nil {
		return "", false
	}
	address, ok = t.of[code]
	return address, ok
}
