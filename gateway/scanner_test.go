package gateway

import (
	"path/filepath"
	"testing"

	"otasuke/gateway/internal/scan"
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
