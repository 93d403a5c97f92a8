package news_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

func (c *centre) seminar(seats int) news.Piece {
	c.Helper()
	p := piece(news.Seminar)
	start := c.clock.Now().Add(10 * 24 * time.Hour)
	p.Meeting = &news.Meeting{Starts: start, Ends: start.Add(2 * time.Hour), Place: "みほん会館 3階", Online: "https://meet.example/abc", Seats: seats}
	return c.sent(p)
}

func has(all []mail.Message, words string) (n int) {
	for _, m := range all {
		if strings.Contains(m.Subject, words) {
			n++
		}
	}
	return n
}

// Many ask for the last seat at once: one gets it, the others wait in a line.
func TestTheLastSeatGoesToOne(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.seminar(1)
		other := c.open(nil)
		var wg sync.WaitGroup
		states := make([]string, 6)
		for i := range states {
			wg.Go(func() {
				var err error
				company := []string{c.sakura, c.fuji}[i%2]
				if states[i], err = []*news.Service{c.svc, other}[i%2].Take(c.Context(), company, p.ID, news.Guest{Name: fmt.Sprint("客", i), Email: fmt.Sprintf("guest%d@x.example", i), Lang: "ja"}); err != nil {
					c.Error(err)
				}
			})
		}
		wg.Wait()
		taken := 0
		for _, s := range states {
			if s == news.SeatTaken {
				taken++
			}
		}
		if taken != 1 {
			c.Fatalf("%v", states)
		}
		all, err := c.svc.Seats(c.Context(), "noda", p.ID)
		must(c.T, err)
		if len(all) != 6 || all[0].State != news.SeatTaken || all[1].State != news.SeatWaiting {
			c.Fatalf("%+v", all)
		}
		c.work(c.svc)
		if has(c.sink.to(all[0].Email), "お席をお取りしました") != 1 || has(c.sink.to(all[1].Email), "満席") != 1 {
			c.Error("who was told what?")
		}
		// The first of the line comes up, twice given back or not.
		for range 2 {
			must(c.T, c.svc.GiveBack(c.Context(), all[0].TenantID, p.ID, all[0].ID))
		}
		c.work(c.svc)
		now, err := c.svc.Seats(c.Context(), "noda", p.ID)
		must(c.T, err)
		if now[0].State != news.SeatLeft || now[1].State != news.SeatTaken || now[2].State != news.SeatWaiting {
			c.Fatalf("%+v", now)
		}
		if has(c.sink.to(all[1].Email), "お席をお取りしました") != 1 {
			c.Error("who came up was not told")
		}
		if err := c.svc.GiveBack(c.Context(), c.fuji, p.ID, "x"); !errors.Is(err, store.ErrNotFound) {
			c.Errorf("a seat that is none: %v", err)
		}
		for _, s := range now[1:3] {
			stranger := c.sakura
			if s.TenantID == c.sakura {
				stranger = c.fuji
			}
			if err := c.svc.GiveBack(c.Context(), stranger, p.ID, s.ID); !errors.Is(err, store.ErrNotFound) {
				c.Errorf("another company's seat: %v", err)
			}
		}
	})
}

func TestASeminarFromInvitationToSlides(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.seminar(0)
		m := c.sink.to("owner@sakura.example")[0]
		if m.Unsubscribe == "" || !strings.Contains(m.Text, "みほん会館 3階") {
			c.Fatalf("%s", m.Text)
		}
		at := strings.Index(m.Text, "/n/seat/") + len("/n/seat/")
		token := strings.Fields(m.Text[at:])[0]
		i, err := c.svc.Invited(c.Context(), token)
		must(c.T, err)
		if i.TenantID != c.sakura || i.Piece.ID != p.ID {
			c.Fatalf("%+v", i)
		}
		for name, g := range map[string]news.Guest{"no name": {Email: "a@x.example"}, "two addresses": {Name: "a", Email: "a@x.example, b@x.example"}, "header": {Name: "a", Email: "a@x.example\r\nBcc: b@x.example"}} {
			var bad news.FormError
			if _, err := c.svc.Take(c.Context(), c.sakura, p.ID, g); !errors.As(err, &bad) {
				c.Errorf("%s: %v", name, err)
			}
		}
		for range 2 { // pressed twice
			state, err := c.svc.Take(c.Context(), i.TenantID, p.ID, news.Guest{Name: "=HYPERLINK(1) 田中", Email: "Tanaka@sakura.example", Lang: "ja"})
			must(c.T, err)
			if state != news.SeatTaken {
				c.Error(state)
			}
		}
		c.work(c.svc)
		mine := c.sink.to("tanaka@sakura.example")
		if len(mine) != 1 {
			c.Fatalf("%d mails", len(mine))
		}
		at = strings.Index(mine[0].Text, "/n/place/") + len("/n/place/")
		own, _, _ := strings.Cut(strings.Fields(mine[0].Text[at:])[0], "/")
		placed, err := c.svc.Placed(c.Context(), own)
		must(c.T, err)
		if placed.Seat.State != news.SeatTaken {
			c.Errorf("%+v", placed.Seat)
		}
		ics := placed.Piece.Calendar("ja", "news.example.jp", "https://portal.example.jp/x", c.clock.Now())
		for _, want := range []string{"BEGIN:VEVENT\r\n", "DTSTART:20261201T050500Z\r\n", "LOCATION:みほん会館 3階\r\n", "STATUS:CONFIRMED\r\n"} {
			if !strings.Contains(ics, want) {
				c.Errorf("calendar without %q:\n%s", want, ics)
			}
		}
		for l := range strings.SplitSeq(ics, "\r\n") {
			if len(l) > 75 {
				c.Errorf("line of %d octets (RFC 5545 §3.1)", len(l))
			}
		}
		c.clock.Advance(9*24*time.Hour + time.Minute)
		c.work(c.svc)
		c.work(c.svc)
		if has(c.sink.to("tanaka@sakura.example"), "明日") != 1 {
			c.Error("no reminder, or two")
		}
		seats, err := c.svc.Seats(c.Context(), "noda", p.ID)
		must(c.T, err)
		must(c.T, c.svc.Came(c.Context(), "noda", p.ID, seats[0].ID, true))
		c.clock.Advance(2 * 24 * time.Hour)
		if _, err := c.svc.Take(c.Context(), c.sakura, p.ID, news.Guest{Name: "late", Email: "late@x.example"}); !errors.Is(err, news.ErrClosed) {
			c.Errorf("afterwards: %v", err)
		}
		u, err := attach.Check("資料.pdf", strings.NewReader("%PDF-1.7 slides"), attach.Papers...)
		must(c.T, err)
		must(c.T, c.svc.PutSlides(c.Context(), "noda", p.ID, &u))
		c.work(c.svc)
		if has(c.sink.to("tanaka@sakura.example"), "資料") != 1 {
			c.Error("nobody was told of the slides")
		}
		_, data, err := c.svc.Slides(c.Context(), c.sakura, p.ID)
		must(c.T, err)
		if string(data) != "%PDF-1.7 slides" {
			c.Errorf("%q", data)
		}
		stranger, err := c.tenants.CreateCompany(c.Context(), "test", tenant.Company{Name: "Newcomer"})
		must(c.T, err)
		if _, _, err := c.svc.Slides(c.Context(), stranger, p.ID); !errors.Is(err, store.ErrNotFound) {
			c.Errorf("a company that was not invited: %v", err)
		}
		if _, err := c.svc.Open(c.Context(), stranger, "x", p.ID); !errors.Is(err, store.ErrNotFound) {
			c.Errorf("reads it: %v", err)
		}
	})
}

func TestASeminarThatIsCalledOff(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.seminar(1)
		for _, g := range []string{"a@x.example", "b@x.example"} {
			_, err := c.svc.Take(c.Context(), c.sakura, p.ID, news.Guest{Name: g, Email: g, Lang: "en"})
			must(c.T, err)
		}
		for range 2 { // pressed twice: told once
			must(c.T, c.svc.Move(c.Context(), "noda", p.ID, "", "https://meet.example/new"))
		}
		if err := c.svc.Move(c.Context(), "noda", p.ID, "", "javascript:alert(1)"); err == nil {
			c.Error("a script is an address")
		}
		c.work(c.svc)
		if all := c.sink.to("a@x.example"); has(all, "has changed") != 1 || !strings.Contains(all[len(all)-1].Text, "https://meet.example/new") {
			c.Errorf("moved: %+v", all)
		}
		must(c.T, c.svc.CancelMeeting(c.Context(), "noda", p.ID))
		if err := c.svc.CancelMeeting(c.Context(), "mori", p.ID); !errors.Is(err, news.ErrState) {
			c.Errorf("twice: %v", err)
		}
		c.work(c.svc)
		for _, g := range []string{"a@x.example", "b@x.example"} {
			if has(c.sink.to(g), "cancelled") != 1 {
				c.Errorf("%s was not told", g)
			}
		}
		if _, err := c.svc.Take(c.Context(), c.sakura, p.ID, news.Guest{Name: "c", Email: "c@x.example"}); !errors.Is(err, news.ErrClosed) {
			c.Errorf("a seat: %v", err)
		}
		c.clock.Advance(9*24*time.Hour + time.Minute)
		c.work(c.svc)
		if has(c.sink.to("a@x.example"), "tomorrow") != 0 {
			c.Error("reminded of what does not take place")
		}
	})
}
