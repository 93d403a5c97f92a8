package pages

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	page := `<a href="/alerts/1?x=1#top">a</a><a href=more>b</a><a href="https://elsewhere.example/">c</a><a href="/r.pdf">d</a><a download href="/all">e</a><a href="tel:110">f</a><a>g</a>`
	if d := cmp.Diff([]string{"/alerts/1?x=1", "/alerts/more"}, links("/alerts/", []byte(page))); d != "" {
		t.Error(d)
	}
}

func TestPagesOfAKind(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"/alerts/7", "/alerts/8"}, {"/c/01JABC-x/boxes", "/c/9k/boxes"}, {"/log?b=1&a=2", "/log?a=3&b="}} {
		if kind(same[0]) != kind(same[1]) {
			t.Errorf("%s and %s: %s, %s", same[0], same[1], kind(same[0]), kind(same[1]))
		}
	}
	for _, other := range [][2]string{{"/alerts", "/devices"}, {"/log?a=1", "/log?b=1"}, {"/alerts/7", "/alerts"}} {
		if kind(other[0]) == kind(other[1]) {
			t.Errorf("%s and %s: %s", other[0], other[1], kind(other[0]))
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	all := make([]float64, 101)
	for i := range all {
		all[i] = float64(100 - i)
	}
	if got := []float64{percentile(all, 50), percentile(all, 99), percentile(all[:1], 99)}; !slices.Equal(got, []float64{50, 99, 100}) {
		t.Error(got)
	}
}
