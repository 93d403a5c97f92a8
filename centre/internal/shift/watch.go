package shift

import (
	"context"
	"encoding/json"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// Kinds of jobs.
const (
	// KindWatch looks for cases that nobody has opened.
	KindWatch = "shift.watch"
	// KindTell tells somebody of the staff of them; see [TellArgs].
	KindTell = "shift.tell"
)

const (
	// Unopened is after how long without an answer or somebody who takes it a case of ★★★ is told: half a working day,
	// as the list of whom to ring has it.
	Unopened = 4 * time.Hour
	// every is how often it is looked.
	every = 10 * time.Minute
	// maxTold is how many cases one mail names; of a flood of them one mail is enough.
	maxTold = 20
	// maxLooked bounds the cases that are looked at.
	maxLooked = 500
)

// watcher is who looks, in the records of access.
const watcher = "system:shift"

// Case is one that nobody has opened.
type Case struct {
	CompanyID, AlertID, Number string
	First                      time.Time
}

// TellArgs are the arguments of a [KindTell] job. Without a person it is for all who have mails on.
type TellArgs struct {
	Person string `json:"person"`
	Cases  []Case `json:"cases"`
	More   int    `json:"more"` // that are not named
	Nobody bool   `json:"nobody"`
}

type watchArgs struct{}

// Plan begins looking, if it has not begun.
func (s *Service) Plan(ctx context.Context) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error { return again(tx, now) })
}

func again(tx *store.Tx, now time.Time) error {
	at := now.Truncate(every).Add(every)
	return job.Enqueue(tx, job.Job{Kind: KindWatch, Args: watchArgs{}, RunAt: at, Unique: at.UTC().Format(time.RFC3339)})
}

// HandleWatch has whoever is on duty told of cases of ★★★ that nobody has opened; each case once.
func (s *Service) HandleWatch(ctx context.Context, _ string, _ json.RawMessage) error {
	now := s.Clock.Now()
	items, err := s.Alerts.Queue(ctx, watcher, "cases that nobody has opened", alert.Filter{State: alert.Open, Stars: alert.High, Limit: maxLooked})
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if err := again(tx, now); err != nil {
			return err
		}
		if err := forgetTold(tx, now.Add(-keep)); err != nil {
			return err
		}
		var late []Case
		for i := range items {
			a := &items[i].Alert
			if now.Sub(a.First) < Unopened {
				continue
			}
			fresh, err := insertTold(tx, a.TenantID, a.ID, now)
			if err != nil {
				return err
			}
			if fresh {
				late = append(late, Case{CompanyID: a.TenantID, AlertID: a.ID, Number: a.Case, First: a.First})
			}
		}
		if len(late) == 0 {
			return nil
		}
		args := TellArgs{Cases: late}
		if more := len(late) - maxTold; more > 0 {
			args.Cases, args.More = late[:maxTold], more
		}
		on, err := selectDuties(tx, now, now.Add(time.Microsecond), maxDuties)
		if err != nil {
			return err
		}
		if len(on) == 0 {
			args.Nobody = true
			return job.Enqueue(tx, job.Job{Kind: KindTell, Args: args})
		}
		for _, d := range on {
			args.Person = d.PersonID
			if err := job.Enqueue(tx, job.Job{Kind: KindTell, Args: args}); err != nil {
				return err
			}
		}
		return nil
	})
}
