package paper

// Bar is a row with a bar under it.
type Bar struct {
	Label, Note string
	Share       float64 // of the longest, 0 to 1
}

// Bars compare amounts: the words above, so that long names have room.
type Bars []Bar

func (b Bars) lay(p *Press, w float64) (pieces []piece) {
	const thick, under = 1.5, 1.7
	for _, one := range b {
		words := Columns{Shares: []float64{3, 2}, Gap: 4, Middle: true, Cells: [][]Block{
			{Text{S: one.Label, Lines: 1}}, {Text{S: one.Note, Style: Small, Align: Right, Lines: 1}},
		}}.lay(p, w)
		h := height(words)
		pieces = append(pieces, piece{h: h + thick + under, draw: func(pen *pen, x, y float64) {
			pen.stack(words, x, y)
			pen.fill(x, y+h, w, thick, Shade)
			pen.fill(x, y+h, max(w*clamp(one.Share), 0.4), thick, Key)
		}})
	}
	return pieces
}

// Step of a funnel.
type Step struct{ Label, Figure string }

// Funnel is steps that become fewer. Widths are a form and no scale: figures are a million to
// one. The last step is the reader's own.
type Funnel []Step

var funnelWidths = [...]float64{1, 0.62, 0.4, 0.22}

func (f Funnel) lay(p *Press, w float64) (pieces []piece) {
	const high, gap = 10.5, 1.4
	left, right := w*0.28, w*0.2
	for i, step := range f {
		middle := w - left - right
		part := middle * funnelWidths[min(i, len(funnelWidths)-1)]
		color := mix(Key, White, []float64{0.25, 0.5, 1, 1}[min(i, 3)])
		if i == len(f)-1 {
			color = Care
		}
		label := Text{S: step.Label, Lines: 2, Style: Style{Sans, 9.5, 1.35, Ink}}.lay(p, left-3)
		figure := Text{S: step.Figure, Lines: 1, Align: Right, Style: Style{Serif, 16, 1.3, Ink}}.lay(p, right)
		pieces = append(pieces, piece{h: high + gap, keep: i < len(f)-1, draw: func(pen *pen, x, y float64) {
			pen.stack(label, x, y+(high-height(label))/2)
			pen.fill(x+left+(middle-part)/2, y, part, high, color)
			pen.stack(figure, x+w-right, y+(high-height(figure))/2)
		}})
	}
	return pieces
}

// Days is a chart of columns, one a day.
type Days struct {
	Values      []int
	First, Last string // under the axis
	Most        string // beside the highest
}

func (d Days) lay(p *Press, w float64) []piece {
	const high = 30.0
	most := 1
	for _, v := range d.Values {
		most = max(most, v)
	}
	top := Text{S: d.Most, Style: Small, Align: Right, Lines: 1}.lay(p, w)
	foot := Columns{Cells: [][]Block{{Text{S: d.First, Style: Small, Lines: 1}}, {Text{S: d.Last, Style: Small, Align: Right, Lines: 1}}}}.lay(p, w)
	return []piece{{h: high + height(top) + height(foot) + 1, draw: func(pen *pen, x, y float64) {
		pen.stack(top, x, y)
		base := y + height(top) + high
		step := w / float64(max(len(d.Values), 1))
		for i, v := range d.Values {
			h := high * float64(max(v, 0)) / float64(most)
			pen.fill(x+float64(i)*step+step*0.12, base-h, step*0.76, h, Key)
		}
		pen.fill(x, base, w, 0.3, LineStrong)
		pen.stack(foot, x, base+1)
	}}}
}

// Scale shows where one stands among others, each from 0 to 1 of the line: a band, its middle,
// and one's own place. The words name them.
type Scale struct {
	Low, Middle, High, Own          float64
	OwnWord, MiddleWord, BandedWord string
}

func (s Scale) lay(p *Press, w float64) []piece {
	const high = 9.0
	marks := [...]struct {
		word  string
		color Color
		wide  float64
	}{{s.OwnWord, Key, 1.6}, {s.MiddleWord, InkSoft, 0.7}, {s.BandedWord, Line, 5}}
	var words [len(marks)][]piece
	for i, m := range marks {
		words[i] = Text{S: m.word, Style: Small, Lines: 1}.lay(p, w/3-8)
	}
	key := height(words[0])
	return []piece{{h: high + 2 + key, draw: func(pen *pen, x, y float64) {
		at := func(v float64) float64 { return x + w*clamp(v) }
		pen.fill(x, y+high/2-0.2, w, 0.4, LineStrong)
		pen.fill(at(s.Low), y+high*0.25, max(at(s.High)-at(s.Low), 1), high/2, Line)
		pen.fill(at(s.Middle)-0.35, y+high*0.15, 0.7, high*0.7, InkSoft)
		pen.fill(at(s.Own)-0.8, y, 1.6, high, Key)
		for i, m := range marks {
			left := x + float64(i)*w/3
			pen.fill(left+(5-m.wide)/2, y+high+2+key/2-1.5, m.wide, 3, m.color)
			pen.stack(words[i], left+7, y+high+2)
		}
	}}}
}

func clamp(v float64) float64 {
	if !(v > 0) { // NaN as well
		return 0
	}
	return min(v, 1)
}
