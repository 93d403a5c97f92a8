package printed

import (
	"strings"

	"otasuke/centre/internal/news"
	"otasuke/centre/internal/news/words"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// Board is a piece for the notice board.
func Board(p *news.Piece, provider, phone string, t text.Texts) *paper.Document {
	title, body := p.In(t.Lang())
	made := p.Out
	if made.IsZero() {
		made = p.Moved
	}
	big := paper.Body.Sized(16)
	blocks := []paper.Block{paper.Text{S: t.T("news.kind_" + string(p.Kind)), Style: paper.Strong.Sized(12).Colored(paper.Key)}, paper.Gap(1), paper.Text{S: title, Style: paper.Title.Sized(30), Even: true, Mark: true}, paper.Gap(4)}
	for _, b := range words.Blocks(body) {
		for i, l := range b.Lines {
			var s strings.Builder
			for _, one := range l {
				s.WriteString(one.Text)
			}
			switch b.Kind {
			case words.Heading:
				blocks = append(blocks, paper.Gap(2), paper.Text{S: s.String(), Style: paper.Head, Mark: true})
			case words.List:
				blocks = append(blocks, paper.Text{S: "・" + s.String(), Style: big})
			default:
				if i == 0 {
					blocks = append(blocks, paper.Gap(2))
				}
				blocks = append(blocks, paper.Text{S: s.String(), Style: big})
			}
		}
	}
	if p.Meeting != nil {
		var facts []paper.Block
		for _, f := range p.Meeting.Facts(t) {
			facts = append(facts, paper.Text{S: f.Label, Style: paper.Small}, paper.Text{S: f.Value, Style: paper.Strong.Sized(13)}, paper.Gap(1))
		}
		blocks = append(blocks, paper.Gap(5), paper.Box{Border: paper.Key, Thick: 0.6, Pad: 5, Blocks: facts})
	}
	blocks = append(blocks, paper.Gap(8), paper.Text{S: t.T("news.board_call", "phone", phone), Style: paper.Body.Sized(12)}, paper.Text{S: provider + "  " + ja.Date(made, t.Lang()), Style: paper.Small})
	return &paper.Document{Title: title, Author: provider, Lang: t.Lang(), Made: made, Pages: []paper.Page{{Bare: true, Band: paper.Key, Blocks: blocks}}}
}
