package alert_test

import (
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/wire"
)

// The first two days of a box: ★★☆ waits for their end and is mailed then if nobody closed it; ★★★ does not wait.
func TestANewBoxIsCalm(t *testing.T) {
	suite(t, func(o *office) {
		o.svc = alert.New(alert.Config{Store: o.s, Classifier: classes{}, Clock: o.clock, CalmNewBox: 48 * time.Hour})
		claimed := o.clock.Now().Add(-time.Hour)
		fresh := func(class, device string, v wire.Verdict) alert.Incoming {
			in := o.event(class, wire.Outbound, v)
			in.DeviceID, in.Claimed = device, claimed
			return in
		}
		o.record(o.own, fresh("phishing", "a", wire.VerdictBlocked), fresh("phishing", "b", wire.VerdictBlocked))
		o.clock.Advance(10 * time.Minute)
		if got := o.mails(); len(got) > 0 {
			t.Fatalf("mailed at once: %q", got)
		}
		all := o.list(alert.Filter{})
		if len(all) != 2 || !all[0].Notify.Equal(claimed.Add(48*time.Hour)) || !all[0].Known().Equal(all[0].Notify) {
			t.Fatalf("%+v", all)
		}
		// One of them gets worse: it is told as always.
		o.record(o.own, fresh("phishing", "b", wire.VerdictPassed))
		o.clock.Advance(time.Minute)
		if got := o.mails(); len(got) != 1 {
			t.Fatalf("a ★★★ of a new box: %q", got)
		}
		o.clock.Set(claimed.Add(48 * time.Hour).Add(time.Minute))
		if got := o.mails(); len(got) != 1 {
			t.Fatalf("after the first days: %q", got)
		}
		// From then on it is as with others, and a box that is no news never waits.
		old := o.event("phishing", wire.Outbound, wire.VerdictBlocked)
		old.DeviceID = "d"
		o.record(o.own, fresh("phishing", "c", wire.VerdictBlocked), old)
		o.clock.Advance(2 * time.Minute)
		if got := o.mails(); len(got) != 2 {
			t.Fatalf("later: %q", got)
		}
	})
}
