package printed

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/centre/internal/report"
	"otasuke/content/text"
	"otasuke/internal/paper"
	"otasuke/internal/uitest"
)

func open(t testing.TB) (*paper.Press, *text.Catalogue) {
	t.Helper()
	p, err := paper.Open(paper.Fonts{})
	if err != nil {
		t.Skipf("no fonts: %v", err)
	}
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p, all
}

func title(lang string) func(string) string {
	return func(family string) string {
		names := map[string][2]string{"c2": {"ウイルスに操作された疑い", "Possibly controlled by malware"}, "scan": {"外からの探り", "Probing from outside"}, "exploit": {"弱いところをつく攻撃", "Attacks on weak spots"}}
		if lang == "en" {
			return names[family][1]
		}
		return names[family][0]
	}
}

func todo(lang string) func(family, device string) string {
	return func(_, device string) string {
		if lang == "en" {
			return "Unplug the network cable of “" + device + "”. Leave the power on."
		}
		return "「" + device + "」の LAN ケーブルを抜いてください（電源は切らないでください）。"
	}
}

func reader(lang string) Reader {
	return Reader{Company: "佐藤製作所", Provider: "みかん商工会議所", Phone: "050-0000-0000", Title: title(lang), Do: todo(lang)}
}

// full is a month of a fictitious company.
func full() *report.Figures {
	from, to, _ := report.Span("2026-10")
	f := &report.Figures{Month: "2026-10", From: from, To: to, Box: true, Days: 31, Flows: 1_204_113, Attacks: 60, Stopped: 60, Outside: 58, Inside: 2, Tasks: 1, Devices: 14, New: 2, Unknown: 1}
	f.Daily = []int{0, 3, 1, 2, 0, 0, 4, 2, 5, 1, 0, 2, 3, 0, 1, 6, 2, 0, 1, 3, 2, 0, 0, 9, 2, 1, 0, 3, 2, 3, 2}
	f.Todo = &report.Todo{Alert: "1795237521-1", Case: "482913", Family: "c2", Device: "経理のパソコン", Stars: 3}
	f.Compare = report.Comparison{Companies: 42, Low: 34, Middle: 51, High: 76, By: 2}
	f.Apps = []report.Use{{Name: "Microsoft 365", Up: 3_100_000_000, Down: 22_400_000_000}, {Name: "YouTube", Up: 120_000_000, Down: 14_200_000_000}, {Name: "Windows Update", Up: 20_000_000, Down: 9_800_000_000},
		{Name: "", Up: 500_000_000, Down: 4_100_000_000}, {Name: "Zoom", Up: 1_200_000_000, Down: 1_900_000_000}, {Name: "ChatGPT", Up: 60_000_000, Down: 90_000_000}}
	f.Users = []report.Use{{Name: "経理のパソコン", Up: 1_900_000_000, Down: 18_000_000_000}, {Name: "営業ノート2", Up: 900_000_000, Down: 11_000_000_000}, {Name: "社長の iPad", Up: 200_000_000, Down: 8_000_000_000}}
	f.Kinds = []report.Kind{{Family: "scan", Alerts: 21, Events: 44}, {Family: "exploit", Alerts: 6, Events: 14}, {Family: "c2", Alerts: 1, Events: 2}}
	f.Gaps = []report.Gap{{Box: "本社のボックス", Since: from.Add(130 * time.Hour), Until: from.Add(130*time.Hour + 12*time.Minute)}}
	f.Boxes = []report.Box{{Name: "本社のボックス", Model: "x86-64", Software: "1.4.2"}}
	return f
}

// worst has as much of everything as figures may have, and names that are not nice.
func worst() *report.Figures {
	f := full()
	f.Joined, f.Silent = true, 30
	f.Flows, f.Attacks, f.Stopped, f.Tasks = 999_999_999_999, 88_888_888, 77_777_777, 4000
	name := strings.Repeat("経理😀\u202e(\\)<b>very long name ", 40)
	f.Todo.Device = name
	f.Apps, f.Users, f.Kinds, f.Gaps, f.Boxes = nil, nil, nil, nil, nil
	for range 8 {
		f.Apps, f.Users = append(f.Apps, report.Use{Name: name, Up: 1 << 60, Down: 1 << 60}), append(f.Users, report.Use{Name: name})
		f.Kinds = append(f.Kinds, report.Kind{Family: "c2", Alerts: 1 << 30, Events: 1 << 30})
		f.Gaps, f.Boxes = append(f.Gaps, report.Gap{Box: name, Since: f.From}), append(f.Boxes, report.Box{Name: name, Model: name, Software: name})
	}
	return f
}

func tool(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: the file is not looked at by it", name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	if len(args) == 0 || args[0] != "--check" {
		cmd.Stdin = bytes.NewReader(pdf)
	} else {
		file := filepath.Join(t.TempDir(), "r.pdf")
		if err := os.WriteFile(file, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd.Args = append(cmd.Args, file)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

var sheets = regexp.MustCompile(`Pages:\s+(\d+)`)

// What a reader would miss: four pages, whatever the month was; small, quick, the same again.
func TestFourPages(t *testing.T) {
	p, all := open(t)
	quiet := &report.Figures{Month: "2026-02", Box: true}
	quiet.From, quiet.To, _ = report.Span("2026-02")
	boxless := &report.Figures{Month: "2026-02", From: quiet.From, To: quiet.To}
	for name, f := range map[string]*report.Figures{"full": full(), "worst": worst(), "quiet": quiet, "without a box": boxless} {
		for _, lang := range []string{"ja", "en"} {
			r := reader(lang)
			if name == "worst" {
				r.Company = strings.Repeat("株式会社", 60)
			}
			start := cpu()
			pdf, err := p.Print(t.Context(), Report(f, r, all.In(lang)))
			took := cpu() - start
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s: %d bytes, %v", name, lang, len(pdf), took)
			if got := sheets.FindStringSubmatch(tool(t, pdf, "pdfinfo", "-")); len(got) != 2 || got[1] != "4" {
				t.Errorf("%s %s: pages %v", name, lang, got)
			}
			if took > time.Second { // normally 50 ms; the race detector and its neighbours take more
				t.Errorf("%s %s: %v of a processor", name, lang, took)
			}
			if len(pdf) >= 300_000 {
				t.Errorf("%s %s: %d bytes", name, lang, len(pdf))
			}
			if out := tool(t, pdf, "qpdf", "--check"); !strings.Contains(out, "No syntax") {
				t.Errorf("%s %s: %s", name, lang, out)
			}
			if again, err := p.Print(t.Context(), Report(f, r, all.In(lang))); err != nil || !bytes.Equal(again, pdf) {
				t.Errorf("%s %s: other bytes, %v", name, lang, err)
			}
			if key := regexp.MustCompile(`report\.[a-z_]+`).FindString(tool(t, pdf, "pdftotext", "-", "-")); key != "" {
				t.Errorf("%s %s: no text for %s", name, lang, key)
			}
		}
	}
}

func TestTheReportSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	p, all := open(t)
	for lang, want := range map[string][]string{
		"ja": {"佐藤製作所 様", "2026年10月の報告書", "止めた攻撃  60  件", "お願いが1つあります。", "1,204,113", "経理のパソコン：ウイルスに操作された疑い", "482 913", "同じ業種・規模の会社", "Microsoft 365", "社長の iPad", "050-0000-0000", "1/4"},
		"en": {"Report for October 2026", "Attacks stopped  60  in the month", "There is one thing we ask of you.", "1,204,113", "Case number 482 913", "Of 42 companies of your trade and size", "Not told apart", "3/4"},
	} {
		pdf, err := p.Print(t.Context(), Report(full(), reader(lang), all.In(lang)))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(tool(t, pdf, "pdftotext", "-", "-"), "\n", " ")
		got = strings.ReplaceAll(got, " / ", "/")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, got)
			}
		}
	}
}

// It hangs where visitors see it, or lies in a groupware of others: neither words nor the file's
// own data name anybody.
func TestTheBoardNamesNobody(t *testing.T) {
	t.Parallel()
	p, all := open(t)
	for _, lang := range []string{"ja", "en"} {
		alone, err := p.Print(t.Context(), Board(full(), reader(lang), all.In(lang)))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := p.Print(t.Context(), Report(full(), reader(lang), all.In(lang)))
		if err != nil {
			t.Fatal(err)
		}
		for name, out := range map[string]string{
			"alone": tool(t, alone, "pdftotext", "-", "-") + tool(t, alone, "pdfinfo", "-"), "last page": tool(t, whole, "pdftotext", "-f", "4", "-", "-"),
		} {
			for _, bad := range []string{"佐藤", "経理", "営業", "社長", "本社", "YouTube", "Microsoft", "482 913", "050-"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s %s: says %q", lang, name, bad)
				}
			}
			if !strings.Contains(out, "60") {
				t.Errorf("%s %s: no number", lang, name)
			}
		}
		if got := sheets.FindStringSubmatch(tool(t, alone, "pdfinfo", "-")); len(got) != 2 || got[1] != "1" {
			t.Errorf("%s: pages %v", lang, got)
		}
	}
}

// Paper has the colours of the pages.
func TestColoursAreThoseOfThePages(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../ui/assets/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]paper.Color{"ink": paper.Ink, "ink-soft": paper.InkSoft, "shade": paper.Shade, "rule": paper.Line, "rule-strong": paper.LineStrong,
		"key": paper.Key, "key-faint": paper.KeyFaint, "care": paper.Care, "care-faint": paper.CareFaint} {
		if want := fmt.Sprintf("--%s: #%06x;", name, uint32(c)); !bytes.Contains(css, []byte(want)) {
			t.Errorf("the pages have no %s", want)
		}
	}
}

func TestTextsAreThere(t *testing.T) {
	t.Parallel()
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("report.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range text.Used(string(source)) {
		if !all.In("ja").Has(key) {
			t.Errorf("no text %s", key)
		}
	}
}

// TestScreenshots draws the pages, for docs/screenshots.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	p, all := open(t)
	for _, lang := range []string{"ja", "en"} {
		pdf, err := p.Print(t.Context(), Report(full(), reader(lang), all.In(lang)))
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 4; n++ {
			img, err := png.Decode(strings.NewReader(tool(t, pdf, "pdftoppm", "-png", "-r", "96", "-f", fmt.Sprint(n), "-l", fmt.Sprint(n), "-")))
			if err == nil {
				err = uitest.Write(filepath.Join(dir, fmt.Sprintf("report-pdf-%d-%s.png", n, lang)), img)
			}
			if err != nil {
				t.Fatal(errors.Join(errors.New("picture"), err))
			}
		}
	}
}
