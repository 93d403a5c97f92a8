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
// shades at the edges of letters. Most pixels are as the one before them.
func paletted(img image.Image) *image.Paletted {
	r := img.Bounds()
	flat := image.NewRGBA(r)
	draw.Draw(flat, r, img, r.Min, draw.Src)
	at := func(i int) color.RGBA {
		return color.RGBA{R: flat.Pix[i], G: flat.Pix[i+1], B: flat.Pix[i+2], A: flat.Pix[i+3]}
	}
	count, last, run := map[color.RGBA]int{}, color.RGBA{}, 0
	for i := 0; i < len(flat.Pix); i += 4 {
		if c := at(i); c != last {
			count[last] += run
			last, run = c, 0
		}
		run++
	}
	count[last] += run
	var all []color.RGBA
	for c, n := range count {
		if n > 0 {
			all = append(all, c)
		}
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
	out, nearest := image.NewPaletted(r, p), map[color.RGBA]uint8{}
	for i, index := 0, uint8(0); i < len(flat.Pix); i += 4 {
		if c := at(i); i == 0 || c != last {
			known := false
			if index, known = nearest[c]; !known {
				index = uint8(p.Index(c)) // of 256 at most
				nearest[c] = index
			}
			last = c
		}
		out.Pix[i/4] = index
	}
	return out
}
