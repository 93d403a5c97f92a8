package reply

import (
	_ "embed"
	"html"
	"strings"

	"otasuke/content/text"
)

// blockHTML is the page in place of a blocked one. It must load nothing from
// anywhere: whoever reads it may be cut off from everything else.
//
//go:embed blockpage.html
var blockHTML string

// texts of the page; they do not change.
var texts = func() *text.Catalogue {
	c, err := text.Load()
	if err != nil {
		return new(text.Catalogue) // shows keys; tests rule it out
	}
	return c
}()

// reasons are the keys of the sentences that say why and that calm, by category; others
// are known to be dangerous.
var reasons = map[string][2]string{
	"phishing": {"block.why_phishing", "block.calm_danger"}, "scam": {"block.why_phishing", "block.calm_danger"},
	"virus":   {"block.why_virus", "block.calm_danger"},
	"company": {"block.why_company", "block.calm_company"}, "encrypted-dns": {"block.why_company", "block.calm_company"},
}

// body makes the page for something of a category.
func body(what, category string) string {
	keys, ok := reasons[category]
	if !ok {
		keys = [2]string{"block.why_danger", "block.calm_danger"}
	}
	what = "<b>" + html.EscapeString(what) + "</b>"
	var holes []string
	for _, lang := range []string{"ja", "en"} {
		t, prefix := texts.In(lang), ""
		if lang == "en" {
			prefix = "en."
		}
		holes = append(holes, "{{"+prefix+"title}}", t.T("block.title"), "{{"+prefix+"why}}", t.T(keys[0], "what", what), "{{"+prefix+"calm}}", t.T(keys[1]), "{{"+prefix+"work}}", t.T("block.work"))
	}
	return strings.NewReplacer(holes...).Replace(blockHTML)
}
