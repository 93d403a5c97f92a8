package shift

import (
	"slices"
	"time"
)

// Duty is a time in which somebody is on duty.
type Duty struct {
	ID, PersonID string
	Starts, Ends time.Time
}

// Covers says whether it is on at a moment.
func (d *Duty) Covers(t time.Time) bool { return !t.Before(d.Starts) && t.Before(d.Ends) }

// Span is a time without anybody on duty.
type Span struct{ From, To time.Time }

// Gaps are the times between two moments in which nobody is on duty, in their order.
func Gaps(all []Duty, from, to time.Time) (gaps []Span) {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Duty) int { return a.Starts.Compare(b.Starts) })
	at := from
	for _, d := range sorted {
		if !d.Ends.After(at) {
			continue
		}
		if !d.Starts.Before(to) {
			break
		}
		if d.Starts.After(at) {
			gaps = append(gaps, Span{at, d.Starts})
		}
		at = d.Ends
	}
	if at.Before(to) {
		gaps = append(gaps, Span{at, to})
	}
	return gaps
}

// NowAndNext are those on duty at a moment, and the first who come after: all who begin at the same time.
func NowAndNext(all []Duty, t time.Time) (now, next []Duty) {
	var first time.Time
	for _, d := range all {
		switch {
		case d.Covers(t):
			now = append(now, d)
		case d.Starts.After(t) && (first.IsZero() || d.Starts.Before(first)):
			first, next = d.Starts, []Duty{d}
		case d.Starts.Equal(first):
			next = append(next, d)
		}
	}
	return now, next
}
