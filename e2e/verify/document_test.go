package verify

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Where the reasons are kept, and the document that is made of them.
const (
	reasonsFile = "testdata/reasons.txt"
	document    = "../../docs/verify.md"
)

// reasons say why cases do not pass.
type reasons struct {
	order []string            // of reasons
	cases map[string][]string // by reason
	of    map[string]string   // by case
}

// readReasons reads a reason behind "=" and its cases, one a line.
func readReasons(t *testing.T) reasons {
	t.Helper()
	text, err := os.ReadFile(reasonsFile)
	if err != nil {
		t.Fatal(err)
	}
	r := reasons{cases: map[string][]string{}, of: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if reason, ok := strings.CutPrefix(line, "= "); ok {
			r.order = append(r.order, reason)
			continue
		}
		if len(r.order) == 0 || r.of[line] != "" {
			t.Fatalf("%s: %s stands before a reason, or twice", reasonsFile, line)
		}
		reason := r.order[len(r.order)-1]
		r.of[line] = reason
		r.cases[reason] = append(r.cases[reason], line)
	}
	return r
}

// outcome are the cases by what became of them.
type outcome struct{ good, bad, missing []string }

// documented compares the document with what was seen, or makes it anew.
func (o *outcome) documented(t *testing.T, r reasons, st status) {
	t.Helper()
	for name := range r.of {
		if !slices.Contains(o.bad, name) && !slices.Contains(o.good, name) {
			t.Errorf("%s: %s is no case that is tried", reasonsFile, name)
		}
	}
	want := o.text(r, st)
	have, err := os.ReadFile(document)
	if err == nil && string(have) == want {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Errorf("%s is not fresh: UPDATE_DOCS=1 go test ./e2e/verify -run SuricataVerify", document)
		return
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (o *outcome) text(r reasons, st status) string {
	var b strings.Builder
	here := len(o.good) + len(o.bad)
	fmt.Fprintf(&b, `# Cases of suricata-verify

Made by the test of e2e/verify from testdata/reasons.txt; UPDATE_DOCS=1 makes it again. The test
fails when a case fails that has no reason here, and when one of these passes.

| cases | number |
|---|---|
| public cases whose status with Suricata 8.0.6 is known | %d |
| skipped, not run or not passed by 8.0.6 | %d |
| that ask for other things than events of eve.json | %d |
| that ask for events | %d |
| of these, whose captures are not among the data | %d |
| tried | %d |
| **pass** | **%d (%.3f)** |
| do not pass | %d |

## What does not pass, and why

| cases | number | reason |
|---|---|---|
`, len(st.asked)+len(st.others)+len(st.foreign), len(st.foreign), len(st.others), len(st.asked), len(o.missing), here,
		len(o.good), float64(len(o.good))/float64(here), len(o.bad))
	for _, reason := range r.order {
		names := slices.Sorted(slices.Values(r.cases[reason]))
		fmt.Fprintf(&b, "| %s | %d | %s |\n", quoted(names), len(names), reason)
	}
	fmt.Fprintf(&b, "\n## Captures that are not among the data (%d)\n\n%s\n", len(o.missing), quoted(slices.Sorted(slices.Values(o.missing))))
	fmt.Fprintf(&b, "\n## Cases that ask for other things than events of eve.json (%d)\n\n", len(st.others))
	b.WriteString("Commands of a shell, other files, statistics in a form of their own.\n\n" + quoted(slices.Sorted(slices.Values(st.others))) + "\n")
	return b.String()
}

// quoted writes names one after the other.
func quoted(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
