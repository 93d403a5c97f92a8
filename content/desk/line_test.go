package desk_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"otasuke/content/desk"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Hours in a line, as the foot of each page has them.
func TestLine(t *testing.T) {
	t.Parallel()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 22, 10, 0, 0, ja.Zone)
	const rest = "\nfirst_answer = \"4h\"\nurgent = \"1h\"\n"
	for name, c := range map[string]struct{ hours, ja, en string }{
		"weekdays":    {"days = [1, 2, 3, 4, 5]\nopen = \"09:00\"\nclose = \"17:30\"", "平日 9:00〜17:30", "weekdays 9:00 to 17:30"},
		"daily":       {"days = [0, 1, 2, 3, 4, 5, 6]\nopen = \"08:00\"\nclose = \"24:00\"", "毎日 8:00〜24:00", "daily 8:00 to 24:00"},
		"always":      {"days = [0, 1, 2, 3, 4, 5, 6]\nopen = \"00:00\"\nclose = \"24:00\"\nholidays = true", "24時間受付", "24 hours"},
		"three days":  {"days = [5, 1, 3, 3]\nopen = \"10:00\"\nclose = \"12:00\"", "月・水・金 10:00〜12:00", "Mon, Wed, Fri 10:00 to 12:00"},
		"on holidays": {"days = [1, 2, 3, 4, 5]\nopen = \"09:00\"\nclose = \"17:00\"\nholidays = true", "月・火・水・木・金 9:00〜17:00", "Mon, Tue, Wed, Thu, Fri 9:00 to 17:00"},
	} {
		book, err := desk.Read(fstest.MapFS{"h.toml": {Data: []byte("[[hours]]\nfrom = \"2026-01-01\"\n" + c.hours + rest)}}, "h.toml")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for lang, want := range map[string]string{ja.Japanese: c.ja, ja.English: c.en} {
			if got := book.Line(at, texts.In(lang).T); got != want || strings.Contains(got, "common.") {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
}
