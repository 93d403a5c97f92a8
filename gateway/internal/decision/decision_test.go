package decision

import (
	"testing"

	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/rule"
)

func hit(sid uint32, own, now rule.Action) match.Hit {
	return match.Hit{Rule: &rule.Rule{SID: sid, Action: own}, Action: now}
}

// The first rule that stops the packet counts; a pass rule before it wins, one behind it
// comes too late.
func TestForesee(t *testing.T) {
	t.Parallel()
	alert, drop, reject, pass := hit(1, rule.Alert, rule.Alert), hit(2, rule.Drop, rule.Drop), hit(3, rule.Reject, rule.Reject), hit(4, rule.Pass, rule.Pass)
	often := hit(5, rule.Alert, rule.Drop) // a rate filter is on
	for name, c := range map[string]struct {
		hits []match.Hit
		by   uint32
		want Decision
	}{
		"nothing":              {nil, 0, Decision{}},
		"alert":                {[]match.Hit{alert}, 0, Decision{}},
		"drop, then reject":    {[]match.Hit{alert, drop, reject}, 2, Decision{Why: evelog.ReasonRules, Rejects: rule.Reject}},
		"reject, then drop":    {[]match.Hit{reject, drop}, 3, Decision{Why: evelog.ReasonRules, Rejects: rule.Reject, Rejected: true}},
		"pass, then drop":      {[]match.Hit{pass, drop}, 0, Decision{WillPass: true}},
		"drop, then pass":      {[]match.Hit{drop, pass}, 2, Decision{Why: evelog.ReasonRules}},
		"too often, then drop": {[]match.Hit{often, drop}, 5, Decision{Why: evelog.ReasonThreshold}},
	} {
		for _, inline := range []bool{true, false} {
			var d Decision
			d.Begin()
			d.Foresee(c.hits, inline)
			by := uint32(0)
			if d.By != nil {
				by = d.By.SID
			}
			want, wantBy := c.want, c.by
			if want.Rejects == 0 {
				want.Rejects = rule.Alert
			}
			if !inline {
				want, wantBy = Decision{Rejects: rule.Alert, WillPass: c.want.WillPass || name == "drop, then pass"}, 0
			}
			d.By = nil
			if d != want || by != wantBy {
				t.Errorf("%s, inline %v: %+v by %d, want %+v by %d", name, inline, d, by, want, wantBy)
			}
		}
	}
}

// What was refused of a frame stays so for its other packets.
func TestBegin(t *testing.T) {
	t.Parallel()
	var d Decision
	h := hit(3, rule.Reject, rule.Reject)
	d.StoppedBy(&h)
	if d.Begin(); d != (Decision{Rejects: rule.Alert, Rejected: true}) {
		t.Errorf("%+v", d)
	}
}
