package paper

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// MaxSheets of one document; the longest that we make, a claim file, has a few dozen.
const MaxSheets = 200

// Document is what is printed.
type Document struct {
	Title, Author string
	Lang          string    // "ja", "en"
	Made          time.Time // the document's date; the only one in the file
	Foot          string    // small, at the left under each page
	Pages         []Page
}

// Page begins on a new sheet; what does not fit goes on to the next.
type Page struct {
	Blocks []Block
	Bare   bool // without foot and number: a page that hangs by itself
	Band   Color
}

// sheet is what one side of paper carries.
type sheet struct {
	of    *Page
	parts []placed
}

type placed struct {
	piece
	y float64
}

// Print makes the PDF. It waits for its turn until ctx ends.
func (p *Press) Print(ctx context.Context, d *Document) ([]byte, error) {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turns }()
	sheets, err := p.fill(d)
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCatalogSort(true) // the same bytes each time
	f.SetCreationDate(d.Made.UTC())
	f.SetModificationDate(d.Made.UTC())
	f.SetLang(lang(d.Lang))
	f.SetTitle(clean(d.Title, p.faces[Sans]), true)
	f.SetAuthor(clean(d.Author, p.faces[Sans]), true)
	f.SetProducer("Otasuke", true)
	for i, face := range p.faces {
		f.AddUTF8FontFromBytes(familyNames[i], "", face.bytes)
	}
	pen := &pen{Fpdf: f}
	for i, s := range sheets {
		f.AddPage()
		if s.of.Band != 0 {
			pen.fill(0, 0, sheetWidth, 7, s.of.Band)
		}
		for _, part := range s.parts {
			part.draw(pen, marginX, part.y)
		}
		if !s.of.Bare {
			p.foot(pen, d.Foot, i+1, len(sheets))
		}
	}
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return out.Bytes(), nil
}

// lang keeps a language's code from being more than that.
func lang(code string) string {
	if code == "en" {
		return "en"
	}
	return "ja"
}

// fill divides the pages into sheets.
func (p *Press) fill(d *Document) (sheets []sheet, err error) {
	for i := range d.Pages {
		page := &d.Pages[i]
		here, y := sheet{of: page}, marginTop
		all := layAll(p, page.Blocks, Width)
		for len(all) > 0 {
			n := 1 // pieces that stay together
			for n < len(all) && all[n-1].keep {
				n++
			}
			if height(all[:n]) > Height {
				n = 1
			}
			if y+height(all[:n]) > sheetHeight-marginBottom+slack && len(here.parts) > 0 {
				if sheets = append(sheets, here); len(sheets) >= MaxSheets {
					return nil, fmt.Errorf("%w: more than %d pages", ErrTooLong, MaxSheets)
				}
				here, y = sheet{of: page}, marginTop
				if head := all[0].again; head != nil && head.h+height(all[:n]) <= Height {
					here.parts = append(here.parts, placed{*head, y})
					y += head.h
				}
			}
			if len(here.parts) > 0 || !all[0].space {
				for _, one := range all[:n] {
					here.parts = append(here.parts, placed{one, y})
					y += one.h
				}
			}
			all = all[n:]
		}
		sheets = append(sheets, here)
	}
	return sheets, nil
}

func (p *Press) foot(pen *pen, left string, n, of int) {
	y := sheetHeight - marginBottom + 6
	style := Small.Sized(8)
	pen.stack(Columns{Shares: []float64{5, 1}, Cells: [][]Block{
		{Text{S: left, Style: style, Lines: 1}}, {Text{S: fmt.Sprintf("%d / %d", n, of), Style: style, Align: Right, Lines: 1}},
	}}.lay(p, Width), marginX, y)
}

// pen draws on a sheet.
type pen struct{ *fpdf.Fpdf }

func (p *pen) stack(all []piece, x, y float64) {
	for _, one := range all {
		one.draw(p, x, y)
		y += one.h
	}
}

// ascent of the em box of Japanese fonts.
const ascent = 0.88

// text sets a line whose top is y.
func (p *pen) text(x, y float64, s string, style Style) {
	if s == "" {
		return
	}
	c := either(style.Color, Ink)
	p.SetFont(familyNames[style.Face], "", style.Size)
	p.SetTextColor(int(c>>16&0xff), int(c>>8&0xff), int(c&0xff))
	em := style.Size * point
	p.Text(x, y+em*(style.Lead-1)/2+em*ascent, s)
}

func (p *pen) fill(x, y, w, h float64, c Color) {
	p.SetFillColor(int(c>>16&0xff), int(c>>8&0xff), int(c&0xff))
	p.Rect(x, y, w, h, "F")
}

func (p *pen) frame(x, y, w, h, thick float64, c Color) {
	p.SetDrawColor(int(c>>16&0xff), int(c>>8&0xff), int(c&0xff))
	p.SetLineWidth(max(thick, 0.1))
	p.Rect(x, y, w, h, "D")
}
