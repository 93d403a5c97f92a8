package redact

import (
	"encoding/base64"

	catalogue "otasuke/content/text"
)

// texts do not change.
var texts = func() *catalogue.Catalogue {
	c, err := catalogue.Load()
	if err != nil {
		return new(catalogue.Catalogue) // shows keys; tests rule it out
	}
	return c
}()

// keys of the texts, the one that says most first.
var keys = [...]string{"redact.long", "redact.short", "redact.least"}

// head of the part that stands in the place of another one. In base64 every way of mail takes
// it, and readers pass over the blanks behind it (RFC 2045 section 6.8).
const head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"

// lineEnd of the part's last line stays: what ends the part begins a line.
const lineEnd = 2

// lineLength of base64 (RFC 2045 section 6.8).
const lineLength = 76

// text is what stands in the place of a part, nil where nothing fits in.
func text(g *Gone) []byte {
	for _, key := range keys {
		var words string
		for _, lang := range []string{"ja", "en"} {
			words += texts.In(lang).T(key, "file", shown(g.File), "virus", shown(g.Virus)) + "\r\n"
		}
		coded := base64.StdEncoding.EncodeToString([]byte(words))
		b := []byte(head)
		for ; len(coded) > lineLength; coded = coded[lineLength:] {
			b = append(append(b, coded[:lineLength]...), "\r\n"...)
		}
		if b = append(append(b, coded...), "\r\n"...); len(b)+lineEnd <= g.Size {
			return b
		}
	}
	// A part without headers is plain ASCII text (RFC 2046 section 5.1).
	if b := []byte("\r\n" + texts.In("en").T("redact.least") + "\r\n"); len(b)+lineEnd <= g.Size {
		return b
	}
	return nil
}

// Again is the answer of a mail server that asks to send a mail again (RFC 5321 section 4.2.1).
func Again() string { return "451 4.7.1 " + texts.In("en").T("redact.again") + "\r\n" }
