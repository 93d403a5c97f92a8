package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

// kindSilence is the job that looks whether a box is still heard of.
const kindSilence = "intake.silence"

const (
	// silenceAllowed is for a line that is down, a router that starts anew.
	silenceAllowed = 2 * time.Hour
	// watchEvery is how often a job that looks later is made by a box that is heard of: no chain
	// of jobs that could be cut.
	watchEvery = time.Hour
	// People hear of it from tellFrom to tellTo, Monday to Friday, in Japan: many offices cut the power at
	// night, and one that opens at nine has an hour to switch it on.
	tellFrom, tellTo = 10, 18
	// After the first look there is a second, and that must come in time: else it was the centre that was away, its database or
	// its machine, and every box would be told of that did not have the time to be heard again. Boxes try each minute.
	lookAgain = 15 * time.Minute
	lookLate  = 5 * time.Minute
)

type silenceArgs struct {
	Box string `json:"box"`
	// Second is when the second look is to be, in microseconds; 0 for the first.
	Second int64 `json:"second,omitempty"`
}

// heard follows a box that is heard of, which was last heard of at the time it still has.
func (in *Intake) heard(tx *store.Tx, box *device.Box) error {
	now := in.cfg.Clock.Now()
	if now.Sub(box.LastSeen) >= silenceAllowed {
		if err := in.cfg.Alerts.Heard(tx, box.ID, now); err != nil {
			return err
		}
	}
	turn := now.Truncate(watchEvery)
	if !box.LastSeen.Before(turn) && box.LastSeen.After(box.Claimed) {
		return nil
	}
	return job.Enqueue(tx, job.Job{Kind: kindSilence, Args: silenceArgs{Box: box.ID}, RunAt: turn.Add(watchEvery + silenceAllowed), Unique: fmt.Sprint(box.ID, " ", turn.Unix())})
}

// silenceJob raises the alert of a box of which nothing is heard.
func (in *Intake) silenceJob(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args silenceArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: %w", job.ErrGiveUp, err)
	}
	box, err := in.cfg.Devices.BoxByID(ctx, tenantID, args.Box)
	if err != nil {
		return err
	}
	now := in.cfg.Clock.Now()
	if !box.Returned.IsZero() || now.Sub(box.LastSeen) < silenceAllowed {
		return nil
	}
	return in.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if late := now.Sub(store.Time(args.Second)); args.Second == 0 || late < 0 || late > lookLate {
			at := nextTelling(now)
			if args.Second = 0; !at.After(now) {
				at = now.Add(lookAgain)
				args.Second = store.Micros(at)
			}
			return job.Enqueue(tx, job.Job{Kind: kindSilence, Args: args, RunAt: at, Unique: fmt.Sprint(box.ID, " ", at.Unix())})
		}
		return in.cfg.Alerts.Silent(tx, box.ID, box.Label(), box.LastSeen)
	})
}

// nextTelling is now, or when people hear of such things next.
func nextTelling(now time.Time) time.Time {
	day := ja.Midnight(now)
	for at := now; ; at = day.Add(tellFrom * time.Hour) {
		weekday := day.In(ja.Zone).Weekday()
		from, to := day.Add(tellFrom*time.Hour), day.Add(tellTo*time.Hour)
		if weekday != time.Saturday && weekday != time.Sunday && at.Before(to) {
			if at.Before(from) {
				return from
			}
			return at
		}
		day = day.AddDate(0, 0, 1)
	}
}
