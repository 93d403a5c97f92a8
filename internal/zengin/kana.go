package zengin

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// full are the large forms of small kana: banks know no small ones.
var full = strings.NewReplacer("ｧ", "ｱ", "ｨ", "ｲ", "ｩ", "ｳ", "ｪ", "ｴ", "ｫ", "ｵ", "ｬ", "ﾔ", "ｭ", "ﾕ", "ｮ", "ﾖ", "ｯ", "ﾂ", "ヮ", "ﾜ", "ヵ", "ｶ", "ヶ", "ｹ",
	"\u3099", "ﾞ", "\u309a", "ﾟ", "゛", "ﾞ", "゜", "ﾟ", "ｰ", "-", "−", "-", "‐", "-", "–", "-", "—", "-", "―", "-", "¥", "\\", "・", ".", "･", ".", "　", " ")

// symbols that names may have besides digits, capital letters and kana.
const symbols = ` ().-/,\「」`

// Kana turns a name into what banks print: half-width katakana in large forms, a sound mark as a character of its own, capital
// letters, a hyphen for a long vowel. max is in bytes, which are characters here. Kanji and other signs are [ErrKana], and so is what is longer.
func Kana(s string, max int) (string, error) {
	if len(s) > 16*max { // before anything is spent on it
		return "", fmt.Errorf("%w: longer than %d", ErrKana, max)
	}
	s = strings.Map(func(r rune) rune {
		if r >= 'ぁ' && r <= 'ゖ' {
			return r + 'ァ' - 'ぁ'
		}
		return r
	}, norm.NFKC.String(s))
	s = full.Replace(strings.ToUpper(width.Narrow.String(norm.NFD.String(s))))
	s = full.Replace(strings.Join(strings.Fields(s), " "))
	n := 0
	for _, r := range s {
		if _, ok := single(r); !ok {
			return "", fmt.Errorf("%w: %q", ErrKana, r)
		}
		n++
	}
	if n == 0 || n > max {
		return "", fmt.Errorf("%w: %d characters, at most %d", ErrKana, n, max)
	}
	return s, nil
}

// single is the byte of a character in JIS X 0201.
func single(r rune) (byte, bool) {
	switch {
	case r == '「':
		return 0xa2, true
	case r == '」':
		return 0xa3, true
	case r == '｢', r == '｣', r >= 'ｱ' && r <= 'ﾟ', r == 'ｦ':
		return byte(r - '｡' + 0xa1), true
	case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r < 0x80 && strings.ContainsRune(symbols, r):
		return byte(r), true
	}
	return 0, false
}

// character is the inverse of single; ok is false for bytes that no name has.
func character(b byte) (r rune, ok bool) {
	r = rune(b)
	if b >= 0xa1 && b <= 0xdf {
		r = rune(b) - 0xa1 + '｡'
	}
	back, ok := single(r)
	return r, ok && back == b
}
