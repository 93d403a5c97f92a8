package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var (
	here    *world
	browser context.Context // of Chromium; a tab is a context below it
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	exe, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Println("SKIP: no chromium on this machine; nothing of e2e/browser is tested")
		return 0
	}
	if here, err = newWorld(context.Background()); here != nil {
		defer here.close()
	}
	if err != nil {
		fmt.Println("FAIL: the centre did not come up:", err)
		return 1
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(exe), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(here.file("chromium")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("accept-lang", "ja"), chromedp.Flag("hide-scrollbars", true),
		// Tabs that nobody looks at are as quick as others: the machine may be busy.
		chromedp.Flag("disable-renderer-backgrounding", true), chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-background-timer-throttling", true))
	defer stop()
	ctx, end := chromedp.NewContext(alloc)
	defer end()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		fmt.Println("FAIL: chromium did not start:", err)
		return 1
	}
	browser = ctx
	return m.Run()
}

// tab is one browser with its own cookies.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	trouble []string // errors on the console, and requests to elsewhere
}

func newTab(t *testing.T, width, height int64) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Func(watch)); err != nil {
		t.Fatal(err)
	}
	b.ctx = ctx
	return b
}

// watch asks the browser to report what it does.
func watch(ctx context.Context, target *chromedp.Target) error {
	if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	if _, err := cdp.Call(ctx, target, cdplog.Enable, cdp.Empty{}); err != nil {
		return err
	}
	_, err := cdp.Call(ctx, target, runtime.Enable, cdp.Empty{})
	return err
}

func (b *tab) listen(ev any) {
	say := ""
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 404") && !strings.Contains(e.Entry.Text, "status of 422") {
			say = "console: " + e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		say = "script: " + e.ExceptionDetails.Text
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !slices.ContainsFunc(slices.Concat(sampled.sites(), []string{here.portal + "/", here.console + "/", "data:", "about:"}), func(ours string) bool { return strings.HasPrefix(u, ours) }) {
			say = "request to elsewhere: " + u
		}
	}
	if say != "" {
		b.mu.Lock()
		b.trouble = append(b.trouble, say)
		b.mu.Unlock()
	}
}

// calm fails the test for anything on the console and any request to elsewhere.
func (b *tab) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.trouble {
		b.t.Error(s)
	}
	b.trouble = nil
}

// step is the time of one step. The whole has none: it has as many steps as there are pages,
// and a machine may be slow.
func (b *tab) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, patience)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to an address and returns the status of the answer.
func (b *tab) open(url string) int {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	res, err := chromedp.Run(ctx, chromedp.NavigateResponse(url))
	if err != nil {
		b.t.Fatalf("%s: %v", url, err)
	}
	return int(res.Status)
}

// then does something that leads to another page and waits for it.
func (b *tab) then(steps ...chromedp.Action[chromedp.Void]) int {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	res, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.t.Fatal(err)
	}
	return int(res.Status)
}

// A click is lost when the page moves under it, by a font that arrives for example: whoever
// sits before it clicks again.
const (
	clicks        = 3
	clickPatience = patience / 3
)

// click clicks on what leads to another page and waits for it.
func (b *tab) click(selector string) int {
	b.t.Helper()
	for n := 1; ; n++ {
		ctx, cancel := context.WithTimeout(b.ctx, clickPatience)
		res, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		switch {
		case err == nil:
			return int(res.Status)
		case n == clicks || !errors.Is(err, context.DeadlineExceeded):
			b.t.Fatalf("%s: %v", selector, err)
		}
	}
}

// tick chooses a box or a button of a group, again where a click met something else: pages may still move then.
func (b *tab) tick(selector string) {
	b.t.Helper()
	for range clicks {
		b.do(chromedp.Click(chromedp.CSS(selector)))
		if eval[bool](b, `document.querySelector(`+strconv.Quote(selector)+`).checked`) {
			return
		}
	}
	b.t.Errorf("%s: %s cannot be ticked", b.path(), selector)
}

func eval[T any](b *tab, expression string, opts ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, opts...))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return v
}

func (b *tab) text() string { b.t.Helper(); return eval[string](b, `document.body.innerText`) }

func (b *tab) path() string { b.t.Helper(); return eval[string](b, `location.pathname`) }

// says fails unless the page shows each of the words.
func (b *tab) says(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("%s does not say %q but: %.300s", b.path(), w, strings.Join(strings.Fields(text), " "))
		}
	}
}

// saysNot fails if the page holds one of the words, seen or not.
func (b *tab) saysNot(words ...string) {
	b.t.Helper()
	html := eval[string](b, `document.documentElement.outerHTML`)
	for _, w := range words {
		if strings.Contains(html, w) {
			b.t.Errorf("%s holds %q", b.path(), w)
		}
	}
}

func (b *tab) login(site, email string) {
	b.t.Helper()
	b.open(site + "/login")
	b.do(chromedp.SendKeys(chromedp.CSS("#email"), email), chromedp.SendKeys(chromedp.CSS("#password"), password))
	if status := b.click(".login .button"); status != 200 {
		b.t.Fatalf("login of %s: %d", email, status)
	}
}

// language chooses a language as the switch does.
func (b *tab) language(site, lang string) {
	b.t.Helper()
	b.open(site + "/lang?to=" + lang + "&back=/login")
}

// press is one key as a person presses it: a script may swallow it.
func press(key string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, p := range []input.DispatchKeyEventParams{
			{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key},
		} {
			if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// withoutScript stops all scripts of pages.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}
