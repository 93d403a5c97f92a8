package parse

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// publicRules returns a big public rule set, or skips the test saying why.
func publicRules(tb testing.TB) []byte {
	tb.Helper()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		tb.Skip("OTASUKE_DATA is not set; it names the folder with public rule sets")
	}
	text, err := exec.Command("xz", "-dc", filepath.Join(dir, "rules/et-open-composite-2025-07.rules.xz")).Output()
	if err != nil {
		tb.Skipf("the public rule set cannot be unpacked: %v", err)
	}
	return text
}

// wantLoaded is the share of a public rule set that must load.
const wantLoaded = 0.99

func TestParsePublicRules(t *testing.T) {
	rules, refused := Rules("et.rules", publicRules(t), Options{})
	reasons := map[string]int{}
	for _, f := range refused {
		reasons[f.Keyword+": "+f.Reason]++
	}
	share := float64(len(rules)) / float64(len(rules)+len(refused))
	t.Logf("%d rules loaded, %d refused, %.2f %%", len(rules), len(refused), 100*share)
	for reason, n := range reasons {
		t.Logf("%5d %s", n, reason)
	}
	if share < wantLoaded {
		t.Errorf("loaded %.2f %%, want at least %.0f %%", 100*share, 100*wantLoaded)
	}
}

func BenchmarkParse(b *testing.B) {
	text := publicRules(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Rules("et.rules", text, Options{})
	}
}
