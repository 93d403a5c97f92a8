package desk

import (
	"cmp"
	"slices"
	"time"
)

// The law on holidays (国民の祝日に関する法律, 昭和23年法律第178号) as it stands since 2022, for years that nobody wrote down yet.
const (
	// firstComputed year: the names and days below are those since 天皇誕生日 and スポーツの日 (令和2年).
	firstComputed = 2022
	// LastComputed year for which the usual formula of both equinoxes holds (海上保安庁水路部, 1980 to 2099).
	LastComputed = 2099
)

// fixed are holidays on a day of the year (§2).
var fixed = []struct {
	month time.Month
	day   int
	name  Words
}{
	{time.January, 1, Words{"元日", "New Year's Day"}}, {time.February, 11, Words{"建国記念の日", "National Foundation Day"}}, {time.February, 23, Words{"天皇誕生日", "The Emperor's Birthday"}},
	{time.April, 29, Words{"昭和の日", "Showa Day"}}, {time.May, 3, Words{"憲法記念日", "Constitution Memorial Day"}}, {time.May, 4, Words{"みどりの日", "Greenery Day"}}, {time.May, 5, Words{"こどもの日", "Children's Day"}},
	{time.August, 11, Words{"山の日", "Mountain Day"}}, {time.November, 3, Words{"文化の日", "Culture Day"}}, {time.November, 23, Words{"勤労感謝の日", "Labour Thanksgiving Day"}},
}

// mondays are holidays on the nth Monday of a month (§2).
var mondays = []struct {
	month time.Month
	n     int
	name  Words
}{
	{time.January, 2, Words{"成人の日", "Coming of Age Day"}}, {time.July, 3, Words{"海の日", "Marine Day"}}, {time.September, 3, Words{"敬老の日", "Respect for the Aged Day"}}, {time.October, 2, Words{"スポーツの日", "Sports Day"}},
}

var (
	spring  = Words{"春分の日", "Vernal Equinox Day"}
	autumn  = Words{"秋分の日", "Autumnal Equinox Day"}
	between = Words{"休日（祝日にはさまれた日）", "Day off between two holidays"}
)

// equinox is the day of March or September on which the sun crosses the equator, in Japan.
func equinox(year int, base float64) int {
	n := year - 1980
	return int(base+0.242194*float64(n)) - n/4
}

// Computed are the holidays of a year by the law, in order; none for years that the formulas do not hold for.
func Computed(year int) (all []Holiday) {
	if year < firstComputed || year > LastComputed {
		return nil
	}
	named := map[string]Words{}
	key := func(t time.Time) string { return t.Format(time.DateOnly) }
	on := func(m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
	for _, f := range fixed {
		named[key(on(f.month, f.day))] = f.name
	}
	for _, m := range mondays {
		first := on(m.month, 1)
		named[key(first.AddDate(0, 0, (int(time.Monday-first.Weekday())+7)%7+(m.n-1)*7))] = m.name
	}
	named[key(on(time.March, equinox(year, 20.8431)))] = spring
	named[key(on(time.September, equinox(year, 23.2488)))] = autumn
	days := map[string]Words{}
	for day := on(time.January, 1); day.Year() == year; day = day.AddDate(0, 0, 1) {
		name, is := named[key(day)]
		_, before := named[key(day.AddDate(0, 0, -1))]
		_, after := named[key(day.AddDate(0, 0, 1))]
		switch {
		case is:
			days[key(day)] = name
			if day.Weekday() == time.Sunday { // §3.2: the next day that is none
				next := day.AddDate(0, 0, 1)
				for named[key(next)] != (Words{}) {
					next = next.AddDate(0, 0, 1)
				}
				days[key(next)] = Words{"休日（" + name.Ja + "の振替）", "Day off for " + name.En}
			}
		case before && after && days[key(day)] == (Words{}): // §3.3
			days[key(day)] = between
		}
	}
	for day, name := range days {
		all = append(all, Holiday{Day: day, Name: name})
	}
	slices.SortFunc(all, func(a, b Holiday) int { return cmp.Compare(a.Day, b.Day) })
	return all
}
