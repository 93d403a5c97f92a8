package cover

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"own": ownView{}, "list": listView{}, "company": companyView{}, "one": oneView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
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
	names, err := filepath.Glob("*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			if !strings.HasSuffix(key, "_") {
				has(key)
			}
		}
	}
	for _, s := range cover.States {
		has(stateKey + string(s))
	}
	for w := range saidWords {
		has(saidKey + w)
	}
	for _, k := range cover.Keys {
		has(reasonKey + k + "_" + string(cover.Yes))
		if k != cover.ByInsurer { // an open question while there is none
			has(reasonKey + k + "_" + string(cover.No))
		}
	}
	for a := range answerTones {
		has(answerKey + string(a))
		has(answerKey + "short_" + string(a))
	}
	has(reasonKey + cover.ByInsurer + "_" + string(cover.Open))
	has(reasonKey + cover.ByReport + "_" + string(cover.Open))
}
