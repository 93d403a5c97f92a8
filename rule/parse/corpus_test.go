package parse

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otasuke/rule"
)

// set is a public rule set.
type set struct {
	name, where string
	// least is the share that must load.
	least float64
	read  func(dir string) ([]byte, error)
}

// wantLoaded is the share of a public rule set that must load.
const wantLoaded = 0.99

var sets = []set{
	{"ET Open, July 2025", "et-open-composite-2025-07.rules.xz", wantLoaded, output("xz", "-dc", "et-open-composite-2025-07.rules.xz")},
	{"ET Open, May 2023", "et-open-2023-05-15.emerging-all.tar.gz", wantLoaded, output("tar", "-xzOf", "et-open-2023-05-15.emerging-all.tar.gz")},
	{"hunting rules of Travis Green", "tgreen-hunting", wantLoaded, joined("tgreen-hunting/*.rules")},
	{"traffic identification of OISF", "oisf-traffic-id.rules", wantLoaded, joined("oisf-traffic-id.rules")},
	{"event rules of Suricata 8.0.6", "suricata-8.0.6-events", 1, joined("suricata-8.0.6-events/*.rules")},
}

// output reads what a command writes; its last word is a file of the folder.
func output(words ...string) func(string) ([]byte, error) {
	return func(dir string) ([]byte, error) {
		args := slices.Clone(words[1:])
		args[len(args)-1] = filepath.Join(dir, args[len(args)-1])
		return exec.Command(words[0], args...).Output()
	}
}

// joined reads the files that fit a pattern, one after the other.
func joined(pattern string) func(string) ([]byte, error) {
	return func(dir string) (all []byte, err error) {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err == nil && len(names) == 0 {
			err = os.ErrNotExist
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			all = append(append(all, text...), '\n')
		}
		return all, err
	}
}

// rulesDir is where public rule sets lie; the test is skipped, saying why, when there are none.
func rulesDir(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		tb.Skip("OTASUKE_DATA is not set; it names the folder with public rule sets")
	}
	return filepath.Join(dir, "rules")
}

// Where the figures stand in the document.
const (
	setsBegin = "<!-- sets: made by TestPublicSets, UPDATE_DOCS=1 makes it again -->\n"
	setsEnd   = "<!-- end of sets -->\n"
)

// TestPublicSets: each public set loads, and of every rule that does not the document names
// the keyword and the reason.
func TestPublicSets(t *testing.T) {
	dir := rulesDir(t)
	var table, left strings.Builder
	table.WriteString("\n| set | rules | loaded | refused | share | with those commented out |\n|---|---|---|---|---|---|\n")
	left.WriteString("\n| set | rule | keyword | reason |\n|---|---|---|---|\n")
	for _, s := range sets {
		text, err := s.read(dir)
		if err != nil {
			t.Skipf("%s cannot be read: %v", s.where, err)
		}
		rules, refused := Rules(s.where, text, Options{})
		all := len(rules) + len(refused)
		share := float64(len(rules)) / float64(all)
		if share < s.least {
			t.Errorf("%s: loaded %.2f %%, want at least %.0f %%", s.name, 100*share, 100*s.least)
		}
		more, others := Rules(s.where, text, Options{Disabled: true})
		fmt.Fprintf(&table, "| %s (`%s`) | %d | %d | %d | %.2f %% | %d of %d |\n", s.name, s.where, all, len(rules), len(refused), 100*share, len(more), len(more)+len(others))
		for _, f := range refused {
			if f.Reason == "" {
				t.Errorf("%s: a refusal without a reason: %v", s.name, f)
			}
			fmt.Fprintf(&left, "| %s | %s | %s | %s |\n", s.name, ruleName(f), keywordName(f), strings.ReplaceAll(f.Reason, "|", `\|`))
		}
	}
	inDocument(t, setsBegin, setsEnd, table.String()+left.String()+"\n", "PublicSets")
}

func ruleName(f rule.Refusal) string {
	if f.SID != 0 {
		return fmt.Sprint(f.SID)
	}
	return fmt.Sprintf("line %d", f.Line)
}

func keywordName(f rule.Refusal) string {
	if f.Keyword == "" {
		return ""
	}
	return "`" + f.Keyword + "`"
}

func BenchmarkParse(b *testing.B) {
	text, err := sets[0].read(rulesDir(b))
	if err != nil {
		b.Skipf("the public rule set cannot be unpacked: %v", err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Rules("et.rules", text, Options{})
	}
}
