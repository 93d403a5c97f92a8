package access

import (
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
)

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	p, err := ui.ParsePage(files, "page.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := templatecheck.CheckHTML(p.Template(), view{}); err != nil {
		t.Error(err)
	}
	stage.Written(t, "page.html", "access.go")
}
