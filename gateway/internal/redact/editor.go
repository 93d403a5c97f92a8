package redact

import (
	"slices"

	"otasuke/gateway/internal/app"
)

// maxOut bytes that have passed are kept as they passed, for those that are sent again. When
// they are twice as many, the older half goes; of those the receiver gets blanks, if it should
// still miss them.
const maxOut = 512 << 10

// Part is a part of a mail that passes.
type Part struct {
	Name
	// Since is when it began, in microseconds.
	Since int64
	// Replaced tells that a text passes in its place.
	Replaced bool

	tx *app.Tx
	id uint64
}

// Editor changes the mails of one conversation. Its zero value is ready; a nil one has nothing
// to do.
type Editor struct {
	part   *Part
	starts []start // of parts, in the bytes at hand

	dir    int
	used   bool   // something was replaced, in dir
	region region // that is being replaced
	first  uint32 // number of the first byte that was
	from   uint32 // of the first that is in out
	out    []byte // as they passed

	held []held
}

// start is where a part begins or goes on.
type start struct {
	left      int // bytes behind it
	size      int64
	on        bool
	continues bool
	dots      bool
	text      []byte
	borders   [][]byte
}

// held are packets that wait.
type held struct {
	id   uint32
	dir  int
	data [][]byte
}

// Part notes where a part of a mail begins. now is in microseconds.
func (e *Editor) Part(m *Memory, p *app.Part, now int64) {
	s := start{left: p.Left, size: p.Size, continues: p.Continues}
	if p.Continues {
		s.on = e.part.of(p.Tx) && e.part.Replaced
		e.starts = append(e.starts, s)
		return
	}
	e.part = &Part{Name: Name{p.Mail, p.Number}, Since: now, tx: p.Tx, id: p.Tx.ID}
	if g, ok := m.Find(e.part.Name, now); ok && (!e.used || e.dir == p.Dir) {
		s.text, s.on, s.dots = text(&g), true, p.Size < 0
		for _, b := range p.Borders {
			s.borders = append(s.borders, slices.Clone(b))
		}
		e.part.Replaced, e.dir = true, p.Dir
	}
	e.starts = append(e.starts, s)
}

// Of returns the part whose file is opened in a transaction, nil when it is not known.
func (e *Editor) Of(tx *app.Tx) *Part {
	if e == nil || !e.part.of(tx) {
		return nil
	}
	return e.part
}

func (p *Part) of(tx *app.Tx) bool { return p != nil && p.tx == tx && p.id == tx.ID }

// Bytes takes the next bytes of a direction, after their reader has; next is the number of the
// byte behind them. sure tells that the reader was given b and nothing else. It reports
// whether some of them must not pass as they are.
func (e *Editor) Bytes(dir int, b []byte, next uint32, sure bool) bool {
	if e == nil || len(e.starts) == 0 && !e.used {
		return false
	}
	if !sure {
		for _, s := range e.starts {
			if s.on && e.part != nil {
				e.part.Replaced = false
			}
		}
		e.starts = e.starts[:0]
		return false
	}
	changes := e.region.on || slices.ContainsFunc(e.starts, func(s start) bool { return s.on })
	if !e.used && !changes || dir != e.dir {
		e.starts = e.starts[:0]
		return false
	}
	e.keepUp(next - uint32(len(b)))
	if !e.used {
		e.used, e.first = true, e.from
	}
	at := 0
	for _, s := range e.starts {
		to := max(at, len(b)-s.left)
		e.copy(b[at:to])
		e.region.begin(&s)
		at = to
	}
	e.starts = e.starts[:0]
	e.copy(b[at:])
	return changes
}

// keepUp forgets what is too old, and all where bytes are missing before at.
func (e *Editor) keepUp(at uint32) {
	if e.from+uint32(len(e.out)) != at {
		e.from, e.out = at, e.out[:0]
	}
	if len(e.out) > 2*maxOut {
		n := len(e.out) - maxOut
		e.from, e.out = e.from+uint32(n), append(e.out[:0], e.out[n:]...)
	}
}

func (e *Editor) copy(b []byte) {
	for _, c := range b {
		e.out = append(e.out, e.region.next(c))
	}
}

// Apply returns the payload of a segment as it is to pass, nil where that is as it came.
func (e *Editor) Apply(dir int, seq uint32, b []byte) []byte {
	if e == nil || !e.used || dir != e.dir || len(b) == 0 {
		return nil
	}
	end := e.from + uint32(len(e.out))
	var out []byte
	for i, c := range b {
		n := seq + uint32(i)
		switch {
		case int32(n-e.first) < 0 || int32(n-end) >= 0:
			continue
		case int32(n-e.from) < 0:
			c = ' '
		default:
			c = e.out[n-e.from]
		}
		if c == b[i] {
			continue
		}
		if out == nil {
			out = slices.Clone(b)
		}
		out[i] = c
	}
	return out
}

// Hold keeps packets that go in the place of one that waits.
func (e *Editor) Hold(id uint32, dir int, data [][]byte) {
	e.held = append(e.held, held{id, dir, data})
}

// Held takes them, if there are some.
func (e *Editor) Held(id uint32) (dir int, data [][]byte) {
	if e == nil {
		return 0, nil
	}
	for i, h := range e.held {
		if h.id == id {
			e.held = slices.Delete(e.held, i, i+1)
			return h.dir, h.data
		}
	}
	return 0, nil
}
