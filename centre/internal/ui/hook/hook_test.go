package hook

import (
	"os"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/hook"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	p, err := ui.ParsePage(files, "page.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := templatecheck.CheckHTML(p.Template(), view{}); err != nil {
		t.Error(err)
	}
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	has := func(key string) {
		if !c.In("ja").Has(key) {
			t.Errorf("nobody wrote %q", key)
		}
	}
	for _, name := range []string{"page.html", "hook.go", "../../hook/send.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			has(key)
		}
	}
	for _, k := range hook.Kinds {
		has(kindKey + k)
	}
	for s := range tones {
		has(stateKey + s)
	}
	for _, s := range saidWords {
		has(saidKey + s)
	}
}
