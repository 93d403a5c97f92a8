package uitest

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"net/http"
	"os"
	"testing"
)

// Letters are drawn on a telephone, on a sheet that is cut where they end, with a margin.
const (
	letterWidth  = 360
	letterHeight = 2400
	letterMargin = 24
)

// Letter is a mail of plain text as a page, about as mail programs show one: to whom, subject, text.
func Letter(to, subject, text string) string {
	return fmt.Sprintf(`<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>x</title><style>body{margin:16px;font:16px/1.7 sans-serif}h1{font-size:18px}p{color:#555}pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}</style><p>%s</p><h1>%s</h1><pre>%s</pre>`,
		html.EscapeString(to), html.EscapeString(subject), html.EscapeString(text))
}

// Mail draws a page as a mail program on a telephone shows it, as long as it is.
func Mail(t *testing.T, page, file string) {
	t.Helper()
	Picture(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}), "/", "", letterWidth, letterHeight, file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(file, Trim(img, letterMargin)); err != nil {
		t.Fatal(err)
	}
}

// Trim cuts off what is below the last row with something on it, and a margin.
func Trim(img image.Image, margin int) image.Image {
	r := img.Bounds()
	last := r.Max.Y - 1
	for ; last > r.Min.Y && plain(img, last); last-- {
	}
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), min(last+1+margin, r.Max.Y)-r.Min.Y))
	draw.Draw(out, out.Bounds(), img, r.Min, draw.Src)
	return out
}

// plain says whether a row has the colour of the lower left corner alone.
func plain(img image.Image, y int) bool {
	r := img.Bounds()
	ground := img.At(r.Min.X, r.Max.Y-1)
	for x := r.Min.X; x < r.Max.X; x++ {
		if img.At(x, y) != ground {
			return false
		}
	}
	return true
}
