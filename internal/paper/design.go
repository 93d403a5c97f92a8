package paper

// Color is 0xRRGGBB.
type Color uint32

// The colours of the pages (centre/internal/ui/assets/tokens.css): on paper the sheet is white.
const (
	Ink        Color = 0x1f2426
	InkSoft    Color = 0x50585c
	Shade      Color = 0xefece3
	Line       Color = 0xdad6ca
	LineStrong Color = 0x80868a
	Key        Color = 0x12506b
	KeyFaint   Color = 0xeaf2f5
	Care       Color = 0x805300
	CareFaint  Color = 0xfbf3df
	White      Color = 0xffffff
)

// mix of two colours, of the first so much of 1.
func mix(a, b Color, part float64) Color {
	one := func(shift uint) Color {
		x, y := float64(a>>shift&0xff), float64(b>>shift&0xff)
		return Color(x*part+y*(1-part)+0.5) << shift
	}
	return one(16) | one(8) | one(0)
}

// point in mm.
const point = 25.4 / 72

// The sheet and its margins.
const (
	sheetWidth, sheetHeight = 210.0, 297.0
	marginX, marginTop      = 20.0, 18.0
	marginBottom            = 20.0
	// Width between the margins, and Height of a whole page's content.
	Width, Height = sheetWidth - 2*marginX, sheetHeight - marginTop - marginBottom
)

// Style of a text.
type Style struct {
	Face  Face
	Size  float64 // points
	Lead  float64 // distance of lines, of the size
	Color Color   // 0 is Ink
}

// The usual styles.
var (
	Title  = Style{Serif, 21, 1.4, Ink}
	Head   = Style{Serif, 14, 1.5, Ink}
	Sub    = Style{Bold, 10, 1.6, Ink}
	Letter = Style{Serif, 12.5, 1.85, Ink}
	Body   = Style{Sans, 10, 1.75, Ink}
	Strong = Style{Bold, 10, 1.75, Ink}
	Small  = Style{Sans, 8.5, 1.65, InkSoft}
)

// Colored is the style in another colour.
func (s Style) Colored(c Color) Style { s.Color = c; return s }

// Sized is the style in another size.
func (s Style) Sized(points float64) Style { s.Size = points; return s }
