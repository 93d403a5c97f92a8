package bench

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"otasuke/e2e/bench/appnames"
	"otasuke/e2e/bench/downloads"
	"otasuke/e2e/bench/fleet"
	"otasuke/e2e/bench/machine"
	"otasuke/e2e/bench/pages"
	"otasuke/e2e/bench/sitelist"
	"otasuke/e2e/bench/trafficlog"
)

const (
	published = "../../bench/latest.json"
	explained = "../../docs/performance.md"
)

func latest(t *testing.T) *Report {
	t.Helper()
	text, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// The document shows the figures of the last run.
func TestDocumentShowsLatest(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(explained)
	if err != nil {
		t.Fatal(err)
	}
	want, err := latest(t).into(doc)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(doc) {
		t.Errorf("the table in %s is not that of %s: 'make bench' writes both", explained, published)
	}
}

// measuredAll is a bench in which everything was measured.
func measuredAll() *bench {
	b := &bench{got: map[string][]float64{}}
	for _, m := range modes() {
		for _, what := range append(m.measure, "share", "unseen", "lost", "packets", "total") {
			for _, more := range []string{"", ".p50", ".p99", ".failed", ".late"} {
				b.add(m.name+"."+what+more, 1)
			}
		}
	}
	for _, c := range corpora {
		for _, more := range []string{"", ".units", ".memory"} {
			b.add("offline."+c.name+more, 1)
		}
	}
	for _, f := range downloads.Figures() {
		b.add(f.Key, 1)
	}
	for _, f := range sitelist.Figures() {
		b.add(f.Name, 1)
	}
	for _, f := range machine.Figures() {
		b.add(f[0], 1)
	}
	for _, f := range appnames.Figures() {
		b.add(f.Name, 1)
	}
	for _, f := range fleet.Figures() {
		b.add(f.Name, 1)
	}
	for _, f := range pages.Figures() {
		b.add(f.Name, 1)
	}
	for _, f := range trafficlog.Figures() {
		b.add(f[0], 1)
	}
	for _, key := range []string{"memory.loaded", "memory.flows", "half", "start.cold", "start.cached"} {
		b.add(key, 1)
	}
	return b
}

// Every row is explained, once, and the explanations are of rows that exist.
func TestDocumentExplainsRows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(explained)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), tableBegin)
	_, end, _ := strings.Cut(rest, tableEnd)
	prose := head + end
	names := map[string]bool{}
	for _, r := range measuredAll().rows() {
		if names[r.Name] {
			t.Errorf("two rows are called %s", r.Name)
		}
		if names[r.Name] = true; !strings.HasPrefix(r.Name, peerProgram+".") && !strings.Contains(prose, "`"+r.Name+"`") {
			t.Errorf("%s does not explain `%s`", explained, r.Name)
		}
	}
	for _, r := range latest(t).Rows {
		if !names[r.Name] {
			t.Errorf("%s has a row %s that is not measured any more", published, r.Name)
		}
	}
}

func TestDocumentWithoutPlace(t *testing.T) {
	t.Parallel()
	r := &Report{Rows: []Row{{Name: "x", Value: 1234.5, Unit: "s", Ratio: 0.5, Against: bare}}}
	for _, doc := range []string{"", "text", tableBegin, tableEnd} {
		if _, err := r.into([]byte(doc)); !errors.Is(err, errNoTable) {
			t.Errorf("%q: %v", doc, err)
		}
	}
	got, err := r.into([]byte("a\n" + tableBegin + "old\n" + tableEnd + "b\n"))
	if err != nil || !strings.Contains(string(got), "| `x` | 1234 | s | 0.50 of kernel bridge |") || strings.Contains(string(got), "old") || !strings.HasSuffix(string(got), "b\n") {
		t.Errorf("%s, %v", got, err)
	}
}
