package scan

import "hash/maphash"

const (
	// maxSources of files that were stopped are known: an office meets a few in a year.
	maxSources = 1024
	// sourceLife in microseconds: a browser goes on with a download at once or when somebody
	// presses its button.
	sourceLife = 24 * 60 * 60 * 1_000_000
)

// Source is a place from which files are loaded, the same for all parts of one; 0 is none.
type Source uint64

var sourceSeed = maphash.MakeSeed()

// SourceOf is the place that a host and a target of it are.
func SourceOf(host, target []byte) Source {
	if len(host) == 0 || len(target) == 0 {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(sourceSeed)
	_, _ = h.Write(host)
	_ = h.WriteByte(0)
	_, _ = h.Write(target)
	return Source(max(h.Sum64(), 1))
}

// stopped is what was said about a file that was stopped.
type stopped struct {
	why Result
	at  int64
}

// Stopped notes where a file came from that was stopped because of r, until there are other
// signatures. now is in microseconds.
func (s *Scanner) Stopped(from Source, r *Result, now int64) {
	if from == 0 {
		return
	}
	m := &s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped == nil || len(m.stopped) >= maxSources {
		m.stopped = map[Source]stopped{}
	}
	m.stopped[from] = stopped{Result{Virus: r.Virus, Flag: r.Flag, Remembered: true}, now}
}

// Rest is what was said about a file that was stopped, of which a part comes from the same
// place; nil for none.
func (s *Scanner) Rest(from Source, now int64) *Result {
	m := &s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	st, ok := m.stopped[from]
	if past := now - st.at; !ok || past > sourceLife || past < -sourceLife {
		return nil
	}
	return &st.why
}
