package notify

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/uitest"
)

// TestScreenshots draws the mail of the monthly report, and both kinds of mail in a program that
// turns mails dark, for docs/screenshots; alert mails by day come from e2e/browser.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	s, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context(), tenant.Schema(), Schema(), job.Schema(), appeal.Schema(), report.Schema()); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, s)
	d := &desk{office: o, people: o.cfg.Companies.(*tenant.Service)}
	o.must("new")
	alerts := []mail.Message{o.post.to("hanako@sato.example.jp")[0], o.post.to("maria@sato.example.jp")[0]}
	o.post.mails = nil
	reports := d.reportMails("経理のパソコン")
	for i, lang := range []string{"ja", "en"} {
		for _, one := range []struct {
			name          string
			m             mail.Message
			width, height int
			flags         []string
		}{
			{"mail-report-1280", reports[i], 1280, 820, nil}, {"mail-report-360", reports[i], 360, 1180, nil},
			{"mail-report-dark-360", reports[i], 360, 1180, []string{uitest.Dark}}, {"mail-dark-360", alerts[i], 360, 2400, []string{uitest.Dark}},
		} {
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write([]byte(one.m.HTML))
			})
			uitest.Picture(t, h, "/", "", one.width, one.height, filepath.Join(dir, fmt.Sprintf("%s-%s.png", one.name, lang)), one.flags...)
		}
	}
}
