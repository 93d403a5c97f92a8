package literal

import "slices"

// automaton is an Aho-Corasick machine over lower-case bytes. States have
// their edges in one sorted run; the root, where most bytes of ordinary
// traffic end up, has a full table.
type automaton struct {
	patterns int
	root     [256]uint32
	states   []state
	edges    []edge   // of all states, those of one state side by side
	outputs  []uint32 // pattern numbers, those of one state side by side
}

type state struct {
	edge, edgeEnd uint32
	out, outEnd   uint32
	fail          uint32
	also          uint32 // next state on the failure path with outputs, 0 for none
}

type edge struct {
	to uint32
	b  byte
}

// node is a state while the machine is built.
type node struct {
	next map[byte]uint32
	out  []uint32
}

func newAutomaton(patterns []Pattern) *automaton {
	nodes := []node{{next: map[byte]uint32{}}}
	for id, p := range patterns {
		at := uint32(0)
		for _, c := range p.Bytes {
			c = Lower[c]
			to, ok := nodes[at].next[c]
			if !ok {
				to = uint32(len(nodes))
				nodes = append(nodes, node{})
				if nodes[at].next == nil {
					nodes[at].next = map[byte]uint32{}
				}
				nodes[at].next[c] = to
			}
			at = to
		}
		nodes[at].out = append(nodes[at].out, uint32(id))
	}
	a := &automaton{patterns: len(patterns)}
	a.lay(nodes)
	a.link()
	return a
}

// lay writes the nodes into flat arrays.
func (a *automaton) lay(nodes []node) {
	a.states = make([]state, len(nodes))
	for i, n := range nodes {
		s := &a.states[i]
		s.edge, s.out = uint32(len(a.edges)), uint32(len(a.outputs))
		for b, to := range n.next {
			a.edges = append(a.edges, edge{to, b})
		}
		slices.SortFunc(a.edges[s.edge:], func(x, y edge) int { return int(x.b) - int(y.b) })
		a.outputs = append(a.outputs, n.out...)
		s.edgeEnd, s.outEnd = uint32(len(a.edges)), uint32(len(a.outputs))
	}
	for _, e := range a.edges[a.states[0].edge:a.states[0].edgeEnd] {
		a.root[e.b] = e.to
	}
}

// link sets where to go on when no edge fits, by breadth.
func (a *automaton) link() {
	queue := []uint32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range a.edges[a.states[at].edge:a.states[at].edgeEnd] {
			to := &a.states[e.to]
			if at != 0 {
				to.fail = a.step(a.states[at].fail, e.b)
			}
			f := a.states[to.fail]
			if to.also = f.also; f.out < f.outEnd {
				to.also = to.fail
			}
			queue = append(queue, e.to)
		}
	}
}

// step follows byte b from a state.
func (a *automaton) step(at uint32, b byte) uint32 {
	for at != 0 {
		s := &a.states[at]
		for _, e := range a.edges[s.edge:s.edgeEnd] {
			if e.b >= b {
				if e.b == b {
					return e.to
				}
				break
			}
		}
		at = s.fail
	}
	return a.root[b]
}

// marks remember which patterns a scan has reported.
type marks struct {
	seen  []uint32 // number of the last scan that reported the pattern
	scan  uint32
	found []uint32
}

func newMarks(most int) marks {
	return marks{seen: make([]uint32, most), found: make([]uint32, 0, most)}
}

func (a *automaton) scan(m *marks, data []byte) []uint32 {
	if m.scan++; m.scan == 0 { // the counter went round
		clear(m.seen)
		m.scan = 1
	}
	m.found = m.found[:0]
	at := uint32(0)
	for _, c := range data {
		at = a.step(at, Lower[c])
		for o := at; o != 0; o = a.states[o].also {
			s := &a.states[o]
			for _, id := range a.outputs[s.out:s.outEnd] {
				if m.seen[id] != m.scan {
					m.seen[id] = m.scan
					m.found = append(m.found, id)
				}
			}
		}
	}
	return m.found
}

func (a *automaton) size() int {
	return len(a.states)*24 + len(a.edges)*8 + len(a.outputs)*4 + len(a.root)*4
}
