package bill

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"list": listView{}, "invoice": invoiceView{}, "desk": deskView{}, "transfers": transfersView{}, "transfer": transferView{}, "account": accountView{}} {
		p, err := ui.ParsePage(files, name+".html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every text that a page, a sheet or a mail about money can show exists, also those whose key's end is chosen.
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
	for _, pattern := range []string{"*.html", "*.go", "../../notify/invoice.go", "../../billing/printed/*.go"} {
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
	for key, all := range map[string][]string{stateKey: {"open", "late", "paid", "offset", "credit"}, logKey: {billing.Made, billing.Corrected, billing.Reissued, billing.Reminded, billing.Task, billing.PaidEvent, billing.Refused}, howKey: {billing.ByTransfer, billing.ByHand, billing.ByOffset},
		codeKey: {"", "0", "1", "2", "3", "4", "8", "9"}, kindKey: billing.Kinds, saidKey: saidWords, faultKey: {"bank", "bank_name", "branch", "branch_name", "kind", "number", "holder"}, whyKey: {"empty", "large", "record", "order", "sums", "foreign"},
		"bill.line_": {"member", "other", "visit", "return", "free"}} {
		for _, one := range all {
			has(key + one)
		}
	}
	for _, note := range []string{billing.NoteMade, billing.NoteCorrected, billing.NoteReissued, billing.NoteRemind, billing.NoteAgain} {
		has("bill.mail_" + note)
		has("bill.mail_" + note + "_subject")
	}
}
