package paper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Errors of this package.
var (
	ErrFont    = errors.New("paper: font")
	ErrTooLong = errors.New("paper: too long")
)

// Fonts names the files of the three faces: TrueType outlines, Japanese.
type Fonts struct {
	Sans  string `toml:"sans"`
	Bold  string `toml:"bold"`
	Serif string `toml:"serif"`
}

// Debian is where the packages fonts-morisawa-bizud-gothic and -mincho put them.
var Debian = Fonts{
	Sans:  "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
	Bold:  "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Bold.ttf",
	Serif: "/usr/share/fonts/truetype/bizud-mincho/BIZUDPMincho-Regular.ttf",
}

// maxFont in bytes bounds a font file; Japanese ones have up to 20 MB.
const maxFont = 32 << 20

// Face is one of the fonts.
type Face uint8

// The faces.
const (
	Sans Face = iota
	Bold
	Serif
	faces
)

var familyNames = [faces]string{"sans", "bold", "serif"}

// face is a font that was read.
type face struct {
	bytes []byte
	// widths of the characters of the basic plane in thousandths of the size, -1 where there is
	// no glyph. The PDF writer knows only that plane.
	widths [1 << 16]int16
}

// has tells whether the font can show a character.
func (f *face) has(r rune) bool { return r >= 0 && int(r) < len(f.widths) && f.widths[r] >= 0 }

// Press prints documents. It is safe for concurrent use.
type Press struct {
	faces [faces]*face
	turns chan struct{}
}

// atOnce bounds how many documents are printed at a time: each takes a processor for 50 ms and 40 MB.
const atOnce = 2

// Open reads the fonts; empty names are those of Debian. An error is [ErrFont] and says which
// package to install.
func Open(names Fonts) (*Press, error) {
	p := &Press{turns: make(chan struct{}, atOnce)}
	names = Fonts{cmp.Or(names.Sans, Debian.Sans), cmp.Or(names.Bold, Debian.Bold), cmp.Or(names.Serif, Debian.Serif)}
	for i, one := range [faces]struct{ name, pack string }{
		{names.Sans, "fonts-morisawa-bizud-gothic"}, {names.Bold, "fonts-morisawa-bizud-gothic"}, {names.Serif, "fonts-morisawa-bizud-mincho"},
	} {
		f, err := open(one.name)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s is not there: install the Debian package %s, or name another TrueType font", ErrFont, one.name, one.pack)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrFont, one.name, err)
		}
		p.faces[i] = f
	}
	if err := p.try(); err != nil {
		return nil, fmt.Errorf("%w: %s, %s or %s cannot be used: %w", ErrFont, names.Sans, names.Bold, names.Serif, err)
	}
	return p, nil
}

// try prints a page with each face: the writer of the PDF reads fonts by itself, and is not gentle
// about those that it does not understand.
func (p *Press) try() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	d := &Document{Pages: []Page{{}}}
	for i := range p.faces {
		d.Pages[0].Blocks = append(d.Pages[0].Blocks, Text{S: "あA", Style: Style{Face: Face(i), Size: 10, Lead: 1.5}})
	}
	_, err = p.Print(context.Background(), d)
	return err
}

func open(name string) (*face, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFont {
		return nil, fmt.Errorf("%d bytes are too many", info.Size())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parse(b)
}

// outlines is how a font with TrueType outlines begins; others cannot be cut to used glyphs here.
var outlines = [2]string{"\x00\x01\x00\x00", "true"}

func parse(b []byte) (*face, error) {
	if len(b) < 4 || string(b[:4]) != outlines[0] && string(b[:4]) != outlines[1] {
		return nil, errors.New("no TrueType outlines: collections and OpenType fonts with CFF outlines do not serve")
	}
	parsed, err := sfnt.Parse(b)
	if err != nil {
		return nil, err
	}
	f := &face{bytes: b}
	var buf sfnt.Buffer
	for r := range f.widths {
		f.widths[r] = -1
		glyph, err := parsed.GlyphIndex(&buf, rune(r))
		if err != nil || glyph == 0 {
			continue
		}
		// At a size of 1000 the advance is in thousandths; 26.6 fixed point.
		if w, err := parsed.GlyphAdvance(&buf, glyph, fixed.I(1000), font.HintingNone); err == nil {
			f.widths[r] = int16(min(w.Round(), 1<<15-1))
		}
	}
	if !f.has('あ') || !f.has('A') || !f.has(missing) {
		return nil, errors.New("no Japanese font")
	}
	return f, nil
}
