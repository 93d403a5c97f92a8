package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
)

// remindAfter the day on which an invoice was due: two kind mails, then the desk. The hour is one at which people work.
var remindAfter = []time.Duration{7*day + 9*time.Hour, 21*day + 9*time.Hour, 35*day + 9*time.Hour}

const day = 24 * time.Hour

// bankDays is how long it is waited for a bank's answer before somebody is asked for money that may be on its way.
const bankDays = 3 * day

type remindArgs struct {
	Number string `json:"number"`
	Step   int    `json:"step"` // from 0
}

// remindLater plans to ask after an invoice.
func (s *Service) remindLater(tx *store.Tx, inv *Invoice, due time.Time) error {
	if inv.Total <= 0 {
		return nil
	}
	for step, after := range remindAfter {
		if err := job.Enqueue(tx, job.Job{Kind: KindRemind, Args: remindArgs{inv.Number, step}, RunAt: due.Add(after), Unique: fmt.Sprint(inv.Number, " ", step)}); err != nil {
			return err
		}
	}
	return nil
}

// HandleRemind asks after an invoice that is not paid: with a mail, and in the end by a task for the desk. It does nothing else, to nobody's
// protection.
func (s *Service) HandleRemind(ctx context.Context, _ string, raw json.RawMessage) error {
	var args remindArgs
	if err := json.Unmarshal(raw, &args); err != nil || args.Step < 0 || args.Step >= len(remindAfter) {
		return fmt.Errorf("%w: billing: %s", job.ErrGiveUp, raw)
	}
	return s.house(ctx, func(tx *store.Tx) error {
		inv, err := selectInvoice(tx, args.Number)
		if err != nil || !inv.Open() {
			return err
		}
		all, err := selectOpen(tx, inv.CompanyID, s.today())
		if err != nil || owed(all) <= 0 {
			return err
		}
		chain, err := selectChain(tx, inv.first())
		if err != nil || owed(chain) <= 0 {
			return err
		}
		now := s.Clock.Now()
		switch busy, err := waits(tx, &inv); {
		case err != nil:
			return err
		case busy:
			return job.Enqueue(tx, job.Job{Kind: KindRemind, Args: args, RunAt: now.Add(bankDays), Unique: fmt.Sprint(args.Number, " ", args.Step, " ", now.Unix())})
		}
		if done, err := hasEvent(tx, inv.Number, fmt.Sprint(args.Step)); err != nil || done {
			return err // this job ran before
		}
		switch args.Step {
		case 0:
			return errors.Join(event(tx, inv.Number, Event{now, Reminded, system, "0"}), tell(tx, inv.Number, NoteRemind))
		case 1:
			return errors.Join(event(tx, inv.Number, Event{now, Reminded, system, "1"}), tell(tx, inv.Number, NoteAgain))
		}
		return event(tx, inv.Number, Event{now, Task, system, "2"})
	})
}

// Tasks are the invoices after which the desk should ask by telephone: open, and both mails are long sent.
func (s *Service) Tasks(ctx context.Context) (all []Invoice, err error) {
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		all, err = selectTasks(tx)
		return err
	})
	return all, err
}
