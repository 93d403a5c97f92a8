package intake

import (
	"testing"
	"time"
)

func TestNextNews(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-11-27T23:59:00Z": "2026-11-28T00:00:00Z", // 8:59 in Japan
		"2026-11-28T00:00:00Z": "2026-11-29T00:00:00Z",
		"2026-11-28T14:30:00Z": "2026-11-29T00:00:00Z",
		"2026-11-28T16:00:00Z": "2026-11-29T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextNews(at).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", now, got, want)
		}
	}
}
