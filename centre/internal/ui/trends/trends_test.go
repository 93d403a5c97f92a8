package trends

import (
	"strconv"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/wire"
)

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	p, err := ui.ParsePage(files, "page.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := templatecheck.CheckHTML(p.Template(), view{}); err != nil {
		t.Error(err)
	}
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	stage.Written(t, "page.html", "trends.go", "compare.go")
	for _, n := range spans {
		if !c.In("en").Has("trends.days_" + strconv.Itoa(n)) {
			t.Errorf("no word for %d days", n)
		}
	}
	for _, sum := range []string{wire.SumName, wire.SumCountry} {
		if !c.In("ja").Has("trends.where_" + sum) {
			t.Errorf("no word for a graph by %s", sum)
		}
	}
}

func TestAYearIsShownByWeek(t *testing.T) {
	t.Parallel()
	var days []alert.Day
	for i := range year {
		days = append(days, alert.Day{Date: time.Date(2026, 1, 1+i, 0, 0, 0, 0, ja.Zone), Inbound: 2, InboundBlocked: 2, Outbound: 1})
	}
	all := steps(days, year)
	if len(all) != 53 || all[0].outside != 14 || all[0].inside != 7 || all[0].stopped != 14 || all[52].outside != 2 || all[1].from.Day() != 8 {
		t.Errorf("%d steps: %+v … %+v", len(all), all[0], all[len(all)-1])
	}
	if all := steps(days[:month], month); len(all) != month || all[3].outside != 2 {
		t.Errorf("%d steps of a month", len(all))
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	n := map[string]int64{"a": 200, "b": 1, "none": 0}
	for i := range 20 {
		n[strconv.Itoa(i)] = 100
	}
	all := bars(n, func(k string) string { return k }, ja.Number[int64])
	if len(all) != maxBars || all[0] != (bar{"a", "200", 100}) || all[1].Width != 50 {
		t.Errorf("%+v", all)
	}
}
