package match

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"otasuke/rule/parse"
)

// publicSet compiles a big public rule set, or skips the test saying why.
func publicSet(tb testing.TB) *Set {
	tb.Helper()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		tb.Skip("OTASUKE_DATA is not set; it names the folder with public rule sets")
	}
	text, err := exec.Command("xz", "-dc", filepath.Join(dir, "rules/et-open-composite-2025-07.rules.xz")).Output()
	if err != nil {
		tb.Skipf("the public rule set cannot be unpacked: %v", err)
	}
	start := time.Now()
	rules, refused := parse.Rules("et.rules", text, parse.Options{})
	parsed := time.Since(start)
	set, more, err := Compile(rules, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(set.Close)
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	st := set.Stats()
	tb.Logf("%+v; refused %d by the parser, %d by the compiler; parsed in %v, compiled in %v; heap %d MiB",
		st, len(refused), len(more), parsed.Round(time.Millisecond), (time.Since(start) - parsed).Round(time.Millisecond), mem.HeapAlloc>>20)
	for _, f := range more {
		tb.Log(f)
	}
	return set
}

// wantCompiled is the share of a public rule set that must be runnable.
const wantCompiled = 0.99

func TestCompilePublicRules(t *testing.T) {
	set := publicSet(t)
	if got := float64(set.Len()) / 37675; got < wantCompiled {
		t.Errorf("%.2f %% of the rules run, want %.0f %%", 100*got, 100*wantCompiled)
	}
}
