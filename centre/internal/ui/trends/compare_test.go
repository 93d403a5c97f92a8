package trends

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	figures "otasuke/centre/internal/ui/statistics"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// counted has two attacks a day, one from each side.
type counted struct{ from, to time.Time }

func (c *counted) Counts(_ context.Context, _ string, from, to time.Time) (n alert.Counts, _ error) {
	c.from, c.to = from, to
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		n.Days = append(n.Days, alert.Day{Date: d, Inbound: 1, Outbound: 1})
	}
	return n, nil
}

func (*counted) List(context.Context, string, alert.Filter) ([]alert.Alert, error) { return nil, nil }

func TestACompanyStandsBesideOthers(t *testing.T) {
	t.Parallel()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	month := func(name string, middle int) statistics.Month {
		return statistics.Month{
			Month: name, All: statistics.Cell{Key: "all", Companies: 300, Middle: middle},
			Industries: []statistics.Cell{{Key: "construction", Companies: 20, Middle: 200}, {Key: "manufacturing", Companies: 40, Middle: 120}},
			Regions:    []statistics.Cell{{Key: "27", Hidden: true}, {Key: "28", Hidden: true}},
			Sizes:      []statistics.Cell{{Key: "5", Companies: 30, Middle: 30}, {Key: "20", Companies: 100, Middle: 70}},
		}
	}
	see := func(created time.Time, lang string, all ...statistics.Month) (compared, *counted) {
		n := new(counted)
		p := &pages{Config: Config{
			Alerts: n, Months: func(context.Context) ([]statistics.Month, error) { return all, nil }, Cell: figures.Name,
			Company: func(context.Context, string) (tenant.Company, error) {
				return tenant.Company{Industry: "manufacturing", Region: "27", Size: 6, Created: created}, nil
			},
		}}
		c, err := p.compare(&ui.Visit{Texts: texts.In(lang), Request: httptest.NewRequestWithContext(t.Context(), "GET", "/figures", nil)})
		if err != nil {
			t.Fatal(err)
		}
		return c, n
	}
	in := func(year int, m time.Month, day int) time.Time { return time.Date(year, m, day, 10, 0, 0, 0, ja.Zone) }

	c, n := see(in(2026, 8, 3), "ja", month("2026-10", 60), statistics.Month{Month: "2026-09", All: statistics.Cell{Hidden: true}}, month("2026-08", 40))
	if len(c.Bars) != 4 || c.Bars[0] != (bar{"御社", "62", 51}) || c.Bars[1] != (bar{"同じ業種（製造業）の真ん中", "120", 100}) || c.Bars[2].Value != "70" || c.Bars[3] != (bar{"ご利用の会社みんなの真ん中", "60", 50}) {
		t.Errorf("%+v", c.Bars)
	}
	if len(c.Hidden) != 1 || !strings.Contains(c.Hidden[0], "大阪府") {
		t.Errorf("hidden: %q", c.Hidden)
	}
	// August began before the company was here.
	if len(c.Months) != 2 || c.Months[1] != (comparedMonth{"2026年9月", "60", "会社が足りません"}) || !n.from.Equal(in(2026, 9, 1).Add(-10*time.Hour)) || n.to.In(ja.Zone).Format(time.DateTime) != "2026-10-31 23:59:59" {
		t.Errorf("%+v, %v to %v", c.Months, n.from, n.to)
	}
	if c, _ := see(in(2026, 1, 1), "en", month("2026-10", 60)); c.Bars[2].Label != "Middle of your size (up to 20 people)" {
		t.Errorf("%+v", c.Bars)
	}
	// Nothing published, only hidden, or nothing since the company is here.
	for _, all := range [][]statistics.Month{nil, {{Month: "2026-10", All: statistics.Cell{Hidden: true}}}, {month("2025-10", 9)}} {
		if c, _ := see(in(2026, 1, 1), "ja", all...); c.Month != "" || len(c.Bars) > 0 {
			t.Errorf("%+v", c)
		}
	}
}
