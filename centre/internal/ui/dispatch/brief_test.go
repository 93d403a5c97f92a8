package dispatch_test

import (
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
)

var area = regexp.MustCompile(`(?s)<textarea id="(seen|did|first|keep)"[^>]*>(.*?)</textarea>`)

// A vendor who reads English is told in English what the Japanese desk left as it was filled in, and reads beside the rest that it is in Japanese;
// the desk and the customer read it in their own.
func TestABriefingInTheVendorsLanguage(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		to(t, w.post(w.console, "/visits/vendors", "/visits/vendors", "name", "Honmachi Systems", "phone", "06-1234-5678", "email", "v@vendor.example", "postcode", "540-0028", "areas", "大阪府", "skills", "first", "days", "6", "opens", "00:00", "shuts", "00:00", "from", "2026-10-01", "yen", "16500", "lang", "en"))
		form := "/visits/" + w.company + "/ask?alert=" + w.alert.ID
		fields := []string{"alert", w.alert.ID, "once", "1", "skill", "first", "device", "経理のPC (192.168.1.23)", "contact", "佐藤 花子", "phone", "06-1111-2222", "postcode", "5400029", "address", "大阪府大阪市中央区本町橋2-8"}
		for _, m := range area.FindAllStringSubmatch(w.get(w.console, w.staff, form), -1) {
			value := strings.TrimPrefix(html.UnescapeString(m[2]), "\n")
			if m[1] == "did" {
				value = "LANケーブルを抜いたそうです" // what the customer said on the telephone
			}
			fields = append(fields, m[1], strings.ReplaceAll(value, "\n", "\r\n")) // as browsers send it
		}
		path, _, _ := strings.Cut(to(t, w.post(w.console, form, "/visits/"+w.company+"/ask", fields...)), "?")
		token, err := w.svc.NewToken(t.Context(), w.company, filepath.Base(path), 1)
		must(t, err)
		must(t, w.svc.Accept(t.Context(), token, "23:00"))
		w.lang = "en" // from here on no cookie says another language
		page := w.get(w.portal, "", "/visit/"+token)
		w.has(page, `lang="en"`, "Do not switch off, restart or reset.", "Take photos of screens and cables.", "may be under an attacker", "経理のPC", "(written in Japanese)", `<dd lang="ja">LANケーブルを抜いたそうです`)
		if strings.Count(page, "(written in Japanese)") != 1 || strings.Contains(page, "電源を切らない") {
			t.Errorf("what nobody typed is in Japanese:\n%s", page)
		}
		w.lang = ""
		own := w.get(w.console, w.staff, path)
		w.has(own, "電源を切らない", "LANケーブルを抜いたそうです")
		if strings.Contains(own, "書かれています") {
			t.Error("the desk is told that its own language is Japanese")
		}
		x, err := w.svc.Get(t.Context(), w.company, filepath.Base(path))
		must(t, err)
		if x.Brief.Written != "ja" || x.Brief.Also["did"] != "" || x.Brief.Also["keep"] == "" || x.State != dispatch.Accepted {
			t.Errorf("%+v", x.Brief)
		}
	}, schemas()...)
}
