package intake_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/wire"
)

// hostileBodies are what no box sends: nothing, halves, another kind of thing, numbers that do not fit, depths, bytes that are no text.
func hostileBodies(t *testing.T) map[string][]byte {
	t.Helper()
	texts := map[string]string{
		"nothing": "", "null": "null", "list": "[]", "text": `"x"`, "number": "1", "half": `{"version":1,"events":[{`, "two": `{"version":1}{"version":1}`, "deep": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"list of lists": strings.Repeat("[", 20_000), "version is text": `{"version":"1"}`, "version too large": `{"version":99999999999999999999}`, "negative": `{"version":-1}`, "fraction": `{"version":1.5}`,
		"not text": "{\"version\":1,\"code\":\"\xff\xfe\",\"id\":\"\xff\"}", "nul": `{"version":1,"code":"a\u0000b","id":"a\u0000b","model":"\u0000","failed":"\u0000"}`, "half a letter": `{"version":1,"id":"\ud800","code":"\ud800"}`,
		"markup": `{"version":1,"code":"<script>alert(1)</script>","id":"<img src=x>","model":"'; DROP TABLE box; --"}`, "time": `{"version":1,"events":[{"id":"00000000000000000000000009","time":"99999-01-01T00:00:00Z"}]}`,
		"long word": `{"version":1,"code":"` + strings.Repeat("x", 1<<20) + `","id":"` + strings.Repeat("x", 1<<20) + `"}`, "many keys": `{"version":1,` + strings.Repeat(`"k":1,`, 50_000) + `"z":1}`, "html": "<!doctype html><title>x</title>", "form": "version=1&code=x",
	}
	w, err := zstd.NewWriter(nil)
	must(t, err)
	defer w.Close()
	all := map[string][]byte{"10 MB": bytes.Repeat([]byte("x"), 10<<20), "a bomb": w.EncodeAll(make([]byte, 64<<20), nil), "frame cut off": w.EncodeAll([]byte(`{"version":1}`), nil)[:9], "bytes": {0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	for what, text := range texts {
		all[what], all[what+", packed"] = []byte(text), w.EncodeAll([]byte(text), nil)
	}
	return all
}

// Whatever a box, or whoever has its key, sends to any door, the centre says what is wrong with it, has no fault of its own, and hears the
// next right message.
func TestHostileBodies(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		paths := []string{wire.PathClaim, wire.PathPair, wire.PathPairPoll, wire.PathEvents, wire.PathHeartbeat, wire.PathQuestions, wire.PathAnswers}
		for what, body := range hostileBodies(o.T) {
			for _, path := range paths {
				ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
				if path == wire.PathQuestions {
					ctx, cancel = context.WithTimeout(o.Context(), 100*time.Millisecond)
				}
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+o.addr+path, bytes.NewReader(body))
				must(o.T, err)
				resp, err := b.client.Do(r)
				if err != nil {
					cancel()
					if len(body) < 1<<20 && path != wire.PathQuestions { // what is too large need not be read to its end; what asks for questions waits for one
						o.Errorf("%s to %s: %v", what, path, err)
					}
					continue
				}
				said, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				cancel()
				if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode >= http.StatusBadRequest && !bytes.Contains(said, []byte(`"`)) {
					o.Errorf("%s to %s: %d %s", what, path, resp.StatusCode, said)
				}
				if bytes.Contains(said, []byte("<script>")) || len(said) > 4<<10 {
					o.Errorf("%s to %s is said again: %.200s", what, path, said)
				}
			}
		}
		if ack := b.send(o.event()); ack.New != 1 {
			o.Errorf("afterwards: %+v", ack)
		}
		b.beat(wire.Health{Protecting: true})
	})
}

// A box whose clock is a year off, that sends the newest first and everything twice: what is too old to be judged is refused by name,
// what comes from the future counts as of now, each event once, and the alert's times are in order.
func TestClockOfAnotherYear(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		at := func(d time.Duration) func(*wire.Event) {
			return func(e *wire.Event) { e.Time = start.Add(d) }
		}
		const year = 365 * 24 * time.Hour
		events := []wire.Event{o.event(at(0)), o.event(at(-time.Minute)), o.event(at(-time.Hour)), o.event(at(year)), o.event(at(-year))}
		for i := range events[:3] {
			events[i].Rule.Msg = "ET MALWARE beacon"
		}
		once := b.send(events...)
		if once.New != 4 || len(once.Refused) != 1 || once.Refused[events[4].ID] == "" {
			o.Errorf("answer %+v", once)
		}
		slices.Reverse(events)
		if again := b.send(append(events, events...)...); again.New != 0 {
			o.Errorf("the same once more counted %d", again.New)
		}
		all := o.list(o.own)
		if len(all) != 1 || all[0].Count != 4 || all[0].First.After(all[0].Last) || all[0].Last.After(start.Add(time.Minute)) || all[0].First.Before(start.Add(-2*time.Hour)) {
			o.Errorf("%+v", all)
		}
		// The box's clock says another year in its heartbeats as well: it is heard all the same.
		b.beat(wire.Health{Time: start.Add(year), Protecting: true})
		b.beat(wire.Health{Time: start.Add(-year), Protecting: true})
		boxes, err := o.devices.Boxes(o.Context(), o.own)
		must(o.T, err)
		if len(boxes) != 1 || boxes[0].LastSeen.Sub(start).Abs() > time.Minute {
			o.Errorf("heard of at %v", boxes)
		}
	})
}
