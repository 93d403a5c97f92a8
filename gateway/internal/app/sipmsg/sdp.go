package sipmsg

import "bytes"

// maxLines of a description are read.
const maxLines = 1024

// session is a description (RFC 8866 section 5); slices of its bytes.
type session struct {
	version                                        []byte
	origin, name, info, uri, email, phone, connect []byte
	bandwidths                                     [][]byte
	times                                          []timing
	zone, key                                      []byte
	attributes                                     [][]byte
	media                                          []media
}

// timing is when a session is active (section 5.9 and 5.10).
type timing struct{ when, repeat []byte }

// media is a description of one stream (section 5.14).
type media struct {
	what, info, connect, key []byte
	bandwidths, attributes   [][]byte
}

// readSDP reads a description, nil when b is none: lines of a letter, "=" and text, the
// first of them v.
func readSDP(b []byte) *session {
	s := &session{}
	for n := 0; len(b) > 0 && n < maxLines; n++ {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 && n > 0 {
			break
		}
		if len(line) < 2 || line[1] != '=' || n == 0 && line[0] != 'v' {
			return nil
		}
		if !s.line(line[0], line[2:]) {
			return nil
		}
	}
	if s.version == nil || s.origin == nil {
		return nil
	}
	return s
}

// line adds one. False means that no description has it.
func (s *session) line(kind byte, v []byte) bool {
	if n := len(s.media); n > 0 && kind != 'm' {
		return s.media[n-1].line(kind, v)
	}
	switch kind {
	case 'v':
		s.version = v
	case 'o':
		s.origin = v
	case 's':
		s.name = v
	case 'i':
		s.info = v
	case 'u':
		s.uri = v
	case 'e':
		s.email = v
	case 'p':
		s.phone = v
	case 'c':
		s.connect = v
	case 'b':
		s.bandwidths = append(s.bandwidths, v)
	case 't':
		s.times = append(s.times, timing{when: v})
	case 'r':
		if n := len(s.times); n > 0 {
			s.times[n-1].repeat = v
		}
	case 'z':
		s.zone = v
	case 'k':
		s.key = v
	case 'a':
		s.attributes = append(s.attributes, v)
	case 'm':
		s.media = append(s.media, media{what: v})
	default:
		return false
	}
	return true
}

func (m *media) line(kind byte, v []byte) bool {
	switch kind {
	case 'i':
		m.info = v
	case 'c':
		m.connect = v
	case 'b':
		m.bandwidths = append(m.bandwidths, v)
	case 'k':
		m.key = v
	case 'a':
		m.attributes = append(m.attributes, v)
	default:
		return false
	}
	return true
}
