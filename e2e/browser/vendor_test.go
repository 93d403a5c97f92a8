package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
)

const keeperMail = "tanimoto@net-vendor.example"

// An operator invites somebody of a vendor, who sees no company; is given one of two, and sees that one's box and nothing
// else; and nothing again once it was taken. The company's owner reads all of it.
func TestAVendorSeesOwnCustomers(t *testing.T) {
	desk, vendor := newTab(t, 1280, 900), newTab(t, 360, 740)
	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	desk.open(here.console + "/people")
	desk.do(chromedp.SendKeys(chromedp.CSS(`input[name=name]`), "谷本 業者"), chromedp.SendKeys(chromedp.CSS(`input[name=email]`), keeperMail), chromedp.Click(chromedp.CSS(`input[name=role][value=vendor]`)))
	desk.click(`form[action$="/people"] .button-key`)
	vendor.language(here.console, "ja")
	vendor.withoutScript()
	vendor.open(regexp.MustCompile(regexp.QuoteMeta(here.console) + `/join/\S+`).FindString(here.mailTo(t, keeperMail, "招待").Text))
	vendor.do(chromedp.SendKeys(chromedp.CSS("#password"), password))
	vendor.click(`main .button-key`)
	vendor.login(here.console, keeperMail)
	nothing := func() {
		t.Helper()
		vendor.open(here.console + "/fleet")
		vendor.says("担当する会社がまだありません")
		vendor.saysNot(here.sato.name, here.mori.name)
	}
	nothing()
	for _, path := range []string{"/fleet/map", "/companies", "/companies/" + here.mori.CompanyID, "/requests"} {
		if status := vendor.open(here.console + path); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
		vendor.saysNot(here.sato.name, here.mori.name)
	}
	company := here.console + "/companies/" + here.mori.CompanyID + "?why=%E8%A8%AD%E7%BD%AE%E3%81%AE%E6%89%8B%E9%85%8D"
	desk.open(company)
	desk.click(`form[action$="/care"] .button`)
	desk.says("担当を変えました", "谷本 業者", "担当から外す")
	vendor.open(here.console + "/fleet")
	vendor.says(here.mori.name)
	vendor.saysNot(here.sato.name)
	if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
		desk.picture(filepath.Join(dir, "company-care-1280-ja.png"), 1280)
		vendor.picture(filepath.Join(dir, "fleet-vendor-360-ja.png"), 360)
	}
	desk.click(`form[action$="/care"] .button-small`)
	desk.says("担当を変えました", "担当の人はいません")
	nothing()
	owner := newTab(t, 1280, 900)
	owner.language(here.portal, "ja")
	owner.login(here.portal, here.mori.owner)
	owner.open(here.portal + "/looks?show=all")
	owner.says("谷本 業者 を、ボックスの担当業者にしました", "谷本 業者 を、ボックスの担当業者から外しました", "ボックスの様子を見ました", "設置の手配")
}
