package device_test

import (
	"errors"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

func (o *office) said(boxID string, at time.Time, protecting bool) (turn device.Turn) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) (err error) {
		turn, err = o.svc.HealthEvent(tx, boxID, wire.Health{Time: at, Protecting: protecting})
		return err
	}))
	return turn
}

// TestFlappingWithinOneInstant: a box whose clock runs ahead has all its times
// corrected to the same one.
func TestFlappingWithinOneInstant(t *testing.T) {
	suite(t, func(o *office) {
		box := o.box(o.own)
		ahead := start.Add(time.Hour)
		o.said(box.ID, ahead, false)
		o.said(box.ID, ahead, true)
		turn := o.said(box.ID, ahead.Add(time.Second), false)
		if !turn.Began {
			o.Errorf("third message: %+v", turn)
		}
		gaps, err := o.svc.Gaps(o.Context(), o.own, 10)
		must(o.T, err)
		if len(gaps) != 1 || !gaps[0].Until.IsZero() {
			o.Errorf("gaps %+v, want one that lasts", gaps)
		}
	})
}

// TestHealthFromBeforeTheClaim tells about another office, or about a clock that
// was not set yet.
func TestHealthFromBeforeTheClaim(t *testing.T) {
	suite(t, func(o *office) {
		box := o.box(o.own)
		if turn := o.said(box.ID, time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC), false); turn.Began {
			o.Errorf("a gap since %v", turn.Gap.Since)
		}
		got, err := o.svc.BoxByID(o.Context(), o.own, box.ID)
		must(o.T, err)
		if !got.Protecting {
			o.Error("an old message counts as the newest")
		}
	})
}

// TestBoxMovesToAnotherCompany: what waits on it belongs to the company that it
// comes from, so it must be emptied first, which also gives it a new key.
func TestBoxMovesToAnotherCompany(t *testing.T) {
	suite(t, func(o *office) {
		claim := func(tenantID, key string) error {
			_, _, err := o.redeem(o.code(tenantID), key, "203.0.113.1:1")
			return err
		}
		must(o.T, claim(o.own, "moving"))
		must(o.T, claim(o.own, "moving")) // again at the same company
		if err := claim(o.decoy, "moving"); !errors.Is(err, device.ErrKeyElsewhere) {
			o.Errorf("with the old key: %v", err)
		}
		must(o.T, claim(o.decoy, "after the reset"))
	})
}
