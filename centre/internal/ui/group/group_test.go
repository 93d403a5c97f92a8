package group

import (
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/group"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
)

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{"all": allView{}, "one": oneView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	stage.Written(t, "all.html", "one.html", "group.go")
}

// The lamp says the worst of what is shown, and nothing of what is not.
func TestLamp(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		want ui.State
		m    group.Member
	}{
		{ui.State{Tone: ui.Alarm, Text: "2 important alerts"}, group.Member{Alerts: &group.Requests{High: 2, Medium: 3}, Boxes: &group.Health{All: 1}}},
		{ui.State{Tone: ui.Care, Text: "One box does not protect"}, group.Member{Alerts: &group.Requests{Medium: 3}, Boxes: &group.Health{All: 2, Watching: 1, Silent: 1}}},
		{ui.State{Tone: ui.Care, Text: "No box"}, group.Member{Boxes: &group.Health{}}},
		{ui.State{Tone: ui.Care, Text: "One alert"}, group.Member{Alerts: &group.Requests{Medium: 1}, Boxes: &group.Health{All: 1, Watching: 1}}},
		{ui.State{Tone: ui.Good, Text: "Protected"}, group.Member{Boxes: &group.Health{All: 1, Watching: 1}}},
		{ui.State{Tone: ui.Off, Text: "Only figures are shown"}, group.Member{Figures: &group.Figures{Attacks: 9}}},
	} {
		if got := lamp(c.In("en"), &x.m); got != x.want {
			t.Errorf("%+v, want %+v", got, x.want)
		}
	}
	p := &pages{Host: ui.Host{}}
	r := p.row(c.In("en"), &group.Member{Share: tenant.Share{TenantID: "t", Expires: time.Now()}, Name: "x", Figures: &group.Figures{Attacks: 1204}})
	if r.Attacks != "1,204" || r.Alerts != "" || r.Boxes != "" {
		t.Errorf("%+v", r)
	}
}
