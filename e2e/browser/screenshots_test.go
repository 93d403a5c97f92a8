package browser

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"otasuke/internal/uitest"
)

// Pictures are cut at this height: what comes below is not what a page is about.
const maxHeight = 2400

// TestScreenshots draws every page and both kinds of mail for docs/screenshots; with OTASUKE_SCREENSHOTS_MISSING only those that are
// not there yet.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("OTASUKE_SCREENSHOTS")
	if dir == "" {
		t.Skip("OTASUKE_SCREENSHOTS is not set: no pictures wanted")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	missing := os.Getenv("OTASUKE_SCREENSHOTS_MISSING") != ""
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			walk(t, widths[0], lang, func(b *tab, p page) {
				for _, width := range widths {
					file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", p.name, width, lang))
					if _, err := os.Stat(file); err == nil && missing {
						continue
					}
					b.do(chromedp.EmulateViewport(width, 800))
					b.picture(file, width)
				}
				b.do(chromedp.EmulateViewport(widths[0], 800))
			})
		})
	}
	for _, c := range []struct {
		of   *company
		lang string
	}{{here.sato, "ja"}, {here.mori, "en"}} {
		for _, stars := range []int{2, 3} {
			m := here.mail(t, c.of, here.alert(t, c.of, stars).ID)
			for _, width := range widths {
				b := newTab(t, width, 800)
				b.show(m.HTML)
				b.picture(filepath.Join(dir, fmt.Sprintf("mail-%d-%d-%s.png", stars, width, c.lang)), width)
			}
		}
	}
}

// show puts a document into the tab, as a mail program would.
func (b *tab) show(html string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		tree, err := cdp.Call(ctx, target, cdppage.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, cdppage.SetDocumentContent, cdppage.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: html})
		return err
	}))
}

// picture draws the whole page, cut at maxHeight, in at most 256 colours.
func (b *tab) picture(file string, width int64) {
	b.t.Helper()
	high := min(max(eval[int64](b, `document.documentElement.scrollHeight`), 640), maxHeight)
	b.do(chromedp.EmulateViewport(width, high))
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(width, 800))
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := uitest.Write(file, img); err != nil {
		b.t.Fatal(err)
	}
}
