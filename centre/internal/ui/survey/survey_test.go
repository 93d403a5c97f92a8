package survey

import (
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
)

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := []string{"survey.go", "result.go"}
	for name, data := range map[string]any{"list": listView{}, "draft": draftView{}, "look": lookView{}, "result": resultView{}, "reply": replyView{}, "answer": answerView{}} {
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
	for _, m := range survey.Marks {
		if !c.In("en").Has(markKey + m) {
			t.Errorf("nobody wrote what %s is", m)
		}
	}
	for _, word := range saidWords {
		if !c.In("en").Has(saidKey + word) {
			t.Errorf("nobody wrote what is said of %s", word)
		}
	}
}

// What is one of the usual questions is sent in both languages, whichever it was written in.
func TestParse(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{Config: Config{Texts: c}}
	for n := range basics {
		for _, lang := range []string{"ja", "en"} {
			got := p.parse("\r\n  " + p.basic(n+1, lang) + " \r\n\n")
			if len(got) != 1 || got[0].In("ja") != p.basic(n+1, "ja") || got[0].In("en") != p.basic(n+1, "en") || got[0].Kind != survey.Check {
				t.Errorf("%d in %s: %+v", n+1, lang, got)
			}
		}
	}
	got := p.parse("？ 困っていることは何ですか？\n?What else?\nVPN を使っていますか？\n？\n")
	want := []survey.Question{{Kind: survey.Text, JA: "困っていることは何ですか？"}, {Kind: survey.Text, JA: "What else?"}, {Kind: survey.Check, JA: "VPN を使っていますか？"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}
