package figures

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/ui"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

//go:embed *.html
var files embed.FS

//go:embed figures.css
var style []byte

// Config says what the page works with.
type Config struct {
	// Work is alert.Service's.
	Work func(ctx context.Context, who, why string, from, to time.Time) (alert.Work, error)
	// Sent is notify.Notifier's SentByDay.
	Sent  func(ctx context.Context, who, why string, from, to time.Time) (map[string]int, error)
	Clock clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	page *ui.Page
}

// path of the page.
const path = "/work"

// Staff is the page of the console.
func Staff(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Menu: []ui.Entry{{Key: "figures.nav", Path: path, Scope: ui.Reader}}, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.page, err = ui.ParsePage(files, "page.html"); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET "+path, p.show)
		r.Page(ui.Reader, "GET "+path+".csv", p.file)
		return nil
	}}
}

// spans that can be chosen, in days; the second is shown first.
var spans = []int{7, 30, 90}

// month is what mails are counted for, in days.
const month = 30

// outcomes in the order in which they are listed.
var outcomes = []alert.Outcome{alert.OutcomeHandled, alert.OutcomeHarmless, alert.OutcomeMisfire, alert.OutcomeWithdrawn, alert.OutcomeUnsaid}

// wasKey begins the words for what cases turned out to be.
const wasKey = "figures.was_"

type view struct {
	ui.Base
	Lead                string
	Choice              []choice
	Answers             []answerRow
	Waiting, Cut        string
	Open                []openRow
	Mails, MailsAll     string
	Withdrawn, Wrong    string
	Closed              []bar
	ClosedAll           string
	NewChart, MailChart ui.Chart
	Days                []dayRow
	CSV                 string
}

type choice struct {
	Label, URL string
	Current    bool
}

type answerRow struct {
	Stars       ui.Stars
	P50, P90, N string
}

type openRow struct {
	Stars ui.Stars
	N     string
}

// bar is one line of a list with a bar of a hundred.
type bar struct {
	Label, Value string
	Width        int
}

type dayRow struct{ Day, New, Answered, P50, P90, Closed, Mails string }

// data is what page and file are made of.
type data struct {
	days int
	work alert.Work
	sent map[string]int
	all  int // mails
}

func (p *pages) read(v *ui.Visit) (d data, err error) {
	d.days = spans[1]
	for _, n := range spans {
		if v.Request.FormValue("days") == strconv.Itoa(n) {
			d.days = n
		}
	}
	ctx, to := v.Request.Context(), p.Clock.Now()
	from := to.AddDate(0, 0, 1-d.days)
	if d.work, err = p.Work(ctx, v.PersonID, "console: figures of the staff's work", from, to); err != nil {
		return d, err
	}
	d.sent, err = p.Sent(ctx, v.PersonID, "console: mails that went out", from, to)
	for _, n := range d.sent {
		d.all += n
	}
	return d, err
}

// date of a day as the mails are counted by.
func date(t time.Time) string { return t.In(ja.Zone).Format(time.DateOnly) }

// percent of a whole, in words; of nothing there is none.
func percent(n, all int) string {
	if all == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(all))
}

// took is a time in words; "–" when there was none.
func took(s alert.Spread, d time.Duration, lang string) string {
	if s.N == 0 {
		return "–"
	}
	return ja.Span(d, lang)
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit) error {
	d, err := p.read(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "figures.title", path)
	if err != nil {
		return err
	}
	t, lang, work := v.Texts, v.Texts.Lang(), &d.work
	view := view{Base: base, Lead: t.T("figures.lead", "n", ja.Number(work.New), "companies", ja.Number(work.Companies)), CSV: p.Root + path + ".csv?days=" + strconv.Itoa(d.days)}
	for _, n := range spans {
		view.Choice = append(view.Choice, choice{t.T("figures.days", "n", n), p.Root + path + "?days=" + strconv.Itoa(n), n == d.days})
	}
	for _, stars := range []alert.Stars{alert.High, alert.Medium} {
		s := work.Answered[stars]
		view.Answers = append(view.Answers, answerRow{ui.NewStars(t, stars), took(s, s.P50, lang), took(s, s.P90, lang), ja.Number(s.N)})
	}
	for stars := alert.High; stars >= alert.Low; stars-- {
		view.Open = append(view.Open, openRow{ui.NewStars(t, stars), ja.Number(work.Open[stars])})
	}
	view.Waiting = t.T("figures.waiting", "n", ja.Number(work.Waiting))
	if work.Cut {
		view.Cut = t.T("figures.cut", "n", ja.Number(work.New))
	}
	view.Mails = "–"
	if work.Companies > 0 {
		view.Mails = fmt.Sprintf("%.1f", float64(d.all)*month/float64(d.days)/float64(work.Companies))
	}
	view.MailsAll = t.T("figures.mails_all", "n", ja.Number(d.all))
	closed := work.All()
	view.Withdrawn = percent(work.Closed[alert.OutcomeWithdrawn], closed)
	if closed > 0 {
		view.Wrong = percent(work.Closed[alert.OutcomeWithdrawn]+work.Closed[alert.OutcomeMisfire], closed)
	}
	view.ClosedAll = t.T("figures.closed_all", "n", ja.Number(closed))
	for _, was := range outcomes {
		n := work.Closed[was]
		one := bar{Label: t.T(wasKey + string(was)), Value: t.T("figures.bar", "n", ja.Number(n), "percent", percent(n, closed))}
		if closed > 0 {
			one.Width = 100 * n / closed
		}
		view.Closed = append(view.Closed, one)
	}
	var fresh, mails []ui.DayCount
	for _, day := range work.Days {
		sent := d.sent[date(day.Date)]
		fresh, mails = append(fresh, ui.DayCount{Date: day.Date, Count: day.New}), append(mails, ui.DayCount{Date: day.Date, Count: sent})
		view.Days = append(view.Days, dayRow{ja.Day(day.Date, lang), ja.Number(day.New), ja.Number(day.Answered.N), took(day.Answered, day.Answered.P50, lang), took(day.Answered, day.Answered.P90, lang), ja.Number(day.Closed), ja.Number(sent)})
	}
	view.NewChart, view.MailChart = ui.NewChart(t, t.T("figures.chart_new"), true, fresh), ui.NewChart(t, t.T("figures.chart_mails"), false, mails)
	return p.page.Render(w, http.StatusOK, view)
}

// file is the table of days, for a spreadsheet; times in minutes.
func (p *pages) file(w http.ResponseWriter, v *ui.Visit) error {
	d, err := p.read(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="work.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("figures.col_day"), v.T("figures.col_new"), v.T("figures.col_answered"), v.T("figures.csv_p50"), v.T("figures.csv_p90"), v.T("figures.col_closed"), v.T("figures.csv_withdrawn"), v.T("figures.col_mails"))
	minutes := func(s alert.Spread, d time.Duration) string {
		if s.N == 0 {
			return ""
		}
		return strconv.FormatFloat(d.Minutes(), 'f', 1, 64)
	}
	for _, day := range d.work.Days {
		out.Row(date(day.Date), strconv.Itoa(day.New), strconv.Itoa(day.Answered.N), minutes(day.Answered, day.Answered.P50), minutes(day.Answered, day.Answered.P90), strconv.Itoa(day.Closed), strconv.Itoa(day.Withdrawn), strconv.Itoa(d.sent[date(day.Date)]))
	}
	return out.Close()
}
