package apply

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/ui"
	"otasuke/content/offer"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"intro": introView{}, "form": formView{}, "state": stateView{}, "list": listView{}, "one": oneView{}, "contract": contractView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every text that a page or a mail about applications can show exists, also those whose key's end is chosen.
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
	for _, pattern := range []string{"*.html", "*.go", "../../notify/contract.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range text.Used(string(b)) {
				has(key)
			}
		}
	}
	for state := range tones {
		has(stateKey + string(state))
	}
	for _, s := range append(milestones, contract.Founding, contract.Withdrawn) {
		if s != contract.Shipped && s != contract.Installed && s != contract.Active { // the company's own pages by then
			has(leadKey + string(s))
		}
	}
	for _, s := range []string{"papers", "back", "remind", "review", "withdrawn", "contracted", "shipped", "installed", "active", "ending", "ended", "returned", "staff_papers", "staff_review"} {
		has("apply.mail_" + s)
		has("apply.mail_" + s + "_subject")
	}
	for key, all := range map[string][]string{industryKey: contract.Industries, lineKey: contract.Lines, routerKey: contract.Routers, faultKey: append([]string{contract.Missing, contract.Long, contract.Malformed}, own...), saidKey: append(saidWords, "ending", "kept")} {
		for _, one := range all {
			has(key + one)
		}
	}
	v := &offer.Version{MaxPCs: 100}
	p := &Pages{}
	for _, g := range p.groups(c.In("en"), v, &contract.Form{}) {
		has(groupKey + g.ID)
		for _, f := range g.Fields {
			has(fieldKey + f.ID)
			if f.Hint == hintKey+f.ID {
				t.Errorf("no hint for %s", f.ID)
			}
		}
	}
}
