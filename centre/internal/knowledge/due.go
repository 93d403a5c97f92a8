package knowledge

import (
	"time"

	"otasuke/content/families"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// The office day that deadlines are made for.
const (
	// nowLimit is how soon "immediately" is expected to be answered.
	nowLimit = time.Hour
	// lastStart is the hour after which "today" is no longer fair.
	lastStart = 16
	// evening ends the office day, and noon is the deadline of the next one.
	evening, noon = 18, 12
	// week is the deadline of what is not urgent.
	week = 7
)

// Due is when an alert that began at first should be acted on.
func Due(w families.Within, first time.Time) time.Time {
	day := ja.Midnight(first)
	switch w {
	case families.Now:
		return first.Add(nowLimit)
	case families.Week:
		return day.AddDate(0, 0, week).Add(evening * time.Hour)
	}
	if first.In(ja.Zone).Hour() < lastStart {
		return day.Add(evening * time.Hour)
	}
	return day.AddDate(0, 0, 1).Add(noon * time.Hour)
}

// Due is when the answer to an alert of a family that began at first is due.
func (k *Knowledge) Due(family string, first time.Time) time.Time {
	return Due(k.get(family).Within, first)
}

// deadline says it in words that are true at the moment of reading.
func deadline(t text.Texts, w families.Within, due, now time.Time, lang string) string {
	if due.IsZero() {
		return t.T("alert.due_none")
	}
	today := ja.Midnight(now)
	switch day := ja.Midnight(due); {
	case w == families.Now || now.After(due):
		return t.T("alert.due_now")
	case day.Equal(today):
		return t.T("alert.due_today")
	case day.Equal(today.AddDate(0, 0, 1)) && due.In(ja.Zone).Hour() == noon:
		return t.T("alert.due_tomorrow")
	}
	return t.T("alert.due_date", "day", ja.Day(due, lang))
}
