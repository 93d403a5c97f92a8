package advisory

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"list": listView{}, "one": oneView{}, "board": boardView{}, "rule": ruleView{}, "form": formView{}} {
		p, err := ui.ParsePage(files, name+".html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	has := func(key string) {
		t.Helper()
		if !c.In("ja").Has(key) {
			t.Errorf("nobody wrote %q", key)
		}
	}
	for _, pattern := range []string{"*.html", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range text.Used(string(b)) {
				has(key)
			}
		}
	}
	for _, w := range saidWords {
		has(saidKey + w)
	}
	for _, w := range []string{"bundle", "signed", "old", "over"} {
		has(refusedKey + w)
	}
	for s := range lives {
		has(lifeKey + s)
	}
	for _, id := range []string{"id", "maker", "products", "source", "date", "from", "until", "stars", "remind", "title_ja", "title_en", "why_ja", "why_en", "do_ja", "do_en"} {
		has("advisory.field_" + id)
	}
}
