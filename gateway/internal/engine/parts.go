package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// maxParts of a kind are held back for the next flows.
const maxParts = 64

// reusable is a reader that can read another conversation.
type reusable interface {
	app.Reader
	Reset(app.Sink)
}

// parts lends readers to flows: most flows need one kind only, so they are not
// part of each flow's state.
type parts map[rule.Proto][]reusable

// get returns a reader for a protocol, nil when there is none.
func (w *Worker) get(p rule.Proto) app.Reader {
	if list := w.parts[p]; len(list) > 0 {
		r := list[len(list)-1]
		w.parts[p] = list[:len(list)-1]
		r.Reset(w.sink())
		return r
	}
	return w.newReader(p)
}

// give takes the reader of a flow back.
func (p parts) give(s *state) {
	if r, ok := s.reader.(reusable); ok && len(p[s.reads]) < maxParts {
		p[s.reads] = append(p[s.reads], r)
	}
	s.reader = nil
}
