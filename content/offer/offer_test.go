package offer

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"otasuke/internal/ja"
)

func TestBuiltIn(t *testing.T) {
	t.Parallel()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	v, ok := b.On(time.Date(2026, 11, 28, 0, 0, 0, 0, ja.Zone))
	if !ok || v.Prices != (Prices{Member: 6600, Other: 8250, Visit: 16500, TaxPercent: 10}) {
		t.Fatalf("%+v", v)
	}
	if v.Without(6600) != 6000 || v.Without(8250) != 7500 || v.Without(16500) != 15000 {
		t.Error("prices without tax")
	}
	if _, ok := b.On(time.Date(2026, 9, 30, 23, 59, 0, 0, ja.Zone)); ok {
		t.Error("something is offered before there is an offer")
	}
	if same, ok := b.Get(v.ID); !ok || same != v {
		t.Error("not found by its id")
	}
	if len(b.Schemes) != 2 {
		t.Errorf("%d schemes", len(b.Schemes))
	}
}

// built reads the built-in version with something replaced.
func built(t *testing.T, old, put string) (*Book, error) {
	t.Helper()
	dir := fstest.MapFS{}
	for _, name := range []string{"scheme.toml", "2026-10.toml"} {
		raw, err := files.ReadFile("data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		if name != "scheme.toml" {
			if !strings.Contains(text, old) {
				t.Fatalf("no %q", old)
			}
			text = strings.Replace(text, old, put, 1)
		}
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Read(dir)
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, put, says string }{
		{"dearer than the scheme allows", "other = 8250", "other = 11001", "more than 11000, the 10000 without tax"},
		{"longer than the scheme allows", "min_months = 12", "min_months = 25", "25 months"},
		{"members pay more", "member = 6600", "member = 9000", "price"},
		{"no end", `end = "full-month"`, `end = "later"`, "billing"},
		{"misspelt", "max_pcs", "max_pc", "max_pc"},
		{"another id", `id = "2026-10"`, `id = "2026-11"`, "its id"},
		{"a language missing", `en = "A report each month"`, `en = " "`, "one language"},
		{"consent twice", `key = "names"`, `key = "addresses"`, "each once"},
		{"ends before it begins", `until = ""`, `until = "2026-01-01"`, "ends"},
		{"no date", `from = "2026-10-01"`, `from = "October"`, "from"},
	} {
		if _, err := built(t, c.old, c.put); !errors.Is(err, ErrOffer) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", c.name, err, c.says)
		}
	}
	if _, err := built(t, "other = 8250", "other = 11000"); err != nil {
		t.Errorf("as dear as the scheme allows: %v", err)
	}
	text, err := built(t, "class = 1", "class = 2")
	if err != nil || text.Versions[0].Class != 2 {
		t.Errorf("class 2: %v", err)
	}
	if _, err := Read(fstest.MapFS{}); !errors.Is(err, ErrOffer) {
		t.Errorf("nothing: %v", err)
	}
}
