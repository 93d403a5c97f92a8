package advisory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
	"otasuke/internal/ja"
)

const (
	// grace is after which time a version counts again that somebody has said is gone: boxes tell of devices once an hour, and
	// nobody updates within a second.
	grace = 24 * time.Hour
	// nightly is at which hour, in Japan, all are compared again: rules begin and end, and old versions come back.
	nightly = 5
	matcher = "system:advisory"
)

// What a mail says.
const (
	TellYes       = "yes"
	TellAsk       = "ask"
	TellRemind    = "remind"
	TellAgain     = "again"
	TellWithdrawn = "withdrawn"
)

// TellArgs is a mail to a company.
type TellArgs struct {
	Advisory string `json:"advisory"`
	What     string `json:"what"`
	Person   string `json:"person,omitempty"`
}

type allArgs struct {
	Only string `json:"only,omitempty"` // an advisory; "" for all
}

// Plan leaves the job of the coming night, and that of the next bundle.
func (s *Service) Plan(ctx context.Context) error {
	if err := s.planFetch(ctx); err != nil {
		return err
	}
	now := s.Clock.Now()
	at := ja.Midnight(now).Add(nightly * time.Hour)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: KindAll, Args: allArgs{}, RunAt: at, Unique: at.Format(time.DateOnly)})
	})
}

// HandleAll compares the devices of every company.
func (s *Service) HandleAll(ctx context.Context, _ string, raw json.RawMessage) error {
	var args allArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: advisory: %w", job.ErrGiveUp, err)
	}
	if args.Only == "" {
		if err := s.Plan(ctx); err != nil { // the next first: whatever becomes of this one
			return err
		}
	}
	var all []tenant.Company
	if err := s.Store.AsOperator(ctx, matcher, "whom advisories concern", func(tx *store.AllTx) (err error) {
		all, err = tenant.All(tx)
		return err
	}); err != nil {
		return err
	}
	var failed error
	for i := range all {
		if all[i].ID != tenant.House {
			failed = errors.Join(failed, s.match(ctx, all[i].ID))
		}
	}
	return failed
}

// HandleMatch compares the devices of one company, after one of them changed.
func (s *Service) HandleMatch(ctx context.Context, tenantID string, _ json.RawMessage) error {
	return s.match(ctx, tenantID)
}

// pair names a finding.
type pair struct{ advisory, endpoint string }

// match brings the findings of a company up to date.
func (s *Service) match(ctx context.Context, tenantID string) error {
	rules, err := s.current(ctx)
	if err != nil {
		return err
	}
	known, err := s.Devices.Known(ctx, tenantID)
	if err != nil {
		return err
	}
	changed := false
	look := func(tx *store.Tx) (m *matching, err error) {
		m, err = s.compare(tx, rules, known)
		changed = err == nil && m.changed()
		return m, err
	}
	// Most companies have nothing new: they are only read.
	if err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) error { _, err := look(tx); return err }); err != nil || !changed {
		return err
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		m, err := look(tx)
		if err != nil {
			return err
		}
		return s.keep(tx, rules, m)
	})
}

// matching is what became of the findings of a company.
type matching struct {
	put, drop []Finding
	tell      map[pair]bool // advisory and what there is to tell
}

func (m *matching) changed() bool { return len(m.put)+len(m.drop) > 0 }

func (s *Service) compare(tx *store.Tx, rules *published, known []device.Known) (*matching, error) {
	before, err := selectFindings(tx)
	if err != nil {
		return nil, err
	}
	said, err := selectLabels(tx)
	if err != nil {
		return nil, err
	}
	labels := map[string]map[string]Label{}
	for _, l := range said {
		if labels[l.EndpointID] == nil {
			labels[l.EndpointID] = map[string]Label{}
		}
		labels[l.EndpointID][l.Subject] = l
	}
	old := map[pair]*Finding{}
	for i := range before {
		old[pair{before[i].AdvisoryID, before[i].EndpointID}] = &before[i]
	}
	m := &matching{tell: map[pair]bool{}}
	for i := range known {
		k := &known[i]
		for _, v := range rules.judge(k, labels[k.ID]) {
			at := pair{v.rule.ID, k.ID}
			f, what := s.next(old[at], k, &v, labels[k.ID][v.subject])
			if was := old[at]; was == nil || *was != f {
				m.put = append(m.put, f)
			}
			if what != "" {
				m.tell[pair{v.rule.ID, what}] = true
			}
			delete(old, at)
		}
	}
	for at, f := range old {
		if rules.rules[at.advisory] != nil && f.State == Finished && has(known, at.endpoint) {
			continue // what was done stays written down
		}
		m.drop = append(m.drop, *f)
		if rules.gone[at.advisory] {
			m.tell[pair{at.advisory, TellWithdrawn}] = true
		}
	}
	return m, nil
}

func has(known []device.Known, id string) bool {
	for i := range known {
		if known[i].ID == id {
			return true
		}
	}
	return false
}

// next is what becomes of a finding, and what people are told of it.
func (s *Service) next(was *Finding, k *device.Known, v *verdict, label Label) (f Finding, what string) {
	now := s.Clock.Now().Truncate(time.Microsecond).UTC()
	f = Finding{AdvisoryID: v.rule.ID, EndpointID: k.ID, First: now, Changed: now}
	if was != nil {
		f = *was
	}
	f.Device, f.Product, f.Subject, f.Seen, f.Answer = k.Label(), v.product, v.subject, v.seen, v.answer
	switch {
	case v.answer == No && was != nil && (was.Answer == Yes || was.State == Finished):
		if f.State != Finished {
			f.State, f.DoneBy, f.Done = Finished, v.by, now
		}
	case v.answer == No:
		f.State = Nothing
	case was != nil && was.State == Finished:
		// The old version again: after somebody said that it was gone, only if it was seen well after that.
		if was.Answer != No && (v.by != byBox || v.at.Sub(was.Done) < grace) {
			break
		}
		f.State, f.Reopened, f.DoneBy, f.Done = Open, true, "", time.Time{}
		what = TellAgain
	case v.answer == Yes:
		f.State = Open
		if was == nil || was.State == Nothing || was.Answer == Ask {
			what = TellYes
		}
	default:
		f.State = Open
		if label.Unsure || label.Photo != "" && label.Version == "" {
			f.State = AtDesk
		}
		if was == nil || was.State == Nothing {
			what = TellAsk
		}
	}
	if was != nil && *was != f {
		f.Changed = now
	}
	return f, what
}

// keep writes findings down and leaves the mails, each once for an advisory and a company.
func (s *Service) keep(tx *store.Tx, rules *published, m *matching) error {
	for i := range m.put {
		if err := putFinding(tx, &m.put[i]); err != nil {
			return err
		}
	}
	for i := range m.drop {
		if err := dropFinding(tx, &m.drop[i]); err != nil {
			return err
		}
	}
	for at := range m.tell {
		if at.endpoint == TellAsk && m.tell[pair{at.advisory, TellYes}] {
			continue // one mail says both
		}
		if err := s.leave(tx, at.advisory, at.endpoint, rules.rules[at.advisory]); err != nil {
			return err
		}
	}
	return nil
}

// leave leaves a mail, and a reminder for when nothing happens.
func (s *Service) leave(tx *store.Tx, id, what string, r *content.Rule) error {
	now := s.Clock.Now()
	if what == TellWithdrawn {
		if n, err := noticed(tx, id); err != nil || n == 0 {
			return err // who was told nothing need not hear that it was wrong
		}
	}
	once, err := notice(tx, id, what, now)
	if err != nil || !once {
		return err
	}
	if err := job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{Advisory: id, What: what}, Unique: id + " " + what}); err != nil || r == nil {
		return err
	}
	return job.Enqueue(tx, job.Job{Kind: KindRemind, Args: TellArgs{Advisory: id}, RunAt: now.AddDate(0, 0, r.Remind), Unique: id})
}

// HandleRemind tells a company once more, when something is still to be done.
func (s *Service) HandleRemind(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: advisory: %w", job.ErrGiveUp, err)
	}
	rules, err := s.current(ctx)
	if err != nil || rules.rules[args.Advisory] == nil {
		return err
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectFindings(tx)
		if err != nil {
			return err
		}
		for i := range all {
			if f := &all[i]; f.AdvisoryID == args.Advisory && f.State == Open {
				return s.leave(tx, args.Advisory, TellRemind, nil)
			}
		}
		return nil
	})
}
