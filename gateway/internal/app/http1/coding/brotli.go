package coding

import (
	"errors"

	"github.com/andybalholm/brotli"
)

// maxBrotli is how many bodies in the coding "br" one worker undoes at once: each
// may ask for a window of 16 MiB (RFC 7932 section 9.1).
const maxBrotli = 4

// brotliReader undoes the coding "br" (RFC 7932) for data that arrives in pieces.
type brotliReader struct {
	from  feed
	r     *brotli.Reader
	plain [8 << 10]byte
}

// errWait tells that the bytes so far are used up.
var errWait = errors.New("coding: more bytes of the body to come")

// feed gives a decoder that pulls the bytes that were pushed.
type feed struct{ b []byte }

func (f *feed) Read(p []byte) (int, error) {
	if len(f.b) == 0 {
		return 0, errWait
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}

// brotli returns a decoder, nil when too many are in use.
func (p *Pool) brotli() *brotliReader {
	if p.brotlis >= maxBrotli {
		return nil
	}
	p.brotlis++
	br := new(brotliReader)
	br.r = brotli.NewReader(&br.from)
	return br
}

// writeBrotli takes the next coded bytes.
func (d *coding) writeBrotli(b []byte) {
	br := d.br
	br.from.b = b
	for d.phase < phasePlain {
		n, err := br.r.Read(br.plain[:])
		if n > 0 && !d.out(br.plain[:n]) {
			d.phase = phaseOver
			return
		}
		switch {
		case errors.Is(err, errWait), err == nil && n == 0:
			return
		case err != nil && d.given:
			d.phase = phaseOver // behind the end, or broken
		case err != nil:
			d.fail(b, b)
		}
	}
}
