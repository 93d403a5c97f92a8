package sheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// Writer writes rows. The first error stays and is what [Writer.Close] returns.
type Writer struct {
	csv *csv.Writer
	err error
}

// New begins a table with the names of its columns. It begins with a byte order mark: spreadsheets in Japan take the
// file for Shift_JIS without one.
func New(w io.Writer, names ...string) *Writer {
	s := &Writer{csv: csv.NewWriter(w)}
	_, s.err = io.WriteString(w, "\ufeff")
	s.Row(names...)
	return s
}

// Row writes one row of cells, none of which a spreadsheet takes for a formula.
func (s *Writer) Row(cells ...string) {
	if s.err == nil {
		s.err = s.csv.Write(Safe(cells...))
	}
}

// Close writes what is left; the writer below stays open.
func (s *Writer) Close() error {
	s.csv.Flush()
	if s.err == nil {
		s.err = s.csv.Error()
	}
	return s.err
}

// Safe keeps spreadsheets from taking a text that somebody chose for a formula: an apostrophe says that it is none.
func Safe(cells ...string) []string {
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@\t\r\n", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}
