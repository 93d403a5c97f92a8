package match

import "slices"

// maxAhead bounds the patterns that are kept of a file's bytes until it is judged: with more
// of them it is searched again.
const maxAhead = 256

// ahead is what was found in the stream before it is inspected, by the patterns' numbers.
type ahead struct {
	flow      *FlowState // nil for nothing
	dir       int
	from, end uint64 // places in the stream
	patterns  []uint32
}

// of tells that it is about the window of a flow that ends there.
func (a *ahead) of(f *FlowState, dir int, end uint64) bool {
	return a.flow != nil && a.flow == f && a.dir == dir && a.end == end
}

// Stream is what [Set.Ahead] searches: a window as in [Input], before it is inspected.
type Stream struct {
	Flow     *FlowState
	ToServer bool
	Window   []byte
	New      int
	Offset   uint64
}

// File remembers what was found in the stream of bytes that are a file's, from one judgement
// of it to the next. Its zero value is ready; it must not be used by two goroutines at once.
type File struct {
	epoch    uint64
	next     uint64 // place in the stream where more of it is expected
	bytes    int    // of the file, since it was judged
	missed   bool   // not all of them were searched
	patterns []uint32
}

// NewBytes forgets what was searched ahead: other bytes are at hand.
func (sc *Scratch) NewBytes() { sc.ahead.flow = nil }

// Ahead searches the new bytes of a stream for a file whose next n bytes they have at the
// place at of the stream, as they are; begins tells that those are its first. When the stream
// is inspected it is not searched again.
func (s *Set) Ahead(sc *Scratch, st *Stream, f *File, at uint64, n int, begins bool) {
	dir := direction(st.ToServer)
	if s.files[dir] == nil {
		f.Miss()
		return
	}
	if f.epoch != s.epoch {
		f.missed = f.missed || f.bytes > 0
		f.epoch, f.patterns = s.epoch, f.patterns[:0]
	}
	a, end := &sc.ahead, st.Offset+uint64(len(st.Window))
	if !a.of(st.Flow, dir, end) {
		from := 0
		if st.Flow.epoch == s.epoch {
			from = seam(st.Flow, dir, len(st.Window), st.New)
		}
		a.flow, a.dir, a.from, a.end = st.Flow, dir, st.Offset+uint64(from), end
		a.patterns = append(a.patterns[:0], sc.lit.Scan(s.files[dir].db, st.Window[from:])...)
	}
	whole := begins || at == f.next && (a.from == 0 || a.from+overlap <= at)
	f.missed = f.missed || !whole
	f.next = at + uint64(n)
	f.bytes += n
	for _, p := range a.patterns {
		if !s.files[dir].wants(p) || slices.Contains(f.patterns, p) {
			continue
		}
		if len(f.patterns) == maxAhead {
			f.missed = true
			break
		}
		f.patterns = append(f.patterns, p)
	}
}

// wants tells that a rule for files or bodies has the pattern.
func (g *group) wants(p uint32) bool {
	return g.from[p] < g.from[p+1] || g.kin != nil && g.kin.from[p] < g.kin.from[p+1]
}

// Miss notes bytes of the file that do not stand in the stream as they are.
func (f *File) Miss() { f.missed, f.next = true, 0 }

// has tells that all of the file's last n bytes were searched.
func (f *File) has(s *Set, n int) bool { return !f.missed && f.epoch == s.epoch && f.bytes >= n }

// judged begins anew behind what the file has.
func (f *File) judged() { f.patterns, f.bytes, f.missed = f.patterns[:0], 0, false }
