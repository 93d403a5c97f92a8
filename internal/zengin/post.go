package zengin

import (
	"errors"
	"strings"
)

// Errors of [JapanPost].
var (
	// ErrSymbol: a symbol has five digits and begins with 1 or 0.
	ErrSymbol = errors.New("zengin: no 記号 of Japan Post Bank")
	// ErrPostNumber: a number of a savings account has two to eight digits and ends with 1, one of a transfer account has up to seven.
	ErrPostNumber = errors.New("zengin: no 番号 of Japan Post Bank")
)

const (
	// PostBank is the code of Japan Post Bank, PostName its name in the bytes of banks.
	PostBank = "9900"
	PostName = "ﾕｳﾁﾖ"
)

// JapanPost is the account of a passbook of Japan Post Bank, which has a symbol (記号) and a number (番号), as other banks write it, by
// the bank's own rule. A symbol that begins with 1 is of savings: the branch is its second and third digit and an 8, the account
// the number without its last digit. One that begins with 0 is of transfers: 9 in place of 8, and the number as it is. Digits
// only; what stands behind a hyphen of the symbol (a passbook that was made anew) does not count.
func JapanPost(symbol, number string) (a Account, err error) {
	symbol, again, hyphen := strings.Cut(symbol, "-")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if len(symbol) != 5 || !digits(symbol) || symbol[0] > '1' || hyphen && (len(again) != 1 || !digits(again)) {
		return a, ErrSymbol
	}
	if !digits(number) {
		return a, ErrPostNumber
	}
	a = Account{Bank: PostBank, BankName: PostName, Kind: Ordinary, Branch: symbol[1:3] + "8"}
	switch {
	case symbol[0] == '0':
		a.Kind, a.Branch = Current, symbol[1:3]+"9"
	case symbol[4] != '0':
		return Account{}, ErrSymbol
	case len(number) < 2 || number[len(number)-1] != '1':
		return Account{}, ErrPostNumber
	default:
		number = number[:len(number)-1]
	}
	if len(number) > 7 || strings.Trim(number, "0") == "" {
		return Account{}, ErrPostNumber
	}
	a.Number = strings.Repeat("0", 7-len(number)) + number
	return a, nil
}
