package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// page is one page to be looked at.
type page struct {
	name, site, path string
	do               func(b *tab) // after opening; may be nil
}

// pages lists every page of portal and console; login comes first.
func pages(t *testing.T) []page {
	t.Helper()
	high, mid := here.alert(t, here.sato, 3), here.alert(t, here.sato, 2)
	m := here.mail(t, here.sato, mid.ID)
	company, came := "/companies/"+here.sato.CompanyID, here.visited(t)
	return []page{
		{"login", here.portal, "/login", nil},
		{"home", here.portal, "/", nil},
		{"alerts", here.portal, "/alerts", nil},
		{"alert", here.portal, "/alerts/" + high.ID, nil},
		{"alert-technical", here.portal, "/alerts/" + high.ID, func(b *tab) {
			b.do(chromedp.Click(chromedp.CSS(".technical > summary")), chromedp.Click(chromedp.CSS(".events summary")))
		}},
		{"confirm", here.portal, link(t, m, "done")[len(here.portal):], nil},
		{"devices", here.portal, "/devices", nil},
		{"device", here.portal, "/devices", func(b *tab) { b.click(`main a[href^="/devices/"]`) }},
		{"used", here.portal, "/used", nil},
		{"requests", here.portal, "/requests", nil},
		{"limits", here.portal, "/limits", nil},
		{"traffic", here.portal, "/traffic", nil},
		{"traffic-found", here.portal, "/traffic", func(b *tab) { b.click(`.flows-form button`) }},
		{"spread", here.portal, "/alerts/" + high.ID, func(b *tab) { b.click(`form[action$="/spread"] button`) }},
		{"connect", here.portal, "/connect", nil},
		{"connect-found", here.portal, "/connect?code=" + here.unpack(t), func(b *tab) { b.click(`main .button-key`) }},
		{"looks", here.portal, "/looks", nil},
		{"figures", here.portal, "/figures", nil},
		{"group", here.portal, "/group", nil},
		{"statistics", here.portal, "/statistics", nil},
		{"apply", here.portal, "/apply", nil},
		{"apply-form", here.portal, "/apply/form", nil},
		{"apply-state", here.portal, here.application, nil},
		{"ask", here.portal, "/desk", nil},
		{"contract", here.portal, "/contract", nil},
		{"invoices", here.portal, "/invoices", nil},
		{"news", here.portal, "/news", nil},
		{"news-choice", here.portal, "/news/choice", nil},
		{"updates", here.portal, "/advisories", nil},
		{"update", here.portal, here.advised(t), nil},
		{"account", here.portal, "/account", nil},
		{"factor", here.portal, "/account/factor", nil},
		{"people", here.portal, "/people", nil},
		{"shares", here.portal, "/shares", nil},
		{"accessibility", here.portal, "/accessibility", nil},
		{"surveys", here.portal, "/surveys", nil},
		{"survey-new", here.portal, "/surveys/new", nil},
		{"policy", here.portal, "/policy", nil},
		{"selftest", here.portal, "/selftest", nil},
		{"selftest-result", here.portal, "/selftest", tested},
		{"missing", here.portal, "/nothing", nil},
		{"visit-phone", here.portal, came.phone[len(here.portal):], nil},
		{"visits", here.portal, "/visits", nil},
		{"visit", here.portal, came.own, nil},
		{"cover", here.portal, "/cover", nil},
		{"console-login", here.console, "/login", nil},
		{"queue", here.console, "/", nil},
		{"desk-requests", here.console, "/requests", nil},
		{"desk-news", here.console, "/news", nil},
		{"desk-news-new", here.console, "/news/new", nil},
		{"desk", here.console, "/desk", nil},
		{"desk-call", here.console, "/desk/company/" + here.sato.CompanyID + "?alert=" + high.ID, nil},
		{"desk-ticket", here.console, "/desk", stranger},
		{"desk-move", here.console, "/desk", func(b *tab) {
			stranger(b)
			b.do(chromedp.SendKeys(chromedp.CSS("#q"), "佐藤"))
			b.click(`form[action$="/move"] .button`)
		}},
		{"billing", here.console, "/billing", nil},
		{"transfers", here.console, "/transfers", nil},
		{"case", here.console, "/cases/" + here.sato.CompanyID + "/" + high.ID, nil},
		{"case-note", here.console, "/cases/" + here.sato.CompanyID + "/" + high.ID, func(b *tab) {
			b.do(press("e"))
		}},
		{"companies", here.console, "/companies", nil},
		{"company-why", here.console, company, nil},
		{"company", here.console, company + "?why=%E9%9B%BB%E8%A9%B1%E3%81%A7%E3%81%AE%E7%9B%B8%E8%AB%87", nil},
		{"fleet", here.console, "/fleet", nil},
		{"fleet-map", here.console, "/fleet/map", nil},
		{"shift", here.console, "/shift", nil},
		{"rota", here.console, "/rota?span=month", nil},
		{"work", here.console, "/work", nil},
		{"discoveries", here.console, "/discoveries", nil},
		{"discovery-propose", here.console, "/cases/" + here.sato.CompanyID + "/" + high.ID + "/discovery", nil},
		{"policies", here.console, "/policies", nil},
		{"policy-template", here.console, "/policies/strict", nil},
		{"policy-company", here.console, company + "/policy", nil},
		{"selftest-company", here.console, company + "/selftest", nil},
		{"selftest-company-result", here.console, company + "/selftest", tested},
		{"policy-check", here.console, "/policies/school", func(b *tab) {
			b.do(chromedp.Click(chromedp.CSS(`input[value="category:media"]`)), chromedp.SendKeys(chromedp.CSS("#why"), "保護者会で決めたため"))
			b.click(`button[value=look]`)
		}},
		{"desk-visits", here.console, "/visits", nil},
		{"desk-vendors", here.console, "/visits/vendors", nil},
		{"desk-visit", here.console, came.visit, nil},
		{"desk-visit-ask", here.console, "/visits/" + here.sato.CompanyID + "/ask?alert=" + high.ID, nil},
		{"desk-visit-cover", here.console, came.visit + "/cover", nil},
		{"desk-claims", here.console, "/cover", nil},
		{"desk-claim", here.console, came.claim, nil},
		{"applications", here.console, "/applications", nil},
		{"application", here.console, "/applications", func(b *tab) { b.click(`main table a`) }},
		{"parcels", here.console, "/parcels", nil},
		{"advisories", here.console, "/advisories", nil},
		{"advisory", here.console, "/advisories/one/chrome-2024-08", nil},
		{"advisory-draft", here.console, "/advisories/one/buffalo-2024-07", nil},
		{"advisory-new", here.console, "/advisories/new", nil},
		{"claim", here.console, company + "?why=%E6%96%B0%E3%81%97%E3%81%84%E7%AE%B1", func(b *tab) { b.click(`form[action$="/claim"] button`) }},
	}
}

// stranger notes a call of somebody whom nobody knows, and is on its page then.
func stranger(b *tab) {
	b.click(`.desk-find a.button`)
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "佐藤製作所の者です。契約のことを聞きたい。"))
	b.click(`button[value=go]`)
}

var (
	widths    = []int64{1280, 360}
	languages = []string{"ja", "en"}
)

// walk shows every page in a language and a width.
func walk(t *testing.T, width int64, lang string, see func(b *tab, p page)) {
	t.Helper()
	b := newTab(t, width, 800)
	for _, p := range pages(t) {
		switch p.name {
		case "login", "console-login":
			b.language(p.site, lang)
		case "home":
			b.login(p.site, here.sato.owner)
		case "visits":
			b.login(p.site, here.visited(t).company.owner)
		case "queue":
			b.login(p.site, operator)
		}
		b.open(p.site + p.path)
		if p.do != nil {
			p.do(b)
		}
		see(b, p)
	}
}

// axe is the source of axe-core, installed on first use.
func axe(t *testing.T) string {
	t.Helper()
	file := filepath.Join("node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		if _, err := exec.LookPath("npm"); err != nil {
			t.Skip("npm is not installed: pages are not checked by axe-core")
		}
		if out, err := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
			t.Skipf("axe-core cannot be installed, pages are not checked by it: %v: %s", err, out)
		}
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// findings runs axe-core and lists what breaks WCAG 2.2 A and AA.
const findings = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) =>
	r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(" | ")))`

// longNames gives company, headings and names the longest names there are, without
// a place to break them, and measures again.
const longNames = `(() => {
	for (const e of document.querySelectorAll(".brand, h1, h2 a, th[scope=row]:not(.num), .panel b, .queue a, .alerts-row > a, .todo h3")) {
		if (!e.querySelector("form")) e.textContent = "Donaudampfschifffahrtselektrizitaeten".repeat(4);
	}
	return document.documentElement.scrollWidth;
})()`

// Everybody can use every page, and it is in order: nothing on the console, nothing from
// elsewhere, nothing beside the screen, and no key in place of a text.
func TestEveryPage(t *testing.T) {
	source := axe(t)
	for i, lang := range languages {
		for j, width := range widths {
			t.Run(fmt.Sprintf("%s/%d", lang, width), func(t *testing.T) {
				t.Parallel()
				walk(t, width, lang, func(b *tab, p page) {
					if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
						t.Errorf("%s is %d wide", p.name, got)
					}
					if got := eval[string](b, `document.documentElement.lang`); got != lang {
						t.Errorf("%s is in %q", p.name, got)
					}
					b.saysNot("portal.", "console.", "common.", "%!")
					b.calm()
					// Words do not depend on the width, and layout hardly on the language.
					if i == j {
						eval[chromedp.Void](b, source)
						for _, f := range eval[[]string](b, findings, chromedp.EvalAwaitPromise) {
							t.Errorf("%s: %s", p.name, f)
						}
					}
					if got := eval[int64](b, longNames); got > width {
						t.Errorf("%s is %d wide with long names", p.name, got)
					}
				})
			})
		}
	}
}
