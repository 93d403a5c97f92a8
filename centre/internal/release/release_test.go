package release_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/release/repo"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fleet is a centre with boxes of two companies.
type fleet struct {
	*testing.T
	clock *clock.Fake
	s     *store.Store
	svc   *release.Service
	boxes map[string]string // their companies
}

const wait = time.Hour

func suite(t *testing.T, n int, fn func(f *fleet)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		f := &fleet{T: t, clock: clock.NewFake(time.Now()), s: s, boxes: map[string]string{}}
		r := repo.New(t.TempDir(), f.clock)
		must(t, r.Init(t.TempDir(), 3, 2))
		f.svc = release.New(release.Config{Store: s, Repo: r, Waits: release.Waits{Content: wait, Program: wait}, Clock: f.clock})
		people := tenant.New(tenant.Config{Store: s, Clock: f.clock})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		devices := device.New(device.Config{Store: s, Clock: f.clock})
		for c := range 2 {
			id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			for i := range n / 2 {
				code, _, err := devices.NewClaim(t.Context(), id, "", "system")
				must(t, err)
				b, _, err := devices.Redeem(t.Context(), device.Claim{Code: code, KeyHash: fmt.Sprintf("%064d", c*1000+i), Remote: fmt.Sprintf("192.0.2.%d:1", c*100+i)},
					func(string, string) (string, string, error) { return "certificate", fmt.Sprint("serial", c, i), nil })
				must(t, err)
				f.boxes[b.ID] = id
			}
		}
		f.beat(nil)
		fn(f)
	}, tenant.Schema(), job.Schema(), device.Schema(), release.Schema())
}

// beat is a heartbeat of every box, with what each says of what it wants.
func (f *fleet) beat(say func(box string, w wire.BundleWanted) string) (wanted map[string]int64) {
	f.Helper()
	wanted = map[string]int64{}
	for id, company := range f.boxes {
		list, err := f.svc.Wanted(f.Context(), id)
		must(f.T, err)
		must(f.T, f.s.Write(f.Context(), company, func(tx *store.Tx) error {
			if _, err := tx.Exec(`UPDATE box SET last_seen = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(f.clock.Now())); err != nil {
				return err
			}
			var states []wire.BundleState
			for _, w := range list {
				wanted[id] = w.Version
				if say != nil {
					states = append(states, wire.BundleState{Kind: w.Kind, Version: w.Version, State: say(id, w), Active: w.Version})
				}
			}
			return f.svc.Tell(tx, id, states)
		}))
	}
	return wanted
}

func (f *fleet) later(d time.Duration) {
	f.Helper()
	f.clock.Advance(d)
}

func rules(t *testing.T, text string) *release.Bundle {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "own.rules"), []byte(text), 0o600))
	return &release.Bundle{Kind: wire.BundleRules, Dir: dir}
}

const rule = `alert tcp any any -> any any (msg:"x"; content:"evil"; sid:1;)` + "\n"

func active(string, wire.BundleWanted) string { return wire.BundleActive }

// A release reaches one box, a hundredth, a tenth and then all, each wave only when it was long
// enough and the boxes before are well.
func TestWaves(t *testing.T) {
	suite(t, 40, func(f *fleet) {
		r, err := f.svc.Add(f.Context(), rules(f.T, rule), "")
		must(f.T, err)
		for i, want := range []int{1, 2, 4, 40} {
			f.later(3 * time.Second)
			if got := f.beat(nil); len(got) != want {
				f.Fatalf("wave %d: %d boxes want it, not %d", i, len(got), want)
			}
			f.later(wait + time.Second)
			f.beat(func(string, wire.BundleWanted) string { return wire.BundleTrial })
			must(f.T, f.svc.Advance(f.Context()))
			if got := f.beat(active); len(got) != want {
				f.Fatalf("wave %d went on though its boxes were on trial: %d", i, len(got))
			}
			must(f.T, f.svc.Advance(f.Context()))
		}
		list, err := f.svc.List(f.Context(), "op-1", "look")
		must(f.T, err)
		if len(list) != 1 || list[0].Version != r.Version || list[0].Stopped || list[0].States[wire.BundleActive] != 40 || list[0].Wave != 3 {
			f.Errorf("%+v", list)
		}
	})
}

// A release that makes boxes worse stops by itself, and nobody else gets it; the next one goes
// out, also to those that had the bad one.
func TestStopsByItself(t *testing.T) {
	suite(t, 40, func(f *fleet) {
		bad, err := f.svc.Add(f.Context(), rules(f.T, rule), "")
		must(f.T, err)
		f.later(3 * time.Second)
		f.beat(func(string, wire.BundleWanted) string { return wire.BundleReturned })
		must(f.T, f.svc.Advance(f.Context()))
		f.later(3 * time.Second)
		if got := f.beat(nil); len(got) != 0 {
			f.Fatalf("%v want a release that has stopped", got)
		}
		if err := f.svc.Stop(f.Context(), bad.Kind, bad.Version, "again"); !errors.Is(err, release.ErrNone) {
			f.Error(err)
		}
		must(f.T, f.s.Read(f.Context(), tenant.House, func(tx *store.Tx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2`, release.KindStopped).Scan(&n)
			if err == nil && n != 1 {
				f.Errorf("the staff are told %d times", n)
			}
			return err
		}))
		good, err := f.svc.Add(f.Context(), rules(f.T, rule+`alert tcp any any -> any any (msg:"y"; content:"worse"; sid:2;)`), "")
		must(f.T, err)
		if good.Version <= bad.Version {
			f.Errorf("version %d behind %d", good.Version, bad.Version)
		}
		for range 4 {
			f.later(wait + time.Second)
			f.beat(active)
			must(f.T, f.svc.Advance(f.Context()))
		}
		f.later(3 * time.Second)
		got := f.beat(nil)
		if len(got) != 40 {
			f.Errorf("%d boxes", len(got))
		}
		for id, v := range got {
			if v != good.Version {
				f.Errorf("%s wants %d", id, v)
			}
		}
	})
}

// A box that was off gets the newest when it is back, and does not hold the wave up.
func TestOff(t *testing.T) {
	suite(t, 4, func(f *fleet) {
		off := map[string]string{}
		for id, company := range f.boxes {
			if len(off) < 2 {
				off[id] = company
				delete(f.boxes, id)
			}
		}
		f.later(time.Hour)
		f.beat(nil)
		_, err := f.svc.Add(f.Context(), rules(f.T, rule), "")
		must(f.T, err)
		for range 4 {
			f.later(wait + time.Second)
			f.beat(active)
			must(f.T, f.svc.Advance(f.Context()))
		}
		f.boxes = off
		f.later(3 * time.Second)
		if got := f.beat(nil); len(got) != 2 {
			f.Errorf("%d of two that are back want it", len(got))
		}
	})
}

// A release that is made while no box is there does not go to all of them at once later.
func TestNobodyThere(t *testing.T) {
	suite(t, 40, func(f *fleet) {
		f.later(time.Hour) // the centre was away
		_, err := f.svc.Add(f.Context(), rules(f.T, rule), "")
		must(f.T, err)
		f.later(3 * time.Second)
		if got := f.beat(nil); len(got) != 0 {
			f.Fatalf("%d boxes want what nobody has tried", len(got))
		}
		must(f.T, f.svc.Advance(f.Context()))
		f.later(3 * time.Second)
		if got := f.beat(nil); len(got) != 1 {
			f.Errorf("%d boxes in the first wave", len(got))
		}
	})
}

// What was stopped by hand goes on by hand.
func TestStopAndGo(t *testing.T) {
	suite(t, 4, func(f *fleet) {
		r, err := f.svc.Add(f.Context(), rules(f.T, rule), "")
		must(f.T, err)
		must(f.T, f.svc.Stop(f.Context(), r.Kind, r.Version, "by hand"))
		if got := f.beat(nil); len(got) != 0 {
			f.Errorf("%v want it though it was stopped", got)
		}
		must(f.T, f.svc.Go(f.Context(), r.Kind, r.Version))
		if got := f.beat(nil); len(got) != 1 {
			f.Errorf("%v want it", got)
		}
	})
}

// What makes no bundle is refused with a word that helps, and nothing goes out.
func TestRefused(t *testing.T) {
	suite(t, 2, func(f *fleet) {
		empty := f.TempDir()
		folder := f.TempDir()
		must(f.T, os.Mkdir(filepath.Join(folder, "x"), 0o700))
		text := f.TempDir()
		must(f.T, os.WriteFile(filepath.Join(text, "otasuke"), []byte("#!/bin/sh\n"), 0o700))
		must(f.T, os.WriteFile(filepath.Join(text, "applications.toml"), []byte("= ["), 0o600))
		for _, b := range []*release.Bundle{
			{Kind: "music", Dir: empty}, {Kind: wire.BundleRules, Dir: empty}, {Kind: wire.BundleRules, Dir: filepath.Join(empty, "none")}, {Kind: wire.BundleVirus, Dir: folder},
			rules(f.T, "this is no rule\nalert nonsense\n"), rules(f.T, rule+"alert broken (sid:3;)\n"),
			{Kind: wire.BundleProgram, Dir: text}, {Kind: wire.BundleLists, Dir: text}, {Kind: wire.BundleApplications, Dir: text},
		} {
			if _, err := f.svc.Add(f.Context(), b, ""); !errors.Is(err, release.ErrBundle) {
				f.Errorf("%+v: %v", b, err)
			}
		}
		if got := f.beat(nil); len(got) != 0 {
			f.Errorf("%v", got)
		}
	})
}

// The same files make the same bytes: who builds a bundle again can compare.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	a, _, err := release.Pack(rules(t, rule))
	must(t, err)
	b, _, err := release.Pack(rules(t, rule))
	must(t, err)
	if !bytes.Equal(a, b) {
		t.Error("they differ")
	}
}
