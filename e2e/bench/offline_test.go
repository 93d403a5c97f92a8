package bench

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"otasuke/gateway"
)

// BenchmarkOffline judges the generated captures with ET Open and everything recorded, one
// worker: for profiles. The published figures are those of 'make bench'.
func BenchmarkOffline(b *testing.B) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		b.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	dir := b.TempDir()
	text, err := exec.Command("xz", "-dc", filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")).Output()
	if err != nil {
		b.Skipf("the rules cannot be unpacked: %v", err)
	}
	rules := filepath.Join(dir, "et.rules")
	if err := os.WriteFile(rules, text, 0o600); err != nil {
		b.Fatal(err)
	}
	for _, c := range corpora {
		b.Run(c.name, func(b *testing.B) {
			path, err := c.write(dir)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				sum, err := gateway.Inspect(context.Background(), gateway.InspectConfig{Capture: path, Rules: []string{rules}, Dir: b.TempDir(), Warn: io.Discard})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(sum.Bytes))
				b.ReportMetric(float64(sum.Alerts), "alerts")
			}
		})
	}
}
