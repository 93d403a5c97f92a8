package health

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// What an engine could not do is told once while it lasts, with how much, and again for
// the next engine.
func TestLimitsAreTold(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	var l Limits
	said := func(s Reached, after time.Duration) string {
		out.Reset()
		now = now.Add(after)
		l.Tell(log, s, now)
		return out.String()
	}
	if got := said(Reached{Packets: 10}, 0); got != "" {
		t.Errorf("nothing happened: %s", got)
	}
	if got := said(Reached{Packets: 20, Uninspected: 7, Limits: map[string]uint64{"flow.get_used": 3}}, time.Second); !strings.Contains(got, "uninspected=7 inspected=20") || !strings.Contains(got, "limit=flow.get_used since=3") {
		t.Errorf("the first time: %s", got)
	}
	if got := said(Reached{Packets: 30, Uninspected: 9, Lost: 2}, time.Second); got != "" {
		t.Errorf("at once again: %s", got)
	}
	if got := said(Reached{Packets: 40, Uninspected: 12, Lost: 2}, tellEvery); !strings.Contains(got, "since=5 uninspected=12") || !strings.Contains(got, "lost=2") || strings.Contains(got, "flow.get_used") {
		t.Errorf("later: %s", got)
	}
	if got := said(Reached{Packets: 50, Uninspected: 12, Lost: 2}, tellEvery); got != "" {
		t.Errorf("nothing new: %s", got)
	}
	if got := said(Reached{Packets: 1, Uninspected: 1}, time.Second); !strings.Contains(got, "uninspected=1") {
		t.Errorf("another engine: %s", got)
	}
}
