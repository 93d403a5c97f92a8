package octets

// Buffer collects bytes of a stream until a message is whole. Its zero value is empty.
type Buffer struct {
	rest []byte
	need int
}

// Feed gives what was kept and b to parse, again and again while it takes something.
// parse returns how many bytes it took, and when it took none how many it needs before it
// is worth asking again: 0 or less ends the reading, and what is left is thrown away.
// Bytes given to parse are good until it returns.
func (g *Buffer) Feed(b []byte, parse func(b []byte) (took, need int)) {
	kept := len(g.rest) > 0
	if kept {
		g.rest = append(g.rest, b...)
		b = g.rest
	}
	if len(b) < g.need {
		if !kept {
			g.rest = append(g.rest, b...)
		}
		return
	}
	g.need = 0
	for len(b) > 0 {
		took, need := parse(b)
		if took <= 0 {
			if need <= 0 {
				b = nil
			}
			g.need = max(need, len(b)+1)
			break
		}
		b = b[min(took, len(b)):]
	}
	if len(b) == 0 {
		g.need = 0
	}
	g.rest = append(g.rest[:0], b...)
	if len(b) == 0 && cap(g.rest) > keepCap {
		g.rest = nil
	}
}

// Again asks parse about what waits, although nothing came: something else has changed.
func (g *Buffer) Again(parse func(b []byte) (took, need int)) {
	g.need = 0
	g.Feed(nil, parse)
}

// keepCap is the largest memory that an empty buffer keeps for the next message.
const keepCap = 16 << 10

// Len is the number of bytes that wait.
func (g *Buffer) Len() int { return len(g.rest) }

// Reset forgets what waits.
func (g *Buffer) Reset() { g.rest, g.need = g.rest[:0], 0 }
