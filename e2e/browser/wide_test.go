package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"otasuke/internal/uitest"
)

// wide are pages looked at on wide screens; true: a picture is kept of the widest.
var wide = map[string]bool{"home-year": true, "figures-year": true, "group-companies": true, "report": false, "alert": false, "alerts-year": false, "devices-year": false, "contract-year": false, "statistics-year": false}

// Screens of 2560 and 3840 pixels that are not told to enlarge; a line holds at most so many letters (em), which WCAG 1.4.8 has at
// 40 of Japanese and 80 of others: ours are headings and tables too.
var wideScreens = []int64{2560, 3840}

const longestLine = 66

// longest is the longest line of text, in em.
const longest = `Math.max(...[...document.querySelectorAll("main p, main dd, main li")].filter((e) => e.firstChild?.nodeType === 3).map((e) => {
	const r = document.createRange();
	r.selectNodeContents(e);
	return Math.max(0, ...[...r.getClientRects()].map((x) => x.width)) / parseFloat(getComputedStyle(e).fontSize);
}))`

// TestWide looks at pages on wide screens; with OTASUKE_SCREENSHOTS some are drawn.
func TestWide(t *testing.T) {
	t.Parallel()
	b := newTab(t, wideScreens[0], 1440)
	visit(b, "ja", wide, func(p page, drawn bool) {
		for _, width := range wideScreens {
			b.do(chromedp.EmulateViewport(width, width*9/16))
			if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s is %d wide at %d", p.name, got, width)
			}
			if got := eval[float64](b, longest); got > longestLine {
				t.Errorf("%s has a line of %.0f em at %d", p.name, got, width)
			}
		}
		if dir := os.Getenv(uitest.Variable); dir != "" && drawn {
			b.picture(filepath.Join(dir, fmt.Sprintf("wide-%s-%d-ja.png", p.name, wideScreens[1])), wideScreens[1])
		}
	})
}
