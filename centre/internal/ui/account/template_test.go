package account

import (
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/ui"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"account": accountView{}, "factor": factorView{}, "codes": codesView{}, "people": peopleView{}, "person": personView{}, "shares": sharesView{}, "door": doorView{}, "passkeymade": madeView{}, "passkey": keyView{}} {
		p, err := ui.ParsePage(files, name+".html", "form.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
