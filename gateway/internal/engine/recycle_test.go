package engine

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/e2e/talk"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/packet"
)

// chance is what is another in each run: the number of an event.
var chance = regexp.MustCompile(`"otasuke":\{"id":"[^"]*"`)

// written plays a conversation and returns its lines. With again each record comes back
// blank as soon as it is written.
func written(t *testing.T, cfg Config, text string, gather int, again bool) (lines []string) {
	t.Helper()
	cfg.Gather = gather
	cfg.Emit = func(list []*eve.Record) int {
		for _, r := range list {
			line, err := eve.Append(nil, r)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, chance.ReplaceAllString(string(line), ""))
		}
		if !again {
			return 0
		}
		for _, r := range list {
			r.Reset()
		}
		return len(list)
	}
	play(t, cfg, text)
	return lines
}

// What is written does not depend on how many records are handed over at once, nor on what
// becomes of them then: the engine looks at none that it has given away, and all of a blank
// one is blank.
func TestRecordsAreUsedAgain(t *testing.T) {
	set := starterSet(t)
	names, err := filepath.Glob("../../../content/rules/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	all := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for part, talk := range talk.Sections(string(text)) {
			if part != "fires" && part != "quiet" {
				continue
			}
			for _, inline := range []bool{false, true} {
				cfg := Config{Rules: set, Inline: inline, LogApps: true, LogFlows: true, LogAnomalies: true,
					EVE: evelog.Config{Number: true, Ethernet: true, Netflow: true, Anomaly: evelog.AnomalyConfig{Decode: true, Stream: true, App: true}}}
				want := written(t, cfg, talk, 0, false)
				all += len(want)
				for _, gather := range []int{1, 3, 1000} {
					if d := cmp.Diff(want, written(t, cfg, talk, gather, true)); d != "" {
						t.Errorf("%s %s, %d at once: %s", name, part, gather, d)
					}
				}
			}
		}
	}
	if all == 0 {
		t.Error("nothing was written")
	}
}

// An alert waits until no packet does, other records until the tick.
func TestAlertDoesNotWait(t *testing.T) {
	n := 0
	b := newBox(t, Config{Rules: rulesOf(t, `alert udp any any -> any 7777 (msg:"x"; content:"evil"; sid:1;)`), LogFlows: true})
	b.w.batch.Size, b.w.batch.Emit = 100, func(list []*eve.Record) int { n += len(list); return 0 }
	e := between("192.168.1.12:50000", "198.51.100.80:7777")
	b.give(packet.AppendUDP(nil, e.client, e.server, []byte("evil")))
	if n != 0 {
		t.Fatal("handed over alone")
	}
	if b.w.Rest(); n != 1 {
		t.Fatalf("%d records while nothing is to be done", n)
	}
	b.w.flows.EndAll()
	if b.w.Rest(); n != 1 {
		t.Fatalf("%d records: that of the flow can wait", n)
	}
	if b.w.Tick(b.now); n != 2 {
		t.Errorf("%d records after the tick", n)
	}
}
