package httpmsg

import "bytes"

// maxChunkLine bounds a chunk size line with its extensions, and a trailer line.
const maxChunkLine = 4 << 10

// chunkLine collects a line of the chunked coding (RFC 9112 section 7.1) and acts on it.
func (c *Conn[T]) chunkLine(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	i := bytes.IndexByte(b, '\n')
	part := b
	if i >= 0 {
		part = b[:i]
	}
	if len(d.line)+len(part) > maxChunkLine {
		d.step = stepBroken
		return nil
	}
	if d.line = append(d.line, part...); i < 0 {
		return nil
	}
	line := bytes.TrimSpace(d.line)
	d.line = d.line[:0]
	switch d.step {
	case stepChunkEnd:
		d.step = stepChunkSize
		if len(line) > 0 {
			d.step = stepBroken
		}
	case stepTrailer:
		if len(line) == 0 {
			c.done(dir)
		}
	case stepChunkSize:
		n, ok := chunkSize(line)
		switch {
		case !ok:
			d.step = stepBroken
		case n == 0:
			d.step = stepTrailer
		default:
			d.step, d.left = stepChunkData, n
		}
	}
	return b[i+1:]
}

// chunkSize reads the hexadecimal size; an extension after ";" is ignored.
func chunkSize(line []byte) (n int64, ok bool) {
	for _, c := range line {
		var v byte
		switch {
		case '0' <= c && c <= '9':
			v = c - '0'
		case 'a' <= c && c <= 'f':
			v = c - 'a' + 10
		case 'A' <= c && c <= 'F':
			v = c - 'A' + 10
		case c == ';' || c == ' ' || c == '\t':
			return n, ok
		default:
			return 0, false
		}
		if n > 1<<40 {
			return 0, false
		}
		n, ok = n<<4|int64(v), true
	}
	return n, ok
}
