package printed

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/rule"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

func sample(lines ...rule.Line) *billing.Invoice {
	return &billing.Invoice{Number: "2027-000002", Month: "2026-12", Day: "2027-01-01", Due: "2027-01-27", From: billing.Provider{Name: "みなと商工会議所", Number: "T7000012050002", Address: "大阪市", Phone: "050-1234-5678", Bank: "みなと銀行\n普通 1234567"},
		To: billing.Party{Company: "株式会社佐藤製作所", Postcode: "5400029", Address: "大阪府大阪市", Contact: "佐藤 花子"}, Lines: lines, Sums: rule.Sums(lines), Total: rule.Total(lines), Issued: time.Date(2027, 1, 1, 5, 0, 0, 0, ja.Zone)}
}

// read is what a reader of the PDF sees.
func read(t *testing.T, p *paper.Press, d *paper.Document) string {
	t.Helper()
	pdf, err := p.Print(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Print(t.Context(), d)
	if err != nil || !bytes.Equal(pdf, again) {
		t.Errorf("it is another file each time: %v", err)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed: the PDF is not read")
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A qualified invoice says six things, in either language and whatever stands on it.
func TestSheet(t *testing.T) {
	t.Parallel()
	p, err := paper.Open(paper.Fonts{})
	if err != nil {
		t.Skipf("no fonts: %v", err)
	}
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	month := rule.Line{Kind: rule.Other, Month: "2026-12", Yen: 8250, Rate: 10}
	correction := sample(rule.Line{Kind: rule.Return, Was: rule.Other, Month: "2026-12", Yen: -8250, Rate: 10, Of: &rule.Ref{Number: "2027-000001"}}, rule.Line{Kind: rule.Member, Month: "2026-12", Yen: 6600, Rate: 10})
	correction.Corrects, correction.Why = "2027-000001", "会員でした"
	worst := sample(month)
	long := strings.Repeat("長い名前<b>😀\u202e", 30)
	worst.To.Company, worst.To.Address, worst.To.Contact, worst.From.Name, worst.From.Address, worst.From.Bank = long, long, long, long, long, long
	var lines []rule.Line
	for i := range 60 {
		lines = append(lines, rule.Line{Kind: rule.Free, Note: fmt.Sprintf("%s %d.", "品目", i), Yen: 100, Rate: 10 - 2*(i%2)})
	}
	for name, c := range map[string]struct {
		inv    *billing.Invoice
		log    []billing.Event
		ja, en []string
		pages  int
	}{
		"usual":      {sample(month), nil, []string{"請求書", "株式会社佐藤製作所 御中", "登録番号 T7000012050002", "2027年1月1日", "2026年12月分", "10%対象", "7,500円", "750円", "8,250円", "2027年1月27日"}, []string{"Invoice", "Registration number T7000012050002", "December 2026", "At 10%", "7,500 yen", "750 yen"}, 1},
		"correction": {correction, nil, []string{"修正した請求書", "請求書 2027-000001 の修正です", "会員でした", "返還（請求書 2027-000001）", "-8,250円", "-1,650円", "-150円", "次のお支払いから差し引きます"}, []string{"Corrected invoice", "Corrects invoice 2027-000001"}, 1},
		"reissued":   {sample(month), []billing.Event{{What: billing.Reissued, At: time.Date(2027, 3, 1, 9, 0, 0, 0, ja.Zone)}}, []string{"再発行（2027年3月1日"}, []string{"Issued again"}, 1},
		"worst":      {worst, nil, []string{"T7000012050002", "8,250円"}, []string{"8,250 yen"}, 1},
		"two rates":  {sample(lines...), nil, []string{"品目 0.", "品目 59.", "10%対象", "8%対象", "3,000円", "272円", "222円"}, []string{"At 8%"}, 3},
	} {
		for lang, want := range map[string][]string{"ja": c.ja, "en": c.en} {
			got := read(t, p, Invoice(c.inv, c.log, all.In(lang)))
			for _, one := range want {
				if !strings.Contains(got, one) {
					t.Errorf("%s, %s: no %q in\n%s", name, lang, one, got)
				}
			}
			if n := strings.Count(got, "\f"); n != c.pages {
				t.Errorf("%s, %s: %d pages", name, lang, n)
			}
		}
	}
}
