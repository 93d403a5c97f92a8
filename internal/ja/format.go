package ja

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Languages of the service.
const (
	Japanese = "ja"
	English  = "en"
)

// Zone is Japan time. Japan has had no daylight saving time since 1951, so a
// fixed offset is exact and needs no zone database on the machine.
var Zone = time.FixedZone("JST", 9*60*60)

var weekdays = [7]string{"日", "月", "火", "水", "木", "金", "土"}

// Lang gives the nearest supported language for a stored or requested code such
// as "en-GB"; unknown codes become Japanese.
func Lang(code string) string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(code, "_", "-")), "-")
	if base == English {
		return English
	}
	return Japanese
}

// Short is day and time without the year: "11月21日(土) 14:05", "Sat 21 Nov, 14:05".
func Short(t time.Time, lang string) string { return Day(t, lang) + sep(lang) + Clock(t) }

// Long is day and time with the year: "2026年11月21日(土) 14:05", "Sat 21 Nov 2026, 14:05".
func Long(t time.Time, lang string) string { return Date(t, lang) + sep(lang) + Clock(t) }

// MonthDay is the day without year and weekday, for narrow places: "11月21日", "21 Nov".
func MonthDay(t time.Time, lang string) string {
	t = t.In(Zone)
	if lang == English {
		return t.Format("2 Jan")
	}
	return fmt.Sprintf("%d月%d日", t.Month(), t.Day())
}

// Day is the day without the year: "11月21日(土)", "Sat 21 Nov".
func Day(t time.Time, lang string) string {
	t = t.In(Zone)
	if lang == English {
		return t.Format("Mon 2 Jan")
	}
	return fmt.Sprintf("%d月%d日(%s)", t.Month(), t.Day(), weekdays[t.Weekday()])
}

// Date is the day with the year: "2026年11月21日(土)", "Sat 21 Nov 2026".
func Date(t time.Time, lang string) string {
	if lang == English {
		return t.In(Zone).Format("Mon 2 Jan 2006")
	}
	return strconv.Itoa(t.In(Zone).Year()) + "年" + Day(t, lang)
}

// Clock is the time of day, 24 hours: "14:05".
func Clock(t time.Time) string { return t.In(Zone).Format("15:04") }

// Technical is the form for technicians, the same in both languages and named
// with its zone: "2026-11-21 14:05:21 JST".
func Technical(t time.Time) string { return t.In(Zone).Format("2006-01-02 15:04:05 MST") }

// Midnight is the beginning of t's day in Japan.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Zone)
}

// Number writes n with separators: "1,204,113".
func Number[T ~int | ~int64 | ~uint64](n T) string {
	s := fmt.Sprint(n)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Span is a length of time in its largest unit, rounded down: "3分", "2時間",
// "4日"; "3 min", "2 h", "4 days". Less than a minute is "1分".
func Span(d time.Duration, lang string) string {
	if d < 0 {
		d = -d
	}
	n, unit := max(int(d/time.Minute), 1), 0
	switch {
	case d >= 48*time.Hour:
		n, unit = int(d/(24*time.Hour)), 2
	case d >= time.Hour:
		n, unit = int(d/time.Hour), 1
	}
	if lang == English {
		return strconv.Itoa(n) + [3]string{" min", " h", " days"}[unit]
	}
	return strconv.Itoa(n) + [3]string{"分", "時間", "日"}[unit]
}

// CaseNumber groups a six-digit case number for reading aloud: "482 913".
func CaseNumber(s string) string {
	if len(s) != 6 {
		return s
	}
	return s[:3] + " " + s[3:]
}

func sep(lang string) string {
	if lang == English {
		return ", "
	}
	return " "
}

// Halfwidth turns full-width letters, digits and signs, as Japanese keyboards give them, into
// the plain ones.
func Halfwidth(s string) string { return width.Narrow.String(s) }
