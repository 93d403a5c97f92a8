package update

import (
	"fmt"
	"strings"
	"time"

	"otasuke/internal/ja"
)

// Hours of a day in Japan, where the office is at work or not, whatever the machine calls its zone; none when both are the same.
type Hours struct{ From, To time.Duration }

// ParseHours reads "02:00-05:00"; "" is that.
func ParseHours(text string) (Hours, error) {
	if text == "" {
		text = "02:00-05:00"
	}
	from, to, ok := strings.Cut(text, "-")
	a, err1 := time.Parse("15:04", from)
	b, err2 := time.Parse("15:04", to)
	if !ok || err1 != nil || err2 != nil || a.Equal(b) {
		return Hours{}, fmt.Errorf("update: hours %q: write \"02:00-05:00\"", text)
	}
	of := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return Hours{of(a), of(b)}, nil
}

// Has tells whether a time is within.
func (h Hours) Has(t time.Time) bool {
	t = t.In(ja.Zone)
	at := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	if h.From < h.To {
		return at >= h.From && at < h.To
	}
	return at >= h.From || at < h.To
}

func (h Hours) String() string {
	day := time.Time{}
	return day.Add(h.From).Format("15:04") + "-" + day.Add(h.To).Format("15:04")
}
