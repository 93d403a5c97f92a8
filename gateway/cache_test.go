package gateway

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An inspection with kept rules judges as the first one, also when somebody broke what was kept.
func TestInspectFromCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	var warned warnings
	judge := func(folder string) InspectSummary {
		t.Helper()
		sum, err := Inspect(context.Background(), InspectConfig{
			Capture: "../e2e/demo/testdata", Dir: filepath.Join(dir, folder), Cache: cache, Warn: &warned,
		})
		if err != nil {
			t.Fatal(err)
		}
		if sum.Loading <= 0 || sum.Judging <= 0 {
			t.Errorf("times %v, %v", sum.Loading, sum.Judging)
		}
		sum.Loading, sum.Judging = 0, 0
		return sum
	}
	first := judge("1")
	if first.Alerts == 0 {
		t.Error("no alerts: there is nothing to compare")
	}
	if diff := cmp.Diff(first, judge("2")); diff != "" {
		t.Error(diff)
	}
	if warned > 0 {
		t.Errorf("%d warnings about what is in order", warned)
	}
	files, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Truncate(f, 100); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(first, judge("3")); diff != "" {
		t.Error(diff)
	}
	if len(files) > 0 && warned == 0 {
		t.Error("damage was not said")
	}
}

// warnings counts lines.
type warnings int

var _ io.Writer = new(warnings)

func (w *warnings) Write(b []byte) (int, error) { *w++; return len(b), nil }
