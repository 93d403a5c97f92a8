package uplink

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
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
	busy    atomic.Int64 // answers that it sends away
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
		if c.busy.Add(-1) >= 0 {
			status = http.StatusServiceUnavailable
		} else {
			c.answers <- a
		}
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}}, nil
}

// answering is a box that answers c.
func answering(t *testing.T, c *curious) *Uplink {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return &Uplink{http: &http.Client{Transport: c}, enc: enc, parts: Parts{Answer: func(_ context.Context, q *wire.Question) wire.Answer {
		return wire.Answer{Version: wire.Version, ID: q.ID, Failed: "so"}
	}}}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &curious{answers: make(chan wire.Answer, 9), t: t}
		c.status.Store(http.StatusOK)
		u := answering(t, c)
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

// Somebody waits for an answer that a busy centre sends away: it is handed over again soon, but not for ever.
func TestAnswerAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &curious{answers: make(chan wire.Answer, 9), t: t}
		u := answering(t, c)
		c.busy.Store(3)
		began := time.Now()
		if err := u.answer(t.Context(), &wire.Question{ID: "a"}); err != nil || len(c.answers) != 1 || time.Since(began) > 10*time.Second {
			t.Errorf("%v after %v, %d answers", err, time.Since(began), len(c.answers))
		}
		c.busy.Store(100)
		if err := u.answer(t.Context(), &wire.Question{ID: "b"}); err == nil || time.Since(began) > time.Minute || len(c.answers) != 1 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if u.answer(ctx, &wire.Question{ID: "c"}) == nil {
			t.Error("an answer without an end")
		}
	})
}

// A centre that has something new asks a box to come: it does within the time that is said, and tells what it was told of when
// it waits again. One that goes on asking is not heard without end.
func TestAskedToCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var beats, fetched atomic.Int64
		var told atomic.Value
		always := atomic.Bool{}
		centre := roundTrip(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			text := `{"version":1}`
			switch r.URL.Path {
			case wire.PathHeartbeat:
				beats.Add(1)
				text = `{"version":1,"time":"2026-11-29T00:00:00Z","policy":"00000000000000000000000000000001"}`
			case wire.PathQuestions:
				var q wire.QuestionsRequest
				if json.Unmarshal(body, &q) != nil || q.Check() != nil {
					t.Errorf("%s", body)
				}
				if q.Policy != nil {
					told.Store(*q.Policy)
				}
				if q.Policy == nil || always.Load() {
					text = `{"version":1,"questions":[],"beat":{"within_s":20}}`
				} else {
					time.Sleep(wire.QuestionWait)
				}
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}}, nil
		})
		u := &Uplink{http: &http.Client{Transport: centre}, parts: Parts{Health: func() wire.Health { return wire.Health{} }, Log: slog.New(slog.DiscardHandler),
			Answer: func(context.Context, *wire.Question) wire.Answer { return wire.Answer{} },
			Policy: func(_ context.Context, id string, _ *Uplink) bool { return fetched.Add(1) == 1 }}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { u.listen(ctx); close(done) }()
		time.Sleep(25 * time.Second)
		if beats.Load() != 2 || told.Load() != "00000000000000000000000000000001" { // what has changed is told at once
			t.Errorf("%d heartbeats; it was told of %v", beats.Load(), told.Load())
		}
		always.Store(true)
		before := beats.Load()
		time.Sleep(5 * time.Minute)
		if n := beats.Load() - before; n < 5 || n > 150 {
			t.Errorf("%d heartbeats in five minutes", n)
		}
		cancel()
		<-done
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
