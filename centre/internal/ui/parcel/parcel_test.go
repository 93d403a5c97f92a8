package parcel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/parcel"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"list": listView{}, "item": itemView{}} {
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
	for _, name := range []string{"list.html", "item.html", "parcel.go"} {
		b, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			has(key)
		}
	}
	for s := range tones {
		has(stateKey + string(s))
		if s != parcel.Sent && s != parcel.Out {
			has(markKey + string(s))
		}
	}
	for _, s := range parcel.Carriers {
		has(carrierKey + s)
	}
	for _, s := range []string{"shipped", "added", "marked", "spare"} {
		has(saidKey + s)
	}
}
