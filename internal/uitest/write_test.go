package uitest

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// A picture of few colours is kept as it is, and one of many keeps its frequent ones.
func TestWrite(t *testing.T) {
	for _, many := range []int{3, 1000} {
		img := image.NewNRGBA(image.Rect(0, 0, 100, 100))
		for i := range 100 * 100 {
			c := color.NRGBA{R: 250, G: 250, B: 240, A: 255}
			if i%7 == 0 {
				n := i % many
				c = color.NRGBA{R: uint8(n), G: uint8(n / 256 * 40), B: 9, A: 255}
			}
			img.Set(i%100, i/100, c)
		}
		file := filepath.Join(t.TempDir(), "x.png")
		if err := Write(file, img); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		off := 0
		for i := range 100 * 100 {
			want, have := color.RGBAModel.Convert(img.At(i%100, i/100)), color.RGBAModel.Convert(got.At(i%100, i/100))
			if want != have {
				off++
			}
		}
		if many == 3 && off > 0 || off > 2000 {
			t.Errorf("of %d colours: %d pixels are not as they were", many, off)
		}
	}
}
