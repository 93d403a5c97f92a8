package paper

// Table has a row of headings and rows, cut between rows only. Where it goes on on another page the headings are said again.
type Table struct {
	Head   []string
	Rows   [][]string
	Shares []float64 // of the width
	Right  []bool    // columns that are set to the right: figures
	Style  Style     // of cells; zero is Body
	Lines  int       // of a cell at most; 0 is any number
	Grid   bool      // lines all round: forms
}

// cellPad in mm around a cell's text.
const cellPad = 1.6

func (t Table) lay(p *Press, w float64) []piece {
	n := len(t.Head)
	for _, r := range t.Rows {
		n = max(n, len(r))
	}
	if n == 0 {
		return nil
	}
	if t.Style == (Style{}) {
		t.Style = Body
	}
	widths := shared(t.Shares, n, w)
	var pieces []piece
	var again *piece
	if len(t.Head) > 0 {
		head := t.row(p, t.Head, widths, Style{Bold, t.Style.Size * 0.85, 1.5, InkSoft}, LineStrong)
		head.keep = true
		pieces, again = append(pieces, head), &head
	}
	for _, r := range t.Rows {
		row := t.row(p, r, widths, t.Style, Line)
		if len(pieces) > 1 || again == nil { // the first follows them anyway
			row.again = again
		}
		pieces = append(pieces, row)
	}
	return pieces
}

func (t Table) row(p *Press, cells []string, widths []float64, style Style, line Color) piece {
	laid, most := make([][]piece, len(cells)), 0.0
	for i, s := range cells {
		align := Left
		if i < len(t.Right) && t.Right[i] {
			align = Right
		}
		pad := cellPad
		if !t.Grid && i == len(widths)-1 {
			pad = 0
		}
		laid[i] = fitting(Text{S: s, Style: style, Align: align, Lines: t.Lines}.lay(p, widths[i]-pad-t.indent()))
		most = max(most, height(laid[i]))
	}
	h := min(most+2*cellPad, Height)
	return piece{h: h, draw: func(pen *pen, x, y float64) {
		total := 0.0
		for i, w := range widths {
			if i < len(laid) {
				pen.stack(laid[i], x+total+t.indent(), y+cellPad)
			}
			if t.Grid {
				pen.frame(x+total, y, w, h, 0.2, LineStrong)
			}
			total += w
		}
		if !t.Grid {
			pen.fill(x, y+h-0.2, total, 0.2, line)
		}
	}}
}

func (t Table) indent() float64 {
	if t.Grid {
		return cellPad
	}
	return 0
}
