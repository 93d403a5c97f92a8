package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program of a bundle is started in place of the package's, until it has not stayed up three
// times.
func TestProgramOfABundle(t *testing.T) {
	t.Parallel()
	exe, dir := build(t), t.TempDir()
	info, err := os.Stat(exe)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("bundles/program/5/otasuke", "#!/bin/sh\necho \"the bundle's: $*\"\nexit 3\n", 0o755)
	write("bundles/state.json", fmt.Sprintf(`{"kinds":{"program":{"active":5,"floor":5,"version":5,"state":"trial","packaged":"%d %d","trial":{"before":0,"starts":0,"base":{}}}}}`,
		info.Size(), info.ModTime().UnixNano()), 0o644)
	conf := filepath.Join(dir, "box.toml")
	// A key of a later program does not keep the package's from finding it.
	write("box.toml", fmt.Sprintf("state_dir = %q\nkey_of_tomorrow = true\n", dir), 0o600)
	for n := 1; n <= 5; n++ {
		cmd := exec.Command(exe, "gateway", "-config", conf)
		out, _ := cmd.CombinedOutput()
		bundle := strings.Contains(string(out), "the bundle's: gateway -config")
		if want := n <= 3; bundle != want || !want && !strings.Contains(string(out), "key_of_tomorrow") {
			t.Errorf("start %d: %s", n, out)
		}
	}
}
