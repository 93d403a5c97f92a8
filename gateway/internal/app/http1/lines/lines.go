package lines

import "bytes"

// Scanner cuts a head into lines, whatever ends them.
//
// A request's lines end with LF. A response's lines also end with a CR alone and
// with LF CR: browsers take that.
//
// An empty line ends a head. The first line of all does so only when it ends with
// CR LF: lenient servers go on behind another.
type Scanner struct {
	At   int  // where the next line begins
	From int  // where the first line begins; -1 for a trailer, whose first may end it
	seen int  // what was looked at
	lfcr bool // the line before ended with LF CR
}

// Line is a line without its end.
type Line struct {
	From, To int
	Last     bool // an empty line that ends a head
}

// Request finds the next line that ends with LF. eof tells that no more bytes come,
// so that the rest is a line.
func (s *Scanner) Request(b []byte, eof bool) (f Line, ok bool) {
	i := bytes.IndexByte(b[s.seen:], '\n')
	end, next := s.seen+i, s.seen+i+1
	if i < 0 {
		s.seen = len(b)
		if !eof || s.At == len(b) {
			return Line{}, false
		}
		end, next = len(b), len(b)
	}
	f = Line{From: s.At, To: end}
	for f.To > f.From && (b[f.To-1] == '\r' || b[f.To-1] == '\n') {
		f.To--
	}
	f.Last = i >= 0 && (end == f.From && f.From > s.From || end == f.From+1 && b[f.From] == '\r')
	s.At, s.seen = next, next
	return f, true
}

// Start finds the next line that a response may start with: it ends with LF or a
// CR alone.
func (s *Scanner) Start(b []byte, eof bool) (f Line, ok bool) {
	i := s.seen
	for ; i < len(b); i++ {
		if b[i] == '\n' {
			break
		}
		if b[i] == '\r' {
			if i+1 == len(b) && !eof {
				s.seen = i
				return Line{}, false
			}
			if i+1 == len(b) || b[i+1] != '\n' {
				break
			}
		}
	}
	next := i + 1
	if i == len(b) {
		s.seen = i
		if !eof || s.At == len(b) {
			return Line{}, false
		}
		next = i
	}
	f = Line{From: s.At, To: i}
	for f.To > f.From && (b[f.To-1] == '\r' || b[f.To-1] == '\n') {
		f.To--
	}
	s.At, s.seen = next, next
	return f, true
}

// Response finds the next header line of a response.
func (s *Scanner) Response(b []byte, eof bool) (f Line, ok bool) {
	for i := s.seen; i < len(b); i++ {
		switch b[i] {
		case '\r':
			end, done, more := s.cr(b, i, eof)
			if more {
				s.seen = i
				return Line{}, false
			}
			if !done {
				continue
			}
			return end, true
		case '\n':
			if f, ok = s.lf(b, i, eof); !ok {
				s.seen = i
			}
			return f, ok
		default:
			// Most of a line has neither: on to the next that has.
			j := bytes.IndexByte(b[i:], '\n')
			if j < 0 {
				j = len(b) - i
			}
			if k := bytes.IndexByte(b[i:i+j], '\r'); k >= 0 {
				j = k
			}
			i += j - 1
		}
	}
	s.seen = len(b)
	if !eof || s.At == len(b) {
		return Line{}, false
	}
	f = Line{From: s.At, To: len(b)}
	s.At = len(b)
	return f, true
}

// cr looks at a CR at b[i].
func (s *Scanner) cr(b []byte, i int, eof bool) (f Line, done, more bool) {
	if i+1 == len(b) {
		if !eof {
			return f, false, true
		}
		return s.line(b, i, i+1), true, false
	}
	switch b[i+1] {
	case '\n':
		f = Line{From: s.At, To: i, Last: i == s.At}
		next := i + 2
		if s.lfcr && i == s.At && next < len(b) && b[next] == '\r' { // LF CR CR LF CR LF are two ends
			if next++; next < len(b) && b[next] == '\n' {
				next++
			}
		}
		s.At, s.seen, s.lfcr = next, next, false
		return f, true, false
	case '\r':
		if i > s.From {
			return f, false, false
		}
	}
	if i == s.At && i > s.From { // CR CR LF is no empty line
		return f, false, false
	}
	return s.line(b, i, i+1), true, false
}

// lf looks at an LF at b[i] that no CR is before.
func (s *Scanner) lf(b []byte, i int, eof bool) (f Line, ok bool) {
	blank := i == s.At+1 && (b[s.At] == ' ' || b[s.At] == '\t')
	if i > s.At && i+1 == len(b) && !eof {
		return f, false // a CR may follow, and what follows white space says whether it ends the head
	}
	f = s.line(b, i, i+1)
	f.Last = f.To == f.From && i == f.From && i > s.From || blank && i+1 < len(b) && b[i+1] != '\n'
	if s.lfcr = i+1 < len(b) && b[i+1] == '\r'; s.lfcr {
		s.At, s.seen = i+2, i+2
	}
	return f, true
}

func (s *Scanner) line(b []byte, to, next int) Line {
	f := Line{From: s.At, To: to}
	for f.To > f.From && b[f.To-1] == '\r' {
		f.To--
	}
	s.At, s.seen, s.lfcr = next, next, false
	return f
}
