package threats

import (
	"strings"
	"testing"
	"time"
)

func TestTheTen(t *testing.T) {
	t.Parallel()
	y, err := Load()
	if err != nil || len(y.Threats) != 10 {
		t.Fatalf("%d threats, %v", len(y.Threats), err)
	}
	if _, err := time.Parse(time.DateOnly, y.Published); err != nil || !strings.HasPrefix(y.Source, "https://www.ipa.go.jp/") {
		t.Errorf("%q, %q", y.Published, y.Source)
	}
	seen := map[string]bool{}
	for i, one := range y.Threats {
		if one.Rank != i+1 || one.Ja == "" || one.En == "" || seen[one.Key] {
			t.Errorf("%+v", one)
		}
		seen[one.Key] = true
	}
	if _, ok := y.Get("none"); ok {
		t.Error("there is one of no name")
	}
}
