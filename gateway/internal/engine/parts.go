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
type parts map[kind][]reusable

// kind of a reader: those of streams and of datagrams differ within a protocol.
type kind struct {
	proto  rule.Proto
	stream bool
}

// get returns a reader for a protocol, nil when there is none.
func (w *Worker) get(p rule.Proto) app.Reader {
	k := kind{p, w.isTCP()}
	if list := w.parts[k]; len(list) > 0 {
		r := list[len(list)-1]
		w.parts[k] = list[:len(list)-1]
		r.Reset(w.sink())
		return r
	}
	return w.newReader(p)
}

// give takes the reader of a flow back.
func (p parts) give(s *state) {
	k := kind{s.reads, s.stream}
	if r, ok := s.reader.(reusable); ok && len(p[k]) < maxParts {
		p[k] = append(p[k], r)
	}
	s.reader = nil
}
