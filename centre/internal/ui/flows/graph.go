package flows

import (
	"cmp"
	"math"
	"slices"

	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/wire"
)

const (
	// ring is the radius of the devices round the first one, in units of the drawing; maxRing of
	// them have room.
	ring, maxRing = 110, 16
	centreX       = 200
	centreY       = 150
	textBelow     = 24 // a circle
)

// Graph is how far something went, in words and as a drawing.
type Graph struct {
	State  ui.State // in one sentence
	Groups []Group
	Unseen []string
	Cut    bool
	Nodes  []Node
	Lines  []Line
	First  string // the device that was asked for
	Signs  []string
}

// Group are edges of one certainty.
type Group struct {
	Title, Lead string
	Tone        ui.Tone
	Edges       []Edge
}

// Edge is one, worded.
type Edge struct{ Text, When string }

// Node is a device in the drawing.
type Node struct {
	X, Y  int
	TextY int
	Label string
	Kind  string // "first", "certain", "suspected"
}

// Line joins two.
type Line struct {
	X1, Y1, X2, Y2 int
	Kind           string
}

// graph words an answer.
func graph(v *ui.Visit, s *wire.SpreadAnswer, names map[string]string) *Graph {
	name := func(i int) string { return called(names, s.Devices[i].MAC, s.Devices[i].Device) }
	g := &Graph{Cut: s.Cut, First: name(0), Signs: s.Devices[0].Signs}
	counts := map[wire.Certainty]int{}
	for i := 1; i < len(s.Devices); i++ {
		counts[s.Devices[i].Worst]++
		if s.Devices[i].Worst == wire.Unseen {
			g.Unseen = append(g.Unseen, name(i))
		}
	}
	switch {
	case counts[wire.Certain] > 0:
		g.State = ui.State{Tone: ui.Alarm, Text: v.T("flows.spread_certain", "n", counts[wire.Certain])}
	case counts[wire.Suspected] > 0:
		g.State = ui.State{Tone: ui.Care, Text: v.T("flows.spread_suspected", "n", counts[wire.Suspected])}
	default:
		g.State = ui.State{Tone: ui.Good, Text: v.T("flows.spread_none")}
	}
	for _, c := range []wire.Certainty{wire.Certain, wire.Suspected} {
		group := Group{Title: v.T("flows.certainty_" + string(c)), Lead: v.T("flows.certainty_lead_" + string(c)), Tone: ui.Alarm}
		if c == wire.Suspected {
			group.Tone = ui.Care
		}
		group.Edges = edges(v, s, c, name)
		if len(group.Edges) > 0 {
			g.Groups = append(g.Groups, group)
		}
	}
	g.draw(s, name)
	return g
}

// edges words those of one certainty, the earliest first. A scan is one line however many
// devices were tried.
func edges(v *ui.Visit, s *wire.SpreadAnswer, c wire.Certainty, name func(int) string) (all []Edge) {
	list := slices.Clone(s.Edges)
	slices.SortStableFunc(list, func(a, b wire.SpreadEdge) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.To, b.To)) })
	scanned := map[int]int{}
	for i := range list {
		if list[i].Kind == wire.EdgeScan {
			scanned[list[i].From]++
		}
	}
	for i := range list {
		e := &list[i]
		if e.Certainty != c {
			continue
		}
		text := ""
		switch e.Kind {
		case wire.EdgeScan:
			if scanned[e.From] == 0 {
				continue
			}
			text = v.T("flows.edge_scan", "from", name(e.From), "n", scanned[e.From], "what", e.What)
			scanned[e.From] = 0
		case wire.EdgeSign:
			text = v.T("flows.edge_sign", "to", name(e.To), "what", sign(v, e.What))
		case wire.EdgeDestination:
			text = v.T("flows.edge_destination_"+string(c), "to", name(e.To), "what", e.What)
		case wire.EdgeContact:
			text = v.T("flows.edge_contact_"+string(c), "from", name(e.From), "to", name(e.To), "what", e.What)
		}
		if text != "" {
			all = append(all, Edge{Text: text, When: ja.Short(e.First, v.Texts.Lang())})
		}
	}
	return all
}

// draw places the first device in the middle and those that something leads to around it.
func (g *Graph) draw(s *wire.SpreadAnswer, name func(int) string) {
	place := map[int]Node{0: {X: centreX, Y: centreY, Label: name(0), Kind: "first"}}
	var round []int
	for i := 1; i < len(s.Devices) && len(round) < maxRing; i++ {
		if w := s.Devices[i].Worst; w == wire.Certain || w == wire.Suspected {
			round = append(round, i)
		}
	}
	if len(round) == 0 {
		return
	}
	for n, i := range round {
		angle := 2*math.Pi*float64(n)/float64(len(round)) - math.Pi/2
		place[i] = Node{X: centreX + int(1.4*ring*math.Cos(angle)), Y: centreY + int(ring*math.Sin(angle)), Label: name(i), Kind: string(s.Devices[i].Worst)}
	}
	seen := map[[2]int]bool{}
	for _, c := range []wire.Certainty{wire.Certain, wire.Suspected} {
		for i := range s.Edges {
			e := &s.Edges[i]
			from, a := place[e.From]
			to, b := place[e.To]
			if k := [2]int{e.From, e.To}; e.Certainty == c && a && b && !seen[k] {
				seen[k] = true
				g.Lines = append(g.Lines, Line{from.X, from.Y, to.X, to.Y, string(c)})
			}
		}
	}
	for i, n := range place {
		n.TextY = n.Y + textBelow
		place[i] = n
	}
	g.Nodes = append(g.Nodes, place[0])
	for _, i := range round {
		g.Nodes = append(g.Nodes, place[i])
	}
}
