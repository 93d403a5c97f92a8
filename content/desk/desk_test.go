package desk_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"otasuke/content/desk"
	"otasuke/internal/ja"
)

func book(t *testing.T) *desk.Book {
	t.Helper()
	b, err := desk.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	x, err := time.ParseInLocation("2006-01-02 15:04", s, ja.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestOpeningHours(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		name, from, want string
		add              time.Duration
	}{
		{"within a morning", "2026-11-20 09:30", "2026-11-20 11:30", 2 * time.Hour},
		{"over the night", "2026-11-19 16:00", "2026-11-20 11:30", 4 * time.Hour},
		{"over a weekend and a holiday", "2026-11-20 17:00", "2026-11-24 12:30", 4 * time.Hour}, // Monday the 23rd is one
		{"in the night", "2026-11-19 23:00", "2026-11-20 10:00", time.Hour},
		{"on a Saturday", "2026-11-21 14:05", "2026-11-24 13:00", 4 * time.Hour},
		{"on the last minute", "2026-11-20 17:30", "2026-11-24 10:00", time.Hour},
		{"a whole day to its end", "2026-11-20 09:00", "2026-11-20 17:30", 8*time.Hour + 30*time.Minute},
		{"over the turn of the year", "2026-12-28 17:00", "2027-01-04 09:30", time.Hour},
		{"over the golden week", "2026-05-01 17:30", "2026-05-07 10:00", time.Hour},
		{"over the silver week", "2026-09-18 17:30", "2026-09-24 10:00", time.Hour},
	} {
		from, want := at(t, c.from), at(t, c.want)
		if got := b.Add(from, c.add); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", c.name, got.In(ja.Zone), want)
		}
		if got := b.Between(from, want); got != c.add {
			t.Errorf("%s: %s lie between, want %s", c.name, got, c.add)
		}
	}
	if b.Open(at(t, "2026-11-23 10:00")) || !b.Open(at(t, "2026-11-24 10:00")) || b.Open(at(t, "2026-11-24 17:30")) || b.Open(at(t, "2026-11-22 10:00")) {
		t.Error("open when it is closed, or closed when it is open")
	}
	if got, want := b.Due(at(t, "2026-11-24 10:00"), true), at(t, "2026-11-24 11:00"); !got.Equal(want) {
		t.Errorf("urgent: %s", got)
	}
}

// A year's holidays are those of the law: a Sunday's is made up for, a day between two is one.
func TestHolidaysFollowTheLaw(t *testing.T) {
	b := book(t)
	named := map[string]bool{}
	for _, h := range b.Holidays {
		if named[h.Day] {
			t.Errorf("%s twice", h.Day)
		}
		named[h.Day] = true
	}
	isDayOff := func(day time.Time) bool { w, ok := b.Holiday(day); return ok && strings.HasPrefix(w.Ja, "休日") }
	for day := at(t, "2026-01-02 00:00"); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		w, ok := b.Holiday(day)
		want := false
		// §3.2: the next day that is none, after a holiday on a Sunday.
		for back := 1; back <= 3; back++ {
			before := day.AddDate(0, 0, -back)
			if bw, yes := b.Holiday(before); !yes || strings.HasPrefix(bw.Ja, "休日") {
				break
			} else if before.Weekday() == time.Sunday {
				want = true
			}
		}
		// §3.3: a day between two holidays.
		yesterday, before := b.Holiday(day.AddDate(0, 0, -1))
		tomorrow, after := b.Holiday(day.AddDate(0, 0, 1))
		if before && after && !strings.HasPrefix(yesterday.Ja, "休日") && !strings.HasPrefix(tomorrow.Ja, "休日") {
			want = want || !ok || isDayOff(day)
		}
		if named := ok && !isDayOff(day); want && !ok || isDayOff(day) && !want && !named {
			t.Errorf("%s: %q, a day off: %v", day.Format(time.DateOnly), w.Ja, want)
		}
	}
	for day, want := range map[string]time.Weekday{"01-12": time.Monday, "07-20": time.Monday, "09-21": time.Monday, "10-12": time.Monday} {
		if got := at(t, "2026-"+day+" 00:00").Weekday(); got != want {
			t.Errorf("%s is a %s", day, got)
		}
	}
	for year, n := range map[string]int{"2026": 18, "2027": 17, "2028": 16} {
		got := 0
		for _, h := range b.Holidays {
			if strings.HasPrefix(h.Day, year) {
				got++
			}
		}
		if got != n {
			t.Errorf("%s has %d holidays, want %d", year, got, n)
		}
	}
}

func TestHandover(t *testing.T) {
	b := book(t)
	holes := map[string]string{}
	for _, h := range desk.Holes {
		holes[h] = "<" + h + ">{x}"
	}
	hole := regexp.MustCompile(`\{[a-z]+\}`)
	for _, d := range b.Desks {
		for _, lang := range []string{"ja", "en"} {
			text := d.Say(lang, holes)
			for _, h := range []string{"company", "contact", "what", "since", "number", "alert"} {
				if !strings.Contains(text, "<"+h+">{x}") {
					t.Errorf("%s %s says nothing about %s", d.ID, lang, h)
				}
			}
			if left := slices.DeleteFunc(hole.FindAllString(text, -1), func(s string) bool { return s == "{x}" }); len(left) > 0 {
				t.Errorf("%s %s: nobody fills %v", d.ID, lang, left)
			}
		}
	}
	if _, ok := b.Desk("nobody"); ok {
		t.Error("a desk of nobody")
	}
}

func TestOwnHours(t *testing.T) {
	const good = "[[hours]]\nfrom = \"2026-01-01\"\ndays = [0,1,2,3,4,5,6]\nopen = \"00:00\"\nclose = \"24:00\"\nholidays = true\nfirst_answer = \"1h\"\nurgent = \"15m\"\n"
	read := func(text string) (*desk.Book, error) {
		return desk.Read(fstest.MapFS{"h.toml": {Data: []byte(text)}}, "h.toml")
	}
	b, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	if from := at(t, "2026-12-31 23:30"); !b.Open(from) || !b.Add(from, time.Hour).Equal(at(t, "2027-01-01 00:30")) {
		t.Error("a desk that never closes does")
	}
	for what, text := range map[string]string{
		"no hours": "", "closes before it opens": strings.Replace(good, "00:00", "24:00", 1), "no day": strings.Replace(good, "[0,1,2,3,4,5,6]", "[]", 1), "day 7": strings.Replace(good, "6]", "7]", 1),
		"no target": strings.Replace(good, `"1h"`, `"0h"`, 1), "unknown word": good + "colour = 1\n", "no date": strings.Replace(good, "2026-01-01", "soon", 1), "not TOML": "[[",
	} {
		if _, err := read(text); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestBankDays(t *testing.T) {
	b := book(t)
	for _, c := range []struct{ name, day, want string }{
		{"a working day", "2026-11-27", "2026-11-27"},
		{"a Saturday", "2027-02-27", "2027-03-01"},
		{"a Sunday", "2026-12-27", "2026-12-28"},
		{"a holiday on a Monday after a weekend", "2026-11-21", "2026-11-24"},
		{"a substitute holiday", "2026-05-06", "2026-05-07"},
		{"the golden week", "2026-05-02", "2026-05-07"},
		{"the last day of the year", "2026-12-31", "2027-01-04"},
		{"the third of January", "2028-01-03", "2028-01-04"},
		{"the turn of a year into a weekend", "2027-12-31", "2028-01-04"},
		{"29 December, when offices close and banks do not", "2026-12-29", "2026-12-29"},
		{"a year that no table has yet, at its turn", "2040-01-02", "2040-01-04"},
	} {
		if got := b.OnBankDay(at(t, c.day+" 00:00")).Format(time.DateOnly); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// The day is that of Japan, whatever the clock's zone.
	if !b.BankDay(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)) || b.BankDay(time.Date(2026, 11, 23, 14, 59, 0, 0, time.UTC)) {
		t.Error("not Japan's day")
	}
}
