package paper

import "otasuke/internal/qr"

// Seals is a row of boxes at the right for seals (印), each with a word above.
type Seals struct {
	Labels []string
	Mark   string // faint in each box, "印"; "" is none
}

func (s Seals) lay(p *Press, w float64) []piece {
	const side, head = 20.0, 6.0
	labels := make([][]piece, len(s.Labels))
	for i, l := range s.Labels {
		labels[i] = Text{S: l, Style: Style{Sans, 8, 1.5, Ink}, Align: Center, Lines: 1}.lay(p, side)
	}
	mark := Text{S: s.Mark, Style: Style{Serif, 12, 1.4, LineStrong}, Align: Center, Lines: 1}.lay(p, side)
	return []piece{{h: head + side, draw: func(pen *pen, x, y float64) {
		x += w - side*float64(len(labels))
		for i, l := range labels {
			left := x + float64(i)*side
			pen.frame(left, y, side, head, 0.3, LineStrong)
			pen.frame(left, y+head, side, side, 0.3, LineStrong)
			pen.stack(l, left, y+(head-height(l))/2)
			if s.Mark != "" {
				pen.stack(mark, left, y+head+(side-height(mark))/2)
			}
		}
	}}}
}

// Tick is a small box, with a tick in it or without.
type Tick struct{ On bool }

func (k Tick) lay(p *Press, _ float64) []piece {
	const side = 3.6
	sign := Text{S: "✓", Style: Style{Bold, 10, 1, Ink}}.lay(p, side)
	return []piece{{h: side + 1, draw: func(pen *pen, x, y float64) {
		pen.frame(x, y+1, side, side, 0.25, Ink)
		if k.On {
			pen.stack(sign, x+0.2, y+0.9)
		}
	}}}
}

// QR is a QR code with its white border, Side mm wide. A text that is too long for one leaves
// the words themselves, which can be typed.
type QR struct {
	Text string
	Side float64
}

func (q QR) lay(p *Press, w float64) []piece {
	code, err := qr.Encode(q.Text)
	if err != nil {
		return Text{S: q.Text, Style: Small}.lay(p, w)
	}
	return []piece{{h: q.Side, draw: func(pen *pen, x, y float64) {
		pen.fill(x, y, q.Side, q.Side, White)
		m := q.Side / float64(code.Side())
		quiet := float64(code.Side()-code.Size) / 2
		for row := range code.Size {
			for col := 0; col < code.Size; col++ {
				n := 0
				for code.Black(col+n, row) {
					n++
				}
				if n > 0 {
					// A hair higher than a module, so that no viewer shows seams between rows.
					pen.fill(x+(quiet+float64(col))*m, y+(quiet+float64(row))*m, float64(n)*m, m*1.02, Ink)
					col += n
				}
			}
		}
	}}}
}
