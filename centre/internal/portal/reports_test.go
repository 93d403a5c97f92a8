package portal

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
	"otasuke/internal/uitest"
)

// reported has two reports of ours: a full month, and that in which the company came.
type reported struct{}

func (reported) List(_ context.Context, tenantID string) ([]report.Made, error) {
	if tenantID != ours {
		return nil, nil
	}
	return []report.Made{{Month: "2026-10", At: time.Date(2026, 11, 1, 7, 0, 4, 0, ja.Zone)}, {Month: "2026-09", At: time.Date(2026, 10, 1, 7, 0, 2, 0, ja.Zone)}}, nil
}

func (reported) Get(_ context.Context, tenantID, month string) (*report.Figures, error) {
	from, to, err := report.Span(month)
	if err != nil || tenantID != ours || month != "2026-10" && month != "2026-09" {
		return nil, store.ErrNotFound
	}
	f := &report.Figures{Month: month, From: from, To: to, Box: true, Days: 31}
	if month == "2026-09" {
		f.From, f.Joined, f.Days, f.Silent = from.AddDate(0, 0, 23), true, 7, 2
		return f, nil
	}
	f.Flows, f.Attacks, f.Stopped, f.Outside, f.Inside, f.Tasks = 1_204_113, 60, 60, 58, 2, 1
	f.Daily = []int{0, 3, 1, 2, 0, 0, 4, 2, 5, 1, 0, 2, 3, 0, 1, 6, 2, 0, 1, 3, 2, 0, 0, 9, 2, 1, 0, 3, 2, 3, 2}
	f.Todo = &report.Todo{Alert: "1795237521-1", Case: "482913", Family: "c2", Device: "経理のパソコン", Stars: 3}
	f.Compare = report.Comparison{Companies: 42, Low: 34, Middle: 51, High: 76, By: 2}
	f.Devices, f.New, f.Unknown = 14, 2, 1
	f.Apps = []report.Use{{Name: "Microsoft 365", Up: 3_100_000_000, Down: 22_400_000_000}, {Name: "YouTube", Up: 120_000_000, Down: 14_200_000_000}, {Name: "Windows Update", Up: 20_000_000, Down: 9_800_000_000},
		{Name: "", Up: 500_000_000, Down: 4_100_000_000}, {Name: "Zoom", Up: 1_200_000_000, Down: 1_900_000_000}, {Name: "ChatGPT", Up: 60_000_000, Down: 90_000_000}}
	f.Users = []report.Use{{Name: "経理のパソコン", Up: 1_900_000_000, Down: 18_000_000_000}, {Name: "営業ノート2", Up: 900_000_000, Down: 11_000_000_000}, {Name: "社長の<b>iPad", Up: 200_000_000, Down: 8_000_000_000}}
	f.Kinds = []report.Kind{{Family: "scan", Alerts: 21, Events: 44}, {Family: "exploit", Alerts: 6, Events: 14}, {Family: "c2", Alerts: 1, Events: 2}}
	f.Gaps = []report.Gap{{Box: "本社のボックス", Since: from.Add(130 * time.Hour), Until: from.Add(130*time.Hour + 12*time.Minute)}}
	f.Boxes = []report.Box{{Name: "本社のボックス", Model: "x86-64", Software: "1.4.2"}}
	return f, nil
}

func TestReportSaysTheMonth(t *testing.T) {
	t.Parallel()
	b := at(t, sample())
	says(t, b.page("/reports"), "2026年10月", "2026年9月", "2026年11月1日(日) 07:00")
	body := b.page("/reports/2026-10")
	says(t, body, "2026年10月は攻撃とみられる通信を 60 件見つけ、すべて止めました。", "このうち 2 件は、社内の機器からの不審な通信でした。", "お願いが1つあります。",
		"1,204,113", "同じ業種・規模の会社（42 社）の真ん中は 51 件", "お問い合わせ番号 482 913", "Microsoft 365", "見分けられないもの")
	saysNot(t, body, "report.", "portal.", "<b>iPad")
	board := body[strings.Index(body, "leaf-board"):]
	board = board[:strings.Index(board, "</section>")]
	saysNot(t, board, "経理", "佐藤", "本社", "192.168", "YouTube") // hangs where visitors see it
	says(t, b.page("/reports/2026-09"), "9月24日", "2 日間は、ボックスから通信の記録が届きませんでした", "くらべられる会社が、まだ足りません")
	for _, path := range []string{"/reports/2026-08", "/reports/x", "/reports/2026-13"} {
		if status, _ := b.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestReportPrintsOnFourPages(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		pdf, pages := uitest.Print(t, serve(t, sample(), "").handler, "/reports/2026-10", "portal=token-"+ours+"; lang="+lang)
		if pages != 4 {
			t.Errorf("%s: %d pages in %d bytes", lang, pages, len(pdf))
		}
	}
}

// The PDF is the report of who asks, and of nobody else.
func TestReportAsPDF(t *testing.T) {
	t.Parallel()
	press, err := paper.Open(paper.Fonts{})
	if err != nil {
		t.Skipf("no fonts: %v", err)
	}
	o := sample()
	o.paper = press
	b := at(t, o)
	says(t, b.page("/reports/2026-10"), "PDF で保存", "掲示板用の1ページだけ")
	for path, name := range map[string]string{"/reports/2026-10/pdf": "otasuke-report-2026-10.pdf", "/reports/2026-10/board": "otasuke-board-2026-10.pdf", "/reports/2026-09/pdf": "otasuke-report-2026-09.pdf"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(res.Header.Get("Content-Disposition"), name) || !strings.HasPrefix(string(body), "%PDF-") {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	for _, path := range []string{"/reports/2026-08/pdf", "/reports/2026-13/board", "/reports/x/pdf", "/reports/..%2f..%2fetc/pdf"} {
		if status, _ := b.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	// Without fonts the page says how to print by oneself.
	none := at(t, sample())
	if status, _ := none.get("/reports/2026-10/pdf"); status != http.StatusNotFound {
		t.Errorf("without fonts: %d", status)
	}
	body := none.page("/reports/2026-10")
	saysNot(t, body, "PDF で保存")
	says(t, body, "ブラウザーの「印刷」")
}
