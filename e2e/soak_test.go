package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"otasuke/e2e/soak"
)

// TestSoak lets the office work for a minute; 'make soak' for as long as one wants.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("a soak takes a minute; left out of short runs")
	}
	needLab(t)
	out, err := exec.Command(build(t), "soak", "-for", "60s").Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var r soak.Result
	if e := json.Unmarshal([]byte(lines[len(lines)-1]), &r); e != nil || err != nil || !r.OK || r.Failed > 0 || r.Connections < 500 {
		t.Errorf("%v %v\n%s", err, e, out)
	}
	t.Log(lines[len(lines)-1])
}
