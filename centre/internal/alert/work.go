package alert

import (
	"context"
	"slices"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// maxWork bounds the cases that are measured: 10,000 companies have as many of ★★☆ and up in 90 days; of more, the
// newest.
const maxWork = 120_000

// Spread is how long something took: for half of all, and for nine in ten.
type Spread struct {
	N        int
	P50, P90 time.Duration
}

// spread sorts its input.
func spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] } // nearest rank
	return Spread{N: len(all), P50: at(50), P90: at(90)}
}

// WorkDay is the cases that began on one day.
type WorkDay struct {
	Date      time.Time // midnight in Japan
	New       int
	Answered  Spread
	Closed    int
	Withdrawn int
}

// Work is how the staff of the centre worked on the cases of ★★☆ and up that began in a time.
type Work struct {
	Companies int
	// Days has one entry for each day, also the quiet ones.
	Days []WorkDay
	// Answered is how long it took, by stars, until the customer answered or somebody of the staff took or closed it.
	Answered map[Stars]Spread
	Waiting  int // not answered, taken or closed yet
	New      int
	// Closed counts by what cases turned out to be.
	Closed map[Outcome]int
	// Open is what is not closed now, whenever it began; index 0 is unused.
	Open [High + 1]int
	// Cut: there were more than are measured.
	Cut bool
}

// All is how many were closed.
func (w *Work) All() (n int) {
	for _, more := range w.Closed {
		n += more
	}
	return n
}

// Work measures the days in Japan from that of from to that of to, both included, a year at most. who of the staff
// looks, and why, is written down.
func (s *Service) Work(ctx context.Context, who, why string, from, to time.Time) (w Work, err error) {
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		delete(names, tenant.House)
		w.Companies = len(names)
		if w.Open, err = openNow(tx); err != nil {
			return err
		}
		rows, err := selectWork(tx, ja.Midnight(from), ja.Midnight(to).AddDate(0, 0, 1), maxWork)
		if err != nil {
			return err
		}
		w.measure(rows, from, to)
		return nil
	})
	return w, err
}

// worked is one case as it is measured.
type worked struct {
	stars    Stars
	first    time.Time
	state    State
	outcome  Outcome
	answered time.Time // zero while nobody has
}

func (w *Work) measure(rows []worked, from, to time.Time) {
	at := map[int]int{}
	for day := ja.Midnight(from); !day.After(to) && len(w.Days) < maxDays; day = day.AddDate(0, 0, 1) {
		at[dayOf(day)] = len(w.Days)
		w.Days = append(w.Days, WorkDay{Date: day})
	}
	w.Answered, w.Closed, w.Cut = map[Stars]Spread{}, map[Outcome]int{}, len(rows) >= maxWork
	took, byDay := map[Stars][]time.Duration{}, make([][]time.Duration, len(w.Days))
	for _, r := range rows {
		i, ok := at[dayOf(r.first)]
		if !ok {
			continue
		}
		day := &w.Days[i]
		w.New++
		day.New++
		if r.state == Closed {
			w.Closed[r.outcome]++
			day.Closed++
		}
		switch {
		case r.outcome == OutcomeWithdrawn: // a rule was taken back, and nobody had to look
			day.Withdrawn++
		case r.answered.IsZero():
			w.Waiting++
		default:
			d := max(0, r.answered.Sub(r.first))
			took[r.stars], byDay[i] = append(took[r.stars], d), append(byDay[i], d)
		}
	}
	for stars, all := range took {
		w.Answered[stars] = spread(all)
	}
	for i := range byDay {
		w.Days[i].Answered = spread(byDay[i])
	}
}
