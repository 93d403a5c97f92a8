package discovery

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"time"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

const (
	// MaxAsked companies are asked, chosen by chance: a share of 200 is known to a few percent, however many there are, and
	// each question has a box read a month of its log.
	MaxAsked = 200
	// Span is how far back boxes look: what an office uses, it uses within a month.
	Span = 30 * day
	// long is since when a company must have used something so that it counts as usual there. What attacks is new: mails
	// with a name go round for days, and then everybody who clicked has "used" it.
	long = 7 * day
	// usedLeast companies and usedShare percent of those that answered: what so many have used for long is no attack.
	usedLeast, usedShare = 3, 5
	// patience is how long boxes may take to answer; after that the answers that are there count.
	patience = time.Minute
	// heard is since when a box must have been heard of to be asked.
	heard = 15 * time.Minute
)

// Reach is what boxes say about who uses something, without the company where it was found.
type Reach struct {
	// Asked companies, and those of them that have answered. Askable tells whether boxes are asked, Narrow that they need not be.
	Asked, Answered int
	Askable, Narrow bool
	// Used it in the last 30 days; Long those that did so before the last week, too.
	Used, Long int
	// Seen are other companies at which alerts are about it.
	Seen int
	// Waiting tells that more answers are on their way.
	Waiting bool
}

// Verdict tells whether it may be confirmed; second says that who confirms is not who proposed it.
func (r *Reach) Verdict(second bool) error {
	switch {
	case r.Long >= usedLeast && r.Long*100 >= r.Answered*usedShare:
		return &Refusal{Reason: NotUsed}
	case r.Waiting && r.Answered*2 < r.Asked:
		return ErrEarly
	case r.Alone() || second:
		return nil
	}
	return ErrSecond
}

// Alone tells that one person may decide: boxes were asked and no other company uses it. A page is so narrow that nobody is
// asked; of files no box knows who has them.
func (r *Reach) Alone() bool {
	if !r.Askable {
		return r.Narrow
	}
	return r.Used == 0 && (r.Answered > 0 || r.Asked == 0)
}

// query is what boxes are asked; nil where they cannot know, or where so little is stopped that nobody need be asked.
func query(d *Discovery, now time.Time) *wire.Question {
	q := &wire.TrafficQuery{From: now.Add(-Span), Limit: 1}
	switch d.Kind {
	case wire.StopName:
		q.Name, q.Sum = "."+d.Value, wire.SumName
	case wire.StopAddr:
		a, err := netip.ParseAddr(d.Value)
		if err != nil {
			return nil
		}
		q.Peer, q.Sum = a, wire.SumPeer
	default:
		return nil
	}
	return &wire.Question{Traffic: q}
}

// ask asks a box of each company, but for the one where it was found.
func (s *Service) ask(ctx context.Context, d *Discovery, why string) error {
	now := s.Clock.Now()
	q := query(d, now)
	if q == nil || s.Ask == nil {
		return nil
	}
	var all []place
	if err := s.Store.AsOperator(ctx, d.MadeBy, "boxes to be asked who uses what is to be stopped", func(tx *store.AllTx) (err error) {
		all, err = places(tx, now.Add(-heard))
		return err
	}); err != nil {
		return err
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	asked := map[string]bool{d.CompanyID: true}
	for _, at := range all {
		if asked[at.tenantID] || len(asked) > MaxAsked {
			continue
		}
		id, err := s.Ask(ctx, at.tenantID, at.boxID, d.MadeBy, why, *q)
		if err != nil {
			s.Log.Warn("a box is not asked", "box", at.boxID, "err", err) // it has other questions open
			continue
		}
		asked[at.tenantID] = true
		if err := s.Store.Write(ctx, at.tenantID, func(tx *store.Tx) error { return noteAsked(tx, d.ID, id, now) }); err != nil {
			return err
		}
	}
	return nil
}

// Reach is what is known by now of who uses it; who looks is written down.
func (s *Service) Reach(ctx context.Context, d *Discovery, who string) (r Reach, err error) {
	now := s.Clock.Now()
	r.Askable, r.Narrow = query(d, now) != nil, d.Kind == wire.StopPage
	err = s.Store.AsOperator(ctx, who, "who uses what is to be stopped for all", func(tx *store.AllTx) error {
		if r.Seen, err = seenAt(tx, peer(d), d.CompanyID, now.Add(-Span)); err != nil {
			return err
		}
		return answers(tx, d.ID, func(asked time.Time, text string) error {
			r.Asked++
			if text == "" {
				r.Waiting = r.Waiting || now.Sub(asked) < patience
				return nil
			}
			var a wire.Answer
			if err := json.Unmarshal([]byte(text), &a); err != nil || a.Traffic == nil {
				return nil // it has no log
			}
			r.Answered++
			if len(a.Traffic.Sums) == 0 {
				return nil
			}
			r.Used++
			if a.Traffic.Sums[0].First.Before(d.Made.Add(-long)) {
				r.Long++
			}
			return nil
		})
	})
	return r, err
}

// peer is what alerts about it have as their other end.
func peer(d *Discovery) string {
	if d.Kind == wire.StopPage {
		if u, err := url.Parse(d.Value); err == nil {
			return u.Hostname()
		}
	}
	return d.Value
}

// Measure says how far something has come.
type Measure struct {
	// Boxes in use; those that have it, or have let it go again when it was withdrawn; those that take no policy; those of which
	// nothing was heard for a while and that get it when they are back.
	Boxes, Have, Not, Away int
	// Stopped counts events at Companies since it was confirmed, the last at Last.
	Stopped   int64
	Companies int
	Last      time.Time
}

// Measures says so of all that are listed; who looks is written down.
func (s *Service) Measures(ctx context.Context, who string, all []Discovery) (map[string]Measure, error) {
	now, out := s.Clock.Now(), map[string]Measure{}
	err := s.Store.AsOperator(ctx, who, "how far what is stopped for all has come", func(tx *store.AllTx) error {
		boxes, err := heardBoxes(tx)
		if err != nil {
			return err
		}
		hits, err := hits(tx)
		if err != nil {
			return err
		}
		for i := range all {
			d := &all[i]
			if d.ShownSeq == 0 {
				continue
			}
			m := hits[d.ID]
			m.Boxes = len(boxes)
			for _, b := range boxes {
				switch {
				case b.state == wire.PolicyOff:
					m.Not++
				case b.seq >= max(d.ShownSeq, d.GoneSeq):
					m.Have++
				case b.seen.Before(now.Add(-heard)):
					m.Away++
				}
			}
			out[d.ID] = m
		}
		return nil
	})
	return out, err
}

// Run wakes boxes that wait at this process when another one has changed something, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	last := int64(-1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		s.mu.Lock()
		s.known = nil
		s.mu.Unlock()
		k, err := s.current(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.Log.Error("discovery", "err", err)
		case err == nil && k.seq != last:
			if last >= 0 {
				s.Store.WakeNow(policy.TopicAll)
			}
			last = k.seq
		}
	}
}
