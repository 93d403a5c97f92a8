package selftest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
	"otasuke/wire"
)

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := []string{"selftest.go", "points.go", "parts.html"}
	for name, data := range map[string]any{"list": listView{}, "result": resultView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		used = append(used, name+".html")
	}
	stage.Written(t, used...)
	for name, p := range points {
		keys := []string{nameKey, doKey, sayKey + "ok_", sayKey + "down_"}
		if p.off {
			keys = append(keys, sayKey+"off_")
		}
		for _, k := range keys {
			if k += key(name); !c.In("en").Has(k) {
				t.Errorf("nobody wrote %s", k)
			}
		}
		if !slices.Contains(order, name) {
			t.Errorf("%s has no place", name)
		}
	}
}

func visit(t *testing.T, lang string) *ui.Visit {
	t.Helper()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &ui.Visit{Texts: c.In(lang)}
}

// told is a page about a test of these points.
func told(t *testing.T, lang, mode string, points ...wire.TestPoint) (view resultView) {
	t.Helper()
	at := time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)
	new(pages).tell(visit(t, lang), &view, &question.Test{At: at, Answered: at.Add(1234 * time.Millisecond), Found: wire.TestAnswer{At: at, Mode: mode, Software: "1.4.0", Uptime: 90, Points: points}}, "花子")
	return view
}

// What is worst comes first, each with what to do about it, and the headline counts it.
func TestWhatIsWrongComesFirst(t *testing.T) {
	t.Parallel()
	v := told(t, "ja", "", wire.TestPoint{Name: wire.PointDisk, State: wire.StateDown}, wire.TestPoint{Name: wire.PointVirus, State: wire.StateOff}, wire.TestPoint{Name: wire.PointUpdates, State: wire.StateOK, Value: 2},
		wire.TestPoint{Name: wire.PartOffice, State: wire.StateDown}, wire.TestPoint{Name: wire.PointInspection, State: wire.StateOK}, wire.TestPoint{Name: "temperature", State: wire.StateOK})
	if len(v.Faults) != 2 || v.Faults[0].Name != "社内側のケーブル" || v.Faults[0].State.Tone != ui.Alarm || v.Faults[1].Name != "記録するディスク" {
		t.Errorf("%+v", v.Faults)
	}
	for _, row := range v.Faults {
		if row.Do == "" || strings.Contains(row.Say+row.Do, "selftest.") {
			t.Errorf("what is to be done? %+v", row)
		}
	}
	if v.State.Tone != ui.Alarm || !strings.Contains(v.State.Text, "2つ") || len(v.Off) != 1 || v.Others == "" || !strings.Contains(v.When, "花子") || !strings.Contains(v.Facts, "1.4.0") {
		t.Errorf("%+v", v)
	}
	if len(v.Good) != 3 || v.Good[0].Say != "ボックスは、自分だけの暗号化した通信路で、1.2秒で答えました。" || v.Good[1].Name != "通信の見守り" || !strings.Contains(v.Good[2].Say, "2種類") {
		t.Errorf("%+v", v.Good)
	}
}

// All is well when what is not in use is the only thing that does not work; a scanner that waits is not.
func TestHeadlines(t *testing.T) {
	t.Parallel()
	inspects := wire.TestPoint{Name: wire.PointInspection, State: wire.StateOK}
	for _, c := range []struct {
		lang   string
		points []wire.TestPoint
		tone   ui.Tone
		says   string
	}{
		{"ja", []wire.TestPoint{inspects, {Name: wire.PointVirus, State: wire.StateOff}}, ui.Good, "2項目すべて"},
		{"en", []wire.TestPoint{inspects, {Name: wire.PointVirus, State: wire.StateWaiting}}, ui.Care, "One point needs a look"},
		{"en", []wire.TestPoint{{Name: wire.PointInspection, State: wire.StateDown}, {Name: wire.PartClock, State: wire.StateDown}}, ui.Alarm, "2 points need help"},
		{"en", []wire.TestPoint{inspects, {Name: "temperature", State: wire.StateDown}}, ui.Care, "One point"},
	} {
		if v := told(t, c.lang, "", c.points...); v.State.Tone != c.tone || !strings.Contains(v.State.Text, c.says) {
			t.Errorf("%+v: %+v", c.points, v.State)
		}
	}
	if v := told(t, "en", "", inspects, wire.TestPoint{Name: "temperature", State: wire.StateDown}); len(v.Faults) != 1 || v.Faults[0].Name != "temperature" || v.Faults[0].Do == "" {
		t.Errorf("a fault of tomorrow is hidden: %+v", v.Faults)
	}
	if v := told(t, "en", wire.ModeTap, inspects, wire.TestPoint{Name: wire.PointSites, State: wire.StateOK, Value: 5000}); !strings.Contains(v.Good[1].Say, "cannot stop") || !strings.Contains(v.Good[2].Say, "5,000") || strings.Contains(v.Good[2].Say, "stopped") {
		t.Errorf("of a box that only listens: %+v", v.Good)
	}
}
