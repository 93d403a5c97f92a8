package entry

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatPeopleType(t *testing.T) {
	t.Parallel()
	line := func(s string) (string, error) { return Line(s, 20) }
	kana := func(s string) (string, error) { return Kana(s, 20) }
	corporate := func(s string) (string, error) { return InvoiceNumber(s, true) }
	own := func(s string) (string, error) { return InvoiceNumber(s, false) }
	for _, c := range []struct {
		name     string
		f        func(string) (string, error)
		in, want string
		err      error
	}{
		{"wide", line, "　ＡＢＣ１２３　　ｶﾌﾞｼｷ\n会社 ", "ABC123 カブシキ 会社", nil},
		{"㈱ is taken apart", line, "㈱佐藤", "(株)佐藤", nil},
		{"direction and nothing", line, "a\u202eb\x00\u200b", "ab", nil},
		{"empty", line, " \u3000\t", "", ErrEmpty},
		{"long", line, strings.Repeat("長", 21), "", ErrLong},
		{"very long", line, strings.Repeat("x", 1<<20), "", ErrLong},
		{"broken UTF-8", line, "a\xffb", "ab", nil},
		{"hiragana", kana, "さとう せいさくしょ", "サトウ セイサクショ", nil},
		{"half-width", kana, "ｻﾄｳｾｲｻｸｼﾞｮ", "サトウセイサクジョ", nil},
		{"dash for a long vowel", kana, "サ-バ−ビ‐", "サーバービー", nil},
		{"kanji", kana, "佐藤", "", ErrMalformed},
		{"postcode", Postcode, "〒５４０－００２９", "5400029", nil},
		{"postcode with a vowel mark", Postcode, "540ー0029", "5400029", nil},
		{"postcode short", Postcode, "540-002", "", ErrMalformed},
		{"postcode words", Postcode, "大阪", "", ErrMalformed},
		{"phone", Phone, "０６（６９４４）６２１１", "06-6944-6211", nil},
		{"phone without dashes", Phone, "0669446211", "0669446211", nil},
		{"mobile", Phone, "090ー1234ー5678", "090-1234-5678", nil},
		{"from abroad", Phone, "+81 90-1234-5678", "090-1234-5678", nil},
		{"phone too short", Phone, "6944-6211", "", ErrMalformed},
		{"phone of eleven", Phone, "06-6944-62111", "", ErrMalformed},
		{"corporate number", CorporateNumber, "1-2000-1209-8112", "", ErrCheck},
		{"of the national tax agency", CorporateNumber, "７００００１２０５０００２", "7000012050002", nil},
		{"a digit mistyped", CorporateNumber, "7000012050012", "", ErrCheck},
		{"a digit missing", CorporateNumber, "700001205000", "", ErrMalformed},
		{"invoice", corporate, "ｔ7000012050002", "T7000012050002", nil},
		{"invoice mistyped", corporate, "T7000012050003", "", ErrCheck},
		{"invoice of a person", own, "T1234567890123", "T1234567890123", nil},
		{"invoice without T", own, "7000012050002", "", ErrMalformed},
	} {
		got, err := c.f(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v; want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestTheSameCompany(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"株式会社佐藤製作所", "佐藤製作所（株）", "㈱ 佐藤製作所", "佐藤製作所"} {
		if got := Fold(s); got != "佐藤製作所" {
			t.Errorf("%q: %q", s, got)
		}
	}
}

// Whatever comes: no panic, and what is given back is its own normal form.
func FuzzEntry(f *testing.F) {
	for _, s := range []string{"〒540-0029", "+81", "０９０", "T", "-", "(", "ﾞ", "\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range []func(string) (string, error){
			func(s string) (string, error) { return Line(s, 30) }, func(s string) (string, error) { return Kana(s, 30) },
			Postcode, Phone, CorporateNumber, func(s string) (string, error) { return InvoiceNumber(s, false) },
		} {
			once, err := g(s)
			if err != nil {
				continue
			}
			if again, err := g(once); err != nil || again != once {
				t.Errorf("%q gives %q, which gives %q, %v", s, once, again, err)
			}
		}
	})
}

func TestPrefecture(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"大阪府大阪市中央区": "27", "北海道札幌市": "01", "沖縄県那覇市": "47", "京都府京都市": "26", "大阪市中央区": "", "": ""} {
		if got := Prefecture(address); got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
	for _, c := range [][3]string{{"27", "ja", "大阪府"}, {"27", "en", "Osaka"}, {"47", "en", "Okinawa"}, {"48", "ja", "48"}, {"", "ja", ""}} {
		if got := PrefectureName(c[0], c[1]); got != c[2] {
			t.Errorf("%v: %q", c, got)
		}
	}
}
