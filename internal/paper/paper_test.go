package paper

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

var opened = sync.OnceValues(func() (*Press, error) { return Open(Fonts{}) })

func press(t testing.TB) *Press {
	t.Helper()
	p, err := opened()
	if err != nil {
		t.Skipf("no fonts: %v", err)
	}
	return p
}

// tool runs a program of poppler-utils or qpdf on a PDF.
func tool(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: the file is not looked at by it", name)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func must(t *testing.T, p *Press, d *Document) []byte {
	t.Helper()
	pdf, err := p.Print(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func words(t *testing.T, pdf []byte) string { return tool(t, pdf, "pdftotext", "FILE", "-") }

var made = time.Date(2026, 11, 1, 7, 0, 0, 0, time.UTC)

// everything has each kind of block.
func everything() *Document {
	long := strings.Repeat("「経理のパソコン」が、外にある攻撃者のコンピューターと連絡を取ろうとしました。Microsoft Defender の画面に表示が出ていないか、確認してください。", 3)
	return &Document{Title: "見本：すべての部品", Author: "お助け隊", Lang: "ja", Made: made, Foot: "佐藤製作所 様", Pages: []Page{
		{Blocks: []Block{
			Text{S: "佐藤製作所 様", Style: Letter}, Text{S: "見本帳", Style: Title, Mark: true}, Rule{Double: true}, Gap(4),
			Text{S: long}, Gap(3), Text{S: "中央に", Align: Center}, Text{S: "右に", Align: Right, Style: Small},
			Text{S: "数の流れ", Style: Head, Mark: true}, Funnel{{"通信（接続）", "1,204,113"}, {"攻撃とみられるもの", "60"}, {"止めたもの", "60"}, {"お客様にお願いしたこと", "1"}}, Gap(3),
			Scale{Low: 0.3, Middle: 0.45, High: 0.6, Own: 0.52, OwnWord: "御社", MiddleWord: "真ん中の会社", BandedWord: "半分の会社"}, Gap(3),
			Box{Border: Key, Thick: 0.6, Pad: 5, Blocks: []Block{Text{S: "お願いしたいこと", Style: Head}, Text{S: "LAN ケーブルを抜いてください。", Style: Strong}}}, Gap(3),
			Box{Fill: CareFaint, Bar: Care, Pad: 4, Blocks: []Block{Text{S: "3 日間は記録が届きませんでした。"}}},
		}},
		{Blocks: []Block{
			Table{Head: []string{"品目", "数量", "税率", "金額"}, Shares: []float64{5, 1, 1, 2}, Right: []bool{false, true, true, true},
				Rows: [][]string{{"お助けボックス（月額）", "1", "10%", "6,600円"}, {"駆けつけ対応", "2", "10%", "33,000円"}}}, Gap(6),
			Table{Grid: true, Shares: []float64{1, 3}, Rows: [][]string{{"会社名", "佐藤製作所"}, {"所在地", "愛知県○○市△△町1-2-3"}, {"担当者", ""}}}, Gap(6),
			Seals{Labels: []string{"代表者", "担当者"}, Mark: "印"}, Gap(4),
			Columns{Shares: []float64{1, 3}, Gap: 6, Middle: true, Cells: [][]Block{{QR{Text: "https://portal.example.jp/connect?code=BCDF-GHJK", Side: 34}}, {Text{S: "つなぐ", Style: Head}, Text{S: "読み取ると、接続の画面が開きます。", URL: "https://portal.example.jp/connect"}}}}, Gap(4),
			Bars{{"Microsoft 365", "↓ 22 GB　↑ 3.1 GB", 1}, {"社長の<b>iPad", "↓ 8.0 GB", 0.3}, {"", "", math.NaN()}}, Gap(4),
			Days{Values: []int{0, 3, 1, 2, 0, 0, 4, 9, 5}, First: "10月1日", Last: "10月9日", Most: "いちばん多い日 9"},
		}},
	}}
}

func TestAPageIsWhatReadersExpect(t *testing.T) {
	t.Parallel()
	pdf := must(t, press(t), everything())
	if out := tool(t, pdf, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	for _, line := range strings.Split(strings.TrimSpace(tool(t, pdf, "pdffonts", "FILE")), "\n")[2:] {
		if f := strings.Fields(line); len(f) < 7 || f[len(f)-5] != "yes" || f[len(f)-3] != "yes" {
			t.Errorf("not embedded, or not to be searched: %s", line)
		}
	}
	text := strings.ReplaceAll(words(t, pdf), " / ", "/")
	for _, want := range []string{"佐藤製作所 様", "1/2", "2/2", "見本帳", "1,204,113", "Microsoft Defender", "お助けボックス（月額）", "社長の<b>iPad", "代表者"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	info := tool(t, pdf, "pdfinfo", "FILE")
	for _, want := range []string{"見本：すべての部品", "お助け隊", "A4", "Pages:           2"} {
		if !strings.Contains(info, want) {
			t.Errorf("no %q in\n%s", want, info)
		}
	}
	if !bytes.Contains(pdf, []byte("/Lang (ja)")) || !bytes.Contains(pdf, []byte("/Outlines")) {
		t.Error("no language or outline for those who listen")
	}
	if len(pdf) > 150_000 {
		t.Errorf("%d bytes", len(pdf))
	}
}

func TestTheSameBytesEachTime(t *testing.T) {
	t.Parallel()
	p := press(t)
	first := must(t, p, everything())
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if again, err := p.Print(t.Context(), everything()); err != nil || !bytes.Equal(again, first) {
				t.Errorf("other bytes: %v", err)
			}
		})
	}
	wait.Wait()
	if !bytes.Contains(first, []byte("20261101070000")) {
		t.Error("the date is not the document's")
	}
}

// JIS X 4051: what may not begin or end a line; and Latin words are whole.
func TestLinesBreakAsJapaneseDoes(t *testing.T) {
	t.Parallel()
	f := press(t).faces[Sans]
	s := "「経理のパソコン」（12台）が、ウイルスに、操作された疑いが、あります。「印刷」・『保存』は、ブラウザーの「ファイル」からできます……。Microsoft Defender Antivirus で、ファックス・キャッシュを、チェックしてください！"
	for w := 20.0; w < 120; w += 0.7 {
		lines := f.lines(s, 10, w)
		if strings.ReplaceAll(strings.Join(lines, ""), " ", "") != strings.ReplaceAll(s, " ", "") {
			t.Fatalf("%g: something is lost: %q", w, lines)
		}
		for i, line := range lines {
			first, _ := utf8.DecodeRuneInString(line)
			last, _ := utf8.DecodeLastRuneInString(line)
			if strings.ContainsRune("、。」』）・！ーッャュョァィゥェォ…", first) && i > 0 {
				t.Errorf("%g: %q begins a line", w, line)
			}
			if strings.ContainsRune("「『（", last) {
				t.Errorf("%g: %q ends a line", w, line)
			}
			if n := f.width(line, 10); n > w+slack {
				t.Errorf("%g: %q is %g wide", w, line, n)
			}
		}
		for _, word := range []string{"Microsoft", "Defender", "Antivirus", "12"} {
			if whole := strings.Contains(strings.Join(lines, "\n"), word); !whole {
				t.Errorf("%g: %s is cut: %q", w, word, lines)
			}
		}
	}
}

// Large type breaks where a sign painter would break it.
func TestEvenLines(t *testing.T) {
	t.Parallel()
	f := press(t).faces[Sans]
	for _, one := range []struct {
		w    float64
		want []string
	}{
		{152, []string{"更新のお知らせが出たら、", "その日のうちに更新してください。"}},
		{152, []string{"心当たりのないメールの添付ファイルやリンクは、", "開く前に相談してください。"}},
		{152, []string{"おかしいと思ったら、すぐに知らせてください。", "早く知らせることが、いちばんの助けになります。", "だれも責められません。"}},
		{170, []string{"One line"}},
		{60, []string{"Early word helps", "most, and nobody", "is blamed."}},
	} {
		s := strings.Join(one.want, "")
		if strings.HasPrefix(s, "Early") {
			s = strings.Join(one.want, " ")
		}
		rough := f.lines(s, 17, one.w)
		if got := f.even(s, rough, 17, one.w); !slices.Equal(got, one.want) {
			t.Errorf("%q, want %q", got, one.want)
		}
	}
	for w := 20.0; w < 90; w += 3.1 {
		s := "更新のお知らせが出たら、「その日」のうちに Windows を更新してください。"
		rough := f.lines(s, 10, w)
		smooth := f.even(s, rough, 10, w)
		if len(smooth) != len(rough) || strings.ReplaceAll(strings.Join(smooth, ""), " ", "") != strings.ReplaceAll(s, " ", "") {
			t.Errorf("%g: %q of %q", w, smooth, rough)
		}
		for _, line := range smooth {
			if n := f.width(line, 10); n > w+slack {
				t.Errorf("%g: %q is %g wide", w, line, n)
			}
		}
	}
}

func TestTextsThatAreNotNice(t *testing.T) {
	t.Parallel()
	f := press(t).faces[Sans]
	for _, one := range []struct{ name, in, want string }{
		{"emoji", "会議😀です", "会議〓です"},
		{"emoji of a tone and a sex", "👍🏽の人", "〓の人"},
		{"control characters", "a\x00b\x1b[31mc\r\nd\te", "a b [31mc \nd e"},
		{"direction turned", "report\u202efdp.exe", "reportfdp.exe"},
		{"invisible", "経\u200b理\ufeff\u2060\u00adの", "経理の"},
		{"variant selectors", "葛\U000e0100飾", "葛飾"},
		{"beyond the basic plane", "𠮷田", "吉田"},
		{"a rare kanji", "\U0002a6d0田", "〓田"},
		{"kana of a Macintosh", "か\u3099き\u309a", "がき"},
		{"accents apart", "Cafe\u0301", "Café"},
		{"no UTF-8", "a\xff\xfeb", "a〓〓b"},
		{"Arabic", "سلام", "〓〓〓〓"},
		{"a mark alone", "\u0301x", "x"},
		{"lines of Unicode", "a\u2028b\u0085c", "a b c"},
		{"no-break space", "482\u00a0913", "482 913"},
	} {
		if got := clean(one.in, f); got != one.want {
			t.Errorf("%s: %q, want %q", one.name, got, one.want)
		}
	}
	start := time.Now()
	if n := utf8.RuneCountInString(clean(strings.Repeat("経", 10<<20/3), f)); n != MaxRunes+1 {
		t.Errorf("%d characters are left", n)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("10 MB took %v", d)
	}
}

// Hostile texts in every place give a file that is right.
func TestHostileDocument(t *testing.T) {
	t.Parallel()
	p := press(t)
	for name, s := range map[string]string{
		"empty": "", "a long word": strings.Repeat("W", 10<<20), "line feeds": strings.Repeat("\n", 10<<20), "brackets": strings.Repeat("(\\)", 2000),
		"opening brackets": strings.Repeat("「", 6000), "of PDF": ") Tj ET endstream endobj %%EOF", "marks": "a" + strings.Repeat("\u0301", 1<<20),
	} {
		style := Title
		d := &Document{Title: s, Author: s, Foot: s, Lang: s, Pages: []Page{{Blocks: []Block{
			Text{S: s, Style: style, Mark: true}, Box{Pad: 3, Blocks: []Block{Text{S: s}}}, Table{Head: []string{s, s}, Rows: [][]string{{s, s, s}, {}}, Grid: true},
			Columns{Cells: [][]Block{{Text{S: s}}, {}}}, Columns{}, Funnel{{s, s}}, Bars{{s, s, 2}}, Days{First: s}, Scale{OwnWord: s, Own: -1}, Seals{Labels: []string{s}, Mark: s}, QR{s, 30},
		}}}}
		pdf, err := p.Print(t.Context(), d)
		if errors.Is(err, ErrTooLong) {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if out := tool(t, pdf, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax") {
			t.Errorf("%s: %s", name, out)
		}
		if len(pdf) > 2<<20 {
			t.Errorf("%s: %d bytes", name, len(pdf))
		}
	}
}

func TestTooManyPages(t *testing.T) {
	t.Parallel()
	d := &Document{Pages: []Page{{}}}
	for range 10_000 {
		d.Pages[0].Blocks = append(d.Pages[0].Blocks, Text{S: "行"})
	}
	if _, err := press(t).Print(t.Context(), d); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}

// A heading is never the last of a page, and a gap never its first.
func TestPagesBreakWherePeopleWould(t *testing.T) {
	t.Parallel()
	p := press(t)
	for n := range 60 {
		d := &Document{Pages: []Page{{}}}
		for i := range n {
			d.Pages[0].Blocks = append(d.Pages[0].Blocks, Text{S: fmt.Sprint(i)})
		}
		d.Pages[0].Blocks = append(d.Pages[0].Blocks, Gap(4), Text{S: "見出し", Style: Head, Mark: true}, Text{S: "本文"})
		sheets, err := p.fill(d)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range sheets {
			if len(s.parts) == 0 || s.parts[0].space || i < len(sheets)-1 && s.parts[len(s.parts)-1].keep {
				t.Errorf("%d lines: sheet %d", n, i)
			}
			if last := s.parts[len(s.parts)-1]; last.y+last.h > sheetHeight-marginBottom+slack {
				t.Errorf("%d lines: sheet %d is too full", n, i)
			}
		}
	}
}

// A table that goes on on other pages says there again what its columns are, once and above its rows; one that fits says it once.
func TestATableSaysItsHeadingsOnEachPage(t *testing.T) {
	t.Parallel()
	p := press(t)
	for _, boxed := range []bool{false, true} {
		for _, rows := range []int{3, 40, 41, 42, 43, 44, 45, 46, 120} {
			table := Table{Head: []string{"品目", "税率"}}
			for i := range rows {
				table.Rows = append(table.Rows, []string{fmt.Sprint("行", i), "10%"})
			}
			var block Block = table
			if boxed {
				block = Box{Pad: 2, Fill: CareFaint, Blocks: []Block{table}}
			}
			pdf := must(t, p, &Document{Pages: []Page{{Blocks: []Block{Text{S: "請求書", Style: Title}, block, Text{S: "以上"}}}}})
			seen := 0
			for i, page := range strings.Split(strings.TrimSuffix(words(t, pdf), "\f"), "\f") {
				want := 0
				if first := strings.Index(page, "行"); first >= 0 {
					want = 1
					if head := strings.Index(page, "品目"); head < 0 || head > first {
						t.Errorf("%d rows, boxed %v: page %d does not begin with the headings: %q", rows, boxed, i+1, page)
					}
				}
				if n := strings.Count(page, "品目"); n != want {
					t.Errorf("%d rows, boxed %v: page %d has the headings %d times", rows, boxed, i+1, n)
				}
				seen += strings.Count(page, "行")
			}
			if seen != rows {
				t.Errorf("%d rows, boxed %v: %d are printed", rows, boxed, seen)
			}
		}
	}
	// A row that needs a whole page has it to itself.
	tall := Table{Head: []string{"品目"}, Rows: [][]string{{"a"}, {strings.Repeat("長い文です。\n", 200)}, {"b"}}}
	sheets, err := p.fill(&Document{Pages: []Page{{Blocks: []Block{tall}}}})
	if err != nil || len(sheets) != 3 {
		t.Fatalf("%d sheets, %v", len(sheets), err)
	}
	for i, s := range sheets {
		if last := s.parts[len(s.parts)-1]; last.y+last.h > sheetHeight-marginBottom+slack {
			t.Errorf("sheet %d is too full", i)
		}
	}
}

func TestFontsThatDoNotServe(t *testing.T) {
	t.Parallel()
	_, err := Open(Fonts{Serif: filepath.Join(t.TempDir(), "none.ttf"), Sans: Debian.Sans, Bold: Debian.Bold})
	if !errors.Is(err, ErrFont) || !strings.Contains(err.Error(), "fonts-morisawa-bizud") {
		t.Errorf("a missing font: %v", err)
	}
	for name, b := range map[string]string{"empty": "", "short": "\x00\x01", "a collection": "ttcf\x00\x01\x00\x00", "OpenType with CFF": "OTTO\x00\x01", "only a beginning": "\x00\x01\x00\x00\x00\xff" + strings.Repeat("x", 400)} {
		file := filepath.Join(t.TempDir(), "f.ttf")
		if err := os.WriteFile(file, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Fonts{Sans: file}); !errors.Is(err, ErrFont) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	p := press(f)
	for _, s := range []string{"「あ」、い。", "word word", "か\u3099\u200d😀", "\n\n", "………ーーー"} {
		f.Add(s, 30.0)
	}
	f.Fuzz(func(t *testing.T, s string, w float64) {
		if !(w > 5 && w < 500) {
			return
		}
		face := p.faces[Sans]
		c := clean(s, face)
		if utf8.RuneCountInString(c) > MaxRunes+1 {
			t.Fatal("too long")
		}
		for _, r := range c {
			if r != '\n' && !face.has(r) {
				t.Fatalf("%q cannot be shown", r)
			}
		}
		blank := func(s string) string { return strings.NewReplacer(" ", "", "　", "", "\n", "").Replace(s) }
		lines := face.lines(c, 10, w)
		if smooth := face.even(c, lines, 10, w); blank(strings.Join(smooth, "")) != blank(c) || len(smooth) > len(lines) {
			t.Fatalf("%q of %q", smooth, c)
		}
		for _, line := range lines {
			if n := face.width(line, 10); n > w+slack+1 && utf8.RuneCountInString(line) > 1 {
				t.Fatalf("%q is %g wide of %g", line, n, w)
			}
		}
	})
}

func FuzzFont(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x00\x00\x01"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parse(b) })
}

func BenchmarkPrint(b *testing.B) {
	p := press(b)
	d := everything()
	b.ReportAllocs()
	for b.Loop() {
		pdf, err := p.Print(b.Context(), d)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(pdf)), "bytes")
	}
	runtime.KeepAlive(p)
}
