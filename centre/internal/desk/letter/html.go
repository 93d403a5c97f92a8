package letter

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// breaks are elements that begin on a line of their own.
var breaks = map[atom.Atom]bool{atom.Br: true, atom.P: true, atom.Div: true, atom.Tr: true, atom.Li: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.Table: true, atom.Blockquote: true, atom.Hr: true}

// hidden are elements whose text nobody reads.
var hidden = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Title: true, atom.Head: true, atom.Template: true, atom.Noscript: true}

// plain is the text of HTML. Where a link leads is written beside it when it says something else: that is
// what a trap looks like.
func plain(raw []byte) string {
	var b strings.Builder
	z := html.NewTokenizer(bytes.NewReader(raw))
	z.SetMaxBuf(maxPart)
	quiet, link, shown := 0, "", 0
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return tidy(b.String())
		case html.TextToken:
			if quiet == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(string(z.Text()), func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if hidden[t.DataAtom] && kind != html.SelfClosingTagToken {
				if kind == html.StartTagToken {
					quiet++
				} else {
					quiet = max(0, quiet-1)
				}
			}
			if t.DataAtom == atom.Body {
				quiet = 0 // a head that nobody closed
			}
			if breaks[t.DataAtom] {
				b.WriteByte('\n')
			}
			if t.DataAtom != atom.A {
				continue
			}
			if said := b.String()[min(shown, b.Len()):]; kind == html.EndTagToken && link != "" && !strings.Contains(said, link) {
				b.WriteString(" <" + link + ">")
			}
			link, shown = "", b.Len()
			for _, a := range t.Attr {
				if kind == html.StartTagToken && a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://")) {
					link = Line(a.Val, maxName*3)
				}
			}
		}
	}
}

// tidy leaves at most one empty line between two others.
func tidy(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, line)
		}
	}
	text, _ := Text(strings.Join(out, "\n"), MaxText)
	return text
}
