package engine

import (
	"fmt"
	"strings"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// A file behind what rules look at is still scanned: other bytes in the place of those
// that the scanner has got do not pass, wherever they stand.
func TestFileDecoys(t *testing.T) {
	t.Parallel()
	const part, parts = 1000, 200
	for _, at := range []int{5, 150, 190} {
		b := newBox(t, Config{Scanner: scanner(t, opened()), Rules: rulesOf(t, `alert http any any -> any any (msg:"m"; http.response_body; content:"nothing"; sid:1;)`)})
		e := surf()
		b.open(e)
		b.say(e, 0, request)
		b.say(e, 1, fmt.Sprintf(response, part*parts))
		clean := strings.Repeat("a", part)
		var seq uint32
		for i := range parts - 1 {
			if i == at {
				seq = e.seq[1]
			}
			b.say(e, 1, clean) // dies on the way
		}
		evil := clean[:part-4] + "EVIL"
		if v, _ := b.give(e.segment(1, seq, e.seq[0], packet.ACK, []byte(evil))); v.Action == capture.Accept {
			t.Errorf("part %d of %d: other bytes pass", at, parts)
		}
		if v, _ := b.give(e.segment(1, seq, e.seq[0], packet.ACK, []byte(clean))); v.Action != capture.Accept {
			t.Errorf("part %d of %d: the same bytes do not pass", at, parts)
		}
	}
}
