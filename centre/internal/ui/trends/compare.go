package trends

import (
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// maxCompared is how many months are compared: as long as days are drawn.
const maxCompared = 12

// compared is the company beside others, in the newest month that is published and in those before.
type compared struct {
	Month  string // "": there is nothing to compare with
	Bars   []bar  // the company's own first
	Hidden []string
	Months []comparedMonth
}

type comparedMonth struct{ Month, Own, Middle string }

// compare puts the company's attacks beside the middle of others, by what is published of them: so nothing is told here that
// is not public, and nobody can be found by subtracting.
func (p *pages) compare(v *ui.Visit) (c compared, err error) {
	ctx := v.Request.Context()
	all, err := p.Months(ctx)
	if err != nil {
		return c, err
	}
	company, err := p.Company(ctx, v.TenantID)
	if err != nil {
		return c, err
	}
	all = all[:min(len(all), maxCompared)]
	for len(all) > 0 { // months before it was here, or a part of one, are none
		if first, err := firstOf(all[len(all)-1].Month); err == nil && !company.Created.After(first) {
			break
		}
		all = all[:len(all)-1]
	}
	if len(all) == 0 || all[0].All.Hidden {
		return c, nil
	}
	own, err := p.own(v, all)
	if err != nil {
		return c, err
	}
	c.Month = report.MonthName(all[0].Month, v.Texts.Lang())
	most := max(own[all[0].Month], 1)
	cells := all[0].Own(company.Industry, company.Region, company.Size)
	for i := range cells {
		most = max(most, cells[i].Middle)
	}
	line := func(label string, n int) { c.Bars = append(c.Bars, bar{label, ja.Number(n), n * 100 / most}) }
	line(v.T("report.key_own"), own[all[0].Month])
	for i := range cells {
		label := v.T("trends.compare_all")
		if cells[i].By != "" {
			label = v.T("trends.compare_"+cells[i].By, "what", p.Cell(v.Texts, cells[i].By, cells[i].Key))
		}
		if cells[i].Hidden {
			c.Hidden = append(c.Hidden, label)
			continue
		}
		line(label, cells[i].Middle)
	}
	for i := range all {
		row := comparedMonth{Month: report.MonthName(all[i].Month, v.Texts.Lang()), Own: ja.Number(own[all[i].Month]), Middle: v.T("trends.compare_few")}
		if !all[i].All.Hidden {
			row.Middle = ja.Number(all[i].All.Middle)
		}
		c.Months = append(c.Months, row)
	}
	return c, nil
}

// own are the company's attacks of months, the newest first.
func (p *pages) own(v *ui.Visit, all []statistics.Month) (map[string]int, error) {
	from, err := firstOf(all[len(all)-1].Month)
	if err != nil {
		return nil, err
	}
	last, err := firstOf(all[0].Month)
	if err != nil {
		return nil, err
	}
	counts, err := p.Alerts.Counts(v.Request.Context(), v.TenantID, from, last.AddDate(0, 1, 0).Add(-time.Second))
	if err != nil {
		return nil, err
	}
	return perMonth(counts.Days), nil
}

func perMonth(days []alert.Day) map[string]int {
	n := map[string]int{}
	for i := range days {
		n[days[i].Date.In(ja.Zone).Format(monthLayout)] += days[i].Inbound + days[i].Outbound
	}
	return n
}

const monthLayout = "2006-01"

// firstOf is the first moment of a month.
func firstOf(month string) (time.Time, error) {
	at, err := time.ParseInLocation(monthLayout, month, ja.Zone)
	if err != nil {
		return at, fmt.Errorf("trends: %w", err)
	}
	return at, nil
}
