package text

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var hole = regexp.MustCompile(`\{[a-z]+\}`)

func TestBothLanguagesHaveTheSameHoles(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range c.Keys() {
		e := c.entries[key]
		holes := func(s string) []string {
			found := hole.FindAllString(s, -1)
			slices.Sort(found)
			return slices.Compact(found)
		}
		if !slices.Equal(holes(e.Ja), holes(e.En)) {
			t.Errorf("%s: holes differ: %v and %v", key, holes(e.Ja), holes(e.En))
		}
		if e.One != "" && !strings.Contains(e.Ja, "{n}") {
			t.Errorf("%s: has a text for one but no {n}", key)
		}
	}
}

func TestHolesAreFilledOnce(t *testing.T) {
	t.Parallel()
	c := &Catalogue{entries: map[string]entry{"x.a": {Ja: "{a}と{b}、{n}件", En: "{a} and {b}, {n} things", One: "{a} and {b}, one thing"}}}
	if got := c.In("ja").T("x.a", "a", "{b}", "b", "B", "n", 3); got != "{b}とB、3件" {
		t.Errorf("got %q", got)
	}
	if got := c.In("en").T("x.a", "a", "A", "b", "B", "n", 1); got != "A and B, one thing" {
		t.Errorf("got %q", got)
	}
	if got := c.In("fr").T("x.none"); got != "x.none" {
		t.Errorf("unknown key: %q", got)
	}
}

func TestUsedFindsKeysInTemplatesAndCode(t *testing.T) {
	t.Parallel()
	got := Used(`{{.T "mail.hello" "a" .B}} {{$.T "x.y_z"}} p.T("portal.title", 1)`)
	if !slices.Equal(got, []string{"mail.hello", "x.y_z", "portal.title"}) {
		t.Errorf("got %v", got)
	}
}
