package families

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otasuke/content/threats"
)

var (
	msgOf   = regexp.MustCompile(`msg:\s*"((?:[^"\\]|\\.)*)"`)
	classOf = regexp.MustCompile(`classtype:\s*([A-Za-z0-9-]+)`)
)

// Every rule of the public sets, switched on or off, is explained by a family of its own: none falls to
// what is said of everything.
// Every family belongs to one of the ten threats of the year.
func TestEveryFamilyHasAThreat(t *testing.T) {
	t.Parallel()
	year, err := threats.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := load(t)
	if len(s.Keys()) < 43 {
		t.Errorf("%d families", len(s.Keys()))
	}
	for _, key := range s.Keys() {
		f, _ := s.Get(key)
		if _, ok := year.Get(f.Threat); !ok {
			t.Errorf("%s: threat %q", key, f.Threat)
		}
	}
}

func TestPublicRulesHaveFamilies(t *testing.T) {
	t.Parallel()
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA is not set: no public rules to look at")
	}
	s := load(t)
	events, err := filepath.Glob(filepath.Join(data, "rules/suricata-8.0.6-events/*.rules"))
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"et-open-composite-2025-07": {"xzcat", filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")},
		"et-open-2023-05-15":        {"tar", "xOzf", filepath.Join(data, "rules/et-open-2023-05-15.emerging-all.tar.gz")},
		"suricata-8.0.6-events":     append([]string{"cat"}, events...),
	} {
		cmd := exec.Command(args[0], args[1:]...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		count, n := map[string]int{}, 0
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if e, ok := seenOf(line); ok {
				n++
				key := s.Of(e)
				if count[key]++; key == s.inside || key == s.outside {
					t.Errorf("%s: %q (%s) is explained by nothing of its own", name, e.Msg, e.Class)
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		var table []string
		for key, c := range count {
			table = append(table, fmt.Sprintf("%6d %s", c, key))
		}
		slices.Sort(table)
		slices.Reverse(table)
		t.Logf("%s: %d rules\n%s", name, n, strings.Join(table, "\n"))
	}
}

// seenOf is what a rule of this text would say.
func seenOf(line string) (Seen, bool) {
	line = strings.TrimLeft(line, "# ")
	m := msgOf.FindStringSubmatch(line)
	if m == nil || !strings.HasPrefix(line, "alert ") && !strings.HasPrefix(line, "drop ") {
		return Seen{}, false
	}
	e := Seen{Kind: "ips", Msg: m[1]}
	if c := classOf.FindStringSubmatch(line); c != nil {
		e.Class = c[1]
	}
	return e, true
}
