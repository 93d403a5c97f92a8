package paper

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// MaxRunes of one text are set; what comes after is left out with "…". A page of A4 holds 1,500.
const MaxRunes = 5000

// missing stands for what a font does not have; printers have used it for a century.
const missing = '〓'

// variants are characters beyond the basic plane that names have, and their usual forms.
var variants = map[rune]rune{'𠮷': '吉', '𠮟': '叱', '𡈽': '土', '𣘺': '橋', '𠀋': '丈', '𡌛': '埜', '𠮱': '吁'}

// clean makes a text out of s that the face can show: composed, without control characters, marks
// of direction and selectors of variants. Line feeds stay.
func clean(s string, f *face) string {
	var b strings.Builder
	b.Grow(min(len(s), 4*MaxRunes))
	n, last := 0, rune(-1) // last was read and not written yet: a mark may join it
	flush := func() {
		if last >= 0 {
			b.WriteRune(last)
		}
		last = -1
	}
	for _, r := range s {
		if n++; n > MaxRunes {
			flush()
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n':
		case r == utf8.RuneError:
			r = missing
		case unicode.IsControl(r), unicode.Is(unicode.Zs, r) && r != '　', unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			r = ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), r >= 0x1f3fb && r <= 0x1f3ff: // and tones of skin
			continue
		case unicode.Is(unicode.Mn, r):
			if joined := []rune(norm.NFC.String(string([]rune{max(last, ' '), r}))); len(joined) == 1 && f.has(joined[0]) {
				last = joined[0]
			}
			continue
		}
		flush()
		if v, ok := variants[r]; ok {
			r = v
		}
		if r != '\n' && !f.has(r) {
			r = missing
		}
		last = r
	}
	flush()
	return b.String()
}

// width of a clean text in mm.
func (f *face) width(s string, size float64) float64 {
	n := 0
	for _, r := range s {
		if r != '\n' {
			n += int(f.widths[r])
		}
	}
	return float64(n) / 1000 * size * point
}

// lines breaks a clean text where UAX #14 allows it: no 。、」 begins a line, no 「 ends one, Latin
// words stay whole. A word longer than a line is cut.
func (f *face) lines(s string, size, w float64) (all []string) {
	var line string
	used, state := 0.0, -1
	for len(s) > 0 {
		var word string
		var must bool
		word, s, must, state = uniseg.FirstLineSegmentInString(s, state)
		must = must && strings.HasSuffix(word, "\n") // the end of the text is one as well
		word = strings.TrimSuffix(word, "\n")
		n := f.width(word, size)
		if f.width(strings.TrimRight(word, " 　"), size)+used > w+slack && line != "" {
			all, line, used = append(all, strings.TrimRight(line, " 　")), "", 0
		}
		if n > w+slack {
			var cut []string
			cut, word = f.chop(word, size, w)
			all, n = append(all, cut...), f.width(word, size)
		}
		line, used = line+word, used+n
		if must {
			all, line, used = append(all, strings.TrimRight(line, " 　")), "", 0
		}
	}
	if line != "" || len(all) == 0 {
		all = append(all, strings.TrimRight(line, " 　"))
	}
	return all
}

// slack in mm swallows rounding.
const slack = 0.01

// chop cuts a word that is longer than a line; rest is what goes on, and spaces stay with it.
func (f *face) chop(word string, size, w float64) (lines []string, rest string) {
	begin, used := 0, 0.0
	end := len(strings.TrimRight(word, " 　"))
	for i, r := range word[:end] {
		n := float64(f.widths[r]) / 1000 * size * point
		if used+n > w+slack && i > begin {
			lines, begin, used = append(lines, word[begin:i]), i, 0
		}
		used += n
	}
	return lines, word[begin:]
}

// cut bounds lines; the last one ends with "…" when something is left out.
func (f *face) cut(all []string, most int, size, w float64) []string {
	if most <= 0 || len(all) <= most {
		return all
	}
	last := []rune(all[most-1])
	for len(last) > 0 && f.width(string(last)+"…", size) > w {
		last = last[:len(last)-1]
	}
	return append(all[:most-1:most-1], string(last)+"…")
}
