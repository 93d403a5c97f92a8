package settings

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	catalogue "otasuke/content/apps"
	"otasuke/gateway/internal/apps"
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

// A company's own applications that were known stay known when their file is broken or gone, also for
// a box that starts anew then, and what it wants blocked stays blocked. Without a copy the box starts
// all the same: what is wished of other applications counts, and the log names the file.
func TestKeptApplications(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own, state, conf := filepath.Join(dir, "own.toml"), filepath.Join(dir, "state"), filepath.Join(dir, "box.toml")
	write := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	configure := func(blocks string) {
		write(conf, fmt.Sprintf("state_dir = %q\nports = [\"eth0\", \"eth1\"]\napplications = %q\n", state, own)+blocks)
	}
	app := func(id string) string {
		return fmt.Sprintf("[[app]]\nid = %q\nja = \"社内\"\ncategory = \"business\"\nnames = [%q]\n", id, id+".example")
	}
	const block = "[[block]]\napplications = [\"till\"]\n[[block]]\napplications = [\"zoom\", \"till\"]\n"
	var log bytes.Buffer
	start := func(when string, want ...string) {
		t.Helper()
		log.Reset()
		c, err := Load(conf)
		if err != nil {
			t.Fatalf("%s: the box does not start: %v", when, err)
		}
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		known, err := c.KnownApplications()
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if err := c.RenewApplications(known); err != nil {
			t.Errorf("%s: a reload: %v", when, err)
		}
		var got []string
		for _, id := range []string{"till", "stock", "zoom"} {
			n := known.Table().Find(id)
			if n != 0 && known.Policy().Blocks(&apps.Flow{App: n, By: apps.ByName}, filter.Device{}) {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v are blocked, want %v", when, got, want)
		}
		if said := strings.Contains(log.String(), "own.toml"); said != (when != "good") {
			t.Errorf("%s: the log names the file: %v\n%s", when, said, log.String())
		}
	}
	configure(block)
	write(own, app("till"))
	start("good", "till", "zoom")
	for _, broken := range []string{"<!DOCTYPE html>\n", app("till")[:40], app("a b"), strings.Repeat("#", catalogue.MaxFile+1)} {
		write(own, broken)
		start(fmt.Sprintf("broken: %.20q", broken), "till", "zoom")
	}
	configure(block + "[[block]]\napplications = [\"stock\"]\n")
	start("a wish for what only the broken file may have", "till", "zoom")
	configure(block)
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	start("gone", "till", "zoom")
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	start("never was", "zoom")
	write(own, "<!DOCTYPE html>\n")
	start("never was good", "zoom")
	write(own, app("till"))
	start("good", "till", "zoom")
	configure("[[block]]\napplications = [\"stock\"]\n")
	if _, err := Load(conf); !errors.Is(err, ErrConfig) {
		t.Errorf("a wish that names nothing: %v", err)
	}
}
