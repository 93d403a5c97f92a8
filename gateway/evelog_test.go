package gateway

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway/internal/eve"
)

// A log of records whose disk is not there costs the office no protection: it begins when the disk is there.
func TestEVELogOnAMissingDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "disk")
	var said strings.Builder
	cfg := &Config{EVELog: filepath.Join(dir, "eve.json"), Log: slog.New(slog.NewTextHandler(&said, nil))}
	w := newWriter(io.Discard, cfg)
	record := &eve.Record{Timestamp: 1_800_000_000_000_000, EventType: eve.TypeStats, Otasuke: &eve.Own{Counts: map[string]uint64{"lost": 1}}}
	w.write(record)
	w.flush()
	if w.lost.Load() != 1 || strings.Count(said.String(), "records are lost") != 1 {
		t.Errorf("%d are counted: %s", w.lost.Load(), said.String())
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write(record)
	w.flush()
	if text, err := os.ReadFile(cfg.EVELog); err != nil || strings.Count(string(text), "\n") != 1 || w.lost.Load() != 1 {
		t.Errorf("%q, %v, %d are counted", text, err, w.lost.Load())
	}
}
