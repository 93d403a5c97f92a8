package browser

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"otasuke/internal/ja"
)

// reportVariable names the file that says what axe-core found on all pages; nothing is written without.
const reportVariable = "OTASUKE_AXE_REPORT"

// axeFindings are what axe-core says of a page.
type axeFindings struct {
	Version    string
	Violations []string
	Rules      []string // that said something, and those that found nothing to judge
	Open       []undecided
}

// undecided is a rule that axe-core leaves to people, and why.
type undecided struct {
	Rule, Help string
	Why        []string
	Nodes      int
}

// runAxe looks for what breaks WCAG 2.2 A and AA.
const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => ({
	Version: r.testEngine.version,
	Violations: r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(" | ")),
	Rules: [...r.violations, ...r.passes, ...r.incomplete, ...r.inapplicable].map((x) => x.id),
	Open: r.incomplete.map((x) => ({Rule: x.id, Help: x.help, Nodes: x.nodes.length,
		Why: [...new Set(x.nodes.flatMap((n) => [...n.any, ...n.all, ...n.none].map((c) => c.message)))]})),
}))`

// axeReport gathers what axe-core said.
type axeReport struct {
	mu      sync.Mutex
	version string
	walks   map[string]int // pages by language and width
	rules   map[string]bool
	faults  int
	open    map[string]*undecided
	pages   map[string]int // on which a rule is left open
}

func (l *axeReport) add(lang string, width int64, f *axeFindings) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.walks == nil {
		l.walks, l.rules, l.open, l.pages = map[string]int{}, map[string]bool{}, map[string]*undecided{}, map[string]int{}
	}
	l.version = f.Version
	l.walks[fmt.Sprintf("%s, %d pixels", map[string]string{"ja": "Japanese", "en": "English"}[lang], width)]++
	l.faults += len(f.Violations)
	for _, r := range f.Rules {
		l.rules[r] = true
	}
	for _, o := range f.Open {
		known := l.open[o.Rule]
		if known == nil {
			known = &undecided{Rule: o.Rule, Help: o.Help}
			l.open[o.Rule] = known
		}
		known.Nodes += o.Nodes
		known.Why = slices.Compact(slices.Sorted(slices.Values(append(known.Why, o.Why...))))
		l.pages[o.Rule]++
	}
}

// write leaves the report where it is wanted.
func (l *axeReport) write(t *testing.T) {
	file := os.Getenv(reportVariable)
	if file == "" || t.Failed() {
		return
	}
	version := ""
	if err := chromedp.Do(browser, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		v, err := cdp.Call(ctx, target, cdpbrowser.GetVersion, cdp.Empty{})
		version = v.Product
		return err
	})); err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "# Accessibility: what axe-core finds\n\nWritten by `make accessibility` on %s with axe-core %s and %s: the rules of WCAG 2.0, 2.1 and 2.2, A and AA, and\n"+
		"good practice, on every page of portal and console that a walk through the program comes to (`e2e/browser`, TestEveryPage, which\nfails for any finding). The statement for people is the page `/accessibility` of the portal.\n\n",
		time.Now().In(ja.Zone).Format(time.DateOnly), l.version, version)
	s.WriteString("| walk | pages |\n|---|---|\n")
	for _, w := range slices.Sorted(maps.Keys(l.walks)) {
		fmt.Fprintf(&s, "| %s | %d |\n", w, l.walks[w])
	}
	fmt.Fprintf(&s, "\nRules: %d. Violations: %d.\n\n", len(l.rules), l.faults)
	s.WriteString("## What axe-core leaves to people\n\nIt cannot decide these by itself. The pages were looked at on the pictures of `docs/screenshots`, not place by place.\n\n| rule | pages | places | what it says |\n|---|---|---|---|\n")
	all := slices.SortedFunc(maps.Values(l.open), func(a, b *undecided) int { return cmp.Compare(a.Rule, b.Rule) })
	for _, o := range all {
		fmt.Fprintf(&s, "| %s: %s | %d | %d | %s |\n", o.Rule, o.Help, l.pages[o.Rule], o.Nodes, strings.ReplaceAll(strings.Join(o.Why, "; "), "|", "/"))
	}
	if len(all) == 0 {
		s.WriteString("| none | | | |\n")
	}
	if err := os.WriteFile(file, []byte(s.String()), 0o644); err != nil {
		t.Error(err)
	}
}
