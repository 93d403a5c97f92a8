package shift_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// start is Saturday 28 November 2026, 07:50 in Japan.
var start = time.Date(2026, 11, 28, 7, 50, 0, 0, ja.Zone)

func hour(day, h int) time.Time { return time.Date(2026, 11, day, h, 0, 0, 0, ja.Zone) }

type house struct {
	*testing.T
	store  *store.Store
	clock  *clock.Fake
	alerts *alert.Service
	svc    *shift.Service
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(h *house)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := &house{T: t, store: s, clock: clock.NewFake(start)}
		must(t, tenant.New(tenant.Config{Store: s, Clock: h.clock}).EnsureHouse(t.Context(), "みなと商工会議所"))
		known, err := knowledge.Load()
		must(t, err)
		h.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: h.clock})
		h.svc = shift.New(shift.Config{Store: s, Alerts: h.alerts, Clock: h.clock})
		fn(h)
	}, job.Schema(), tenant.Schema(), alert.Schema(), shift.Schema())
}

// The night tells the morning; what the morning does not do is still there in the evening.
func TestOpenPointsAreCarriedOn(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		night := shift.Note{ID: "n1", Who: "noda", Text: "静かな夜でした", Points: []shift.Point{{Text: "佐藤製作所に折り返す", CompanyID: "c", AlertID: "1-1"}, {Text: "交換品の発送を確かめる"}}}
		var group sync.WaitGroup
		for range 3 { // the button pressed three times
			group.Go(func() {
				if err := h.svc.Write(ctx, night); err != nil {
					h.Error(err)
				}
			})
		}
		group.Wait()
		open, err := h.svc.Open(ctx)
		must(h.T, err)
		if len(open) != 2 {
			h.Fatalf("%d open points, want 2", len(open))
		}
		h.clock.Advance(time.Hour)
		must(h.T, h.svc.Read(ctx, "hara", "n1"))
		must(h.T, h.svc.Read(ctx, "hara", "n1"))
		must(h.T, h.svc.Read(ctx, "noda", "n1")) // one's own needs none
		first := open[0]
		must(h.T, h.svc.Done(ctx, "hara", first.ID))
		if err := h.svc.Done(ctx, "noda", first.ID); !errors.Is(err, shift.ErrOver) {
			h.Errorf("done twice: %v", err)
		}
		h.clock.Advance(8 * time.Hour)
		must(h.T, h.svc.Write(ctx, shift.Note{ID: "n2", Who: "hara", Text: "日中も静かでした"}))
		notes, err := h.svc.Notes(ctx)
		must(h.T, err)
		if len(notes) != 2 || notes[0].ID != "n2" || len(notes[1].Read) != 1 || notes[1].Read[0] != (shift.Read{PersonID: "hara", At: start.Add(time.Hour).UTC()}) || !notes[1].ReadBy("noda") || notes[0].ReadBy("noda") {
			h.Errorf("%+v", notes)
		}
		if open, err = h.svc.Open(ctx); err != nil || len(open) != 1 || open[0].NoteID != "n1" || open[0].ID == first.ID {
			h.Errorf("%+v, %v", open, err)
		}
		h.clock.Advance(500 * 24 * time.Hour)
		must(h.T, h.svc.Write(ctx, shift.Note{ID: "n3", Who: "hara", Text: "一年後"}))
		if notes, err = h.svc.Notes(ctx); err != nil || len(notes) != 2 || notes[1].ID != "n1" {
			h.Errorf("a note with an open point is kept, others go: %+v, %v", notes, err)
		}
		for what, err := range map[string]error{"read": h.svc.Read(ctx, "hara", "x"), "done": h.svc.Done(ctx, "hara", "x"), "drop": h.svc.Drop(ctx, "hara", "x"), "swap": h.svc.AskSwap(ctx, "hara", "x", "noda"), "answer": h.svc.AnswerSwap(ctx, "hara", "x", true)} {
			if !errors.Is(err, shift.ErrNotFound) {
				h.Errorf("%s: %v", what, err)
			}
		}
		many := make([]shift.Point, shift.MaxPoints+1)
		for name, n := range map[string]shift.Note{"no text": {ID: "x", Who: "a", Text: " "}, "long": {ID: "x", Who: "a", Text: strings.Repeat("長", shift.MaxText+1)}, "many": {ID: "x", Who: "a", Text: "x", Points: many}, "empty point": {ID: "x", Who: "a", Text: "x", Points: many[:1]}, "nobody": {ID: "x", Text: "x"}} {
			if err := h.svc.Write(ctx, n); !errors.Is(err, shift.ErrInvalid) {
				h.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Turns are entered, swapped when both agree, and never overlap for one person.
func TestTheRota(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		must(h.T, h.svc.Roster(ctx, "op", "noda", hour(28, 8), 8*time.Hour, 3))
		must(h.T, h.svc.Roster(ctx, "op", "hara", hour(28, 16), 16*time.Hour, 2))
		if err := h.svc.Roster(ctx, "op", "noda", hour(30, 15), 8*time.Hour, 1); !errors.Is(err, shift.ErrOverlap) {
			h.Errorf("overlap: %v", err)
		}
		if err := h.svc.Roster(ctx, "op", "noda", hour(27, 15), 8*time.Hour, 5); !errors.Is(err, shift.ErrOverlap) {
			h.Errorf("overlap of the second of many: %v", err)
		}
		for _, bad := range []error{h.svc.Roster(ctx, "op", "", start, time.Hour, 1), h.svc.Roster(ctx, "op", "noda", start, 25*time.Hour, 1), h.svc.Roster(ctx, "op", "noda", start, time.Hour, 32), h.svc.Roster(ctx, "op", "noda", start.AddDate(3, 0, 0), time.Hour, 1), h.svc.Roster(ctx, "op", "noda", start.AddDate(0, 0, -3), time.Hour, 1), h.svc.Roster(ctx, "op", "noda", start, -time.Hour, 1)} {
			if !errors.Is(bad, shift.ErrInvalid) {
				h.Errorf("accepted: %v", bad)
			}
		}
		all, err := h.svc.Duties(ctx, hour(28, 0), hour(30, 24))
		must(h.T, err)
		if len(all) != 5 {
			h.Fatalf("%d turns", len(all))
		}
		if gaps := shift.Gaps(all, hour(28, 0), hour(30, 24)); len(gaps) != 2 || !gaps[0].To.Equal(hour(28, 8)) || !gaps[1].From.Equal(hour(30, 16)) {
			h.Errorf("gaps %v", gaps)
		}
		now, next := shift.NowAndNext(all, hour(28, 9))
		if len(now) != 1 || now[0].PersonID != "noda" || len(next) != 1 || next[0].PersonID != "hara" {
			h.Errorf("now %v, next %v", now, next)
		}
		third := all[4] // noda's on the 30th
		if err := h.svc.AskSwap(ctx, "hara", third.ID, "noda"); !errors.Is(err, shift.ErrOthers) {
			h.Errorf("swapping somebody else's: %v", err)
		}
		must(h.T, h.svc.AskSwap(ctx, "noda", third.ID, "mori"))
		must(h.T, h.svc.AskSwap(ctx, "noda", third.ID, "mori"))
		swaps, err := h.svc.Swaps(ctx)
		must(h.T, err)
		if len(swaps) != 1 {
			h.Fatalf("%d requests, want 1", len(swaps))
		}
		if err := h.svc.AnswerSwap(ctx, "hara", swaps[0].ID, true); !errors.Is(err, shift.ErrOthers) {
			h.Errorf("answered by another: %v", err)
		}
		var group sync.WaitGroup
		var mu sync.Mutex
		agreed := 0
		for range 3 {
			group.Go(func() {
				err := h.svc.AnswerSwap(ctx, "mori", swaps[0].ID, true)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					agreed++
				} else if !errors.Is(err, shift.ErrOver) {
					h.Error(err)
				}
			})
		}
		group.Wait()
		if all, err = h.svc.Duties(ctx, hour(30, 8), hour(30, 9)); err != nil || agreed != 1 || len(all) != 1 || all[0].PersonID != "mori" {
			h.Errorf("agreed %d times, %+v, %v", agreed, all, err)
		}
		must(h.T, h.svc.Drop(ctx, "op", third.ID))
		h.clock.Set(hour(28, 9))
		first, err := h.svc.Duties(ctx, hour(28, 8), hour(28, 9))
		must(h.T, err)
		if err := h.svc.AskSwap(ctx, "noda", first[0].ID, "mori"); !errors.Is(err, shift.ErrOver) {
			h.Errorf("swapping what has begun: %v", err)
		}
	})
}

// Whoever is on duty is told of what nobody opened, once; when nobody is, all are.
func TestWhoIsOnDutyIsTold(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		company, err := tenant.New(tenant.Config{Store: h.store, Clock: h.clock}).CreateCompany(ctx, "system", tenant.Company{Name: "C"})
		must(h.T, err)
		raise := func(device string) {
			must(h.T, h.store.Write(ctx, company, func(tx *store.Tx) error {
				return h.alerts.Record(tx, []alert.Incoming{{BoxID: "b", DeviceID: device, DeviceAddr: "192.168.1.2", Event: &wire.Event{ID: fmt.Sprintf("%026s", device), Time: h.clock.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound,
					Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.2"), Dst: netip.MustParseAddr("203.0.113.5")}, Rule: &wire.Rule{GID: 1, SID: 1, Family: "c2"}}}})
			}))
		}
		told := func() (all []shift.TellArgs) {
			must(h.T, h.svc.HandleWatch(ctx, tenant.House, []byte(`{}`)))
			must(h.T, h.store.Write(ctx, tenant.House, func(tx *store.Tx) error {
				raw, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'shift.tell' ORDER BY id`))(func(scan func(...any) error) (s string, err error) {
					err = scan(&s)
					return s, err
				})
				for _, one := range raw {
					var a shift.TellArgs
					if err := json.Unmarshal([]byte(one), &a); err != nil {
						return err
					}
					all = append(all, a)
				}
				if err == nil {
					_, err = tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind = 'shift.tell'`)
				}
				return err
			}))
			return all
		}
		raise("d1")
		h.clock.Advance(shift.Unopened - time.Second)
		if got := told(); len(got) != 0 {
			h.Errorf("told too early: %+v", got)
		}
		h.clock.Advance(time.Second)
		if got := told(); len(got) != 1 || !got[0].Nobody || got[0].Person != "" || len(got[0].Cases) != 1 || got[0].Cases[0].CompanyID != company {
			h.Errorf("with nobody on duty: %+v", got)
		}
		if got := told(); len(got) != 0 {
			h.Errorf("told twice: %+v", got)
		}
		must(h.T, h.svc.Roster(ctx, "op", "noda", h.clock.Now(), 8*time.Hour, 1))
		for i := range 22 {
			raise(fmt.Sprint("e", i))
		}
		taken, err := h.alerts.List(ctx, company, alert.Filter{State: alert.Open, Limit: 1})
		must(h.T, err)
		must(h.T, h.alerts.Take(ctx, company, taken[0].ID, "hara"))
		h.clock.Advance(shift.Unopened)
		if got := told(); len(got) != 1 || got[0].Person != "noda" || len(got[0].Cases) != 20 || got[0].More != 1 || got[0].Nobody {
			h.Errorf("on duty: %+v", got)
		}
		must(h.T, h.svc.Plan(ctx))
		must(h.T, h.svc.Plan(ctx))
		var n int
		must(h.T, h.store.Read(ctx, tenant.House, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = 'shift.watch' AND run_at > $2`, store.Micros(h.clock.Now())).Scan(&n)
		}))
		if n != 1 {
			h.Errorf("%d times planned", n)
		}
	})
}

func TestGaps(t *testing.T) {
	t.Parallel()
	d := func(from, to int) shift.Duty { return shift.Duty{Starts: hour(1, from), Ends: hour(1, to)} }
	for name, c := range map[string]struct {
		all  []shift.Duty
		want string
	}{
		"nobody": {nil, "0-24"}, "whole": {[]shift.Duty{d(0, 24)}, ""}, "longer": {[]shift.Duty{d(-5, 30)}, ""}, "two over each other": {[]shift.Duty{d(8, 20), d(0, 10), d(9, 12)}, "20-24"},
		"hole": {[]shift.Duty{d(0, 8), d(9, 24)}, "8-9"}, "touching": {[]shift.Duty{d(0, 8), d(8, 24)}, ""}, "before and after": {[]shift.Duty{d(-9, -1), d(25, 30)}, "0-24"}, "begins late": {[]shift.Duty{d(3, 24)}, "0-3"},
	} {
		var got []string
		for _, g := range shift.Gaps(c.all, hour(1, 0), hour(1, 24)) {
			got = append(got, fmt.Sprintf("%d-%d", int(g.From.Sub(hour(1, 0)).Hours()), int(g.To.Sub(hour(1, 0)).Hours())))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}
