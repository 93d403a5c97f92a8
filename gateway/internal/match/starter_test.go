package match

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"otasuke/content/rules"
	"otasuke/e2e/talk"
)

// TestStarterRules plays each rule's conversations: the one fires the rule and
// no other that blocks, the other fires nothing.
func TestStarterRules(t *testing.T) {
	t.Parallel()
	all, refused := rules.All(nil)
	set, more, err := Compile(all, Options{})
	if err != nil || len(refused)+len(more) > 0 {
		t.Fatal(err, refused, more)
	}
	defer set.Close()
	for _, r := range all {
		text, err := os.ReadFile(filepath.Join("../../../content/rules/testdata", fmt.Sprint(r.SID)+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		sections := talk.Sections(string(text))
		if got := newFeeder(t, set).play(sections["fires"]); !slices.Contains(got, r.SID) {
			t.Errorf("%v does not fire, but %v", r, got)
		}
		if got := newFeeder(t, set).play(sections["quiet"]); len(got) > 0 {
			t.Errorf("%v: the quiet conversation fires %v", r, got)
		}
	}
}
