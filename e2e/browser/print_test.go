package browser

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"otasuke/internal/uitest"
)

// printed are the pages of the walk that people print, and on how many sheets of A4 at most.
var printed = map[string]int{
	"home-year": 2, "alert": 2, "alerts-year": 3, "devices-year": 2, "device": 2, "used": 2, "figures-year": 2, "report": 4, "traffic-found": 3,
	"group-companies": 1, "group-company": 2, "survey-sent": 2, "survey-branch": 2, "contract-year": 2, "invoice": 1, "cover-year": 1, "visits-year": 1,
	"news-one": 1, "updates-year": 2, "policy": 2, "looks-year": 3, "statistics-year": 3, "accessibility": 2, "apply": 2, "reports": 1,
}

const (
	// A4 in inches, and points of a picture to the inch: small letters can be read.
	paperWide, paperHigh = 210 / 25.4, 297 / 25.4
	paperDots            = 72
	// sheets drawn of one page, side by side.
	maxSheets = 4
	sheetGap  = 8
)

// TestPrint prints pages as Chromium does: on as many sheets as it should be, each with a company or site, a date and the
// telephone, and nothing to press. With OTASUKE_SCREENSHOTS they are drawn.
func TestPrint(t *testing.T) {
	for _, tool := range []string{"pdftotext", "pdftoppm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: paper is not looked at", tool)
		}
	}
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, widths[0], 800)
			visit(b, lang, printed, func(p page, most int) { b.paper(p.name, lang, most) })
		})
	}
}

// paper prints what the tab shows and looks at each sheet.
func (b *tab) paper(name, lang string, most int) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(func(p *cdppage.PrintToPDFParams) {
		yes := true
		p.PaperWidth, p.PaperHeight, p.PreferCSSPageSize = paperWide, paperHigh, &yes
	}))
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), name+".pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		b.t.Fatal(err)
	}
	text, err := exec.CommandContext(ctx, "pdftotext", "-layout", file, "-").Output()
	if err != nil {
		b.t.Fatal(err)
	}
	sheets := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	if len(sheets) > most {
		b.t.Errorf("%s: %d sheets, not %d", name, len(sheets), most)
	}
	whose, when := eval[string](b, `document.querySelector(".brand").textContent`), eval[string](b, `document.querySelector(".printed").textContent`)
	for i, s := range sheets {
		for _, want := range []string{whose, when, deskPhone, fmt.Sprintf("%d/%d", i+1, len(sheets))} {
			if !strings.Contains(strings.ReplaceAll(s, " ", ""), strings.ReplaceAll(want, " ", "")) {
				b.t.Errorf("%s: sheet %d does not say %q", name, i+1, want)
			}
		}
	}
	if dir := os.Getenv(uitest.Variable); dir != "" {
		b.sheets(file, filepath.Join(dir, fmt.Sprintf("print-%s-%s.png", name, lang)))
	}
}

// sheets draws the sheets of a PDF beside each other.
func (b *tab) sheets(pdf, picture string) {
	b.t.Helper()
	if _, err := os.Stat(picture); err == nil && os.Getenv("OTASUKE_SCREENSHOTS_MISSING") != "" {
		return
	}
	root := strings.TrimSuffix(pdf, ".pdf")
	if out, err := exec.CommandContext(b.t.Context(), "pdftoppm", "-png", "-r", fmt.Sprint(paperDots), "-l", fmt.Sprint(maxSheets), pdf, root).CombinedOutput(); err != nil {
		b.t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	files, err := filepath.Glob(root + "-*.png")
	if err != nil {
		b.t.Fatal(err)
	}
	var all *image.RGBA
	for i, name := range files {
		f, err := os.Open(name)
		if err != nil {
			b.t.Fatal(err)
		}
		img, err := png.Decode(f)
		_ = f.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		r := img.Bounds()
		if all == nil {
			all = image.NewRGBA(image.Rect(0, 0, len(files)*(r.Dx()+sheetGap)-sheetGap, r.Dy()))
			draw.Draw(all, all.Bounds(), image.NewUniform(image.Black.C), image.Point{}, draw.Src)
		}
		draw.Draw(all, r.Add(image.Pt(i*(r.Dx()+sheetGap), 0)), img, r.Min, draw.Src)
	}
	if err := uitest.Write(picture, all); err != nil {
		b.t.Fatal(err)
	}
}
