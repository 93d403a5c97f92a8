package desk

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"list": listView{}, "form": formView{}, "one": oneView{}, "queue": queueView{}, "company": companyView{}, "ticket": ticketView{}, "move": moveView{}, "handover": handoverView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every text that a page or a mail of the desk can show exists, also those whose key's end is chosen.
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
	for _, pattern := range []string{"*.html", "*.go", "../../desk/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range text.Used(string(b)) {
				has(key)
			}
		}
	}
	for s := range tones {
		has(stateKey + string(s))
		has(staffKey + string(s))
	}
	for _, topic := range desk.Topics {
		has(topicKey + topic)
	}
	for key, all := range map[string][]string{channelKey: {"phone", "mail", "portal"}, saidKey: saidWords, sideKey: {"customer", "staff", "note"}, sentKey: {desk.SentWaiting, desk.SentOut, desk.SentRefused}, fileKey: {desk.FileWaiting, desk.FileClean, desk.FileInfected, desk.FileUnknown},
		fieldKey: {"what", "since", "device", "done", "aim", "price", "doubt", "phone", "topic", "text"}, "desk.": {"ask", "call", "offer", "ask_lead", "call_lead", "offer_lead"}} {
		for _, one := range all {
			has(key + one)
		}
	}
	for face := desk.Bad; face <= desk.Good; face++ {
		has(faceKey + strconv.Itoa(face))
	}
}
