package rule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"otasuke/content/offer"
	"otasuke/internal/ja"
)

// Layout of a month, "2026-12".
const Layout = "2006-01"

// ErrLine: a correction of what does not stand.
var ErrLine = errors.New("rule: no such line stands")

// Kinds of lines.
const (
	Member = "member" // a month, for a member of a chamber
	Other  = "other"  // a month, for everybody else
	Visit  = "visit"  // once
	Return = "return" // takes a line back
	Free   = "free"   // in words of the desk
)

// Contract is what counts of one. Times are zero when they have not come.
type Contract struct {
	Number          string
	Offer           *offer.Version // that was signed
	Visit           bool
	Installed, Ends time.Time // Ends is the midnight with which it ends
}

// Line of an invoice, in yen with tax.
type Line struct {
	Kind     string `json:"kind"`
	Month    string `json:"month,omitempty"` // that is paid
	Contract string `json:"contract,omitempty"`
	Yen      int    `json:"yen"`
	Rate     int    `json:"rate"`           // percent
	Note     string `json:"note,omitempty"` // of Free
	// What a Return takes back.
	Of *Ref `json:"of,omitempty"`
	// Was is the kind of that.
	Was string `json:"was,omitempty"`
}

// Ref points to a line of an invoice.
type Ref struct {
	Number string `json:"number"`
	At     int    `json:"at"`
}

// Sum is what lines of one rate are together.
type Sum struct {
	Rate    int `json:"rate"`
	Yen     int `json:"yen"`     // with tax
	Tax     int `json:"tax"`     // in it
	Without int `json:"without"` // Yen less Tax
}

// Month of a moment in Japan.
func Month(t time.Time) string { return t.In(ja.Zone).Format(Layout) }

// First is the first moment of a month, and of the next.
func First(month string) (from, to time.Time, err error) {
	from, err = time.ParseInLocation(Layout, month, ja.Zone)
	if err != nil {
		return from, to, fmt.Errorf("rule: month: %w", err)
	}
	return from, from.AddDate(0, 1, 0), nil
}

// paid says whether a month is one that is paid: from the first by the offer, until the one in which the contract ends.
func (c *Contract) paid(from, to time.Time) bool {
	if c.Installed.IsZero() {
		return false
	}
	begin := to // of the month after installation, seen from that month
	if c.Offer.Billing.Start == offer.NextMonth {
		begin = from
	}
	return c.Installed.Before(begin) && (c.Ends.IsZero() || c.Ends.After(from))
}

// Lines of a month: what each contract costs in it, and visits that were made in it. member is whether the company is one of a chamber's in
// that month.
func Lines(all []Contract, member bool, month string) (lines []Line, err error) {
	from, to, err := First(month)
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		if c.paid(from, to) {
			one := Line{Kind: Other, Month: month, Contract: c.Number, Yen: c.Offer.Prices.Other, Rate: c.Offer.Prices.TaxPercent}
			if member {
				one.Kind, one.Yen = Member, c.Offer.Prices.Member
			}
			lines = append(lines, one)
		}
		if c.Visit && c.Offer.Prices.Visit > 0 && !c.Installed.Before(from) && c.Installed.Before(to) {
			lines = append(lines, Line{Kind: Visit, Month: month, Contract: c.Number, Yen: c.Offer.Prices.Visit, Rate: c.Offer.Prices.TaxPercent})
		}
	}
	return lines, nil
}

// Sums of lines by rate, the highest first.
func Sums(lines []Line) (sums []Sum) {
	for i := range lines {
		at := slices.IndexFunc(sums, func(s Sum) bool { return s.Rate == lines[i].Rate })
		if at < 0 {
			at, sums = len(sums), append(sums, Sum{Rate: lines[i].Rate})
		}
		sums[at].Yen += lines[i].Yen
	}
	for i := range sums {
		s := &sums[i]
		s.Tax = s.Yen * s.Rate / (100 + s.Rate) // towards zero, so that what is taken back has the tax that it had
		s.Without = s.Yen - s.Tax
	}
	slices.SortFunc(sums, func(a, b Sum) int { return cmp.Compare(b.Rate, a.Rate) })
	return sums
}

// Total of lines.
func Total(lines []Line) (yen int) {
	for i := range lines {
		yen += lines[i].Yen
	}
	return yen
}

// Due is the day on which an invoice is to be paid that is issued on a day (2026-12-01): that of the offer in the same month, when it is issued
// on the first of it for the month before, and in the month after otherwise, so that nobody is asked for something at once.
func Due(v *offer.Version, issued time.Time) time.Time {
	at := issued.In(ja.Zone)
	due := time.Date(at.Year(), at.Month(), v.Billing.Due, 0, 0, 0, 0, ja.Zone)
	if at.Day() > graceDay {
		due = due.AddDate(0, 1, 0)
	}
	return due
}

// graceDay is until when an invoice may be paid in its own month: the making of invoices can take longer after a failure.
const graceDay = 5

// Issued is an invoice as far as corrections are made of it.
type Issued struct {
	Number string
	Lines  []Line
}

// Standing are the lines of an invoice and its corrections that none of them took back.
func Standing(chain []Issued) (refs []Ref, lines []Line) {
	gone := map[Ref]bool{}
	for _, inv := range chain {
		for i := range inv.Lines {
			if of := inv.Lines[i].Of; of != nil {
				gone[*of] = true
			}
		}
	}
	for _, inv := range chain {
		for i := range inv.Lines {
			ref := Ref{inv.Number, i}
			if inv.Lines[i].Kind != Return && !gone[ref] {
				refs, lines = append(refs, ref), append(lines, inv.Lines[i])
			}
		}
	}
	return refs, lines
}

// Change is the right amount of a line that stands; 0 takes it away.
type Change struct {
	Ref Ref
	Yen int
}

// Correct makes the lines of a correction: each line that was wrong is taken back and, unless it falls away, said anew. What was right is
// not said again. extra is added as it is; a zero amount is none.
func Correct(chain []Issued, changes []Change, extra Line) (lines []Line, err error) {
	refs, standing := Standing(chain)
	for _, c := range changes {
		at := slices.Index(refs, c.Ref)
		if at < 0 {
			return nil, fmt.Errorf("%w: %s %d", ErrLine, c.Ref.Number, c.Ref.At)
		}
		old := standing[at]
		if old.Yen == c.Yen {
			continue
		}
		back := old
		back.Kind, back.Was, back.Yen, back.Of = Return, old.Kind, -old.Yen, &Ref{c.Ref.Number, c.Ref.At}
		if lines = append(lines, back); c.Yen != 0 {
			anew := old
			anew.Yen = c.Yen
			lines = append(lines, anew)
		}
		refs, standing = slices.Delete(refs, at, at+1), slices.Delete(standing, at, at+1)
	}
	if extra.Yen != 0 {
		lines = append(lines, extra)
	}
	return lines, nil
}
