package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"otasuke/internal/ja"
)

// maxDays bounds how far a calendar looks: a desk that opens on no day of a year is never open.
const maxDays = 400

// Hours are when the desk is open, from a day on.
type Hours struct {
	From  string `toml:"from"`  // first day, 2026-04-01
	Days  []int  `toml:"days"`  // of the week, Sunday is 0
	Open  string `toml:"open"`  // 09:00, in Japan
	Close string `toml:"close"` // 17:30; 24:00 is midnight
	// Holidays: it is open on public holidays too.
	Holidays bool     `toml:"holidays"`
	Closed   []string `toml:"closed"` // days of every year, 12-31
	// FirstAnswer and Urgent are how soon there is an answer, in opening hours; urgent is what hangs on an
	// alert of the highest importance.
	FirstAnswer string `toml:"first_answer"`
	Urgent      string `toml:"urgent"`

	open, close     time.Duration // since midnight
	first, urgently time.Duration
}

// Holiday is one day.
type Holiday struct {
	Day  string `toml:"day"` // 2026-01-01
	Name Words  `toml:"name"`
}

// year of a holiday, of which everything else is checked later.
func (h *Holiday) year() string {
	y, _, _ := strings.Cut(h.Day, "-")
	return y
}

// years of which holidays are written down.
func years(all []Holiday) map[string]bool {
	known := map[string]bool{}
	for i := range all {
		known[all[i].year()] = true
	}
	return known
}

// clockTime reads 17:30 as what has passed since midnight.
func clockTime(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

func (h *Hours) check() (err error) {
	bad := func(what string) error { return fmt.Errorf("%w: hours from %q: %s", ErrData, h.From, what) }
	if _, err = time.Parse(time.DateOnly, h.From); err != nil {
		return bad("from")
	}
	if h.open, err = clockTime(h.Open); err != nil {
		return bad("open")
	}
	if h.close, err = clockTime(h.Close); err != nil || h.close <= h.open {
		return bad("close")
	}
	if len(h.Days) == 0 || slices.Min(h.Days) < 0 || slices.Max(h.Days) > 6 {
		return bad("days")
	}
	for _, day := range h.Closed {
		if _, err = time.Parse("01-02", day); err != nil {
			return bad("closed")
		}
	}
	if h.first, err = time.ParseDuration(h.FirstAnswer); err != nil || h.first <= 0 {
		return bad("first_answer")
	}
	if h.urgently, err = time.ParseDuration(h.Urgent); err != nil || h.urgently <= 0 {
		return bad("urgent")
	}
	return nil
}

// on are the hours that count on a day; nil before the first.
func (b *Book) on(day string) (h *Hours) {
	for i := range b.Hours {
		if b.Hours[i].From <= day {
			h = &b.Hours[i]
		}
	}
	return h
}

// window is when the desk opens and closes on the day that begins at midnight; false when it does not.
func (b *Book) window(midnight time.Time) (from, to time.Time, ok bool) {
	day := midnight.Format(time.DateOnly)
	h := b.on(day)
	if h == nil || !slices.Contains(h.Days, int(midnight.Weekday())) || slices.Contains(h.Closed, day[5:]) {
		return from, to, false
	}
	if _, holiday := b.holidays[day]; holiday && !h.Holidays {
		return from, to, false
	}
	return midnight.Add(h.open), midnight.Add(h.close), true
}

// midnight at which the day of t begins in Japan, where no clock is ever turned.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(ja.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, ja.Zone)
}

// Open says whether the desk is open.
func (b *Book) Open(t time.Time) bool {
	from, to, ok := b.window(midnight(t))
	return ok && !t.Before(from) && t.Before(to)
}

// Opens is when it is open next, at t itself while it is; zero when it never opens again.
func (b *Book) Opens(t time.Time) time.Time { return b.Add(t, 0) }

// Add is the moment when d of opening time has passed since t; zero when that never comes.
func (b *Book) Add(t time.Time, d time.Duration) time.Time {
	for day, n := midnight(t), 0; n < maxDays; day, n = day.AddDate(0, 0, 1), n+1 {
		from, to, ok := b.window(day)
		if !ok || !t.Before(to) {
			continue
		}
		if from.Before(t) {
			from = t
		}
		if left := to.Sub(from); left < d {
			d -= left
			continue
		}
		return from.Add(d)
	}
	return time.Time{}
}

// Between is how long the desk was open between two moments.
func (b *Book) Between(from, to time.Time) (sum time.Duration) {
	for day, n := midnight(from), 0; n < maxDays && day.Before(to); day, n = day.AddDate(0, 0, 1), n+1 {
		opened, closed, ok := b.window(day)
		if !ok {
			continue
		}
		if opened.Before(from) {
			opened = from
		}
		if to.Before(closed) {
			closed = to
		}
		sum += max(0, closed.Sub(opened))
	}
	return sum
}

// Due is when a first answer is due to what came at t.
func (b *Book) Due(t time.Time, urgent bool) time.Time {
	h := b.on(midnight(t).Format(time.DateOnly))
	switch {
	case h == nil:
		return time.Time{}
	case urgent:
		return b.Add(t, h.urgently)
	}
	return b.Add(t, h.first)
}

// Holiday is the public holiday of a day.
func (b *Book) Holiday(t time.Time) (Words, bool) {
	w, ok := b.holidays[midnight(t).Format(time.DateOnly)]
	return w, ok
}

// BankDay says whether banks are open on the day of t in Japan: they are closed on Saturdays, Sundays, public holidays and from 31
// December to 3 January (銀行法施行令 §5). Of years that nobody wrote down the
// law says which, see [Computed].
func (b *Book) BankDay(t time.Time) bool {
	at := midnight(t)
	_, holiday := b.holidays[at.Format(time.DateOnly)]
	return !holiday && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && !slices.Contains(b.Banks, at.Format("01-02"))
}

// OnBankDay is the day of t when banks are open, and otherwise the first after it on which they are: as debits and due dates move.
func (b *Book) OnBankDay(t time.Time) time.Time {
	for at, n := midnight(t), 0; n < maxDays; at, n = at.AddDate(0, 0, 1), n+1 {
		if b.BankDay(at) {
			return at
		}
	}
	return midnight(t)
}
