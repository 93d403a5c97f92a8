package news

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"list": listView{}, "form": formView{}, "one": oneView{}, "seats": seatsView{}, "broken": brokenView{}, "archive": archiveView{}, "piece": pieceView{}, "choice": choiceView{}, "leave": leaveView{}, "seat": seatView{}, "place": placeView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	has := func(key string) {
		t.Helper()
		if !c.In("ja").Has(key) {
			t.Errorf("nobody wrote %q", key)
		}
	}
	sources, err := filepath.Glob("*.html")
	if err != nil {
		t.Fatal(err)
	}
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(append(sources, code...), "../../news/mail.txt", "../../news/mail.html", "../../news/compose.go", "../../news/printed/board.go") {
		b, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			if key[len(key)-1] != '_' {
				has(key)
			}
		}
	}
	for _, k := range news.NewsKinds {
		has(kindKey + string(k))
		has("news.sign_" + string(k))
		has("news.why_" + string(k))
	}
	for s := range tones {
		has(stateKey + string(s))
	}
	for s := range seatTones {
		has(seatKey + s)
		has(saidKey + s)
	}
	for _, s := range news.MailStates {
		has(mailKey + s)
	}
	for _, s := range []string{"taken", "in_line", "reminder", "moved", "slides", "cancelled"} {
		has("news.mail_" + s)
	}
	for _, s := range contract.Industries {
		has(industryKey + s)
	}
	for _, s := range []string{"kept", "asked", "sent", "approved", "back", "dropped", "cancelled", "slides", "repaired", "chosen", "moved"} {
		has(saidKey + s)
	}
	for _, s := range []string{"state", "second", "closed", "many", "last", "empty", "large", "place", news.Missing, news.Long, news.Malformed, news.Past, news.Order} {
		has(faultKey + s)
	}
	for _, s := range []string{"title_ja", "body_ja", "body_en", "send_at", "starts", "ends", "place"} {
		has("news.field_" + s)
	}
}
