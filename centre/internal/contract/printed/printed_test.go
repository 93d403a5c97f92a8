package printed_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/contract/printed"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

var by = printed.Provider{Name: "みなと商工会議所", Phone: "050-0000-0119", Portal: "https://otasuke.minato.example"}

// documents are those of a company with a name as long as names get.
func documents(t *testing.T, lang string) map[string]*paper.Document {
	t.Helper()
	catalogue, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	book, err := offer.Load()
	if err != nil {
		t.Fatal(err)
	}
	v, _ := book.Get("2026-10")
	made, texts := time.Date(2026, 11, 21, 14, 5, 0, 0, ja.Zone), catalogue.In(lang)
	a := &contract.Application{Number: "48291375", Moved: made, Form: contract.Form{Company: "株式会社佐藤製作所 東大阪第二工場 " + strings.Repeat("長い名前", 8), Consents: []string{"addresses", "names"}}}
	lines := []printed.Line{{"会社名・屋号", a.Form.Company}, {"住所", "540-0029 大阪府大阪市中央区本町橋2-8"}, {"月額料金（税込）", "6,600円"}}
	return map[string]*paper.Document{"form": printed.Form(a, v, lines, by, texts), "guide": printed.Guide(a.Form.Company, a.Number, made, by, texts), "notice": printed.Notice(a.Form.Company, v, made, by, texts)}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return string(out)
}

var pages = regexp.MustCompile(`Pages:\s+(\d+)`)

// Each is on as many sheets as it should be, says what matters, and is the same each time.
func TestPapers(t *testing.T) {
	t.Parallel()
	press, err := paper.Open(paper.Fonts{})
	if err != nil {
		t.Skip("the fonts of the papers are not installed: ", err)
	}
	dir := t.TempDir()
	if keep := os.Getenv("OTASUKE_SCREENSHOTS"); keep != "" {
		dir = keep
	}
	for lang, want := range map[string]map[string][]string{
		"ja": {"form": {"申込書", "48291375", "会社印", "代表者印", "利用規約", "記入日"}, "guide": {"ルーター", "otasuke.local", "https://otasuke.minato.example/connect", "050-0000-0119"}, "notice": {"見守り", "パスワード"}},
		"en": {"form": {"Application for", "48291375", "Sign here", "Terms"}, "guide": {"Router", "otasuke.local"}, "notice": {"watched over", "passwords"}},
	} {
		for name, d := range documents(t, lang) {
			pdf, err := press.Print(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			again, err := press.Print(t.Context(), d)
			if err != nil || !bytes.Equal(pdf, again) {
				t.Errorf("%s: not the same twice: %v", name, err)
			}
			file := filepath.Join(dir, "paper-"+name+"-"+lang+".pdf")
			if err := os.WriteFile(file, pdf, 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, "qpdf", "--check", file)
			n, _ := strconv.Atoi(pages.FindStringSubmatch(run(t, "pdfinfo", file))[1])
			if most := map[string]int{"form": 3, "guide": 1, "notice": 1}[name]; n > most {
				t.Errorf("%s in %s has %d pages", name, lang, n)
			}
			said := strings.Join(strings.Fields(run(t, "pdftotext", file, "-")), "")
			for _, w := range want[name] {
				if !strings.Contains(said, strings.ReplaceAll(w, " ", "")) {
					t.Errorf("%s in %s does not say %q", name, lang, w)
				}
			}
			if strings.Contains(said, "paper.") {
				t.Errorf("%s in %s has a text that nobody wrote", name, lang)
			}
			if strings.Contains(said, "〓") {
				t.Errorf("%s in %s has a letter that its fonts have not", name, lang)
			}
			if n := strings.Count(said, "✓"); name == "form" && n != 2 {
				t.Errorf("in %s %d consents are ticked, want 2", lang, n)
			}
		}
	}
}
