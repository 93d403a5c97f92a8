package pairing_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

type office struct {
	*testing.T
	clock      *clock.Fake
	svc        *pairing.Service
	boxes      *device.Service
	people     *tenant.Service
	own, decoy string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC))}
		o.boxes = device.New(device.Config{Store: s, Clock: o.clock})
		o.svc = pairing.New(pairing.Config{Store: s, Devices: o.boxes, Clock: o.clock})
		o.people = tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := o.people.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		fn(o)
	}, tenant.Schema(), device.Schema(), pairing.Schema())
}

func (o *office) ask(key string) pairing.Offer {
	o.Helper()
	offer, err := o.svc.Ask(o.Context(), pairing.Asking{KeyHash: key, Number: "482 913", Model: "OT-1", Software: "1.0\x00\n", Remote: "203.0.113.1:99"})
	must(o.T, err)
	return offer
}

func (o *office) collect(token, key string) (device.Box, string, error) {
	return o.svc.Collect(o.Context(), token, device.Claim{KeyHash: key, Model: "OT-1", Remote: "203.0.113.1:99"},
		func(tenantID, boxID string) (string, string, error) { return "cert of " + boxID, "abc" + boxID, nil })
}

// A box is the company's that confirms its code, and of nobody before that.
func TestWholeWay(t *testing.T) {
	suite(t, func(o *office) {
		offer := o.ask("key")
		if _, _, err := o.collect(offer.Token, "key"); !errors.Is(err, pairing.ErrWaiting) {
			o.Errorf("before anybody knows of it: %v", err)
		}
		w, err := o.svc.Look(o.Context(), o.own, strings.ToLower(offer.Code))
		if err != nil || w.Number != "482 913" || w.Model != "OT-1" || w.Software != "1.0" || w.Remote != "203.0.113.1" || !w.Expires.Equal(o.clock.Now().Add(offer.Life)) {
			o.Errorf("what is shown: %+v, %v", w, err)
		}
		if _, _, err := o.collect(offer.Token, "key"); !errors.Is(err, pairing.ErrWaiting) {
			o.Errorf("looking has bound it: %v", err)
		}
		must(o.T, o.svc.Accept(o.Context(), o.own, "hq", "p1", offer.Code))
		if err := o.svc.Accept(o.Context(), o.decoy, "", "p2", offer.Code); !errors.Is(err, pairing.ErrUnknown) {
			o.Errorf("a second company: %v", err)
		}
		if _, err := o.svc.Look(o.Context(), o.decoy, offer.Code); !errors.Is(err, pairing.ErrUnknown) {
			o.Errorf("a code that is used: %v", err)
		}
		if _, _, err := o.collect(offer.Token, "another key"); !errors.Is(err, device.ErrCodeUsed) {
			o.Errorf("a thief of the token without the key: %v", err)
		}
		box, cert, err := o.collect(offer.Token, "key")
		if err != nil || box.TenantID != o.own || box.SiteID != "hq" || cert != "cert of "+box.ID {
			o.Fatalf("%+v %q %v", box, cert, err)
		}
		o.clock.Advance(time.Minute)
		if again, same, err := o.collect(offer.Token, "key"); err != nil || again.ID != box.ID || same != cert {
			o.Errorf("the answer got lost: %+v, %v", again, err)
		}
		if all, err := o.boxes.Boxes(o.Context(), o.own); err != nil || len(all) != 1 {
			o.Errorf("%d boxes, %v", len(all), err)
		}
		offer = o.ask("key")
		for what, err := range map[string]error{"look": second(o.svc.Look(o.Context(), o.decoy, offer.Code)), "accept": o.svc.Accept(o.Context(), o.decoy, "", "p2", offer.Code)} {
			if !errors.Is(err, device.ErrKeyElsewhere) {
				o.Errorf("%s at another company: %v", what, err)
			}
		}
		must(o.T, o.svc.Accept(o.Context(), o.own, "hq", "p1", offer.Code)) // the refusal has not used it up
	})
}

func second[T any](_ T, err error) error { return err }

func TestCodesEnd(t *testing.T) {
	suite(t, func(o *office) {
		old := o.ask("key")
		fresh := o.ask("key")
		if _, _, err := o.collect(old.Token, "key"); !errors.Is(err, pairing.ErrOver) {
			o.Errorf("the code before: %v", err)
		}
		if _, err := o.svc.Look(o.Context(), o.own, old.Code); !errors.Is(err, pairing.ErrUnknown) {
			o.Errorf("the code before: %v", err)
		}
		late := o.ask("slow")
		must(o.T, o.svc.Accept(o.Context(), o.own, "", "p1", late.Code))
		o.clock.Advance(fresh.Life)
		if _, _, err := o.collect(fresh.Token, "key"); !errors.Is(err, pairing.ErrOver) {
			o.Errorf("after its time: %v", err)
		}
		if err := o.svc.Accept(o.Context(), o.own, "", "p1", fresh.Code); !errors.Is(err, pairing.ErrUnknown) {
			o.Errorf("after its time: %v", err)
		}
		o.ask("sweeps")
		if _, _, err := o.collect(late.Token, "slow"); err != nil {
			o.Errorf("confirmed in time, collected later: %v", err)
		}
		if _, _, err := o.collect("nonsense", "key"); !errors.Is(err, pairing.ErrOver) {
			o.Errorf("no token of ours: %v", err)
		}
	})
}

func TestGuessing(t *testing.T) {
	suite(t, func(o *office) {
		offer := o.ask("key")
		var last error
		for range 21 {
			_, last = o.svc.Look(o.Context(), o.decoy, "BCDF-GHJK")
		}
		if !errors.Is(last, device.ErrTooMany) {
			o.Errorf("21 guesses: %v", last)
		}
		if err := o.svc.Accept(o.Context(), o.decoy, "", "p2", offer.Code); !errors.Is(err, device.ErrTooMany) {
			o.Errorf("the guesser with the right code: %v", err)
		}
		for range 30 {
			if _, err := o.svc.Look(o.Context(), o.own, "mistyped"); !errors.Is(err, pairing.ErrMalformed) {
				o.Errorf("%v", err)
			}
		}
		must(o.T, o.svc.Accept(o.Context(), o.own, "", "p1", offer.Code))
		for range 31 {
			_, last = o.svc.Ask(o.Context(), pairing.Asking{KeyHash: "k", Remote: "198.51.100.1:1"})
		}
		if !errors.Is(last, device.ErrTooMany) {
			o.Errorf("31 boxes behind one address: %v", last)
		}
	})
}

func TestTwoCompaniesRaceForOneBox(t *testing.T) {
	suite(t, func(o *office) {
		offer := o.ask("key")
		var won, lost int
		var mu sync.Mutex
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				err := o.svc.Accept(o.Context(), []string{o.own, o.decoy}[i%2], "", "p", offer.Code)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, pairing.ErrUnknown):
					lost++
				default:
					o.Error(err)
				}
			})
		}
		group.Wait()
		if won != 1 || lost != 5 {
			o.Errorf("%d companies have it, %d have not", won, lost)
		}
	})
}
