package reply

import (
	"strings"
	"testing"

	"otasuke/content/text"
)

// Each page says why in both languages, Japanese first, and shows nothing but what it says.
func TestBody(t *testing.T) {
	t.Parallel()
	for category, want := range map[string][2]string{
		"malware": {"危険なもの", "known to be dangerous"}, "something new": {"危険なもの", "known to be dangerous"}, "phishing": {"偽のサイト", "fake of a real site"},
		"virus": {"ウイルス", "virus"}, "company": {"会社の決まり", "Your company"}, "encrypted-dns": {"会社の決まり", "Your company"},
	} {
		page := body(`{{work}} <script>{what}"`, category)
		ja, en := strings.Index(page, want[0]), strings.Index(page, want[1])
		if ja < 0 || en < ja {
			t.Errorf("%s: %s", category, page)
		}
		if strings.Count(page, "{{work}} &lt;script&gt;{what}&#34;") != 2 || strings.Contains(page, "<script") || strings.Contains(page, "block.") || strings.Contains(page, "://") {
			t.Errorf("%s: %s", category, page)
		}
		for _, hole := range []string{"{{title}}", "{{en.", "{{why}}", "{{calm}}"} {
			if strings.Contains(page, hole) {
				t.Errorf("%s: %s is left", category, hole)
			}
		}
	}
}

func TestTextsExist(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range reasons {
		for _, k := range keys {
			if !c.In("ja").Has(k) {
				t.Errorf("%s is missing", k)
			}
		}
	}
}
