package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// Contracts are those of a company, the newest first.
func (s *Service) Contracts(ctx context.Context, tenantID string) (all []Contract, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectContracts(tx)
		return err
	})
	return all, err
}

// Contract is one of a company, with its steps and prices.
func (s *Service) Contract(ctx context.Context, tenantID, id string) (c Contract, steps []Step, members []Member, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		if c, err = selectContract(tx, id); err != nil {
			return err
		}
		if steps, err = selectSteps(tx, id); err != nil {
			return err
		}
		members, err = selectMembers(tx)
		return err
	})
	return c, steps, members, err
}

// advance brings a contract a step further.
func (s *Service) advance(tx *store.Tx, c *Contract, to State, who, why string) error {
	if !c.State.To(to) {
		return ErrState
	}
	c.State, c.Moved = to, s.Clock.Now()
	return errors.Join(updateContract(tx, c), step(tx, c.ID, Step{At: c.Moved, State: to, Who: who, Why: why}),
		tenant.Audit(tx, c.Moved, tenant.Entry{Who: who, Action: "contract." + string(to), Object: c.ID, Why: why}), tell(tx, TellArgs{ID: c.ID, State: to, Why: why}))
}

// Advance brings a contract a step further, for the rooms that know why: the parcel went out, the box is back. The customer is told.
func (s *Service) Advance(tx *store.Tx, id string, to State, who, why string) error {
	c, err := selectContract(tx, id)
	if err != nil {
		return err
	}
	return s.advance(tx, &c, to, who, why)
}

type watchArgs struct {
	ID string `json:"id"`
}

// watch looks again in a while.
func watch(tx *store.Tx, id string, now time.Time) error {
	return job.Enqueue(tx, job.Job{Kind: KindWatch, Args: watchArgs{id}, RunAt: now.Add(watchEvery), Unique: id})
}

// HandleWatch sees that the box was connected, and that it watches.
func (s *Service) HandleWatch(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args watchArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: contract: %w", job.ErrGiveUp, err)
	}
	boxes, err := s.Boxes.Boxes(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("contract: boxes: %w", err)
	}
	var claimed, seen time.Time
	for i := range boxes {
		b := &boxes[i]
		if claimed.IsZero() || b.Claimed.Before(claimed) {
			claimed = b.Claimed
		}
		if b.LastSeen.After(seen) {
			seen = b.LastSeen
		}
	}
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectContract(tx, args.ID)
		if err != nil {
			return err
		}
		if !claimed.IsZero() && (c.State == Contracted || c.State == Shipped) {
			c.Installed = claimed
			if err := s.advance(tx, &c, Installed, system, ""); err != nil {
				return err
			}
		}
		if c.State == Installed && seen.After(c.Installed) {
			return s.advance(tx, &c, Active, system, "")
		}
		if c.State == Contracted || c.State == Shipped || c.State == Installed {
			return watch(tx, c.ID, s.Clock.Now())
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Earliest is the midnight with which a contract can end when that is asked for now: the end of a month, with the
// notice that the offer wants, and not before its shortest term.
func Earliest(c *Contract, v *offer.Version, now time.Time) time.Time {
	at := now.AddDate(0, 0, v.NoticeDays)
	if !c.Installed.IsZero() {
		from := c.Installed.In(ja.Zone)
		term := from.AddDate(0, v.MinMonths, 0)
		if term.Day() != from.Day() { // there is no such day in that month: its last counts (民法 143条)
			term = term.AddDate(0, 0, -term.Day())
		}
		if term.After(at) {
			at = term
		}
	}
	at = at.In(ja.Zone)
	end := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, ja.Zone)
	if end.Before(at) {
		end = end.AddDate(0, 1, 0)
	}
	return end
}

// AskEnd ends a contract with the earliest end that its terms allow; who wants it, and why. Asked twice, the first counts.
func (s *Service) AskEnd(ctx context.Context, tenantID, id, who, why string) error {
	why, err := entry.Line(why, maxWhy)
	if err != nil && !errors.Is(err, entry.ErrEmpty) {
		return err
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectContract(tx, id)
		if err != nil {
			return err
		}
		if !c.State.To(Ended) {
			return ErrState
		}
		if !c.Ends.IsZero() {
			return nil
		}
		v, err := s.Version(c.Offer)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		c.Ends = Earliest(&c, v, now)
		return errors.Join(updateContract(tx, &c), step(tx, c.ID, Step{At: now, State: c.State, Who: who, Why: why}),
			tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "contract.ending", Object: c.ID, Why: why}),
			endAt(tx, &c), tell(tx, TellArgs{ID: id, State: c.State, Note: NoteEnding}))
	})
}

// endAt has a contract ended with its last day.
func endAt(tx *store.Tx, c *Contract) error {
	return job.Enqueue(tx, job.Job{Kind: KindEnd, Args: watchArgs{c.ID}, RunAt: c.Ends, Unique: c.ID})
}

// KeepOn takes the wish back, until the last day.
func (s *Service) KeepOn(ctx context.Context, tenantID, id, who string) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectContract(tx, id)
		if err != nil {
			return err
		}
		if c.Ends.IsZero() || !c.State.To(Ended) {
			return ErrState
		}
		c.Ends = time.Time{}
		now := s.Clock.Now()
		return errors.Join(updateContract(tx, &c), step(tx, c.ID, Step{At: now, State: c.State, Who: who}),
			tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "contract.keep", Object: c.ID}))
	})
}

// HandleEnd ends a contract whose last day is over.
func (s *Service) HandleEnd(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args watchArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: contract: %w", job.ErrGiveUp, err)
	}
	err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectContract(tx, args.ID)
		if err != nil {
			return err
		}
		if c.Ends.IsZero() || !c.State.To(Ended) {
			return nil // it was taken back
		}
		if s.Clock.Now().Before(c.Ends) { // taken back and given again: this job was of the first time
			return endAt(tx, &c)
		}
		return s.advance(tx, &c, Ended, system, "")
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// SetMember says from which month on (2026-12) a company is a member of a chamber or is none, and how that is known.
func (s *Service) SetMember(ctx context.Context, tenantID, who string, m Member) error {
	if _, err := time.Parse("2006-01", m.Month); err != nil {
		return entry.ErrMalformed
	}
	proof, err := entry.Line(m.Proof, maxWhy)
	if err != nil {
		return err
	}
	m.Proof, m.Who, m.At = proof, who, s.Clock.Now()
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return errors.Join(putMember(tx, &m), tenant.Audit(tx, m.At, tenant.Entry{Who: who, Action: "contract.member", Object: m.Month, Why: m.Proof}))
	})
}

// MemberIn says whether somebody is a member in a month (2026-12), by all that is known of them, the earliest first.
func MemberIn(all []Member, month string) (member bool) {
	for i := range all {
		if all[i].Month <= month {
			member = all[i].Member
		}
	}
	return member
}

// All are the contracts of all companies in some states, those that wait longest first. It is written down who
// reads them, and why.
func (s *Service) All(ctx context.Context, who, why string, states ...State) (all []Contract, err error) {
	err = s.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) {
		all, err = selectAll(tx, states)
		return err
	})
	return all, err
}

// Withheld are the companies whose newest contract does not consent to something: a key of the offer's consents that was not
// ticked. Companies without a contract were asked elsewhere.
func (s *Service) Withheld(ctx context.Context, who, why, key string) (map[string]bool, error) {
	all, err := s.All(ctx, who, why)
	withheld, newest := map[string]bool{}, map[string]time.Time{}
	for i := range all {
		c := &all[i]
		if c.Signed.Before(newest[c.TenantID]) {
			continue
		}
		newest[c.TenantID] = c.Signed
		withheld[c.TenantID] = !slices.Contains(c.Form.Consents, key)
	}
	return withheld, err
}
