package alert_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

func TestStaffTakeAndNote(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		before, err := o.svc.History(o.Context(), o.own, a.ID)
		must(o.T, err)
		o.clock.Advance(time.Minute)
		must(o.T, o.svc.Take(o.Context(), o.own, a.ID, "op-1"))
		o.clock.Advance(time.Minute)
		must(o.T, o.svc.Note(o.Context(), o.own, a.ID, "op-2", "電話した。折り返し待ち"))
		got := o.one()
		if got.State != alert.Acknowledged || got.Answer != alert.AnswerNone {
			o.Errorf("after taking: %s, answer %q", got.State, got.Answer)
		}
		history, err := o.svc.History(o.Context(), o.own, a.ID)
		must(o.T, err)
		want := []alert.Change{
			{At: start.Add(time.Minute), Who: "op-1", What: alert.ChangeTaken},
			{At: start.Add(2 * time.Minute), Who: "op-2", What: alert.ChangeNoted, Note: "電話した。折り返し待ち"},
		}
		if diff := cmp.Diff(want, history[len(before):]); diff != "" {
			o.Error(diff)
		}
		o.audited(a.ID, "op-1 alert.taken", "op-2 alert.noted")
	})
}

// audited fails unless the company's record says this about an alert, and no more.
func (o *office) audited(id string, want ...string) {
	o.Helper()
	entries, err := tenant.New(tenant.Config{Store: o.s, Clock: o.clock}).AuditLog(o.Context(), o.own, 100)
	must(o.T, err)
	var got []string
	for _, e := range entries {
		if e.Object == id {
			got = append(got, e.Who+" "+e.Action)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		o.Error("audit:", diff)
	}
}

func TestStaffCannotWorkOnAClosedAlert(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		must(o.T, o.svc.Close(o.Context(), o.own, a.ID, "op-1", "初期化を確認"))
		before, err := o.svc.History(o.Context(), o.own, a.ID)
		must(o.T, err)
		for what, err := range map[string]error{
			"take": o.svc.Take(o.Context(), o.own, a.ID, "op-1"), "note": o.svc.Note(o.Context(), o.own, a.ID, "op-1", "x"),
		} {
			if !errors.Is(err, alert.ErrClosed) {
				o.Errorf("%s: %v, want ErrClosed", what, err)
			}
		}
		after, err := o.svc.History(o.Context(), o.own, a.ID)
		must(o.T, err)
		if diff := cmp.Diff(before, after); diff != "" {
			o.Error("what was refused left traces:", diff)
		}
	})
}

func TestStaffActInTheRightCompanyOnly(t *testing.T) {
	suite(t, func(o *office) {
		o.clock.Advance(time.Second) // an id that the decoy does not have
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		for what, err := range map[string]error{
			"take":    o.svc.Take(o.Context(), o.decoy, a.ID, "op-1"),
			"note":    o.svc.Note(o.Context(), o.decoy, a.ID, "op-1", "x"),
			"nowhere": o.svc.Take(o.Context(), "no-such-company", a.ID, "op-1"),
		} {
			if !errors.Is(err, alert.ErrNotFound) {
				o.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		if got := o.one(); got.State != alert.Open {
			o.Errorf("the alert is %s", got.State)
		}
	})
}

func TestStaffNotesAreBounded(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		for name, err := range map[string]error{
			"too long":  o.svc.Note(o.Context(), o.own, a.ID, "op-1", strings.Repeat("長", 2001)),
			"not text":  o.svc.Note(o.Context(), o.own, a.ID, "op-1", "\xff"),
			"by nobody": o.svc.Take(o.Context(), o.own, a.ID, ""),
		} {
			if !errors.Is(err, alert.ErrInvalid) {
				o.Errorf("%s: %v, want ErrInvalid", name, err)
			}
		}
	})
}
