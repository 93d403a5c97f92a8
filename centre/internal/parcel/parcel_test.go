package parcel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/parcel"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// boxes stands for what is connected.
type boxes struct {
	all  []device.Box
	said []string
}

func (b *boxes) Boxes(context.Context, string) ([]device.Box, error) { return b.all, nil }

func (b *boxes) Return(_ context.Context, _, id, _, _ string) error {
	for i := range b.all {
		if b.all[i].ID == id {
			b.all[i].Returned = time.Unix(1, 0)
		}
	}
	b.said = append(b.said, "return "+id)
	return nil
}

func (b *boxes) RenameBox(_ context.Context, _, id, _, name string) error {
	b.said = append(b.said, id+" is "+name)
	return nil
}

type shelf struct {
	*testing.T
	s         *store.Store
	clock     *clock.Fake
	contracts *contract.Service
	svc       *parcel.Service
	boxes     *boxes
	c         contract.Contract
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(h *shelf)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := &shelf{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 5, 0, 0, ja.Zone)), boxes: &boxes{}}
		book, err := offer.Load()
		must(t, err)
		tenants := tenant.New(tenant.Config{Store: s, Clock: h.clock})
		must(t, tenants.EnsureHouse(t.Context(), "Centre"))
		h.contracts = contract.New(contract.Config{Store: s, Companies: tenants, Boxes: h.boxes, Offers: book, Clock: h.clock})
		h.svc = parcel.New(parcel.Config{Store: s, Contracts: h.contracts, Boxes: h.boxes, Clock: h.clock})
		h.sign()
		must(t, h.svc.Add(t.Context(), "op", "N100-2", []string{"ot-000１", "OT-0002", "OT-0003"}))
		fn(h)
	}, tenant.Schema(), job.Schema(), attach.Schema(), contract.Schema(), parcel.Schema())
}

// sign makes a contract as people do.
func (h *shelf) sign() {
	h.Helper()
	ctx := h.Context()
	token, err := h.contracts.Enter(ctx, contract.Form{Company: "株式会社佐藤製作所", Kana: "サトウ", Industry: "manufacturing", PCs: "6", Line: "fibre", Router: "own", Contact: "佐藤 花子", ContactKana: "サトウ", Email: "hanako@sato.example", Phone: "0612345678",
		Postcode: "5400029", Address: "大阪府大阪市", Passphrase: "みかん山", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true})
	must(h.T, err)
	must(h.T, h.contracts.Submit(ctx, token))
	a, _, err := h.contracts.ByToken(ctx, token)
	must(h.T, err)
	must(h.T, h.contracts.Tick(ctx, a.ID, "op"))
	must(h.T, h.contracts.Accept(ctx, a.ID, "op", contract.Accepted{}))
	must(h.T, h.contracts.HandleFound(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"id":%q,"who":"op"}`, a.ID))))
	all, err := h.contracts.All(ctx, "op", "test", contract.Contracted)
	must(h.T, err)
	if len(all) != 1 {
		h.Fatalf("%d contracts", len(all))
	}
	h.c = all[0]
}

func (h *shelf) ship(serial, replaces string) error {
	return h.svc.Ship(h.Context(), "op", parcel.Parcel{TenantID: h.c.TenantID, ContractID: h.c.ID, Serial: serial, Carrier: "yamato", Tracking: "1234-5678-9012", Replaces: replaces})
}

func (h *shelf) follow(serial string) {
	h.Helper()
	for range 2 { // the process died, and did it again
		must(h.T, h.svc.HandleFollow(h.Context(), tenant.House, json.RawMessage(fmt.Sprintf(`{"serial":%q,"who":"op"}`, serial))))
	}
}

func (h *shelf) watch() {
	h.Helper()
	must(h.T, h.contracts.HandleWatch(h.Context(), h.c.TenantID, json.RawMessage(fmt.Sprintf(`{"id":%q}`, h.c.ID))))
}

func (h *shelf) at(serial string, want parcel.State, contractState contract.State) {
	h.Helper()
	i, _, err := h.svc.Item(h.Context(), serial)
	must(h.T, err)
	c, _, _, err := h.contracts.Contract(h.Context(), h.c.TenantID, h.c.ID)
	must(h.T, err)
	if i.State != want || c.State != contractState {
		h.Errorf("%s is %s and the contract %s; want %s and %s", serial, i.State, c.State, want, contractState)
	}
}

func TestFromShelfToShelf(t *testing.T) {
	suite(t, func(h *shelf) {
		must(t, h.ship("OT-0001", ""))
		if err := h.ship("OT-0002", ""); !errors.Is(err, parcel.ErrBusy) {
			h.Errorf("two at once: %v", err)
		}
		h.follow("OT-0001")
		h.at("OT-0001", parcel.Sent, contract.Shipped)
		// It was not delivered: the contract waits again, and another box goes out.
		must(t, h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Back, "不在"))
		h.follow("OT-0001")
		h.at("OT-0001", parcel.Back, contract.Contracted)
		must(t, h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Here, "初期化"))
		h.clock.Advance(24 * time.Hour)
		must(t, h.ship("OT-0002", ""))
		h.follow("OT-0002")
		h.clock.Advance(24 * time.Hour)
		h.boxes.all = []device.Box{{ID: "b1", Name: "本社のボックス", Claimed: h.clock.Now(), LastSeen: h.clock.Now().Add(time.Minute)}}
		h.watch()
		h.follow("OT-0002")
		h.at("OT-0002", parcel.Out, contract.Active)
		// A spare takes its place in one step.
		h.clock.Advance(24 * time.Hour)
		if err := h.ship("OT-0003", "OT-0001"); !errors.Is(err, store.ErrNotFound) {
			h.Errorf("replaces what is not there: %v", err)
		}
		must(t, h.ship("OT-0003", "OT-0002"))
		h.follow("OT-0003")
		h.at("OT-0003", parcel.Sent, contract.Active)
		h.clock.Advance(24 * time.Hour)
		h.boxes.all = append(h.boxes.all, device.Box{ID: "b2", Claimed: h.clock.Now()})
		h.follow("OT-0003")
		h.at("OT-0003", parcel.Out, contract.Active)
		if got := strings.Join(h.boxes.said, ", "); got != "b2 is 本社のボックス, return b1" {
			h.Errorf("%s", got)
		}
		must(t, h.svc.Mark(h.Context(), "op", "OT-0002", parcel.Back, ""))
		h.follow("OT-0002")
		h.at("OT-0002", parcel.Back, contract.Active)
		// The contract ends, the box comes back.
		must(t, h.s.Write(h.Context(), h.c.TenantID, func(tx *store.Tx) error { return h.contracts.Advance(tx, h.c.ID, contract.Ended, "op", "") }))
		must(t, h.svc.Mark(h.Context(), "op", "OT-0003", parcel.Back, ""))
		h.follow("OT-0003")
		h.at("OT-0003", parcel.Back, contract.Returned)
		if h.boxes.said[len(h.boxes.said)-1] != "return b2" {
			h.Errorf("%v", h.boxes.said)
		}
		must(t, h.svc.Mark(h.Context(), "op", "OT-0003", parcel.Here, "初期化"))
		i, steps, err := h.svc.Item(h.Context(), "OT-0003")
		must(t, err)
		var life []string
		for _, s := range steps {
			life = append(life, string(s.State))
		}
		if got := strings.Join(life, " "); got != "here sent out back here" || i.CompanyID != "" || steps[2].CompanyID != h.c.TenantID {
			h.Errorf("%s %+v", got, i)
		}
	})
}

func TestWhatDoesNotDo(t *testing.T) {
	suite(t, func(h *shelf) {
		for name, c := range map[string]struct {
			err, want error
		}{
			"known":          {h.svc.Add(h.Context(), "op", "N100-2", []string{"OT-0009", "OT-0001"}), parcel.ErrKnown},
			"no number":      {h.svc.Add(h.Context(), "op", "N100-2", []string{"箱"}), parcel.ErrSerial},
			"formula":        {h.svc.Add(h.Context(), "op", "N100-2", []string{"=1+1"}), parcel.ErrSerial},
			"nothing":        {h.svc.Add(h.Context(), "op", "N100-2", nil), parcel.ErrSerial},
			"not on shelf":   {h.ship("OT-0009", ""), store.ErrNotFound},
			"nothing to":     {h.ship("OT-0001", "OT-0002"), parcel.ErrState},
			"no tracking":    {h.svc.Ship(h.Context(), "op", parcel.Parcel{TenantID: h.c.TenantID, ContractID: h.c.ID, Serial: "OT-0001", Carrier: "yamato", Tracking: "12"}), parcel.ErrTracking},
			"no carrier":     {h.svc.Ship(h.Context(), "op", parcel.Parcel{TenantID: h.c.TenantID, ContractID: h.c.ID, Serial: "OT-0001", Carrier: "pigeon", Tracking: "123456789012"}), parcel.ErrTracking},
			"other company":  {h.svc.Ship(h.Context(), "op", parcel.Parcel{TenantID: tenant.House, ContractID: h.c.ID, Serial: "OT-0001", Carrier: "yamato", Tracking: "123456789012"}), store.ErrNotFound},
			"lost, no word":  {h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Lost, ""), nil},
			"here is here":   {h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Here, "x"), parcel.ErrState},
			"out by hand":    {h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Out, "x"), parcel.ErrState},
			"not sent, back": {h.svc.Mark(h.Context(), "op", "OT-0001", parcel.Back, "x"), parcel.ErrState},
		} {
			if c.err == nil || c.want != nil && !errors.Is(c.err, c.want) {
				h.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		if all, err := h.svc.Items(h.Context()); err != nil || len(all) != 3 {
			h.Errorf("%d things, %v", len(all), err)
		}
	})
}
