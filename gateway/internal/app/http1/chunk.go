package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/lines"
	"otasuke/gateway/internal/app/http1/uri"
)

// maxChunk is the largest chunk that is one.
const maxChunk = 1<<31 - 1

// maxChunkLine bounds a chunk size line with its extensions.
const maxChunkLine = maxLine

// What a chunk size line can be besides a size.
const (
	chunkEmpty = -1
	chunkBad   = -2
	chunkHuge  = -3
)

// isChunkCtl tells bytes that may stand before a chunk size.
func isChunkCtl(ch byte) bool { return isSpace(ch) }

// chunkSize reads a chunk size line: the hexadecimal digits that it begins with,
// whatever follows them.
func chunkSize(line []byte) (n int64, extension bool) {
	for len(line) > 0 && isChunkCtl(line[0]) {
		line = line[1:]
	}
	if len(line) == 0 {
		return chunkEmpty, false
	}
	digits := 0
	for ; digits < len(line); digits++ {
		v, ok := uri.Unhex(line[digits])
		if !ok {
			break
		}
		if n>>59 != 0 {
			return chunkHuge, false
		}
		n = n<<4 | int64(v)
	}
	extension = bytes.IndexByte(line[digits:], ';') >= 0
	if digits == 0 || n > maxChunk {
		n = chunkBad
	}
	return n, extension
}

// requestChunk reads a chunk size line of a request.
func (c *Conn) requestChunk(b []byte) []byte {
	d := &c.dirs[app.ToServer]
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if d.line = append(d.line, b...); len(d.line) > maxChunkLine {
			c.event(d.x, app.ToServer, evRequestTooLong)
			c.kill(app.ToServer)
		}
		return nil
	}
	d.line = append(d.line, b[:i+1]...)
	n, extension := chunkSize(d.line)
	d.x.req.wire += uint64(len(d.line))
	d.line = d.line[:0]
	if extension {
		c.event(d.x, app.ToServer, evRequestExtension)
	}
	switch {
	case n > 0:
		d.step, d.left = stepChunkData, n
	case n == 0:
		d.step, d.scan = stepTrailer, lines.Scanner{From: -1}
	default:
		if n != chunkHuge {
			c.event(d.x, app.ToServer, evRequestChunk)
		}
		c.kill(app.ToServer)
	}
	return b[i+1:]
}

// probe is how many bytes of a chunk size line show whether it is one.
const probe = 8

// responseChunk reads a chunk size line of a response. When it is none, the body is
// taken as it is: browsers differ.
func (c *Conn) responseChunk(b []byte) []byte {
	d := &c.dirs[app.ToClient]
	for i, ch := range b {
		if ctl := isChunkCtl(ch); !ctl && d.digit == 0 {
			if d.digit = 1; !isHex(ch) {
				d.digit = -1
			}
		} else if ctl && ch != '\n' {
			continue
		}
		size := len(d.line) + i + 1
		if ch != '\n' && size < maxChunkLine && (d.digit > 0 || size < probe) {
			continue
		}
		d.line = append(d.line, b[:i+1]...)
		n, extension := chunkSize(d.line)
		if extension {
			c.event(d.x, app.ToClient, evResponseExtension)
		}
		c.responseChunkSize(n)
		return b[i+1:]
	}
	if d.line = append(d.line, b...); len(d.line) > maxChunkLine {
		c.responseChunkSize(chunkBad)
	}
	return nil
}

func isHex(ch byte) bool {
	_, ok := uri.Unhex(ch)
	return ok
}

func (c *Conn) responseChunkSize(n int64) {
	d := &c.dirs[app.ToClient]
	line := d.line
	d.line, d.digit = d.line[:0], 0
	switch {
	case n == chunkEmpty:
		d.x.resp.wire += uint64(len(line))
	case n > 0:
		d.x.resp.wire += uint64(len(line))
		d.step, d.left = stepChunkData, n
	case n == 0:
		d.x.resp.wire += uint64(len(line))
		d.step, d.scan = stepTrailer, lines.Scanner{}
	default:
		c.event(d.x, app.ToClient, evResponseChunk)
		d.step = stepUntilClose
		c.body(app.ToClient, d.x, line, len(line))
	}
}

// data passes the bytes of a body of known length, or of a chunk.
func (c *Conn) data(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	n := int(min(int64(len(b)), d.left))
	d.left -= int64(n)
	c.body(dir, d.x, b[:n], n)
	if d.left == 0 && d.x != nil {
		c.bodyEnd(dir)
	}
	return b[n:]
}

// bodyEnd goes on behind the last byte of a body or chunk.
func (c *Conn) bodyEnd(dir int) {
	d := &c.dirs[dir]
	if d.step == stepChunkData {
		d.step = stepChunkEnd
		return
	}
	d.step = stepEnd
}

// chunkEnd passes the end of line behind a chunk, and what stands before it.
func (c *Conn) chunkEnd(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	i := bytes.IndexByte(b, '\n')
	n := i + 1
	if i < 0 {
		n = len(b)
	} else {
		d.step = stepChunkLen
	}
	d.x.message(dir).wire += uint64(n)
	return b[n:]
}
