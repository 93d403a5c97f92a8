package words

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// BlockKind is how a part of a text is shown.
type BlockKind string

// Kinds of blocks.
const (
	Paragraph BlockKind = "p"
	Heading   BlockKind = "h" // a line that begins with "## " or "■"
	List      BlockKind = "l" // lines that begin with "- ", "* " or "・"
)

// Block is one part of a text.
type Block struct {
	Kind  BlockKind
	Lines [][]Span
}

// Span is a piece of a line: words, or an address that can be opened.
type Span struct{ Text, Link string }

var link = regexp.MustCompile(`https?://[^\s<>"'「」『』（）()、。，！？\x{3000}]+`)

// Blocks takes a text apart: paragraphs with an empty line between them, headings, lists, and addresses as they are written. There is
// no other markup; what looks like HTML is words.
func Blocks(s string) (all []Block) {
	open := false // the last block goes on
	for l := range strings.SplitSeq(s, "\n") {
		l = strings.TrimRightFunc(l, unicode.IsSpace)
		kind, rest := Paragraph, l
		for _, mark := range []struct {
			sign string
			kind BlockKind
		}{{"## ", Heading}, {"■", Heading}, {"- ", List}, {"* ", List}, {"・", List}} {
			if r, ok := strings.CutPrefix(l, mark.sign); ok {
				kind, rest = mark.kind, strings.TrimSpace(r)
				break
			}
		}
		switch {
		case rest == "":
			open = false
			continue
		case open && kind != Heading && all[len(all)-1].Kind == kind:
			all[len(all)-1].Lines = append(all[len(all)-1].Lines, spans(rest))
		default:
			all = append(all, Block{kind, [][]Span{spans(rest)}})
		}
		open = kind != Heading
	}
	return all
}

func spans(s string) (all []Span) {
	at := 0
	for _, m := range link.FindAllStringIndex(s, -1) {
		word := strings.TrimRight(s[m[0]:m[1]], ".,;:!?")
		if !IsLink(word) {
			continue
		}
		if m[0] > at {
			all = append(all, Span{Text: s[at:m[0]]})
		}
		all, at = append(all, Span{Text: word, Link: word}), m[0]+len(word)
	}
	if at < len(s) {
		all = append(all, Span{Text: s[at:]})
	}
	return all
}

// Plain is the text as a mail without HTML has it.
func Plain(s string) string {
	var b strings.Builder
	for i, block := range Blocks(s) {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, l := range block.Lines {
			b.WriteString(map[BlockKind]string{Heading: "■ ", List: "・"}[block.Kind])
			for _, one := range l {
				b.WriteString(one.Text)
			}
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// Clean is a text without what cannot be seen or turns the direction of writing.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

// MaxLink in bytes.
const MaxLink = 500

// IsLink wants an address that a browser opens.
func IsLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(s) <= MaxLink && !strings.ContainsAny(s, "<>\"' \n")
}

// Line makes text that people entered safe for a header and bounds it.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return strings.TrimSpace(s)
}
