package http1

import "bytes"

// scanner cuts a head into lines, whatever ends them.
//
// A request's lines end with LF. A response's lines also end with a CR alone and
// with LF CR: browsers take that.
//
// An empty line ends a head. The first line of all does so only when it ends with
// CR LF: lenient servers go on behind another.
type scanner struct {
	at   int  // where the line begins
	from int  // where the first line begins
	seen int  // what was looked at
	lfcr bool // the line before ended with LF CR
}

// found is a line without its end.
type found struct {
	from, to int
	last     bool // an empty line that ends a head
}

// request finds the next line that ends with LF. eof tells that no more bytes come,
// so that the rest is a line.
func (s *scanner) request(b []byte, eof bool) (f found, ok bool) {
	i := bytes.IndexByte(b[s.seen:], '\n')
	end, next := s.seen+i, s.seen+i+1
	if i < 0 {
		s.seen = len(b)
		if !eof || s.at == len(b) {
			return found{}, false
		}
		end, next = len(b), len(b)
	}
	f = found{from: s.at, to: end}
	for f.to > f.from && (b[f.to-1] == '\r' || b[f.to-1] == '\n') {
		f.to--
	}
	f.last = i >= 0 && (end == f.from && f.from > s.from || end == f.from+1 && b[f.from] == '\r')
	s.at, s.seen = next, next
	return f, true
}

// start finds the next line that a response may start with: it ends with LF or a
// CR alone.
func (s *scanner) start(b []byte, eof bool) (f found, ok bool) {
	i := s.seen
	for ; i < len(b); i++ {
		if b[i] == '\n' {
			break
		}
		if b[i] == '\r' {
			if i+1 == len(b) && !eof {
				s.seen = i
				return found{}, false
			}
			if i+1 == len(b) || b[i+1] != '\n' {
				break
			}
		}
	}
	next := i + 1
	if i == len(b) {
		s.seen = i
		if !eof || s.at == len(b) {
			return found{}, false
		}
		next = i
	}
	f = found{from: s.at, to: i}
	for f.to > f.from && (b[f.to-1] == '\r' || b[f.to-1] == '\n') {
		f.to--
	}
	s.at, s.seen = next, next
	return f, true
}

// response finds the next header line of a response.
func (s *scanner) response(b []byte, eof bool) (f found, ok bool) {
	for i := s.seen; i < len(b); i++ {
		switch b[i] {
		case '\r':
			end, done, more := s.cr(b, i, eof)
			if more {
				s.seen = i
				return found{}, false
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
	if !eof || s.at == len(b) {
		return found{}, false
	}
	f = found{from: s.at, to: len(b)}
	s.at = len(b)
	return f, true
}

// cr looks at a CR at b[i].
func (s *scanner) cr(b []byte, i int, eof bool) (f found, done, more bool) {
	if i+1 == len(b) {
		if !eof {
			return f, false, true
		}
		return s.line(b, i, i+1), true, false
	}
	switch b[i+1] {
	case '\n':
		f = found{from: s.at, to: i, last: i == s.at}
		next := i + 2
		if s.lfcr && i == s.at && next < len(b) && b[next] == '\r' { // LF CR CR LF CR LF are two ends
			if next++; next < len(b) && b[next] == '\n' {
				next++
			}
		}
		s.at, s.seen, s.lfcr = next, next, false
		return f, true, false
	case '\r':
		if i > s.from {
			return f, false, false
		}
	}
	if i == s.at && i > s.from { // CR CR LF is no empty line
		return f, false, false
	}
	return s.line(b, i, i+1), true, false
}

// lf looks at an LF at b[i] that no CR is before.
func (s *scanner) lf(b []byte, i int, eof bool) (f found, ok bool) {
	blank := i == s.at+1 && (b[s.at] == ' ' || b[s.at] == '\t')
	if blank && i+1 == len(b) && !eof {
		return f, false // what follows says whether it ends the head
	}
	f = s.line(b, i, i+1)
	f.last = f.to == f.from && i == f.from && i > s.from || blank && i+1 < len(b) && b[i+1] != '\n'
	if s.lfcr = i+1 < len(b) && b[i+1] == '\r'; s.lfcr {
		s.at, s.seen = i+2, i+2
	}
	return f, true
}

func (s *scanner) line(b []byte, to, next int) found {
	f := found{from: s.at, to: to}
	for f.to > f.from && b[f.to-1] == '\r' {
		f.to--
	}
	s.at, s.seen, s.lfcr = next, next, false
	return f
}
