package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// Releases are the bundles on their way to boxes; release.Service is one.
type Releases interface {
	List(ctx context.Context, who, why string) ([]release.Release, error)
	Stop(ctx context.Context, kind string, version int64, why string) error
	Go(ctx context.Context, kind string, version int64) error
}

// Feeds are the sources that bundles are made of; feed.Service is one.
type Feeds interface {
	List(ctx context.Context) ([]feed.State, []feed.Made, error)
	Now(ctx context.Context) error
}

// maxReleases are shown; older ones are superseded.
const maxReleases = 20

type updatesView struct {
	ui.Base
	CanAct   bool
	Fetch    string // URL
	Releases []releaseRow
	Feeds    []feedRow
	Troubles []string // of bundles made of feeds
}

type releaseRow struct {
	Kind, Version, Made, Note, Wave string
	State                           ui.State
	Counts, Why                     string
	Action                          string // URL
	Stopped                         bool
}

type feedRow struct {
	Name, Kind, Entries, Licence, Home string
	State                              ui.State
	Fetched, Changed, Trouble          string
}

// updatesPage is what keeps boxes current.
func (c *console) updatesPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	all, err := c.Releases.List(ctx, v.PersonID, "console: updates")
	if err != nil {
		return err
	}
	feeds, made, err := c.Feeds.List(ctx)
	if err != nil {
		return err
	}
	view := updatesView{Base: c.begin(v, "console.updates_title", "/updates"), CanAct: v.Role == tenant.RoleOperator, Fetch: c.root + "/updates/fetch"}
	view.Flash = flash(v, map[string]ui.Flash{"stopped": {Text: "console.update_stopped"}, "goes": {Text: "console.update_goes"},
		"fetch": {Text: "console.feed_soon"}, "already": {Text: "console.update_already", Bad: true}})
	seen := map[string]bool{}
	for i := range all[:min(len(all), maxReleases)] {
		r := &all[i]
		view.Releases = append(view.Releases, c.releaseLine(v, r, seen[r.Kind]))
		seen[r.Kind] = seen[r.Kind] || !r.Stopped
	}
	for i := range feeds {
		view.Feeds = append(view.Feeds, feedLine(v, &feeds[i]))
	}
	for _, m := range made {
		if m.Trouble != "" {
			view.Troubles = append(view.Troubles, v.T("console.feed_made", "kind", v.T(release.Words[m.Kind]), "why", m.Trouble))
		}
	}
	return c.Show(w, c.updates, view)
}

// waveWords are the waves as people call them.
var waveWords = [...]string{"console.wave_one", "console.wave_hundredth", "console.wave_tenth", "console.wave_all"}

func (c *console) releaseLine(v *ui.Visit, r *release.Release, old bool) releaseRow {
	row := releaseRow{Kind: v.T(release.Words[r.Kind]), Version: strconv.FormatInt(r.Version, 10), Made: ja.Short(r.Made, v.Texts.Lang()), Note: noteWords(v.Texts, r.Note),
		Why: noteWords(v.Texts, r.Why), Stopped: r.Stopped, Action: c.root + "/updates/" + r.Kind + "/" + strconv.FormatInt(r.Version, 10)}
	switch {
	case r.Stopped:
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("console.update_is_stopped")}
	case old:
		row.State, row.Action = ui.State{Tone: ui.Off, Text: v.T("console.update_old")}, ""
	case r.Wave < 0:
		row.State = ui.State{Tone: ui.Care, Text: v.T("console.update_waits")}
	case r.Wave == len(waveWords)-1:
		row.State = ui.State{Tone: ui.Good, Text: v.T(waveWords[r.Wave])}
	default:
		row.State = ui.State{Tone: ui.Care, Text: v.T(waveWords[r.Wave])}
	}
	var counts []string
	for _, s := range []struct{ state, key string }{{wire.BundleActive, "console.state_active"}, {wire.BundleTrial, "console.state_trial"}, {wire.BundleWaiting, "console.state_waiting"},
		{wire.BundleReturned, "console.state_returned"}, {wire.BundleRefused, "console.state_refused"}} {
		if n := r.States[s.state]; n > 0 {
			counts = append(counts, v.T(s.key, "n", ja.Number(n)))
		}
	}
	row.Counts = strings.Join(counts, " · ")
	return row
}

func feedLine(v *ui.Visit, s *feed.State) feedRow {
	short := func(t time.Time) string {
		if t.IsZero() {
			return v.T("common.never")
		}
		return ja.Short(t, v.Texts.Lang())
	}
	row := feedRow{Name: s.Source.Name, Kind: v.T(release.Words[s.Source.Kind]), Entries: ja.Number(s.Entries), Licence: s.Source.Licence,
		Home: s.Source.Home, Fetched: short(s.Fetched), Changed: short(s.Changed), Trouble: s.Trouble, State: ui.State{Tone: ui.Good, Text: v.T("console.feed_ok")}}
	switch {
	case s.Trouble != "" && s.Fetched.IsZero():
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("console.feed_none")}
	case s.Trouble != "":
		row.State = ui.State{Tone: ui.Care, Text: v.T("console.feed_old")}
	case s.Fetched.IsZero():
		row.State = ui.State{Tone: ui.Care, Text: v.T("console.feed_soon")}
	}
	return row
}

// steer stops a release or lets it go on.
func (c *console) steer(w http.ResponseWriter, v *ui.Visit) error {
	kind := v.Request.PathValue("kind")
	version, err := strconv.ParseInt(v.Request.PathValue("version"), 10, 64)
	if err != nil || !wire.ValidBundleKind(kind) {
		return ui.ErrBadInput
	}
	said := ""
	switch v.Request.PostFormValue("do") {
	case "stop":
		said, err = "stopped", c.Releases.Stop(v.Request.Context(), kind, version, fmt.Sprint("stopped in the console by ", v.Name))
	case "go":
		said, err = "goes", c.Releases.Go(v.Request.Context(), kind, version)
	default:
		return ui.ErrBadInput
	}
	if errors.Is(err, release.ErrNone) {
		said, err = "already", nil
	}
	if err != nil {
		return err
	}
	return c.back(w, v, "/updates?said="+said)
}

// fetch has the sources asked now; the next look is within a minute.
func (c *console) fetch(w http.ResponseWriter, v *ui.Visit) error {
	if err := c.Feeds.Now(v.Request.Context()); err != nil {
		return err
	}
	return c.back(w, v, "/updates?said=fetch")
}

// noted is what releases say of themselves and why they stopped, by the key of the words for it.
var noted = []struct {
	key  string
	form string
}{{"console.update_files", "%d files"}, {"console.update_rules", "%d rules, %d left out"}, {"console.update_back", "%d of %d boxes went back or refused it"}}

// noteWords are a release's note in somebody's language; what people wrote themselves stays as it is.
func noteWords(t text.Texts, note string) string {
	for _, one := range noted {
		var n, out int
		into := []any{&n, &out}[:strings.Count(one.form, "%d")]
		if got, err := fmt.Sscanf(note, one.form, into...); err == nil && got == len(into) && note == fmt.Sprintf(one.form, []any{n, out}[:len(into)]...) {
			return t.T(one.key, "n", n, "out", out)
		}
	}
	return note
}
