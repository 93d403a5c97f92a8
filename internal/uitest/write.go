package uitest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"slices"
)

// Write writes a picture in at most 256 colours.
func Write(file string, img image.Image) error {
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted(img)); err != nil {
		return fmt.Errorf("uitest: %w", err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// cut reads a picture back and keeps its left part, so many pixels wide: the rest is the
// window around a narrow page.
func cut(file string, width int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("uitest: %s: %w", file, err)
	}
	r := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, min(width, r.Dx()), r.Dy()))
	draw.Draw(out, out.Bounds(), img, r.Min, draw.Src)
	return Write(file, out)
}

// paletted keeps the 256 most frequent colours; pages have few, and the rest are
// shades at the edges of letters.
func paletted(img image.Image) *image.Paletted {
	count := map[color.RGBA]int{}
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			count[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
		}
	}
	var all []color.RGBA
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return int(a.R)<<16 + int(a.G)<<8 + int(a.B) - int(b.R)<<16 - int(b.G)<<8 - int(b.B)
	})
	var p color.Palette
	for _, c := range all[:min(len(all), 256)] {
		p = append(p, c)
	}
	out := image.NewPaletted(r, p)
	draw.Draw(out, r, img, r.Min, draw.Src)
	return out
}
