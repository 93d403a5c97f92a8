package machine

import "testing"

func TestGaps(t *testing.T) {
	got := map[string]float64{}
	if err := Gaps(func(name string, v float64) { got[name] = v }); err != nil {
		t.Fatal(err)
	}
	for _, f := range Figures() {
		if v, ok := got[f[0]]; !ok || v < 0 {
			t.Errorf("%s: %v, told %v", f[0], v, ok)
		}
	}
	if got["machine.gaps"] > 100 || got["machine.gaps"] > 0 && got["machine.gap.longest"] < 0.3 {
		t.Errorf("gaps %v", got)
	}
}
