package selftest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/wire"
)

// bench is a box in which everything works until a test breaks it.
type bench struct {
	health  wire.Health
	bundles []wire.BundleState
	beat    time.Duration // after which the engine tells how it is; 0 for never
	dir     string
}

func newBench(t *testing.T) *bench {
	return &bench{beat: 400 * time.Millisecond, dir: t.TempDir(), bundles: []wire.BundleState{{Kind: wire.BundleRules, State: wire.BundleActive, Active: 3}, {Kind: wire.BundleLists, State: wire.BundleWaiting}},
		health: wire.Health{Software: "1.4.0", Uptime: 60, Protecting: true, Rules: 7, Sites: 5, Pending: 2, Parts: map[string]wire.State{
			wire.PartTest: "ok", "sites": "ok", "virus": "off", wire.PartRouter: "ok", wire.PartOffice: "ok", wire.PartClock: "ok", "journal": "ok"}}}
}

func (b *bench) tests() *Tests {
	return New(Config{Report: func() wire.Health { return b.health }, Bundles: func() []wire.BundleState { return b.bundles }, Dir: b.dir, Next: func() <-chan struct{} {
		c := make(chan struct{})
		if b.beat > 0 {
			time.AfterFunc(b.beat, func() { close(c) })
		}
		return c
	}})
}

// states are those of an answer, which must be one that the centre takes.
func states(t *testing.T, a wire.Answer) map[string]wire.State {
	t.Helper()
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	out := map[string]wire.State{}
	for _, p := range a.Test.Points {
		out[p.Name] = p.State
	}
	return out
}

var q = &wire.Question{ID: "q", Test: &wire.TestQuery{}}

func TestEverythingWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		a := b.tests().Answer(t.Context(), q)
		want := map[string]wire.State{"inspection": "ok", "selftest": "ok", "rules": "ok", "sites": "ok", "virus": "off", "cable-router": "ok", "cable-office": "ok", "clock": "ok", "disk": "ok", "journal": "ok", "updates": "ok"}
		if d := cmp.Diff(want, states(t, a)); d != "" {
			t.Error(d)
		}
		if a.ID != "q" || a.Failed != "" || a.Test.Software != "1.4.0" || a.Test.Points[0].Value != 400 || a.Test.Took < 400 {
			t.Errorf("%+v", a.Test)
		}
		if all, err := os.ReadDir(b.dir); err != nil || len(all) != 0 {
			t.Errorf("the test leaves something behind: %v %v", all, err)
		}
	})
}

// Each thing that breaks is told, and no other.
func TestWhatIsBroken(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		breaks func(b *bench)
		want   map[string]wire.State // that differ from a box in which all works
	}{
		"the engine is dead":                {func(b *bench) { b.health.Protecting = false }, map[string]wire.State{"inspection": "down"}},
		"the engine says nothing any more":  {func(b *bench) { b.beat = 0 }, map[string]wire.State{"inspection": "down"}},
		"the engine is late":                {func(b *bench) { b.beat = engineWait + time.Second }, map[string]wire.State{"inspection": "down"}},
		"the test's name passes":            {func(b *bench) { b.health.Parts[wire.PartTest] = "down" }, map[string]wire.State{"selftest": "down"}},
		"a cable is out":                    {func(b *bench) { b.health.Parts[wire.PartRouter] = "down" }, map[string]wire.State{"cable-router": "down"}},
		"nobody knows of cables":            {func(b *bench) { delete(b.health.Parts, wire.PartRouter) }, map[string]wire.State{"cable-router": ""}},
		"no rule":                           {func(b *bench) { b.health.Rules = 0 }, map[string]wire.State{"rules": "down"}},
		"the scanner waits":                 {func(b *bench) { b.health.Parts["virus"] = "waiting" }, map[string]wire.State{"virus": "waiting"}},
		"what is known of viruses is new":   {func(b *bench) { b.virus(time.Hour) }, map[string]wire.State{"virus": "ok", "signatures": "ok"}},
		"what is known of viruses is old":   {func(b *bench) { b.virus(8 * 24 * time.Hour) }, map[string]wire.State{"virus": "ok", "signatures": "down"}},
		"the disk takes nothing":            {func(b *bench) { b.dir = filepath.Join(b.dir, "gone") }, map[string]wire.State{"disk": "down"}},
		"the journal is full":               {func(b *bench) { b.health.Parts["journal"] = "down" }, map[string]wire.State{"journal": "down"}},
		"an update was taken back":          {func(b *bench) { b.bundles[1].State = wire.BundleReturned }, map[string]wire.State{"updates": "down"}},
		"nothing comes from a centre":       {func(b *bench) { b.bundles = nil }, map[string]wire.State{"updates": "off"}},
		"a clock that nobody has looked at": {func(b *bench) { delete(b.health.Parts, wire.PartClock) }, map[string]wire.State{"clock": ""}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				good := newBench(t)
				want := states(t, good.tests().Answer(t.Context(), q))
				for name, s := range c.want {
					if want[name] = s; s == "" {
						delete(want, name)
					}
				}
				b := newBench(t)
				c.breaks(b)
				if d := cmp.Diff(want, states(t, b.tests().Answer(t.Context(), q))); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func (b *bench) virus(age time.Duration) {
	b.health.Parts["virus"], b.health.Signatures = wire.StateOK, time.Now().Add(-age)
}

// A box is tested once a minute at most and says when it may be again; a question that comes once more has its answer.
func TestOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		tests := b.tests()
		first := tests.Answer(t.Context(), q)
		time.Sleep(10 * time.Second)
		soon := tests.Answer(t.Context(), &wire.Question{ID: "r", Test: &wire.TestQuery{}})
		if err := soon.Check(); err != nil || soon.Test.Again != 50 || len(soon.Test.Points) != 0 || soon.Failed == "" {
			t.Errorf("after ten seconds: %+v %v", soon.Test, err)
		}
		b.health.Rules = 0
		if d := cmp.Diff(first, tests.Answer(t.Context(), q)); d != "" {
			t.Errorf("the same question: %s", d)
		}
		time.Sleep(50 * time.Second)
		if a := tests.Answer(t.Context(), &wire.Question{ID: "r", Test: &wire.TestQuery{}}); states(t, a)["rules"] != wire.StateDown {
			t.Errorf("after a minute: %+v", a.Test)
		}
	})
}

// A box that carries what another sensor finds has no engine to wait for and no rules of its own; who gives up waiting gets
// an answer all the same.
func TestWithoutAnEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.beat, b.health.Rules = 0, 0
		tests := b.tests()
		tests.Alone()
		if got := states(t, tests.Answer(t.Context(), q)); got["inspection"] != wire.StateOK || got["rules"] != wire.StateOff {
			t.Errorf("%v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := states(t, b.tests().Answer(ctx, q)); got["inspection"] != wire.StateDown {
			t.Errorf("%v", got)
		}
	})
}
