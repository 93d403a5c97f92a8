package advisory

import (
	"errors"
	"strings"
	"testing"

	"otasuke/internal/firmware"
)

func shipped(t *testing.T) map[string]Rule {
	t.Helper()
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Rule{}
	for _, r := range all {
		out[r.ID] = r
	}
	return out
}

// The 18 models of Buffalo and the version of Chrome, just before, at and just behind the bound of each.
func TestShipped(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	if n := len(all["buffalo-2024-07"].Products); n != 18 {
		t.Errorf("%d models", n)
	}
	for _, r := range all {
		for _, p := range r.Products {
			in, err := firmware.ParseRange(p.Range)
			if err != nil {
				t.Fatal(err)
			}
			has := func(s string) firmware.Answer {
				v, err := firmware.Parse(s)
				if err != nil {
					t.Fatal(err)
				}
				return in.Has(v)
			}
			if p.Program == "chrome" {
				if has("128.0.6613.84") != firmware.Yes || has("128.0.6613.85") != firmware.No || has("128.0.6613.86") != firmware.No || has("127.x") != firmware.Yes || has("129.x") != firmware.No || has("128.x") != firmware.Unknown {
					t.Error(p)
				}
				continue
			}
			bound := strings.TrimSuffix(strings.TrimPrefix(p.Range, "Ver."), "以前")
			major, minor, _ := strings.Cut(bound, ".")
			step := func(by int) string {
				n := int(minor[0]-'0')*10 + int(minor[1]-'0') + by
				return major + "." + string(rune('0'+n/10)) + string(rune('0'+n%10))
			}
			if has(step(-1)) != firmware.Yes || has(bound) != firmware.Yes || has(step(1)) != firmware.No || in.Has(firmware.Version{}) != firmware.Unknown {
				t.Errorf("%+v", p)
			}
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for id, r := range shipped(t) {
		for _, lang := range []string{"ja", "en"} {
			if r.Title(lang) == "" || r.Why(lang) == "" || len(r.Do(lang)) < 2 {
				t.Errorf("%s in %s", id, lang)
			}
		}
		if len(r.Do("ja")) != len(r.Do("en")) {
			t.Errorf("%s: other steps in English", id)
		}
	}
	if r := (&Rule{From: "2024-01-01", Until: "2024-12-31"}); r.Valid("2023-12-31") || !r.Valid("2024-06-01") || r.Valid("2025-01-01") {
		t.Error("its time")
	}
	for _, same := range [][2]string{{"WHR-1166DHP2", "ｗｈｒ－1166dhp2"}, {"WEX-300HPTX/N", "wex 300hptx/n"}, {"BUFFALO", "Buffalo"}} {
		if Key(same[0]) != Key(same[1]) {
			t.Errorf("%q", same)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*Rule){
		"id": func(r *Rule) { r.ID = "../x" }, "date": func(r *Rule) { r.Date = "2024/07/19" }, "until": func(r *Rule) { r.Until = "2000-01-01" }, "source": func(r *Rule) { r.Source = "javascript:alert(1)" },
		"version": func(r *Rule) { r.Version = 0 }, "stars": func(r *Rule) { r.Stars = 1 }, "remind": func(r *Rule) { r.Remind = 0 }, "maker": func(r *Rule) { r.Maker = " " }, "title_en": func(r *Rule) { r.TitleEn = "" },
		"do_ja": func(r *Rule) { r.DoJa = strings.Repeat("長", MaxText+1) }, "products": func(r *Rule) { r.Products = nil }, "products 1: model": func(r *Rule) { r.Products = []Product{{Range: "1以前"}} },
		"products 1: range": func(r *Rule) { r.Products = []Product{{Model: "X", Range: "古いもの"}} }, "products 1: fixed": func(r *Rule) { r.Products = []Product{{Model: "X", Range: "1以前", Fixed: "?"}} },
	} {
		r := shipped(t)["buffalo-2024-07"]
		spoil(&r)
		if err := r.Check(); !errors.Is(err, ErrRule) || !strings.HasSuffix(err.Error(), ": "+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
