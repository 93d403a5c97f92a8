package desk_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/content/desk"
)

// What is computed is what the Cabinet Office published, name by name.
func TestComputedAsPublished(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, year := range []int{2026, 2027, 2028} {
		var want []desk.Holiday
		for _, h := range b.Holidays {
			if strings.HasPrefix(h.Day, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-")) {
				want = append(want, h)
			}
		}
		slices.SortFunc(want, func(a, b desk.Holiday) int { return strings.Compare(a.Day, b.Day) })
		if diff := cmp.Diff(want, desk.Computed(year)); diff != "" {
			t.Errorf("%d (- published, + computed):\n%s", year, diff)
		}
	}
}

// Days that people know, far ahead and back: equinoxes on each of their days, four days off in a row, a day between two.
func TestComputedDays(t *testing.T) {
	t.Parallel()
	for day, name := range map[string]string{
		"2022-03-21": "春分の日", "2024-03-20": "春分の日", "2092-03-19": "春分の日", "2023-09-23": "秋分の日", "2024-09-22": "秋分の日", "2096-09-21": "", "2024-09-23": "休日（秋分の日の振替）",
		"2024-02-12": "休日（建国記念の日の振替）", "2025-05-06": "休日（みどりの日の振替）", "2032-09-21": "休日（祝日にはさまれた日）", "2033-03-21": "休日（春分の日の振替）", "2099-11-23": "勤労感謝の日", "2029-05-03": "憲法記念日",
	} {
		year, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, h := range desk.Computed(year.Year()) {
			if h.Day == day {
				got = h.Name.Ja
			}
		}
		if name != "" && got != name {
			t.Errorf("%s: %q, want %q", day, got, name)
		}
	}
	for year := 2022; year <= desk.LastComputed; year++ {
		if n := len(desk.Computed(year)); n < 16 || n > 21 {
			t.Errorf("%d has %d holidays", year, n)
		}
	}
	if len(desk.Computed(2021))+len(desk.Computed(2100)) != 0 {
		t.Error("holidays are computed for years for which the law or the formulas are others")
	}
}

// Years that nobody wrote down are known, and one that a provider wrote down is as it stands there.
func TestHolidaysGoOn(t *testing.T) {
	t.Parallel()
	b := book(t)
	if w, ok := b.Holiday(at(t, "2035-01-08 09:00")); !ok || w.Ja != "成人の日" || b.BankDay(at(t, "2035-01-08 09:00")) {
		t.Errorf("%v %v", w, ok)
	}
	hours, err := os.ReadFile("data/hours.toml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := desk.Read(fstest.MapFS{"own.toml": {Data: []byte(string(hours) + "\n[[holiday]]\nday = \"2035-01-09\"\nname = { ja = \"特別の日\", en = \"A special day\" }\n")}}, "own.toml")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := own.Holiday(at(t, "2035-01-08 09:00")); ok {
		t.Error("a day that the provider's file does not have is a holiday")
	}
	if w, ok := own.Holiday(at(t, "2035-01-09 09:00")); !ok || w.En != "A special day" {
		t.Errorf("%v %v", w, ok)
	}
	if w, ok := own.Holiday(at(t, "2036-01-14 09:00")); !ok || w.Ja != "成人の日" {
		t.Errorf("the year after: %v %v", w, ok)
	}
}
