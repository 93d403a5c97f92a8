package browser

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"otasuke/e2e/mailsink"
	"otasuke/internal/uitest"
)

// Pictures are cut at this height: what comes below is not what a page is about.
const maxHeight = 2400

// TestScreenshots draws every page for docs/screenshots; with OTASUKE_SCREENSHOTS_MISSING only those that are
// not there yet, with OTASUKE_SCREENSHOTS_ONLY the pages of these names, separated by commas.
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
			draw := func(b *tab, p page) {
				for _, width := range widths {
					file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", p.name, width, lang))
					if _, err := os.Stat(file); err == nil && missing {
						continue
					}
					b.do(chromedp.EmulateViewport(width, 800))
					b.picture(file, width)
				}
				b.do(chromedp.EmulateViewport(widths[0], 800))
			}
			if only := os.Getenv("OTASUKE_SCREENSHOTS_ONLY"); only != "" {
				wanted := map[string]bool{}
				for name := range strings.SplitSeq(only, ",") {
					wanted[name] = true
				}
				b := newTab(t, widths[0], 800)
				visit(b, lang, wanted, func(p page, _ bool) { draw(b, p) })
				return
			}
			walk(t, widths[0], lang, draw)
		})
	}
}

// letters are kinds of mails, by a word of the subject, that come out of journeys. TestLetters of the centre draws all others, and
// those about steps of contracts and visits come from centre/internal/notify, where a year goes by.
var letters = []struct {
	name   string
	ja, en string // "" where nobody gets one in that language
}{
	{"apply-contracted", "ご契約ありがとうございます", ""}, {"apply-staff-review", "申込書が届きました", ""},
	{"invitation", "招待", "Invitation"}, {"recovery", "やり直す手続き", "recovery"}, {"factor", "確認コードを使うように", ""}, {"let-in", "非常用のログイン", ""},
	{"news", "ルーターの更新を", "Updating your router"}, {"seat", "お席をお取りしました", ""}, {"advisory", "確認のお願い", ""}, {"appeal-staff", "【申し出】", ""}, {"export", "書き出し", "ready to be fetched"},
}

// TestLetters draws the mails of both kinds of alerts, and one of each other kind.
func TestLetters(t *testing.T) {
	dir := os.Getenv("OTASUKE_SCREENSHOTS")
	if dir == "" {
		t.Skip("OTASUKE_SCREENSHOTS is not set: no pictures wanted")
	}
	here.visited(t)
	here.advised(t)
	all := append(here.sink.Mails(), sampled.up(t).sink.Mails()...)
	for _, l := range letters {
		for lang, word := range map[string]string{"ja": l.ja, "en": l.en} {
			if word == "" {
				continue
			}
			at := slices.IndexFunc(all, func(m mailsink.Mail) bool { return strings.Contains(m.Subject, word) })
			if at < 0 {
				t.Errorf("nobody got a mail about %q", word)
				continue
			}
			m := all[at]
			b := newTab(t, 360, 800)
			b.show(m.Shown())
			b.picture(filepath.Join(dir, fmt.Sprintf("mail-%s-360-%s.png", l.name, lang)), 360)
		}
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
func (b *tab) show(text string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		tree, err := cdp.Call(ctx, target, cdppage.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, cdppage.SetDocumentContent, cdppage.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: text})
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
