package match

import (
	"net/netip"
	"slices"

	"otasuke/gateway/internal/match/gate"
	"otasuke/rule"
)

// maxAhead bounds the patterns that are kept of a file's bytes until it is judged: with more
// of them it is searched again.
const maxAhead = 256

// ahead is what was found in the stream before it is inspected, by the patterns' numbers.
type ahead struct {
	flow      *FlowState // nil for nothing
	dir, kind int
	from, end uint64 // places in the stream
	patterns  []uint32
}

// of tells that it is about the window of a flow that ends there.
func (a *ahead) of(f *FlowState, dir int, end uint64) bool {
	return a.flow != nil && a.flow == f && a.dir == dir && a.end == end
}

// Stream is what [Set.Ahead] searches: a window as in [Input], before it is inspected.
type Stream struct {
	Flow *FlowState
	// Client and Server are the ends of the conversation.
	Client, Server netip.Addr

	ToServer bool
	App      rule.Proto
	Window   []byte // its last bytes are those of New
	New      []byte
	Offset   uint64
}

// File remembers what was found in the stream of bytes that are a file's, from one judgement
// of it to the next. Its zero value is ready; it must not be used by two goroutines at once.
type File struct {
	epoch    uint64
	kind     int    // of traffic
	next     uint64 // place in the stream where more of it is expected
	bytes    int    // of the file, since it was judged
	missed   bool   // not all of them were searched
	patterns []uint32
}

// NewBytes forgets what was searched ahead: other bytes are at hand.
func (sc *Scratch) NewBytes() { sc.ahead.flow = nil }

// Ahead searches the new bytes of a stream for a file whose next bytes are b, if they stand
// among them as they are; begins tells that those are its first. When the stream is inspected
// it is not searched again.
func (s *Set) Ahead(sc *Scratch, st *Stream, f *File, b []byte, begins bool) {
	dir, i := direction(st.ToServer), cap(st.New)-cap(b) // of slices of the same bytes
	if s.files[dir] == nil || len(st.Window) == 0 || i < 0 || i+len(b) > len(st.New) || &st.New[i] != &b[0] {
		f.missed, f.next = true, 0
		return
	}
	end := st.Offset + uint64(len(st.Window))
	at := end - uint64(len(st.New)-i)
	src, dst := st.Client, st.Server
	if !st.ToServer {
		src, dst = dst, src
	}
	sc.door.Set(&gate.Input{Src: src, Dst: dst, IPProto: rule.IPProtoTCP, Version: version(src), App: st.App})
	kind := sc.door.Kind()
	if f.epoch != s.epoch || f.kind != kind {
		f.missed = f.missed || f.bytes > 0
		f.epoch, f.kind, f.patterns = s.epoch, kind, f.patterns[:0]
	}
	f.missed = f.missed || !begins && at != f.next
	f.next = at + uint64(len(b))
	if f.bytes += len(b); f.missed { // the file is searched by itself
		return
	}
	a := &sc.ahead
	if !a.of(st.Flow, dir, end) || a.kind != kind {
		from := 0
		if st.Flow.epoch == s.epoch {
			from = seam(st.Flow, dir, len(st.Window), len(st.New))
		}
		a.flow, a.dir, a.kind, a.from, a.end = st.Flow, dir, kind, st.Offset+uint64(from), end
		a.patterns = a.patterns[:0]
		if db := s.files[dir].db(kind); db != nil {
			a.patterns = append(a.patterns, sc.lit.Scan(db, st.Window[from:])...)
		}
	}
	f.missed = !begins && a.from > 0 && a.from+overlap > at
	for _, p := range a.patterns {
		switch {
		case !s.files[dir].wants(p) || slices.Contains(f.patterns, p):
		case len(f.patterns) == maxAhead:
			f.missed = true
		default:
			f.patterns = append(f.patterns, p)
		}
	}
}

// wants tells that a rule for files or bodies has the pattern.
func (g *group) wants(p uint32) bool {
	return len(g.of(p)) > 0 || g.kin != nil && len(g.kin.of(p)) > 0
}
