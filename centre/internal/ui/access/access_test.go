package access

import (
	"os"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := ui.ParsePage(files, "page.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := templatecheck.CheckHTML(p.Template(), view{}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"page.html", "access.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			if !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
}
