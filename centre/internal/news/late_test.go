package news_test

import (
	"testing"
	"time"

	"otasuke/centre/internal/news"
)

// A reminder that was held up says "tomorrow" on the day itself, and people would come a day late: it is left out.
func TestAReminderThatComesLate(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.seminar(0)
		state, err := c.svc.Take(c.Context(), c.sakura, p.ID, news.Guest{Name: "田中", Email: "tanaka@sakura.example", Lang: "ja"})
		must(c.T, err)
		if state != news.SeatTaken {
			c.Fatal(state)
		}
		c.work(c.svc)
		c.clock.Advance(p.Meeting.Starts.Add(-5 * time.Hour).Sub(c.clock.Now()))
		c.work(c.svc)
		if n := has(c.sink.to("tanaka@sakura.example"), "明日"); n != 0 {
			c.Errorf("%d mails say that it is tomorrow", n)
		}
	})
}
