package settings

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway/internal/filter"
)

// Lists and rules that were good stay in use when their files are broken or gone, also for a box
// that starts anew then; the log names the file. What was never good costs only itself.
func TestKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list, own, rules, conf := filepath.Join(dir, "feed.txt"), filepath.Join(dir, "own.txt"), filepath.Join(dir, "a.rules"), filepath.Join(dir, "box.toml")
	write := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	const rule = "alert tcp any any -> any any (msg:\"m\"; content:\"words\"; sid:1;)\n"
	write(list, "evil.example\n")
	write(own, "mine.example\n")
	write(rules, rule)
	write(conf, fmt.Sprintf("state_dir = %q\nports = [\"eth0\", \"eth1\"]\nno_starter_rules = true\nrules = [%q]\n[[list]]\nname = \"feed\"\ncategory = \"phishing\"\nfile = %q\n[[list]]\nname = \"own\"\ndeny = true\nfile = %q\n",
		filepath.Join(dir, "state"), filepath.Join(dir, "*.rules"), list, own))
	var log bytes.Buffer
	start := func(when string, evil, mine bool, n int) {
		t.Helper()
		log.Reset()
		c, err := Load(conf)
		if err != nil {
			t.Fatalf("%s: the box does not start: %v", when, err)
		}
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		lists, _ := c.WarnedLists()
		for name, want := range map[string]bool{"evil.example": evil, "mine.example": mine} {
			if _, got := lists.Name(filter.Device{}, []byte(name)); got != want {
				t.Errorf("%s: %s is blocked: %v", when, name, got)
			}
		}
		got, _, err := c.ReadRules(true)
		if err != nil || len(got) != n {
			t.Errorf("%s: %d rules, %v", when, len(got), err)
		}
	}
	said := func(what string) {
		t.Helper()
		if !strings.Contains(log.String(), what) {
			t.Errorf("the log does not say %q:\n%s", what, log.String())
		}
	}
	start("at first", true, true, 1)
	write(list, "<!DOCTYPE html>\n<html><body>\n503 Service Unavailable\n</body></html>\n")
	write(rules, "<!DOCTYPE html>\n")
	start("pages with errors", true, true, 1)
	said("feed.txt")
	said("a.rules")
	write(list, "")
	write(own, "")
	start("empty ones", true, false, 1)
	write(rules, rule+"alert of nothing\n")
	start("rules with one that is wrong", true, false, 1)
	for _, f := range []string{list, own, rules} {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	start("files that are gone", true, false, 1)
	if err := os.RemoveAll(filepath.Join(dir, "state")); err != nil {
		t.Fatal(err)
	}
	write(list, "evil.example\n")
	write(own, "mine.example\n")
	start("rules that never were", true, true, 0)
	said("are left out")
	c, err := Load(conf)
	if err != nil {
		t.Fatal(err)
	}
	c.Log = slog.New(slog.DiscardHandler)
	if _, _, err := c.ReadRules(false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a reload that would take the rules away: %v", err)
	}
}
