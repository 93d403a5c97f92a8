package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/backup"
	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/wire"
)

var (
	_ Releases = (*release.Service)(nil)
	_ Feeds    = (*feed.Service)(nil)
)

// shipping plays releases and feeds.
type shipping struct{ *centre }

func (s shipping) List(context.Context, string, string) ([]release.Release, error) {
	return []release.Release{
		{Kind: wire.BundleRules, Version: 2026112102, Made: now.Add(-time.Hour), Note: "31995 rules, 1 left out", Wave: 1, Boxes: 3, States: map[string]int{wire.BundleActive: 2, wire.BundleTrial: 1}},
		{Kind: wire.BundleLists, Version: 2026112101, Made: now.Add(-2 * time.Hour), Note: "3 files", Stopped: true, Why: "1 of 1 boxes went back or refused it", States: map[string]int{wire.BundleReturned: 1}},
		{Kind: wire.BundleRules, Version: 2026112001, Made: now.Add(-25 * time.Hour), Note: "31990 rules", Wave: 3, States: map[string]int{wire.BundleActive: 240}},
	}, nil
}

func (s shipping) Stop(_ context.Context, kind string, version int64, _ string) error {
	if version != 2026112102 {
		return release.ErrNone
	}
	s.did = append(s.did, "stop|"+kind)
	return nil
}

func (s shipping) Go(_ context.Context, kind string, _ int64) error {
	s.did = append(s.did, "go|"+kind)
	return nil
}

type sources struct{ *centre }

func (s sources) List(context.Context) ([]feed.State, []feed.Made, error) {
	return []feed.State{
		{Source: feed.Source{Name: "et-open", Kind: wire.BundleRules, Licence: "BSD", Home: "https://community.emergingthreats.net"}, Entries: 31996, Fetched: now.Add(-time.Hour), Changed: now.Add(-time.Hour)},
		{Source: feed.Source{Name: "phish", Kind: wire.BundleLists, Licence: "MIT"}, Entries: 1230, Fetched: now.Add(-50 * time.Hour), Changed: now.Add(-50 * time.Hour), Trouble: "it has 2 entries and had 1230<b>"},
		{Source: feed.Source{Name: "new", Kind: wire.BundleVirus}},
	}, []feed.Made{{Kind: wire.BundleRules, Version: 2026112102}, {Kind: wire.BundleLists, Trouble: "the trial failed: nonsense"}}, nil
}

func (s sources) Now(context.Context) error {
	s.did = append(s.did, "fetch")
	return nil
}

// The page says how far each release has gone and how each source is; who may not operate sees no
// buttons, and gets nothing done.
func TestUpdates(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	page := b.page("/updates")
	for _, want := range []string{"100台に1台", "使用中 2 台 · 様子見 1 台", "止まっています", "3 個のファイル", "1 台のうち 1 台が、前のものに戻したか", "新しいものに交代", "31,996", "前のものを使用中", "had 1230&lt;b&gt;", "危険なサイトのリストは、試したところ問題があり"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, foreign := range []string{"3 files", "left out", "boxes went back"} {
		if strings.Contains(page, foreign) {
			t.Errorf("a Japanese page says %q", foreign)
		}
	}
	if n := strings.Count(page, `value="stop"`); n != 1 || strings.Count(page, `value="go"`) != 1 {
		t.Errorf("%d releases can be stopped", n)
	}
	post := func(path, do string) (int, string) {
		return b.post(path, url.Values{"csrf": {"form-token"}, "do": {do}})
	}
	if _, page := post("/updates/rules/2026112102", "stop"); !strings.Contains(page, "止めました") {
		t.Error("no word that it is stopped")
	}
	if _, page := post("/updates/rules/1", "stop"); !strings.Contains(page, "すでにそうなっています") {
		t.Error("no word that it is so already")
	}
	_, _ = post("/updates/lists/2026112101", "go")
	_, _ = post("/updates/fetch", "")
	if want := []string{"stop|rules", "go|lists", "fetch"}; !slices.Equal(c.did, want) {
		t.Errorf("%q", c.did)
	}
	for _, path := range []string{"/updates/rules/x", "/updates/cake/1"} {
		if status, _ := post(path, "stop"); status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := post("/updates/rules/2026112102", "eat"); status != http.StatusBadRequest {
		t.Errorf("another verb: %d", status)
	}
	c.role = tenant.RoleDesk
	if page := b.page("/updates"); strings.Contains(page, `value="stop"`) {
		t.Error("the desk has buttons")
	}
	for _, path := range []string{"/updates/rules/2026112102", "/updates/fetch"} {
		if status, _ := post(path, "stop"); status != http.StatusForbidden {
			t.Errorf("%s by the desk: %d", path, status)
		}
	}
}

// copies plays backups.
type copies struct{}

func (copies) Wanted() bool                            { return true }
func (copies) Good(context.Context) (time.Time, error) { return now.Add(-11 * time.Hour), nil }

var _ Backups = (*backup.Service)(nil)

// The fleet page says how the last backup is.
func TestBackupLamp(t *testing.T) {
	t.Parallel()
	if page := serve(t, sample()).page("/fleet"); !strings.Contains(page, "バックアップ済み（11月21日(土) 03:30）") {
		t.Errorf("no lamp: %s", page)
	}
}

// The fleet page warns a month before the certificate that signs mails ends, and says when it has.
func TestSignatureLamp(t *testing.T) {
	t.Parallel()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	v := &ui.Visit{Texts: texts.In("ja")}
	for until, want := range map[time.Time]ui.State{
		now.Add(31 * 24 * time.Hour): {Tone: ui.Good, Text: "メールに電子署名をつけています（2026年12月22日(火) まで）"},
		now.Add(29 * 24 * time.Hour): {Tone: ui.Care, Text: "メールの電子署名の証明書が 2026年12月20日(日) に切れます。新しい証明書を用意してください"},
		now:                          {Tone: ui.Alarm, Text: "メールの電子署名の証明書が 2026年11月21日(土) に切れました。署名なしで送っています"},
	} {
		c := &console{Config: Config{Signed: until}}
		if got := c.signedLamp(v, now); got != want {
			t.Errorf("%v: %+v", until, got)
		}
	}
	if strings.Contains(serve(t, sample()).page("/fleet"), "電子署名") {
		t.Error("a lamp for what is not set up")
	}
}
