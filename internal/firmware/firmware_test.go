package firmware

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func must(t *testing.T, s string) Version {
	t.Helper()
	v, err := Parse(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

// Versions as makers write them, each list in its order.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{
		{"Ver.1.02", "ver 1.18", "Ｖｅｒ．２．９", "2.50", "Version 2.95", "v2.96", "ファームウェアバージョン 3.0"},
		{"1.0.0.9", "1.0.0.10", "1.0.1", "1.2", "V1.2R3", "1.2r10", "1.2.1"},
		{"2.0beta1", "2.0 beta2", "2.0-rc1", "2.0", "2.0a", "2.00b", "2.0.1"},
		{"127.0.6533.120", "128.0.6613.84", "128.0.6613.85(Official Build) (64 ビット)", "128.0.6613.113"},
		{"2023/12/31", "20240101", "2024-1-2", "２０２４年５月２２日", "2024.05.23"},
	} {
		for i, a := range list {
			for j, b := range list {
				c, ok := Compare(must(t, a), must(t, b))
				if want := min(max(i-j, -1), 1); !ok || c != want {
					t.Errorf("%q and %q: %d, %v; want %d", a, b, c, ok, want)
				}
			}
		}
	}
	for _, same := range [][2]string{{"1.0", "1"}, {"1.0", "1.0.0.0"}, {"2.95", "Ver. ２．９５"}, {"V1.2R3", "1.2-r3"}, {"20240522", "2024/5/22"}} {
		if c, ok := Compare(must(t, same[0]), must(t, same[1])); !ok || c != 0 {
			t.Errorf("%q", same)
		}
	}
	for _, apart := range [][2]string{{"2024/5/22", "2.95"}, {"128.x", "128.0"}, {"128.x", "129.x"}} {
		if _, ok := Compare(must(t, apart[0]), must(t, apart[1])); ok {
			t.Errorf("%q have an order", apart)
		}
	}
	if _, ok := Compare(Version{}, must(t, "1")); ok {
		t.Error("nobody's version has an order")
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"Ｖｅｒ．１．０２": "1.02", "128.0.6613.85(Official Build) (64 ビット)": "128.0.6613.85", " 2.95 ": "2.95", "V1.2R3": "1.2r3", strings.Repeat("x", 200): strings.Repeat("x", 200)} {
		if got := Plain(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"empty": "", "only a word": "Ver.", "no number": "unknown", "two dots": "1..2", "dot at the end": "1.2.", "a sentence": "2.95 です", "sign": "-1", "a month too many": "2024/13/01",
		"day of none": "20240500", "long": strings.Repeat("1", 200), "too many digits": strings.Repeat("9", 19), "too many parts": strings.Repeat("1.", 20) + "1", "html": "1.0<script>", "NUL": "1.0\x00", "not text": "1.\xff",
	} {
		if v, err := Parse(s); err == nil || v.Known() {
			t.Errorf("%s: %q is %v", name, s, v)
		}
	}
	for name, s := range map[string]string{
		"empty": "", "only a word": "以前", "no version": "古いもの", "the wrong way round": "2.0～1.0", "no end": "～", "two kinds": "2024/01/01以前、2.95以前", "two kinds of ends": "1.0～2024/01/01",
		"one bad of a list": "1.0以前、ab", "part of one": "128.x以前", "two words": "1.0以前以降", "long": strings.Repeat("1.0、", 500),
	} {
		if r, err := ParseRange(s); err == nil {
			t.Errorf("%s: %q is %v", name, s, r)
		}
	}
}

// Ranges in all the words, at and around their ends.
func TestRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, yes, no string }{
		{"Ver.2.95以前", "1.0 2.94 2.95 2.95.0", "2.95a 2.96 3"},
		{"Ｖｅｒ．２．９５ 以前", "2.94 2.95", "2.96"},
		{"2.95 未満", "2.94 2.95beta1", "2.95 2.96"},
		{"2.95より前", "2.94", "2.95"},
		{"Ver.2.95以前のバージョン", "2.95", "2.96"},
		{"1.2以降", "1.2 2", "1.1"},
		{"1.2より後", "1.2.1 2", "1.2"},
		{"1.0.0.10 ～ 1.0.2.4", "1.0.0.10 1.0.1 1.0.2.4", "1.0.0.9 1.0.2.5"},
		{"1.0〜1.4未満", "1.0 1.3.9", "0.9 1.4"},
		{"1.0から1.4まで", "1.0 1.4", "0.9 1.5"},
		{"1.0以上1.4未満", "1.0 1.3", "0.9 1.4"},
		{">= 1.0 < 1.4", "1.0 1.3", "0.9 1.4"},
		{"～1.4", "1.0 1.4", "1.5"},
		{"1.0、1.2および1.4以降", "1.0 1.2 1.4 9", "1.1 1.3"},
		{"1.0以前、0.5～2.0", "0.1 1.5 2.0", "2.1"},
		{"before 3.1", "3.0", "3.1"}, {"3.1 and earlier", "3.1", "3.2"}, {"<= 3.1", "3.1", "3.2"}, {"> 3.1", "3.2", "3.1"},
		{"2024/05/22以前", "2024/5/22 20231231", "2024-05-23"},
		{"すべて", "1 999", ""}, {"全バージョン", "1", ""},
		{"2.x", "2.0 2.9.9", "1.9 3.0"},
		{"128.0.6613.85未満", "127.x 128.0.6613.84", "129.x 128.0.6613.85"},
	} {
		r, err := ParseRange(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		for _, s := range strings.Fields(c.yes) {
			if r.Has(must(t, s)) != Yes {
				t.Errorf("%q has not %s", c.text, s)
			}
		}
		for _, s := range strings.Fields(c.no) {
			if r.Has(must(t, s)) != No {
				t.Errorf("%q has %s", c.text, s)
			}
		}
		if c.text != "すべて" && c.text != "全バージョン" && r.Has(Version{}) != Unknown {
			t.Errorf("%q: what nobody knows is told", c.text)
		}
	}
	r, err := ParseRange("128.0.6613.85未満")
	if err != nil || r.Has(must(t, "128.x")) != Unknown || r.Has(must(t, "2024/05/22")) != Unknown {
		t.Error("where the rest decides nothing may be told")
	}
}

// random makes a version in one of many spellings.
func random(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString([]string{"", "Ver.", "v", "Version "}[r.IntN(4)])
	for i := range 1 + r.IntN(4) {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteByte(byte('0' + r.IntN(4)))
	}
	b.WriteString([]string{"", "", "a", "r3", "beta2", ".0"}[r.IntN(6)])
	return b.String()
}

// wide writes what a Japanese keyboard may write.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// The order is total, a range and its complement share no version and leave none out, and neither minds how wide the
// letters are.
func TestProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 4_000 {
		sa, sb, sc := random(r), random(r), random(r)
		a, b, c := must(t, sa), must(t, sb), must(t, sc)
		ab, _ := Compare(a, b)
		ba, _ := Compare(b, a)
		bc, _ := Compare(b, c)
		ac, _ := Compare(a, c)
		if ab != -ba || ab <= 0 && bc <= 0 && ac > 0 || ab == 0 && bc != ac {
			t.Fatalf("no total order: %q %q %q", sa, sb, sc)
		}
		if x, ok := Compare(a, must(t, wide(sa))); !ok || x != 0 {
			t.Fatalf("%q is not %q", sa, wide(sa))
		}
		if x, ok := Compare(a, must(t, a.String())); !ok || x != 0 {
			t.Fatalf("%q is written %q", sa, a)
		}
		text := sb + []string{"以前", "未満", "以降", "より後", ""}[r.IntN(5)] + "、" + sc + []string{"以前", "未満", "以降", "より前", ""}[r.IntN(5)]
		in, err := ParseRange(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		out := in.Complement()
		x, y := in.Has(a), out.Has(a)
		if x == Unknown || y == Unknown || x == y {
			t.Fatalf("%q in %q: %v, outside: %v", sa, text, x, y)
		}
		if in.Complement().Complement().Has(a) != x {
			t.Fatalf("%q: %q turned round twice", sa, text)
		}
		if same, err := ParseRange(wide(text)); err != nil || same.Has(a) != x {
			t.Fatalf("%q is not %q", text, wide(text))
		}
	}
}

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"Ver.2.95以前", "1.0～1.4未満", "V1.2R3", "2024年5月22日", "128.x", "＜＝１．２", "1.0以上1.4未満", "1.0、2.0および3.0以降"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := Parse(s); err == nil {
			again, err := Parse(v.String())
			if err != nil || order(v, again) != 0 || v.open != again.open {
				t.Errorf("%q is written %q", s, v)
			}
			for _, c := range v.String() {
				if c > unicode.MaxASCII {
					t.Errorf("%q is written %q", s, v)
				}
			}
		}
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		probe, _ := Parse("1.2")
		if x, y := r.Has(probe), r.Complement().Has(probe); x != Unknown && y != Unknown && x == y {
			t.Errorf("%q: both or none have it", s)
		}
		if same, err := ParseRange(norm.NFKC.String(s)); err == nil && same.Has(probe) != r.Has(probe) {
			t.Errorf("%q changes with its form", s)
		}
	})
}
