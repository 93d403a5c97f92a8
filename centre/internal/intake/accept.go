package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// remember is how long event ids are kept. A box keeps unsent alerts for at least
// 30 days; what is older than this is refused, so that a forgotten id can never
// count twice.
const remember = 90 * 24 * time.Hour

// kindGap is the job that looks whether a box has come back to protecting.
const kindGap = "intake.gap"

// gapAllowed is how long a box may pass traffic without inspection before people
// are told: an update or a restart of the engine takes less.
const gapAllowed = 5 * time.Minute

type gapArgs struct {
	Box   string `json:"box"`
	Since int64  `json:"since"` // microseconds
}

// Accept keeps the new events of a batch in one transaction and says what it did
// with them; when it returns nil everything is committed. Events must have been
// checked.
func (in *Intake) Accept(ctx context.Context, box device.Box, events []wire.Event) (wire.Ack, error) {
	var ack wire.Ack
	stopped, err := in.stopped(ctx, events)
	if err != nil {
		return ack, err
	}
	err = in.cfg.Store.Write(ctx, box.TenantID, func(tx *store.Tx) error {
		ack = wire.Ack{Version: wire.Version, Refused: map[string]string{}}
		now := in.cfg.Clock.Now()
		if err := forget(tx, now); err != nil {
			return err
		}
		var news []alert.Incoming
		inside, visited, tidied := map[wire.Device]device.Endpoint{}, false, false
		var ids []string
		for i := range events {
			if e := &events[i]; e.Time.Before(now.Add(-remember)) {
				ack.Refused[e.ID] = fmt.Sprintf("older than %d days", remember/(24*time.Hour))
			} else {
				ids = append(ids, e.ID)
			}
		}
		fresh, err := areNew(tx, box.ID, ids, now)
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if !fresh[e.ID] {
				continue
			}
			fresh[e.ID] = false // it may stand here twice
			ack.New++
			switch e.Kind {
			case wire.KindHealth:
				err = in.healthEvent(tx, &box, e)
			case wire.KindUsage:
				if !tidied {
					tidied, err = true, in.cfg.Usage.Tidy(tx)
				}
				if err == nil {
					err = in.used(tx, &box, e)
				}
			case wire.KindAppeal:
				err = in.appeal(tx, &box, e)
			case wire.KindDevice:
				if !visited {
					visited, err = true, in.cfg.Devices.ForgetVisitors(tx)
				}
				if err == nil {
					err = in.inside(tx, &box, e, now)
				}
			default:
				if news, err = in.locate(tx, &box, e, inside, news); err == nil {
					err = stopped(tx, e)
				}
			}
			if err != nil {
				return err
			}
		}
		return in.cfg.Alerts.Record(tx, news)
	})
	return ack, err
}

// stopped is what counts events of what is stopped for all.
func (in *Intake) stopped(ctx context.Context, events []wire.Event) (count func(*store.Tx, *wire.Event) error, err error) {
	if in.cfg.Stopped != nil {
		count, err = in.cfg.Stopped(ctx, events)
	}
	if count == nil {
		count = func(*store.Tx, *wire.Event) error { return nil }
	}
	return count, err
}

// areNew remembers ids of events and says which were not there before.
func areNew(tx *store.Tx, boxID string, ids []string, now time.Time) (map[string]bool, error) {
	fresh := make(map[string]bool, len(ids))
	err := store.Several(ids, func(piece []string) error {
		var args []any
		for _, id := range piece {
			args = append(args, boxID, id, store.Micros(now))
		}
		_, err := store.Collect[string](tx.Query(`INSERT INTO seen_event (tenant_id, box_id, id, at) VALUES `+store.Values(len(piece), 4)+` ON CONFLICT DO NOTHING RETURNING id`, args...))(
			func(scan func(...any) error) (id string, err error) {
				if err = scan(&id); err == nil {
					fresh[id] = true
				}
				return id, err
			})
		return err
	})
	return fresh, err
}

func forget(tx *store.Tx, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM seen_event WHERE tenant_id = $1 AND at < $2`, store.Micros(now.Add(-remember)))
	return err
}

// locate finds the device inside that an event is about.
func (in *Intake) locate(tx *store.Tx, box *device.Box, e *wire.Event, inside map[wire.Device]device.Endpoint, news []alert.Incoming) ([]alert.Incoming, error) {
	d := e.Device
	if !d.Addr.IsValid() {
		d.Addr = e.Flow.Src
		if e.Direction == wire.Inbound {
			d.Addr = e.Flow.Dst
		}
	}
	known, ok := inside[d]
	if !ok {
		var err error
		if known, err = in.cfg.Devices.Seen(tx, box.SiteID, d, e.Time); err != nil {
			return nil, err
		}
		inside[d] = known
	}
	return append(news, alert.Incoming{BoxID: box.ID, DeviceID: known.ID, DeviceName: known.Label(), DeviceAddr: cmp.Or(d.Addr.Unmap().String(), known.Addr), Claimed: box.Claimed, Event: e}), nil
}

// used takes what a device used.
func (in *Intake) used(tx *store.Tx, box *device.Box, e *wire.Event) error {
	var known device.Endpoint
	if e.Device != (wire.Device{}) {
		var err error
		if known, err = in.cfg.Devices.Seen(tx, box.SiteID, e.Device, e.Time); err != nil {
			return err
		}
	}
	return in.cfg.Usage.Record(tx, known.ID, e.Usage)
}

// appeal takes what somebody says from a block page.
func (in *Intake) appeal(tx *store.Tx, box *device.Box, e *wire.Event) error {
	d := e.Device
	if !d.Addr.IsValid() {
		d.Addr = e.Flow.Src
	}
	known, err := in.cfg.Devices.Seen(tx, box.SiteID, d, e.Time)
	if err != nil {
		return err
	}
	return in.cfg.Appeals.Record(tx, known.Label(), e.Appeal)
}

// healthEvent takes what a box said about itself at some time.
func (in *Intake) healthEvent(tx *store.Tx, box *device.Box, e *wire.Event) error {
	h := *e.Health
	h.Time = e.Time // the one that was checked
	turn, err := in.cfg.Devices.HealthEvent(tx, box.ID, h)
	if err != nil {
		return err
	}
	return in.protection(tx, box, turn)
}

// protection follows a box that stopped or began to protect again.
func (in *Intake) protection(tx *store.Tx, box *device.Box, turn device.Turn) error {
	switch {
	case turn.Began:
		return job.Enqueue(tx, job.Job{Kind: kindGap, Args: gapArgs{Box: box.ID, Since: store.Micros(turn.Gap.Since)},
			RunAt: turn.Gap.Since.Add(gapAllowed), Unique: fmt.Sprint(box.ID, turn.Gap.Since.UnixMicro())})
	case turn.Ended:
		if err := in.tell(tx, box, turn.Gap); err != nil {
			return err
		}
		return in.cfg.Alerts.Protected(tx, box.ID, turn.Gap.Until)
	}
	return nil
}

// tell raises the alert of a gap that is long enough and was not raised yet.
func (in *Intake) tell(tx *store.Tx, box *device.Box, gap device.Gap) error {
	until := gap.Until
	if until.IsZero() {
		until = in.cfg.Clock.Now()
	}
	if gap.Raised || until.Sub(gap.Since) < gapAllowed {
		return nil
	}
	if err := in.cfg.Alerts.Unprotected(tx, box.ID, box.Label(), gap.Since); err != nil {
		return err
	}
	return in.cfg.Devices.Raised(tx, gap)
}

// gapJob runs gapAllowed after a box stopped protecting.
func (in *Intake) gapJob(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args gapArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: %w", job.ErrGiveUp, err)
	}
	box, err := in.cfg.Devices.BoxByID(ctx, tenantID, args.Box)
	if err != nil {
		return err
	}
	if !box.Returned.IsZero() {
		return nil // it protects nobody, on purpose
	}
	return in.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		gap, err := in.cfg.Devices.GapAt(tx, box.ID, store.Time(args.Since))
		if errors.Is(err, store.ErrNotFound) || err == nil && !gap.Until.IsZero() {
			return nil // it came back in time, or the end has told already
		}
		if err != nil {
			return err
		}
		return in.tell(tx, &box, gap)
	})
}
