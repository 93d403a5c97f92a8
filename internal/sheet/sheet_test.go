package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"otasuke/internal/sheet"
)

// What a spreadsheet reads is what was written, in its encoding, and no formula.
func TestSpreadsheetsReadTexts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := sheet.New(&b, "名前", "memo")
	w.Row("経理, \"PC\"", "=HYPERLINK(\"https://evil.example\")")
	w.Row("+81", "@SUM(A1)")
	w.Row("a\nb", "\t=1")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(b.String(), "\ufeff")
	if !marked {
		t.Error("no byte order mark: Excel in Japan shows rubbish")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%q, %v", rows, err)
	}
	for _, cell := range []string{rows[1][1], rows[2][0], rows[2][1], rows[3][1]} {
		if !strings.HasPrefix(cell, "'") {
			t.Errorf("%q is a formula", cell)
		}
	}
	if rows[0][0] != "名前" || rows[1][0] != "経理, \"PC\"" || rows[3][0] != "a\nb" {
		t.Errorf("%q", rows)
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	w := sheet.New(full{}, "a")
	w.Row("b")
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}
