package advisory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
	"otasuke/internal/clock"
	"otasuke/wire"
)

const (
	buffalo = "buffalo-2024-07"
	chrome  = "chrome-2024-08"
)

type office struct {
	*testing.T
	s          *store.Store
	svc        *advisory.Service
	devices    *device.Service
	clock      *clock.Fake
	own, decoy string
	box        *device.Box
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
		o := &office{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC))}
		tenants := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		must(t, tenants.EnsureHouse(t.Context(), "窓口"))
		for _, to := range []*string{&o.own, &o.decoy} {
			var err error
			*to, err = tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
		}
		o.devices = device.New(device.Config{Store: s, Clock: o.clock})
		o.svc = advisory.New(advisory.Config{Store: s, Devices: o.devices, Clock: o.clock})
		o.box = &device.Box{TenantID: o.own, ID: "box"}
		must(t, o.svc.Seed(t.Context()))
		fn(o)
	}, tenant.Schema(), job.Schema(), device.Schema(), attach.Schema(), advisory.Schema())
}

// inside is a report of the box about the nth device.
func (o *office) inside(tenantID string, n int, maker, model, kind string, software ...wire.Software) string {
	o.Helper()
	var id string
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		now := o.clock.Now()
		for i := range software {
			software[i].Last, software[i].By = now, "ssdp-server"
		}
		k, _, err := o.devices.Inside(tx, &device.Box{TenantID: tenantID}, wire.Device{MAC: fmt.Sprintf("00:16:01:00:%02x:%02x", n/256, n%256), Addr: netip.MustParseAddr("192.168.11.1")},
			&wire.Inside{First: now, Last: now, Maker: maker, Model: wire.Guess{ID: model}, Kind: wire.Guess{ID: kind}, Software: software}, now)
		id = k.ID
		return err
	}))
	return id
}

func firmware(v string) wire.Software { return wire.Software{Name: advisory.Firmware, Version: v} }

func (o *office) publish(ids ...string) {
	o.Helper()
	for _, id := range ids {
		must(o.T, o.svc.Publish(o.Context(), "op", id))
	}
	o.all()
}

func (o *office) all() {
	o.Helper()
	must(o.T, o.svc.HandleAll(o.Context(), tenant.House, json.RawMessage(`{}`)))
}

// mails are those that wait, by company and what they say; they count as sent.
func (o *office) mails(tenantID string) (out []string) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) error {
		all, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2 ORDER BY args`, advisory.KindTell))(func(scan func(...any) error) (s string, err error) {
			err = scan(&s)
			return s, err
		})
		for _, raw := range all {
			var a advisory.TellArgs
			if err := json.Unmarshal([]byte(raw), &a); err != nil {
				return err
			}
			out = append(out, a.Advisory+" "+a.What)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind = $2`, advisory.KindTell)
		return err
	}))
	return out
}

func (o *office) finding(id, endpoint string) advisory.Finding {
	o.Helper()
	c, err := o.svc.Concern(o.Context(), o.own, id)
	if errors.Is(err, store.ErrNotFound) {
		return advisory.Finding{}
	}
	must(o.T, err)
	for _, f := range c.Findings {
		if f.EndpointID == endpoint {
			return f
		}
	}
	return advisory.Finding{}
}

func (o *office) is(id, endpoint, answer, state string) {
	o.Helper()
	if f := o.finding(id, endpoint); string(f.Answer) != answer || string(f.State) != state {
		o.Errorf("%s: %q, %q (%+v); want %q, %q", id, f.Answer, f.State, f, answer, state)
	}
}

// All 18 models and Chrome, before, at and behind the bound, and unknown: three answers, and mails to those concerned only.
func TestThreeAnswers(t *testing.T) {
	suite(t, func(o *office) {
		rules, err := content.Load()
		must(o.T, err)
		want, n := map[string][2]string{}, 0
		for _, r := range rules {
			if r.ID != buffalo {
				continue
			}
			for _, p := range r.Products {
				bound := strings.TrimSuffix(strings.TrimPrefix(p.Range, "Ver."), "以前")
				for _, c := range []struct{ version, answer, state string }{{bound[:len(bound)-1] + "0", "yes", "open"}, {bound, "yes", "open"}, {bound + ".1", "", ""}, {"", "ask", "open"}} {
					n++
					var programs []wire.Software
					if c.version != "" {
						programs = append(programs, firmware(c.version))
					}
					want[o.inside(o.own, n, "BUFFALO.INC", p.Model, "router", programs...)] = [2]string{c.answer, c.state}
				}
			}
		}
		unknown := o.inside(o.own, n+1, "BUFFALO.INC", "", "router")
		other := o.inside(o.own, n+2, "BUFFALO.INC", "WXR-5950AX12", "router", firmware("1.0"))
		stranger := o.inside(o.own, n+3, "NEC", "", "router")
		browsers := map[string]string{}
		for i, c := range []struct {
			version string
			partial bool
			answer  string
		}{{"127", true, "yes"}, {"128", true, "ask"}, {"129", true, ""}, {"128.0.6613.84", false, "yes"}, {"128.0.6613.85", false, ""}} {
			browsers[o.inside(o.own, n+10+i, "Dell", "", "pc", wire.Software{Name: "chrome", Version: c.version, Partial: c.partial})] = c.answer
		}
		o.inside(o.decoy, 1, "NEC", "Aterm", "router", firmware("1.0"))
		o.inside(o.decoy, 2, "Dell", "", "pc", wire.Software{Name: "chrome", Version: "128", Partial: true})
		o.all()
		if got := o.mails(o.own); len(got) > 0 {
			o.Errorf("told before it was published: %v", got)
		}
		o.publish(buffalo, chrome)
		for id, w := range want {
			o.is(buffalo, id, w[0], w[1])
		}
		o.is(buffalo, unknown, "ask", "open")
		o.is(buffalo, other, "", "")
		o.is(buffalo, stranger, "", "")
		for id, answer := range browsers {
			o.is(chrome, id, answer, map[bool]string{true: "open"}[answer != ""])
		}
		if got := strings.Join(o.mails(o.own), ", "); got != "buffalo-2024-07 yes, chrome-2024-08 yes" {
			o.Error(got)
		}
		if got := o.mails(o.decoy); len(got) != 1 || got[0] != chrome+" ask" {
			o.Errorf("who has only one of them is told %v", got)
		}
		o.all()
		if got := o.mails(o.own); len(got) > 0 {
			o.Errorf("told twice: %v", got)
		}
		_, sum, err := o.svc.Everybody(o.Context(), "op", buffalo)
		must(o.T, err)
		if sum != (advisory.Sum{Yes: 1, No: 1}) {
			o.Errorf("%+v", sum)
		}
		all, sum, err := o.svc.Everybody(o.Context(), "op", chrome)
		must(o.T, err)
		if sum != (advisory.Sum{Yes: 1, Ask: 1}) || all[0].TenantID == all[len(all)-1].TenantID {
			o.Errorf("%+v", sum)
		}
	})
}

// A question, the label, something to do; done when the box sees the new version, open again when it sees the old one.
func TestLife(t *testing.T) {
	suite(t, func(o *office) {
		ctx := o.Context()
		id := o.inside(o.own, 1, "BUFFALO.INC", "", "router")
		o.publish(buffalo)
		if got := o.mails(o.own); len(got) != 1 || got[0] != buffalo+" ask" {
			o.Error(got)
		}
		say := func(t advisory.Told) (advisory.Finding, error) {
			t.EndpointID = id
			return o.svc.Answer(ctx, o.own, "owner", buffalo, t)
		}
		for _, c := range []struct {
			told advisory.Told
			want error
		}{{advisory.Told{}, advisory.ErrModel}, {advisory.Told{Model: "WHR-600D"}, advisory.ErrVersion}, {advisory.Told{Model: "WHR-600D", Version: "新しい"}, advisory.ErrVersion}} {
			if _, err := say(c.told); !errors.Is(err, c.want) {
				o.Errorf("%+v: %v", c.told, err)
			}
		}
		if _, err := o.svc.Answer(ctx, o.decoy, "x", buffalo, advisory.Told{EndpointID: id, Unsure: true}); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company answers: %v", err)
		}
		f, err := say(advisory.Told{Unsure: true})
		must(o.T, err)
		if f.State != advisory.AtDesk {
			o.Errorf("%+v", f)
		}
		photo, err := attach.Check("ラベル.jpg", strings.NewReader("\xff\xd8\xff\xe0\x00\x10JFIF"), attach.JPEG)
		must(o.T, err)
		f, err = say(advisory.Told{Photo: &photo})
		must(o.T, err)
		if f.State != advisory.AtDesk {
			o.Errorf("a photo alone: %+v", f)
		}
		if _, _, err := o.svc.Photo(ctx, o.own, photo.ID); err != nil {
			o.Error(err)
		}
		if _, _, err := o.svc.Photo(ctx, o.decoy, photo.ID); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company sees the photo: %v", err)
		}
		f, err = say(advisory.Told{Model: "WHR-600D", Version: "Ｖｅｒ．２．９１"}) // the desk reads it
		must(o.T, err)
		if f.Answer != advisory.Yes || f.State != advisory.Open || f.Product != "WHR-600D" {
			o.Errorf("%+v", f)
		}
		if labels, err := o.svc.Labels(ctx, o.own); err != nil || labels[0].Photo != photo.ID {
			o.Errorf("%+v, %v: the photo is lost", labels, err)
		}
		if got := o.mails(o.own); len(got) != 1 || got[0] != buffalo+" yes" {
			o.Error(got)
		}
		o.clock.Advance(8 * 24 * time.Hour)
		for range 2 {
			must(o.T, o.svc.HandleRemind(ctx, o.own, json.RawMessage(`{"advisory":"`+buffalo+`"}`)))
		}
		if got := o.mails(o.own); len(got) != 1 || got[0] != buffalo+" remind" {
			o.Errorf("reminded: %v", got)
		}
		o.inside(o.own, 1, "BUFFALO.INC", "WHR-600D", "router", firmware("2.92"))
		must(o.T, o.svc.HandleMatch(ctx, o.own, nil))
		if f := o.finding(buffalo, id); f.State != advisory.Finished || f.DoneBy != "box" || f.Done.IsZero() {
			o.Errorf("%+v", f)
		}
		must(o.T, o.svc.HandleRemind(ctx, o.own, json.RawMessage(`{"advisory":"`+buffalo+`"}`)))
		if got := o.mails(o.own); len(got) > 0 {
			o.Errorf("after it was done: %v", got)
		}
		o.clock.Advance(time.Hour)
		o.inside(o.own, 1, "BUFFALO.INC", "WHR-600D", "router", firmware("2.91"))
		must(o.T, o.svc.HandleMatch(ctx, o.own, nil))
		if f := o.finding(buffalo, id); f.State != advisory.Open || !f.Reopened {
			o.Errorf("%+v", f)
		}
		if got := o.mails(o.own); len(got) != 1 || got[0] != buffalo+" again" {
			o.Error(got)
		}
		// The owner says so; the box still sees the old version for a while, and then again and again.
		must(o.T, o.svc.Done(ctx, o.own, "owner", buffalo, id))
		must(o.T, o.svc.Done(ctx, o.own, "owner", buffalo, id))
		o.inside(o.own, 1, "BUFFALO.INC", "WHR-600D", "router", firmware("2.91"))
		o.all()
		if f := o.finding(buffalo, id); f.State != advisory.Finished || f.DoneBy != "owner" {
			o.Errorf("%+v", f)
		}
		o.clock.Advance(25 * time.Hour)
		o.inside(o.own, 1, "BUFFALO.INC", "WHR-600D", "router", firmware("2.91"))
		o.all()
		o.is(buffalo, id, "yes", "open")
		if err := o.svc.Done(ctx, o.decoy, "x", buffalo, id); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company: %v", err)
		}
		// A box that is exchanged for another model is not concerned any more.
		if _, err := say(advisory.Told{Model: advisory.Other}); err != nil {
			o.Error(err)
		}
		o.is(buffalo, id, "", "")
	})
}

// It goes out once, whoever presses; what was taken back is told to those who were told, and nobody else.
func TestOnce(t *testing.T) {
	suite(t, func(o *office) {
		ctx := o.Context()
		o.inside(o.own, 1, "BUFFALO.INC", "WHR-600D", "router", firmware("2.91"))
		found, sum, err := o.svc.Preview(ctx, "op", buffalo)
		must(o.T, err)
		if len(found) != 1 || found[0].Answer != advisory.Yes || sum != (advisory.Sum{Yes: 1, No: 1}) {
			o.Errorf("%+v, %+v", found, sum)
		}
		if got := o.mails(o.own); len(got) > 0 {
			o.Errorf("a preview tells: %v", got)
		}
		var wg sync.WaitGroup
		done := make(chan error, 8)
		for i := range 8 {
			wg.Go(func() { done <- o.svc.Publish(ctx, fmt.Sprint("op", i%2), buffalo) })
		}
		wg.Wait()
		close(done)
		out := 0
		for err := range done {
			if err == nil {
				out++
			} else if !errors.Is(err, advisory.ErrState) {
				o.Error(err)
			}
		}
		if out != 1 {
			o.Errorf("published %d times", out)
		}
		o.all()
		o.all()
		if got := o.mails(o.own); len(got) != 1 {
			o.Error(got)
		}
		rules, err := content.Load()
		must(o.T, err)
		if err := o.svc.Save(ctx, "op", rules[0]); !errors.Is(err, advisory.ErrState) {
			o.Errorf("changed after it went out: %v", err)
		}
		if err := o.svc.Drop(ctx, "op", buffalo); !errors.Is(err, advisory.ErrState) {
			o.Errorf("dropped after it went out: %v", err)
		}
		if err := o.svc.Withdraw(ctx, "op", buffalo, " "); err == nil {
			o.Error("withdrawn without a reason")
		}
		must(o.T, o.svc.Withdraw(ctx, "op", buffalo, "機種を取り違えていました"))
		if err := o.svc.Withdraw(ctx, "op", buffalo, "もう一度"); !errors.Is(err, advisory.ErrState) {
			o.Errorf("withdrawn twice: %v", err)
		}
		o.all()
		o.all()
		if got := o.mails(o.own); len(got) != 1 || got[0] != buffalo+" withdrawn" {
			o.Error(got)
		}
		if got := o.mails(o.decoy); len(got) > 0 {
			o.Error(got)
		}
		if c, err := o.svc.Gone(ctx, buffalo); err != nil || !c.Gone || c.Why == "" {
			o.Errorf("%+v, %v", c, err)
		}
		if c, err := o.svc.Concerns(ctx, o.own); err != nil || len(c) > 0 {
			o.Errorf("%+v, %v", c, err)
		}
		must(o.T, o.svc.Drop(ctx, "op", chrome))
		if err := o.svc.Publish(ctx, "op", chrome); !errors.Is(err, store.ErrNotFound) {
			o.Error(err)
		}
	})
}

// A large centre: 20 devices of a company against 500 advisories of 10 models each. How long it
// takes is told, and bounded as loosely as a busy machine with the race detector needs.
func TestManyRules(t *testing.T) {
	suite(t, func(o *office) {
		ctx := o.Context()
		rules, err := content.Load()
		must(o.T, err)
		var many []content.Rule
		for i := range 500 {
			r := rules[0]
			r.ID, r.Products = fmt.Sprintf("many-%d", i), nil
			for j := range 10 {
				r.Products = append(r.Products, content.Product{Model: fmt.Sprintf("M%d-%d", i, j), Range: "Ver.2.95以前"})
			}
			many = append(many, r)
		}
		must(o.T, o.svc.Save(ctx, "op", many...))
		must(o.T, o.s.Write(ctx, tenant.House, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE advisory SET state = 'published' WHERE tenant_id = $1 AND id LIKE 'many-%'`)
			return err
		}))
		for i := range 20 {
			model := fmt.Sprint("Other-", i)
			if i == 0 {
				model = "M7-7"
			}
			o.inside(o.own, i, "Maker", model, "router", firmware("2.9"), wire.Software{Name: "chrome", Version: "128", Partial: true})
		}
		svc := advisory.New(advisory.Config{Store: o.s, Devices: o.devices, Clock: o.clock})
		must(o.T, svc.HandleMatch(ctx, o.own, nil)) // reads the rules, writes what was found
		const companies = 200
		began := time.Now()
		for range companies {
			must(o.T, svc.HandleMatch(ctx, o.own, nil))
		}
		took := time.Since(began)
		o.Logf("%v for each company: %v for 10,000", took/companies, took*10_000/companies)
		if took > companies*100*time.Millisecond {
			o.Errorf("%v", took)
		}
		if c, err := svc.Concerns(ctx, o.own); err != nil || len(c) != 1 {
			o.Errorf("%d, %v", len(c), err)
		}
	})
}
