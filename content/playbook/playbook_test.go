package playbook

import (
	"strings"
	"testing"

	"otasuke/content/families"
)

// Every family says what to check, whom to ring, when to send somebody and when to close, and no step is left over.
func TestEveryFamilyHasAPlaybook(t *testing.T) {
	t.Parallel()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	all, err := families.Load()
	if err != nil {
		t.Fatal(err)
	}
	used, known := map[string]bool{}, map[string]bool{}
	check := func(name string, steps []*Step) {
		t.Helper()
		phases, once := map[Phase]int{}, map[string]bool{}
		for _, s := range steps {
			if phases[s.Phase]++; once[s.Key] {
				t.Errorf("%s has %s twice", name, s.Key)
			}
			used[s.Key], once[s.Key] = true, true
		}
		for _, p := range Phases {
			if phases[p] == 0 {
				t.Errorf("%s has nothing to %s", name, p)
			}
		}
		if len(steps) < 4 || len(steps) > 10 {
			t.Errorf("%s has %d steps", name, len(steps))
		}
	}
	for _, key := range all.Keys() {
		known[key] = true
		if b.families[key] == nil {
			t.Errorf("%s has no playbook", key)
		}
		check(key, b.Of(key))
	}
	check("of another version", b.Of("nonsense"))
	for key := range b.families {
		if !known[key] {
			t.Errorf("there is no family %s", key)
		}
	}
	for key, s := range b.steps {
		if !used[key] {
			t.Errorf("nobody uses %s", key)
		}
		switch s.Act {
		case ActNone, ActTraffic, ActRing, ActVisit, ActSimilar:
		default:
			t.Errorf("%s does %q", key, s.Act)
		}
		if !strings.HasSuffix(s.Ja, "。") || !strings.HasSuffix(s.En, ".") || len([]rune(s.Ja)) > 80 || len(s.En) > 150 {
			t.Errorf("%s is no short sentence: %d, %d", key, len([]rune(s.Ja)), len(s.En))
		}
		if s.In("en") != s.En || s.In("ja") != s.Ja || b.Step(key) != s {
			t.Errorf("%s is in the wrong language", key)
		}
	}
	if b.Step("nonsense") != nil {
		t.Error("a step that is not there")
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	step := "[[step]]\nkey = 'a'\nphase = 'check'\nja = 'あ'\nen = 'a'\n"
	for name, text := range map[string]string{"no toml": "[", "unknown field": "x = 1", "no english": "[[step]]\nkey = 'a'\nja = 'あ'", "twice": step + step, "no such step": step + "[family]\nc2 = ['b']", "fallback": "fallback = ['b']\n" + step} {
		if _, err := read(text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("[[step]]\nkey = 'a'\nphase = 'check'\nja = 'あ'\nen = 'a'\n[family]\nc2 = ['a']")
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := read(s); err == nil {
			b.Of("c2")
		}
	})
}
