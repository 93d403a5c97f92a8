package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/settings"
	"otasuke/wire"
)

// The status says how the scanner is, and each limit that files have reached.
func TestScannerStatus(t *testing.T) {
	t.Parallel()
	s := engineStatus{Scanner: "off", Limits: map[string]uint64{"flow.get_used": 3}}
	if s.ofScanner(t.Context(), nil); s.Scanner != "off" {
		t.Errorf("without one: %q", s.Scanner)
	}
	none := &scan.Scanner{Socket: filepath.Join(t.TempDir(), "none")}
	none.Open(false).Write(make([]byte, scan.MaxFile+1))
	s.ofScanner(t.Context(), none)
	if s.Scanner != "down" || s.Limits["flow.get_used"] != 3 || s.Limits["scan_too_large"]+s.Limits["scan_down"] == 0 || s.Signatures != 0 {
		t.Errorf("%+v", s)
	}
}

// The centre reads of a new box that its scanner waits for signatures, not that it has stopped; of one
// that has them and does not answer, that it has stopped.
func TestScannerWaits(t *testing.T) {
	t.Parallel()
	database := t.TempDir()
	b := testBox(t, Config{Clamd: settings.ClamdRun, ClamdDatabase: database})
	says := func(scanner string) wire.State {
		b.read(strings.NewReader(fmt.Sprintf("{\"event_type\":%q,\"scanner\":%q}\n", typeStatus, scanner)), func() {})
		return b.report().Parts["virus"]
	}
	if got := says("down"); got != wire.StateWaiting {
		t.Errorf("without signatures: %q", got)
	}
	if err := os.WriteFile(filepath.Join(database, "first.hdb"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []wire.State{wire.StateDown, wire.StateOK, wire.StateDown} {
		if got := says(string(want)); got != want {
			t.Errorf("with signatures: %q, want %q", got, want)
		}
	}
}
