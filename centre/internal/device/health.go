package device

import (
	"context"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// Turn is what a message about health changed.
type Turn struct {
	// Began: the box stopped protecting at Gap.Since. Ended: it protects again
	// since Gap.Until. Neither: no change.
	Began, Ended bool
	Gap          Gap
}

// Heartbeat records what a box says about itself now. Its own clock does not
// matter.
func (s *Service) Heartbeat(tx *store.Tx, boxID string, h wire.Health) (Turn, error) {
	box, err := selectBox(tx, boxID)
	if err != nil {
		return Turn{}, err
	}
	return s.health(tx, &box, h, s.cfg.Clock.Now())
}

// HealthEvent records what a box said about itself at h.Time, which may be long
// ago if the box was cut off. What is older than the newest known changes the
// history only.
func (s *Service) HealthEvent(tx *store.Tx, boxID string, h wire.Health) (Turn, error) {
	box, err := selectBox(tx, boxID)
	if err != nil {
		return Turn{}, err
	}
	now := s.cfg.Clock.Now()
	at := h.Time.UTC()
	if at.IsZero() || at.After(now.Add(maxSkew)) {
		at = now
	}
	at = at.Truncate(time.Microsecond)
	newest, err := healthAt(tx, boxID)
	if err != nil {
		return Turn{}, err
	}
	if newest.IsZero() {
		newest = box.Claimed // before it, the box was nobody's, or its clock was not set
	}
	if at.Before(newest) {
		return Turn{}, addHistory(tx, boxID, HealthChange{At: at, Protecting: h.Protecting, Note: selfText(h.Note)})
	}
	return s.health(tx, &box, h, at)
}

// health makes h the newest known health of box.
func (s *Service) health(tx *store.Tx, box *Box, h wire.Health, at time.Time) (turn Turn, err error) {
	h.Note, h.Software = selfText(h.Note), selfText(h.Software)
	if h.Protecting != box.Protecting || h.Note != "" {
		if err := addHistory(tx, box.ID, HealthChange{At: at, Protecting: h.Protecting, Note: h.Note}); err != nil {
			return turn, err
		}
	}
	if h.Protecting != box.Protecting {
		if turn, err = s.turn(tx, box.ID, h.Protecting, at); err != nil {
			return turn, err
		}
		box.Protecting, box.Since = h.Protecting, at
	}
	if h.Software != "" {
		box.Software = h.Software
	}
	box.Health, box.LastSeen = h, s.cfg.Clock.Now()
	return turn, updateHealth(tx, box, at)
}

func (s *Service) turn(tx *store.Tx, boxID string, protecting bool, at time.Time) (Turn, error) {
	if !protecting {
		gap := Gap{BoxID: boxID, Since: at}
		return Turn{Began: true, Gap: gap}, insertGap(tx, gap)
	}
	gap, err := openGap(tx, boxID)
	if err != nil {
		return Turn{}, err
	}
	gap.Until = at
	return Turn{Ended: true, Gap: gap}, updateGap(tx, gap)
}

// GapAt is the gap of a box that began at since.
func (s *Service) GapAt(tx *store.Tx, boxID string, since time.Time) (Gap, error) {
	return selectGap(tx, boxID, since)
}

// Raised notes that people were told about a gap.
func (s *Service) Raised(tx *store.Tx, gap Gap) error {
	gap.Raised = true
	return updateGap(tx, gap)
}

// Gaps lists when the boxes of a company passed traffic without inspection,
// newest first, at most limit.
func (s *Service) Gaps(ctx context.Context, tenantID string, limit int) (all []Gap, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectGaps(tx, limit)
		return err
	})
	return all, err
}

// History lists what changed in a box's health, newest first, at most limit.
func (s *Service) History(ctx context.Context, tenantID, boxID string, limit int) (all []HealthChange, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		if _, err := selectBox(tx, boxID); err != nil {
			return err
		}
		all, err = selectHistory(tx, boxID, limit)
		return err
	})
	return all, err
}
