package paper

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	_ "image/png" // what is sent are photos and screens

	"codeberg.org/go-pdf/fpdf"
)

const (
	// maxPixels of a photo are decoded: as large as telephones take them. More might fill the memory.
	maxPixels = 50_000_000
	// printPixels are as many as paper shows of a picture's longer side.
	printPixels = 1600
	// printQuality of JPEG, at which letters on photos of screens stay readable.
	printQuality = 80
)

// Picture is a photo (JPEG or PNG) as wide as the text and at most High mm high. What is no picture, or too large for one, leaves the
// words of Else.
type Picture struct {
	Data []byte
	High float64
	Else string
}

func (c Picture) lay(p *Press, w float64) []piece {
	img, size, ok := small(c.Data)
	if !ok {
		return Text{S: c.Else, Style: Small}.lay(p, w)
	}
	wide, high := w, w*float64(size.Y)/float64(size.X)
	if high > c.High {
		wide, high = wide*c.High/high, c.High
	}
	sum := sha256.Sum256(img)
	name := hex.EncodeToString(sum[:])
	return []piece{{h: high, draw: func(pen *pen, x, y float64) {
		options := fpdf.ImageOptions{ImageType: "JPG"}
		pen.RegisterImageOptionsReader(name, options, bytes.NewReader(img))
		pen.ImageOptions(name, x, y, wide, high, false, options, 0, "")
		pen.frame(x, y, wide, high, 0.2, Line)
	}}}
}

// small is a picture made anew, as large as paper needs it: what else was in the file is left behind.
func small(data []byte) (out []byte, size image.Point, ok bool) {
	head, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || head.Width < 1 || head.Height < 1 || head.Width > maxPixels/head.Height {
		return nil, size, false
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, size, false
	}
	from := img.Bounds()
	by := max(1, (max(from.Dx(), from.Dy())+printPixels-1)/printPixels)
	to := image.NewRGBA(image.Rect(0, 0, (from.Dx()+by-1)/by, (from.Dy()+by-1)/by))
	for y := range to.Bounds().Dy() {
		for x := range to.Bounds().Dx() {
			to.Set(x, y, img.At(from.Min.X+x*by, from.Min.Y+y*by))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, onWhite(to), &jpeg.Options{Quality: printQuality}); err != nil {
		return nil, size, false
	}
	return b.Bytes(), to.Bounds().Size(), true
}

// onWhite lays a picture on white: a signature has nothing behind its line.
func onWhite(img *image.RGBA) *image.RGBA {
	for i := 0; i < len(img.Pix); i += 4 {
		rest := 255 - img.Pix[i+3] // colours are multiplied by alpha already
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = img.Pix[i]+rest, img.Pix[i+1]+rest, img.Pix[i+2]+rest, 255
	}
	return img
}
