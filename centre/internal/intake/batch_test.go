package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/wire"
)

func sample(n int) wire.Event {
	return wire.Event{ID: fmt.Sprintf("%026d", n), Time: time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC), Kind: wire.KindSite, Verdict: wire.VerdictBlocked,
		Direction: wire.Outbound, Device: wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.0.2.10")},
		Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.0.2.10"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443},
		Site: &wire.Site{Name: "evil.example", Layer: "tls", Category: "phishing", List: "starter"}}
}

func encodeBatch(t testing.TB, b any) []byte {
	t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func compress(t testing.TB, text []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(text, nil)
}

func TestDecodeBatch(t *testing.T) {
	t.Parallel()
	event := func(change func(*wire.Event)) wire.Event {
		e := sample(1)
		change(&e)
		return e
	}
	good, _ := json.Marshal(sample(7))
	long := strings.Repeat("x", wire.MaxText+1)
	f := func(what, text string, events int, refused bool, want error) {
		t.Helper()
		b, err := decodeBatch([]byte(text))
		if !errors.Is(err, want) || (err == nil && (len(b.events) != events || (len(b.refused) > 0) != refused)) {
			t.Errorf("%s: %d events, refused %v, %v", what, len(b.events), b.refused, err)
		}
	}
	batchOf := func(events ...wire.Event) string {
		return string(encodeBatch(t, wire.Batch{Version: wire.Version, Events: events}))
	}
	f("two", batchOf(sample(1), sample(2)), 2, false, nil)
	f("none", `{"version":1}`, 0, false, nil)
	f("fields of a newer version", `{"version":1,"hello":{},"tenant":"other","events":[]}`, 0, false, nil)
	f("one good beside one bad address", `{"version":1,"events":[`+string(good)+`,{"id":"00000000000000000000000009","flow":{"src":"nowhere"}}]}`, 1, true, nil)
	f("unknown kind", batchOf(event(func(e *wire.Event) { e.Kind = "gossip" })), 0, true, nil)
	f("no site", batchOf(event(func(e *wire.Event) { e.Site = nil })), 0, true, nil)
	f("text too long", batchOf(event(func(e *wire.Event) { e.URL = long })), 0, true, nil)
	f("too many techniques", batchOf(event(func(e *wire.Event) {
		e.Kind, e.Rule = wire.KindIPS, &wire.Rule{SID: 1, Mitre: make([]string, 100)}
	})), 0, true, nil)
	f("id with other characters", batchOf(event(func(e *wire.Event) { e.ID = strings.Repeat("\x00", 26) })), 0, false, errBody)
	f("no id", `{"version":1,"events":[{"kind":"site"}]}`, 0, false, errBody)
	f("event is a number", `{"version":1,"events":[5]}`, 0, false, errBody)
	f("not JSON", "hello", 0, false, errBody)
	f("empty", "", 0, false, errBody)
	f("more behind", batchOf()+"{}", 0, false, errBody)
	f("too many", batchOf(make([]wire.Event, wire.MaxBatchEvents+1)...), 0, false, errLimit)
	f("a million numbers", `{"version":1,"events":[`+strings.Repeat("1,", 1<<20)+`1]}`, 0, false, errLimit)
	f("null", `{"version":1,"events":null}`, 0, false, nil)
	f("no list", `{"version":1,"events":{}}`, 0, false, errBody)
	f("an event of many bytes", `{"version":1,"events":[{"id":"00000000000000000000000009","health":{"parts":{`+strings.Repeat(`"a":"ok",`, wire.MaxEventBytes/8)+`"b":"ok"}}}]}`, 0, true, nil)
	for _, version := range []string{`{"version":2,"events":"something else"}`, `{"version":0}`, `{}`} {
		var answer *wire.Error
		if _, err := decodeBatch([]byte(version)); !errors.As(err, &answer) || answer.Code != codeVersion {
			t.Errorf("%s: %v, want a version error", version, err)
		}
	}
}

// TestRefusalsFitIntoTheAnswer: a box reads at most wire.MaxControlBytes of an
// answer; of a longer one it understands nothing and sends everything again.
func TestRefusalsFitIntoTheAnswer(t *testing.T) {
	t.Parallel()
	var events []string
	for i := range wire.MaxBatchEvents {
		events = append(events, fmt.Sprintf(`{"id":"%026d","kind":%q,"time":%q}`, i, strings.Repeat("<\n", 500), strings.Repeat("<", 500*(i%2))))
	}
	b, err := decodeBatch([]byte(`{"version":1,"events":[` + strings.Join(events, ",") + `]}`))
	if err != nil || len(b.refused) != wire.MaxBatchEvents {
		t.Fatalf("%d refused, %v", len(b.refused), err)
	}
	if text := encodeBatch(t, wire.Ack{Version: wire.Version, Refused: b.refused}); len(text) > wire.MaxControlBytes {
		t.Errorf("the answer has %d bytes", len(text))
	}
}

func TestDecompress(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("otasuke "), 1000)
	for range 3 { // the pool's decoders are used again
		if got, err := decompress(bytes.NewReader(compress(t, text))); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		bomb := compress(t, make([]byte, 200<<20))
		if _, err := decompress(bytes.NewReader(bomb)); !errors.Is(err, errLimit) {
			t.Errorf("a bomb of %d bytes: %v", len(bomb), err)
		}
		if _, err := decompress(strings.NewReader("not zstd at all")); !errors.Is(err, errBody) {
			t.Errorf("not zstd: %v", err)
		}
		whole := compress(t, text)
		if _, err := decompress(bytes.NewReader(whole[:len(whole)-3])); !errors.Is(err, errBody) {
			t.Errorf("cut short: %v", err)
		}
	}
	w, err := zstd.NewWriter(io.Discard, zstd.WithWindowSize(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var wide bytes.Buffer
	w.Reset(&wide)
	if _, err := w.Write(make([]byte, 100<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := decompress(&wide); !errors.Is(err, errLimit) && !errors.Is(err, errBody) {
		t.Errorf("a window of 64 MiB: %v", err)
	}
}

// FuzzDecodeBatch: whatever comes, decoding ends with checked events or an error
// that has an answer.
func FuzzDecodeBatch(f *testing.F) {
	real := encodeBatch(f, wire.Batch{Version: wire.Version, Events: []wire.Event{sample(1), {ID: fmt.Sprintf("%026d", 2), Time: time.Unix(1, 0), Kind: wire.KindHealth,
		Health: &wire.Health{Parts: map[string]wire.State{"inspection": wire.StateDown}, Note: "engine-died"}}}})
	f.Add(compress(f, real), false)
	f.Add(real, true)
	f.Add([]byte(`{"version":2}`), true)
	f.Add([]byte(`{"version":1,"events":[{"id":"00000000000000000000000009"}]}`), true)
	f.Fuzz(func(t *testing.T, data []byte, plain bool) {
		if !plain {
			text, err := decompress(bytes.NewReader(data))
			if err != nil {
				if !errors.Is(err, errBody) && !errors.Is(err, errLimit) {
					t.Errorf("decompress: %v", err)
				}
				return
			}
			data = text
		}
		b, err := decodeBatch(data)
		var answer *wire.Error
		if err != nil && !errors.Is(err, errBody) && !errors.Is(err, errLimit) && !errors.As(err, &answer) {
			t.Errorf("an error without an answer: %v", err)
		}
		for i := range b.events {
			if err := b.events[i].Check(); err != nil || !wire.ValidID(b.events[i].ID) {
				t.Errorf("unchecked event: %v", err)
			}
		}
	})
}
