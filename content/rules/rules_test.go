package rules

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"otasuke/e2e/talk"
	"otasuke/rule"
)

// families are the keys that texts for people exist for.
var families = strings.Fields("exploit webshell smb-probe rdp-probe scan c2 trojan-download ransomware exfil coinminer phishing botnet remote-tool policy lateral")

// leastRules is what the service promises to bring along.
const leastRules = 65

func TestRules(t *testing.T) {
	t.Parallel()
	all, refused := All(nil)
	for _, f := range refused {
		t.Error(f)
	}
	if len(all) < leastRules {
		t.Errorf("%d rules, want %d", len(all), leastRules)
	}
	classes, seen := rule.DefaultClasses(), map[string]bool{}
	technique := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	for _, r := range all {
		seen[r.Family] = true
		switch {
		case r.SID < 9000001 || r.SID > 9009999:
			t.Errorf("%v: the sid is outside our range", r)
		case !strings.HasPrefix(r.Msg, "OTASUKE ") || len(strings.Fields(r.Msg)) < 3:
			t.Errorf("%v: the msg must say OTASUKE, the family and what was seen", r)
		case classes[r.Class].Priority == 0:
			t.Errorf("%v: unknown class %q", r, r.Class)
		case len(r.Mitre) != 1 || !technique.MatchString(r.Mitre[0]):
			t.Errorf("%v: MITRE technique %q", r, r.Mitre)
		case r.Family == "policy" && r.Action.Blocks():
			t.Errorf("%v: policy rules must not block", r)
		}
		conversations(t, r)
	}
	for _, f := range families {
		if !seen[f] {
			t.Errorf("no rule of family %s", f)
		}
		delete(seen, f)
	}
	for f := range seen {
		t.Errorf("family %q is not known", f)
	}
}

// conversations checks that a rule has both conversations and that they can be
// written as captures.
func conversations(t *testing.T, r *rule.Rule) {
	text, err := os.ReadFile(filepath.Join("testdata", fmt.Sprint(r.SID)+".txtar"))
	if err != nil {
		t.Errorf("%v: %v", r, err)
		return
	}
	sections := talk.Sections(string(text))
	for _, name := range []string{"fires", "quiet"} {
		c, err := talk.Parse(sections[name])
		if err != nil {
			t.Errorf("%v: section %s: %v", r, name, err)
			continue
		}
		if err := c.WritePcap(&bytes.Buffer{}); err != nil {
			t.Errorf("%v: section %s: %v", r, name, err)
		}
	}
}

func TestNoConversationWithoutRule(t *testing.T) {
	t.Parallel()
	all, _ := All(nil)
	want := map[string]bool{}
	for _, r := range all {
		want[fmt.Sprint(r.SID)+".txtar"] = true
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("testdata/%s belongs to no rule", e.Name())
		}
	}
}
