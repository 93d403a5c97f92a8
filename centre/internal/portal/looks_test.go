package portal

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
)

func TestTheRecordIsInPlainWords(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	body := b.page("/looks?show=all")
	says(t, body, "記録に食い違いはありません", "1,234 件の記録を", "佐藤 花子 の役割を「閲覧のみ」にしました", "ボックス", "つながりました", "その他（future.thing）", "センター 山田（相談窓口）", "会社の画面を見ました", "電話でのご相談")
	saysNot(t, body, "portal.", "login.", "box:bx1")
	saysNot(t, b.page("/looks"), "役割を")
	o.forged = true
	says(t, b.page("/looks"), "記録が合いません。お電話ください")
}

// A spreadsheet must not run what somebody typed.
func TestTheRecordAsAFileIsHarmless(t *testing.T) {
	t.Parallel()
	status, body := at(t, sample()).get("/looks/csv")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if rows[5][4] != "'@cmd" || rows[5][6] != "'=HYPERLINK(\"x\")" {
		t.Errorf("%q", rows[5])
	}
}
