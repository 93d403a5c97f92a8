package policy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/apps"
	"otasuke/internal/clock"
	"otasuke/internal/hostname"
	"otasuke/wire"
)

type house struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *policy.Service
	own, decoy string
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
		known, err := apps.Load()
		must(t, err)
		h := &house{T: t, s: s, clock: clock.NewFake(time.Now())}
		people := tenant.New(tenant.Config{Store: s, Clock: h.clock})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		for _, at := range []*string{&h.own, &h.decoy} {
			*at, err = people.CreateCompany(t.Context(), "system", tenant.Company{Name: "会社"})
			must(t, err)
		}
		h.svc = policy.New(policy.Config{Store: s, Known: known, Clock: h.clock})
		fn(h)
	}, tenant.Schema(), policy.Schema())
}

func (h *house) wanted(tenantID string) wire.Policy {
	h.Helper()
	p, err := h.svc.Wanted(h.Context(), tenantID)
	must(h.T, err)
	must(h.T, p.Check())
	return p
}

const why = "社長の希望"

// What counts is the template with the company's differences, and each line says where it is from.
func TestEffective(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		if p := h.wanted(h.own); p.ID != h.wanted(h.decoy).ID || len(p.Blocks) != 0 || p.EncryptedDNS != "" {
			t.Fatalf("nobody has said anything: %+v", p)
		}
		must(t, h.svc.Save(ctx, h.own, "op", why, 0, policy.State{Template: "strict", Open: []string{"category:p2p", "app:tor"}, Block: []string{"app:chatgpt", "category:adult"}, Files: wire.FilesTell, Deny: []string{"game.example"}}, true))
		o, err := h.svc.Of(ctx, h.own)
		must(t, err)
		c := o.Counts()
		if c.DNS != (policy.Line{Value: wire.DNSBlock, From: policy.FromTemplate}) || c.Files != (policy.Line{Value: wire.FilesTell, From: policy.FromCompany}) {
			t.Errorf("%+v %+v", c.DNS, c.Files)
		}
		want := []policy.Line{{Value: "category:adult", From: policy.FromTemplate}, {Value: "category:gambling", From: policy.FromTemplate}, {Value: "category:tunnel", From: policy.FromTemplate}, {Value: "app:chatgpt", From: policy.FromCompany}}
		if d := cmp.Diff(want, c.Block); d != "" {
			t.Error(d)
		}
		p := h.wanted(h.own)
		if b := p.Blocks[0]; !slices.Equal(b.Categories, []string{"adult", "gambling", "tunnel"}) || !slices.Equal(b.Except, []string{"tor"}) || !slices.Equal(b.Applications, []string{"chatgpt"}) || p.Deny[0] != "game.example" {
			t.Errorf("%+v", p)
		}
		if q := h.wanted(h.decoy); len(q.Blocks)+len(q.Deny) != 0 {
			t.Errorf("another company: %+v", q)
		}
	})
}

// Two people at once: the second is told. A step can be taken back, and what came after it stays.
func TestStepsAndUndo(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		save := func(seq int64, s policy.State) error { return h.svc.Save(ctx, h.own, "owner", why, seq, s, false) }
		must(t, save(0, policy.State{Deny: []string{"a.example", "b.example"}, DNS: wire.DNSBlock}))
		if err := save(0, policy.State{Allow: []string{"c.example"}}); !errors.Is(err, policy.ErrStale) {
			t.Errorf("the second: %v", err)
		}
		if err := save(1, policy.State{Deny: []string{"b.example", "a.example"}, DNS: wire.DNSBlock}); !errors.Is(err, policy.ErrSame) {
			t.Errorf("the same again: %v", err)
		}
		h.clock.Advance(time.Minute)
		must(t, save(1, policy.State{Deny: []string{"a.example", "b.example", "later.example"}, DNS: wire.DNSOff}))
		must(t, h.svc.Undo(ctx, h.own, "", "owner", why, 1, 2, false))
		p := h.wanted(h.own)
		if !slices.Equal(p.Deny, []string{"later.example"}) || p.EncryptedDNS != wire.DNSOff {
			t.Errorf("%+v", p)
		}
		if err := h.svc.Undo(ctx, h.own, "", "owner", why, 1, 3, false); !errors.Is(err, policy.ErrUndone) {
			t.Errorf("undone twice: %v", err)
		}
		must(t, h.svc.Undo(ctx, h.own, "", "owner", why, 3, 3, false)) // the undoing
		if p := h.wanted(h.own); len(p.Deny) != 3 {
			t.Errorf("%+v", p)
		}
		all, err := h.svc.History(ctx, h.own, "")
		if err != nil || len(all) != 4 || all[1].Undoes != 1 || all[3].Who != "owner" || all[3].Why != why {
			t.Errorf("%+v %v", all, err)
		}
		if other, err := h.svc.History(ctx, h.decoy, ""); err != nil || len(other) != 0 {
			t.Errorf("another company sees %+v %v", other, err)
		}
		if err := h.svc.Undo(ctx, h.decoy, "", "x", why, 1, 0, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another company's step: %v", err)
		}
	})
}

// A template that is changed counts for its companies at once, and they are counted before.
func TestTemplates(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		must(t, h.svc.Save(ctx, h.own, "op", why, 0, policy.State{Template: "school"}, true))
		used, err := h.svc.UsedBy(ctx, "op")
		if err != nil || used["school"] != 1 || used[policy.Standard] != 1 || used[tenant.House] != 0 {
			t.Errorf("%v %v", used, err)
		}
		one, all := h.svc.Woken(h.decoy)
		must(t, h.svc.SaveTemplate(ctx, "op", why, policy.Standard, 0, policy.State{Deny: []string{"casino.example"}, Free: []string{policy.FreeDNS}}))
		select {
		case <-all:
		case <-one:
		default:
			t.Error("nobody is woken")
		}
		if h.wanted(h.decoy).Deny[0] != "casino.example" || len(h.wanted(h.own).Deny) != 0 {
			t.Error("it does not count, or for all")
		}
		if err := h.svc.Save(ctx, h.decoy, "owner", why, 0, policy.State{Files: wire.FilesStop}, false); !errors.Is(err, policy.ErrNotFree) {
			t.Errorf("what is not free: %v", err)
		}
		if err := h.svc.Save(ctx, h.decoy, "owner", why, 0, policy.State{Template: "school"}, false); !errors.Is(err, policy.ErrNotFree) {
			t.Errorf("another template: %v", err)
		}
		must(t, h.svc.Save(ctx, h.decoy, "owner", why, 0, policy.State{Allow: []string{"casino.example"}, DNS: wire.DNSOff}, false))
		if p := h.wanted(h.decoy); len(p.Deny) != 0 || p.Allow[0] != "casino.example" {
			t.Errorf("%+v", p)
		}
		id := policy.NewID()
		if err := h.svc.SaveTemplate(ctx, "op", why, id, 0, policy.State{}); !errors.Is(err, policy.ErrName) {
			t.Errorf("without a name: %v", err)
		}
		must(t, h.svc.SaveTemplate(ctx, "op", why, id, 0, policy.State{Name: "病院"}))
		must(t, h.svc.SaveTemplate(ctx, "op", why, id, 1, policy.State{Name: "診療所"}))
		list, err := h.svc.Templates(ctx)
		if err != nil || len(list) != 4 || list[0].ID != policy.Standard || list[3].Name != "診療所" {
			t.Errorf("%+v %v", list, err)
		}
		must(t, h.svc.Undo(ctx, tenant.House, policy.Standard, "op", why, 1, 1, true))
		if p := h.wanted(h.decoy); len(p.Deny) != 0 {
			t.Errorf("%+v", p)
		}
	})
}

func TestBadInput(t *testing.T) {
	suite(t, func(h *house) {
		f := func(what string, want error, s policy.State) {
			t.Helper()
			if err := h.svc.Save(h.Context(), h.own, "op", why, 0, s, true); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		f("template", store.ErrNotFound, policy.State{Template: "nobody's"})
		f("application", policy.ErrItem, policy.State{Block: []string{"app:of-nobody"}})
		f("head", policy.ErrItem, policy.State{Block: []string{"gambling"}})
		f("choice", policy.ErrValue, policy.State{DNS: "perhaps"})
		f("name", hostname.ErrName, policy.State{Deny: []string{"a b"}})
		f("both", policy.ErrBoth, policy.State{Deny: []string{"a.example"}, Allow: []string{"a.example"}})
		many := make([]string, policy.MaxNames+1)
		for i := range many {
			many[i] = strings.Repeat("a", 1+i%60) + "." + strings.Repeat("b", 1+i/60) + ".example"
		}
		f("many", policy.ErrMany, policy.State{Deny: many})
		for _, w := range []string{"", "  x ", strings.Repeat("字", policy.MaxWhy+1)} {
			if err := h.svc.Save(h.Context(), h.own, "op", w, 0, policy.State{DNS: wire.DNSOff}, true); !errors.Is(err, policy.ErrWhy) {
				t.Errorf("%q is a reason: %v", w, err)
			}
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	got, err := policy.Names("deny", " Game.example \n\nhttps://www.Game.example/play?x=1\n*.日本語.jp\ngame.example.\n")
	if want := []string{"game.example", "www.game.example", "xn--wgv71a119e.jp"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	var bad *policy.Bad
	if _, err := policy.Names("deny", "a.example\nco.jp\n"); !errors.As(err, &bad) || bad.Line != "co.jp" || !errors.Is(err, hostname.ErrSuffix) {
		t.Error(err)
	}
}

// What a box says is kept with when it said so first.
func TestTell(t *testing.T) {
	suite(t, func(h *house) {
		tell := func(s *wire.PolicyState) {
			must(t, h.s.Write(h.Context(), h.own, func(tx *store.Tx) error { return h.svc.Tell(tx, "box", s) }))
		}
		first := h.clock.Now()
		tell(nil)
		tell(&wire.PolicyState{ID: "x", State: wire.PolicyRefused, Since: first})
		h.clock.Advance(time.Hour)
		tell(&wire.PolicyState{ID: "x", State: wire.PolicyRefused, Since: first.Add(time.Minute)}) // started anew
		all, err := h.svc.Boxes(context.WithoutCancel(h.Context()), h.own)
		if err != nil || len(all) != 1 || !all["box"].At.Equal(first.Truncate(time.Microsecond)) || all["box"].State != wire.PolicyRefused {
			t.Errorf("%+v %v", all, err)
		}
		if other, err := h.svc.Boxes(h.Context(), h.decoy); err != nil || len(other) != 0 {
			t.Errorf("another company: %+v %v", other, err)
		}
	})
}

// What the staff lets through at one company is a step of its policy like any other: its boxes get it, it stands in the
// history with its reason, and can be taken back.
func TestAllow(t *testing.T) {
	suite(t, func(h *house) {
		must(h.T, h.svc.Save(h.Context(), h.own, "owner", "社内で決めたため", 0, policy.State{Deny: []string{"shop.example", "game.example"}}, false))
		theirs := h.wanted(h.decoy)
		own, _ := h.svc.Woken(h.own)
		allow := func(what string) (through bool) {
			must(h.T, h.s.Write(h.Context(), h.own, func(tx *store.Tx) (err error) {
				through, err = h.svc.Allow(tx, "op", strings.Repeat("申し出のため。", 100), what)
				return err
			}))
			return through
		}
		if !allow("http://shop.example/order?n=1") || !allow("shop.example") || !allow("WWW.other.example") {
			h.Error("a site is not let through")
		}
		select {
		case <-own:
		default:
			h.Error("nobody tells the boxes")
		}
		for _, what := range []string{"203.0.113.9", "ET MALWARE a beacon", "a.example\nb.example", ""} {
			if allow(what) {
				h.Errorf("%q is let through", what)
			}
		}
		if p := h.wanted(h.own); !slices.Equal(p.Allow, []string{"shop.example", "www.other.example"}) || !slices.Equal(p.Deny, []string{"game.example"}) {
			h.Errorf("allow %q, deny %q", p.Allow, p.Deny)
		}
		if p := h.wanted(h.decoy); !cmp.Equal(p, theirs) {
			h.Errorf("another company: %+v", p)
		}
		steps, err := h.svc.History(h.Context(), h.own, "")
		must(h.T, err)
		if len(steps) != 3 || steps[0].Who != "op" || !strings.HasPrefix(steps[0].Why, "申し出のため。") || len([]rune(steps[0].Why)) != policy.MaxWhy {
			h.Fatalf("%+v", steps)
		}
		must(h.T, h.svc.Undo(h.Context(), h.own, "", "owner", "やはり止めたいため", steps[1].Seq, steps[0].Seq, false))
		if p := h.wanted(h.own); !slices.Equal(p.Allow, []string{"www.other.example"}) || !slices.Equal(p.Deny, []string{"game.example", "shop.example"}) {
			h.Errorf("after it was taken back: allow %q, deny %q", p.Allow, p.Deny)
		}
	})
}
