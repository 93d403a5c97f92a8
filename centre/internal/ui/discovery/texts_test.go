package discovery

import (
	"slices"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
	"otasuke/wire"
)

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := []string{"discovery.go", "propose.go", "one.go"}
	for name, data := range map[string]any{"list": listView{}, "one": oneView{}, "propose": proposeView{}} {
		p, err := ui.ParsePage(files, name+".html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		used = append(used, name+".html")
	}
	stage.Written(t, used...)
	var keys []string
	for head, words := range map[string][]string{
		kindKey: discovery.Kinds, "discovery.effect_": discovery.Kinds, categoryKey: discovery.Categories, saidKey: said,
		"discovery.state_": {discovery.Proposed, discovery.Active, discovery.Ended, discovery.Withdrawn, discovery.Dropped},
		stepKey:            {discovery.StepPropose, discovery.StepConfirm, discovery.StepRenew, discovery.StepWithdraw, discovery.StepDrop},
		refusedKey: {discovery.NotName, discovery.NotSuffix, discovery.NotShared, discovery.NotOurs, discovery.NotEveryday, discovery.NotApp, discovery.NotAddr, discovery.NotInside,
			discovery.NotResolver, discovery.NotPage, discovery.NotSecret, discovery.NotWhole, discovery.NotDigest, discovery.NotEmpty, discovery.NotKind, discovery.NotUsed},
	} {
		for _, w := range words {
			keys = append(keys, head+w)
		}
	}
	for _, one := range problems {
		keys = append(keys, badKey+one.key)
	}
	for _, key := range keys {
		if !c.In("en").Has(key) {
			t.Errorf("nobody wrote %s", key)
		}
	}
}

// What something too long of each kind is refused for has words: the guard names the kind.
func TestKindsAreReasons(t *testing.T) {
	t.Parallel()
	if reasons := []string{discovery.NotName, discovery.NotAddr, discovery.NotPage}; !slices.Equal(reasons, []string{wire.StopName, wire.StopAddr, wire.StopPage}) {
		t.Errorf("%v", reasons)
	}
}
