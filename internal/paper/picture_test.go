package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// A photo is made smaller for paper, whatever its kind; what is none, or would fill the memory, leaves its words.
func TestPictures(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA64(image.Rect(0, 0, 4000, 30)) // 16 bits, which PDF has not
	for x := range 4000 {
		img.Set(x, 3, color.NRGBA64{A: 0x8000})
	}
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, img); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, img, nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"png": asPNG.Bytes(), "jpeg": asJPEG.Bytes()} {
		out, size, ok := small(data)
		if !ok || size != (image.Point{1334, 10}) {
			t.Fatalf("%s: %v, %v", name, ok, size)
		}
		back, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r, _, _, _ := back.At(600, 9).RGBA(); name == "png" && r < 0xf000 {
			t.Errorf("nothing is not white: %x", r)
		}
	}
	huge := bytes.Clone(asPNG.Bytes())
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 × 65536
	for name, data := range map[string][]byte{"nothing": nil, "words": []byte("hello"), "cut off": asPNG.Bytes()[:60], "huge": huge, "only its first bytes": []byte("\xff\xd8\xff\xe0\x00\x10JFIF")} {
		if _, _, ok := small(data); ok {
			t.Errorf("%s is taken for a picture", name)
		}
	}
	press, err := Open(Fonts{})
	if err != nil {
		t.Skip("the fonts of the papers are not installed: ", err)
	}
	pdf, err := press.Print(t.Context(), &Document{Title: "x", Lang: "ja", Pages: []Page{{Blocks: []Block{Picture{Data: asPNG.Bytes(), High: 50}, Picture{Data: huge, High: 50, Else: "写真 1"}, Picture{Data: asPNG.Bytes(), High: 50}}}}})
	if err != nil || !bytes.Contains(pdf, []byte("/DCTDecode")) {
		t.Errorf("%d bytes, %v", len(pdf), err)
	}
}
