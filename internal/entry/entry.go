package entry

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Errors say what does not fit; the texts for people are the caller's.
var (
	ErrEmpty     = errors.New("entry: nothing entered")
	ErrLong      = errors.New("entry: too long")
	ErrMalformed = errors.New("entry: malformed")
	// ErrCheck: the digits do not fit together; one is probably mistyped.
	ErrCheck = errors.New("entry: check digit is wrong")
)

// Line is a text on one line: full-width letters and digits and half-width kana in their usual width (NFKC), white space
// as single blanks, and nothing that cannot be seen or that turns the direction of writing.
// max is in characters; a longer text is [ErrLong].
func Line(s string, max int) (string, error) {
	if len(s) > 16*max { // before anything is spent on it: NFKC makes one character of a few at most
		return "", ErrLong
	}
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
	switch n := len([]rune(s)); {
	case n == 0:
		return "", ErrEmpty
	case n > max:
		return "", ErrLong
	}
	return s, nil
}

// Kana is [Line] in full-width katakana: hiragana are turned into it. Anything that cannot be read out
// (kanji) is [ErrMalformed]; Latin letters and digits stay.
func Kana(s string, max int) (string, error) {
	s, err := Line(s, max)
	if err != nil {
		return "", err
	}
	bad := false
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'ぁ' && r <= 'ゖ', r == 'ゝ', r == 'ゞ':
			return r + 'ァ' - 'ぁ'
		case dash(r):
			return 'ー' // a long vowel, whichever key it was typed with
		case r >= 'ァ' && r <= 'ヿ', r <= '~':
			return r
		}
		bad = true
		return r
	}, s)
	if bad {
		return "", ErrMalformed
	}
	return s, nil
}

// dash says whether people type r for a hyphen.
func dash(r rune) bool {
	return unicode.Is(unicode.Pd, r) || r == '−' || r == 'ー' || r == '─' || r == '━' || r == '⁃' || r == '˗'
}

// maxDigits that any number has, with its dashes and blanks.
const maxDigits = 40

// digits are those of s, without dashes, blanks and parentheses; anything else is [ErrMalformed].
func digits(s string) (string, error) {
	s, err := Line(s, maxDigits)
	if err != nil {
		return "", err
	}
	bad := false
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case dash(r), r == ' ', r == '(', r == ')', r == '.':
			return -1
		}
		bad = true
		return -1
	}, s)
	if bad || s == "" {
		return "", ErrMalformed
	}
	return s, nil
}

// Postcode is seven digits: "5400029". 〒 may stand before them.
func Postcode(s string) (string, error) {
	d, err := digits(strings.TrimPrefix(strings.TrimSpace(s), "〒"))
	if err == nil && len(d) != 7 {
		err = ErrMalformed
	}
	if err != nil {
		return "", err
	}
	return d, nil
}

// Phone is a Japanese number: 10 digits, 11 of mobile telephones and the like, from 0. +81 becomes it. The
// dashes stay where they were typed, since where an area code ends cannot be told from the digits.
func Phone(s string) (string, error) {
	s, err := Line(s, maxDigits)
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(s, "+81"); ok {
		s = "0" + strings.TrimPrefix(strings.TrimLeftFunc(rest, func(r rune) bool { return r == ' ' || dash(r) }), "0")
	}
	d, err := digits(s)
	switch {
	case err != nil:
		return "", err
	case len(d) < 10, d[0] != '0' || d[1] == '0', len(d) != 10 && (len(d) != 11 || !strings.ContainsRune("5789", rune(d[1]))): // 050, 070, 080, 090
		return "", ErrMalformed
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	return strings.Join(parts, "-"), nil
}

// CorporateNumber is the 13 digits of 法人番号. Its first digit checks the others: 9 less the remainder by 9 of
// their sum, every second of them, from the last but one leftwards, counted twice (Ordinance of the Ministry of Finance
// 70 of 2014, Article 2).
func CorporateNumber(s string) (string, error) {
	d, err := digits(s)
	switch {
	case err != nil:
		return "", err
	case len(d) != 13:
		return "", ErrMalformed
	case int(d[0]-'0') != checkDigit(d[1:]):
		return "", ErrCheck
	}
	return d, nil
}

func checkDigit(base string) int {
	sum := 0
	for i := range len(base) {
		n := int(base[len(base)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n
	}
	return 9 - sum%9
}

// InvoiceNumber is T and 13 digits of 適格請求書発行事業者. Corporations have their [CorporateNumber] there, and its
// check digit is looked at; sole proprietors have digits without one.
func InvoiceNumber(s string, corporation bool) (string, error) {
	s, err := Line(s, maxDigits)
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(strings.ToUpper(s), "T")
	if !ok {
		return "", ErrMalformed
	}
	d, err := digits(rest)
	if err == nil && len(d) != 13 {
		err = ErrMalformed
	}
	if err == nil && corporation {
		d, err = CorporateNumber(d)
	}
	if err != nil {
		return "", err
	}
	return "T" + d, nil
}

// marks of a legal form, as they stand before or after a name.
var marks = strings.NewReplacer("株式会社", "", "有限会社", "", "合同会社", "", "合資会社", "", "合名会社", "", "一般社団法人", "", "(株)", "", "(有)", "", "(同)", "", " ", "", "・", "", ".", "", ",", "")

// Fold makes names of companies comparable: the same company types 株式会社 before, after, as (株) or not at all.
func Fold(name string) string {
	return strings.ToLower(marks.Replace(norm.NFKC.String(name)))
}
