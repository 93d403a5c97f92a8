package paper

// Block is a part of a page, from the top down.
type Block interface {
	// lay cuts the block into pieces for a width.
	lay(p *Press, w float64) []piece
}

// piece is what is never cut at the end of a page.
type piece struct {
	h     float64
	keep  bool // stays with the next
	space bool // nothing to see: left out at the top of a page
	draw  func(p *pen, x, y float64)
	again *piece // said before it when it is the first of a page: a table's headings
}

// Align of a text in its width.
type Align uint8

// Ways to align.
const (
	Left Align = iota
	Center
	Right
)

// Text is a paragraph, or more with line feeds between.
type Text struct {
	S     string
	Style Style // the zero value is Body
	Align Align
	Lines int    // at most so many; 0 is any number
	Mark  bool   // a heading: in the document's outline, and never alone at a page's end
	Even  bool   // as few lines, broken where the sense breaks: for short texts in large type
	URL   string // where it leads
}

func (t Text) lay(p *Press, w float64) []piece {
	if t.Style == (Style{}) {
		t.Style = Body
	}
	f, size := p.faces[t.Style.Face], t.Style.Size
	s := clean(t.S, f)
	lines := f.lines(s, size, w)
	if t.Even {
		lines = f.even(s, lines, size, w)
	}
	lines = f.cut(lines, t.Lines, size, w)
	pieces := make([]piece, 0, len(lines))
	for i, line := range lines {
		x := 0.0
		switch free := w - f.width(line, size); t.Align {
		case Center:
			x = free / 2
		case Right:
			x = free
		}
		pieces = append(pieces, piece{
			h: size * point * t.Style.Lead, keep: t.Mark || len(lines) > 1 && (i == 0 || i == len(lines)-2), // no line alone
			draw: func(pen *pen, left, top float64) {
				pen.text(left+x, top, line, t.Style)
				if t.URL != "" {
					pen.LinkString(left+x, top, f.width(line, size), size*point*t.Style.Lead, t.URL)
				}
				if t.Mark && i == 0 {
					pen.Bookmark(line, 0, top)
				}
			},
		})
	}
	return pieces
}

// Gap is empty, so many mm high.
type Gap float64

func (g Gap) lay(*Press, float64) []piece {
	return []piece{{h: float64(g), space: true, draw: func(*pen, float64, float64) {}}}
}

// Rule is a line across.
type Rule struct {
	Color  Color // 0 is Line
	Double bool
}

func (r Rule) lay(_ *Press, w float64) []piece {
	c, h := either(r.Color, Line), 0.3
	if r.Double {
		h = 1.2
	}
	return []piece{{h: h, draw: func(p *pen, x, y float64) {
		p.fill(x, y, w, 0.3, c)
		if r.Double {
			p.fill(x, y+0.8, w, 0.3, c)
		}
	}}}
}

// Box holds blocks. One that fits a page is never cut.
type Box struct {
	Fill, Border Color   // 0 is none
	Thick        float64 // of the border
	Bar          Color   // a broad line at the left
	Pad          float64
	Blocks       []Block
}

func (b Box) lay(p *Press, w float64) []piece {
	inner := layAll(p, b.Blocks, w-2*b.Pad)
	total := height(inner) + 2*b.Pad
	if total <= Height {
		return []piece{{h: total, draw: func(pen *pen, x, y float64) {
			b.ground(pen, x, y, w, total)
			if b.Border != 0 {
				pen.frame(x, y, w, total, b.Thick, b.Border)
			}
			pen.stack(inner, x+b.Pad, y+b.Pad)
		}}}
	}
	// Too high: its parts one under the other, without a border across pages.
	pieces := make([]piece, 0, len(inner))
	for _, one := range inner {
		pieces = append(pieces, b.part(&one, w))
	}
	return pieces
}

// part of a box that is cut.
func (b Box) part(one *piece, w float64) piece {
	x := piece{h: one.h, keep: one.keep, draw: func(pen *pen, x, y float64) {
		b.ground(pen, x, y, w, one.h)
		one.draw(pen, x+b.Pad, y)
	}}
	if one.again != nil {
		again := b.part(one.again, w)
		x.again = &again
	}
	return x
}

func (b Box) ground(pen *pen, x, y, w, h float64) {
	if b.Fill != 0 {
		pen.fill(x, y, w, h, b.Fill)
	}
	if b.Bar != 0 {
		pen.fill(x, y, 1.4, h, b.Bar)
	}
}

// Columns stand side by side and are not cut.
type Columns struct {
	Shares []float64 // of the width; equal ones when empty
	Gap    float64
	Cells  [][]Block
	Middle bool // on one line through their middles, not at the top
}

func (c Columns) lay(p *Press, w float64) []piece {
	if len(c.Cells) == 0 {
		return nil
	}
	widths := shared(c.Shares, len(c.Cells), w-c.Gap*float64(len(c.Cells)-1))
	cells, most := make([][]piece, len(c.Cells)), 0.0
	for i, blocks := range c.Cells {
		cells[i] = fitting(layAll(p, blocks, widths[i]))
		most = max(most, height(cells[i]))
	}
	return []piece{{h: most, draw: func(pen *pen, x, y float64) {
		for i, cell := range cells {
			top := y
			if c.Middle {
				top += (most - height(cell)) / 2
			}
			pen.stack(cell, x, top)
			x += widths[i] + c.Gap
		}
	}}}
}

// shared cuts a width into n parts.
func shared(shares []float64, n int, w float64) []float64 {
	widths, sum := make([]float64, n), 0.0
	for i := range widths {
		widths[i] = 1
		if i < len(shares) {
			widths[i] = shares[i]
		}
		sum += widths[i]
	}
	for i := range widths {
		widths[i] *= w / sum
	}
	return widths
}

func layAll(p *Press, blocks []Block, w float64) (all []piece) {
	for _, b := range blocks {
		all = append(all, b.lay(p, w)...)
	}
	return all
}

// fitting leaves out what a page has no room for.
func fitting(all []piece) []piece {
	h := 0.0
	for i, one := range all {
		if h += one.h; h > Height {
			return all[:i]
		}
	}
	return all
}

func height(all []piece) (h float64) {
	for _, one := range all {
		h += one.h
	}
	return h
}

func either(c, usual Color) Color {
	if c == 0 {
		return usual
	}
	return c
}
