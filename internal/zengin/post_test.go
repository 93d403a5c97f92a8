package zengin

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestJapanPost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		symbol, number, branch, kind, account string
		err                                   error
	}{
		{"12340", "12345671", "238", Ordinary, "1234567", nil},
		{"10120", "1", "", "", "", ErrPostNumber},
		{"10120", "21", "018", Ordinary, "0000002", nil},
		{"10120-1", "12345671", "018", Ordinary, "1234567", nil},
		{"00140", "123456", "019", Current, "0123456", nil},
		{"00140", "1234567", "019", Current, "1234567", nil},
		{"00140", "12345678", "", "", "", ErrPostNumber},
		{"12340", "12345678", "", "", "", ErrPostNumber}, // does not end with 1
		{"12340", "123456711", "", "", "", ErrPostNumber},
		{"12340", "00000001", "", "", "", ErrPostNumber},
		{"12340", "", "", "", "", ErrPostNumber},
		{"12340", "1234567a", "", "", "", ErrPostNumber},
		{"12345", "12345671", "", "", "", ErrSymbol}, // savings end with 0
		{"22340", "12345671", "", "", "", ErrSymbol},
		{"1234", "12345671", "", "", "", ErrSymbol},
		{"", "12345671", "", "", "", ErrSymbol},
		{"12340-", "12345671", "", "", "", ErrSymbol},
		{"１２３４０", "12345671", "", "", "", ErrSymbol}, // digits are made plain before
	} {
		a, err := JapanPost(c.symbol, c.number)
		if !errors.Is(err, c.err) || a.Branch != c.branch || a.Kind != c.kind || a.Number != c.account {
			t.Errorf("%s %s: %+v, %v", c.symbol, c.number, a, err)
		}
	}
}

// Every passbook gives an account that a file takes, no two numbers of a symbol give the same, and what was left out can be put back.
func TestEveryPassbook(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		symbol, n := fmt.Sprintf("1%03d0", r.IntN(1000)), 1+r.IntN(9_999_999)
		a, err := JapanPost(symbol, fmt.Sprintf("%d1", n))
		if err != nil || a.Number != fmt.Sprintf("%07d", n) || a.Branch != symbol[1:3]+"8" || a.Bank != PostBank {
			t.Fatalf("%s %d1: %+v, %v", symbol, n, a, err)
		}
		if b, err := JapanPost(symbol, fmt.Sprintf("%07d1", n)); err != nil || b != a {
			t.Fatalf("with zeros before: %+v, %v", b, err)
		}
		f := &File{Header: Header{Consignor: "1234567890", Name: "ﾐﾅﾄ", Day: "1227", Account: Account{Bank: "0001", Branch: "001", Kind: Ordinary, Number: "1234567"}}, Data: []Data{{Account: a, Holder: "ｻﾄｳ", Yen: 1, Customer: strings.Repeat("0", 20), Result: Asked}}}
		if _, err := Encode(f, false); err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
	}
}

func FuzzJapanPost(f *testing.F) {
	f.Add("12340", "12345671")
	f.Add("00140-9", "123456")
	f.Fuzz(func(t *testing.T, symbol, number string) {
		a, err := JapanPost(symbol, number)
		if err == nil && (len(a.Branch) != 3 || len(a.Number) != 7 || strings.Trim(a.Branch+a.Number, "0123456789") != "") {
			t.Errorf("%q %q: %+v", symbol, number, a)
		}
	})
}
