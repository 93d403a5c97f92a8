package device_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

var start = time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)

type office struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *device.Service
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
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		o.svc = device.New(device.Config{Store: s, Clock: o.clock})
		companies := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := companies.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		decoy := o.box(o.decoy)
		o.seen(o.decoy, mac(1), start)
		o.beat(o.decoy, decoy.ID, false, "engine-died")
		fn(o)
	}, tenant.Schema(), job.Schema(), device.Schema())
}

func (o *office) code(tenantID string) string {
	o.Helper()
	code, _, err := o.svc.NewClaim(o.Context(), tenantID, "hq", "op-1")
	must(o.T, err)
	return code
}

func (o *office) redeem(code, key, remote string) (device.Box, string, error) {
	return o.svc.Redeem(o.Context(), device.Claim{Code: code, KeyHash: key, Model: "OT-1", Software: "1.0\x00\n", Remote: remote},
		func(tenantID, boxID string) (string, string, error) { return "cert of " + boxID, "abc" + boxID, nil })
}

func (o *office) box(tenantID string) device.Box {
	o.Helper()
	box, _, err := o.redeem(o.code(tenantID), "key of "+tenantID, "203.0.113.1:1")
	must(o.T, err)
	return box
}

func (o *office) seen(tenantID string, d wire.Device, at time.Time) (e device.Endpoint) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) (err error) {
		e, err = o.svc.Seen(tx, "hq", d, at)
		return err
	}))
	return e
}

func (o *office) beat(tenantID, boxID string, protecting bool, note string) (turn device.Turn) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) (err error) {
		turn, err = o.svc.Heartbeat(tx, boxID, wire.Health{Protecting: protecting, Note: note, Software: "1.1", Rules: 7})
		return err
	}))
	return turn
}

func mac(n byte) wire.Device {
	return wire.Device{MAC: fmt.Sprintf("02:00:00:00:00:%02x", n), Addr: netip.AddrFrom4([4]byte{192, 0, 2, n})}
}

func TestClaimOnce(t *testing.T) {
	suite(t, func(o *office) {
		code := o.code(o.own)
		box, cert, err := o.redeem(strings.ToLower(code), "my key", "203.0.113.1:1")
		must(o.T, err)
		if box.TenantID != o.own || box.SiteID != "hq" || box.Software != "1.0" || cert != "cert of "+box.ID || !box.Protecting {
			o.Errorf("box %+v, %q", box, cert)
		}
		if _, _, err := o.redeem(code, "other key", "203.0.113.1:1"); !errors.Is(err, device.ErrCodeUsed) {
			o.Errorf("second box with the same code: %v", err)
		}
		again, cert2, err := o.redeem(code, "my key", "203.0.113.1:1")
		if err != nil || again.ID != box.ID || cert2 != cert {
			o.Errorf("the same box whose answer got lost: %+v, %v", again, err)
		}
		o.clock.Advance(25 * time.Hour)
		if _, _, err := o.redeem(code, "my key", "203.0.113.1:1"); !errors.Is(err, device.ErrCodeUsed) {
			o.Errorf("the same box a day later: %v", err)
		}
		boxes, err := o.svc.Boxes(o.Context(), o.own)
		if err != nil || len(boxes) != 1 || boxes[0].ID != box.ID || boxes[0].Label() != "OT-1" {
			o.Errorf("boxes %+v, %v", boxes, err)
		}
	})
}

func TestClaimRefused(t *testing.T) {
	suite(t, func(o *office) {
		code := o.code(o.own)
		o.clock.Advance(device.CodeLife)
		if _, _, err := o.redeem(code, "k", "203.0.113.1:1"); !errors.Is(err, device.ErrCodeExpired) {
			o.Errorf("expired: %v", err)
		}
		other := "2"
		if strings.HasSuffix(code, other) {
			other = "3"
		}
		if _, _, err := o.redeem(code[:18]+other, "k", "203.0.113.1:1"); err == nil || errors.Is(err, device.ErrCodeExpired) {
			o.Errorf("mistyped: %v", err)
		}
		if _, _, err := o.redeem("2222-2222-2222-2222", "k", "203.0.113.1:1"); !errors.Is(err, device.ErrCodeUnknown) {
			o.Errorf("unknown: %v", err)
		}
		var last error
		for range 30 {
			_, _, last = o.redeem("2222-2222-2222-2222", "k", "198.51.100.1:1")
		}
		var tooMany *device.TooMany
		if !errors.Is(last, device.ErrTooMany) || !errors.As(last, &tooMany) || tooMany.Wait <= 0 {
			o.Errorf("30 guesses: %v", last)
		}
		if _, _, err := o.redeem(o.code(o.own), "k", "198.51.100.1:1"); !errors.Is(err, device.ErrTooMany) {
			o.Errorf("a guesser with a right code: %v", err)
		}
		if _, _, err := o.redeem(o.code(o.own), "k", "198.51.100.2:1"); err != nil {
			o.Errorf("someone else: %v", err)
		}
	})
}

func TestFailedCertificateDoesNotBurnTheCode(t *testing.T) {
	suite(t, func(o *office) {
		code := o.code(o.own)
		broken := errors.New("authority is away")
		_, _, err := o.svc.Redeem(o.Context(), device.Claim{Code: code, KeyHash: "k"}, func(string, string) (string, string, error) { return "", "", broken })
		if !errors.Is(err, broken) {
			o.Errorf("got %v", err)
		}
		if _, _, err := o.redeem(code, "k", ""); err != nil {
			o.Errorf("the code is burnt: %v", err)
		}
	})
}

func TestTwoBoxesRaceForOneCode(t *testing.T) {
	suite(t, func(o *office) {
		code := o.code(o.own)
		var won, used int
		var mu sync.Mutex
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				_, _, err := o.redeem(code, fmt.Sprint("key", i), "203.0.113.1:1")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, device.ErrCodeUsed):
					used++
				default:
					o.Error(err)
				}
			})
		}
		group.Wait()
		if won != 1 || used != 5 {
			o.Errorf("%d boxes claimed with one code", won)
		}
	})
}

func TestActiveAndReturned(t *testing.T) {
	suite(t, func(o *office) {
		box := o.box(o.own)
		if got, err := o.svc.Active(o.Context(), o.own, box.ID, box.Serial); err != nil || got.ID != box.ID {
			o.Errorf("active: %+v, %v", got, err)
		}
		if _, err := o.svc.Active(o.Context(), o.decoy, box.ID, box.Serial); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("in another company: %v", err)
		}
		if _, err := o.svc.Active(o.Context(), o.own, box.ID, "other"); !errors.Is(err, device.ErrReturned) {
			o.Errorf("with an old certificate: %v", err)
		}
		if err := o.svc.Return(o.Context(), o.decoy, box.ID, "op-1", "moved"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("given back by another company: %v", err)
		}
		must(o.T, o.svc.Return(o.Context(), o.own, box.ID, "op-1", "contract ended"))
		if _, err := o.svc.Active(o.Context(), o.own, box.ID, box.Serial); !errors.Is(err, device.ErrReturned) {
			o.Errorf("after it was given back: %v", err)
		}
	})
}

func TestEndpoints(t *testing.T) {
	suite(t, func(o *office) {
		pc := o.seen(o.own, mac(1), start.Add(-time.Minute))
		moved := mac(1)
		moved.Addr, moved.MAC = netip.MustParseAddr("::ffff:192.0.2.99"), "02-00-00-00-00-01"
		again := o.seen(o.own, moved, start)
		if again.ID != pc.ID || again.Addr != "192.0.2.99" || !again.First.Equal(start.Add(-time.Minute)) || again.Label() != "192.0.2.99" {
			o.Errorf("the same computer with a new address: %+v", again)
		}
		if late := o.seen(o.own, mac(1), start.Add(-time.Hour)); late.Addr != "192.0.2.99" || !late.Last.Equal(start) || !late.First.Equal(start.Add(-time.Hour)) {
			o.Errorf("old news changed the address: %+v", late)
		}
		plain := o.seen(o.own, wire.Device{Addr: netip.MustParseAddr("192.0.2.7"), MAC: "nonsense"}, start)
		if plain.ID == "" || plain.MAC != "" {
			o.Errorf("known by address: %+v", plain)
		}
		if none := o.seen(o.own, wire.Device{}, start); none.ID != "" {
			o.Errorf("known by nothing: %+v", none)
		}
		must(o.T, o.svc.Rename(o.Context(), o.own, pc.ID, "hanako", "経理のパソコン"))
		if err := o.svc.Rename(o.Context(), o.decoy, pc.ID, "x", "theirs"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("renamed by another company: %v", err)
		}
		for _, name := range []string{"", "  ", "a\nb", strings.Repeat("あ", 101)} {
			if err := o.svc.Rename(o.Context(), o.own, pc.ID, "hanako", name); !errors.Is(err, device.ErrInvalid) {
				o.Errorf("name %q: %v", name, err)
			}
		}
		if got := o.seen(o.own, mac(1), start); got.Label() != "経理のパソコン" {
			o.Errorf("after renaming: %+v", got)
		}
		if _, err := o.svc.EndpointByID(o.Context(), o.decoy, pc.ID); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("read by another company: %v", err)
		}
		all, err := o.svc.Endpoints(o.Context(), o.own)
		if err != nil || len(all) != 2 {
			o.Errorf("endpoints %+v, %v", all, err)
		}
	})
}

func TestHealth(t *testing.T) {
	suite(t, func(o *office) {
		box := o.box(o.own)
		if turn := o.beat(o.own, box.ID, true, ""); turn.Began || turn.Ended {
			o.Errorf("all well: %+v", turn)
		}
		o.clock.Advance(time.Minute)
		died := o.clock.Now()
		if turn := o.beat(o.own, box.ID, false, "engine-died"); !turn.Began || !turn.Gap.Since.Equal(died) {
			o.Errorf("died: %+v", turn)
		}
		o.clock.Advance(time.Minute)
		if turn := o.beat(o.own, box.ID, false, ""); turn.Began || turn.Ended {
			o.Errorf("still dead: %+v", turn)
		}
		// The event of the same death comes late and changes nothing.
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error {
			turn, err := o.svc.HealthEvent(tx, box.ID, wire.Health{Time: died.Add(-time.Second), Note: "engine-died"})
			if turn.Began {
				o.Errorf("old news: %+v", turn)
			}
			return err
		}))
		o.clock.Advance(time.Minute)
		if turn := o.beat(o.own, box.ID, true, "engine-restarted"); !turn.Ended || turn.Gap.Until.Sub(turn.Gap.Since) != 2*time.Minute {
			o.Errorf("back: %+v", turn)
		}
		gaps, err := o.svc.Gaps(o.Context(), o.own, 10)
		if err != nil || len(gaps) != 1 || gaps[0].BoxID != box.ID || gaps[0].Until.IsZero() {
			o.Errorf("gaps %+v, %v", gaps, err)
		}
		history, err := o.svc.History(o.Context(), o.own, box.ID, 10)
		if err != nil || len(history) != 3 || history[0].Note != "engine-restarted" {
			o.Errorf("history %+v, %v", history, err)
		}
		if _, err := o.svc.History(o.Context(), o.decoy, box.ID, 10); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("history for another company: %v", err)
		}
		got, err := o.svc.BoxByID(o.Context(), o.own, box.ID)
		if err != nil || !got.Protecting || got.Software != "1.1" || got.Health.Rules != 7 || !got.LastSeen.Equal(o.clock.Now()) {
			o.Errorf("box %+v, %v", got, err)
		}
		err = o.s.Write(o.Context(), o.decoy, func(tx *store.Tx) error { _, err := o.svc.Heartbeat(tx, box.ID, wire.Health{}); return err })
		if !errors.Is(err, store.ErrNotFound) {
			o.Errorf("heartbeat under another company: %v", err)
		}
	})
}

func TestFleet(t *testing.T) {
	suite(t, func(o *office) {
		o.box(o.own)
		all, err := o.svc.Fleet(o.Context(), "op-1", "morning round", 10)
		if err != nil || len(all) != 2 || all[0].Company != "株式会社さくら金属" {
			o.Errorf("fleet %+v, %v", all, err)
		}
	})
}
