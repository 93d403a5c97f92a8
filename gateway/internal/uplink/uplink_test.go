package uplink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/gateway/internal/journal"
	"otasuke/wire"
)

// memory is a journal without a disk.
type memory struct {
	mu      sync.Mutex
	records []journal.Record
	ack     uint64
}

func (m *memory) add(texts ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range texts {
		m.records = append(m.records, journal.Record{Seq: uint64(len(m.records) + 1), Data: []byte(s)})
	}
}

func (m *memory) Read(max int) ([]journal.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.records[m.ack:]
	return slices.Clone(left[:min(max, len(left))]), nil
}

func (m *memory) Ack(seq uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ack = max(m.ack, seq)
	return nil
}

// centre is the other side, in memory; answer may replace its answers.
type centre struct {
	t      testing.TB
	mu     sync.Mutex
	got    []string // ids of events that were kept, in order, again when they came again
	posts  []time.Duration
	beats  int
	start  time.Time
	answer func(path string, events []wire.Event) (int, string)
}

func (c *centre) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var batch wire.Batch
	if r.URL.Path == wire.PathEvents {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		if body, err = dec.DecodeAll(body, nil); err != nil {
			c.t.Error(err)
		}
		if err := json.Unmarshal(body, &batch); err != nil || batch.Version != wire.Version || len(batch.Events) > wire.MaxBatchEvents || len(body) > wire.MaxBatchBytes {
			c.t.Errorf("batch of %d events, %d bytes: %v", len(batch.Events), len(body), err)
		}
		c.posts = append(c.posts, time.Since(c.start))
	} else {
		c.beats++
	}
	status, text := 200, `{"version":1}`
	if c.answer != nil {
		status, text = c.answer(r.URL.Path, batch.Events)
	}
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	if status == 200 {
		for _, e := range batch.Events {
			c.got = append(c.got, e.ID)
		}
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}}, nil
}

// run lets an uplink work for some virtual time.
func run(t *testing.T, c *centre, m *memory, d time.Duration) (log string) {
	t.Helper()
	return runOver(t, c, c, m, d)
}

func runOver(t *testing.T, c *centre, line http.RoundTripper, m *memory, d time.Duration) (log string) {
	t.Helper()
	var out bytes.Buffer
	c.t, c.start = t, time.Now()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	u := &Uplink{cfg: Config{URL: "https://centre.example"}, wake: make(chan struct{}, 1), enc: enc, http: &http.Client{Transport: line, Timeout: callTimeout}, parts: Parts{
		Journal: m, Heartbeat: 20 * time.Second, Log: slog.New(slog.NewTextHandler(&out, nil)), Health: func() wire.Health { return wire.Health{} },
		Decode: func(b []byte) (wire.Event, error) {
			switch {
			case len(b) == 0:
				return wire.Event{}, errors.New("damaged")
			case b[0] == '-':
				return wire.Event{}, ErrSkip
			}
			return wire.Event{ID: string(b)}, nil
		},
	}}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if err := u.Run(ctx); err != nil {
		t.Error(err)
	}
	return out.String()
}

func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("e%05d", i))
	}
	return out
}

func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := new(memory), new(centre)
		want := numbers(1800)
		m.add(want...)
		run(t, c, m, time.Second)
		if !slices.Equal(c.got, want) || m.ack != 1800 || len(c.posts) != 4 {
			t.Errorf("%d events in %d posts, acknowledged %d", len(c.got), len(c.posts), m.ack)
		}
	})
}

func TestSkippedAndDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := new(memory), new(centre)
		m.add("a", "-not for the centre", "", "b")
		run(t, c, m, time.Second)
		if !slices.Equal(c.got, []string{"a", "b"}) || m.ack != 4 {
			t.Errorf("got %v, acknowledged %d", c.got, m.ack)
		}
	})
}

// Large events go in several messages, each under the limit that the centre checks.
func TestLargeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := new(memory), new(centre)
		for i := range 200 {
			m.add(fmt.Sprintf("%d%s", i, strings.Repeat("x", 60_000)))
		}
		run(t, c, m, time.Second)
		if len(c.got) != 200 || len(c.posts) < 4 {
			t.Errorf("%d events in %d posts", len(c.got), len(c.posts))
		}
	})
}

// While the centre is away the box asks more and more rarely, keeps everything, and
// delivers it soon after the centre is back.
func TestCentreAway(t *testing.T) {
	for name, status := range map[string]int{"no line": 0, "fault of the centre": 503, "plain 502": 502, "not our server": 404, "too many": 429} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(memory)
				c := &centre{answer: func(string, []wire.Event) (int, string) { return status, "<html>down</html>" }}
				m.add(numbers(10)...)
				run(t, c, m, 10*time.Minute)
				if m.ack != 0 || len(c.posts) < 10 || len(c.posts) > 30 {
					t.Errorf("acknowledged %d after %d tries", m.ack, len(c.posts))
				}
				for i := 1; i < len(c.posts); i++ {
					if gap := c.posts[i] - c.posts[i-1]; gap > retryMax {
						t.Errorf("a try after %v", gap)
					}
				}
				c.answer = nil
				run(t, c, m, time.Second)
				if m.ack != 10 || len(c.got) != 10 {
					t.Errorf("back: acknowledged %d, got %v", m.ack, c.got)
				}
			})
		})
	}
}

// The heartbeat notices that the line is back before the next try is due.
func TestHeartbeatBringsItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		m.add("a")
		begin := time.Now()
		c := &centre{answer: func(string, []wire.Event) (int, string) {
			if time.Since(begin) < 5*time.Minute {
				return 0, ""
			}
			return 200, `{"version":1}`
		}}
		run(t, c, m, 5*time.Minute+21*time.Second)
		if m.ack != 1 {
			t.Error("not delivered 21 s after the line was back")
		}
		if c.beats < 15 {
			t.Errorf("%d heartbeats", c.beats)
		}
	})
}

// An answer that was lost means that the same events go again: never none.
func TestLostAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "garbage": "\x00\x01", "another thing's JSON": `{"hello":"world"}`, "cut": `{"version":1,"new":`,
		"oversized": `{"version":1,"refused":{"x":"` + strings.Repeat("y", 2*wire.MaxControlBytes) + `"}}`, "list": "[]",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(memory)
				m.add("a", "b")
				first := true
				c := &centre{answer: func(path string, _ []wire.Event) (int, string) {
					if path == wire.PathEvents && first {
						first = false
						return 200, text
					}
					return 200, `{"version":1,"new":0}`
				}}
				run(t, c, m, 5*time.Second)
				if !slices.Equal(c.got, []string{"a", "b", "a", "b"}) || m.ack != 2 {
					t.Errorf("got %v, acknowledged %d", c.got, m.ack)
				}
			})
		})
	}
}

func TestRefusedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		m.add("a", "b")
		c := &centre{answer: func(string, []wire.Event) (int, string) { return 200, `{"version":1,"refused":{"a":"no time"}}` }}
		if log := run(t, c, m, time.Second); m.ack != 2 || !strings.Contains(log, "no time") {
			t.Errorf("acknowledged %d, log %s", m.ack, log)
		}
	})
}

// An event for which the centre refuses the whole message keeps no other.
func TestPoison(t *testing.T) {
	for _, bad := range [][]int{{0}, {499}, {250}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {3, 77, 78, 411}} {
		synctest.Test(t, func(t *testing.T) {
			m := new(memory)
			all := numbers(700)
			m.add(all...)
			c := &centre{answer: func(_ string, events []wire.Event) (int, string) {
				for _, e := range events {
					for _, i := range bad {
						if e.ID == all[i] {
							return 400, `{"code":"body","message":"cannot be read"}`
						}
					}
				}
				return 200, `{"version":1}`
			}}
			log := run(t, c, m, time.Second)
			slices.Sort(c.got)
			if m.ack != 700 || len(slices.Compact(c.got)) != 700-len(bad) || !strings.Contains(log, all[bad[0]]) {
				t.Errorf("bad %v: %d events, acknowledged %d", bad, len(c.got), m.ack)
			}
		})
	}
}

// A centre that takes nothing at all is at fault itself: nothing is given up.
func TestCentreRefusesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		m.add(numbers(20)...)
		c := &centre{answer: func(string, []wire.Event) (int, string) { return 400, `{"code":"body","message":"?"}` }}
		run(t, c, m, 10*time.Minute)
		if m.ack != 0 {
			t.Errorf("%d events are gone", m.ack)
		}
	})
}

// What a person must do is said in words, and events wait.
func TestPermanentRefusals(t *testing.T) {
	tests := []struct {
		status    int
		text, log string
	}{
		{426, `{"code":"version","message":"update the older side"}`, "update the box"},
		{403, `{"code":"certificate","message":"no longer in use"}`, "claim it again"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			m := new(memory)
			m.add("a")
			c := &centre{answer: func(string, []wire.Event) (int, string) { return tt.status, tt.text }}
			if log := run(t, c, m, time.Minute); m.ack != 0 || !strings.Contains(log, tt.log) {
				t.Errorf("%d: acknowledged %d, log: %s", tt.status, m.ack, log)
			}
			c.answer = nil
			if run(t, c, m, time.Second); m.ack != 1 {
				t.Error("not delivered afterwards")
			}
		})
	}
}

// Wake makes news leave at once.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Uplink{wake: make(chan struct{}, 1)}
		begin := time.Now()
		go func() { time.Sleep(3 * time.Second); u.Wake(); u.Wake() }()
		u.pause(context.Background(), nil, nil)
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("after %v", d)
		}
	})
}
