package paper

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// maxEven bounds texts that are broken by sense: the work grows with the square of the length.
const maxEven = 400

// What a break costs: a line more is worse than any of them, and lines of unlike length cost up to
// uneven.
const (
	costLine   = 1000.0
	costWithin = 12.0 // between any two characters
	costPhrase = 4.0  // after kana and before a kanji or katakana: phrases mostly begin so
	costSpace  = 1.0
	uneven     = 15.0
)

// even breaks a short text into as few lines as it needs, where its sense breaks; lines is how it
// is broken otherwise.
func (f *face) even(s string, lines []string, size, w float64) []string {
	if len(lines) < 2 || utf8.RuneCountInString(s) > maxEven || strings.Contains(s, "\n") {
		return lines
	}
	var words []string
	for rest, state := s, -1; rest != ""; {
		var word string
		word, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		if f.width(word, size) > w {
			return lines // one that must be cut
		}
		words = append(words, word)
	}
	target := f.width(s, size) / float64(len(lines))
	// best is the cheapest way to set the first so many words, from where its last line begins.
	best, from := make([]float64, len(words)+1), make([]int, len(words)+1)
	for end := 1; end <= len(words); end++ {
		best[end] = math.Inf(1)
		wide := 0.0
		for begin := end - 1; begin >= 0; begin-- {
			last := words[end-1]
			if begin < end-1 {
				wide += f.width(words[begin], size)
			}
			n := wide + f.width(strings.TrimRight(last, " 　"), size)
			if n > w+slack {
				break
			}
			off := (n - target) / w
			cost := best[begin] + costLine + uneven*off*off
			if end < len(words) {
				cost += breakCost(last, words[end])
			}
			if cost < best[end] {
				best[end], from[end] = cost, begin
			}
		}
	}
	var out []string
	for end := len(words); end > 0; end = from[end] {
		out = append([]string{strings.TrimRight(strings.Join(words[from[end]:end], ""), " 　")}, out...)
	}
	return out
}

// breakCost of a line's end between two words.
func breakCost(before, after string) float64 {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case strings.ContainsRune("、。，．！？：；）」』", last):
		return 0
	case last == ' ' || last == '　':
		return costSpace
	case unicode.Is(unicode.Hiragana, last) && !unicode.Is(unicode.Hiragana, next):
		return costPhrase
	}
	return costWithin
}
