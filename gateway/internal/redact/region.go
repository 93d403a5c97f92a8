package redact

import "bytes"

// region is a part of a mail that is being replaced, byte by byte: first the text, then
// blanks between the line ends that were there, up to the line that ends the part.
type region struct {
	on      bool
	text    []byte // what is left of it
	borders [][]byte
	dots    bool
	size    int64 // bytes to come, negative where nobody knows

	line   []byte // its beginning, as long as it may be a border
	inside bool   // of a line that is none
	dot    bool   // the line is a dot so far
	over   bool   // the line that ends the part was seen
	cut    bool   // the text has taken a line end's first byte
}

// begin begins a part, or goes on with one that something else has interrupted.
func (r *region) begin(s *start) {
	switch {
	case s.continues:
		r.on, r.size = s.on && !r.over, s.size
	case s.on:
		*r = region{on: true, text: s.text, borders: s.borders, dots: s.dots, size: s.size, line: r.line[:0]}
	default:
		r.on = false
	}
}

// next is what passes in the place of c.
func (r *region) next(c byte) byte {
	if !r.on {
		return c
	}
	if r.size == 0 {
		r.on = false
		return c
	}
	if r.size > 0 {
		r.size--
	}
	stays := r.follow(c)
	cut := r.cut && c == '\n'
	r.cut = false
	switch {
	case r.over:
		r.on = false
	case len(r.text) > 0:
		r.cut = c == '\r'
		c, r.text = r.text[0], r.text[1:]
	case cut || !stays && c != '\r' && c != '\n':
		c = ' '
	}
	return c
}

// follow finds the line that ends the part. It reports whether c must stay.
func (r *region) follow(c byte) (stays bool) {
	switch {
	case c == '\n':
		r.over = r.dot
		r.line, r.inside, r.dot = r.line[:0], false, false
	case r.inside:
	case r.dot:
		// RFC 5321 section 4.5.2: behind a dot comes the line's own first byte.
		r.inside, r.dot = c != '\r', c == '\r'
	case r.dots && c == '.' && len(r.line) == 0:
		r.dot = true
		return true
	default:
		r.line = append(r.line, c)
		r.inside = true
		for _, b := range r.borders {
			if bytes.HasPrefix(b, r.line) {
				r.inside = false
				r.over = r.over || len(b) == len(r.line)
			}
		}
		return !r.inside
	}
	return false
}
