package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// page is one page to be looked at.
type page struct {
	name, path string
	do         func(b *tab) // after opening; may be nil
}

// group is what one person sees at one site; who is "" for somebody who is not logged in.
type group struct {
	site, who string
	pages     []page
}

// pages lists every page of portal and console, in the order in which they are walked.
func pages(t *testing.T) []group {
	t.Helper()
	high, mid := here.alert(t, here.sato, 3), here.alert(t, here.sato, 2)
	m := here.mail(t, here.sato, mid.ID)
	company, came := "/companies/"+here.sato.CompanyID, here.visited(t)
	sample := samplePages(t)
	return slices.Concat(sample[:len(sample)-1], []group{
		{here.portal, "", []page{
			{"login", "/login", nil},
		}},
		{here.portal, here.sato.owner, []page{
			{"home", "/", nil},
			{"alerts", "/alerts", nil},
			{"alert", "/alerts/" + high.ID, nil},
			{"alert-technical", "/alerts/" + high.ID, func(b *tab) {
				b.do(chromedp.Click(chromedp.CSS(".technical > summary")), chromedp.Click(chromedp.CSS(".events summary")))
			}},
			{"confirm", link(t, m, "done")[len(here.portal):], nil},
			{"devices", "/devices", nil},
			{"device", "/devices", func(b *tab) { b.click(`main a[href^="/devices/"]`) }},
			{"used", "/used", nil},
			{"requests", "/requests", nil},
			{"limits", "/limits", nil},
			{"traffic", "/traffic", nil},
			{"traffic-found", "/traffic", func(b *tab) { b.click(`.flows-form button`) }},
			{"spread", "/alerts/" + high.ID, func(b *tab) { b.click(`form[action$="/spread"] button`) }},
			{"connect", "/connect", nil},
			{"connect-found", "/connect?code=" + here.unpack(t), func(b *tab) { b.click(`main .button-key`) }},
			{"looks", "/looks", nil},
			{"figures", "/figures", nil},
			{"group", "/group", nil},
			{"statistics", "/statistics", nil},
			{"apply", "/apply", nil},
			{"apply-form", "/apply/form", nil},
			{"apply-state", here.application, nil},
			{"ask", "/desk", nil},
			{"contract", "/contract", nil},
			{"invoices", "/invoices", nil},
			{"news", "/news", nil},
			{"news-choice", "/news/choice", nil},
			{"updates", "/advisories", nil},
			{"update", here.advised(t), nil},
			{"account", "/account", nil},
			{"factor", "/account/factor", nil},
			{"people", "/people", nil},
			{"shares", "/shares", nil},
			{"accessibility", "/accessibility", nil},
			{"surveys", "/surveys", nil},
			{"survey-new", "/surveys/new", nil},
			{"policy", "/policy", nil},
			{"policy-group", "/policy/group", nil},
			{"selftest", "/selftest", nil},
			{"selftest-result", "/selftest", tested},
			{"missing", "/nothing", nil},
			{"visit-phone", came.phone[len(here.portal):], nil},
		}},
		{here.portal, came.company.owner, []page{
			{"visits", "/visits", nil},
			{"visit", came.own, nil},
			{"cover", "/cover", nil},
		}},
		{here.console, "", []page{
			{"console-login", "/login", nil},
		}},
		{here.console, operator, []page{
			{"queue", "/", nil},
			{"desk-requests", "/requests", nil},
			{"desk-news", "/news", nil},
			{"desk-news-new", "/news/new", nil},
			{"desk", "/desk", nil},
			{"desk-call", "/desk/company/" + here.sato.CompanyID + "?alert=" + high.ID, nil},
			{"desk-ticket", "/desk", stranger},
			{"desk-move", "/desk", func(b *tab) {
				stranger(b)
				b.do(chromedp.SendKeys(chromedp.CSS("#q"), "佐藤"))
				b.click(`form[action$="/move"] .button`)
			}},
			{"billing", "/billing", nil},
			{"transfers", "/transfers", nil},
			{"case", "/cases/" + here.sato.CompanyID + "/" + high.ID, nil},
			{"case-note", "/cases/" + here.sato.CompanyID + "/" + high.ID, func(b *tab) {
				b.do(press("e"))
			}},
			{"companies", "/companies", nil},
			{"company-why", company, nil},
			{"company", company + "?why=%E9%9B%BB%E8%A9%B1%E3%81%A7%E3%81%AE%E7%9B%B8%E8%AB%87", nil},
			{"fleet", "/fleet", nil},
			{"fleet-map", "/fleet/map", nil},
			{"shift", "/shift", nil},
			{"rota", "/rota?span=month", nil},
			{"work", "/work", nil},
			{"discoveries", "/discoveries", nil},
			{"discovery-propose", "/cases/" + here.sato.CompanyID + "/" + high.ID + "/discovery", nil},
			{"policies", "/policies", nil},
			{"policy-template", "/policies/strict", nil},
			{"policy-company", company + "/policy", nil},
			{"policy-company-group", company + "/policy/group", nil},
			{"selftest-company", company + "/selftest", nil},
			{"selftest-company-result", company + "/selftest", tested},
			{"policy-check", "/policies/school", func(b *tab) {
				b.do(chromedp.Click(chromedp.CSS(`input[value="category:media"]`)), chromedp.SendKeys(chromedp.CSS("#why"), "保護者会で決めたため"))
				b.click(`button[value=look]`)
			}},
			{"desk-visits", "/visits", nil},
			{"desk-vendors", "/visits/vendors", nil},
			{"desk-visit", came.visit, nil},
			{"desk-visit-ask", "/visits/" + here.sato.CompanyID + "/ask?alert=" + high.ID, nil},
			{"desk-visit-cover", came.visit + "/cover", nil},
			{"desk-claims", "/cover", nil},
			{"desk-claim", came.claim, nil},
			{"applications", "/applications", nil},
			{"application", "/applications", func(b *tab) { b.click(`main table a`) }},
			{"parcels", "/parcels", nil},
			{"advisories", "/advisories", nil},
			{"advisory", "/advisories/one/chrome-2024-08", nil},
			{"advisory-draft", "/advisories/one/buffalo-2024-07", nil},
			{"advisory-new", "/advisories/new", nil},
			{"claim", company + "?why=%E6%96%B0%E3%81%97%E3%81%84%E7%AE%B1", func(b *tab) { b.click(`form[action$="/claim"] button`) }},
		}},
	}, sample[len(sample)-1:])
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

// walk shows every page in a language and a width, and fails when there is one that it does not come to.
func walk(t *testing.T, width int64, lang string, see func(b *tab, p page)) {
	t.Helper()
	b, ways, seen := newTab(t, width, 800), newRecord(t), map[string]bool{}
	for _, g := range pages(t) {
		face := "portal"
		if g.site == here.console || g.site == sampled.console {
			face = "console"
		}
		b.language(g.site, lang)
		if g.who != "" {
			b.login(g.site, g.who)
		}
		for _, p := range g.pages {
			b.open(g.site + p.path)
			if p.do != nil {
				p.do(b)
			}
			if seen[p.name] {
				t.Errorf("two pages are called %s", p.name)
			}
			seen[p.name] = true
			ways.took(t, face, b.path())
			see(b, p)
		}
	}
	for name := range ways.open {
		t.Errorf("%s: no page of the walk is there; add one to pages, or say in unwalked why not", name)
	}
}

// visit shows those pages of the walk that are wanted, and fails when one is not there.
func visit[T any](b *tab, lang string, wanted map[string]T, see func(p page, of T)) {
	b.t.Helper()
	left := len(wanted)
	for _, g := range pages(b.t) {
		in := false
		for _, p := range g.pages {
			of, ok := wanted[p.name]
			if !ok {
				continue
			}
			if !in {
				in = true
				b.language(g.site, lang)
				if g.who != "" {
					b.login(g.site, g.who)
				}
			}
			left--
			b.open(g.site + p.path)
			if p.do != nil {
				p.do(b)
			}
			see(p, of)
		}
	}
	if left != 0 {
		b.t.Errorf("%d pages are not in the walk", left)
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

// longNames gives company, headings and names the longest names there are, without
// a place to break them, and measures again.
const longNames = `(() => {
	for (const e of document.querySelectorAll(".brand, h1, h2 a, th[scope=row]:not(.num), .panel b, .queue a[data-row], .alerts-row > a, .todo h3")) {
		if (!e.querySelector("form")) e.textContent = "Donaudampfschifffahrtselektrizitaeten".repeat(4);
	}
	return document.documentElement.scrollWidth;
})()`

// Everybody can use every page, and it is in order: nothing on the console, nothing from
// elsewhere, nothing beside the screen, and no key in place of a text.
func TestEveryPage(t *testing.T) {
	source := axe(t)
	var report axeReport
	t.Cleanup(func() { report.write(t) })
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
					b.saysNot("%!")
					if got := eval[string](b, `document.documentElement.outerHTML.match(/\b(portal|console|common)\.[a-z]\w*_\w+/)?.[0] ?? ""`); got != "" {
						t.Errorf("%s holds %q", p.name, got)
					}
					b.calm()
					// Words do not depend on the width, and layout hardly on the language.
					if i == j {
						eval[chromedp.Void](b, source)
						found := eval[axeFindings](b, runAxe, chromedp.EvalAwaitPromise)
						for _, f := range found.Violations {
							t.Errorf("%s: %s", p.name, f)
						}
						report.add(lang, width, &found)
					}
					if got := eval[int64](b, longNames); got > width {
						t.Errorf("%s is %d wide with long names", p.name, got)
					}
				})
			})
		}
	}
}
