package match

import (
	"bytes"
	"fmt"
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/match/literal"
	"otasuke/rule"
)

// group holds the patterns of one variant and direction.
type group struct {
	dbs           []*literal.DB // by kind of traffic, nil for no patterns; one for all kinds where they are not told apart
	literal.Owned               // rules, by pattern
	// kin is the group of bodies, if this one is that of files.
	kin *group
}

// db is what is searched in traffic of a kind.
func (g *group) db(kind int) *literal.DB { return g.dbs[min(kind, len(g.dbs)-1)] }

// of are the rules that have a pattern.
func (g *group) of(p uint32) []uint32 { return g.Owners[g.From[p]:g.From[p+1]] }

// bodies are the buffers whose bytes mostly are those of [rule.FileData] too, by direction.
var bodies = [2]rule.Buffer{rule.HTTPResponseBody, rule.HTTPRequestBody}

// databases builds one literal database for each variant and direction, but one for files,
// bodies and the stream that carries them: mostly their bytes are the same and need be
// searched once. The stream has one of its own besides, for when it carries no file. These,
// which have the most bytes, are there for each kind of traffic, with the patterns of the
// rules that can count for it.
func (c *compiler) databases() error {
	s := c.set
	all := make([][2]literal.Collection, len(s.variants))
	file, files := c.variants[variantKey(rule.FileData, nil)]
	divided := func(v uint16) bool { return v == streamVariant || files && v == file }
	var asking []uint32
	for i := range s.rules {
		k := &s.rules[i]
		f := c.fast[i]
		if f == nil {
			continue
		}
		for _, v := range k.places(f.section) {
			for dir, goes := range [2]bool{k.r.ToClient, k.r.ToServer} {
				to := c.together(v, dir)
				if goes {
					all[to][dir].Add(f.pattern, uint32(i))
				}
				if goes && v == streamVariant && to != v {
					all[v][dir].Add(f.pattern, uint32(i))
				}
				if goes && divided(to) {
					asking = append(asking, uint32(i))
				}
			}
		}
	}
	s.gates.Divide(asking)
	var parts []literal.Part
	var full []collected
	for v := range all {
		for dir := range all[v] {
			if all[v][dir].Len() > 0 {
				x := collected{v: v, dir: dir, patterns: &all[v][dir]}
				parts, x.places = s.parts(parts, x.patterns, divided(uint16(v)))
				full = append(full, x)
			}
		}
	}
	var err error
	if s.dbs, err = c.cache.Build(parts, c.processors); err != nil {
		return fmt.Errorf("match: patterns: %w", err)
	}
	for _, x := range full {
		c.groups(&x)
	}
	return nil
}

// collected are the patterns of a variant and direction, and where their databases are, by
// kind of traffic; -1 for none.
type collected struct {
	v, dir   int
	patterns *literal.Collection
	places   []int
}

// narrower is the largest share of patterns that makes a database of their own worth its
// memory.
const narrower = 0.7

// parts adds what databases of patterns are made of: all of them, and those for each kind of
// traffic if they are divided.
func (s *Set) parts(all []literal.Part, patterns *literal.Collection, divided bool) (parts []literal.Part, places []int) {
	first := len(all)
	all, places = append(all, patterns.Whole()), []int{first}
	for kind := 1; divided && kind < s.gates.Kinds(); kind++ {
		p := patterns.Of(func(id uint32) bool { return s.gates.Concerns(id, kind) })
		at := first + slices.IndexFunc(all[first:], func(o literal.Part) bool { return float64(p.Len()) > narrower*float64(o.Len()) && p.Within(o) })
		switch {
		case p.Len() == 0:
			at = -1
		case at < first:
			at, all = len(all), append(all, p)
		}
		places = append(places, at)
	}
	return all, places
}

// together is the variant in whose database the patterns of a variant are.
func (c *compiler) together(v uint16, dir int) uint16 {
	file, ok := c.variants[variantKey(rule.FileData, nil)]
	if x := &c.set.variants[v]; ok && (v == streamVariant || x.buf == bodies[dir] && x.transforms.Empty()) {
		return file
	}
	return v
}

// groups makes the groups of a database: of rules for files, for bodies and for the stream
// where they are together.
func (c *compiler) groups(x *collected) {
	s, v, dir := c.set, x.v, x.dir
	dbs := make([]*literal.DB, len(x.places))
	for kind, at := range x.places {
		if at >= 0 {
			dbs[kind] = s.dbs[at]
		}
	}
	file, together := c.variants[variantKey(rule.FileData, nil)]
	together = together && v == int(file)
	owned := x.patterns.Divided(3, func(id uint32) int {
		switch buf := s.rules[id].sections[c.fast[id].section].buf; {
		case together && buf == rule.BufPayload:
			return 2
		case together && buf == bodies[dir]:
			return 1
		}
		return 0
	})
	g := &group{dbs: dbs, Owned: owned[0]}
	s.addGroup(v, dir, g)
	if !together {
		return
	}
	s.files[dir], s.streams[dir] = g, &group{dbs: dbs, Owned: owned[2]}
	if len(owned[1].Owners) > 0 {
		g.kin = &group{dbs: dbs, Owned: owned[1]}
		s.addGroup(int(c.variants[variantKey(bodies[dir], nil)]), dir, g.kin)
	}
}

// addGroup puts a group in its place.
func (s *Set) addGroup(v, dir int, g *group) {
	s.variants[v].groups[dir] = g
	if b := s.variants[v].buf; v > streamVariant && !slices.Contains(s.byBuffer[b], uint16(v)) {
		s.byBuffer[b] = append(s.byBuffer[b], uint16(v))
	}
}

// scan searches data for the patterns of a variant.
func (s *Set) scan(sc *Scratch, v uint16, dir int, data []byte) {
	g := s.variants[v].groups[dir]
	if g == nil || len(data) == 0 {
		return
	}
	if db := g.db(sc.kind); db != nil {
		sc.found(g, sc.lit.Scan(db, data))
	}
}

// found takes the rules of patterns for candidates.
func (sc *Scratch) found(g *group, patterns []uint32) {
	for _, p := range patterns {
		sc.candidates(g.of(p))
	}
}

// gatherStream searches what is new of the stream, and takes up the rules that were found
// in what is still in the window.
func (s *Set) gatherStream(sc *Scratch, in *Input, dir int) {
	f, end := in.Flow, in.StreamOffset+uint64(len(in.Stream))
	from := seam(f, dir, len(in.Stream), in.StreamNew)
	if a := &sc.ahead; a.of(f, dir, end) && a.kind == sc.kind && a.from <= in.StreamOffset+uint64(from) {
		sc.found(s.streams[dir], a.patterns)
	} else {
		s.scan(sc, streamVariant, dir, in.Stream[from:])
	}
	if f != nil {
		f.recall(sc, dir, in.StreamOffset, end)
	}
	sc.candidates(s.bare[dir][rule.BufStream])
}

// seam is where in a window with so many new bytes the search begins.
func seam(f *FlowState, dir, window, fresh int) int {
	if f == nil || f.crowded[dir] {
		return 0
	}
	return max(0, window-fresh-overlap)
}

// gatherBuffer searches what is new of a value. Rules that were found in what was searched
// before wait with the transaction.
func (s *Set) gatherBuffer(sc *Scratch, in *Input, v *app.Value, dir int) {
	from := max(0, min(v.Searched, len(v.Data))-overlap)
	if sc.anew {
		from = 0
	}
	for _, n := range s.byBuffer[v.Buffer] {
		switch shown := &s.variants[n]; {
		case shown.groups[dir] == nil:
		case !shown.transforms.Empty():
			s.scan(sc, n, dir, s.transformed(sc, n, v.Data))
		case v.Buffer == rule.FileData:
			s.gatherFile(sc, in, v, dir, from)
		case v.Buffer == bodies[dir]:
			s.scan(sc, n, dir, v.Data[max(from, s.known(sc, in, v.Data, dir)):])
		default:
			s.scan(sc, n, dir, v.Data[from:])
		}
	}
	sc.candidates(s.bare[dir][v.Buffer])
}

// gatherFile searches what is new of a file, where that was not done with the stream. Rules
// for bodies that are found wait until the body is shown.
func (s *Set) gatherFile(sc *Scratch, in *Input, v *app.Value, dir, from int) {
	g := s.files[dir]
	var patterns []uint32
	switch f := in.File; {
	case f != nil && !sc.anew && !f.missed && f.epoch == s.epoch && f.kind == sc.kind && f.bytes >= len(v.Data)-v.Searched:
		patterns = f.patterns
	case from < len(v.Data) && g.db(sc.kind) != nil:
		patterns = sc.lit.Scan(g.db(sc.kind), v.Data[from:])
	}
	sc.found(g, patterns)
	if g.kin != nil && in.Tx != nil {
		for _, p := range patterns {
			for _, id := range g.kin.of(p) {
				in.Tx.wait(dir, id)
			}
		}
	}
	if f := in.File; f != nil { // what comes now is searched from here on
		f.patterns, f.bytes, f.missed = f.patterns[:0], 0, false
	}
}

// known is how much of a body was, or now is, searched as a file.
func (s *Set) known(sc *Scratch, in *Input, body []byte, dir int) int {
	if g := s.files[dir]; g == nil || g.kin == nil || sc.anew || in.Tx.crowded[dir] {
		return 0
	}
	for i := range in.Values {
		v := &in.Values[i]
		if v.Buffer != rule.FileData {
			continue
		}
		switch n := min(len(v.Data), len(body)); {
		case !bytes.Equal(v.Data[:n], body[:n]):
			return 0
		case n < len(body):
			return max(0, n-overlap)
		}
		return len(body)
	}
	return 0
}
