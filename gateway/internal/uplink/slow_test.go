package uplink

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"otasuke/wire"
)

// slowLine lets so many bytes of a request through in a second.
type slowLine struct {
	*centre
	rate int64
}

func (s *slowLine) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(time.Duration(r.ContentLength) * time.Second / time.Duration(s.rate)):
	}
	return s.centre.RoundTrip(r)
}

// Over a line that is too slow for as much as may be said at once, as one that a provider has throttled, less is said at once:
// a backlog arrives all the same, and each event once.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := &centre{}, &memory{}
		for i := range 2 * wire.MaxBatchEvents {
			m.add(fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)})))
		}
		runOver(t, c, &slowLine{c, 100}, m, time.Hour)
		if len(c.got) != 2*wire.MaxBatchEvents || m.ack != 2*wire.MaxBatchEvents {
			t.Errorf("%d arrived, %d are known to have", len(c.got), m.ack)
		}
	})
}
