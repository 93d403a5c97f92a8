package ui

import (
	"fmt"
	"time"

	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Size of a chart in its own units; the page stretches it.
const (
	barWidth  = 8
	barGap    = 2
	barHeight = 60
	barFloor  = 2 // a small count is still seen
	barZero   = 1 // a day without anything is a thin line
)

// Chart is a row of bars, one for each day, drawn as SVG by the partial "chart".
// A page that shows it shows the figures too.
type Chart struct {
	Label         string // what it shows, for those who do not see it
	Alarm         bool
	Width, Height int
	Bars          []Bar
	First, Last   string // days
	Peak          string // words about the highest bar
}

// Bar is one day.
type Bar struct {
	X, Y, W, H int
	Day, Value string
	Zero       bool
}

// DayCount is the input of a chart.
type DayCount struct {
	Date  time.Time
	Count int
}

// NewChart draws the counts of consecutive days, oldest first.
func NewChart(t text.Texts, label string, alarm bool, days []DayCount) Chart {
	peak, total := 0, 0
	for _, d := range days {
		peak, total = max(peak, d.Count), total+d.Count
	}
	c := Chart{Alarm: alarm, Width: len(days)*(barWidth+barGap) - barGap, Height: barHeight,
		Label: fmt.Sprintf("%s: %s", label, ja.Number(total)), Peak: t.T("portal.chart_peak", "n", ja.Number(peak))}
	for i, d := range days {
		h := barZero
		if d.Count > 0 {
			h = max(barHeight*d.Count/peak, barFloor)
		}
		c.Bars = append(c.Bars, Bar{X: i * (barWidth + barGap), Y: barHeight - h, W: barWidth, H: h,
			Day: ja.Day(d.Date, t.Lang()), Value: ja.Number(d.Count), Zero: d.Count == 0})
	}
	if len(days) > 0 {
		c.First, c.Last = ja.MonthDay(days[0].Date, t.Lang()), ja.MonthDay(days[len(days)-1].Date, t.Lang())
	}
	return c
}
