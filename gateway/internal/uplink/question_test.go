package uplink

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/wire"
)

// curious is a centre that asks.
type curious struct {
	status  atomic.Int64 // of questions
	asked   atomic.Int64
	answers chan wire.Answer
	t       *testing.T
}

func (c *curious) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	text := `{"version":1}`
	status := http.StatusOK
	switch r.URL.Path {
	case wire.PathQuestions:
		if status = int(c.status.Load()); status == http.StatusOK {
			if c.asked.Add(1) == 1 {
				text = `{"version":1,"questions":[{"id":"a","traffic":{"name":"x.example"}},{"id":"b"}]}`
			} else {
				select {
				case <-time.After(wire.QuestionWait):
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
		} else {
			c.asked.Add(1)
		}
	case wire.PathAnswers:
		dec, err := zstd.NewReader(nil)
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		var a wire.Answer
		if body, err = dec.DecodeAll(body, nil); err != nil || json.Unmarshal(body, &a) != nil {
			c.t.Errorf("%v %s", err, body)
		}
		c.answers <- a
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}}, nil
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		c := &curious{answers: make(chan wire.Answer, 9), t: t}
		c.status.Store(http.StatusOK)
		u := &Uplink{http: &http.Client{Transport: c}, enc: enc, parts: Parts{Answer: func(_ context.Context, q *wire.Question) wire.Answer {
			return wire.Answer{Version: wire.Version, ID: q.ID, Failed: "so"}
		}}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { u.listen(ctx); close(done) }()
		for _, want := range []string{"a", "b"} {
			if a := <-c.answers; a.ID != want || a.Failed != "so" {
				t.Errorf("%+v", a)
			}
		}
		time.Sleep(10 * wire.QuestionWait)
		if n := c.asked.Load(); n < 10 || n > 13 {
			t.Errorf("asked %d times", n)
		}
		// A centre that does not know of questions is left alone, one that is ill not hurried.
		c.asked.Store(1)
		c.status.Store(http.StatusNotFound)
		time.Sleep(time.Hour)
		if n := c.asked.Load(); n > 9 {
			t.Errorf("asked %d times in an hour", n)
		}
		c.status.Store(http.StatusServiceUnavailable)
		c.asked.Store(1)
		time.Sleep(time.Hour)
		if n := c.asked.Load(); n > 130 {
			t.Errorf("asked %d times in an hour", n)
		}
		cancel()
		<-done
	})
}
