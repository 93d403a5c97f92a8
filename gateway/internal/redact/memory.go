package redact

import (
	"sync"
	"sync/atomic"
)

// Limits of a Memory.
const (
	// MaxRemembered parts are known: each is one infected file in one mail, about 4 MiB.
	MaxRemembered = 1 << 14
	// MaxAge of one in microseconds: mail servers try for up to five days (RFC 5321 section
	// 4.5.4.1).
	MaxAge = 7 * 24 * 3600 * 1_000_000
	// maxShown bytes of a name are shown to people.
	maxShown = 120
)

// Name of a part: the same each time that its mail is sent.
type Name struct {
	Mail   [32]byte
	Number int
}

// Gone is a part that was infected.
type Gone struct {
	// File and Virus are names for people, Size the bytes that the part takes in the mail.
	File, Virus string
	Size        int
	since, used int64
}

// Memory knows the parts that were infected. Its zero value is ready; all workers share it.
type Memory struct {
	mu    sync.Mutex
	known map[Name]*Gone
	n     atomic.Int32
}

// Empty tells that nothing is known, which is so on most days.
func (m *Memory) Empty() bool { return m.n.Load() == 0 }

// Find returns what is known of a part. now is in microseconds.
func (m *Memory) Find(name Name, now int64) (Gone, bool) {
	if m.Empty() {
		return Gone{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.known[name]
	if g == nil || now-g.used > MaxAge {
		return Gone{}, false
	}
	g.used = now
	return *g, true
}

// Add notes a part that was infected and is to be replaced when it comes again. False where
// waiting for that is of no use: the text does not fit in, or the part has come again since
// and could not be replaced.
func (m *Memory) Add(p *Part, g Gone, now int64) bool {
	if len(text(&g)) == 0 {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.known[p.Name]; old != nil && now-old.used <= MaxAge {
		return p.Since <= old.since // another connection was faster
	}
	if m.known == nil {
		m.known = map[Name]*Gone{}
	}
	if len(m.known) >= MaxRemembered {
		m.forgetOldest(now)
	}
	g.File, g.Virus = shown(g.File), shown(g.Virus)
	g.since, g.used = now, now
	m.known[p.Name] = &g
	m.n.Store(int32(len(m.known)))
	return true
}

// forgetOldest makes room: for all that are too old, else for the oldest.
func (m *Memory) forgetOldest(now int64) {
	var oldest Name
	at := now + 1
	for name, g := range m.known {
		if now-g.used > MaxAge {
			delete(m.known, name)
		} else if g.used < at {
			oldest, at = name, g.used
		}
	}
	if len(m.known) >= MaxRemembered {
		delete(m.known, oldest)
	}
}

// Judge says what becomes of a mail when the scanner has answered about a part of it, g.Virus
// being empty for none; sure tells that it has looked at all of it. again: the mail is broken
// off, so that it is sent again. gone: the part does not arrive.
func (m *Memory) Judge(p *Part, g Gone, sure bool, now int64) (again, gone bool) {
	switch {
	case g.Virus == "":
		if again = p.Replaced && sure; again { // it is not what was infected then
			m.Forget(p.Name)
		}
		return again, false
	case p.Replaced:
		return false, true
	}
	again = m.Add(p, g, now)
	return again, again
}

// Forget forgets a part that is not infected after all.
func (m *Memory) Forget(name Name) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, name)
	m.n.Store(int32(len(m.known)))
}

// shown cuts a name, and takes out what could end a line or turn it round.
func shown(s string) string {
	out := make([]rune, 0, maxShown)
	for _, r := range s {
		if len(string(out))+4 > maxShown {
			break
		}
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			r = '_'
		}
		out = append(out, r)
	}
	return string(out)
}
