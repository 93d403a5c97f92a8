package centre

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/sample"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// Two months of some companies: every page has something on it, nobody is mailed, and nothing is put beside customers.
func TestSample(t *testing.T) {
	t.Parallel()
	c := testCentre(t, storetest.SQLiteURL(t, schemas()...))
	c.billing.Provider = billing.Provider{Name: "見本", Number: "T7000012050002", Address: "見本"}
	c.cover.Book[0].Insurer = "みほん損害保険"
	n := SampleSize{Lively: 3, Others: 12, Months: 2, Password: word}
	made, err := c.Sample(t.Context(), n)
	ok(t, err)
	if made.Companies != 15 || made.Reports != 30 || made.Events < 1000 {
		t.Errorf("%+v", made)
	}
	if _, err := c.Sample(t.Context(), n); !errors.Is(err, sample.ErrInUse) {
		t.Errorf("twice: %v", err)
	}
	waiting := 0
	all, err := c.tenants.Companies(t.Context(), tenant.Session{Staff: true, PersonID: "test"}, "test")
	ok(t, err)
	for _, id := range append([]string{tenant.House}, ids(all)...) {
		ok(t, c.store.Read(t.Context(), id, func(tx *store.Tx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1`).Scan(&n)
			waiting += n
			return err
		}))
	}
	if waiting > 0 {
		t.Errorf("%d jobs would tell somebody", waiting)
	}
	e := &edge{T: t, c: c, people: map[string]string{}}
	e.portal, err = c.portal()
	ok(t, err)
	_, token, err := c.tenants.Login(t.Context(), made.Owner, word, tenant.From{Addr: "192.0.2.1:1"})
	ok(t, err)
	e.people["owner"] = token
	last := time.Now().AddDate(0, 0, -time.Now().Day()).Format("2006-01")
	for path, want := range map[string]string{"/": "見本", "/alerts": "お知らせ", "/devices": "経理のパソコン", "/used": "Teams", "/reports/" + last: "止めました", "/figures?days=365": "ご利用の会社みんなの真ん中", "/figures.csv?days=7": "外からの攻撃", "/contract": "ご利用中", "/desk": "お知らせのメールについて", "/group": "グループの会社", "/surveys": "2社のうち 1社が答えました", "/invoices": "支払い", "/visits": "完了", "/policy": "torihikisaki.example", "/cover": "42,900円", "/statistics": "1社あたり平均", "/news": "年末年始の相談窓口について", "/advisories": "ルーター", "/advisories/buffalo-2024-07": "WHR-1166DHP2 バージョン 2.95"} {
		status, _, body := e.ask(e.portal, "owner", ui.Route{Method: http.MethodGet, Path: path})
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q", path, status, want)
		}
		if strings.HasPrefix(path, "/reports/") && strings.Contains(body, "見えた機器は 0 台") {
			t.Errorf("%s: nobody was in the office that month", path)
		}
	}
}

func ids(all []tenant.Company) (out []string) {
	for _, c := range all {
		out = append(out, c.ID)
	}
	return out
}
